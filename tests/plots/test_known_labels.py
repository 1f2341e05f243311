"""What is known of wrong labels along a training: lines, levels without wrong labels, alt text."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.plots import plot_known_labels


@pytest.fixture
def fraction():
    """Two levels of three epochs, of two seeds; the first has no wrong labels, one stops early."""
    values = np.zeros((2, 2, 3, 2, 3))
    values[:, :, :, 0, 0] = [0.5, 0.8, 1.0]  # true labels
    values[1, :, :, 1, 1] = [[0.4, 0.6, 0.9], [0.2, 0.7, np.nan]]
    values[0, :, :, 1] = np.nan
    coords = {
        "beta": [0.0, 0.8], "seed": [0, 1], "epoch": [1, 2, 3],
        "group": np.array(["clean", "wrong"], object),
        "outcome": np.array(["true", "noisy", "other"], object),
    }  # fmt: skip
    return xr.DataArray(values, coords, ("beta", "seed", "epoch", "group", "outcome"), "fraction")


def test_a_line_for_each_seed_and_a_mean_of_those_that_train(fraction):
    wrong, true = plot_known_labels(fraction).axes
    assert len(wrong.lines) == 3  # of one level: two seeds and their mean
    assert len(true.lines) == 6
    np.testing.assert_allclose(wrong.lines[0].get_ydata(), [0.4, 0.6, 0.9])
    np.testing.assert_allclose(wrong.lines[2].get_ydata(), [0.3, 0.65, np.nan])
    np.testing.assert_allclose(true.lines[2].get_ydata(), [0.5, 0.8, 1.0])


def test_alt_text_tells_the_end_of_each_training(fraction):
    # 0.9 and, of the seed that stopped after two epochs, 0.7; nothing of the level without any
    told = plot_known_labels(fraction).alt
    assert told == "Share of wrong labels that the network gives at the end: β = 0.8 80%."
    one = plot_known_labels(fraction.sel(beta=0.8, seed=0))
    assert one.alt.endswith("at the end: 90%.")


def test_narrow_panels_stand_one_below_the_other(fraction):
    first, second = plot_known_labels(fraction, width=5.0).axes
    assert first.get_position().y0 > second.get_position().y1
