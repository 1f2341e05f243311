"""The tidy table against medians and quantiles taken by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb

RNG = np.random.default_rng(0)


def acts(width: int = 5) -> xr.Dataset:
    return inb.from_arrays(
        {"fc1": RNG.normal(size=(60, 7)), "fc2": RNG.normal(size=(60, width)) ** 3}
    )


def test_entropy_of_each_layer():
    entropy = inb.entropy(acts(), unit="bit")
    table = inb.summary(entropy)
    assert table["layer"].tolist() == ["fc1", "fc2"]
    assert table["number"].tolist() == [7, 5]
    assert set(table["units"]) == {"bit"}
    assert set(table["estimator"]) == {"binned"}
    for row, own in zip(table.to_dict("records"), (entropy[0], entropy[1, :5]), strict=True):
        assert row["median"] == pytest.approx(np.median(own))
        assert row["q05"] == pytest.approx(np.quantile(own, 0.05))
        assert row["q75"] == pytest.approx(np.quantile(own, 0.75))


@pytest.mark.parametrize("within", [None, "layer"])
def test_pairs_within_layers_without_the_diagonal(within):
    information = inb.mutual_information(acts(), within=within)
    table = inb.summary(information)
    assert table["number"].tolist() == [21, 10]
    one = information.sel(layer="fc2")
    one = one if within else one.sel(other_layer="fc2")
    pairs = one.values[:5, :5][np.triu_indices(5, k=1)]
    assert table["median"][1] == pytest.approx(np.median(pairs))
    assert table["q95"][1] == pytest.approx(np.quantile(one.values[:5, :5][~np.eye(5, dtype=bool)],
                                                        0.95))  # fmt: skip


def test_a_row_for_all_batch_dims_and_measures():
    runs = xr.concat(
        [xr.concat([acts() for _ in range(2)], "seed") for _ in range(3)],
        xr.Variable("alpha", [0.0, 0.5, 1.0]),
    )
    runs = runs.assign(
        entropy=inb.entropy(runs), mutual_information=inb.mutual_information(runs, within="layer")
    )
    table = inb.summary(runs)
    assert len(table) == 3 * 2 * 2 * 2
    assert list(table.columns[:4]) == ["alpha", "seed", "layer", "measure"]
    row = table.query("alpha == 0.5 and seed == 1 and layer == 'fc1' and measure == 'entropy'")
    expected = runs.entropy.sel(alpha=0.5, layer="fc1").isel(seed=1).median()
    assert row["median"].item() == pytest.approx(float(expected))


def test_a_layer_that_was_selected():
    entropy = inb.entropy(acts())
    assert inb.summary(entropy.sel(layer="fc1"))["layer"].tolist() == ["fc1"]


def test_lazy_measures_are_computed():
    lazy = acts().chunk({"sample": 20})
    assert inb.summary(inb.entropy(lazy))["number"].tolist() == [7, 5]


def test_without_a_measure():
    with pytest.raises(ValueError, match="no measure of neurons or pairs in this, only activation"):
        inb.summary(acts())
    with pytest.raises(TypeError, match="not list"):
        inb.summary([1])
