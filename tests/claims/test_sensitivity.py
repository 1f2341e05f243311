"""The grid of settings holds what single measurements give, of the same samples and neurons."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.claims.grid import claimed_direction, outcomes
from infonb.claims.sensitivity import sensitivity
from infonb.measures import TiesWarning

#: Without "ksg" a constant of 1 / (2 S) would be between medians and those measured alone.
SMALL = {"estimator": "ksg", "bins": [10, 30], "samples": [60, 200], "k": [1, 3]}

# one neuron is 30 times as wide as the others
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::infonb.measures.ScaleWarning")]


def activations(n_neurons=12, n_samples=200, seeds=None):
    """Return two networks: at level 1 the neurons hang together, and one neuron in fc1 is wide."""
    rng = np.random.default_rng(0)
    shape = (2, *((seeds,) if seeds else ()), 2, n_neurons, n_samples)
    values = rng.normal(size=shape)
    values[1] += 1.5 * rng.normal(size=(*shape[1:-2], 1, n_samples))
    values[1, ..., 0, 0, :] *= 30
    dims = ("alpha", *(("seed",) if seeds else ()), "layer", "neuron", "sample")
    return xr.DataArray(
        values, {"alpha": [0.0, 1.0], "layer": np.array(["fc1", "fc2"], dtype=object)}, dims
    )


@pytest.fixture(scope="module")
def acts():
    return activations()


@pytest.fixture(scope="module")
def grid(acts):
    return sensitivity(acts, "alpha", 0.0, 1.0, direction=-1, **SMALL)


def test_all_samples_give_what_the_measures_give(acts, grid):
    entropy = inb.entropy(acts, bins=30, edges="neuron").median("neuron")
    change = grid.entropy_change.sel(edges="neuron", bins=30, n_samples=200)
    np.testing.assert_allclose(change, entropy.sel(alpha=1.0) - entropy.sel(alpha=0.0))
    information = inb.mutual_information(acts, k=3, within="layer", progress=False)
    off = ~np.eye(12, dtype=bool)
    medians = np.median(information.values[..., off], axis=-1)
    change = grid.mutual_information_change.sel(k=3, n_samples=200)
    np.testing.assert_allclose(change, medians[1] - medians[0])
    got = grid.median_mutual_information.sel(k=3, n_samples=200, seed=0)
    np.testing.assert_allclose(got.transpose("end", "layer"), medians)


@pytest.mark.parametrize("seeds", [None, 2])
def test_shared_bins_are_one_ruler_for_all_networks(seeds):
    acts = activations(seeds=seeds)
    grid = sensitivity(acts, "alpha", 0.0, 1.0, edges=["shared"], bins=[10], samples=[200], k=[3])
    ruler = np.linspace(acts.values.min(), acts.values.max(), 11)
    shares = [
        np.histogram(neuron, ruler)[0] / neuron.size for neuron in acts.values.reshape(-1, 200)
    ]
    expected = [-sum(p * np.log(p) for p in share if p > 0) for share in shares]
    got = grid.entropy.sel(edges="shared", bins=10, n_samples=200)
    got = got.isel(seed=0 if seeds is None else slice(None)).transpose(*acts.dims[:-1])
    np.testing.assert_allclose(got, np.reshape(expected, got.shape))


def test_scale_counts_only_in_shared_bins():
    acts = activations()
    acts[1] = 3 * acts[0]
    grid = sensitivity(acts, "alpha", 0.0, 1.0, **SMALL)
    change = grid.entropy_change
    assert (change.sel(edges="shared") > 0).all()
    np.testing.assert_allclose(change.sel(edges=["common", "neuron"]), 0.0, atol=1e-12)


def test_unknown_edges_are_told(acts):
    with pytest.raises(ValueError, match=r"'common', 'shared', 'neuron'; not 'fixed'"):
        sensitivity(acts, "alpha", 0.0, 1.0, edges=["fixed"])


def test_all_networks_are_measured_on_the_same_samples():
    acts = activations()
    acts[1] = acts[0]
    grid = sensitivity(acts, "alpha", 0.0, 1.0, **SMALL)
    assert (grid.entropy_change == 0.0).all()
    assert (grid.mutual_information_change == 0.0).all()
    assert (outcomes(grid, "entropy") == 0).all()


def test_levels_are_taken_by_name_and_turned(acts, grid):
    turned = sensitivity(acts, "alpha", 1.0, 0.0, **SMALL)
    np.testing.assert_allclose(turned.entropy_change, -grid.entropy_change)
    both = acts.isel(alpha=[0, 1, 0]).assign_coords(alpha=[0.0, 1.0, 0.5])
    chosen = sensitivity(both, "alpha", 0.5, 1.0, **SMALL)
    np.testing.assert_array_equal(chosen.entropy_change, grid.entropy_change)


def test_the_grid_is_the_same_every_time(acts, grid):
    xr.testing.assert_identical(sensitivity(acts, "alpha", 0.0, 1.0, direction=-1, **SMALL), grid)


def test_dims_are_the_choices(grid):
    assert grid.entropy_change.dims == ("edges", "bins", "n_samples", "layer")
    assert grid.mutual_information_interval.dims == ("k", "n_samples", "layer", "bound")
    assert list(grid.layer.values) == ["fc1", "fc2"]


def test_several_seeds_give_their_mean_and_an_interval_over_them():
    acts = activations(seeds=3)
    grid = sensitivity(acts, "alpha", 0.0, 1.0, **SMALL)
    assert grid.attrs["n_seeds"] == 3
    entropy = inb.entropy(acts, bins=10, edges="neuron").median("neuron")
    effect = entropy.sel(alpha=1.0) - entropy.sel(alpha=0.0)
    chosen = {"edges": "neuron", "bins": 10, "n_samples": 200}
    np.testing.assert_allclose(grid.entropy_change.sel(chosen), effect.mean("seed"))
    low, high = grid.entropy_interval.sel(chosen).transpose("bound", "layer").values
    assert (low < effect.min("seed")).all()  # the range of three seeds, and neurons beyond it
    assert (high > effect.max("seed")).all()


def test_few_neurons_are_drawn_for_pairs(acts):
    grid = sensitivity(acts, "alpha", 0.0, 1.0, n_neurons=5, **SMALL)
    known = grid.mutual_information.notnull().any(["k", "n_samples", "alpha", "seed"])
    assert (known.any("other_neuron").sum("neuron") == 5).all()  # among all, with their labels
    assert (known.sum(["neuron", "other_neuron"]) == 5 * 4).all()
    alone = sensitivity(acts, "alpha", 0.0, 1.0, **SMALL)
    xr.testing.assert_identical(grid.mutual_information, alone.mutual_information.where(known))
    assert grid.entropy.notnull().all()


def test_padding_is_left_out():
    acts = activations()
    acts[:, 1, 7:] = np.nan
    acts = acts.assign_coords(width=("layer", [12, 7]))
    narrow = activations()[:, :, :7]
    wide = sensitivity(acts, "alpha", 0.0, 1.0, edges=["neuron"], **SMALL)
    only = sensitivity(narrow, "alpha", 0.0, 1.0, edges=["neuron"], **SMALL)
    for name in ("entropy_interval", "mutual_information_change"):
        np.testing.assert_allclose(wide[name].sel(layer="fc2"), only[name].sel(layer="fc2"))


def test_default_samples_end_with_all():
    acts = activations(n_neurons=3, n_samples=350)
    grid = sensitivity(acts, "alpha", 0.0, 1.0, bins=[5], k=[3])
    assert list(grid.n_samples.values) == [100, 300, 350]


def test_ties_are_warned_of_once_and_not_by_the_mixture():
    acts = activations().clip(min=0)
    with pytest.warns(TiesWarning) as caught:
        sensitivity(acts, "alpha", 0.0, 1.0, **SMALL)
    assert [one.category for one in caught].count(TiesWarning) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", TiesWarning)
        sensitivity(acts, "alpha", 0.0, 1.0, **{**SMALL, "estimator": "mixture"})


def test_the_two_estimators_find_the_same_change_without_ties(acts, grid):
    mixture = sensitivity(acts, "alpha", 0.0, 1.0, **{**SMALL, "estimator": "mixture"})
    np.testing.assert_allclose(
        mixture.mutual_information_change, grid.mutual_information_change, atol=1e-9
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": [500]}, "samples must be at most 200"),
        ({"samples": [3], "k": [3]}, "k must be below the number of samples, 3; not 3"),
        ({"direction": 2}, "direction must be one of None, 1, -1; not 2"),
        ({"end": 0.0}, r"start and end are both 0\.0"),
        ({"end": 0.5}, r"end must be one of 0\.0, 1\.0; not 0\.5"),
        ({"over": "beta"}, "dim 'beta' not found"),
        ({"over": "layer", "start": "fc1", "end": "fc2"}, "over must be a dimension of levels"),
        ({"n_neurons": 1}, "n_neurons must be at least 2"),
    ],
)
def test_what_cannot_be_measured_is_said(acts, options, message):
    with pytest.raises(ValueError, match=message):
        sensitivity(acts, **{"over": "alpha", "start": 0.0, "end": 1.0, **options})


def test_other_dimensions_are_axes_of_the_grid(acts, grid):
    relu = xr.Variable("relu", np.array(["before", "after"], dtype=object))
    both = xr.concat([acts, acts.clip(min=0)], dim=relu)
    wide = sensitivity(both, "alpha", 0.0, 1.0, direction=-1, **{**SMALL, "estimator": "mixture"})
    assert wide.entropy_change.dims == ("relu", "edges", "bins", "n_samples", "layer")
    assert wide.mutual_information_verdict.dims == ("relu", "k", "n_samples", "layer")
    # also shared bins are those of one side: the grid of each side alone
    for side, part in (("before", acts), ("after", acts.clip(min=0))):
        alone = sensitivity(part, "alpha", 0.0, 1.0, **{**SMALL, "estimator": "mixture"})
        for name in ("entropy_change", "entropy_interval", "mutual_information_change"):
            np.testing.assert_array_equal(wide[name].sel(relu=side), alone[name])
    np.testing.assert_array_equal(wide.entropy_change.sel(relu="before"), grid.entropy_change)


def test_several_estimators_are_an_axis(acts, grid):
    options = {**SMALL, "estimator": ["ksg", "mixture"]}
    both = sensitivity(acts, "alpha", 0.0, 1.0, direction=-1, **options)
    assert both.mutual_information_change.dims == ("estimator", "k", "n_samples", "layer")
    np.testing.assert_array_equal(
        both.mutual_information_change.sel(estimator="ksg"), grid.mutual_information_change
    )
    assert both.attrs["estimator"] == "ksg, mixture"


def test_mutual_information_is_claimed_to_go_the_other_way(acts, grid):
    assert claimed_direction(grid, "entropy") == -1
    assert claimed_direction(grid, "mutual_information") == 1
    assert claimed_direction(sensitivity(acts, "alpha", 0.0, 1.0, **SMALL), "entropy") is None


def test_one_wide_neuron_turns_the_entropy_with_common_bins_only():
    # the wide neuron sets the common scale, on which all the others look poor
    found = outcomes(sensitivity(activations(seeds=3), "alpha", 0.0, 1.0, **SMALL), "entropy")
    assert (found.sel(edges="common", layer="fc1") == -1).all()
    assert not (found.sel(edges="neuron", layer="fc2") == -1).all()


def test_with_one_seed_nothing_is_clear(grid):
    assert set(grid.entropy_verdict.values.ravel()) == {"too close to tell"}
    assert np.isinf(grid.entropy_student).all()
    assert np.isfinite(grid.entropy_interval).all()
