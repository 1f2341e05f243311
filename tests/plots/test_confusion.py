"""Maps of what was said, and curves of rates: the numbers that they show, and their words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from infonb.plots import plot_confusion, plot_rates

COUNTS = pd.DataFrame({"up": [3, 0], "down": [1, 2], "nothing": [0, 6]}, ["rises", "twins"])


def test_cells_have_shares_and_counts():
    picture = plot_confusion(COUNTS, {"rises": "up", "twins": "nothing"})
    words = [text.get_text() for text in picture.axes[0].texts]
    assert words == ["75 %\n3", "25 %\n1", "0 %\n0", "0 %\n0", "25 %\n2", "75 %\n6"]
    assert "rises 75 % right (3 of 4), twins 75 % right (6 of 8)" in picture.alt


def test_right_answers_are_framed():
    picture = plot_confusion(COUNTS, {"rises": "up", "twins": "nothing"})
    corners = [tuple(np.floor(patch.get_xy())) for patch in picture.axes[0].patches]
    assert corners == [(0, 0), (2, 1)]


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="no case of the kind 'twins'"):
        plot_confusion(COUNTS.mul([1, 0], axis=0), {"rises": "up", "twins": "nothing"})
    with pytest.raises(ValueError, match="right answer of 'twins' must be one of"):
        plot_confusion(COUNTS, {"rises": "up"})


def test_lines_go_through_the_rates_in_order():
    values = np.array([[[0.9, 0.8, 1.0], [0.5, 0.3, 0.7]]])
    names = {"rate": ["right"], "number": [100, 10], "value": ["rate", "low", "high"]}
    rates = xr.DataArray(values, names, tuple(names))
    picture = plot_rates({"samples": rates, "neurons": rates}, limits={"right": 0.05})
    line = picture.axes[0].lines[0]
    assert line.get_xdata().tolist() == [10, 100]
    assert line.get_ydata().tolist() == [0.5, 0.9]
    assert picture.alt.startswith("Rates by samples and neurons: right 50 % at 10, 90 % at 100;")
    with pytest.raises(ValueError, match="number"):
        plot_rates({"samples": rates.rename(number="n")})
