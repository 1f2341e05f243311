"""The explorer shows what the measures say, its pictures follow each other, and it never hangs."""

from __future__ import annotations

import base64
import re
import time
import warnings

import numpy as np
import pytest
import xarray as xr
from benchmarks.units import units

import infonb as inb
from infonb.widgets import explore
from infonb.widgets.explorer.choice import Choice
from infonb.widgets.explorer.measured import Measured, _tied

pytestmark = pytest.mark.slow

WIDTHS = {"fc1": 12, "fc2": 7}


@pytest.fixture
def acts():
    values = {name: units("tanh", width, 300, width).T for name, width in WIDTHS.items()}
    return inb.from_arrays(values, coords={"label": np.arange(300) // 100})


@pytest.fixture
def panel(acts):
    return explore(acts, bins=10)


def pair_information(acts, panel, **options):
    """Return the MI of the chosen pair on the samples on show, by the labelled function."""
    value = panel.value
    shown = acts.activation.isel(sample=panel.samples)
    found = inb.mutual_information(shown, within="layer", **options)
    return float(
        found.sel(layer=value["layer"], neuron=value["neuron"], other_neuron=value["other"])
    )


ALL = {"matrix", "scatter", "histogram", "boxes"}


def test_every_control_draws_the_pictures_that_it_concerns(panel):
    for name, value, concerned in [
        ("layer", "fc1", ALL),
        ("neuron", 9, ALL),
        ("other", 4, {"matrix", "scatter"}),
        ("bins", 25, {"histogram", "boxes"}),
        ("edges", "neuron", ALL),
        ("k", 5, {"scatter"}),
        ("n_samples", 200, ALL),
        ("unit", "bit", ALL),
    ]:
        before = {key: image.value for key, image in panel.images.items()}
        panel.controls[name].value = value
        assert panel.message.value == ""
        changed = {key for key, image in panel.images.items() if image.value != before[key]}
        assert changed == concerned, name
        assert panel.value[name] == value


@pytest.mark.parametrize("edges", ["common", "neuron"])
@pytest.mark.parametrize("unit", ["nat", "bit"])
def test_the_numbers_shown_are_those_of_the_measures(acts, panel, edges, unit):
    panel.set(layer="fc1", neuron=3, other=8, bins=20, edges=edges, k=4, n_samples=200, unit=unit)
    shown = acts.activation.isel(sample=panel.samples)
    h = inb.entropy(shown, bins=20, edges=edges, unit=unit)
    one = float(h.sel(layer="fc1", neuron=3))
    assert f"H = {one:z.2f} {unit} (at most log 20" in panel.images["histogram"].alt
    boxes = panel.images["boxes"].alt
    for layer in WIDTHS:
        assert f"{layer} {float(h.sel(layer=layer).median()):z.2f}" in boxes
    assert f"Marked: fc1, neuron 3, {one:z.2f} {unit}" in boxes
    scatter = panel.images["scatter"].alt
    ksg = pair_information(acts, panel, k=4, unit=unit)
    assert f"I = {ksg:z.2f} {unit} (KSG, k = 4)" in scatter
    binned = {"estimator": "binned", "edges": edges, "corrected": "miller-madow", "unit": unit}
    assert f"{pair_information(acts, panel, **binned):z.2f} {unit} in 10 × 10" in scatter
    matrix = inb.mutual_information(shown.sel(layer="fc1").drop_vars("width"), **binned).values
    highest = matrix[~np.eye(12, dtype=bool)].max()
    assert f"The highest is {highest:z.2f} {unit}" in panel.images["matrix"].alt
    assert f"Marked: 3 and 8, {matrix[3, 8]:z.2f} {unit}" in panel.images["matrix"].alt


def test_the_matrix_is_that_of_the_layer_in_another_order(acts):
    measured = Measured(acts)
    matrix = measured.matrix(Choice(n_samples=300))
    expected = inb.mutual_information(
        acts.activation, within="layer", estimator="binned", corrected="miller-madow"
    ).sel(layer="fc1").values  # fmt: skip
    assert sorted(matrix.neurons) == list(range(12))
    np.testing.assert_allclose(
        matrix.information, expected[np.ix_(matrix.neurons, matrix.neurons)], atol=1e-12
    )


def test_blocks_of_neurons_stand_side_by_side():
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(3, 400))
    family = rng.permutation(np.repeat([0, 1, 2], 6))
    values = causes[family] + 0.4 * rng.normal(size=(18, 400))
    matrix = Measured(inb.from_arrays({"fc1": values.T})).matrix(Choice(n_samples=400))
    assert (np.diff(family[matrix.neurons]) != 0).sum() == 2


def test_pairs_with_ties_are_measured_by_the_mixture_estimator(acts):
    relu = acts.clip(min=0, keep_attrs=True)
    panel = explore(relu, bins=10)
    found = pair_information(relu, panel, estimator="mixture")
    assert f"I = {found:z.2f} nat (mixture: ties, k = 3)" in panel.images["scatter"].alt


def test_ties_are_found_though_a_warning_is_lost(acts, monkeypatch):
    def quiet(*args, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return inb.mutual_information(*args, **options)

    monkeypatch.setattr("infonb.widgets.explorer.measured.mutual_information", quiet)
    panel = explore(acts.clip(min=0, keep_attrs=True), bins=10)
    assert "(mixture: ties, k = 3)" in panel.images["scatter"].alt


@pytest.mark.parametrize("digits", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("k", [1, 3, 20])
def test_ties_are_samples_with_more_than_k_of_the_same_values(digits, k):
    x, y = np.random.default_rng(digits).normal(size=(2, 500)).round(digits)
    points = list(zip(x, y, strict=True))
    assert _tied(x, y, k) == np.mean([points.count(one) > k for one in points])


def test_values_on_a_grid_are_not_called_ties():
    values = np.random.default_rng(0).normal(size=(2000, 2)).round(2)
    acts = inb.from_arrays({"fc1": values})
    with pytest.warns(inb.measures.TiesWarning, match="Neighbours on a grid"):
        ksg = inb.mutual_information(acts)
    scatter = explore(acts).images["scatter"].alt
    ksg = float(ksg.isel(layer=0, other_layer=0, neuron=0, other_neuron=1))
    assert f"I = {ksg:z.2f} nat (KSG, k = 3, too high: values on a grid)" in scatter


def test_a_click_on_the_matrix_chooses_the_pair_there(panel):
    matrix = panel.measured.matrix(panel.measured.choice(panel.value))
    panel.images["matrix"].pointed = [2.3, 4.8, 1]
    assert panel.value["other"] == matrix.neurons[2]
    assert panel.value["neuron"] == matrix.neurons[5]
    assert panel.images["matrix"].cursor == [2.0, 5.0]
    for name in ("neuron", "other"):
        assert f"neuron {panel.value[name]}" in panel.images["scatter"].alt
    assert f"neuron {panel.value['neuron']};" in panel.images["histogram"].alt
    # the arrow to the right of there, at the edge of the last cell
    panel.images["matrix"].pointed = [6.5, 5.0, 2]
    assert panel.value["other"] == matrix.neurons[6]


def test_the_mark_follows_the_sliders(panel):
    matrix = panel.measured.matrix(panel.measured.choice(panel.value))
    panel.set(neuron=6, other=3)
    assert panel.images["matrix"].cursor == [matrix.place(3), matrix.place(6)]


def test_lists_set_the_neurons_and_follow_them(acts, panel):
    by_entropy, pairs, _ = panel.beside
    entropy = inb.entropy(acts, bins=10).sel(layer="fc2").values[:7]
    (_, nothing), *neurons = by_entropy.options
    assert [value for _, value in neurons] == list(np.argsort(entropy))
    assert neurons[0][0] == f"{np.argmin(entropy)}: {entropy.min():z.2f} nat"
    by_entropy.value = neurons[-1][1]
    assert panel.value["neuron"] == np.argmax(entropy)

    pairs.value = pairs.options[1][1]
    chosen = {panel.value["neuron"], panel.value["other"]}
    matrix = panel.measured.matrix(panel.measured.choice(panel.value))
    information = matrix.information - np.diag(np.full(7, np.inf))
    place = np.unravel_index(np.argmax(information), information.shape)
    assert chosen == set(matrix.neurons[list(place)])
    assert by_entropy.value == panel.value["neuron"]

    panel.set(neuron=panel.value["other"], other=panel.value["neuron"])  # the same pair
    assert set(pairs.value) == chosen
    panel.controls["other"].value = panel.value["neuron"]
    assert pairs.value == nothing
    panel.controls["unit"].value = "bit"
    assert all("bit" in words for words, value in pairs.options if value != nothing)
    panel.controls["layer"].value = "fc1"
    assert len(by_entropy.options) == 1 + 12


def test_lists_draw_each_picture_once(panel, monkeypatch):
    drawn = []
    redraw = type(panel)._redraw
    monkeypatch.setattr(
        type(panel), "_redraw",
        lambda self, name: drawn.append((name, self.images[name].value)) or redraw(self, name),
    )  # fmt: skip
    _, pairs, _ = panel.beside
    before = panel.images["scatter"].value
    pairs.value = pairs.options[3][1]
    # looked at several times, drawn at the first
    assert [value for name, value in drawn if name == "scatter"].count(before) == 1
    assert panel.images["scatter"].value != before


def test_a_narrower_layer_takes_its_last_neuron(panel):
    panel.set(layer="fc1", neuron=11, other=10)
    panel.controls["layer"].value = "fc2"
    assert panel.message.value == ""
    assert (panel.value["neuron"], panel.value["other"]) == (6, 6)
    assert "a neuron with itself" in panel.images["scatter"].alt


def test_samples_are_a_random_choice_that_grows(acts):
    panel = explore(acts, max_samples=200, seed=1)
    assert panel.value["n_samples"] == 200
    assert "200 of 300 samples" in panel.images["histogram"].alt
    many = set(panel.samples)
    panel.controls["n_samples"].value = 100
    assert "100 of 300 samples" in panel.images["histogram"].alt
    assert set(panel.samples) < many
    labels = acts.label.values[panel.samples]  # sorted by label: the first 100 are all 0
    assert np.bincount(labels).min() > 20
    again, other = (explore(acts, max_samples=200, seed=seed).samples for seed in (1, 2))
    assert set(again) == many != set(other)


def test_wide_layers_show_drawn_neurons(acts):
    panel = explore(acts, max_neurons=5)
    alt = panel.images["matrix"].alt
    assert "5 of 7 neurons sampled" in alt
    matrix = panel.measured.matrix(panel.measured.choice(panel.value))
    missing = sorted(set(range(7)) - set(matrix.neurons))
    panel.set(neuron=missing[0], other=missing[1])
    assert "The chosen pair is not among them." in panel.images["matrix"].alt
    assert panel.images["matrix"].cursor == []
    binned = pair_information(acts, panel, estimator="binned", corrected="miller-madow")
    assert f"{binned:z.2f} nat in 10 × 10" in panel.images["scatter"].alt
    # the arrows find their way back from the middle
    panel.images["matrix"].pointed = [2.0, 3.0, 1]
    assert panel.images["matrix"].cursor == [2.0, 3.0]


def test_a_layer_of_thousands_of_neurons_does_not_hang():
    values = np.random.default_rng(0).normal(size=(300, 4000)).astype("float32")
    start = time.process_time()
    panel = explore(inb.from_arrays({"fc1": values}))
    panel.controls["neuron"].value = 3999
    assert time.process_time() - start < 10
    assert "256 of 4,000 neurons" in panel.images["matrix"].alt
    assert len(panel.beside[0].options) == 1 + 500


def test_activations_on_disk_are_read_once(acts, tmp_path):
    inb.save_activations(acts, tmp_path / "acts.zarr")
    lazy = inb.open_activations(tmp_path / "acts.zarr", chunks={"sample": 50})
    panel = explore(lazy, bins=10, max_samples=100)
    assert panel.measured.values.chunks is None
    there = explore(acts, bins=10, max_samples=100)
    assert panel.alt == there.alt
    assert "100 of 300 samples" in panel.alt


def test_levels_are_networks(acts):
    both = xr.concat(
        [acts.activation, 2 * acts.activation], dim=xr.Variable("alpha", [0.0, 1.0]),
        coords="minimal",
    )  # fmt: skip
    panel = explore(both, bins=10)
    assert next(iter(panel.value.items())) == ("level", 1.0)
    panel.set(level=0.0, neuron=2)
    h = float(inb.entropy(acts, bins=10).sel(layer="fc2", neuron=2))
    assert "300 samples: α = 0, fc2, neuron 2; H = " in panel.images["histogram"].alt
    assert f"H = {h:z.2f} nat" in panel.images["histogram"].alt
    panel.images["matrix"].pointed = [1.0, 2.0, 1]
    assert panel.message.value == ""
    seeds = xr.concat([both, both], dim=xr.Variable("seed", [0, 1]), coords="minimal")
    assert explore(seeds.sel(seed=[1]), bins=10).value["level"] == 1.0


@pytest.mark.parametrize("n_samples", [2, 3, 8])
def test_few_samples(n_samples):
    values = np.random.default_rng(0).normal(size=(n_samples, 3))
    panel = explore(inb.from_arrays({"fc1": values}), k=1)
    assert panel.controls["k"].max == n_samples - 1
    panel.controls["k"].value = n_samples - 1
    assert panel.message.value == ""


def test_k_beyond_the_samples_on_show_is_said():
    values = np.random.default_rng(0).normal(size=(120, 3))
    panel = explore(inb.from_arrays({"fc1": values}), k=110)
    before = panel.images["scatter"].value
    panel.controls["n_samples"].value = 100
    assert "k=110" in panel.message.value
    assert panel.images["scatter"].value == before
    assert "100 of 120 samples" in panel.images["histogram"].alt
    panel.controls["k"].value = 3
    assert panel.message.value == ""


def test_constant_neurons_and_single_neurons_are_drawn():
    values = np.random.default_rng(0).normal(size=(60, 4))
    values[:, 2:] = 1.0
    panel = explore(inb.from_arrays({"fc1": values, "fc2": np.zeros((60, 3)), "fc3": values[:, 0]}))
    for layer in ("fc1", "fc2", "fc3"):
        last = panel.measured.neurons(layer)[-1]
        panel.set(layer=layer, neuron=min(2, last), other=last, edges="neuron")
        assert panel.message.value == ""
    panel.set(layer="fc1", neuron=2, other=3)
    assert "H = 0.00 nat" in panel.images["histogram"].alt
    assert "I = 0.00 nat (mixture: ties" in panel.images["scatter"].alt


def test_one_layer_or_an_array_will_do(acts):
    one = acts.activation.sel(layer="fc1")
    assert explore(one, bins=10).value["layer"] == "fc1"
    plain = xr.DataArray(one.values, dims=("neuron", "sample"))
    assert explore(plain, bins=10).value["layer"] == "all neurons"
    chosen = explore(one.isel(neuron=[3, 5, 11]), bins=10)
    assert chosen.value["other"] == 5
    chosen.controls["other"].value = 11
    assert "neuron 11" in chosen.images["scatter"].alt
    values = acts.activation.sel(layer="fc1")
    ksg = inb.mutual_information(values).sel(neuron=3, other_neuron=11)
    assert f"I = {float(ksg):z.2f} nat" in chosen.images["scatter"].alt


def test_the_static_form_is_the_pictures_in_one(panel, acts):
    data, metadata = explore(acts, bins=10, interactive=False)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    live, _ = panel._repr_mimebundle_()
    assert base64.b64decode(live["image/png"]) == base64.b64decode(data["image/png"])
    assert "application/vnd.jupyter.widget-view+json" in live
    for words in ("Matrix of", "Scatter of", "Histogram of", "Boxes of"):
        assert words in metadata["image/png"]["alt"]
    # fits a laptop's screen of 1280 pixels, with JupyterLab's side bar open
    assert metadata["image/png"]["width"] < 850
    assert metadata["image/png"]["height"] < 520


def test_every_control_has_a_label_and_redraws_once_per_choice(panel):
    for control in [*panel.controls.values(), *panel.beside[:2]]:
        assert control.description
        assert not getattr(control, "continuous_update", False)


def test_the_choice_is_the_value(panel):
    assert panel.value == {
        "layer": "fc2", "neuron": 0, "other": 1, "bins": 10, "edges": "common", "k": 3,
        "n_samples": 300, "unit": "nat",
    }  # fmt: skip


def test_what_cannot_be_explored_is_refused_in_one_clear_error(acts):
    array = acts.activation
    for error, words, call in [
        (TypeError, "must be an xarray", lambda: explore(np.zeros((3, 4)))),
        (ValueError, "dim 'sample' not found", lambda: explore(array.isel(sample=0))),
        (ValueError, "dim 'neuron' not found", lambda: explore(array.isel(neuron=0))),
        (ValueError, "fewer than 2 samples", lambda: explore(array.isel(sample=[0]))),
        (ValueError, "number of samples, 300", lambda: explore(acts, k=300)),
        (ValueError, "Did you mean 'bit'", lambda: explore(acts, unit="bits")),
        (ValueError, "edges must be one of", lambda: explore(acts, edges="own")),
        (ValueError, "bins must be at least 1", lambda: explore(acts, bins=0)),
        (ValueError, "dim 'alpha' not found", lambda: explore(acts, by="alpha")),
        (ValueError, "Did you mean 'label'", lambda: explore(acts, colour_by="labels")),
        (ValueError, "max_samples must be at least 2", lambda: explore(acts, max_samples=1)),
    ]:
        with pytest.raises(error, match=re.escape(words)):
            call()
    broken = acts.activation.copy()
    broken.loc[{"layer": "fc2", "neuron": 3, "sample": 17}] = np.nan
    with pytest.raises(ValueError, match="layer 'fc2', neuron 3, sample 17"):
        explore(broken)


def test_the_order_of_what_is_set_does_not_matter():
    rng = np.random.default_rng(0)
    values = {"wide": rng.normal(size=(60, 9)), "narrow": rng.normal(size=(60, 3))}
    panel = explore(inb.from_arrays(values))
    panel.set(other=7, neuron=8, layer="wide")
    assert (panel.value["neuron"], panel.value["other"]) == (8, 7)
    before = panel.value
    with pytest.raises(ValueError, match="neuron must be between 0 and 2; not 5"):
        panel.set(neuron=5, layer="narrow")
    assert panel.value == before


def test_a_level_is_named_beside_its_slider_or_in_a_list(acts):
    for levels, kind in [([1, 20], "SelectionSlider"), (["memorized, short", "b"], "Dropdown")]:
        both = xr.concat([acts.activation] * 2, xr.Variable("epoch", levels))
        level = explore(both).controls["level"]
        assert type(level).__name__ == kind
        assert level.description == "epoch"
        assert [name for name, _ in level.options] == [str(name) for name in levels]


def test_a_pair_is_found_in_the_list_whatever_the_order_of_neurons():
    values = np.random.default_rng(0).normal(size=(60, 4))
    names = np.array(["d", "c", "b", "a"], dtype=object)
    panel = explore(inb.from_arrays({"fc1": values}).assign_coords(neuron=names))
    panel.set(neuron="a", other="c")
    assert panel.beside[1].value == ("c", "a")


def test_a_seed_must_not_be_negative(acts):
    with pytest.raises(ValueError, match="seed must be at least 0; not -1"):
        explore(acts, seed=-1)


def test_examples_follow_the_neuron_and_the_samples_on_show(acts):
    texts = [f"example {i}" for i in range(300)]
    panel = explore(acts, examples=texts, bins=10)
    before = panel.images["examples"].value
    panel.set(layer="fc1", neuron=9)
    assert panel.images["examples"].value != before
    values = acts.activation.sel(layer="fc1", neuron=9).values
    best = np.argsort(-values)[:4]
    expected = ", ".join(f"example {at} ({values[at]:.3g})" for at in best)
    assert panel.images["examples"].alt == (
        f"The examples that excite fc1, neuron 9 most: {expected}."
    )
    panel.controls["n_samples"].value = 100
    some = panel.samples
    best = some[np.argsort(-values[some])[:4]]
    assert f"most: example {best[0]} (" in panel.images["examples"].alt
    shown = panel.images["examples"].value
    panel.set(bins=20, other=3, unit="bit", k=5, edges="neuron")
    assert panel.images["examples"].value == shown


def test_examples_of_a_part_are_found_by_their_labels(acts):
    images = xr.DataArray(
        np.random.default_rng(0).random((300, 4, 4)), dims=("sample", "row", "column"),
        coords={"sample": np.arange(300)},
    )  # fmt: skip
    part = acts.isel(sample=slice(100, None, 2))
    panel = explore(part, examples=images, bins=10, interactive=False)
    values = part.activation.sel(layer="fc2", neuron=0)
    best = int(values.sample[int(np.argmax(values.values))])
    assert f"most: image {best} (" in panel.images["examples"].alt
    with pytest.raises(ValueError, match="there are 300 examples and 100 samples"):
        explore(part, examples=images.values)
    with pytest.raises(ValueError, match="the examples have no sample"):
        explore(part, examples=images[:200])
