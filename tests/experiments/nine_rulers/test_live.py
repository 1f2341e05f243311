"""Figures and explorers of the nine rulers, on made runs: what they show is what the runs say."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from nine_runs import KINDS, NETWORKS, agreement_of, images_of, nine_runs, order_of
from scipy.stats import kendalltau, percentileofscore

from infonb.experiments.nine_rulers.figures import (
    against_order,
    plot_costs,
    plot_networks,
    plot_units,
    tau_of_units,
)
from infonb.experiments.nine_rulers.live import explore_networks, explore_samples, explore_units
from infonb.experiments.nine_rulers.sample_picture import percentiles, ranking_neighbours
from infonb.experiments.nine_rulers.unit_picture import nearest, stepped
from infonb.plots.picture import png_size

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs():
    return nine_runs(top=6)


@pytest.fixture(scope="module")
def examples(runs):
    return images_of(runs)


@pytest.fixture
def samples(runs, examples):
    return explore_samples(runs, examples)


@pytest.fixture
def units(runs, examples):
    return explore_units(runs, examples)


def texts(picture):
    """Return all words of a picture."""
    return [text.get_text() for axis in picture.axes for text in axis.texts]


# figures


def test_units_have_a_dot_each_and_tau_of_each_layer(runs):
    picture = plot_units(runs, "noise")
    shown = [axis for axis in picture.axes if axis.get_visible()]
    assert [axis.get_title("left").split("\n")[0] for axis in shown] == [
        "class selectivity", "entropy", "MI with the label", "mean MI with others", "switching off",
    ]  # fmt: skip
    untrained, first, second = shown[0].lines[:3]
    known = [np.isfinite(line.get_xdata()).sum() for line in (untrained, first, second)]
    assert known == [2 * (12 + 8), 2 * 12, 2 * 8]
    one = runs.unit_score.sel(network="noise")
    for layer in ("fc1", "fc2"):
        x, y = (one.sel(unit_ruler=name, layer=layer).values.ravel()
                for name in ("unit_mem", "entropy"))  # fmt: skip
        there = np.isfinite(x)
        tau = f"{kendalltau(x[there], y[there]).statistic:.2f}".replace("-", "−")
        assert tau in shown[1].get_title("left").split("\n")[1]
        assert f"{layer} {tau}" in picture.alt.split("entropy: ")[1].split(";")[0]
    assert "untrained" in picture.alt


def test_a_question_mark_where_the_interval_holds_zero(runs):
    found = tau_of_units(runs.unit_score.sel(network="noise"))
    title = plot_units(runs, "noise").axes[0].get_title("left").split("\n")[1]
    words = []
    for layer in ("fc1", "fc2"):
        one = found.sel(reading="unit_mem", other_reading="class_selectivity", layer=layer)
        low, high = one.interval.values
        words.append(f"{float(one.tau):.2f}{'?' if low <= 0 <= high else ''}".replace("-", "−"))
    assert title == f"τ by layer: {', '.join(words)}"
    assert sum("?" in one for one in words) == 1


def test_units_that_were_not_measured_have_no_figure_and_no_null(runs):
    none = runs.copy()
    none["unit_score"] = runs.unit_score.where(runs.unit_ruler != "unit_mem")
    assert plot_units(none, "noise") is None
    assert "untrained" not in plot_units(runs, "constructed").alt


def test_networks_stand_at_their_means_and_those_against_the_order_are_ringed(runs):
    turned = runs.copy()
    values = runs.network_score.copy()
    values.loc[{"network": "constructed", "network_ruler": "mean_entropy"}] = -5.0
    turned["network_score"] = values
    picture = plot_networks(turned, order_of(turned))
    axis = next(a for a in picture.axes if a.get_title("left").startswith("mean entropy"))
    rings = [line for line in axis.lines if line.get_markerfacecolor() == "none"]
    assert len(rings) == 1
    assert (rings[0].get_xdata()[0], rings[0].get_ydata()[0]) == (6, -5)  # the last of seven
    mean = turned.network_score.mean("seed").sel(network_ruler="mean_in_out")
    ticks = [label.get_text() for label in axis.get_xticklabels()]
    assert ticks == [f"{value:.2f}" for value in np.sort(mean.values)]
    told = picture.alt.split("mean entropy")[1].split(";")[0]
    assert told.endswith("against its order: constructed")
    whole = [axis for axis in picture.axes if axis.get_visible()]
    assert len(whole) == 9
    tau = float(order_of(turned).tau.sel(network_ruler="mean_mi"))
    assert f"τ = {tau:.2f}" in next(
        a.get_title("left") for a in whole if a.get_title("left").startswith("mean MI")
    )


def test_against_the_order_by_a_loop():
    rng = np.random.default_rng(0)
    for tau in (0.7, -0.7):
        first, second = rng.normal(size=(2, 8))
        second[3], second[5] = second[4], np.nan
        expected = []
        for i in range(8):
            signs = [np.sign(first[i] - first[j]) * np.sign(second[i] - second[j])
                     for j in range(8) if j != i]  # fmt: skip
            counted = [sign for sign in signs if np.isfinite(sign) and sign]
            wrong = sum(sign != np.sign(tau) for sign in counted)
            expected.append(wrong > len(counted) / 2)
        assert against_order(first, second, tau).tolist() == expected
    assert not against_order(first, second, 0.3).any()
    assert not against_order(first, second, np.nan).any()


def test_costs_stand_beside_agreement_the_best_on_top(runs):
    found = agreement_of(runs)
    picture = plot_costs(runs, found)
    agreed, trained, timed = picture.axes
    names = [label.get_text() for label in agreed.get_yticklabels()]
    means = found.tau.sel(other_ruler="in_out").mean("network").to_series().drop("in_out")
    best = means.sort_values(ascending=False).index.tolist()
    assert names[0] == best[0].replace("_", " ")
    assert names[-1] == "in/out"
    assert [bar.get_width() for bar in trained.patches][-1] == 40
    assert [bar.get_width() for bar in trained.patches][names.index("density")] == 0
    ends = [bar.get_x() + bar.get_width() for bar in timed.patches]
    seconds = runs.seconds.mean(["network", "seed"]).sel(ruler=[*best, "in_out"])
    np.testing.assert_allclose(ends, seconds)
    assert "1 training, " in picture.alt
    assert "0 trainings, " in picture.alt


# samples


def test_percentiles_and_neighbours_by_hand():
    values = np.array([[3.0, 1.0, 2.0, 2.0, np.nan], [np.nan, 1.0, 2.0, 3.0, 4.0]])
    others = np.array([True, True, True, True, True])
    found = percentiles(values, others, 2)
    assert found.tolist() == [(1 + 0.5) / 3, 1 / 3]
    assert np.isnan(percentiles(values, others, 0)[1])
    assert np.isnan(percentiles(values, ~others, 1)).all()
    beside = ranking_neighbours(values, 2, beside=2)
    assert beside.tolist() == [[-1, 0, 3, 1], [4, 3, 1, -1]]
    assert ranking_neighbours(values, 4, beside=1).tolist() == [[-1, -1], [-1, 3]]
    never = np.array([[np.inf, 1.0, np.inf, np.nan]])  # a sample that is never learnt
    assert percentiles(never, np.ones(4, bool), 0).tolist() == [0.75]
    assert ranking_neighbours(never, 1, beside=1).tolist() == [[2, -1]]


def test_percentiles_are_those_of_scipy():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 6, (3, 30)).astype(float)
    others = rng.random(30) < 0.5
    for at in (0, 7):
        rest = others.copy()
        rest[at] = False
        expected = [percentileofscore(row[rest], row[at], "mean") / 100 for row in values]
        np.testing.assert_allclose(percentiles(values, others, at), expected)


def test_the_place_in_an_order_chooses_the_sample(runs, samples):
    score = runs.score.isel(seed=0).sel(network="regularized", ruler="density")
    places = np.flatnonzero((runs.kind == "outlier").values & runs.is_in.values)
    order = places[np.argsort(-score.values[places], kind="stable")]
    for place in (0, 3, 5):
        samples.set(network="regularized", kind="outlier", order="density", place=place)
        at = order[place]
        assert samples.alt.startswith(f"Sample {runs['sample'].values[at]}, outlier, trained on,")
    samples.set(order="sample number", place=1)
    assert samples.alt.startswith(f"Sample {runs['sample'].values[places[1]]}, ")
    assert samples.message.value == ""


def test_bars_are_shares_of_the_same_kind_and_of_typical_ones(runs, samples):
    samples.set(network="noise", kind="wrong label", order="in_out", place=2)
    sample = int(samples.alt.split()[1].strip(","))
    at = runs["sample"].values.tolist().index(sample)
    score = runs.score.isel(seed=0).sel(network="noise")
    for name in ("in_out", "density"):
        values = score.sel(ruler=name).values
        shares = []
        for kind in ("typical", "wrong label"):
            some = (runs.kind == kind).values & runs.is_in.values & (np.arange(values.size) != at)
            shares.append(100 * (values[some] < values[at]).mean())
        words = name.replace("in_out", "in/out")
        assert f"{words} {shares[0]:.0f} % ({shares[1]:.0f} %)" in samples.alt
    assert "label " in samples.alt
    assert ", true " in samples.alt


def test_twins_are_chosen_by_themselves_and_unknown_readings_have_no_bar(samples):
    kinds = list(samples.controls["kind"].options)
    assert kinds == [*KINDS, *(f"{kind}, held out" for kind in KINDS)]
    samples.set(kind="shortcut, held out", network="logic gates")
    assert samples.controls["place"].max == 2
    assert "a twin, held out" in samples.alt
    assert "units owned" not in samples.alt
    assert "loss curvature" not in samples.alt


def test_a_place_that_a_kind_does_not_have_is_the_last(samples):
    samples.set(kind="typical", place=19)
    samples.controls["kind"].value = "shortcut"
    assert samples.controls["place"].value == 4
    assert samples.message.value == ""


def test_images_with_colours_and_of_other_sizes(runs, examples):
    values = np.random.default_rng(0).uniform(size=(runs.sizes["sample"], 12, 12, 3))
    colours = examples.drop_vars("input").assign(
        input=(("sample", "row", "column", "channel"), values)
    )
    panel = explore_samples(runs.isel(ruler=slice(0, 2)), colours, interactive=False)
    assert png_size(panel.to_png())[0] > 600
    shuffled = examples.isel(sample=np.random.default_rng(0).permutation(runs.sizes["sample"]))
    same = [explore_samples(runs, one, interactive=False).to_png() for one in (examples, shuffled)]
    assert same[0] == same[1]  # by their labels


# units


def test_units_are_drawn_with_their_tau_and_images(runs, units):
    units.set(network="noise", layer="fc1", x="entropy", y="unit_mem", unit=4)
    one = runs.unit_score.isel(seed=0).sel(network="noise", layer="fc1")
    x, y = (one.sel(unit_ruler=name).values for name in ("entropy", "unit_mem"))
    assert f"τ = {kendalltau(x, y).statistic:.2f}".replace("-", "−") in units.alt
    top = runs.top_sample.isel(seed=0).sel(network="noise", layer="fc1", neuron=4).values
    assert units.alt.endswith(f"Moved most by samples {', '.join(str(int(one)) for one in top)}.")
    below = (x < x[4]).sum() / 11
    assert f"entropy {x[4]:.2f} ({below:.0%})".replace("%", " %").replace("-", "−") in units.alt
    assert list(units.image.cursor) == [x[4], y[4]]


def test_a_click_chooses_the_nearest_unit_and_arrows_go_on(runs, units):
    units.set(network="noise", layer="fc2", x="unit_mem", y="entropy", unit=0)
    one = runs.unit_score.isel(seed=0).sel(network="noise", layer="fc2")
    x, y = (one.sel(unit_ruler=name).values[:8] for name in ("unit_mem", "entropy"))
    units.image.pointed = [float(x[5]) + 1e-3, float(y[5]), 1.0]
    assert units.value["unit"] == 5
    units.image.stepped = [1, 0, 1]
    order = np.argsort(x)
    place = order.tolist().index(5)
    assert units.value["unit"] == order[min(place + 1, 7)]
    units.image.stepped = [1, 100, 2]
    assert units.value["unit"] == np.argmax(y)
    assert units.message.value == ""


def test_nearest_and_steps_know_of_gaps():
    x, y = np.array([0.0, 1.0, np.nan]), np.array([0.0, 100.0, 0.0])
    assert nearest(x, y, (0.6, 30.0)) == 0
    assert nearest(x, y, (0.6, 60.0)) == 1
    assert nearest(x * np.nan, y, (0, 0)) is None
    assert stepped(x, y, 0, 5, 0) == 1
    assert stepped(x, y, 2, 1, 0) == 2  # it is in no order


def test_no_unit_beyond_the_width_and_what_is_not_measured_is_said(runs, units):
    units.set(layer="fc1", unit=11)
    units.controls["layer"].value = "fc2"
    assert units.controls["unit"].max == 7
    assert units.value["unit"] == 7
    none = runs.copy()
    none["unit_score"] = runs.unit_score.where(runs.network != "constructed")
    panel = explore_units(none)
    panel.set(network="constructed")
    assert "nothing is known" in panel.alt
    assert "τ is undefined" in panel.alt
    panel.image.pointed = [0.0, 0.0, 1.0]
    assert panel.message.value == ""


def test_layers_that_a_network_does_not_have_are_left_out(runs):
    less = runs.copy()
    less["unit_score"] = runs.unit_score.where((runs.layer != "fc2") | (runs.network != "noise"))
    assert "fc2" not in plot_units(less, "noise").alt
    assert "fc2" in plot_units(less, "shortcut").alt
    panel = explore_units(less)
    assert panel.value["layer"] == "fc1"
    assert panel.controls["layer"].options == ("fc1",)
    drawn = []
    panel.image.observe(drawn.append, "value")
    panel.controls["network"].value = "shortcut"
    assert panel.controls["layer"].options == ("fc1", "fc2")
    panel.set(layer="fc2")
    panel.controls["unit"].value = 7
    assert len(drawn) == 3
    panel.controls["network"].value = "noise"
    assert panel.value | {"x": 0, "y": 0} == {
        "network": "noise", "layer": "fc1", "x": 0, "y": 0, "unit": 7
    }  # fmt: skip
    assert len(drawn) == 4
    assert "Units of fc1 in noise" in panel.alt
    assert panel.message.value == ""


def test_without_images_the_rest_is_there(runs):
    panel = explore_units(runs.drop_vars("top_sample"), interactive=False)
    assert "Moved most" not in panel.alt


# networks


def test_networks_in_the_order_of_a_ruler(runs):
    panel = explore_networks(runs)
    panel.set(ruler="matrix_entropy", seed="1")
    one = runs.network_score.sel(seed=1, network_ruler="matrix_entropy")
    order = [NETWORKS[at] for at in np.argsort(-one.values)]
    assert f"matrix entropy (seed 1), highest first: {', '.join(order)};" in panel.alt
    means = runs.network_score.mean("seed")
    panel.set(seed="mean", ruler="mean_mi")
    x, y = (means.sel(network_ruler=name).values for name in ("mean_in_out", "mean_mi"))
    assert f"τ = {kendalltau(x, y).statistic:.2f}" in panel.alt
    assert "mean_in_out" not in dict(panel.controls["ruler"].options).values()


def test_layers_have_a_control_where_they_were_measured(runs):
    assert set(explore_networks(runs, interactive=False).controls) == {"ruler", "seed"}
    factor = xr.DataArray([1.0, -1.0], {"layer": runs.layer}, ("layer",))
    layers = runs.network_score * factor
    layers = layers.drop_sel(network_ruler=["memorized_share", "mean_in_out"])
    with_layers = runs.assign(layer_score=layers, layer_null=layers * 0)
    panel = explore_networks(with_layers)
    assert list(dict(panel.controls["layer"].options)) == ["mean", "fc1", "fc2"]
    panel.set(ruler="mean_mi", layer="fc1")
    first = panel.alt
    assert "layer fc1" in first
    panel.set(layer="fc2")
    assert panel.alt.split("τ = ")[1][:5] != first.split("τ = ")[1][:5]
    panel.set(ruler="memorized_share")
    assert "layer" not in panel.alt
    expected = explore_networks(runs)
    expected.set(ruler="memorized_share")
    assert panel.alt == expected.alt


@pytest.mark.parametrize("explore", [explore_samples, explore_units, explore_networks])
def test_a_page_has_a_picture_with_words_and_every_control_a_label(runs, examples, explore):
    data = (runs,) if explore is explore_networks else (runs, examples)
    panel = explore(*data, interactive=False)
    assert all(control.description for control in panel.controls.values())
    bundle, metadata = panel._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert len(metadata["image/png"]["alt"]) > 100


def test_all_words_are_within_the_pictures(runs, examples):
    """The longest words of all choices; nothing is cut off."""
    from infonb.experiments.nine_rulers.network_picture import NetworkPicture
    from infonb.experiments.nine_rulers.sample_picture import SamplePicture
    from infonb.experiments.nine_rulers.unit_picture import UnitPicture

    sample, unit = SamplePicture(runs, examples), UnitPicture(runs, examples)
    network = NetworkPicture(runs.network_score.isel(seed=0), runs.network_null.isel(seed=0))
    for picture in (
        sample.draw("random labels", 30, "pointwise_information", (0, 9)),
        unit.draw("random labels", "fc1", "label_information", "mean_information", 11),
        network.draw("layer_information"),
    ):
        renderer, box = picture.canvas.get_renderer(), picture.bbox
        words = [text for axis in picture.axes for text in axis.texts]
        # names of rulers beside bars; other ticks may lie beyond an axis, and are not drawn
        words += [label for axis in picture.axes[1:] for label in axis.get_yticklabels()
                  if axis.axison]  # fmt: skip
        words += [axis.yaxis.label for axis in picture.axes]
        assert len(words) > 10
        for text in words:
            extent = text.get_window_extent(renderer)
            assert extent.x0 >= box.x0, text
            assert extent.x1 <= box.x1, text
            assert extent.y0 >= box.y0, text
            assert extent.y1 <= box.y1, text
