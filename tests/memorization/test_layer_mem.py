"""LayerMem: values by hand, its identities, a plain loop, and what is refused in one line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.memorization import layer

pytestmark = pytest.mark.filterwarnings("ignore:.*samples. below 20")

DIMS = ("model", "augmentation", "layer", "neuron", "sample")
FG = {"target": "f", "reference": "g"}


def acts_of(f, g, layers=("only",)):
    """Activations of two encoders, each (augmentation, layer, neuron, sample)."""
    return xr.DataArray(np.array([f, g], float), {"model": ["f", "g"], "layer": list(layers)}, DIMS)


def drawn(n=30, layers=3, neurons=5, views=4, seed=0):
    random = np.random.default_rng(seed)
    names = [f"fc{i}" for i in range(1, layers + 1)]
    acts = acts_of(*random.normal(size=(2, views, layers, neurons, n)), names)
    roles = np.array(["S", "C", "I", "E"], object)[np.arange(n) % 4]
    return acts.assign_coords(role=("sample", roles))


def by_loop(acts, unit_length=True):
    """The mean distance of pairs of views (model, layer, sample), one number after the other."""
    found = np.zeros((2, acts.sizes["layer"], acts.sizes["sample"]))
    for m, at, x in itertools.product(*map(range, found.shape)):
        views = [v[~np.isnan(v)] for v in acts.values[m, :, at, :, x]]
        if unit_length:
            views = [v / np.linalg.norm(v) for v in views]
        found[m, at, x] = np.mean(
            [np.linalg.norm(a - b) for a, b in itertools.combinations(views, 2)]
        )
    return found


class TestByHand:
    f = np.array([[[[0.0, 0]]], [[[1, 1]]]])  # distances 1 and 1
    g = np.array([[[[0.0, 0]]], [[[3, 1]]]])  # distances 3 and 1

    def found(self, **options):
        return layer(acts_of(self.f, self.g), **{**FG, "unit_length": False, **options})

    def test_per_sample(self):
        found = self.found()
        assert found.alignment.values.tolist() == [[[1, 1]], [[3, 1]]]
        assert found.ssl_mem.values.tolist() == [[0.5, 0]]
        assert found.layer_mem.item() == 0.25

    def test_over_the_range(self):
        found = self.found(normalize="range")
        assert found.ssl_mem.values.tolist() == [[1, 0]]
        assert found.layer_mem.item() == 0.5

    def test_as_it_is(self):
        assert self.found(normalize="none").ssl_mem.values.tolist() == [[2, 0]]

    def test_unit_length(self):
        f = np.array([[[[2.0, 2], [0, 0]]], [[[5, 5], [0, 0]]]])
        g = np.array([[[[1.0, 1], [0, 0]]], [[[0, 0], [7, 7]]]])
        found = layer(acts_of(f, g), **FG)
        assert found.alignment.values[0].tolist() == [[0, 0]]
        assert np.allclose(found.alignment.values[1], np.sqrt(2), atol=1e-15)
        assert found.ssl_mem.values.tolist() == [[1, 1]]
        swapped = layer(acts_of(f, g), target="g", reference="f")
        assert swapped.ssl_mem.values.tolist() == [[-1, -1]]

    def test_both_distances_zero_are_nan_and_left_out_of_the_mean(self):
        f = np.array([[[[0.0, 1]]], [[[0, 1]]]])
        g = np.array([[[[0.0, 1]]], [[[0, 3]]]])
        found = layer(acts_of(f, g), **FG, unit_length=False)
        assert np.isnan(found.ssl_mem.values[0, 0])
        assert found.ssl_mem.values[0, 1] == 1
        assert found.layer_mem.item() == 1

    def test_a_dead_layer_is_nan(self):
        found = layer(acts_of(np.zeros((2, 1, 3, 4)), np.zeros((2, 1, 3, 4))), **FG)
        assert found.ssl_mem.isnull().all()
        assert found.layer_mem.isnull().all()

    def test_clean_against_each_view(self):
        still = acts_of(np.array([[[[1.0, 1]]]]), np.array([[[[0.0, 1]]]])).isel(augmentation=0)
        found = self.found(pairs="clean-aug", clean=still)
        assert found.alignment.values.tolist() == [[[0.5, 0.5]], [[1.5, 0.5]]]


def scored(means, **options):
    """LayerMem of layers with these means: the views of f agree, those of g lie so far apart."""
    means = np.array(means)
    f = np.zeros((2, len(means), 1, 4))
    g = f.copy()
    f[1, :, 0] = ((1 - means) / (1 + means))[:, None]
    g[1] = 1
    names = [f"l{i}" for i in range(len(means))]
    return layer(acts_of(f, g, names), **FG, unit_length=False, **options)


def test_delta_is_against_the_layer_before_or_the_one_that_is_named():
    found = scored([0.1, 0.3, 0.25])
    assert np.allclose(found.layer_mem, [0.1, 0.3, 0.25])
    assert np.allclose(found.delta_layer_mem, [np.nan, 0.2, -0.05], equal_nan=True)
    found = scored([0.1, 0.3, 0.25], before={"l2": "l0", "l1": None})
    assert np.allclose(found.delta_layer_mem, [np.nan, np.nan, 0.15], equal_nan=True)
    with pytest.raises(ValueError, match=r"layer 'l9'.*Did you mean"):
        scored([0.1, 0.3], before={"l1": "l9"})


@pytest.mark.parametrize("normalize", ["sum", "range", "none"])
@pytest.mark.parametrize("unit_length", [True, False])
def test_identities(normalize, unit_length):
    acts, options = drawn(), {"normalize": normalize, "unit_length": unit_length}
    one = layer(acts, **FG, **options)
    other = layer(acts, target="g", reference="f", **options)
    for name in ("ssl_mem", "layer_mem", "delta_layer_mem", "group_mem"):
        assert np.array_equal(one[name].values, -other[name].values, equal_nan=True)
    alone = layer(acts, target="f", reference="f", **options).ssl_mem
    assert not alone.fillna(0).values.any()  # 0, or nothing to divide by
    assert normalize == "range" or alone.notnull().all()
    if normalize == "sum":
        assert (abs(one.ssl_mem) <= 1).all()


@pytest.mark.parametrize("unit_length", [True, False])
def test_against_a_plain_loop(unit_length):
    acts = drawn()
    acts = acts.where(~((acts.layer == "fc2") & (xr.DataArray(np.arange(5), dims="neuron") > 2)))
    found = layer(acts, **FG, unit_length=unit_length)
    f, g = expected = by_loop(acts, unit_length)
    assert np.allclose(found.alignment, expected, atol=1e-13)
    mem = (g - f) / (g + f)
    assert np.allclose(found.ssl_mem, mem, atol=1e-13)
    for group, role in enumerate(["S", "C", "I", "E"]):
        of_role = mem[:, acts.role.values == role]
        assert found.group_mem.group.values[group] == role
        assert np.allclose(found.group_mem[group], of_role.mean(1), atol=1e-13)
        error = of_role.std(1, ddof=1) / np.sqrt(of_role.shape[1])
        assert np.allclose(found.group_error[group], error, atol=1e-13)
    assert np.allclose(found.layer_mem, mem[:, acts.role.values == "C"].mean(1), atol=1e-13)
    assert np.allclose(layer(acts, **FG, unit_length=unit_length, candidates="E").layer_mem,
                       mem[:, acts.role.values == "E"].mean(1), atol=1e-13)  # fmt: skip


def test_blocks_of_samples_change_nothing(monkeypatch):
    whole = layer(drawn(), **FG)
    monkeypatch.setattr("infonb.memorization.view_distances._BLOCK", 100)
    assert layer(drawn(), **FG).identical(whole)


def test_scale_of_an_encoder_counts_only_without_unit_length():
    acts = drawn()
    larger = acts * xr.DataArray([1, 7], dims="model")
    assert np.allclose(layer(larger, **FG).ssl_mem, layer(acts, **FG).ssl_mem, atol=1e-12)
    plain = {**FG, "unit_length": False}
    assert (layer(larger, **plain).layer_mem > layer(acts, **plain).layer_mem + 0.3).all()


def test_other_dims_are_batches_and_coordinates_are_kept():
    first, second = drawn(seed=1), drawn(seed=2)
    both = xr.concat([first, second], "seed").assign_coords(seed=[1, 2])
    found = layer(both, **FG)
    assert found.alignment.dims == ("seed", "model", "layer", "sample")
    assert found.layer_mem.dims == ("seed", "layer")
    assert found.group_mem.dims == ("seed", "group", "layer")
    assert found.role.dims == ("sample",)
    assert np.array_equal(found.ssl_mem.sel(seed=2), layer(second, **FG).ssl_mem)
    turned = both.transpose("sample", "neuron", "seed", "layer", "augmentation", "model")
    assert layer(turned, **FG).identical(found)


def test_chunks_and_datasets():
    acts = drawn()
    lazy = acts.to_dataset(name="activation").chunk(layer=1, sample=7)
    assert layer(lazy, **FG).equals(layer(acts, **FG))


def test_two_recordings_of_networks_give_the_scores():
    from infonb.data import DigitViews, load_digits
    from infonb.networks import MLP

    digits = load_digits().isel(sample=slice(30))
    views = {"augment": DigitViews(), "n_augmentations": 3, "reduce": "flatten", "progress": False}
    pair = [inb.record(MLP([64, 12, 8, 2], seed=seed), digits, **views) for seed in (0, 1)]
    found = layer(xr.concat(pair, xr.Variable("model", ["f", "g"])), **FG)
    assert found.ssl_mem.sizes["sample"] == 30
    assert np.isfinite(found.layer_mem).all()
    assert found.attrs["n_augmentations"] == 3


def still():
    return drawn().isel(augmentation=0, drop=True)


def wider():
    acts = drawn()
    return acts.where(~((acts.model == "g") & (xr.DataArray(np.arange(5), dims="neuron") > 2)))


@pytest.mark.parametrize(
    ("acts", "options", "words"),
    [
        (drawn(views=1), {}, "there is one only"),
        (drawn().isel(augmentation=0), {}, "there is one only"),
        (drawn(n=1), {}, "there is 1"),
        (drawn(), {"target": "h"}, "target 'h' not found along 'model'"),
        (drawn(), {"dim": "encoder"}, "dim 'encoder' not found"),
        (drawn().drop_vars("model"), {}, r"no labels.*acts.assign_coords\(model=\['f', 'g'\]\)"),
        (drawn(), {"pairs": "all"}, "pairs must be one of"),
        (drawn(), {"pairs": "clean-aug"}, "give the former as clean="),
        (drawn(), {"pairs": "clean-aug", "clean": drawn()}, "must be without the dim"),
        (drawn(), {"clean": still()}, "with 'aug-aug' it is not used"),
        (drawn(), {"pairs": "clean-aug", "clean": still()[..., :20]}, "20 along 'sample'.* 30"),
        (drawn(), {"pairs": "clean-aug", "clean": still()[:, [1]]}, "has 1 along 'layer'.* 3"),
        (drawn(), {"pairs": "clean-aug", "clean": still()[:, ::-1]}, "labels along 'layer'"),
        (drawn(), {"pairs": "clean-aug", "clean": still().expand_dims("seed")}, "has the dims"),
        (drawn(), {"normalize": "max"}, "normalize must be one of"),
        (drawn(), {"candidates": "D"}, "candidates 'D' is no role"),
        (wider(), {}, "5 neurons in 'f', but 3 in 'g'"),
        (drawn().where(drawn() < 2.5), {}, "NaN or infinite at layer"),
    ],
)
def test_what_is_refused(acts, options, words):
    with pytest.raises(ValueError, match=words):
        layer(acts, **{**FG, **options})


def recorded_pair(make, inputs, layers, reduce):
    """Return recordings of two networks with other weights, for the same views."""
    from infonb.data import DigitViews

    pair = [
        inb.record(
            make(seed), inputs, layers, augment=DigitViews(), n_augmentations=3, reduce=reduce,
            progress=False,
        )
        for seed in (0, 1)
    ]  # fmt: skip
    return xr.concat(pair, xr.Variable("model", ["f", "g"]))


def test_a_transformer_takes_its_deltas_along_the_residual_stream():
    from infonb.networks import MaskedAutoencoder

    def make(seed):
        return MaskedAutoencoder(in_channels=1, size=8, patch=2, width=16, depth=2, seed=seed)

    inputs = np.random.default_rng(0).random((24, 1, 8, 8), np.float32)
    layers = ["block1.res1", "block1.res2", "block2.fc1", "block2.res2"]
    both = recorded_pair(make, inputs, layers, "flatten")
    found = layer(both, **FG, before={"block2.res2": "block1.res2", "block2.fc1": "block1.res2"})
    means = dict(zip(layers, found.layer_mem.values, strict=True))
    delta = dict(zip(layers, found.delta_layer_mem.values, strict=True))
    assert np.isnan(delta["block1.res1"])
    assert delta["block1.res2"] == means["block1.res2"] - means["block1.res1"]
    for name in ("block2.fc1", "block2.res2"):
        assert delta[name] == means[name] - means["block1.res2"]
    # of whole maps all tokens count: a plain loop over one image
    one = both.activation.isel(layer=1, sample=5)
    views = [one.isel(model=0, augmentation=r).dropna("neuron").values for r in range(3)]
    views = [v / np.linalg.norm(v) for v in views]
    expected = np.mean([np.linalg.norm(a - b) for a, b in itertools.combinations(views, 2)])
    assert found.alignment.values[0, 1, 5] == pytest.approx(expected, rel=1e-5)


def test_units_of_a_network_with_batch_norm_do_not_depend_on_the_batches():
    from infonb.memorization import unit
    from infonb.networks import MLPEncoder

    network = MLPEncoder((64, 20, 10), seed=0).train()
    inputs = np.random.default_rng(0).random((30, 8, 8), np.float32)
    found = [
        unit(inb.record(network, inputs, ["layer1", "layer2"], augment=lambda x: x + 0,
                        n_augmentations=2, batch_size=size, progress=False)).unit_mem
        for size in (1, 30)
    ]  # fmt: skip
    assert np.allclose(*found, atol=1e-5, equal_nan=True)
    assert network.training
