"""Words and table of other rulers: computed from the result, and honest where there are none."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.experiments.compare_models import (
    has_other_rulers,
    other_rulers_table,
    other_rulers_words,
)

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(200, 5))


def acts(k: int) -> dict[str, np.ndarray]:
    return {"fc1": Z[:, :k] @ RNG.normal(size=(k, 12)), "fc2": Z[:, :k] @ RNG.normal(size=(k, 12))}


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    models = {"clean": acts(5), "narrow_one": acts(1)}
    return inb.compare(models, reference="clean", estimator="binned", permutations=20)


def test_words(found):
    words = other_rulers_words(found)
    assert "The verdict does not rest on them" in words
    assert "of 200 samples" in words
    assert "*narrow\\_one*: MI over entropy higher" in words
    assert "matrix entropy lower" in words
    assert "Not read: *imbalance to the label* and *information with the label*" in words
    alone = inb.compare({"clean": acts(5)}, estimator="binned")
    assert "lie apart" not in other_rulers_words(alone)


def test_words_where_nothing_is_apart(found):
    same = found.copy()
    ends = same.other_rulers_interval
    same["other_rulers_interval"] = ends.where(ends.bound == "high", -9).where(
        ends.bound == "low", 9)  # fmt: skip
    assert "none is higher or lower throughout" in other_rulers_words(same)


def test_table(found):
    table = other_rulers_table(found)
    assert table.columns.tolist() == ["fc1", "fc2"]
    assert ("matrix entropy", "narrow_one") in table.index
    assert not any(ruler.startswith("imbalance") for ruler, _ in table.index)
    at = {"ruler": "matrix_entropy", "model": "clean", "layer": "fc1"}
    assert f"{float(found.other_rulers.sel(at)):.2f}" in table.loc["matrix entropy", "clean"]["fc1"]
    assert "null" in table.loc["matrix entropy", "clean"]["fc1"]
    assert "null" not in table.loc["mean UnitMem", "clean"]["fc1"]


def test_results_of_earlier_versions_open(found, tmp_path):
    old = found.drop_vars([name for name in found.variables if str(name).startswith(
        ("other_rulers", "ruler_"))] + ["ruler"])  # fmt: skip
    inb.save(old, tmp_path / "old.zarr")
    again = inb.open(tmp_path / "old.zarr").load()
    assert not has_other_rulers(again)
    assert "saved without other rulers" in other_rulers_words(again)
    inb.save(found, tmp_path / "new.zarr")
    xr.testing.assert_identical(inb.open(tmp_path / "new.zarr").load(), found)
