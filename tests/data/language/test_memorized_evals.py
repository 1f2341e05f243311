"""Lists of what the Pythia models recite: from Parquet files as the hub has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from infonb.data.language import load_memorized_evals
from infonb.memorization import memorization_prediction

pa = pytest.importorskip("pyarrow")


def write(path: Path, index, tokens, **columns):
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"index": index, "tokens": pa.array(tokens, pa.list_(pa.int64())), **columns})
    parquet.write_table(table, path, row_group_size=2)


def rows(*index, length=4):
    return [[int(one) % 100 + at for at in range(length)] for one in index]


@pytest.mark.parametrize(
    "names",
    [
        ["duped.70m.parquet"],
        ["data/duped.70m-00000-of-00001-0123abcd.parquet"],
        ["default/duped.70m/0000.parquet"],
        ["data/duped.70m-00000-of-00002-ab.parquet", "data/duped.70m-00001-of-00002-cd.parquet"],
    ],
)
def test_files_as_the_hub_names_them(tmp_path, names):
    # 2,047 is told twice: the end of one batch, and the start of the next
    index = [5000, 2047, 2048, 7, 2047]
    parts = np.array_split(index, len(names))
    for name, part in zip(names, parts, strict=True):
        write(tmp_path / name, part.tolist(), rows(*part))
    # of a checkpoint, which is another split
    for name in ("data/duped.70m.1000-0.parquet", "duped.70m.1000.parquet"):
        write(tmp_path / name, [1], rows(1))
    found = load_memorized_evals("duped.70m", folder=tmp_path)
    assert found.sample.values.tolist() == [7, 2047, 2048, 5000]
    assert found.tokens.values.tolist() == rows(7, 2047, 2048, 5000)
    assert found.tokens.dtype == np.int32
    assert found.first_seen.values.tolist() == [0, 1, 2, 4]
    assert (found.attrs["n_repeated"], found.attrs["revision"]) == (1, "folder")
    assert found.attrs["n_contradicting"] == 0


def test_an_index_with_two_texts_is_told(tmp_path):
    write(tmp_path / "duped.70m.parquet", [5, 2, 5, 5, 2], [[1, 2], [3, 4], [1, 9], [1, 2], [3, 4]])
    found = load_memorized_evals("duped.70m", folder=tmp_path)
    assert found.tokens.values.tolist() == [[3, 4], [1, 2]]
    assert (found.attrs["n_repeated"], found.attrs["n_contradicting"]) == (3, 1)


def test_a_list_of_which_a_part_is_missing(tmp_path):
    for at in (0, 2):
        write(tmp_path / f"data/duped.70m-0000{at}-of-00003-ab.parquet", [at], rows(at))
    with pytest.raises(FileNotFoundError, match=r"lacks part 1 of 3, beside duped.70m"):
        load_memorized_evals("duped.70m", folder=tmp_path)


def test_two_lists_are_joined_as_the_docstring_says(tmp_path):
    for split, index in (("duped.70m", [3, 9, 11]), ("duped.12b", [9, 3, 20, 21])):
        write(tmp_path / f"{split}.parquet", index, rows(*index))
    small, large = (load_memorized_evals(f"duped.{s}", folder=tmp_path) for s in ("70m", "12b"))
    index = np.union1d(small.sample, large.sample)
    told = [xr.DataArray(np.isin(index, one.sample), {"sample": index}) for one in (small, large)]
    found = memorization_prediction(*told)
    assert (float(found.precision), float(found.recall)) == (pytest.approx(2 / 3), 0.5)
    # what neither recites changes nothing
    everything = np.arange(50)
    told = [
        xr.DataArray(np.isin(everything, one.sample), {"sample": everything})
        for one in (small, large)
    ]
    whole = memorization_prediction(*told)
    assert float(whole.precision) == float(found.precision)
    assert float(whole.recall) == float(found.recall)


@pytest.mark.parametrize("kept", ["precision", "recall"])
def test_drawing_from_a_list_keeps_one_of_precision_and_recall(kept):
    """What the docstring says of samples that are drawn from one model's list."""
    rng = np.random.default_rng(0)
    large = rng.random(200_000) < 0.05
    small = (large & (rng.random(large.size) < 0.4)) | (~large & (rng.random(large.size) < 0.01))
    drawn = np.concatenate([
        rng.choice(np.flatnonzero(small if kept == "precision" else large), 2000, False),
        rng.choice(np.flatnonzero(~(small if kept == "precision" else large)), 2000, False),
    ])  # fmt: skip
    whole, biased = (
        memorization_prediction(*(xr.DataArray(one[of], dims="sample") for one in (small, large)))
        for of in (slice(None), drawn)
    )
    other = "recall" if kept == "precision" else "precision"
    assert float(biased[kept]) == pytest.approx(float(whole[kept]), abs=0.03)
    assert float(biased[other]) > float(whole[other]) + 0.15


def test_the_folder_named_by_the_environment(tmp_path, monkeypatch):
    write(tmp_path / "pythia_memorized_evals" / "deduped.1.4b.parquet", [1], rows(1))
    monkeypatch.setenv("INFONB_DATA", str(tmp_path))
    assert load_memorized_evals("deduped.1.4b").sizes == {"sample": 1, "position": 4}


def test_from_the_hub(monkeypatch):
    asked = []

    def load(name, split, revision, remedy):
        asked.append((name, split, revision))
        assert "give a folder" in remedy
        return pa.table({"index": [9, 2], "tokens": rows(9, 2)})

    monkeypatch.delenv("INFONB_DATA", raising=False)
    monkeypatch.setattr("infonb.data.language.memorized_evals.load_hub_table", load)
    found = load_memorized_evals("duped.12b.23000", revision="abc")
    assert asked == [("EleutherAI/pythia-memorized-evals", "duped.12b.23000", "abc")]
    assert found.tokens.values.tolist() == rows(2, 9)
    assert found.attrs["revision"] == "abc"


@pytest.mark.parametrize("split", ["duped", "70m", "duped.12c", "train", "duped.70m.new", None])
def test_splits_that_are_not_there(split):
    with pytest.raises(ValueError, match=r"split must be 'duped' or 'deduped', a size .*; not"):
        load_memorized_evals(split)


def test_what_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        load_memorized_evals("duped.70m", folder=tmp_path / "other")
    write(tmp_path / "duped.160m.parquet", [1], rows(1))
    with pytest.raises(FileNotFoundError, match=r"no .parquet file of duped.70m \(it has duped.16"):
        load_memorized_evals("duped.70m", folder=tmp_path)
    path = tmp_path / "duped.70m.parquet"
    for index, tokens, words in (
        ([1, 2], [[1, 2], [1]], "rows of several lengths"),
        ([], [], "has no tokens"),
        ([1], [[]], "has no tokens"),
        ([1], [[70_000]], "tokens must be whole numbers from 0 to 65535"),
        ([-1], [[1]], "an index must be"),
    ):
        write(path, index, tokens)
        with pytest.raises(ValueError, match=words):
            load_memorized_evals("duped.70m", folder=tmp_path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="no whole Parquet file"):
        load_memorized_evals("duped.70m", folder=tmp_path)
    from pyarrow import parquet

    parquet.write_table(pa.table({"index": [1], "tokens": ["1 2"]}), path)
    with pytest.raises(ValueError, match="tokens must be lists of whole numbers; not string"):
        load_memorized_evals("duped.70m", folder=tmp_path)
    parquet.write_table(pa.table({"index": [1], "token": [[1]]}), path)
    with pytest.raises(ValueError, match="no column 'tokens'; it has index, token"):
        load_memorized_evals("duped.70m", folder=tmp_path)
