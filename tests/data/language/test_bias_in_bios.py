from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from infonb.data.fetch import VARIABLE
from infonb.data.language import hub_datasets, load_bias_in_bios
from infonb.data.language.bias_in_bios import PROFESSIONS

pd = pytest.importorskip("pandas")

TEXTS = ["She sings .", "He operates on hearts .", "She teaches .", "He sings ."]
TABLE = pd.DataFrame({"hard_text": TEXTS, "profession": [23, 25, 26, 23], "gender": [1, 0, 1, 0]})
NAMED = TABLE.assign(profession=["rapper", "surgeon", "teacher", "rapper"], gender=list("FMFM"))


@pytest.fixture(autouse=True)
def _no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize("table", [TABLE, NAMED])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_from_a_folder(tmp_path: Path, table: pd.DataFrame, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
        table.to_parquet(tmp_path / "train-00000-of-00001.parquet")
    else:
        table.to_csv(tmp_path / "train.csv")
    data = load_bias_in_bios(folder=tmp_path)
    assert data.text.values.tolist() == TEXTS
    assert data.occupation.values.tolist() == ["rapper", "surgeon", "teacher", "rapper"]
    assert data.gender.values.tolist() == ["female", "male", "female", "male"]
    assert data.label.values.tolist() == [23, 25, 26, 23]
    assert data.attrs["class_names"] == ", ".join(PROFESSIONS)
    assert len(PROFESSIONS) == 28
    some = load_bias_in_bios(folder=tmp_path, occupations=["surgeon", "rapper"])
    assert some.label.values.tolist() == [1, 0, 1]
    assert some.sample.values.tolist() == [0, 1, 3]


def test_from_the_named_folder_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bias_in_bios").mkdir()
    TABLE.to_csv(tmp_path / "bias_in_bios" / "dev.csv")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = load_bias_in_bios("dev", n=2, seed=1)
    assert found.sizes["sample"] == 2
    assert found.identical(load_bias_in_bios("dev", n=2, seed=1))
    assert load_bias_in_bios(folder=tmp_path / "bias_in_bios" / "dev.csv").sizes["sample"] == 4
    with pytest.raises(
        FileNotFoundError, match=r"neither train.parquet nor train.csv \(it has dev"
    ):
        load_bias_in_bios("train")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,profession,gender\na,1,0\n", "has no column 'hard_text'"),
        (b"hard_text,profession,gender\na,28,0\n", "row 1 has the profession 28"),
        (b"hard_text,profession,gender\na,teacer,0\n", "Did you mean 'teacher'"),
        (b"hard_text,profession,gender\na,1,2\n", "row 1 has the gender 2"),
        (b"hard_text,profession,gender\n", "has no rows"),
        (b"hard_text\xff,profession", "is no text in UTF-8"),
        (b"", "is no table"),
        (b"hard_text,profession,gender\na, b,1,0\nc, d,2,1\n", "more fields than its first line"),
    ],
)
def test_bad_tables(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_bias_in_bios(folder=tmp_path)


def test_a_text_that_is_missing_is_no_word(tmp_path: Path) -> None:
    table = pd.DataFrame({"hard_text": ["a", None], "profession": [1, 2], "gender": [0, 1]})
    table.to_parquet(tmp_path / "train.parquet")
    with pytest.raises(ValueError, match=r"train\.parquet: row 2 has no hard_text. Replace"):
        load_bias_in_bios(folder=tmp_path)


def test_several_files_of_a_part_are_told(tmp_path: Path) -> None:
    for i in range(2):
        path = tmp_path / f"train-0000{i}-of-00002.csv"
        path.write_text(f"hard_text,profession,gender\na{i},1,0\n")
    with pytest.raises(ValueError, match=r"2 files of the part 'train' \(train-00000.* into one"):
        load_bias_in_bios(folder=tmp_path)


def test_none_of_the_occupations(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("hard_text,profession,gender\na,1,0\n")
    with pytest.raises(ValueError, match=r"train\.csv has no text of the occupations dj, poet"):
        load_bias_in_bios(folder=tmp_path, occupations=["dj", "poet"], n=1)


def test_other_files(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    TABLE.to_parquet(tmp_path / "train.parquet")
    whole = (tmp_path / "train.parquet").read_bytes()
    (tmp_path / "train.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="no whole Parquet file"):
        load_bias_in_bios(folder=tmp_path)
    TABLE.to_pickle(tmp_path / "train.pkl")
    with pytest.raises(ValueError, match="nothing is unpickled"):
        load_bias_in_bios(folder=tmp_path / "train.pkl")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_bias_in_bios(folder=tmp_path / "elsewhere")


def test_no_connection_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    from huggingface_hub import utils

    class Unreachable:
        def head(self, url: str, timeout: float) -> None:
            raise OSError("no route")

    import datasets

    monkeypatch.setattr(utils, "get_session", Unreachable)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path))
    start = time.monotonic()
    with pytest.raises(FileNotFoundError, match="the hub does not answer") as caught:
        load_bias_in_bios()
    assert time.monotonic() - start < 5
    assert "\n" not in str(caught.value)
    assert "folder=" in str(caught.value)


def test_from_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    asked = []

    def load(name: str, split: str, revision: None) -> datasets.Dataset:
        asked.append((name, split))
        return datasets.Dataset.from_pandas(TABLE)

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(hub_datasets, "_check_answers", lambda *_: None)
    assert load_bias_in_bios("test").text.values.tolist() == TEXTS
    assert asked == [("LabHC/bias_in_bios", "test")]


def test_wrong_arguments(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "train.csv")
    with pytest.raises(ValueError, match="Did you mean 'surgeon'"):
        load_bias_in_bios(folder=tmp_path, occupations=["surgon", "nurse"])
    with pytest.raises(ValueError, match="two or more, each once"):
        load_bias_in_bios(folder=tmp_path, occupations=["nurse", "nurse"])
    with pytest.raises(ValueError, match="n must be"):
        load_bias_in_bios(folder=tmp_path, n=5)
    assert np.unique(load_bias_in_bios(folder=tmp_path, n=4).sample).size == 4
