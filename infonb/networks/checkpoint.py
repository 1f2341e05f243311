"""Weights and the state of training on disk: safetensors and JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import nn

from infonb.data.tensor_files import UnreadableFile, read_safetensors
from infonb.networks.copies import Tensors, copy_tensors

__all__ = [
    "DamagedCheckpoint",
    "TrainingCheckpoint",
    "is_changed",
    "load_weights",
    "save_weights",
]

#: Among the metadata of a file: the checksum of all its tensors and other metadata.
_CHECKSUM = "checksum"

#: What there is of a training's state; older versions have no checksum of it.
_KINDS = {"settings", "record", _CHECKSUM}, {"settings", "record"}


class DamagedCheckpoint(ValueError):
    """A file of weights or of a training's state is not what was written."""


def save_weights(model: nn.Module, path: str | Path) -> None:
    """
    Write the weights and buffers of a network to a safetensors file.

    Parameters
    ----------
    model
        Any network.
    path
        The file; it is replaced as a whole, never half-written. Among its metadata is a checksum,
        by which `load_weights` notices every changed bit.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from infonb.networks import MLP
    >>> with TemporaryDirectory() as folder:
    ...     save_weights(MLP([2, 3, 1], seed=1), Path(folder, "mlp.safetensors"))
    ...     model = load_weights(MLP([2, 3, 1]), Path(folder, "mlp.safetensors"))
    >>> bool((model.fc1.weight == MLP([2, 3, 1], seed=1).fc1.weight).all())
    True
    """
    _write_tensors(_place(path), copy_tensors(model.state_dict()), {})


def load_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """
    Read the weights and buffers of a network from a safetensors file.

    Parameters
    ----------
    model
        A network of the same architecture; changed in place.
    path
        The file, from `save_weights` or the ``best.safetensors`` of a training.

    Returns
    -------
    torch.nn.Module
        The same network.

    Raises
    ------
    ValueError
        If the names or shapes of the weights differ, or the file is damaged. One of another
        program has no checksum, and is read without.
    """
    weights, _ = _read_tensors(_place(path))
    _check_same(shapes(model), {name: list(w.shape) for name, w in weights.items()}, path)
    model.load_state_dict(weights)
    return model


class TrainingCheckpoint:
    """
    The folder that a training writes to after every epoch and is resumed from.

    ``last.safetensors`` holds everything that a resumed training needs: the weights, the best
    weights so far, the state of the optimiser and of the random generators, and, as its
    metadata, settings and history. It is one file so that it cannot disagree with itself,
    whenever the process dies, with a checksum of all that. ``best.safetensors`` (the best weights
    alone) and ``history.json`` (settings and history) are written for the reader, before it: they
    are never older.
    """

    FILES = ("best.safetensors", "history.json", "last.safetensors")

    def __init__(self, folder: str | Path, settings: Mapping[str, Any]) -> None:
        self.folder = _place(folder)
        # through JSON once, so that it compares equal to what is read back
        self.settings = json.loads(json.dumps(dict(settings)))

    def save(self, tensors: Mapping[str, Tensors], record: Mapping[str, Any]) -> None:
        """Write named tensors by group (`best`: the best weights) and plain values."""
        self.folder.mkdir(parents=True, exist_ok=True)
        flat = {
            f"{group}/{name}": t for group, named in tensors.items() for name, t in named.items()
        }
        text = {"settings": json.dumps(self.settings), "record": json.dumps(record)}
        _write_tensors(self.folder / "best.safetensors", tensors["best"], {})
        readable = {"settings": self.settings} | {
            name: value for name, value in record.items() if name != "optimizer"
        }
        page = json.dumps(readable, indent=1)
        replace_whole(self.folder / "history.json", lambda path: path.write_text(page, "utf-8"))
        _write_tensors(self.folder / "last.safetensors", flat, text)

    def load(self) -> tuple[dict[str, Tensors], dict[str, Any]] | None:
        """Return tensors and record as they were saved, None if there are none."""
        path = self.folder / "last.safetensors"
        for name in self.FILES:  # of a process that was killed while it wrote
            for left in self.folder.glob(f".{name}.*.tmp"):
                with suppress(OSError):  # where nothing can be written, it is only read
                    left.unlink()
        if not path.exists():
            return None
        flat, text = _read_tensors(path)
        if set(text) - {"format"} not in _KINDS:
            raise DamagedCheckpoint(
                f"{path} is not the checkpoint of a training, or is damaged. Use another folder, "
                "or start over with resume=False."
            )
        _check_same(self.settings, json.loads(text["settings"]), path)
        groups: dict[str, Tensors] = {}
        for name, tensor in flat.items():
            group, _, key = name.partition("/")
            groups.setdefault(group, {})[key] = tensor
        return groups, json.loads(text["record"])


def shapes(model: nn.Module) -> dict[str, list[int]]:
    """Return the shape of every weight and buffer of a network."""
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def pack_optimizer(
    optimizer: torch.optim.Optimizer, copy: Callable[[Mapping[str, Any]], Tensors] = copy_tensors
) -> tuple[Tensors, dict[str, Any]]:
    """Return the state of an optimiser as named tensors, copied, and plain values."""
    state = optimizer.state_dict()
    tensors: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for index, entries in state["state"].items():
        for key, value in entries.items():
            kind = tensors if isinstance(value, torch.Tensor) else plain
            kind[f"{index}/{key}"] = value
    return copy(tensors), {"state": plain, "groups": state["param_groups"]}


def unpack_optimizer(
    optimizer: torch.optim.Optimizer, tensors: Tensors, plain: Mapping[str, Any]
) -> None:
    """Restore the state of an optimiser from what `pack_optimizer` returned."""
    state: dict[int, dict[str, Any]] = {}
    for name, value in [*tensors.items(), *plain["state"].items()]:
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": plain["groups"]})


def check_epochs(folder: Path, done: int, epochs: int) -> None:
    """Raise if a training on disk has more epochs than are asked for."""
    if done > epochs:
        raise ValueError(
            f"{folder} has {done} epochs, more than epochs={epochs}. Give at least as many, or "
            "start over with resume=False."
        )


def _check_same(expected: Mapping[str, Any], found: Mapping[str, Any], path: str | Path) -> None:
    names = [
        name for name in dict.fromkeys([*expected, *found]) if expected.get(name) != found.get(name)
    ]
    if names:
        differences = "; ".join(
            f"{name} is {expected.get(name)!r} now, {found.get(name)!r} there" for name in names[:4]
        )
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        raise ValueError(
            f"{path} was written with other settings: {differences}{more}. Use the same settings "
            "or another folder; a training is started over with resume=False."
        )


def _write_tensors(path: Path, tensors: Tensors, metadata: dict[str, str]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    metadata = metadata | {_CHECKSUM: _checksum(tensors, metadata)}
    try:
        replace_whole(path, lambda temporary: save_file(tensors, temporary, metadata))
    except SafetensorError as error:  # its word for a full disk
        raise OSError(f"{path} cannot be written ({error})") from error


def _read_tensors(path: Path) -> tuple[Tensors, dict[str, str]]:
    try:
        tensors, metadata = read_safetensors(path)
    except UnreadableFile as error:
        raise _damaged(path, error.reason) from error
    if is_changed(tensors, metadata):
        raise _damaged(path, "its checksum is another")
    return tensors, metadata


def is_changed(tensors: Tensors, metadata: Mapping[str, str]) -> bool:
    """Whether tensors or metadata are not those of the checksum in the file, if it has one."""
    others = {name: text for name, text in metadata.items() if name != _CHECKSUM}
    return metadata.get(_CHECKSUM, "") not in ("", _checksum(tensors, others))


def _damaged(path: Path, reason: object) -> DamagedCheckpoint:
    return DamagedCheckpoint(
        f"{path} is damaged ({reason}). Remove it, or start over with resume=False."
    )


def _checksum(tensors: Tensors, metadata: Mapping[str, str]) -> str:
    digest = blake2b(json.dumps(metadata, sort_keys=True).encode(), digest_size=16)
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _place(path: str | Path) -> Path:
    return Path(os.path.expanduser(path))


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write to a temporary neighbour and move it into place, so that no half file is ever seen."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
