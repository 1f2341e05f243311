from __future__ import annotations

import gzip
import io
import lzma
import os
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from infonb.data.fetch import VARIABLE
from infonb.data.language import archives, imdb, load_imdb

REVIEWS = {
    "train/neg/3_1": b"a poor film", "train/neg/20_4": b"a bore<br />", "train/pos/1_10": b"a joy",
    "train/pos/2_7": b"a joy", "test/neg/0_2": b"no", "test/pos/0_8": "déjà vu".encode(),
    "test/pos/1_9": b"a joy",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    imdb._reviews.cache_clear()


def write_folder(root: Path, content: dict[str, bytes] = REVIEWS) -> Path:
    for name, text in content.items():
        path = root / "aclImdb" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return root


def member(name: str, content: bytes = b"", **about: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in about.items():
        setattr(info, key, value)
    return info, content


def write_archive(
    path: Path, more: Iterable[tuple[tarfile.TarInfo, bytes]] = (), mode: str = "w:xz"
) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        entries = [member(f"aclImdb/{name}.txt", text) for name, text in REVIEWS.items()]
        for info, content in [member("aclImdb/README", b"cite"), *entries, *more]:
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("form", ["w:xz", "w:gz", "w:bz2", "w", "folder", "inside"])
def test_reviews_are_those_that_were_written(form: str, tmp_path: Path) -> None:
    place = tmp_path if form in ("folder", "inside") else tmp_path / "any name"
    if form == "folder":
        write_folder(tmp_path / "imdb")
    elif form == "inside":
        place = write_folder(tmp_path) / "aclImdb"
    else:
        write_archive(place, mode=form)
    train, test = (load_imdb(part, folder=place) for part in ("train", "test"))
    # by number, not by name: 20 after 3
    assert train.text.values.tolist() == ["a poor film", "a bore<br />", "a joy", "a joy"]
    assert train.label.values.tolist() == [0, 0, 1, 1]
    assert train.rating.values.tolist() == [1, 4, 10, 7]
    assert train.file.values.tolist() == ["3_1.txt", "20_4.txt", "1_10.txt", "2_7.txt"]
    assert train.is_repeated.values.tolist() == [False, False, False, True]
    assert test.text.values.tolist() == ["no", "déjà vu", "a joy"]
    assert test.is_repeated.values.tolist() == [False, False, True]


def test_a_long_review(tmp_path: Path) -> None:
    long = b"word " * 20_000  # 100,000 characters
    write_archive(tmp_path / "a", [member("aclImdb/train/pos/9_9.txt", long)])
    assert load_imdb(folder=tmp_path / "a").text.values[-1] == long.decode()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (member("../aclImdb/train/pos/9_9.txt", b"x"), "which leads out of it"),
        (member("/aclImdb/train/pos/9_9.txt", b"x"), "which leads out of it"),
        (member("aclImdb/../../x", b"x"), "which leads out of it"),
        (member("aclImdb/train/pos/9_9.txt", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
         "9_9.txt is no file"),
        (member("aclImdb/train/pos/9_9.txt", type=tarfile.LNKTYPE, linkname="aclImdb/README"),
         "9_9.txt is no file"),
        (member("aclImdb/train/pos/9_9.txt", type=tarfile.FIFOTYPE), "9_9.txt is no file"),
        (member("aclImdb/train/pos/9_9.txt", bytes(1_000_001)), "more than the 1 MB"),
        (member("aclImdb/train/pos/9_9.txt", b"caf\xe9"),
         r"aclImdb/train/pos/9_9.txt is no text in UTF-8 \(byte 0xe9 at place 3\)"),
    ],
)  # fmt: skip
def test_entries_that_are_refused(
    entry: tuple[tarfile.TarInfo, bytes], words: str, tmp_path: Path
) -> None:
    write_archive(tmp_path / "a", [entry])
    with pytest.raises(ValueError, match=words) as error:
        load_imdb(folder=tmp_path / "a")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("*/*"))  # nothing is unpacked


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imdb, "_MOST_IN_ALL", 20_000_000)
    # in a file that is not even wanted, and in the name of a file
    for i, more in enumerate(([member("aclImdb/other", bytes(30_000_000))],
                              [member("aclImdb/" + 30_000_000 * "x")])):  # fmt: skip
        path = write_archive(tmp_path / str(i), more)
        assert path.stat().st_size < 100_000
        with pytest.raises(ValueError, match="unpacks to more than 20 MB"):
            load_imdb(folder=path)
    monkeypatch.setattr(imdb, "_MOST_FILES", 5)
    with pytest.raises(ValueError, match="more than 5 files"):
        load_imdb(folder=write_archive(tmp_path / "many"))


@pytest.mark.parametrize("mode", ["w:xz", "w:gz", "w:bz2"])
def test_cut_short(mode: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(300_000)  # what does not become small
    path = write_archive(tmp_path / "a", [member("aclImdb/other", noise)], mode)
    path.write_bytes(path.read_bytes()[:-100_000])
    with pytest.raises(ValueError, match="a is damaged or cut short") as error:
        load_imdb(folder=path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("damage", ["cut between files", "a head", "no end", "size below 0"])
def test_no_review_is_lost_in_silence(damage: str, packed: bool, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a", mode="w")
    content = bytearray(path.read_bytes())
    place = content.index(b"aclImdb/train/pos/2_7.txt")  # where a head begins; others are before
    if damage == "cut between files":
        content = content[:place]
    elif damage == "a head":
        content[place + 5] ^= 1
    elif damage == "no end":
        content = content[: len(content.rstrip(b"\0")) // 512 * 512 + 512]
    else:
        head = tarfile.TarInfo("aclImdb/train/pos/9_9.txt")
        head.size = -512
        content[place:place] = head.tobuf(tarfile.GNU_FORMAT)
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ValueError, match="a is damaged or cut short") as error:
        load_imdb(folder=path)
    assert "\n" not in str(error.value)


def test_a_wrong_checksum_at_the_end(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a", mode="w")
    content = bytearray(gzip.compress(path.read_bytes() + bytes(3_000_000)))
    content[-6] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a is damaged or cut short"):
        load_imdb(folder=path)


def test_no_archive_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"these are words" * 100)
    with pytest.raises(ValueError, match="damaged or cut short"):
        load_imdb(folder=tmp_path / "a")
    (tmp_path / "b").write_bytes(lzma.compress(b""))
    with pytest.raises(ValueError, match=r"aclImdb/train/neg|damaged"):
        load_imdb(folder=tmp_path / "b")


def test_a_known_name_needs_its_checksum(tmp_path: Path) -> None:
    write_archive(tmp_path / "aclImdb_v1_labelled.tar.xz")
    with pytest.raises(ValueError, match="damaged or not the original: its sha256 is"):
        load_imdb(folder=tmp_path)


def test_folders_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "bytes", {"train/neg/0_1": b"\xff", "train/pos/0_9": b"x"})
    with pytest.raises(ValueError, match=r"train/neg/0_1\.txt is no text in UTF-8"):
        load_imdb(folder=tmp_path / "bytes")
    write_folder(tmp_path / "one", {"train/neg/0_1": b"x"})
    with pytest.raises(ValueError, match=r"no review aclImdb/train/pos/NUMBER_RATING\.txt"):
        load_imdb(folder=tmp_path / "one")
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    write_folder(tmp_path / "link")
    os.symlink(secret, tmp_path / "link" / "aclImdb" / "train" / "pos" / "7_7.txt")
    with pytest.raises(ValueError, match="leads out of"):
        load_imdb(folder=tmp_path / "link")
    with pytest.raises(FileNotFoundError, match=r"files of 'imdb' not found: aclImdb_v1.tar.gz"):
        load_imdb(folder=tmp_path / "nowhere")
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(imdb, "_URLS", ())
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    with pytest.raises(FileNotFoundError, match="set the environment variable INFONB_DATA"):
        load_imdb()


def test_an_archive_that_changes_is_read_again(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a")
    assert load_imdb(folder=path).sizes["sample"] == 4
    write_archive(path, [member("aclImdb/train/pos/9_9.txt", b"more")])
    os.utime(path, ns=(time.time_ns() + 10**9,) * 2)
    assert load_imdb(folder=path).sizes["sample"] == 5


def test_a_review_that_changes_in_a_folder_is_read_again(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    assert load_imdb(folder=folder).text.values[0] == "a poor film"
    (folder / "aclImdb" / "train" / "neg" / "3_1.txt").write_bytes(b"a worse film")
    assert load_imdb(folder=folder).text.values[0] == "a worse film"


def test_members_of_plain_tar(tmp_path: Path) -> None:
    import re

    path = write_archive(tmp_path / "a", mode="w")
    found = list(archives.read_members(
        path, re.compile(".*neg.*"), most=100, most_files=100, most_in_all=10**6))  # fmt: skip
    assert [name for name, _ in found] == [f"aclImdb/{n}.txt" for n in REVIEWS if "neg" in n]


@pytest.mark.slow
def test_the_real_reviews(data_folder: Path) -> None:
    parts = {part: load_imdb(part, folder=data_folder) for part in ("train", "test")}
    for part in parts.values():
        assert part.sizes["sample"] == 25_000
        assert part.label.sum() == 12_500
        assert ((part.rating >= 7) == (part.label == 1)).all()  # 5 and 6 stars were left out
    assert [int(part.is_repeated.sum()) for part in parts.values()] == [96, 322]
    both = {*parts["train"].text.values, *parts["test"].text.values}
    assert len(both) == 50_000 - 96 - 322 == 49_582  # unique texts, as is said of the file
