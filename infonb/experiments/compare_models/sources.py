"""The files behind the models that are compared: their names, their kind, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import xarray as xr

from infonb.experiments.run_folder import file_checksum
from infonb.parameters import ParameterError

__all__ = [
    "check_sources", "checked_found", "content_of", "is_store", "named_sources", "open_found", "reference_among",
    "split_name",
]  # fmt: skip

#: Weights are all loaded once beforehand, if they are no more than this together.
_CHECKED_BYTES = 2**30

#: The last bytes of a chunk are its checksum, where infonb has written it.
_TAIL = 64


def split_name(source: str) -> tuple[str, str]:
    """Return name, or nothing, and path of ``NAME=PATH``; a file may have such a name itself."""
    name, sign, path = source.partition("=")
    if not sign or os.path.lexists(Path(source).expanduser()):
        return "", source
    return name.strip(), path.strip()


def named_sources(models: Sequence[str]) -> dict[str, str]:
    """
    Return name → path: the names that are given, else as much of the paths' ends as tells them apart.

    ``a/best.pt, b/best.pt`` are called *a/best* and *b/best*.
    """
    pairs = [split_name(source) for source in models]
    for source, (_, path) in zip(models, pairs, strict=True):
        if not path:
            raise ParameterError(f"models: {source!r} has no path; it must be PATH or NAME=PATH.")
    stems = [Path(path).parent / _stem(path) for _, path in pairs]
    depths = [1] * len(pairs)
    while True:
        names = [
            name or "/".join(stem.parts[-depth:])
            for (name, _), stem, depth in zip(pairs, stems, depths, strict=True)
        ]
        deeper = [
            depth + 1 if names.count(name) > 1 and not given and depth < len(stem.parts) else depth
            for name, (given, _), stem, depth in zip(names, pairs, stems, depths, strict=True)
        ]
        if deeper == depths:
            break
        depths = deeper
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        both = [source for source, name in zip(models, names, strict=True) if name == twice]
        raise ParameterError(
            f"models: {both[0]!r} and {both[1]!r} have one name, {twice!r}; give them names, "
            f"such as 'other={split_name(both[1])[1]}'."
        )
    return dict(zip(names, (path for _, path in pairs), strict=True))


def reference_among(reference: str, sources: dict[str, str], what: str = "reference") -> str:
    """Return the name of a model that may be given by its path; empty if there is none."""
    if not reference or reference in sources:
        return reference
    wanted = split_name(reference)[1]
    for name, path in sources.items():
        if os.path.normpath(path) == os.path.normpath(wanted):
            return name
    from infonb.validate import did_you_mean

    listed = ", ".join(map(repr, sources))
    raise ParameterError(
        f"{what} must be the name or the path of one of the models, {listed}; not "
        f"{reference!r}.{did_you_mean(reference, list(sources))}"
    )


def is_store(path: str) -> bool:
    """Whether a path is that of a zarr store, by what stands there, or else by its name."""
    place = Path(path).expanduser()
    return place.suffix == ".zarr" or (place / "zarr.json").is_file()


def check_sources(sources: dict[str, str], model: str, inputs: str, device: str) -> None:
    """Raise one line unless all files are there and fit; the file of the model is run."""
    for name, path in sources.items():
        if not os.path.lexists(Path(path).expanduser()):
            raise FileNotFoundError(f"model {name!r}: no file or folder {path}.")
    weights = {name: path for name, path in sources.items() if not is_store(path)}
    for path in set(sources.values()) - set(weights.values()):
        from infonb.activations import open_activations

        open_activations(path)
    if not weights:
        return
    first = next(iter(weights.values()))
    for name, value, example in (
        ("model", model, "net.py:build, or a store of activations in place of weights"),
        ("inputs", inputs, "examples.npz"),
    ):
        if not value:
            raise ParameterError(f"{first} holds weights: {name} must be given, such as {example}.")
    _check_weights(weights, model, inputs, device)


def _check_weights(weights: dict[str, str], model: str, inputs: str, device: str) -> None:
    from infonb.data.inputs import check_inputs
    from infonb.networks.loading import load_model
    from infonb.training.device import choose_device

    choose_device(device)
    check_inputs(inputs)
    sizes = {name: Path(path).expanduser().stat().st_size for name, path in weights.items()}
    # large ones are refused in their turn: those before them are kept
    names = list(weights) if sum(sizes.values()) <= _CHECKED_BYTES else list(weights)[:1]
    for name in names:
        try:
            load_model(model, Path(weights[name]), say=lambda line: None)
        except (ValueError, TypeError, OSError) as error:
            raise type(error)(f"model {name!r}: {error}") from None


def open_found(path: str) -> xr.Dataset:
    """Return a saved result of `infonb.compare`, read; raise one line for anything else."""
    from infonb.storage import open_dataset

    place = Path(path).expanduser()
    if not os.path.lexists(place):
        raise FileNotFoundError(f"found: no folder {path}.")
    return checked_found(open_dataset(place).load(), path)


def checked_found(found: Any, what: str = "found") -> xr.Dataset:
    """Return what is a result of `infonb.compare`; raise one line for anything else."""
    needed = {"median_entropy", "median_mutual_information"}
    if isinstance(found, xr.Dataset) and needed <= set(found.data_vars) and "model" in found.dims:
        return found
    kind = sorted(map(str, found.data_vars)) if isinstance(found, xr.Dataset) else type(found)
    raise ParameterError(f"{what} is no result of infonb.compare; it is {kind}.")


def content_of(path: str) -> str:
    """
    Return what tells the content of a file or store from that of an edited one.

    Of a store, whose size may be that of a disk, names, sizes, times and ends of its files: there
    stand the checksums of the chunks.
    """
    place = Path(path).expanduser()
    if not place.is_dir():
        return file_checksum(place)
    found = blake2b(digest_size=16)
    for file in sorted(one for one in place.rglob("*") if one.is_file()):
        about = file.stat()
        with file.open("rb") as opened:
            opened.seek(max(0, about.st_size - _TAIL))
            end = opened.read()
        name = file.relative_to(place).as_posix()
        found.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\0".encode() + end)
    return found.hexdigest()


def _stem(path: str) -> str:
    """Return the last part of a path without its ending; a folder's may have a dot in its name."""
    place = Path(path)
    known = {".zarr", ".safetensors", ".pt", ".pth", ".bin", ".ckpt"}
    return place.stem if place.suffix in known else place.name
