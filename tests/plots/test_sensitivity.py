"""The grid is drawn as it is: lines, bands, marks, tables and words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import compare_settings, describe_grid
from infonb.claims.sensitivity import sensitivity
from infonb.plots import plot_sensitivity

pytestmark = pytest.mark.slow

SEEDS = 3


@pytest.fixture(scope="module")
def acts():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, SEEDS, 2, 10, 150))
    values[1, :, 0, 0] *= 20
    return xr.DataArray(
        values, {"alpha": [0.0, 1.0], "layer": np.array(["fc1", "fc2"], dtype=object)},
        ("alpha", "seed", "layer", "neuron", "sample"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def options():
    return {"bins": [10, 80, 300], "k": [1, 3]}


@pytest.fixture(scope="module")
def grid(acts, options):
    return sensitivity(acts, "alpha", 0.0, 1.0, direction=-1, **options)


def legend(picture, block=0):
    return [text.get_text() for text in picture.subfigs[block].legends[0].get_texts()]


def test_a_column_for_each_layer_and_a_row_for_each_ordered_choice(grid):
    picture = plot_sensitivity(grid)
    first, second = picture.subfigs
    assert [len(part.axes) for part in (first, second)] == [4, 2]
    assert [axis.get_title(loc="left") for axis in first.axes[:2]] == ["fc1", "fc2"]
    assert first.axes[0].get_xlabel() == "bins (S = 150)"
    assert first.axes[2].get_xlabel() == "samples (80 bins)"  # the nearest to 100
    assert second.axes[0].get_xlabel() == "samples"


def test_lines_are_the_changes_and_bands_hold_both_intervals(grid):
    axis = plot_sensitivity(grid).subfigs[0].axes[1]
    part = grid.sel(layer="fc2", n_samples=150)
    drawn = [line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 3]
    for edges, values in zip(("common", "shared", "neuron"), drawn, strict=True):
        np.testing.assert_allclose(values, part.entropy_change.sel(edges=edges))
    band = axis.collections[0].get_paths()[0].vertices[:, 1]
    both = [part[f"entropy_{name}"].sel(edges="common") for name in ("interval", "student")]
    assert band.min() == pytest.approx(float(min(one.min() for one in both)))
    assert band.max() == pytest.approx(float(max(one.max() for one in both)))


def test_one_measure_is_drawn_alone(grid):
    picture = plot_sensitivity(grid, "mutual_information")
    assert len(picture.subfigs) == 1
    assert "entropy" not in picture.alt
    with pytest.raises(ValueError, match="measure must be one of"):
        plot_sensitivity(grid, "accuracy")


def test_marks_say_whether_the_claim_holds(acts, grid, options):
    def marks(one):
        axis = plot_sensitivity(one, "entropy").subfigs[0].axes[0]
        points = [line for line in axis.lines if len(line.get_xdata()) == 1]
        return ["open" if p.get_mfc() == "white" else p.get_marker() for p in points]

    found = grid.entropy_verdict.sel(layer="fc1", n_samples=150).values.ravel()
    assert {"holds", "too close to tell"} <= set(found)
    expected = {"holds": "o", "too close to tell": "open", "does not hold": "X"}
    assert marks(grid) == [expected[verdict] for verdict in found]
    turned = sensitivity(acts, "alpha", 0.0, 1.0, direction=1, **options)
    flipped = {"holds": "X", "too close to tell": "open", "does not hold": "o"}
    assert marks(turned) == [flipped[verdict] for verdict in found]


def test_legend_names_what_is_drawn(acts, grid, options):
    picture = plot_sensitivity(grid)
    assert legend(picture)[:3] == ["common bins", "shared bins", "neuron bins"]
    assert "as the paper says" in legend(picture)
    assert legend(picture, 1)[:2] == ["k = 1", "k = 3"]
    unclaimed = sensitivity(acts, "alpha", 0.0, 1.0, **options)
    assert "falls" in legend(plot_sensitivity(unclaimed))
    assert "as the paper says" not in legend(plot_sensitivity(unclaimed))
    one = sensitivity(acts.isel(seed=0), "alpha", 0.0, 1.0, direction=-1, **options)
    assert legend(plot_sensitivity(one))[3:] == ["one seed only: nothing is clear"]


def test_alt_says_what_decides(grid):
    alt = plot_sensitivity(grid).alt
    assert alt.startswith("Change from α = 0 to α = 1 in every setting")
    for line in describe_grid(grid):
        assert line in alt


def test_one_setting_is_a_table(acts):
    one = sensitivity(acts, "alpha", 0.0, 1.0, bins=[10], edges=["neuron"], samples=[150], k=[3])
    picture = plot_sensitivity(one)
    assert [len(part.axes) for part in picture.subfigs] == [1, 1]
    assert len(picture.subfigs[0].axes[0].texts) == 2  # a row for each layer
    assert picture.to_png().startswith(b"\x89PNG")


def table_of(effects, direction, **axes):
    """Return a grid of numbers with these effects (seed, *axes) from a to b."""
    effects = np.asarray(effects, dtype=float)
    coords = {name: np.array(labels, dtype=object) for name, labels in axes.items()}
    names = np.array(["a", "b"], dtype=object)
    values = xr.DataArray(
        np.stack([np.zeros(effects.shape), effects]), {"network": names, **coords},
        ("network", "seed", *axes),
    )  # fmt: skip
    return compare_settings({"entropy": values}, "network", ("a", "b"), {"entropy": direction})


@pytest.mark.parametrize(
    ("values", "direction", "sign"),
    [
        ([0.5, 0.6, 0.55], 1, "✓"),
        ([0.5, 0.6, 0.55], -1, "✗"),
        ([0.5, 0.6, 0.55], None, "↑"),
        ([-0.5, -0.6, -0.55], None, "↓"),
        ([-0.5, 0.6, 0.1], 1, ""),
        ([0.5], 1, ""),
    ],
)
def test_cells_say_what_the_seeds_agree_on(values, direction, sign):
    picture = plot_sensitivity(table_of(np.array(values)[:, None], direction, side=["before"]))
    texts = [text.get_text() for text in picture.subfigs[0].axes[0].texts]
    mean = f"{np.mean(values):+.2f}".replace("-", "−")
    assert texts == [f"{mean}{' ' + sign if sign else ''}"]


def test_cells_take_the_verdicts_of_the_grid():
    grid = table_of([[0.5, 0.5], [0.6, 0.6], [0.55, 0.55]], 1, relu=["before", "after"])
    grid["entropy_verdict"][:] = np.array([["too close to tell"], ["does not hold"]])
    picture = plot_sensitivity(grid)
    assert [text.get_text() for text in picture.subfigs[0].axes[0].texts] == ["+0.55", "+0.55 ✗"]
    labels = [label.get_text() for label in picture.subfigs[0].axes[0].get_xticklabels()]
    assert labels == ["before ReLU", "after ReLU"]


def test_what_was_not_measured_is_a_dash():
    grid = table_of([[0.5, np.nan], [0.6, np.nan], [0.55, np.nan]], 1, relu=["before", "after"])
    picture = plot_sensitivity(grid)
    assert [text.get_text() for text in picture.subfigs[0].axes[0].texts] == ["+0.55 ✓", "–"]
    assert "not measured" in legend(picture)


@pytest.fixture(scope="module")
def comparisons():
    """Comparisons over points, sides and edges, as the circles have them."""
    rng = np.random.default_rng(0)
    names = {
        "network": ["a", "b", "c"], "alignment": ["bias", "anti", "mixed"],
        "relu": ["before", "after"], "edges": ["common", "shared", "neuron"],
    }  # fmt: skip
    coords = {name: np.array(labels, dtype=object) for name, labels in names.items()}
    values = rng.normal(size=(3, 3, 2, 3, SEEDS))
    values = xr.DataArray(values, coords, (*names, "seed"))
    pairs = [("a", "b", 1), ("a", "c", -1)]
    return compare_settings({"entropy": values}, "network", pairs, {"entropy": 1})


def test_comparisons_are_rows_and_points_are_panels(comparisons):
    (part,) = plot_sensitivity(comparisons).subfigs
    shown = [axis for axis in part.axes if axis.get_visible()]
    titles = [axis.get_title(loc="left") for axis in shown]
    assert titles == ["points: bias", "points: anti", "points: mixed"]
    assert [label.get_text() for label in shown[0].get_yticklabels()] == ["a → b", "a → c"]
    assert len(shown[0].texts) == 2 * 6
    change = comparisons.entropy_change.sel(alignment="anti", relu="after", edges="common")
    text = shown[1].texts[3].get_text()  # first comparison, fourth column
    assert text.startswith(f"{float(change[0].squeeze()):+.2f}".replace("-", "−"))


def test_each_table_of_an_unfinished_row_has_its_labels():
    coords = {
        "kind": ["x", "y", "z"], "relu": ["before", "after"], "estimator": ["ksg", "mixture"],
        "layer": [1, 2],
    }  # fmt: skip
    effects = np.random.default_rng(0).normal(size=(SEEDS, 3, 2, 2, 2))
    (part,) = plot_sensitivity(table_of(effects, 1, **coords)).subfigs
    shown = [axis for axis in part.axes if axis.get_visible()]
    assert [axis.get_title(loc="left") for axis in shown] == ["x", "y", "z"]
    assert shown[0].get_yticklabels()[0].get_text() == "layer 1"
    for axis in shown[1:]:  # of the two below each other, and of the one that has none below
        assert axis.get_xticklabels()[0].get_text() == "before ReLU\nKSG"
        assert axis.xaxis.get_tick_params()["labelbottom"]


def lengths():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2, SEEDS, 3, 2, 3, 2))
    names = {
        "beta": [0.0, 1.0], "seed": range(SEEDS), "epochs": [5, 10, 40],
        "relu": np.array(["before", "after"], dtype=object),
        "edges": np.array(["common", "shared", "neuron"], dtype=object), "layer": [1, 2],
    }  # fmt: skip
    one = xr.DataArray(values, names, tuple(names))
    both = {"entropy": one, "mutual_information": one.isel(edges=0, drop=True)}
    return compare_settings(both, "beta", (0.0, 1.0), {"entropy": 1})


def test_sides_are_strokes_and_lengths_of_training_run_along_x():
    first, second = plot_sensitivity(lengths()).subfigs
    assert [axis.get_title(loc="left") for axis in first.axes] == ["layer 1", "layer 2"]
    axis = first.axes[0]
    assert axis.get_xlabel() == "epochs"
    assert axis.get_xscale() == "log"
    assert [label.get_text() for label in axis.get_xticklabels()] == ["5", "10", "40"]
    for part, n in ((first, 6), (second, 2)):
        lines = [line for line in part.axes[0].lines if len(line.get_xdata()) == 3]
        assert [line.get_linestyle() for line in lines] == ["-", "--"] * (n // 2)


@pytest.mark.parametrize("case", ["lines", "table", "lengths"])
def test_no_words_are_cut_off(case, grid, comparisons):
    picture = plot_sensitivity({"lines": grid, "table": comparisons}.get(case, lengths()))
    picture.draw_without_rendering()
    page = picture.bbox
    words = [text for part in picture.subfigs for one in part.legends for text in one.get_texts()]
    words += [
        text
        for part in picture.subfigs
        for axis in part.axes
        if axis.get_visible()
        for text in (
            *axis.get_xticklabels(),
            *axis.get_yticklabels(),
            axis.xaxis.label,
            axis.yaxis.label,
        )
    ]
    for text in words:
        box = text.get_window_extent()
        if text.get_text() and text.get_visible():
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, text
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, text


def test_what_is_no_grid_is_refused():
    with pytest.raises(ValueError, match="the data set is no grid of settings"):
        plot_sensitivity(xr.Dataset())
