"""The experiments, small: shapes, pairing, saving, and that the measures are those of the nets."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb import experiments
from infonb.experiments import ColoredDigits, ShuffledDigits
from infonb.parameters import ParameterError, assert_same
from infonb.reports import notebook_path

pytestmark = pytest.mark.slow

SMALL = {"seed": [0, 1], "width": 8, "epochs": 3, "n_train": 200, "n_validation": 60}


@pytest.fixture(scope="module")
def colored():
    return ColoredDigits(alpha=[0.0, 0.5, 1.0], **SMALL).run(progress=False)


def claims(runs):
    return experiments.get(runs.attrs["experiment"]).of(runs).claims(runs)


@pytest.mark.parametrize("name", experiments.names())
def test_notebook_has_the_parameters_of_the_experiment(name):
    assert_same(notebook_path(name), experiments.get(name))


def test_dims_and_units(colored):
    assert dict(colored.entropy.sizes) == {"alpha": 3, "seed": 2, "layer": 3, "neuron": 8}
    assert colored.mutual_information.dims == (
        "alpha", "seed", "layer", "neuron", "other_layer", "other_neuron",
    )  # fmt: skip
    assert colored.entropy.attrs["units"] == "nat"
    assert colored.mutual_information.attrs["estimator"] == "ksg"
    assert colored.validation_accuracy.dims == ("alpha", "seed", "epoch")
    assert list(colored.layer.values) == ["fc1", "fc2", "fc3"]


@pytest.mark.parametrize("seed", [0, 1])
def test_measures_are_those_of_the_kept_activations(colored, seed):
    one = colored.sel(seed=seed)
    xr.testing.assert_allclose(
        inb.entropy(one.activation, bins=100).drop_vars("seed"), one.entropy.drop_vars("seed")
    )
    again = inb.mutual_information(one.activation.sel(alpha=0.5))
    np.testing.assert_allclose(
        again.values, one.mutual_information.sel(alpha=0.5).values, atol=1e-12
    )


def test_final_values_are_those_of_the_last_epoch(colored):
    last = colored.validation_accuracy.isel(epoch=-1)
    np.testing.assert_array_equal(colored.final_validation_accuracy.values, last.values)


def test_keep_best_reports_the_best_accuracy():
    results = ColoredDigits(alpha=0.0, keep="best", **SMALL).run(progress=False)
    best = results.validation_accuracy.max("epoch")
    np.testing.assert_array_equal(results.final_validation_accuracy.values, best.values)


def test_same_parameters_same_numbers(colored):
    again = ColoredDigits(alpha=[0.0, 0.5, 1.0], **SMALL).run(progress=False)
    xr.testing.assert_identical(again, colored)


def test_results_are_saved_and_reopen_identically(colored, tmp_path):
    path = tmp_path / "results.zarr"
    for _ in range(2):  # the second time in place of the first
        made = ColoredDigits(alpha=[0.0, 0.5, 1.0], **SMALL, results=str(path)).run(progress=False)
        xr.testing.assert_identical(made, colored)
        xr.testing.assert_identical(inb.open_activations(path).load(), colored)


def test_claims_compare_the_ends(colored):
    rows = claims(colored).claims
    expected = colored.entropy.sel(layer="fc2").median("neuron")
    row = next(r for r in rows if r.where == "fc2" and "entropy" in r.statement)
    np.testing.assert_allclose(
        row.effect, (expected.sel(alpha=1.0) - expected.sel(alpha=0.0)).values
    )
    assert row.direction == -1
    assert row.paper == "2.93 → 1.36"


def test_one_level_is_a_table_without_rows(colored):
    table = claims(colored.isel(alpha=[0]))
    assert not table.claims
    assert "only one alpha: 0.0" in table.caption


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_train": 2000}, "n_train must be at most 1297 for digits; not 2000"),
        ({"n_validation": 501}, "n_validation must be at most 500 for digits; not 501"),
        ({"k": 60, "n_validation": 60}, "k must be below the number of validation examples, 60"),
        ({"k": 500}, "k must be below the number of validation examples, 500"),
        ({"seed": 2**40}, "seed must be between 0 and 4294967295"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(wrong, message):
    with pytest.raises(ParameterError, match=message):
        ColoredDigits(**wrong)


def test_the_paper_column_is_that_of_the_levels(colored):
    part = claims(colored.sel(alpha=[0.0, 0.5])).claims
    assert part[0].paper == "3.03 → 2.78"
    odd = colored.assign_coords(alpha=[0.0, 0.3, 0.6])
    assert claims(odd).claims[0].paper == "not reported"
    post = colored.assign_coords(layer=np.array(["relu1", "relu2", "relu3"], dtype=object))
    post = post.assign_coords(other_layer=post.layer.values)
    assert claims(post).claims[0].paper == "not reported"


def test_results_say_what_made_them(colored):
    import json

    assert colored.attrs["experiment"] == "colored_digits"
    assert json.loads(colored.attrs["parameters"])["width"] == 8


def test_levels_are_compared_whatever_their_order(colored):
    turned = claims(colored.isel(alpha=[2, 0, 1]))
    assert [r.effect for r in turned.claims[:7]] == [r.effect for r in claims(colored).claims[:7]]


def test_shuffled_stops_when_all_is_learnt():
    results = ShuffledDigits(
        beta=[0.0, 1.0], seed=0, width=64, epochs=200, n_train=50, n_validation=60, stop_at=1.0
    ).run(progress=False)
    assert (results.final_train_accuracy == 1.0).all()
    assert (results.epochs < 200).all()
    assert [c.direction for c in claims(results).claims[:6]] == [1, 1, 1, -1, -1, -1]


def test_real_mnist_small(data_folder):
    results = ColoredDigits(
        dataset="mnist", alpha=[0.0, 1.0], seed=0, epochs=1, n_train=1000, n_validation=200,
        width=16,
    ).run(progress=False)  # fmt: skip
    assert results.attrs["dataset"] == "mnist"
    assert results.activation.sizes["sample"] == 200


def test_the_sizes_that_parameters_are_checked_against_are_those_of_the_data():
    from infonb.experiments.digits import _SIZES

    data = ColoredDigits().data(0.0, seed=0)
    names = {"n_train": "train", "n_validation": "evaluation"}
    sizes = {name: data[role].sizes["sample"] for name, role in names.items()}
    assert sizes == _SIZES["digits"]


def test_shared_bins_are_one_ruler_for_all_levels_and_seeds():
    experiment = ColoredDigits(alpha=[0.0, 0.5, 1.0], edges="shared", **SMALL)
    runs = experiment.run(progress=False)
    low, high = float(runs.activation.min()), float(runs.activation.max())
    expected = inb.entropy(runs.activation, edges=np.linspace(low, high, 101))
    np.testing.assert_allclose(runs.entropy.transpose(*expected.dims), expected)
    # what the table compares is the cell of the grid with these bins
    grid = experiment.sensitivity(runs, bins=[100], samples=[60], k=[3])
    cell = grid.entropy_change.sel(edges="shared", bins=100, n_samples=60)
    rows = [
        row for row in experiment.claims(runs).claims if row.statement == "median entropy falls"
    ]
    np.testing.assert_allclose(cell, [np.mean(row.effect) for row in rows])
