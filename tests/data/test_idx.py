from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from infonb.data.idx import read_idx


def encode(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@given(
    array=hnp.arrays(
        np.uint8, hnp.array_shapes(min_dims=1, max_dims=3), elements=st.integers(0, 255)
    )
)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    path.write_bytes(gzip.compress(encode(array), 1))
    np.testing.assert_array_equal(read_idx(path, ndim=array.ndim), array)


IMAGES = encode(np.zeros((2, 3, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a whole gzip file|starts with nothing"),
        (b"<html>not found</html>", "not a whole gzip file"),
        (gzip.compress(IMAGES)[:-9], "not a whole gzip file"),
        (gzip.compress(IMAGES)[:-8] + b"12345678", "not a whole gzip file"),
        (gzip.compress(encode(np.zeros(3, np.uint8))), "starts with 00 00 08 01, not 00 00 08 03"),
        (gzip.compress(b"\0\0\x0d" + IMAGES[3:]), "starts with 00 00 0d 03"),
        (gzip.compress(IMAGES[:10]), "header is incomplete"),
        (gzip.compress(IMAGES[:-1]), "truncated: its header says 2 x 3 x 3 = 18 values, but 17"),
        (gzip.compress(IMAGES + b"0"), "too long: its header says .* = 18 values, but more follow"),
    ],
    # the bytes hold the time at which they were packed
    ids=[
        "nothing", "a page", "cut", "checksum", "labels", "floats", "header", "short", "long",
    ],
)  # fmt: skip
def test_damaged_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_idx(path, ndim=3)
    assert str(path) in str(error.value)
    assert "original file" in str(error.value)
