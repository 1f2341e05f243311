"""The grid of settings holds what single measurements give, and its words what the grid holds."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.claims.sensitivity import sensitivity
from infonb.claims.sentences import (
    claimed_direction,
    conclusion,
    outcomes,
    what_decides,
)
from infonb.measures import TiesWarning

#: Without "ksg" a constant of 1 / (2 S) would be between medians and those measured alone.
SMALL = {"estimator": "ksg", "bins": [10, 30], "samples": [60, 200], "k": [1, 3]}


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
    got = grid.median_mutual_information.sel(k=3, n_samples=200).transpose("alpha", "layer")
    np.testing.assert_allclose(got, medians)


@pytest.mark.parametrize("seeds", [None, 2])
def test_shared_bins_are_one_ruler_for_all_networks(seeds):
    acts = activations(seeds=seeds)
    grid = sensitivity(acts, "alpha", 0.0, 1.0, edges=["shared"], bins=[10], samples=[200], k=[3])
    ruler = np.linspace(acts.values.min(), acts.values.max(), 11)
    shares = [
        np.histogram(neuron, ruler)[0] / neuron.size for neuron in acts.values.reshape(-1, 200)
    ]
    expected = [-sum(p * np.log(p) for p in share if p > 0) for share in shares]
    got = grid.entropy.sel(edges="shared", bins=10, n_samples=200).transpose(*acts.dims[:-1])
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
    assert grid.mutual_information.sizes["drawn"] == 5
    assert grid.entropy.sizes["neuron"] == 12


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
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
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


def test_other_dimensions_must_be_chosen_from(acts):
    with pytest.raises(ValueError, match=r"activation also has dims \('epoch',\); choose one"):
        sensitivity(acts.expand_dims(epoch=2), "alpha", 0.0, 1.0)


def test_one_wide_neuron_turns_the_entropy_with_common_bins_only(grid):
    # the wide neuron sets the common scale, on which all the others look poor
    assert (outcomes(grid, "entropy").sel(edges="common") == -1).all()
    assert not (outcomes(grid, "entropy").sel(edges="neuron", layer="fc2") == -1).all()
    words = conclusion(grid, "entropy", edges="common", bins=30, n_samples=200, layer="fc1")
    assert words.startswith("median entropy falls by")
    assert words.endswith(": as the paper says")
    change = grid.entropy_change.sel(edges="common", bins=30, n_samples=200, layer="fc1")
    assert f"by {-float(change):.2f} nat" in words


def table(entropy, information=((1.0,),), **attrs):
    """Return a grid of one layer whose changes are given; intervals are 0.1 to both sides."""
    entropy, information = np.asarray(entropy, float), np.asarray(information, float)
    coords = {
        "edges": ["common", "neuron"][: entropy.shape[0]],
        "bins": [10, 30, 100, 300][: entropy.shape[1]],
        "k": [1, 3, 10][: information.shape[0]],
        "n_samples": [100],
        "layer": ["fc1"],
        "bound": ["low", "high"],
    }
    sides = np.array([-0.1, 0.1])
    return xr.Dataset(
        {
            "entropy_change": (("edges", "bins", "n_samples", "layer"), entropy[..., None, None]),
            "mutual_information_change": (("k", "n_samples", "layer"), information[..., None]),
            "entropy_interval": (
                ("edges", "bins", "n_samples", "layer", "bound"),
                entropy[..., None, None, None] + sides,
            ),
            "mutual_information_interval": (
                ("k", "n_samples", "layer", "bound"), information[..., None, None] + sides,
            ),
        },
        coords,
        attrs,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entropy", "words"),
    [
        ([[-1, -1], [-1, -2]], "it falls in all 4 settings"),
        ([[0.05]], "it does not change clearly in the only setting"),
        ([[-1, -1], [1, 1]], "the sign turns: with common bins it falls, with own bins it rises"),
        (
            [[-1, -1], [0, 0]],
            "with common bins it falls, with own bins it does not change clearly",
        ),
        (
            [[-1, -1, 1, 1], [-1, -1, 1, 1]],
            "the sign turns: with 10 to 30 bins it falls, with 100 to 300 bins it rises",
        ),
        (
            [[-1, -1, -1], [1, 1, 0]],
            "the sign turns: with common bins it falls, with own bins it rises in 2 of 3 settings",
        ),
        (
            [[-1, -1, -1, -1], [-1, -1, 1, 1]],
            "with common bins it falls, with own bins it depends on the rest",
        ),
        (
            [[-1, -1, -1], [-1, -1, 0]],
            "of 6 settings it falls in 5 and does not change clearly in 1; no one choice decides",
        ),
    ],
)
def test_what_decides_is_read_off_the_grid(entropy, words):
    first, second = what_decides(table(entropy)).split("\n")
    assert first == f"Median entropy, fc1: {words}."
    assert second == "Median MI, fc1: it rises in the only setting."


def test_layers_that_do_the_same_share_a_line():
    one = table([[-1.0]])
    both = xr.concat([one, one], dim=xr.Variable("layer", ["fc1", "fc2"]))
    assert what_decides(both).startswith("Median entropy, fc1, fc2: it falls in the only setting.")


def test_neighbours_may_decide():
    lines = what_decides(table([[1.0]], [[-1.0], [0.0], [1.0]])).split("\n")
    assert lines[1] == (
        "Median MI, fc1: the sign turns: with k = 1 it falls, "
        "with k = 3 it does not change clearly, with k = 10 it rises."
    )


@pytest.mark.parametrize(
    ("change", "attrs", "words"),
    [
        (-1.0, {}, "median entropy falls by 1.00 nat [0.90, 1.10]"),
        (1.0, {}, "median entropy rises by 1.00 nat [0.90, 1.10]"),
        (-1.0, {"direction": -1}, "median entropy falls by 1.00 nat [0.90, 1.10]: as the paper says"),  # noqa: E501
        (1.0, {"direction": -1}, "median entropy rises by 1.00 nat [0.90, 1.10]: against the paper"),  # noqa: E501
        (0.05, {"direction": -1}, "median entropy changes by +0.05 nat [−0.05, +0.15]: unclear"),
    ],
)  # fmt: skip
def test_conclusion_in_words(change, attrs, words):
    grid = table([[change]], **attrs)
    said = conclusion(grid, "entropy", edges="common", bins=10, n_samples=100, layer="fc1")
    assert said == words


def test_mutual_information_is_claimed_to_go_the_other_way():
    grid = table([[1.0]], direction=1)
    assert claimed_direction(grid, "entropy") == 1
    assert claimed_direction(grid, "mutual_information") == -1
    said = conclusion(grid, "mutual_information", k=1, n_samples=100, layer="fc1")
    assert said.endswith("against the paper")


def test_an_unknown_measure_is_refused(grid):
    with pytest.raises(ValueError, match="measure must be one of"):
        outcomes(grid, "information")
