"""Runs into one dataset: several dimensions, curves of different length, what is missing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import xarray as xr

from infonb.experiments.stacking import stack_runs


def run_of(value, n_epochs=2, labels=(0, 1)):
    return xr.Dataset(
        {
            "activation": ("sample", np.full(2, float(value)), {"units": "of neurons"}),
            "loss": ("epoch", np.ones(n_epochs)),
            "score": float(value),
        },
        {"epoch": np.arange(1, n_epochs + 1), "label": ("sample", list(labels))},
        {"seed": value},
    )


def test_labels_become_dims_in_their_order():
    labels = {"size": [3, 1], "name": ["b", "a"], "seed": [5, 4]}
    keys = list(product(*labels.values()))
    runs = {key: run_of(number) for number, key in enumerate(keys)}
    stacked = stack_runs(runs, labels)
    assert stacked.activation.dims == ("size", "name", "seed", "sample")
    assert stacked.score.dims == ("size", "name", "seed")
    for dim, values in labels.items():
        assert stacked[dim].values.tolist() == values
    assert stacked.name.dtype == object
    for number, (size, name, seed) in enumerate(keys):
        one = stacked.sel(size=size, name=name, seed=seed)
        assert float(one.score) == number
        np.testing.assert_array_equal(one.activation, number)
    assert stacked.activation.attrs == {"units": "of neurons"}
    assert stacked.attrs == {}


def test_the_order_in_which_runs_were_made_does_not_matter():
    labels = {"alpha": [0.0, 1.0], "seed": [0, 1]}
    runs = {key: run_of(key[0] + 10 * key[1]) for key in product(*labels.values())}
    turned = dict(reversed(runs.items()))
    xr.testing.assert_identical(stack_runs(turned, labels), stack_runs(runs, labels))


def test_curves_of_different_length_are_filled_with_nan():
    runs = {(0.0, seed): run_of(1.0, n_epochs=2 + seed) for seed in (0, 1)}
    loss = stack_runs(runs, {"alpha": [0.0], "seed": [0, 1]}).loss
    np.testing.assert_array_equal(np.isnan(loss.values[0]), [[False, False, True], [False] * 3])


def test_what_is_known_of_samples_gets_dims_only_where_it_differs():
    labels = {"alpha": [0.0, 1.0], "seed": [0, 1]}
    alike = stack_runs({key: run_of(1) for key in product(*labels.values())}, labels)
    assert alike.label.dims == ("sample",)
    of_seed = {key: run_of(1, labels=(0, key[1])) for key in product(*labels.values())}
    assert stack_runs(of_seed, labels).label.dims == ("seed", "sample")
    of_both = {key: run_of(1, labels=key) for key in product(*labels.values())}
    assert set(stack_runs(of_both, labels).label.dims) == {"alpha", "seed", "sample"}


def test_levels_that_are_no_product_are_refused():
    runs = {(0.0, 0): run_of(1), (1.0, 1): run_of(1)}
    with pytest.raises(
        ValueError, match=r"no run for {'alpha': 0.0, 'seed': 1}; levels must be all combinations"
    ):
        stack_runs(runs, {"alpha": [0.0, 1.0], "seed": [0, 1]})
