"""``ds.infonb`` says what is in a data set, and computes nothing that is lazy."""

from __future__ import annotations

import dask
import dask.array
import numpy as np
import pytest
import torch
import xarray as xr

import infonb as inb
from infonb.measures.summary import summarise, to_html, to_text


@pytest.fixture
def activations():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3))
    return inb.record(model, torch.randn(50, 4), layers=["0", "2"], progress=False)


def no_compute(*args, **kwargs):
    raise AssertionError("something lazy was computed")


def test_a_row_for_each_layer_with_width_size_and_hook_point(activations):
    (table,) = summarise(activations)
    rows = table.rows.set_index("layer")
    assert list(rows.index) == ["0", "2"]
    assert rows.neurons.tolist() == [6, 3]
    assert rows.samples.tolist() == [50, 50]
    assert rows.MB.astype(float).tolist() == [6 * 50 * 4 / 1e6, 3 * 50 * 4 / 1e6]
    assert rows.module.tolist() == ["Linear", "Linear"]
    assert rows["hook point"].tolist() == ["output", "output"]
    assert table.caption.startswith("Activations of Sequential on Tensor (float32, 0.0018 MB")
    assert "prediction" in table.caption


def test_more_runs_are_named_and_counted(activations):
    both = xr.concat([activations, activations], dim=xr.Variable("alpha", [0, 1]))
    (table,) = summarise(both)
    assert "alpha: 2" in table.caption
    assert table.rows.neurons.tolist() == [6, 3]
    assert table.rows.MB.astype(float).tolist() == [2 * 6 * 50 * 4 / 1e6, 2 * 3 * 50 * 4 / 1e6]


def test_a_selected_layer_keeps_its_name_and_width(activations):
    (table,) = summarise(activations.sel(layer="2"))
    assert table.rows.layer.tolist() == ["2"]
    assert table.rows.neurons.tolist() == [3]
    assert table.rows.module.tolist() == ["Linear"]


def test_selected_neurons_are_counted(activations):
    (table,) = summarise(activations.isel(neuron=[0, 2, 4]))
    assert table.rows.neurons.tolist() == [3, 2]
    (table,) = summarise(activations.isel(neuron=1))
    assert table.rows.neurons.tolist() == [1, 1]


def test_a_measure_shows_units_estimator_and_quantiles(activations):
    entropy = inb.entropy(activations, bins=7, unit="bit")
    measures, spread = summarise(entropy)
    row = measures.rows.iloc[0]
    assert (row.measure, row.units, row.estimator) == ("entropy", "bit", "binned")
    assert "bins = 7" in row.parameters
    assert row.samples == 50
    assert spread.caption == "Over neurons, in bit"
    expected = np.nanmedian(entropy.values, axis=1)
    np.testing.assert_allclose(spread.rows["median"].astype(float), expected, rtol=0.01)


def test_pairs_are_those_within_a_layer_without_the_diagonal(activations):
    information = inb.mutual_information(activations, estimator="binned", bins=5)
    _, spread = summarise(information)
    for layer, width, shown in zip(["0", "2"], [6, 3], spread.rows["median"], strict=True):
        square = information.sel(layer=layer, other_layer=layer).values[:width, :width]
        off = square[~np.eye(width, dtype=bool)]
        assert float(shown) == pytest.approx(np.median(off), rel=0.01)


def test_the_bias_of_a_measure_is_said(activations):
    information = inb.mutual_information(activations, estimator="binned", bins=5)
    assert information.attrs["bias"] in information.infonb._repr_html_().replace("&#x27;", "'")


def test_nothing_lazy_is_computed(activations):
    lazy = activations.assign(activation=activations.activation.variable.chunk({"sample": 10}))
    with dask.config.set(scheduler=no_compute):
        assert "not loaded" in repr(lazy.infonb)
        assert "binned" in repr(inb.entropy(lazy).infonb)


def test_results_of_a_sweep_show_activations_and_measures(activations):
    results = activations.assign(
        entropy=inb.entropy(activations),
        mutual_information=inb.mutual_information(activations, estimator="binned"),
        accuracy=0.5,
    )
    recorded, measures = summarise(results)
    assert recorded.rows.layer.tolist() == ["0", "2"]
    assert measures.rows.measure.tolist() == ["entropy", "mutual information"]


def test_names_are_escaped_in_html():
    acts = inb.from_arrays({"<b>fc1</b>": np.zeros((5, 2))})
    html = acts.infonb._repr_html_()
    assert "&lt;b&gt;fc1&lt;/b&gt;" in html
    assert "<b>" not in html


def test_large_sizes_are_written_out():
    values = xr.DataArray(
        dask.array.zeros((1000, 5_000_000), chunks=(10, 1_000_000)), dims=("neuron", "sample")
    )
    assert "40,000 MB" in repr(values.infonb)


def test_nothing_to_say():
    words = (
        "Nothing of infonb in here: no variable 'activation' with a dim 'sample', and no measure."
    )
    assert to_text(xr.Dataset()) == words
    assert to_html(xr.Dataset()).startswith("<p>Nothing of infonb in here")
    acts = inb.from_arrays({"fc1": np.zeros((50, 3)), "fc2": np.zeros((50, 2))})
    assert summarise(acts)[0].rows.to_string(index=False).splitlines() == [
        "layer  neurons  samples     MB",
        "  fc1        3       50 0.0006",
        "  fc2        2       50 0.0004",
    ]
