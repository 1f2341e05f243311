"""The files behind models that are compared: what they are, what they hold, whether they fit."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

import xarray as xr

from infonb.experiments.compare_models.sources import reference_among
from infonb.experiments.run_folder import digest, file_checksum
from infonb.parameters import ParameterError

__all__ = [
    "check_shown", "checked_found", "content_of", "is_store", "open_found",
]  # fmt: skip

#: The last bytes of a chunk are its checksum, where infonb has written it.
_TAIL = 64


def is_store(path: str) -> bool:
    """Whether a path is that of a zarr store, by what stands there, or else by its name."""
    place = Path(path).expanduser()
    return place.suffix == ".zarr" or (place / "zarr.json").is_file()


def content_of(path: str) -> str:
    """
    Return what tells the content of a file or store from that of an edited one.

    Of weights in several files it is that of all of them. Of a store, whose size may be that of a
    disk, names, sizes, times and ends of its files: there stand the checksums of the chunks.
    """
    place = Path(path).expanduser()
    if place.name.endswith(".index.json"):
        from infonb.networks.state_dict import files_of_weights

        return digest({file.name: file_checksum(file) for file in files_of_weights(place)})
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
    if not isinstance(found, xr.Dataset):
        raise TypeError(f"{what} is no result of infonb.compare, but {type(found).__name__}.")
    held = ", ".join(sorted(map(str, found.data_vars))) or "nothing"
    raise ParameterError(f"{what} is no result of infonb.compare; it holds {held}.")


def check_shown(found: xr.Dataset, shown: str) -> None:
    """Raise one line if a model to look into is not among those that were compared."""
    names = found["comparison" if "comparison" in found.dims else "model"].values.tolist()
    reference_among(shown, {str(name): str(name) for name in names}, "shown")
