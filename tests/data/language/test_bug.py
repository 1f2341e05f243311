from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from infonb.data.fetch import VARIABLE
from infonb.data.language import bug, load_bug

ROWS = [
    ("The nurse said that she was late .", "nurse", 1, "female", 1),
    ("He is a  Nurse among nurses .", "nurse", 4, "male", -1),
    ("A guard lost his key ; the guard-house is shut .", "guard", 1, "male", 1),
    ("Nothing of the kind .", "guard", 1, "male", 1),
    ("She met the guard .", "guard", 1, "female", -1),
    ("He met the Secretary , a child , children and a co-child .", "child", 6, "male", 1),
    ("He met secretaries , and a Secretary of undersecretaries .", "secretary", 6, "male", 1),
]


def table(rows: list[tuple], columns: str = "") -> bytes:
    head = columns or "sentence_text,profession,profession_first_index,predicted gender,stereotype"
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    return "\n".join([head, *lines]).encode()


def put(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None = None) -> Path:
    archives = {
        "balanced_BUG.zip": "balanced_BUG.csv",
        "gold_BUG.zip": "all_human_annotation_correct.csv",
    }
    for name, inside in archives.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(inside, table(ROWS) if content is None else content)
    bless(folder, monkeypatch)
    return folder


def bless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the archives for the right ones."""
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.zip")
    }
    monkeypatch.setattr(bug, "_SHA256", digests)


def test_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_bug(folder=put(tmp_path, monkeypatch))
    assert data.text.values.tolist() == [
        "The [MASK] said that she was late .",
        "He is a  [MASK] among [MASK] .",  # a double blank counts; the plural goes, too
        "A [MASK] lost his key ; the [MASK]-house is shut .",
        "She met the [MASK] .",  # the index is wrong, the word is there
        "He met the Secretary , a [MASK] , [MASK] and a co-[MASK] .",
        "He met [MASK] , and a [MASK] of [MASK] .",
    ]
    # the more frequent one first
    assert data.attrs["class_names"] == "guard, nurse, child, secretary"
    assert data.label.values.tolist() == [1, 1, 0, 0, 2, 3]
    assert data.gender.values.tolist() == ["female", "male", "male", "female", "male", "male"]
    assert data.stereotype.values.tolist() == [1, -1, 1, -1, 1, 1]
    # the profession is nowhere in the fourth
    assert data.sample.values.tolist() == [0, 1, 2, 4, 5, 6]
    assert load_bug("gold", folder=tmp_path, mask="<mask>").text.values[3] == "She met the <mask> ."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "is no text in UTF-8"),
        (b"", "is no table"),
        (table([], "sentence_text,profession"), "has no column 'predicted gender'"),
        (table([]), "has no rows"),
    ],
)
def test_tables_that_are_none(
    content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=message):
        load_bug(folder=put(tmp_path, monkeypatch, content))


def test_damaged_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch)
    path = tmp_path / "balanced_BUG.zip"
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(ValueError, match=r"checksum|damaged"):
        load_bug(folder=tmp_path)
    bless(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match="is damaged"):
        load_bug(folder=tmp_path)
    flipped = bytearray(whole)
    flipped[60] ^= 255
    path.write_bytes(flipped)
    bless(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match="is damaged"):
        load_bug(folder=tmp_path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.csv", "a")
    bless(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match=r"holds no balanced_BUG\.csv"):
        load_bug(folder=tmp_path)


def test_an_archive_that_would_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = b"0" * 300_000_000
    with zipfile.ZipFile(tmp_path / "balanced_BUG.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("balanced_BUG.csv", bomb)
    bless(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match="more than data are packed"):
        load_bug(folder=tmp_path)


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"balanced_BUG\.zip"):
        load_bug(folder=tmp_path)


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} not set")
class TestRealSentences:
    def test_balanced(self) -> None:
        data = load_bug()
        assert data.sizes["sample"] == 25_504
        assert data.attrs["n_classes"] == 161
        assert set(data.gender.values) == {"female", "male"}
        usual = data.isel(sample=data.stereotype.values == 1)
        other = data.isel(sample=data.stereotype.values == -1)
        assert usual.sizes["sample"] == other.sizes["sample"] == 12_752
        genders = {name: set() for name in usual.occupation.values}
        for name, gender in zip(usual.occupation.values, usual.gender.values, strict=True):
            genders[name].add(gender)
        assert {len(found) for found in genders.values()} == {1}  # the shortcut is perfect
        for name, gender in zip(other.occupation.values, other.gender.values, strict=True):
            assert gender not in genders.get(name, ())
        assert all("[MASK]" in text for text in data.text.values)
        # nothing gives away what is hidden
        for name, text in zip(data.occupation.values, data.text.values, strict=True):
            assert name not in text.lower()

    def test_most_frequent(self) -> None:
        data = load_bug(n_professions=20)
        assert data.attrs["class_names"].startswith("author, person, writer, ")
        assert (np.bincount(data.label.values)[:2] == [3498, 1401]).all()
        gold = load_bug("gold", n_professions=20)
        assert gold.attrs["class_names"] == data.attrs["class_names"]
        assert set(gold.stereotype.values) == {-1, 1}
