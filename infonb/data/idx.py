"""The idx format of MNIST: a strict reader of gzipped files of bytes."""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from infonb.data.files import MEGABYTE, check_expansion, expanded, open_file

__all__ = ["read_idx"]

_MOST = 1000 * MEGABYTE

_REMEDY = "Replace it by the original file."


def read_idx(path: str | Path, *, ndim: int) -> NDArray[np.uint8]:
    """
    Read a gzipped idx file of unsigned bytes, with so many dimensions (1: labels, 3: images).

    The header is two zero bytes, the type of number (8: unsigned byte), the number of dimensions,
    and each dimension as a big-endian 32-bit number. No more is unpacked than the header says, and
    only if a file of this size can hold it.
    """
    path = expanded(path)
    try:
        with open_file(path, _MOST) as packed, gzip.GzipFile(fileobj=packed) as file:
            return _read(file, path, ndim)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file ({error}). {_REMEDY}") from error


def _read(file: gzip.GzipFile, path: Path, ndim: int) -> NDArray[np.uint8]:
    start = 4 + 4 * ndim
    header = file.read(start)
    expected = bytes([0, 0, 8, ndim])
    if header[:4] != expected:
        raise ValueError(
            f"{path} is not an idx file of bytes with {ndim} dimension(s): it starts with "
            f"{header[:4].hex(' ') or 'nothing'}, not {expected.hex(' ')}. {_REMEDY}"
        )
    if len(header) < start:
        raise ValueError(f"{path} is truncated: its header is incomplete. {_REMEDY}")
    shape = tuple(int(size) for size in np.frombuffer(header, ">u4", ndim, offset=4))
    check_expansion(path, path.stat().st_size, prod(shape))
    content = file.read(prod(shape))
    more = bool(file.read(1))  # at the end the checksum of the file is looked at
    if more or len(content) != prod(shape):
        raise ValueError(
            f"{path} is {'too long' if more else 'truncated'}: its header says "
            f"{' x '.join(map(str, shape))} = {prod(shape)} values, but "
            f"{'more' if more else len(content)} follow. {_REMEDY}"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)
