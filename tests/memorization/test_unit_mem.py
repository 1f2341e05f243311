"""UnitMem and ClassMem: values by hand, a plain loop, and what is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from torch import nn

import infonb as inb
from infonb.activations import from_arrays
from infonb.memorization import class_selectivity, unit

FEW = pytest.mark.filterwarnings("ignore:.*samples. below 20")


def one(*values, dims=("neuron", "sample")):
    return xr.DataArray(np.array(values, float), dims=dims)


def of(*values, **options):
    return unit(one(values), **options).unit_mem.item()


@FEW
class TestByHand:
    def test_mean_and_median_of_the_rest(self):
        assert of(6, 1, 1, 4) == 0.5
        assert of(6, 1, 1, 4, rest="median") == pytest.approx(5 / 7, abs=1e-15)

    def test_all_alike_one_alone_and_none(self):
        assert of(1, 1, 1, 1) == 0
        assert of(5, 0, 0, 0) == 1
        assert np.isnan(of(0, 0, 0, 0))
        assert of(0, 0, 0, 0, dead=0.0) == 0

    def test_negative_activations_raise_or_are_rectified(self):
        with pytest.raises(ValueError, match=r"down to -1.*negative='rectify'"):
            of(2, -1, -1, -1)
        assert of(2, -1, -1, -1, negative="rectify") == 1
        assert np.isnan(of(-2, -1, -1, -1, negative="rectify"))

    def test_views_are_averaged_before_the_maximum(self):
        acts = one([[8.0, 1, 1, 4]], [[4.0, 1, 1, 4]], dims=("augmentation", "neuron", "sample"))
        assert unit(acts).unit_mem.item() == (6 - 2) / (6 + 2)
        # the maximum of each view first would give another sample a chance: it does not count
        acts = one([[9.0, 0, 4, 4]], [[0.0, 0, 4, 4]], dims=("augmentation", "neuron", "sample"))
        found = unit(acts)
        assert found.argmax_sample.item() == 0
        assert found.unit_mem.item() == pytest.approx((4.5 - 8 / 3) / (4.5 + 8 / 3), abs=1e-15)
        # rectified view by view: behind a ReLU, not before it
        acts = one([[4.0, 1, 1]], [[-2.0, 1, 1]], dims=("augmentation", "neuron", "sample"))
        assert unit(acts, negative="rectify").unit_mem.item() == pytest.approx(1 / 3, abs=1e-15)


@FEW
def test_the_sample_is_told_by_its_label():
    acts = one([1, 5, 1], [0, 0, 0], [2, 2, 7]).assign_coords(sample=[10, 20, 30])
    assert unit(acts).argmax_sample.values.tolist() == [[20, -1, 30]]
    named = acts.assign_coords(sample=["a", "b", "c"])
    assert unit(named).argmax_sample.values.tolist() == [[1, -1, 2]]


def test_against_a_plain_loop_with_batches_padding_and_any_order_of_dims():
    random = np.random.default_rng(0)
    values = random.exponential(size=(2, 3, 2, 5, 24))  # seed, augmentation, layer, neuron, sample
    values[:, :, 1, 3:] = np.nan
    values[1, :, 0, 2] = 0
    dims = ("seed", "augmentation", "layer", "neuron", "sample")
    acts = xr.DataArray(
        values, {"layer": ["a", "b"], "width": ("layer", [5, 3]), "seed": [4, 5]}, dims
    )
    found = unit(acts.transpose("sample", "layer", "augmentation", "neuron", "seed"))
    assert found.unit_mem.dims == ("seed", "layer", "neuron")
    assert found.width.values.tolist() == [5, 3]
    assert found.attrs["n_augmentations"] == 3
    for seed in range(2):
        for layer in range(2):
            for neuron in range(5):
                mean = values[seed, :, layer, neuron].mean(0)
                k = int(np.argmax(mean)) if not np.isnan(mean).any() else -1
                got = found.isel(seed=seed, layer=layer, neuron=neuron)
                if k < 0 or mean.max() == 0:
                    assert np.isnan(got.unit_mem)
                    assert got.argmax_sample == -1
                    continue
                rest = np.delete(mean, k).mean()
                assert got.unit_mem == pytest.approx((mean[k] - rest) / (mean[k] + rest), 1e-12)
                assert got.argmax_sample == k


def test_samples_and_neurons_may_stand_in_any_order_and_scale():
    random = np.random.default_rng(1)
    acts = xr.DataArray(
        random.exponential(size=(2, 6, 30)),
        {"sample": np.arange(30)},
        ("layer", "neuron", "sample"),
    )
    found = unit(acts)
    order, neurons = random.permutation(30), random.permutation(6)
    moved = unit(acts.isel(sample=order, neuron=neurons))
    assert np.allclose(moved.unit_mem, found.unit_mem[:, neurons], atol=1e-14)
    assert (moved.argmax_sample == found.argmax_sample[:, neurons].values).all()
    assert np.allclose(unit(8 * acts).unit_mem, found.unit_mem, atol=1e-14)


def test_chunked_activations_are_read_layer_by_layer():
    acts = xr.DataArray(
        np.random.default_rng(2).exponential(size=(3, 4, 25)), dims=("layer", "neuron", "sample")
    )
    read: list[int] = []

    def counted(block):
        read.append(block.size)
        return block

    lazy = acts.chunk(layer=1).data.map_blocks(counted, dtype=float, meta=np.empty((0, 0, 0)))
    assert unit(acts.copy(data=lazy)).unit_mem.equals(unit(acts).unit_mem)
    assert read == [100, 100, 100]


def test_recordings_of_a_network_with_a_dead_layer():
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 2))
    nn.init.zeros_(network[2].weight)
    nn.init.constant_(network[2].bias, -1)
    inputs = np.random.default_rng(0).random((40, 4), np.float32)
    acts = inb.record(
        network, inputs, ["1", "3"], augment=lambda x: x, n_augmentations=2, progress=False
    )
    found = unit(acts)
    assert found.unit_mem.sel(layer="3").isnull().all()
    assert found.unit_mem.sel(layer="1").notnull().sum() > 0


def nothing():
    """Activations of a neuron that is NaN for all samples, within the width of its layer."""
    random = np.random.default_rng(0)
    acts = from_arrays({"a": random.random((30, 3)), "b": random.random((30, 2))})
    acts.activation[0, 1] = np.nan
    return acts


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("acts", "options", "error", "words"),
    [
        (one([1, 2]), {}, ValueError, "needs at least 3 samples.*there are 2"),
        (one([1]), {}, ValueError, "there is 1"),
        (one([1, 2, 3]), {}, UserWarning, "UnitMem of 3 samples: below 20"),
        (np.ones((3, 4)), {}, TypeError, "must be an xarray DataArray"),
        (one([1, 2, 3], dims=("unit", "sample")), {}, ValueError, "dim 'neuron' not found"),
        (one(range(30)), {"rest": "mode"}, ValueError, "rest must be one of"),
        (one(range(30)), {"negative": "clip"}, ValueError, "negative must be one of"),
        (one([np.nan, *range(29)]), {}, ValueError, "neuron 0, sample 0"),
        (nothing(), {}, ValueError, "NaN or infinite at layer 'a', neuron 1, sample 0"),
        (one(range(30)), {"dead": "zero"}, TypeError, "dead must be a number"),
        (one(range(30)), {"dead": None}, TypeError, "dead must be a number"),
        (one(range(30)).expand_dims(augmentation=0), {}, ValueError, "activation is empty"),
    ],
)
def test_what_is_refused(acts, options, error, words):
    with pytest.raises(error, match=words):
        unit(acts, **options)


@FEW
class TestClasses:
    def test_by_hand(self):
        acts = one([3, 3, 1, 1, 2, 2], [0, 0, 0, 0, 0, 0])
        labelled = acts.assign_coords(label=("sample", [5, 5, 6, 6, 7, 7]))
        found = class_selectivity(labelled)
        assert found.class_mem.values[0, 0] == pytest.approx(1 / 3, abs=1e-15)
        assert np.isnan(found.class_mem.values[0, 1])
        assert found.argmax_class.values.tolist() == [[0, -1]]
        assert found.attrs["classes"] == "5, 6, 7"

    def test_classes_of_different_size_count_alike(self):
        acts = one([4, 2, 1, 1, 1, 1])
        label = xr.DataArray([0, 0, 1, 1, 1, 1], dims="sample")
        assert class_selectivity(acts, label).class_mem.item() == (3 - 1) / (3 + 1)

    def test_against_a_plain_loop(self):
        random = np.random.default_rng(0)
        values, label = random.exponential(size=(2, 4, 40)), random.integers(0, 5, 40)
        dims = ("layer", "neuron", "sample")
        acts = xr.DataArray(values, {"label": ("sample", label)}, dims)
        found = class_selectivity(acts)
        for layer in range(2):
            for neuron in range(4):
                means = [values[layer, neuron, label == c].mean() for c in range(5)]
                top = int(np.argmax(means))
                rest = np.mean(np.delete(means, top))
                expected = (means[top] - rest) / (means[top] + rest)
                assert found.class_mem.values[layer, neuron] == pytest.approx(expected, 1e-12)
                assert found.argmax_class.values[layer, neuron] == top

    def test_a_class_a_sample_is_unit_mem(self):
        acts = one(*np.random.default_rng(3).exponential(size=(4, 25)))
        found = class_selectivity(acts, xr.DataArray(np.arange(25), dims="sample"))
        assert np.allclose(found.class_mem, unit(acts).unit_mem, atol=1e-12)

    def test_padding_is_nan(self):
        random = np.random.default_rng(0)
        acts = from_arrays({"a": random.random((30, 3)), "b": random.random((30, 2))})
        found = class_selectivity(acts, xr.DataArray(np.arange(30) % 3, dims="sample"))
        assert np.isnan(found.class_mem.sel(layer="b", neuron=2))
        assert found.class_mem.notnull().sum() == 5

    @pytest.mark.parametrize(
        ("acts", "label", "words"),
        [
            (one([1, 2, 3]), None, "needs labels"),
            (one([1, 2, 3]), [1, 1, 1], "no class stands out"),
            (one([1, 2, 3]), [1, 2], "one class for each of the 3"),
            (one([1, 2, 3]), [1, 2, np.nan], "label is missing .* for 1 samples"),
            (one([-1, 2, 3]), [1, 2, 3], "negative activations"),
            (one([[1, 2, 3]], dims=("augmentation", "neuron", "sample")), [1, 2, 3], "as they are"),
        ],
    )
    def test_what_is_refused(self, acts, label, words):
        label = None if label is None else xr.DataArray(label, dims="sample")
        with pytest.raises(ValueError, match=words):
            class_selectivity(acts, label)

    def test_labels_in_another_order_are_refused(self):
        acts = one([1, 2, 3]).assign_coords(sample=[0, 1, 2])
        label = xr.DataArray([0, 0, 1], {"sample": [0, 1, 2]}, ("sample",))
        assert class_selectivity(acts, label).class_mem.item() == pytest.approx(1.5 / 4.5)
        with pytest.raises(ValueError, match="other labels along 'sample'"):
            class_selectivity(acts, label[::-1])
