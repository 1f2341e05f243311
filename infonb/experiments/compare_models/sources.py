"""What models are called, and how one of them is named: by its name, or by its path."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infonb.experiments.experiment import absolute
from infonb.parameters import ParameterError
from infonb.validate import did_you_mean

__all__ = ["anchored_sources", "named_sources", "reference_among", "split_name"]


def split_name(source: str) -> tuple[str, str]:
    """Return name, or nothing, and path of ``NAME=PATH``; a file may have such a name itself."""
    name, sign, path = source.partition("=")
    if not sign or os.path.lexists(Path(source).expanduser()):
        return "", source
    return name.strip(), path.strip()


def named_sources(models: Sequence[str]) -> dict[str, str]:
    """
    Return name → path: the names that are given, else as much of the paths as tells them apart.

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


def reference_among(reference: str, sources: Mapping[str, str], what: str = "reference") -> str:
    """Return the name of a model that may be given by its path; empty if there is none."""
    if not reference or reference in sources:
        return reference
    wanted = split_name(reference)[1]
    for name, path in sources.items():
        if os.path.normpath(path) == os.path.normpath(wanted):
            return name
    listed = ", ".join(map(repr, sources))
    raise ParameterError(
        f"{what} must be the name or the path of one of the models, {listed}; not "
        f"{reference!r}.{did_you_mean(reference, list(sources))}"
    )


def anchored_sources(values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters whose paths are seen from any folder; names of models stay."""
    found = dict(values)
    if "models" in found:
        names = named_sources(found["models"])
        for name in ("reference", "shown"):
            if found.get(name):
                found[name] = reference_among(found[name], names, name)
        found["models"] = [f"{name}={absolute(path)}" for name, path in names.items()]
    for name in ("model", "inputs"):
        path, sign, function = found.get(name, "").rpartition(":")
        if path.endswith(".py"):
            found[name] = f"{absolute(path)}{sign}{function}"
        elif found.get(name):
            found[name] = absolute(found[name])
    if found.get("found"):
        found["found"] = absolute(found["found"])
    return found


def _stem(path: str) -> str:
    """Return the last part of a path without its ending; a folder's may have a dot in its name."""
    place = Path(path)
    known = {".zarr", ".safetensors", ".pt", ".pth", ".bin", ".ckpt"}
    return place.stem if place.suffix in known else place.name
