"""A network of the user's own: made by a function in a file, with weights from another file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from torch import nn

from infonb.data.files import expanded
from infonb.data.own_code import call_own, own_file
from infonb.networks.hub import is_hub_folder, load_from_folder
from infonb.networks.state_dict import put_weights, read_weights

__all__ = ["inputs_for", "load_model"]


def load_model(
    source: str, weights: str | Path | None = None, *, say: Callable[[str], object] = print
) -> nn.Module:
    r"""
    Return a network of your own: what a function in your file makes, with weights from a file.

    Parameters
    ----------
    source
        ``"FILE.py:FUNCTION"``: **the file is run**, with its folder importable, and the function,
        or class, is called without arguments; a name that stands for a network is taken as it is.
        Or a folder with ``config.json`` as hubs lay it out, which may also stand in `weights`,
        with an empty source (``pip install "infonb[hub]"``; nothing is downloaded, no code in it
        is run).
    weights
        A ``.safetensors`` file, or one of ``torch.save`` (``.pt``, ``.pth``, ``.bin``, ``.ckpt``),
        which is opened with ``weights_only=True``: no code in it is run. The weights may stand
        under a usual key (``state_dict``, ``model_state_dict``, ``model`` ...), and their names
        may have what wrappers put before them (``module.``, ``_orig_mod.``, ``model.``). Also a
        list of several files (``model.safetensors.index.json``), or a folder of a hub. None:
        those that the function gives it.
    say
        What is told about it, one line a call: that the file is run, where the weights were found,
        what was left off or out.

    Returns
    -------
    torch.nn.Module
        The network, on the CPU, in the modes that the function left it in. Weights that the
        function draws are the same in each call.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If the function fails, returns something else, or needs arguments; if the file of weights is
        damaged, wants more than tensors (which is not opened), holds NaN, or is of another
        network, whose first differences are named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from infonb.networks import MLP, save_weights
    >>> with TemporaryDirectory() as folder:
    ...     code = "from infonb.networks import MLP\ndef build():\n    return MLP([2, 3, 1])\n"
    ...     n_characters = Path(folder, "mine.py").write_text(code)
    ...     save_weights(MLP([2, 3, 1], seed=1), Path(folder, "a.safetensors"))
    ...     model = load_model(
    ...         f"{folder}/mine.py:build", f"{folder}/a.safetensors", say=lambda line: None
    ...     )
    >>> bool((model.fc1.weight == MLP([2, 3, 1], seed=1).fc1.weight).all())
    True
    """
    place = None if weights is None else expanded(weights)
    if not source and place is not None and is_hub_folder(place):
        return load_from_folder(place, say)
    if source and weights is None and is_hub_folder(expanded(source)):
        return load_from_folder(expanded(source), say)
    path, name = own_file(source)
    if place is not None and not place.exists():
        raise FileNotFoundError(f"no file {place}.")
    say(f"runs {path}: {name}() makes the network" if name else f"runs {path}")
    model = _network(call_own(source), source)
    if place is not None:
        put_weights(model, read_weights(place, say), place, source, say)
    return model


def inputs_for(model: nn.Module, inputs: xr.Dataset) -> Any:
    """
    Return what `infonb.record` takes to call a network with loaded inputs.

    Several arguments (token ids, a mask) become a dict of labelled arrays. Whole numbers are ids
    where the network has an embedding, else ordinary numbers.
    """
    if inputs["input"].dtype.kind in "iu" and not any(
        isinstance(module, nn.Embedding | nn.EmbeddingBag) for module in model.modules()
    ):
        inputs = inputs.assign(input=inputs["input"].astype(np.float32))
    names = [name for name in str(inputs.attrs.get("arguments", "")).split(", ") if name]
    if not names:
        return inputs
    return {names[0]: inputs["input"], **{name: inputs[name] for name in names[1:]}}


def _network(made: Any, source: str) -> nn.Module:
    if isinstance(made, nn.Module):
        return made
    hint = ""
    if isinstance(made, tuple | list | dict):
        parts = made.values() if isinstance(made, dict) else made
        if any(isinstance(part, nn.Module) for part in parts):
            hint = " Return the network alone."
    raise ValueError(
        f"{source} must be, or return, a torch.nn.Module; not {type(made).__name__}.{hint}"
    )
