"""Figures show what they are given: drawn data, axes, words; bad input is refused."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import xarray as xr

import infonb as inb
from infonb.plots import (
    plot_activations,
    plot_circles,
    plot_decision,
    plot_images,
    plot_neuron,
    plot_training,
)
from infonb.plots.picture import subplots
from infonb.plots.style import palette


@pytest.fixture(scope="module")
def activations():
    rng = np.random.default_rng(0)
    runs = [
        inb.from_arrays(
            {"fc1": rng.normal(size=(60, 6)), "fc2": rng.normal(size=(60, 4))},
            coords={"label": np.arange(60) % 3},
        )
        for _ in range(2)
    ]
    return xr.concat(
        runs, dim=xr.Variable("alpha", [0.0, 1.0]), coords="minimal", compat="override"
    )


def test_picture_is_a_png_with_words_and_half_its_pixels():
    picture, _ = subplots(1, 2, size=(3, 2), alt="words")
    data, metadata = picture._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    assert metadata["image/png"]["width"] == width // 2
    assert metadata["image/png"]["alt"] == data["text/plain"] == "words"


def test_entropy_boxes_are_the_medians_of_all_seeds_without_padding(activations):
    entropy = inb.entropy(activations, bins=10)
    seeds = xr.concat([entropy, entropy + 1], dim=xr.Variable("seed", [0, 1]))
    accuracy = xr.DataArray(
        [[0.6, 0.8], [0.5, 0.5]], {"alpha": [0.0, 1.0], "seed": [0, 1]}, ("alpha", "seed")
    )
    picture = inb.plot_entropy(seeds, accuracy)
    expected = np.nanmedian(seeds.sel(layer="fc2", alpha=1.0).values)
    assert f"α = 1: fc1 {np.nanmedian(seeds.sel(layer='fc1', alpha=1.0).values):.2f}" in picture.alt
    assert f"fc2 {expected:.2f}" in picture.alt
    left, right = picture.axes
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["α = 0", "α = 1"]
    np.testing.assert_allclose(right.lines[0].get_ydata(), [0.7, 0.5])


def test_the_null_is_a_dotted_line_at_its_median(activations):
    entropy, information = inb.entropy(activations, bins=10), inb.mutual_information(activations)
    picture = inb.plot_entropy(entropy, null=entropy - 1.5)
    dotted = [line for line in picture.axes[0].lines if line.get_linestyle() == ":"][:2]
    expected = [np.nanmedian(entropy.sel(layer=name)) - 1.5 for name in ("fc1", "fc2")]
    assert [line.get_ydata()[0] for line in dotted] == pytest.approx(expected)
    assert [line.get_color() for line in dotted] == palette(2, "layers")
    assert picture.alt.endswith(f"Before training: fc1 {expected[0]:.2f}, fc2 {expected[1]:.2f}.")
    assert "before training" in [text.get_text() for text in picture.legends[0].get_texts()]
    assert "before training" not in inb.plot_entropy(entropy).alt

    picture = inb.plot_mutual_information(information, null=information - 5)
    shown = [axis for axis in picture.axes if axis.get_visible()]
    part = information.sel(layer="fc1", other_layer="fc1").values[:, ~np.eye(6, dtype=bool)]
    dotted = [line for line in shown[0].lines if line.get_linestyle() == ":"]
    (line,) = [line for line in dotted if len(line.get_xdata())]
    assert line.get_xdata()[0] == pytest.approx(np.median(part) - 5)
    assert shown[0].get_xlim()[0] < line.get_xdata()[0]
    texts = [text.get_text() for text in picture.legends[0].get_texts()]
    assert texts == ["α = 0", "α = 1", "before training"]
    lone = inb.plot_mutual_information(information.sel(alpha=0.0), null=information.sel(alpha=0.0))
    assert [text.get_text() for text in lone.legends[0].get_texts()] == ["before training"]


def test_entropy_of_one_network_needs_no_levels(activations):
    picture = inb.plot_entropy(inb.entropy(activations.sel(alpha=0.0), bins=10))
    assert len(picture.axes) == 1


def test_accuracy_without_the_levels_is_refused(activations):
    entropy = inb.entropy(activations, bins=10)
    with pytest.raises(ValueError, match="accuracy needs the dimension of the levels, 'alpha'"):
        inb.plot_entropy(entropy, xr.DataArray([0.5], dims=("seed",)))


def test_two_candidates_for_the_levels_must_be_told_apart(activations):
    entropy = inb.entropy(activations, bins=10).expand_dims(beta=[0, 1])
    with pytest.raises(ValueError, match=r"choose by= among \['beta', 'alpha'\]"):
        inb.plot_entropy(entropy)
    with pytest.raises(ValueError, match="dim 'gamma' not found"):
        inb.plot_entropy(entropy, by="gamma")


def test_information_has_a_panel_per_layer_and_the_medians_of_pairs(activations):
    information = inb.mutual_information(activations)
    picture = inb.plot_mutual_information(information)
    shown = [axis for axis in picture.axes if axis.get_visible()]
    assert len(shown) == 3
    part = information.sel(alpha=1.0, layer="fc1", other_layer="fc1").values
    expected = np.median(part[~np.eye(6, dtype=bool)])
    assert f"α = 1 {expected:.2f}" in picture.alt
    ticks = [line.get_xdata()[0] for line in shown[0].lines if len(line.get_xdata()) == 1]
    assert ticks[1] == pytest.approx(expected)


def test_width_of_a_picture_that_stands_beside_another(activations):
    entropy, information = inb.entropy(activations), inb.mutual_information(activations)
    for plot, values in ((inb.plot_entropy, entropy), (inb.plot_mutual_information, information)):
        assert plot(values, width=5.0).get_size_inches()[0] == 5.0
        assert plot(values).get_size_inches()[0] > 5.0
        with pytest.raises(ValueError, match="width must be"):
            plot(values, width=1.0)


def test_information_legend_has_the_lines_themselves(activations):
    picture = inb.plot_mutual_information(inb.mutual_information(activations))
    lines = [line for line in picture.axes[0].lines if len(line.get_xdata()) > 1]
    handles = picture.legends[0].get_lines()
    assert [line.get_color() for line in handles] == [line.get_color() for line in lines]
    assert all(line.get_alpha() in (None, 1) for line in handles)


def test_pairs_with_constant_neurons_do_not_flatten_the_other_levels():
    rng = np.random.default_rng(0)
    values = rng.gamma(4, 0.05, (3, 1, 40, 40))
    values[2, :, :34] = values[2, :, :, :34] = 0.0
    information = xr.DataArray(
        values, {"alpha": [0.0, 0.5, 1.0], "layer": ["fc1"]},
        ("alpha", "layer", "neuron", "other_neuron"), attrs={"units": "nat"},
    )  # fmt: skip
    picture = inb.plot_mutual_information(information)
    axis = picture.axes[0]
    curves = [line for line in axis.lines if len(line.get_xdata()) > 1]
    for curve in curves:
        assert np.trapezoid(curve.get_ydata(), curve.get_xdata()) == pytest.approx(1, abs=2e-3)
    top = axis.get_ylim()[1]
    peaks = [curve.get_ydata().max() for curve in curves]
    assert all(peak > top / 3 for peak in peaks)
    assert peaks[2] > top > max(peaks[:2])
    # what is cut off is said, in the figure and in words
    words = f"α = 1: peak {peaks[2]:.3g}"
    assert [text.get_text() for text in axis.texts] == [words]
    assert words in picture.alt


def test_colours_of_levels_differ_from_each_other():
    colours = np.array(palette(5, "levels"))
    steps = np.linalg.norm(np.diff(colours, axis=0), axis=1)
    assert steps.min() > 0.2
    light = colours @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0.05).all()  # ordered for readers who see no colours
    assert len(palette(1, "levels")) == 1


def test_colours_of_layers_are_those_of_seaborn():
    import seaborn as sns

    assert palette(12, "layers") == list(sns.color_palette("colorblind", 12))


def test_heat_map_orders_samples_by_label(activations):
    picture = plot_activations(activations.activation, n_samples=60)
    panels = [axis for axis in picture.axes if axis.get_xlim() == (0, 2)]
    assert len(panels) == 2
    for panel in panels:
        fc1, fc2 = panel.images
        assert fc1.get_array().shape == (60, 6)
        assert fc2.get_array().shape == (60, 4)
        for block in (fc1, fc2):
            values = np.asarray(block.get_array())
            np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
            np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)
        assert [tick.get_text() for tick in panel.get_yticklabels()] == ["0", "1", "2"]


def test_blocks_of_the_heat_map_are_as_wide_and_say_how_many_neurons(activations):
    picture = plot_activations(activations.activation)
    assert picture.get_supxlabel() == "layer (number of neurons shown)"
    panel = picture.axes[0]
    assert [image.get_extent()[:2] for image in panel.images] == [[0, 1], [1, 2]]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["fc1 (6)", "fc2 (4)"]
    alike = plot_activations(activations.activation, n_neurons=4)
    assert alike.get_supxlabel() == ""
    assert [tick.get_text() for tick in alike.axes[0].get_xticklabels()] == ["fc1", "fc2"]


def test_heat_map_refuses_an_unknown_coordinate(activations):
    with pytest.raises(ValueError, match="sort must be one of 'sample', 'label'; not 'labels'"):
        plot_activations(activations.activation, sort="labels")


def test_recordings_without_labels_can_be_drawn():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU())
    acts = inb.record(model, torch.zeros(20, 3), layers=["0"], prediction=False, progress=False)
    assert "by sample" in plot_activations(acts).get_supylabel()
    one = acts.activation.isel(layer=0)
    assert plot_activations(one).axes
    first = one.isel(neuron=0)
    assert "coloured by sample" in plot_neuron(first, first, bin_edges=np.linspace(-1, 1, 5)).alt


def test_what_is_no_array_is_named(activations):
    with pytest.raises(
        TypeError, match=r"give what infonb\.entropy returned, a DataArray; not Data"
    ):
        inb.plot_entropy(activations)
    with pytest.raises(ValueError, match="dim 'other_neuron' not found; information has dims"):
        inb.plot_mutual_information(inb.entropy(activations, bins=5))


def test_one_selected_layer_keeps_its_name(activations):
    picture = inb.plot_entropy(inb.entropy(activations, bins=5).sel(layer="fc1"))
    assert "fc1" in picture.alt


def test_neuron_histogram_is_the_fractions(activations):
    first = activations.activation.isel(alpha=0, layer=0, neuron=0)
    edges = np.linspace(-4, 4, 9)
    picture = plot_neuron(first, first, bin_edges=edges)
    heights = picture.axes[0].patches[0].get_data().values
    np.testing.assert_allclose(heights, np.histogram(first, edges)[0] / 60)


def test_training_curves_are_the_means_over_seeds():
    curves = np.linspace(0, 1, 12).reshape(2, 2, 3)
    history = xr.Dataset(
        {"train_accuracy": (("alpha", "seed", "epoch"), curves)},
        {"alpha": [0.0, 1.0], "seed": [0, 1], "epoch": [1, 2, 3]},
    )
    lines = plot_training(history).axes[0].lines
    np.testing.assert_allclose(lines[2].get_ydata(), curves[0].mean(axis=0))


def test_training_curves_that_are_not_there_are_named():
    with pytest.raises(ValueError, match=r"no 'train_loss'; they hold \['x'\]"):
        plot_training(xr.Dataset({"x": 1}), quantity="loss")


def test_images_mark_wrong_labels():
    from infonb.data import shuffled_images

    train, _ = shuffled_images("digits", 1.0)
    titles = [axis.get_title() for axis in plot_images(train, n=6).axes]
    for at, title in enumerate(titles):
        wrong = train.label.values[at] != train.true_label.values[at]
        assert ("true:" in title) == wrong


def test_circles_and_decision_have_a_panel_each():
    from infonb.data import align, concentric_circles

    sets = {name: align(concentric_circles(40), name, seed=0) for name in ("bias", "anti")}
    assert len(plot_circles(sets).axes) == 4
    probability = xr.DataArray(
        np.zeros((2, 3, 4, 4)), dims=("network", "c1", "y", "x"),
        coords={"network": ["bias", "anti"], "c1": [-3.0, 0.0, 3.0],
                "x": np.arange(4.0), "y": np.arange(4.0)},
    )  # fmt: skip
    assert len(plot_decision(probability, sets).axes) == 7
    turned = plot_decision(probability.sel(c1=[0.0]), rows="c1", columns="network")
    assert turned.axes[1].get_title() == "anti"
    with pytest.raises(ValueError, match="dim 'net' not found"):
        plot_decision(probability, rows="net")
