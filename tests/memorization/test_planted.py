"""Planted samples: precision and AUROC by hand, ties, coverage, kinds that are not there."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.memorization import auroc, find_planted

KIND = xr.DataArray(
    np.array(["typical"] * 40 + ["wrong label"] * 10 + ["outlier"] * 5, dtype=object), dims="sample"
)


def by_hand(values: np.ndarray, planted: np.ndarray) -> float:
    """Return the mean precision over many random orders of equal values."""
    rng, n = np.random.default_rng(0), int(planted.sum())
    orders = (np.lexsort((rng.random(values.size), -values))[:n] for _ in range(4000))
    return float(np.mean([planted[order].mean() for order in orders]))


def test_precision_and_auroc_by_hand_with_ties():
    rng = np.random.default_rng(1)
    values = xr.DataArray(
        np.round(rng.normal(size=(2, 55)) + (KIND.values == "wrong label")),
        {"network": ["a", "b"]}, ("network", "sample"),
    )  # fmt: skip
    found = find_planted({"loss": values, "turned": (-values).assign_attrs(memorized="low")}, KIND)
    assert found.precision.dims == ("network", "reading", "kind")
    assert found.kind.values.tolist() == ["wrong label", "outlier"]
    for kind, network in (("wrong label", "a"), ("outlier", "b")):
        some = np.flatnonzero(np.isin(KIND.values, ["typical", kind]))
        planted = KIND.values[some] == kind
        row = values.sel(network=network).values[some]
        one = found.sel(network=network, kind=kind)
        assert float(one.precision[0]) == pytest.approx(by_hand(row, planted), abs=0.01)
        area = auroc(xr.DataArray(row, dims="sample"), xr.DataArray(planted, dims="sample"))
        assert float(one.auroc[0]) == float(area.auroc) == float(one.auroc[1])
        np.testing.assert_array_equal(one.auroc_interval[0], area.interval)
    np.testing.assert_allclose(found.chance, [10 / 50, 5 / 45])
    assert found.n.values.tolist() == [10, 5]


def test_a_reading_that_knows_nothing_of_a_kind_is_nan():
    values = xr.DataArray(np.arange(55.0), dims="sample").where(KIND != "outlier")
    found = find_planted({"a": values}, KIND)
    assert float(found.precision.sel(kind="wrong label")[0]) == 1.0
    assert found.precision_interval.sel(kind="wrong label")[0, 0] < 0.8
    assert found.sel(kind="outlier")[["precision", "auroc", "precision_interval"]].isnull().all()
    assert found.n_known.values.tolist() == [[10, 0]]


@pytest.mark.parametrize(("shift", "n", "m"), [(0.0, 20, 40), (1.0, 20, 200), (2.5, 30, 60)])
def test_intervals_of_precision_cover(shift, n, m):
    rng = np.random.default_rng(n + m)
    kind = xr.DataArray(np.array(["typical"] * m + ["planted"] * n, dtype=object), dims="sample")
    # what it is of many: the threshold that as many pass as are planted
    true = []
    for _ in range(8):
        many = np.concatenate([rng.normal(size=50 * m), rng.normal(size=50 * n) + shift])
        true.append((np.argsort(-many)[: 50 * n] >= 50 * m).mean())
    array = xr.DataArray(
        rng.normal(size=(1, 200, n + m)) + shift * (kind.values == "planted"),
        {"ruler": ["a"]}, ("ruler", "draw", "sample"),
    )  # fmt: skip
    ends = find_planted(array, kind).precision_interval
    covered = (ends.sel(bound="low") <= np.mean(true)) & (np.mean(true) <= ends.sel(bound="high"))
    assert float(covered.mean()) >= 0.92


def test_bad_kinds():
    values = {"a": xr.DataArray(np.arange(55.0), dims="sample")}
    with pytest.raises(ValueError, match="'ordinary'"):
        find_planted(values, KIND, against="ordinary")
    with pytest.raises(ValueError, match="none is planted"):
        find_planted(values, xr.full_like(KIND, "typical"))
    with pytest.raises(ValueError, match=r"kind is missing .* for 1 samples"):
        find_planted(values, KIND.copy(data=[None, *KIND.values[1:]]))
    with pytest.raises(ValueError, match="different samples"):
        find_planted(values, KIND[:50])
