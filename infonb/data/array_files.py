"""Arrays in numpy's files, of others: no Python objects, and no larger than they can be."""

from __future__ import annotations

import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from infonb.data.files import check_expansion

__all__ = ["BadArrays", "npz_names", "read_npy", "read_npz"]

_PAD = " (samples that differ in length are padded to one array, with an attention_mask)"


class BadArrays(ValueError):
    """A file of arrays is damaged, of another kind, or holds more than numbers and texts."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"{self.path} {self.reason}."


def npz_names(path: Path) -> list[str]:
    """Return the names of the arrays in an ``.npz`` file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError) as error:
        raise BadArrays(path, f"is no .npz file ({error})") from error


def read_npz(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read arrays of an ``.npz`` file, if what they say of their size can be."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: _read_array(path, archive, f"{name}.npy") for name in names}
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise BadArrays(path, f"is no .npz file ({error})") from error
    except (NotImplementedError, RuntimeError, KeyError, struct.error) as error:
        raise BadArrays(path, f"cannot be read ({error})") from error


def read_npy(path: Path) -> np.ndarray:
    """Open an ``.npy`` file; values are read when they are asked for."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, TypeError, SyntaxError, EOFError, RecursionError, OverflowError) as error:
        if "Python objects" in str(error):
            raise BadArrays(path, f"has Python objects, which are not opened{_PAD}") from error
        raise BadArrays(path, f"is no .npy file, damaged or cut ({error})") from error


def _read_array(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    info = archive.getinfo(name)
    check_expansion(f"{path} ({name})", info.compress_size, info.file_size)
    with archive.open(info) as file:
        try:
            version = np.lib.format.read_magic(file)
            if version > (3, 0):
                raise ValueError(f"version {version} of the format is not known")
            read = (
                np.lib.format.read_array_header_1_0 if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )  # fmt: skip
            shape, _, dtype = read(file)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise BadArrays(path, f"cannot be read ({name}: {error})") from error
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject:
            raise BadArrays(path, f"has Python objects in {name}, which are not opened{_PAD}")
        if min(shape, default=0) < 0 or size != info.file_size - file.tell():
            raise BadArrays(
                path, f"says that {name} has shape {shape}, {size:,} bytes, but "
                f"{info.file_size - file.tell():,} are there"
            )  # fmt: skip
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
