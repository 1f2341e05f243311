"""What is measured of a sample or a neuron stands at its label: permuted input, permuted output."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from fuzz import plain

import infonb as inb
from infonb.measures.device.dispatch import ksg_information_on
from infonb.measures.kernels.ksg import ksg_information

S = 40
RNG = np.random.default_rng(5)
ORDER = {"sample": RNG.permutation(S), "neuron": RNG.permutation(4), "layer": [1, 0]}

ENTROPIES = [
    {"estimator": "knn"},
    {"estimator": "knn", "pointwise": True},
    {"bins": 7},
    {"bins": 7, "pointwise": True, "edges": "neuron"},
    {"bins": 7, "pointwise": True, "edges": "shared", "normalized": True},
    {"bins": 7, "corrected": "chao-shen"},
]
INFORMATIONS = [
    {**how, **more}
    for how in (
        {"estimator": "ksg"},
        {"estimator": "ksg", "standardize": True},
        {"estimator": "mixture"},
        {"estimator": "binned", "bins": 5},
    )
    for more in (
        {},
        {"pointwise": True},
        {"within": "layer", "pointwise": True},
        {"between": ("fc1", "fc2"), "pointwise": True},
        {"other": "label", "pointwise": True},
        {"other": "size", "pointwise": True},
        {"other": "size"},
    )
]


@pytest.fixture(scope="module")
def acts():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, 4, S)) + rng.normal(size=S)
    known = {"label": rng.integers(3, size=S), "size": rng.normal(size=S) + values[0, 0]}
    return xr.DataArray(
        values, dims=("layer", "neuron", "sample"), name="activation",
        coords={"layer": np.array(["fc1", "fc2"], object), "neuron": [10, 20, 30, 40],
                "sample": np.arange(S) + 100, "width": ("layer", [4, 4])}
        | {name: ("sample", one) for name, one in known.items()},
    )  # fmt: skip


def measured(acts, options):
    return (inb.entropy if options in ENTROPIES else inb.mutual_information)(acts, **options)


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("options", ENTROPIES + INFORMATIONS, ids=str)
def test_permuted_input_gives_permuted_output(acts, options, lazy):
    moved = acts.isel(ORDER)
    found = measured(moved.chunk(sample=15, neuron=3) if lazy else moved, options).compute()
    right = measured(acts, options)
    assert set(found.dims) == set(right.dims)
    xr.testing.assert_allclose(found.sel({d: right[d] for d in right.dims}), right, atol=1e-12)


def test_pointwise_entropy_of_neighbours_is_that_of_the_sample(acts):
    found = inb.entropy(acts, estimator="knn", k=4, pointwise=True)
    np.testing.assert_allclose(found[1, 2], plain.knn(acts.values[1, 2], 4), atol=1e-12)


@pytest.mark.parametrize("options", INFORMATIONS[1::7], ids=str)
def test_drawn_samples_and_neurons_keep_their_labels(acts, options):
    whole = inb.mutual_information(acts, **{**options, "pointwise": False})
    drawn = inb.mutual_information(acts, neurons=2, seed=3, **{**options, "pointwise": False})
    for dim in ("neuron", "other_neuron"):
        assert drawn.sizes[dim] == 2
    xr.testing.assert_equal(drawn, whole.sel(neuron=drawn.neuron, other_neuron=drawn.other_neuron))
    some = inb.mutual_information(acts, max_samples=25, seed=1, **options)
    alone = inb.mutual_information(acts.sel(sample=some.sample), **options)
    np.testing.assert_array_equal(some, alone)
    np.testing.assert_array_equal(some.label, acts.label.sel(sample=some.sample))


@pytest.mark.parametrize("mixed", [False, True])
def test_the_twin_on_a_device(acts, mixed):
    values = acts.values.reshape(8, S)
    first, second = np.triu_indices(8)
    twin = ksg_information_on("cpu")
    found, _ = twin(values, first, second, 3, mixed=mixed, pointwise=True)
    right, _ = ksg_information(values, first, second, 3, mixed=mixed, pointwise=True)
    np.testing.assert_allclose(found, right, atol=1e-10)
    moved, _ = twin(values[:, ORDER["sample"]], first, second, 3, mixed=mixed, pointwise=True)
    np.testing.assert_allclose(moved, right[:, ORDER["sample"]], atol=1e-10)


def test_densities_stand_at_the_label_of_their_entry(acts):
    h = inb.entropy(acts, estimator="knn")
    right = inb.mixture_density(h, dim="neuron")
    moved = inb.mixture_density(h.isel(layer=[1, 0], neuron=ORDER["neuron"]), dim="neuron")
    xr.testing.assert_allclose(moved.sel(layer=right.layer), right, rtol=1e-6)
