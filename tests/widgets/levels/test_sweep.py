"""The panel of a sweep shows the numbers of the data, redraws, and gives its choice back."""

from __future__ import annotations

import inspect
import itertools
import warnings

import ipywidgets
import numpy as np
import pytest
import xarray as xr
from widgets.redraws import check_redraws, images

import infonb as inb
from infonb.dims import without_diagonal
from infonb.plots.picture import png_size
from infonb.storage import open_dataset, save_dataset
from infonb.widgets import explore_sweep
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.quantiles import neuron_quantiles, pair_quantiles
from infonb.widgets.levels.views import Views

pytestmark = pytest.mark.slow

LEVELS = [0.0, 0.5, 1.0]
DIMS = ("alpha", "seed", "layer", "neuron")
PAIR_DIMS = (*DIMS, "other_layer", "other_neuron")


@pytest.fixture
def results():
    """A sweep whose entropy falls and whose MI rises; the second layer has one neuron less."""
    rng = np.random.default_rng(0)
    fall = np.array([4.0, 3.0, 1.5])[:, None, None, None]
    h = fall + 0.3 * rng.normal(size=(3, 2, 2, 12))
    i = rng.gamma(2, 0.05, size=(3, 2, 2, 12, 2, 12)) * np.reshape([1, 2, 6], (3, 1, 1, 1, 1, 1))
    i[:, :, 0, np.arange(12), 0, np.arange(12)] = i[:, :, 1, np.arange(12), 1, np.arange(12)] = 7.0
    h[:, :, 1, 11] = i[:, :, 1, 11] = i[..., 1, 11] = np.nan
    layers = np.array(["fc1", "fc2"], dtype=object)
    return xr.Dataset(
        {
            "entropy": (DIMS, h, {"units": "nat", "bins": 100}),
            "mutual_information": (PAIR_DIMS, i, {"units": "nat", "estimator": "ksg", "k": 3}),
            "final_train_accuracy": (("alpha", "seed"), [[0.7, 0.8], [0.8, 0.9], [1.0, 1.0]]),
            "final_validation_accuracy": (("alpha", "seed"), [[0.7, 0.7], [0.6, 0.6], [0.5, 0.4]]),
            "train_accuracy": (("alpha", "seed", "epoch"), np.ones((3, 2, 4))),
        },
        {
            "alpha": LEVELS, "seed": [3, 5], "layer": layers, "neuron": np.arange(12),
            "other_layer": layers, "other_neuron": np.arange(12), "epoch": [1, 2, 3, 4],
        },
    )  # fmt: skip


def pictures_of(results, by=None, **options):
    """Return the panel without what only a page with a kernel needs; its controls work."""
    return explore_sweep(results, by, interactive=False, **options)


def test_every_control_redraws_the_pictures_that_depend_on_it(results):
    panel = explore_sweep(results)
    assert panel.value == {"alpha": 1.0, "seed": "all", "layer": "all layers", "unit": "nat"}
    every = {"entropy", "mutual_information", "curves", "density"}
    moves = [
        ("alpha", 0.5, every), ("seed", 5, every), ("layer", "fc2", {"density"}),
        ("unit", "bit", every - {"curves"}),
    ]  # fmt: skip
    check_redraws(panel, moves)


def test_of_one_layer_there_is_nothing_to_choose(results):
    assert "layer" in pictures_of(results).value
    panel = pictures_of(results.sel(layer=["fc1"], other_layer=["fc1"]))
    assert "layer" not in panel.value
    assert "density" in images(panel)


def test_going_back_shows_the_same_pictures_again(results):
    panel = explore_sweep(results)
    start = images(panel)
    for name, value in [("alpha", 0.0), ("seed", 3), ("unit", "bit"), ("layer", "fc1")]:
        panel.controls[name].value = value
    fresh = explore_sweep(results)
    with fresh.hold():
        fresh.controls["layer"].value, fresh.controls["unit"].value = "fc1", "bit"
        fresh.controls["seed"].value, fresh.controls["alpha"].value = 3, 0.0
    assert images(panel) == images(fresh)
    panel.set(alpha=1.0, seed="all", unit="nat", layer="all layers")
    assert images(panel) == start


def test_the_numbers_shown_are_those_of_the_data(results):
    panel = pictures_of(results)
    panel.set(alpha=0.5, seed=5, layer="fc1", unit="bit")
    here = results.sel(alpha=0.5, seed=5)
    alt = {name: image.alt for name, image in panel.images.items()}
    for layer in ("fc1", "fc2"):
        h = float(here.entropy.sel(layer=layer).median()) / np.log(2)
        assert f"{layer} {h:.2f} (α = 0: " in alt["entropy"]
        pairs = without_diagonal(here.mutual_information.sel(layer=[layer], other_layer=[layer]))
        i = float(pairs.median()) / np.log(2)
        assert f"{layer} {i:.2f} (α = 0: " in alt["mutual_information"]
        if layer == "fc1":
            assert f"α = 0.5: median {i:.2f}" in alt["density"]
    assert "training 0.9, validation 0.6" in alt["curves"]
    assert "α = 0.5, seed 5" in alt["entropy"]
    assert "KSG, k = 3" in alt["density"]


def test_all_seeds_together_are_pooled(results):
    panel = pictures_of(results)
    h = float(results.entropy.sel(alpha=1.0, layer="fc1").median())
    i = float(without_diagonal(results.mutual_information.sel(alpha=1.0)).median())
    assert f"fc1 {h:.2f}" in panel.images["entropy"].alt
    assert f"α = 1: median {i:.2f}" in panel.images["density"].alt
    assert "validation 0.45" in panel.images["curves"].alt


def test_axes_stay_where_they_are(results):
    pictures = Views(levels_of(results)).functions()
    for name, draw in pictures.items():
        limits = set()
        for alpha in LEVELS:
            for seed in ("all", 3, 5):
                values = {"alpha": alpha, "seed": seed, "layer": "fc1", "unit": "nat"}
                taken = {k: v for k, v in values.items() if k in parameters(draw)}
                axis = draw(**taken).axes[0]
                limits.add((axis.get_xlim(), axis.get_ylim()))
        assert len(limits) == 1, name


def parameters(draw):
    return inspect.signature(draw).parameters


def levels_of(results):
    accuracy = {"validation": results.final_validation_accuracy}
    return Levels(
        "alpha", LEVELS, results.entropy, results.mutual_information, {"accuracy": accuracy}
    )


def test_the_drawing_holds_the_medians_the_boxes_and_the_ring(results):
    draw = Views(levels_of(results)).functions()
    picture = draw["entropy"](alpha=0.5, seed="all", unit="nat")
    course, beside = picture.axes
    medians = results.entropy.median(["seed", "neuron"])
    for line, layer in zip(course.lines[:2], ("fc1", "fc2"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), medians.sel(layer=layer))
    rings = course.collections[-1].get_offsets()
    np.testing.assert_allclose(rings, [[1, m] for m in medians.sel(alpha=0.5)])
    drawn = [line.get_ydata()[0] for line in beside.lines if line.get_linewidth() == 2]
    np.testing.assert_allclose(drawn, medians.sel(alpha=0.5))
    assert len(beside.patches) == 4  # two layers, and the faint ones of the first level
    at_first = draw["entropy"](alpha=0.0, seed="all", unit="nat")
    assert len(at_first.axes[1].patches) == 2
    ticks = draw["density"](alpha=1.0, seed=3, layer="fc2", unit="nat").axes[0].lines
    ticks = [line.get_xdata()[0] for line in ticks if line.get_marker() == "|"]
    pairs = results.mutual_information.sel(seed=3, layer=["fc2"], other_layer=["fc2"])
    expected = without_diagonal(pairs).median(PAIR_DIMS[2:]).sel(alpha=[0.0, 1.0])
    np.testing.assert_allclose(ticks, expected)


def test_the_choice_selects_from_the_results(results):
    panel = pictures_of(results)
    panel.set(alpha=0.5, layer="fc2")
    assert panel.selection == {"alpha": 0.5, "layer": "fc2", "other_layer": "fc2"}
    here = results.sel(panel.selection)
    assert here.entropy.dims == ("seed", "neuron")
    assert here.mutual_information.dims == ("seed", "neuron", "other_neuron")
    within = float(without_diagonal(here.mutual_information).median())
    assert f"α = 0.5: median {within:.2f}" in panel.images["density"].alt
    panel.controls["seed"].value = 3
    assert results.sel(panel.selection).final_train_accuracy.item() == 0.8
    assert results.sel(alpha=panel.value["alpha"], seed=panel.value["seed"]).entropy.ndim == 2


def test_a_click_chooses_the_nearest_level(results):
    panel = explore_sweep(results)
    image = panel.images["entropy"]
    assert image.cursor[0] == 2.0
    image.pointed = [0.8, 3.0, 1.0]
    assert panel.value["alpha"] == 0.5
    assert image.cursor[0] == 1.0


def test_a_report_holds_the_pictures_only(results):
    data, metadata = explore_sweep(results, interactive=False)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "Entropy of neurons along α" in metadata["image/png"]["alt"]
    assert "Density of the mutual information" in metadata["image/png"]["alt"]
    assert (
        "application/vnd.jupyter.widget-view+json"
        in (explore_sweep(results)._repr_mimebundle_()[0])
    )


def test_saved_results_open_to_the_same_panel(results, tmp_path):
    save_dataset(results, tmp_path / "results.zarr")
    again = pictures_of(open_dataset(tmp_path / "results.zarr"))
    assert images(again) == images(pictures_of(results))
    again.controls["alpha"].value = 0.0
    assert again.message.value == ""


def test_an_experiment_is_explored_as_it_comes():
    from infonb.experiments import ColoredDigits

    small = ColoredDigits(
        alpha=[0, 1], seed=[0, 1], width=16, epochs=2, n_train=100, n_validation=100
    )
    results = small.run(progress=False)
    panel = pictures_of(results)
    panel.controls["alpha"].value = 0.0
    h = float(results.sel(panel.selection).entropy.sel(layer="fc1").median())
    assert f"fc1 {h:.2f}" in panel.images["entropy"].alt
    assert "training" in panel.images["curves"].alt
    assert "100 bins" in Views(
        Levels("alpha", [0.0, 1.0], results.entropy, None)
    ).functions()["entropy"](alpha=0.0, seed="all", unit="nat").axes[1].get_xlabel()  # fmt: skip


def test_levels_that_are_names_and_other_dimensions(results):
    names = np.array(["baseline", "heuristic", "memorized, long"], dtype=object)
    named = results.rename(alpha="network").assign_coords(network=names)
    kinds = xr.Variable("edges", np.array(["common", "own"], dtype=object))
    named["entropy"] = xr.concat([named.entropy, named.entropy + 1], dim=kinds)
    within = [named.mutual_information.sel(layer=x, other_layer=x, drop=True)
              for x in ("fc1", "fc2")]  # fmt: skip
    named["mutual_information"] = xr.concat(within, dim=named.layer)
    panel = pictures_of(named.drop_vars("other_layer"))
    assert list(panel.controls) == ["network", "seed", "edges", "layer", "unit"]
    assert list(panel.controls["network"].options) == [(name, name) for name in names]
    long = xr.Variable("layer", np.array(["encoder.layer.0.output", "fc2"], dtype=object))
    dropdown = pictures_of(named.assign_coords(layer=long)).controls["layer"]
    assert isinstance(dropdown, ipywidgets.Dropdown)  # a slider has no room for such names
    assert isinstance(panel.controls["layer"], ipywidgets.SelectionSlider)
    panel.set(network="heuristic", edges="own")
    h = float(results.entropy.sel(alpha=0.5, layer="fc1").median()) + 1
    assert f"marked: heuristic, 2 seeds, medians (nat): fc1 {h:.2f} (baseline: " in panel.alt
    assert panel.selection == {"network": "heuristic", "edges": "own"}
    before = images(panel)
    panel.controls["edges"].value = "common"
    after = images(panel)
    assert [name for name in before if before[name] != after[name]] == ["entropy"]


def test_one_seed_one_layer_one_measure(results):
    one = results[["entropy"]].isel(seed=0, drop=True).sel(layer="fc1")
    panel = pictures_of(one)
    assert list(panel.controls) == ["alpha", "unit"]
    assert list(panel.images) == ["entropy"]
    panel = pictures_of(results[["mutual_information"]].isel(seed=[0]))
    assert list(panel.images) == ["mutual_information", "density"]
    panel.controls["alpha"].value = 0.5
    assert panel.message.value == ""


def test_levels_in_any_order_start_with_the_weakest(results):
    shuffled = pictures_of(results.isel(alpha=[2, 0, 1]))
    assert images(shuffled) == images(pictures_of(results))


def test_a_network_that_was_not_measured_leaves_a_gap(results):
    holes = results.copy(deep=True)
    holes["entropy"].loc[{"alpha": 1.0, "seed": 3}] = np.nan
    holes["mutual_information"].loc[{"alpha": 1.0, "seed": 3}] = np.nan
    panel = pictures_of(holes)
    panel.controls["seed"].value = 3
    assert panel.message.value == ""
    assert "fc1 not measured (α = 0: " in panel.images["entropy"].alt
    assert "nan" not in panel.alt
    assert "α = 1" not in panel.images["density"].alt.partition("medians")[2]


def test_what_is_no_sweep_is_refused(results):
    with pytest.raises(TypeError, match="must be an xarray Dataset; not DataArray"):
        pictures_of(results.entropy)
    with pytest.raises(ValueError, match=r"hold neither 'entropy' nor .*; they hold \['final_tr"):
        pictures_of(results[["final_train_accuracy"]])
    with pytest.raises(ValueError, match=r"dim 'alhpa' not found.*Did you mean 'alpha'"):
        pictures_of(results, by="alhpa")
    with pytest.raises(ValueError, match="results hold no sweep: entropy has dims"):
        pictures_of(results.isel(alpha=0))
    two = results.expand_dims(beta=[0.0, 1.0])
    with pytest.raises(ValueError, match=r"choose by= among \['beta', 'alpha'\]"):
        pictures_of(two)
    assert pictures_of(two, by="alpha").value["beta"] == 0.0
    with pytest.raises(ValueError, match="unit must be one of"):
        pictures_of(results, unit="bits")


def test_quartiles_are_those_of_numpy(results):
    spread = neuron_quantiles(results.entropy)
    for seed in (3, 5):
        expected = np.nanquantile(results.entropy.sel(seed=seed), [0.25, 0.5, 0.75], axis=-1)
        np.testing.assert_allclose(spread.sel(seed=seed), np.moveaxis(expected, 0, -1))
    pairs = pair_quantiles(results.mutual_information, ["alpha"])
    within = results.mutual_information.sel(layer="fc2", other_layer="fc2").values
    within = within[..., ~np.eye(12, dtype=bool)]
    expected = np.nanquantile(within, [0.25, 0.5, 0.75], axis=-1)
    found = pairs.quartile.sel(layer="fc2", seed=[3, 5])
    np.testing.assert_allclose(found, np.moveaxis(expected, 0, -1))


def test_the_density_is_that_of_the_pairs():
    rng = np.random.default_rng(0)
    values = rng.normal(0.5, 0.1, size=(2, 1, 200, 200))
    values[1] += 0.5
    i = xr.DataArray(
        values, {"alpha": [0, 1], "layer": ["fc1"]}, ("alpha", "layer", "neuron", "other_neuron")
    )
    spread = pair_quantiles(i, ["alpha"]).sel(layer="fc1", seed="all")
    x = spread.value.values
    normal = np.exp(-0.5 * ((x - 0.5) / 0.1) ** 2) / (0.1 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(spread.density.sel(alpha=0), normal, atol=0.2)
    np.testing.assert_allclose(spread.density.sum("cell") * (x[1] - x[0]), 1, atol=0.01)
    low, high = spread.limits.values
    assert low < 0.25
    assert high > 1.2


def test_equal_pairs_have_a_density_too():
    zero = xr.DataArray(np.zeros((2, 1, 4, 4)), {"alpha": [0, 1], "layer": ["fc1"]},
                        ("alpha", "layer", "neuron", "other_neuron"))  # fmt: skip
    panel = pictures_of(xr.Dataset({"mutual_information": zero}))
    assert "α = 1: median 0.00" in panel.alt


def test_shares_have_no_unit_to_choose(results):
    share = results[["mutual_information"]].copy()
    share["mutual_information"].attrs["units"] = "1"
    assert "unit" not in pictures_of(share).controls


def test_many_levels_and_long_names_keep_their_words_apart():
    rng = np.random.default_rng(0)
    layers = [f"encoder.layer.{number}.output" for number in range(6)]
    for levels in ([f"a rather long name {n}" for n in range(12)], np.linspace(0, 1, 21)):
        h = xr.DataArray(
            rng.gamma(9, 0.3, (len(levels), 6, 8)), {"level": levels, "layer": layers},
            ("level", "layer", "neuron"),
        )  # fmt: skip
        draw = Views(Levels("level", list(levels), h, None)).functions()["entropy"]
        picture = draw(level=list(levels)[3], unit="nat")
        picture.to_png()
        for axis in picture.axes:
            boxes = [x.get_window_extent() for x in axis.get_xticklabels() if x.get_text()]
            assert all(box.x0 >= 0 and box.y0 >= 0 for box in boxes)
            if not axis.get_xticklabels()[0].get_rotation():
                gaps = [b.x0 - a.x1 for a, b in itertools.pairwise(boxes)]
                assert min(gaps) > 2
        names = [x.get_text() for x in picture.axes[1].get_xticklabels()]
        assert names == [f"…{number}…" for number in range(6)]


def words_of(picture):
    return [text.get_text() for axis in picture.axes for text in axis.texts]


def test_a_long_dimension_is_named_in_full_or_not_at_all():
    name = "label_noise_of_training_set"
    rng = np.random.default_rng(0)
    dims, coords = (name, "layer", "neuron"), {name: [0.0, 0.5], "layer": ["fc1"]}
    h = xr.DataArray(rng.gamma(9, 0.3, (2, 1, 8)), coords, dims)
    i = xr.DataArray(rng.gamma(2, 0.1, (2, 1, 8, 8)), coords, (*dims, "other_neuron"))
    draw = Views(Levels(name, [0.0, 0.5], h, i)).functions()
    entropy = draw["entropy"](**{name: 0.5}, unit="nat")
    assert words_of(entropy) == ["0.5", "faint: 0"]
    assert entropy.axes[0].get_xlabel() == name
    density = draw["density"](**{name: 0.5}, layer="fc1", unit="nat")
    assert [words.split(":")[0] for words in words_of(density)] == ["- - 0", "— 0.5"]
    assert density.axes[0].get_title(loc="left") == f"pairs within fc1, by {name}"


def test_long_names_of_levels_have_a_second_line():
    levels = ["trained with noise", "trained without noise"]
    h = xr.DataArray(
        np.random.default_rng(0).gamma(9, 0.3, (2, 2, 1, 8)),
        {"network": levels, "seed": [0, 1], "layer": ["fc1"]},
        ("network", "seed", "layer", "neuron"),
    )
    draw = Views(Levels("network", levels, h, None)).functions()["entropy"]
    picture = draw(network=levels[1], seed="all", unit="nat")
    assert words_of(picture) == [f"{levels[1]}\n2 seeds", f"faint:\n{levels[0]}"]
    picture.to_png()
    bounds = [text.get_window_extent() for axis in picture.axes for text in axis.texts]
    assert all(picture.bbox.x0 < box.x0 and box.x1 < picture.bbox.x1 for box in bounds)
    assert all(picture.axes[0].bbox.y1 < box.y0 and box.y1 < picture.bbox.y1 for box in bounds)
    assert bounds[0].x1 < bounds[1].x0


def test_pictures_are_of_the_size_that_they_have_on_the_page(results):
    panel = pictures_of(results)
    assert png_size(panel.images["entropy"].value) == (441, 294)


def test_a_layer_of_one_neuron_has_no_pairs(results):
    one = results.drop_vars(["mutual_information", "other_layer", "other_neuron"])
    within = np.full((3, 2, 2, 12, 12), 9.0)
    within[:, :, 0] = results.mutual_information.values[:, :, 0, :, 0, :]
    within[:, :, 1, 1:], within[:, :, 1, :, 1:] = np.nan, np.nan  # an output layer
    one["mutual_information"] = (("alpha", "seed", "layer", "neuron", "other_neuron"), within)
    panel = pictures_of(one.assign_coords(other_neuron=np.arange(12)))
    assert [name for name, _ in panel.controls["layer"].options] == ["fc1", "all layers"]
    assert "fc2 not measured" in panel.images["mutual_information"].alt
    panel.set(layer="fc1", alpha=0.5, seed=3)
    assert panel.message.value == ""


def test_what_is_nan_everywhere_is_left_out_or_refused(results):
    no_pairs = results.assign(mutual_information=results.mutual_information * np.nan)
    assert list(pictures_of(no_pairs).images) == ["entropy", "curves"]
    no_entropy = results.assign(entropy=results.entropy * np.nan)
    assert "entropy" not in pictures_of(no_entropy).images
    with pytest.raises(ValueError, match="the results are NaN at every alpha: nothing was meas"):
        pictures_of(no_pairs.drop_vars("entropy"))
    single = results[["mutual_information"]].isel(
        layer=[0], other_layer=[0], neuron=[0], other_neuron=[0]
    )
    with pytest.raises(ValueError, match="one neuron only, which makes no pair"):
        pictures_of(single)


def test_an_estimator_that_knows_ties_comes_first(results):
    results["mixture_information"] = (results.mutual_information + 1).assign_attrs(
        estimator="mixture", units="nat"
    )
    results["mutual_information"] = results.mutual_information - 2  # as if after a ReLU
    results.mutual_information.attrs.update(estimator="ksg", k=3, units="nat")
    panel = explore_sweep(results)
    assert panel.value["estimator"] == "mixture"
    assert "estimator" not in panel.selection
    for estimator, name in (("mixture", "mixture_information"), ("KSG", "mutual_information")):
        panel.controls["estimator"].value = estimator
        here = results[name].sel(alpha=1.0)
        middle = float(without_diagonal(here).median())
        assert f"α = 1: median {middle:.2f}" in panel.images["density"].alt
        within = float(without_diagonal(here.sel(layer=["fc1"], other_layer=["fc1"])).median())
        assert f"fc1 {within:.2f} (α = 0" in panel.images["mutual_information"].alt
        ties = "KSG below 0: ties?" in panel.images["mutual_information"].alt
        assert ties == (estimator == "KSG")
    check_redraws(panel, [("estimator", "mixture", {"mutual_information", "density"})])
    assert "estimator" not in pictures_of(results.drop_vars("mixture_information")).controls


@pytest.mark.parametrize("levels", [[1, 2, 5, 20], [0.0, 0.1, 0.25, 0.3]])
def test_quick_arrow_keys_go_on_to_the_last_level(levels):
    h = xr.DataArray(
        np.random.default_rng(0).gamma(9, 0.3, (4, 1, 8)), {"beta": levels, "layer": ["fc1"]},
        ("beta", "layer", "neuron"),
    )  # fmt: skip
    panel = explore_sweep(xr.Dataset({"entropy": h}))
    panel.controls["beta"].index = 0
    image = panel.images["entropy"]
    seen = []
    for number in range(1, 6):  # the browser counts steps; it knows no cursor of the kernel
        image.stepped = [number, 0, number]
        seen.append(panel.value["beta"])
    assert seen[-1] == levels[-1]
    assert seen == sorted(seen)
    image.stepped = [5 - 10, 0, 6]
    assert panel.value["beta"] == levels[0]


def test_long_names_stand_in_a_list_and_are_not_cut_off(results):
    panel = pictures_of(results)
    assert [name for name, _ in panel.controls["seed"].options] == ["all", "3", "5"]
    assert isinstance(panel.controls["alpha"], ipywidgets.SelectionSlider)
    for labels in ([1, 2, 1_234_567_890], np.array(["a", "b", "memorized, long"], dtype=object)):
        control = pictures_of(results.assign_coords(alpha=labels)).controls["alpha"]
        assert isinstance(control, ipywidgets.Dropdown)


def test_labels_must_tell_networks_apart(results):
    with pytest.raises(ValueError, match=r"alpha = 0.5 is there twice.*dimension 'seed'"):
        pictures_of(results.assign_coords(alpha=[0.5, 0.5, 1.0]))
    with pytest.raises(ValueError, match="a label of 'alpha' is NaN: say which"):
        pictures_of(results.assign_coords(alpha=[0.0, np.nan, 1.0]))
    with pytest.raises(ValueError, match="seed = 3 is there twice"):
        pictures_of(results.assign_coords(seed=[3, 3]))


@pytest.mark.parametrize("by", ["seed", "layer", "neuron"])
def test_a_sweep_is_along_networks(results, by):
    words = rf"by must be the dimension along which networks differ.*'alpha'.*not '{by}'"
    with pytest.raises(ValueError, match=words):
        pictures_of(results, by=by)


def test_large_numbers_are_named_in_full(results):
    panel = pictures_of(results.assign_coords(alpha=[1_000_000, 1_000_001, 1_000_002]))
    names = [name for name, _ in panel.controls["alpha"].options]
    assert names == ["1,000,000", "1,000,001", "1,000,002"]
    assert "α = 1,000,002" in panel.alt


def two_networks(**options):
    values = np.random.default_rng(0).normal(size=(2, 60, 5))
    acts = [inb.from_arrays({"fc1": one, "fc2": one[:, :4]}).activation for one in values]
    acts = xr.concat(acts, xr.Variable("alpha", [0, 1]))
    return acts, inb.mutual_information(acts, **options)


def test_the_words_are_those_of_the_kind_of_information():
    _, between = two_networks(between=("fc1", "fc2"))
    panel = pictures_of(xr.Dataset({"mutual_information": between}))
    assert "Mutual information of pairs between fc1 and fc2 along" in panel.alt
    assert "of pairs between fc1 and fc2; medians" in panel.images["density"].alt
    assert "within" not in panel.alt
    _, label = two_networks(other=np.arange(60) % 2)
    panel = pictures_of(xr.Dataset({"mutual_information": label}))
    assert "Mutual information of neurons of each layer with a label along" in panel.alt
    assert "pair" not in panel.alt
    assert panel.controls["layer"].description == "neurons of layer"
    _, within = two_networks(within="layer")
    panel = pictures_of(xr.Dataset({"mutual_information": within.sel(layer="fc1")}))
    assert "Mutual information of pairs within fc1 along" in panel.alt


def test_a_picture_says_what_its_bands_are(results):
    draw = Views(levels_of(results)).functions()
    values = {"alpha": 0.5, "seed": "all", "layer": "fc1", "unit": "nat"}
    expected = {
        "entropy": "median and quartiles of neurons",
        "mutual_information": "median and quartiles of pairs",
        "curves": "mean and range of seeds",
    }
    for name, words in expected.items():
        one = draw[name](**{take: values[take] for take in parameters(draw[name])})
        assert words in [text.get_text() for text in one.texts]
    assert expected["curves"] in draw["curves"](alpha=0.5, seed="all").alt
    one = draw["curves"](alpha=0.5, seed=3)
    assert "mean" not in "".join([one.alt, *(text.get_text() for text in one.texts)])


def test_the_names_of_curves_are_not_over_the_curves(results):
    density = Views(levels_of(results)).functions()["density"]
    picture = density(alpha=0.5, seed="all", layer="fc1", unit="nat")
    picture.to_png()
    axis = picture.axes[0]
    names = [text.get_window_extent() for text in axis.texts]
    assert len(names) == 2
    assert all(axis.bbox.y1 <= box.y0 and box.y1 <= picture.bbox.y1 for box in names)
    title = axis._left_title.get_window_extent()
    assert not any(box.overlaps(title) for box in names)
    assert title.y1 <= picture.bbox.y1


def test_it_is_exported():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert inb.explore_sweep is explore_sweep
