"""Lengths of training: the measures at full length are those of the sweep itself."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.experiments import colored_digits
from infonb.experiments.lengths import over_lengths
from infonb.plots.lengths import plot_lengths

PARAMETERS = colored_digits.Parameters(
    alpha=[0.0, 1.0], seed=[0, 1], width=8, epochs=8, n_train=150, n_validation=60
)


@pytest.fixture(scope="module")
def found():
    return over_lengths(
        PARAMETERS, "alpha", [0.0, 1.0],
        data=colored_digits.data, train=colored_digits.train, progress=False,
    )  # fmt: skip


def test_dims_are_those_of_the_conventions(found):
    assert list(found.epochs.values) == [1, 2, 4, 8]
    assert found.entropy.dims == ("alpha", "epochs", "relu", "edges", "layer")
    assert found.mutual_information.dims == ("alpha", "epochs", "relu", "layer")
    assert np.isfinite(found.entropy).all()
    assert np.isfinite(found.mutual_information).all()


def test_the_full_length_is_the_network_of_the_sweep(found):
    results = colored_digits.run(PARAMETERS, progress=False)
    full = found.sel(epochs=8, relu="before")
    for edges in ("common", "neuron"):
        expected = inb.entropy(results.activation, bins=100, edges=edges).median("neuron")
        np.testing.assert_allclose(full.entropy.sel(edges=edges), expected)
    expected = results.train_accuracy.sel(seed=0).isel(epoch=-1)
    np.testing.assert_allclose(full.train_accuracy, expected)


def test_a_shorter_training_is_the_beginning_of_the_longer(found):
    results = colored_digits.run(PARAMETERS, progress=False)
    curve = results.train_accuracy.sel(seed=0, epoch=found.epochs.values)
    np.testing.assert_allclose(found.train_accuracy, curve)


def test_figure_has_a_column_for_each_layer(found):
    picture = plot_lengths(found)
    assert len(picture.axes) == 2 * 3
    line = picture.axes[0].lines[0]
    change = found.entropy.sel(alpha=1.0) - found.entropy.sel(alpha=0.0)
    expected = change.sel(relu="before", edges="common", layer=1)
    np.testing.assert_allclose(line.get_ydata(), expected)
    assert "α = 0 to α = 1" in picture.alt


def test_other_measures_train_nothing(tmp_path, monkeypatch):
    from infonb.training import fitting

    counted = []
    true = fitting._epoch
    monkeypatch.setattr(fitting, "_epoch", lambda *a, **k: counted.append(1) or true(*a, **k))
    shared = {"data": colored_digits.data, "train": colored_digits.train, "progress": False}
    kept = PARAMETERS.changed(cache=str(tmp_path))
    over_lengths(kept, "alpha", [0.0, 1.0], **shared)
    assert len(counted) == 2 * 8
    again = over_lengths(kept.changed(k=5), "alpha", [0.0, 1.0], **shared)
    assert len(counted) == 2 * 8
    xr.testing.assert_identical(
        again, over_lengths(PARAMETERS.changed(k=5), "alpha", [0.0, 1.0], **shared)
    )


def test_a_preset_is_not_applied_to_a_length():
    # half of the length is the default, which the preset would replace
    small = {"dataset": "digits", "width": 8, "n_train": 100, "n_validation": 60, "seed": [0]}
    paper = colored_digits.Parameters(preset="paper", epochs=80, k=4)
    parameters = paper.changed(**small, batch_size=100)
    found = over_lengths(
        parameters, "alpha", [0.0, 1.0],
        data=colored_digits.data, train=colored_digits.train, progress=False,
    )  # fmt: skip
    assert list(found.epochs.values) == [10, 20, 40, 80]
