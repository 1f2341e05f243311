"""The idx format of MNIST: a strict reader of gzipped files of bytes."""

from __future__ import annotations

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_idx"]

_REMEDY = "Replace it by the original file."


def read_idx(path: str | Path, *, ndim: int) -> NDArray[np.uint8]:
    """
    Read a gzipped idx file of unsigned bytes, with so many dimensions (1: labels, 3: images).

    The header is two zero bytes, the type of number (8: unsigned byte), the number of dimensions,
    and each dimension as a big-endian 32-bit number.
    """
    path = Path(path)
    try:
        content = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file ({error}). {_REMEDY}") from error
    expected = bytes([0, 0, 8, ndim])
    if content[:4] != expected:
        raise ValueError(
            f"{path} is not an idx file of bytes with {ndim} dimension(s): it starts with "
            f"{content[:4].hex(' ') or 'nothing'}, not {expected.hex(' ')}. {_REMEDY}"
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"{path} is truncated: its header is incomplete. {_REMEDY}")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", ndim, offset=4))
    found = len(content) - start
    if found != prod(shape):
        raise ValueError(
            f"{path} is {'truncated' if found < prod(shape) else 'too long'}: its header says "
            f"{' x '.join(map(str, shape))} = {prod(shape)} values, but {found} follow. {_REMEDY}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
