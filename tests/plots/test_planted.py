"""How well rulers find what was planted: dots, intervals, and the band of chance."""

from __future__ import annotations

import numpy as np
import pytest
from nine_runs import RULERS, nine_runs, planted_of

from infonb.memorization import find_planted
from infonb.plots import plot_planted
from infonb.plots.planted import null_band


@pytest.fixture(scope="module")
def runs():
    return nine_runs()


@pytest.fixture(scope="module")
def found(runs):
    return planted_of(runs)


def dots(axis):
    """Return the places of all dots, (x, y), and whether they are full."""
    return [
        (float(x), float(y), line.get_markerfacecolor() != "white")
        for line in axis.lines if line.get_marker() == "o"
        for x, y in zip(*line.get_data(), strict=True)
    ]  # fmt: skip


def test_a_dot_for_each_ruler_hollow_where_its_interval_reaches_chance(found):
    one = found.sel(network="noise")
    picture = plot_planted(one)
    assert [axis.get_title("left") for axis in picture.axes] == [
        "wrong label (n = 8)", "outlier (n = 6)", "near-duplicate (n = 9)", "shortcut (n = 5)",
    ]  # fmt: skip
    assert picture.axes[0].get_yticklabels()[0].get_text() == "in/out"
    for axis, kind in zip(picture.axes, one.kind.values, strict=True):
        here = one.sel(kind=kind)
        low, high = (here.auroc_interval.sel(bound=end).values for end in ("low", "high"))
        expected = {
            (round(float(value), 6), row, bool(low[row] > 0.5 or high[row] < 0.5))
            for row, value in enumerate(here.auroc.values)
        }
        assert {(round(x, 6), round(y), full) for x, y, full in dots(axis)} == expected
    first = float(one.auroc.sel(kind="outlier", ruler="density"))
    assert f"density {first:.2f}" in picture.alt.split("outlier:")[1]


def test_networks_are_dots_of_one_row_and_what_is_not_known_has_none(found):
    picture = plot_planted(found)
    row = RULERS.index("loss_curvature")
    for axis in picture.axes:
        places = [(x, y) for x, y, _ in dots(axis) if np.isfinite(x)]
        assert len(places) == 7 * 10 - 1  # no curvature of gates
        counts = np.bincount([round(y) for _, y in places])
        assert counts[row] == 6
        assert (np.delete(counts, row) == 7).all()
    names = [text.get_text() for text in picture.legends[0].get_texts()]
    assert names == found.network.values.tolist()
    assert "in 7 networks, mean and range; 0.5 is chance" in picture.alt


def test_the_band_of_chance_is_that_of_orders_by_chance():
    n, m = 6, 20
    ranks = np.random.default_rng(0).normal(size=(4000, n + m)).argsort(axis=1).argsort(axis=1)
    areas = (ranks[:, :n].sum(axis=1) - n * (n - 1) / 2) / (n * m)  # as Mann and Whitney count
    low, high = null_band(n, n / (n + m))
    assert np.quantile(areas, [0.025, 0.975]) == pytest.approx([low, high], abs=0.03)
    assert null_band(1, 0.5) == (0.0, 1.0)


def test_it_draws_what_find_planted_returns(runs):
    score = runs.score.sel(network="noise").isel(seed=0)
    known = runs.is_in.values
    found = find_planted(score.isel(sample=known), runs.kind.isel(sample=known))
    picture = plot_planted(found)
    assert len(picture.axes) == 4
    band = [patch for patch in picture.axes[0].patches if patch.get_width() < 1]
    assert band[0].get_x() == pytest.approx(null_band(8, 8 / 28)[0])
    area = float(found.auroc.sel(reading="in_out", kind="wrong label"))
    assert f"wrong label: in/out {area:.2f}" in picture.alt


def test_other_dims_are_told(found):
    with pytest.raises(ValueError, match="one dim can be dots of a row"):
        plot_planted(found.expand_dims(seed=[0]))
    with pytest.raises(ValueError, match="kind"):
        plot_planted(found.isel(kind=0, drop=True))
