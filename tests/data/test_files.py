"""Files of others: what is no data, or leads out of its folder, is refused before it is read."""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infonb.data import files, load_images, nico_images, waterbird_images
from infonb.data.fetch import VARIABLE
from infonb.data.files import MEGABYTE, open_file, place_inside, read_inside
from infonb.data.idx import read_idx
from infonb.data.nico import check_nico
from infonb.data.pictures import read_picture
from infonb.data.waterbirds import check_waterbirds

unix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are Unix")


@pytest.fixture
def flat_memory():
    """Fail if more than 60 MB are allocated."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * MEGABYTE, peak


def png(width: int, height: int) -> bytes:
    """Return a white picture, packed as tightly as it goes, without making it."""

    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer, row = zlib.compressobj(9), b"\0" + b"\xff" * width
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", data) + part(b"IEND", b"")


# --- places


@unix
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(ValueError, match="is no file of data"):
            open_file(path, 10)
    (tmp_path / "long").write_bytes(b"12345678901")
    with pytest.raises(ValueError, match="has 0 MB, more than the 0 MB"):
        open_file(tmp_path / "long", 10)


@unix
@pytest.mark.parametrize("name", [
    "/etc/hostname", "../outside", "inside/../../outside", "", ".", "link/outside", "to_outside",
    "a\0b", "..", "loop",
])  # fmt: skip
def test_nothing_outside_the_folder_is_opened(name: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "outside").write_text("secret")
    (root / "link").symlink_to(tmp_path)
    (root / "to_outside").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises((ValueError, OSError)) as error:
        read_inside(root, name, 1000)
    assert name in ("", ".", "loop") or "leads out of" in str(error.value)


def test_what_is_inside_is_read_wherever_the_folder_is(tmp_path: Path) -> None:
    root = tmp_path / "far" / "root"
    (root / "a").mkdir(parents=True)
    (root / "a" / "b").write_text("found")
    (root / "same").symlink_to(root / "a" / "b")
    (tmp_path / "root").symlink_to(root)
    for top in (root, tmp_path / "root"):
        assert read_inside(top, "a/b", 5) == read_inside(top, "same", 5) == b"found"
        assert place_inside(top, "not/there") == top / "not" / "there"
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("top/a/b", "found")
        top = zipfile.Path(archive, "top/")
        assert read_inside(top, "a/b", 5) == b"found"
        with pytest.raises(ValueError, match="more than"):
            read_inside(top, "a/b", 4)
        with pytest.raises(FileNotFoundError):
            read_inside(top, "a/c", 4)


# --- files that fill the memory


@pytest.mark.usefixtures("flat_memory")
@pytest.mark.parametrize("declared", [[4096, 1024, 1024], [1], [100, 1000, 1000], [2**32 - 1] * 3])
def test_a_bomb_of_gzip_is_not_unpacked(
    declared: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_ALWAYS", 10 * MEGABYTE)
    header = bytes([0, 0, 8, len(declared)]) + struct.pack(f">{len(declared)}I", *declared)
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(header) + packer.compress(bytes(20 * MEGABYTE)) + packer.flush()
    (tmp_path / "images.gz").write_bytes(packed)
    with pytest.raises(ValueError, match=r"images\.gz .*(says that it holds|more follow)"):
        read_idx(tmp_path / "images.gz", ndim=len(declared))


@unix
def test_an_idx_file_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "images.gz")
    with pytest.raises(ValueError, match="is no file of data"):
        read_idx(tmp_path / "images.gz", ndim=3)


@pytest.mark.usefixtures("flat_memory")
@pytest.mark.parametrize(("width", "height"), [(13_000, 13_077), (100_000, 501), (60_000, 60_000)])
def test_a_huge_picture_is_not_decoded(width: int, height: int) -> None:
    content = png(width, min(height, 600))  # what the header says is what is refused
    header = struct.pack(">II", width, height)
    checksum = struct.pack(">I", zlib.crc32(b"IHDR" + header + content[24:29]))
    content = content[:16] + header + content[24:29] + checksum + content[33:]
    with pytest.raises(ValueError, match=rf"it has {width} x {height} pixels|exceeds limit"):
        read_picture(content, 16, where="bomb.png")


def test_a_large_photograph_is_read(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.new("RGB", (6000, 4000), "red").save(content, "JPEG")
    assert read_picture(content.getvalue(), 8, where="photo")[4, 4].tolist() == [254, 0, 0]


@pytest.mark.parametrize("content", [
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", b"", b"\0" * 100, b"GIF89a",
    png(20, 20)[:50], b"BM" + b"\xff" * 60, b"II*\0" + b"\xff" * 60,
])  # fmt: skip
def test_no_picture_is_one_clear_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="the picture odd cannot be read"):
        read_picture(content, 16, where="odd")


# --- tables and folders of pictures


def birds(folder: Path, rows: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    text = rows if isinstance(rows, bytes) else f"img_filename,y,place\n{rows}".encode()
    (folder / "metadata.csv").write_bytes(text)
    return folder


@pytest.mark.parametrize(("rows", "words"), [
    (b"", "no list of the images|names no image"),
    (b"img_filename,y,place\n", "names no image"),
    (b"\0" * 300, "no list of the images|names no image"),
    ("a\0.png,0,0\n", "leads out of|no list of the images"),
    ("/dev/zero,0,0\n", "'/dev/zero' leads out of"),
    ("../secret.png,0,0\n", "'../secret.png' leads out of"),
    ("a/../../secret.png,0,0\n", "leads out of"),
    (",0,0\n", "leads out of"),
    ("a.png,0\n", "no list of the images"),
    ("a.png," + "1" * 5000 + ",0\n", "no list of the images"),
    ("a.png," + "9" * 30 + ",0\n", "must be 0 or 1"),
    ("x" * 200_000 + ",0,0\n", "no list of the images"),
    (b"\xff\xfe\0\0", "no list of the images"),
])  # fmt: skip
def test_tables_that_lead_elsewhere(rows: str | bytes, words: str, tmp_path: Path) -> None:
    folder = birds(tmp_path / "birds", rows)
    (tmp_path / "secret.png").write_bytes(png(4, 4))
    for load in (check_waterbirds, lambda **given: waterbird_images("balanced", **given)):
        with pytest.raises(ValueError, match=words):
            load(folder=folder)


@unix
def test_a_table_that_names_a_pipe_or_a_link(tmp_path: Path) -> None:
    rows = "".join(f"{b}{p}{i}.png,{b},{p}\n" for b in (0, 1) for p in (0, 1) for i in range(8))
    folder = birds(tmp_path / "birds", rows)
    for line in rows.splitlines():
        (folder / line.split(",")[0]).write_bytes(png(4, 4))
    assert waterbird_images("balanced", folder=folder, size=8)[0].sizes["sample"] > 0
    for file in folder.glob("*.png"):
        file.unlink()
        os.mkfifo(file)
    with pytest.raises(ValueError, match="not there"):
        check_waterbirds(folder=folder)
    with pytest.raises(ValueError, match="is no file of data"):
        waterbird_images("balanced", folder=folder, size=8)
    (tmp_path / "secret.png").write_bytes(png(4, 4))
    (folder / "000.png").unlink()
    (folder / "000.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ValueError, match="leads out of"):
        check_waterbirds(folder=folder)


def test_a_table_that_is_huge(tmp_path: Path) -> None:
    folder = birds(tmp_path, b"")
    with (folder / "metadata.csv").open("wb") as file:
        file.truncate(10**10)
    with pytest.raises(ValueError, match="has 10,000 MB, more than the 50 MB"):
        check_waterbirds(folder=folder)


@unix
@pytest.mark.parametrize("kind", ["pipe", "device", "outside", "nowhere", "folder", "train"])
def test_photographs_that_lie_elsewhere(kind: str, tmp_path: Path) -> None:
    names = {"objects": ["dog", "cat"], "contexts": ["grass", "water"]}
    top = tmp_path / "train"
    for place in ("grass/dog", "grass/cat", "water/dog", "water/cat"):
        (top / place).mkdir(parents=True)
        for i in range(8):
            (top / place / f"{i}.png").write_bytes(png(9, 9))
    assert check_nico(folder=tmp_path, **names)[0] > 0
    file, outside, folder = top / "grass/dog/odd.jpg", tmp_path / "outside", tmp_path
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "nowhere":
        file.symlink_to(top / "grass/dog/missing.jpg")
    elif kind == "train":
        folder = tmp_path / "other"
        folder.mkdir()
        (folder / "train").symlink_to(top)
    else:
        (top / "grass/dog").rename(outside)
        (top / "grass/dog").symlink_to(outside)
        if kind == "outside":
            (top / "grass/dog").unlink()
            outside.rename(top / "grass/dog")
            (tmp_path / "secret.png").write_bytes(png(9, 9))
            file.symlink_to(tmp_path / "secret.png")
    for load in (check_nico, lambda **given: nico_images("balanced", **given)):
        with pytest.raises(ValueError, match=r"leads out of|has the name of a picture and is none"):
            load(folder=folder, **names)


# --- the home folder


def test_a_tilde_is_the_home_wherever_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "~/data")
    (tmp_path / "data" / "nico").mkdir(parents=True)
    np.savez(tmp_path / "mine.npz", images=np.zeros((2, 3, 3)), labels=[0, 1])
    assert load_images("~/mine.npz").sizes["sample"] == 2
    (tmp_path / "l.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 1, 7])))
    assert read_idx("~/l.gz", ndim=1).tolist() == [7]
    for load, words in (
        (lambda: waterbird_images("balanced"), f"looked in {tmp_path}/data, "),
        (lambda: waterbird_images("balanced", folder="~/data"), f"looked in {tmp_path}/data, "),
        (lambda: nico_images("balanced"), f"{tmp_path}/data/nico holds none"),
        (lambda: nico_images("balanced", folder="~/no"), f"no folder {tmp_path}/no"),
        (lambda: nico_images("balanced", folder="~no-such-user/no"), "no folder ~no-such-user/no"),
    ):
        with pytest.raises(FileNotFoundError) as error:
            load()
        assert words in str(error.value)
