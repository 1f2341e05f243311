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
    assert "*narrow\\_one*: MI over entropy higher (every layer)" in words
    assert "matrix entropy lower (every layer)" in words
    assert "Not read: *imbalance to the label* and *information with the label*" in words
    alone = inb.compare({"clean": acts(5)}, estimator="binned")
    assert "lie apart" not in other_rulers_words(alone)


def test_words_where_nothing_is_apart(found):
    same = found.copy()
    ends = same.other_rulers_interval
    same["other_rulers_interval"] = ends.where(ends.bound == "high", -9).where(
        ends.bound == "low", 9)  # fmt: skip
    assert "*narrow\\_one*: no interval lies apart in any layer" in other_rulers_words(same)


def test_words_name_the_layers_in_which_something_is_apart():
    layers = [f"fc_{i}" for i in range(9)]
    ends = np.zeros((1, 2, 9, 2)) + np.array([-1.0, 1.0])
    ends[0, 1, 0] += 5  # higher in the first, lower in the third, the last is not known
    ends[0, 1, 2] -= 5
    ends[0, 0, 8] = np.nan

    def words() -> str:
        dims = ("ruler", "model", "layer")
        coords = {"ruler": ["matrix_entropy"], "model": ["a", "b"], "layer": layers}
        found = xr.Dataset(
            {"other_rulers": (dims, ends.mean(-1), {"n_samples": 99}),
             "other_rulers_interval": ((*dims, "bound"), ends)},
            {**coords, "bound": ["low", "high"], "ruler_needs": ("ruler", [""])},
            {"reference": "a"},
        )  # fmt: skip
        return other_rulers_words(found)

    assert "- *b*: matrix entropy higher (fc\\_0); matrix entropy lower (fc\\_2)" in words()
    ends[0, 1, :7] = 8.0, 9.0
    assert "- *b*: matrix entropy higher (7 of 8 layers)" in words()
    ends[0, 1, 7] = 8.0, 9.0
    assert "- *b*: matrix entropy higher (every layer)" in words()


def test_table(found):
    table = other_rulers_table(found)
    assert table.columns.tolist() == ["fc1", "fc2"]
    assert ("matrix entropy", "narrow_one") in table.index
    assert not any(ruler.startswith("imbalance") for ruler, _ in table.index)
    at = {"ruler": "matrix_entropy", "model": "clean", "layer": "fc1"}
    assert f"{float(found.other_rulers.sel(at)):.2f}" in table.loc["matrix entropy", "clean"]["fc1"]
    assert "null" in table.loc["matrix entropy", "clean"]["fc1"]
    assert "null" not in table.loc["mean UnitMem", "clean"]["fc1"]


def test_rounded_to_nothing_has_no_sign(found):
    small = found.copy()
    small["other_rulers"] = small.other_rulers * 0 - 0.0004
    cells = other_rulers_table(small).loc["matrix entropy", "clean"]
    assert cells["fc1"].startswith("0.000 (")


def test_results_of_earlier_versions_open(found, tmp_path):
    old = found.drop_vars([name for name in found.variables if str(name).startswith(
        ("other_rulers", "ruler_"))] + ["ruler"])  # fmt: skip
    inb.save(old, tmp_path / "old.zarr")
    again = inb.open(tmp_path / "old.zarr").load()
    assert not has_other_rulers(again)
    assert "saved without other rulers" in other_rulers_words(again)
    inb.save(found, tmp_path / "new.zarr")
    xr.testing.assert_identical(inb.open(tmp_path / "new.zarr").load(), found)
