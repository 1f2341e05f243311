"""A network from a folder as hubs lay it out: config.json and weights; nothing is downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from infonb.networks.state import random_state, seed_random_state

__all__ = ["is_hub_folder", "load_from_folder"]

_SHOWN = 3


def is_hub_folder(path: Path) -> bool:
    """Whether a folder says of itself what network it holds."""
    return path.is_dir() and (path / "config.json").is_file()


def load_from_folder(folder: Path, say: Callable[[str], object]) -> nn.Module:
    """Return the network of a folder, without a head; say which of its weights are not there."""
    if importlib.util.find_spec("transformers") is None:
        raise ValueError(
            f"{folder} is a folder of a model hub (it has config.json), for which transformers is "
            'needed: pip install "infonb[hub]". Or write a function that makes the network.'
        )
    from transformers import AutoModel

    cpu = torch.device("cpu")
    try:
        with random_state(cpu):
            seed_random_state(cpu, 0)
            model, told = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, output_loading_info=True
            )
    except Exception as error:
        words = " ".join(str(error).split())[:300]
        raise ValueError(f"{folder} cannot be opened by transformers: {words}") from error
    missing = sorted(told.get("missing_keys", ()))
    n_there = len(model.state_dict()) - len(missing)
    if told.get("mismatched_keys") or n_there < len(missing):
        raise ValueError(
            f"{folder}: the weights are not those of its config.json ({len(missing)} are missing, "
            f"{len(told.get('mismatched_keys', ()))} of another shape)."
        )
    say(f"{folder}: {type(model).__name__} of transformers, without a head")
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        say(f"{folder}: not in the folder, and drawn: {', '.join(missing[:_SHOWN])}{more}")
    return model
