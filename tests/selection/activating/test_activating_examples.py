"""The examples that excite neurons most, against a plain sort; ties, padding, chunks, errors."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.selection import activating_examples


def recorded(seed=0, n=60, ties=False):
    rng = np.random.default_rng(seed)
    values = {"fc1": rng.normal(size=(n, 4)), "fc2": rng.normal(size=(n, 7))}
    if ties:
        values = {name: np.maximum(np.round(one), 0) for name, one in values.items()}
    names = np.array([f"example {i}" for i in range(n)], dtype=object)
    return inb.from_arrays(values, coords={"label": np.arange(n) % 3, "name": names})


def by_sorting(row, n, largest=True):
    """Places of the n highest values, equal ones in their order, one by one."""
    sign = -1 if largest else 1
    return [at for _, at in sorted((sign * value, at) for at, value in enumerate(row))[:n]]


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("chunk", [None, 7, 60])
def test_all_neurons_against_a_plain_sort(ties, largest, chunk):
    acts = recorded(ties=ties)
    given = acts if chunk is None else acts.chunk(sample=chunk)
    found = activating_examples(given, neurons=list(range(7)), n=5, largest=largest)
    assert found.sizes == {"neuron": 4 + 7, "rank": 5}
    for one in range(found.sizes["neuron"]):
        row = found.isel(neuron=one)
        layer, neuron = row.layer.item(), row.neuron.item()
        values = acts.activation.sel(layer=layer, neuron=neuron).values
        places = by_sorting(values, 5, largest)
        assert row.position.values.tolist() == places
        np.testing.assert_array_equal(row.value, values[places])
        assert row.name.values.tolist() == [f"example {at}" for at in places]
        assert row.label.values.tolist() == [at % 3 for at in places]


def test_chosen_by_entropy_of_the_whole_network():
    acts = recorded()
    acts.activation.loc[{"layer": "fc2", "neuron": 5}] = 0.0  # a constant neuron
    found = activating_examples(acts, each=3, n=2)
    entropy = inb.entropy(acts)
    known = sorted(
        (float(entropy.sel(layer=layer, neuron=neuron)), layer, neuron)
        for layer, width in (("fc1", 4), ("fc2", 7))
        for neuron in range(width)
    )
    lowest = found.isel(neuron=slice(3))
    assert lowest.chosen.values.tolist() == ["lowest entropy"] * 3
    assert [
        *zip(lowest.entropy.values, lowest.layer.values, lowest.neuron.values, strict=True)
    ] == (known[:3])
    assert (lowest.layer[0], lowest.neuron[0]) == ("fc2", 5)
    assert lowest.position[0].values.tolist() == [0, 1]  # all are equal
    highest = found.isel(neuron=slice(3, None))
    assert highest.entropy.values.tolist() == [one[0] for one in known[::-1][:3]]
    assert found.entropy.attrs["bins"] == 100
    given = activating_examples(acts, "highest entropy", each=3, n=2, entropy=entropy)
    np.testing.assert_array_equal(given.value, highest.value)


def test_labels_of_samples_and_neurons_are_kept():
    acts = recorded().isel(sample=slice(10, None), neuron=[1, 3])
    found = activating_examples(acts, neurons=[("fc2", 3), 1], n=3)
    assert found.layer.values.tolist() == ["fc2", "fc1", "fc2"]
    assert found.neuron.values.tolist() == [3, 1, 1]
    np.testing.assert_array_equal(found.sample, found.position + 10)
    picked = acts.activation.sel(layer="fc2", neuron=3).isel(sample=found.position[0])
    np.testing.assert_array_equal(picked, found.value[0])


def test_one_layer_one_neuron_or_plain_names():
    acts = recorded().activation
    one = activating_examples(acts.sel(layer="fc2"), neurons=6, n=4)
    assert one.value.shape == (1, 4)
    both = activating_examples(acts.sel(layer="fc2", neuron=6), n=4, each=1)
    np.testing.assert_array_equal(both.value[0], one.value[0])
    named = xr.DataArray(
        [[0.0, 1.0], [3.0, 2.0]], dims=("neuron", "sample"), coords={"neuron": ["edge", "dot"]}
    )
    assert activating_examples(named, "dot", n=1).position.item() == 0


@pytest.mark.parametrize("dtype", ["int8", "bool", "float16", "uint8"])
def test_other_types(dtype):
    values = np.array([[0, 1, 1, 0]]).astype(dtype)
    found = activating_examples(xr.DataArray(values, dims=("neuron", "sample")), neurons=[0], n=3)
    assert found.position.values.tolist() == [[1, 2, 0]]


def test_only_the_chosen_neurons_are_kept_and_each_chunk_is_read_once():
    dask = pytest.importorskip("dask.array")
    read = []

    def block(block_info=None):
        where = block_info[None]["array-location"]
        read.append(where[2][0])
        rng = np.random.default_rng(where[2][0])
        return rng.normal(size=[stop - start for start, stop in where])

    lazy = dask.map_blocks(
        block, chunks=((1,), (50,), (100,) * 8), dtype=float, meta=np.empty((0,) * 3)
    )
    acts = xr.DataArray(lazy, dims=("layer", "neuron", "sample"), coords={"layer": ["fc1"]})
    found = activating_examples(acts, neurons=[3, 30], n=4)
    assert sorted(read) == list(range(0, 800, 100))
    assert found.value.shape == (2, 4)


def test_saved_and_opened_alike(tmp_path):
    from infonb.storage import open_dataset, save_dataset

    found = activating_examples(recorded(), n=2)
    save_dataset(found, tmp_path / "found.zarr")
    xr.testing.assert_identical(open_dataset(tmp_path / "found.zarr").load(), found)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda x: x, {"n": 61}, "n must be between 1 and 60; not 61"),
        (lambda x: x, {"neurons": [9]}, "no neuron 9 in any layer; there are 0 to 6"),
        (lambda x: x, {"neurons": [("fc1", 5)]}, "no neuron 5 in layer 'fc1'"),
        (lambda x: x, {"neurons": [("fc9", 1)]}, "layer must be one of 'fc1', 'fc2'; not 'fc9'"),
        (lambda x: x, {"neurons": "lowest entropies"}, "Did you mean 'lowest entropy'"),
        (lambda x: x, {"neurons": []}, "neurons is empty"),
        (lambda x: x.expand_dims(alpha=[0, 1]), {}, r"activations.sel\(alpha=...\)"),
        (lambda x: x.mean("sample"), {}, "dim 'sample' not found"),
        (lambda x: x, {"entropy": xr.DataArray([1.0], dims="neuron")}, "entropy has shape"),
        (lambda x: x, {"entropy": xr.DataArray([1.0], dims="sample")}, "entropy must be"),
    ],
)  # fmt: skip
def test_errors(change, options, message):
    with pytest.raises(ValueError, match=message):
        activating_examples(change(recorded()), **options)


def test_a_value_that_is_not_finite_is_named():
    acts = recorded()
    acts.activation.loc[{"layer": "fc2", "neuron": 2, "sample": 30}] = np.nan
    with pytest.raises(ValueError, match="nan at layer 'fc2', neuron 2, sample 30"):
        activating_examples(acts.chunk(sample=20), neurons=[2])
    assert activating_examples(acts, neurons=[3]).sizes["neuron"] == 2
