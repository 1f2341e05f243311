"""A pretrained encoder of a model hub: found here, or downloaded before anything is created."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infonb.data.files import expanded
from infonb.data.language.tokens import NEEDED
from infonb.networks.download import Download, one_line
from infonb.networks.hub import is_hub_folder

if TYPE_CHECKING:
    from torch import nn

__all__ = ["find_encoder", "load_encoder", "load_tokenizer", "weights_checksum"]

#: What a folder of a hub needs to be an encoder: these of its files are downloaded, no others.
_FILES = ["*.json", "*.safetensors", "vocab.txt", "merges.txt", "*.model"]

_WORDS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")

_PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")


def find_encoder(model: str) -> Path:
    """
    Return the folder of an encoder: that of the user, one that was downloaded before, or now.

    No connection, no such name, no weights, weights as pickle: one line that says what to do.
    """
    folder = expanded(model)
    if folder.exists() or folder.is_absolute() or model.startswith((".", "~")):
        return _checked(folder)
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as error:
        raise ImportError(f"model={model!r}: {NEEDED}") from error
    try:
        kept = Path(snapshot_download(model, local_files_only=True))
    except errors.LocalEntryNotFoundError:
        kept = None
    except errors.HFValidationError as error:
        raise ValueError(
            f"model must be 'tiny', a name of the hub such as 'distilbert-base-uncased', or a "
            f"folder with config.json; not {model!r}."
        ) from error
    if kept is not None and not _lacks(kept):
        return kept
    return _checked(_download(model, f"model {model!r}"))


def load_encoder(folder: Path, seed: int = 0) -> nn.Module:
    """Return the encoder of a folder without a head; what its weights lack is drawn by the seed."""
    import torch

    from infonb.networks.state import random_state, seed_random_state

    AutoModel = _transformers().AutoModel
    cpu = torch.device("cpu")
    with _one_line(folder), random_state(cpu):
        seed_random_state(cpu, seed)
        model, told = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
            dtype=torch.float32, output_loading_info=True,
        )  # fmt: skip
    missing = [name for name in told["missing_keys"] if "pooler" not in name]
    if missing or told.get("mismatched_keys"):
        raise ValueError(
            f"{folder}: the weights are not those of its config.json ({len(missing)} are missing, "
            f"{len(told.get('mismatched_keys', ()))} of another shape)."
        )
    return model


def load_tokenizer(folder: Path) -> Any:
    """Return the tokenizer of a folder."""
    with _one_line(folder):
        return _transformers().AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )


def weights_checksum(folder: Path) -> str:
    """Return a checksum of weights and config.json, computed once as long as they are the same."""
    paths = [folder / "config.json", *sorted(folder.glob("*.safetensors"))]
    stats = [(path, path.stat()) for path in paths]
    return _checksum(tuple((str(path), one.st_size, one.st_mtime_ns) for path, one in stats))


@lru_cache(8)
def _checksum(files: tuple[tuple[str, int, int], ...]) -> str:
    found = blake2b(digest_size=16)
    for path, *_ in files:
        with open(path, "rb") as file:
            while part := file.read(1 << 24):
                found.update(part)
    return found.hexdigest()


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise ImportError(NEEDED) from error
    return transformers


_CONVERT = (
    "Where you trust them, convert them: AutoModel.from_pretrained(...).save_pretrained(FOLDER), "
    "and give FOLDER."
)
_download = Download(
    files=_FILES,
    remedy="Connect to the internet once, or give a folder with config.json and model.safetensors "
    "as model; model=tiny needs neither.",
    names="'distilbert-base-uncased' or 'roberta-base'",
    convert=_CONVERT,
)


def _checked(folder: Path) -> Path:
    """Return a folder; raise unless it holds an encoder whose weights can be opened safely."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"model: there is no folder {folder}. Give one with config.json and model.safetensors, "
            "a name of the hub such as 'distilbert-base-uncased', or 'tiny'."
        )
    lacks = _lacks(folder)
    if lacks:
        raise ValueError(f"model: {folder} has {lacks}")
    return folder


def _lacks(folder: Path) -> str:
    """Return what a folder lacks, and what to do; empty if nothing."""
    if not is_hub_folder(folder):
        return "no config.json. Give the folder that save_pretrained has written."
    if not any(folder.glob("*.safetensors")):
        pickles = [path.name for kind in _PICKLES for path in folder.glob(kind)]
        if pickles:
            return (
                f"its weights as pickle ({pickles[0]}), which may run code: not opened. {_CONVERT}"
            )
        return "a config.json, but no weights. Put model.safetensors there (save_pretrained)."
    if not any(any(folder.glob(kind)) for kind in _WORDS):
        return "no tokenizer. Put tokenizer.json there (the tokenizer's save_pretrained)."
    return ""


@contextmanager
def _one_line(folder: Path) -> Iterator[None]:
    """Keep transformers quiet, and say in one line what it fails at."""
    from transformers.utils import logging as words

    level, bars = words.get_verbosity(), words.is_progress_bar_enabled()
    words.set_verbosity(logging.ERROR)
    words.disable_progress_bar()
    try:
        yield
    except Exception as error:
        raise ValueError(f"{folder} cannot be opened by transformers: {one_line(error)}") from error
    finally:
        words.set_verbosity(level)
        if bars:
            words.enable_progress_bar()
