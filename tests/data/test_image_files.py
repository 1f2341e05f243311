"""Images of the user's own: arrays that are not what they say are refused before they are read."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from infonb.data import files, load_images
from infonb.data.files import MEGABYTE


def header(descr: str, shape: str) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


GOOD = header("'<i8'", "(2,)") + np.array([0, 1]).tobytes()


@pytest.mark.parametrize(("images", "words"), [
    (header("'|u1'", "(1000000000000, 1, 1)") + b"1", "says that images.npy has shape"),
    (header("'|u1'", "(2, 2, 2)") + b"1" * 7, "says that images.npy has shape"),
    (header("'|u1'", "(-1, -1, 8)") + b"1" * 8, "says that images.npy has shape|cannot be read"),
    (header("'|O'", "(2, 1, 1)") + b"cos\nsystem\n", "has Python objects in images.npy"),
    (header("[('a', '|O')]", "(2, 1, 1)") + b"1" * 16, "has Python objects"),
    (header("'|u1'", "(2" + ", 1" * 9000 + ")") + b"11", "cannot be read|has shape"),
    (b"\x93NUMPY\x09\0" + bytes(100), "cannot be read"),
    (b"\x93NUMPY\x09\0" + struct.pack("<I", 118) + GOOD[10:128] + GOOD[128:], "cannot be read"),
    (b"\x80\x04K\x01.", "cannot be read"),
    (b"", "cannot be read"),
])  # fmt: skip
def test_arrays_that_are_not_what_they_say(images: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", images)
        archive.writestr("labels.npy", GOOD)
    with pytest.raises(ValueError, match=words) as error:
        load_images(path)
    assert str(path) in str(error.value)
    assert "savez_compressed" in str(error.value)


def test_a_bomb_of_zip_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_ALWAYS", 10 * MEGABYTE)
    with zipfile.ZipFile(tmp_path / "mine.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header("'|u1'", "(20, 1000, 1000)") + bytes(20 * MEGABYTE))
        archive.writestr("labels.npy", GOOD)
    with pytest.raises(ValueError, match=r"mine\.npz \(images\.npy\) takes .* holds 20 MB"):
        load_images(tmp_path / "mine.npz")


@pytest.mark.parametrize("labels", [
    np.array([0, 2**62]), np.array([0, 2**64 - 1], np.uint64), np.array([0, 5000]),
])  # fmt: skip
def test_labels_of_more_classes_than_images(labels: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=np.zeros((2, 3, 3)), labels=labels)
    with pytest.raises(ValueError, match="labels go up to"):
        load_images(tmp_path / "mine.npz")


@pytest.mark.parametrize(("images", "words"), [
    (np.full((2, 3, 3), 1e300), "images must hold finite numbers"),
    (np.full((2, 3, 3), 65535, np.uint16), "must be 0 to 255; not 65535 to 65535"),
    (np.full((2, 3, 3), -1), "must be 0 to 255; not -1 to -1"),
])  # fmt: skip
def test_numbers_that_are_no_grey(images: np.ndarray, words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=images, labels=[0, 1])
    with pytest.raises(ValueError, match=words):
        load_images(tmp_path / "mine.npz")


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_is_one_clear_error_however_it_is_packed(way: int, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    images = header("'|u1'", "(2, 30, 30)") + np.random.default_rng(0).bytes(1800)
    with zipfile.ZipFile(path, "w", way) as archive:
        archive.writestr("images.npy", images)
        archive.writestr("labels.npy", GOOD)
    content = path.read_bytes()
    for place in range(60, 1800, 200):
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        with pytest.raises(ValueError, match=r"mine\.npz .*savez_compressed"):
            load_images(path)
