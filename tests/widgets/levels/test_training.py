"""The panel of a training shows the numbers of each epoch, measured or given."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from widgets.redraws import check_redraws, images

import infonb as inb
from infonb.dims import without_diagonal
from infonb.storage import open_dataset, save_dataset
from infonb.widgets import explore_training
from infonb.widgets.levels.levels import Levels
from infonb.widgets.levels.views import Views

pytestmark = pytest.mark.slow

EPOCHS = [1, 5, 10]


@pytest.fixture
def activation():
    """Activations whose entropy falls: fewer values are away from 0 each time."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 150, 10)) * np.reshape([1.0, 0.6, 0.2], (3, 1, 1))
    values[:, 0] = 5.0  # so that common bins are the same
    values[:, 1] = -5.0
    acts = [
        inb.from_arrays({"fc1": one, "fc2": one[:, :6] + one[:, :1]}).activation for one in values
    ]
    return xr.concat(acts, dim=xr.Variable("epoch", EPOCHS), coords="minimal", compat="override")


@pytest.fixture
def history():
    epoch = np.arange(1, 13)
    curves = {
        "train_accuracy": epoch / 12, "validation_accuracy": epoch / 24,
        "train_loss": 1 / epoch, "validation_loss": 2 / epoch,
    }  # fmt: skip
    return xr.Dataset({name: ("epoch", curve) for name, curve in curves.items()}, {"epoch": epoch})


@pytest.fixture
def measured(activation):
    return xr.Dataset(
        {
            "entropy": inb.entropy(activation),
            "mutual_information": inb.mutual_information(activation, within="layer"),
        }
    )


def pictures_of(results, *args, **options):
    """Return the panel without what only a page with a kernel needs; its controls work."""
    return explore_training(results, *args, interactive=False, **options)


def test_every_control_redraws_the_pictures_that_depend_on_it(measured, history):
    panel = explore_training(measured, history)
    assert panel.value == {
        "epoch": 10, "layer": "all layers", "quantity": "accuracy", "unit": "nat",
    }  # fmt: skip
    every = {"entropy", "mutual_information", "curves", "density"}
    moves = [
        ("epoch", 5, every), ("layer", "fc1", {"density"}), ("quantity", "loss", {"curves"}),
        ("unit", "bit", every - {"curves"}),
    ]  # fmt: skip
    check_redraws(panel, moves)


def test_activations_are_measured_once_as_infonb_does(activation, history, monkeypatch):
    import infonb.measures

    calls = []
    own = infonb.measures.mutual_information
    monkeypatch.setattr(
        infonb.measures, "mutual_information",
        lambda *args, **options: calls.append(options) or own(*args, **options),
    )  # fmt: skip
    panel = pictures_of(activation, history, bins=20, k=4, neurons=5, max_samples=120)
    options = {"estimator": "mixture", "k": 4, "neurons": 5, "max_samples": 120}
    assert calls == [options]
    i = own(activation, **options)
    h = inb.entropy(activation, bins=20)
    for epoch in EPOCHS:
        panel.controls["epoch"].value = epoch
        assert f"fc2 {float(h.sel(epoch=epoch, layer='fc2').median()):.2f}" in panel.alt
        middle = float(without_diagonal(i).sel(epoch=epoch).median())
        assert f"epoch {epoch}: median {middle:.2f}" in panel.images["density"].alt
    assert "mixture, k = 4, 5 neurons drawn, 120 samples of 150" in panel.alt
    assert len(calls) == 1


def test_curves_go_on_between_the_epochs_that_were_measured(measured, history):
    panel = pictures_of(measured, history)
    panel.controls["epoch"].value = 5
    assert f"training {5 / 12:.3g}, validation {5 / 24:.3g}" in panel.images["curves"].alt
    panel.controls["quantity"].value = "loss"
    assert "Loss along epoch; marked: epoch 5: training 0.2, validation 0.4" in panel.alt


def test_measures_and_curves_may_be_in_one_dataset(measured, history):
    together = xr.merge([measured, history], join="outer")
    assert together.sizes["epoch"] == 12
    panel = pictures_of(together)
    assert [value for _, value in panel.controls["epoch"].options] == EPOCHS
    assert images(panel) == images(pictures_of(measured, history))
    panel.controls["epoch"].value = 5
    assert together.sel(panel.selection).entropy.dims == ("layer", "neuron")


def test_activations_beside_longer_curves(activation, history):
    together = xr.merge([activation.to_dataset(), history], join="outer")
    panel = pictures_of(together, estimator="binned", neurons=None, max_samples=None)
    assert [value for _, value in panel.controls["epoch"].options] == EPOCHS
    assert "10 bins, all neurons, 150 samples" in panel.alt


def test_arrays_alone(measured):
    assert list(pictures_of(measured.entropy).images) == ["entropy"]
    panel = pictures_of(measured.mutual_information)
    assert list(panel.images) == ["mutual_information", "density"]
    assert list(panel.controls) == ["epoch", "layer", "unit"]


def test_more_runs_are_more_controls(measured, history):
    runs = xr.concat([measured, measured + 1], dim=xr.Variable("seed", [0, 1]))
    runs = xr.concat([runs, 2 * runs], dim=xr.Variable("alpha", [0.0, 1.0]))
    panel = pictures_of(runs, history)
    assert list(panel.controls) == ["epoch", "seed", "alpha", "layer", "quantity", "unit"]
    panel.set(epoch=5, seed=1, alpha=1.0)
    h = float(runs.sel(panel.selection).entropy.sel(layer="fc1").median())
    assert panel.selection == {"epoch": 5, "seed": 1, "alpha": 1.0}
    assert f"epoch 5, seed 1, medians (nat): fc1 {h:.2f}" in panel.images["entropy"].alt


def test_a_button_goes_through_the_epochs(measured):
    import ipywidgets

    panel = explore_training(measured)
    label, play = panel.beside[0].children
    assert isinstance(play, ipywidgets.Play)
    assert label.value == "play"
    assert (play.min, play.max, play.value) == (0, 2, 2)
    assert play.link.source == (play, "value")
    assert play.link.target == (panel.controls["epoch"], "index")
    panel.controls["epoch"].index = 0  # what the link does in the browser
    assert panel.value["epoch"] == 1
    assert "play" not in panel.value


def test_arrow_keys_go_from_epoch_to_epoch(measured):
    panel = explore_training(measured)
    image = panel.images["entropy"]
    for number, (right, expected) in enumerate([(-1, 5), (-2, 1), (-3, 1), (-2, 5), (-1, 10)]):
        image.stepped = [right, 0, number + 1]
        assert panel.value["epoch"] == expected
    for number, (x, expected) in enumerate([(4.0, 5), (8.9, 10), (0.0, 1)]):
        image.pointed = [x, 3.0, number + 7.0]
        assert panel.value["epoch"] == expected


def test_saved_results_open_to_the_same_panel(measured, tmp_path):
    save_dataset(measured, tmp_path / "results.zarr")
    again = pictures_of(open_dataset(tmp_path / "results.zarr"))
    assert images(again) == images(pictures_of(measured))


def test_a_report_holds_the_pictures_only(measured, history):
    data, metadata = pictures_of(measured, history)._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "Entropy of neurons along epoch" in metadata["image/png"]["alt"]


def test_any_dimension_of_numbers_will_do(measured):
    steps = measured.rename(epoch="step")
    panel = pictures_of(steps, over="step")
    panel.controls["step"].value = 1
    assert "marked: step 1" in panel.alt
    with pytest.raises(ValueError, match=r"dim 'epoch' not found; results has dims"):
        pictures_of(steps)
    names = steps.assign_coords(step=np.array(["early", "middle", "late"], dtype=object))
    with pytest.raises(ValueError, match="the labels of 'step' must be numbers; not 'early'"):
        pictures_of(names, over="step")


def test_what_was_not_measured_is_refused(measured, history):
    with pytest.raises(ValueError, match=r"neither 'activation' nor .*infonb.fit\(..., callback"):
        pictures_of(history)
    with pytest.raises(TypeError, match="must be a DataArray or Dataset; not dict"):
        pictures_of({"epoch": 1})
    with pytest.raises(ValueError, match="NaN at every epoch"):
        pictures_of(measured[["entropy"]] * np.nan)
    with pytest.raises(TypeError, match=r"history must be a Dataset.*not int \(3\)"):
        pictures_of(measured, 3)
    with pytest.raises(ValueError, match="epoch = 5 is there twice"):
        pictures_of(measured.assign_coords(epoch=[1, 5, 5]))
    with pytest.raises(ValueError, match="epoch = 2 is there 3 times"):
        pictures_of(measured, history.isel(epoch=[0, 1, 1, 1]))
    with pytest.raises(ValueError, match="a label of 'epoch' is NaN"):
        pictures_of(measured.assign_coords(epoch=[1, np.nan, 5]))
    with pytest.raises(ValueError, match="estimator must be one of"):
        pictures_of(measured, estimator="ksgg")


def test_recorded_during_training():
    from infonb.data import concentric_circles
    from infonb.networks.mlp import MLP

    model, points, unseen = MLP([2, 6, 1]), concentric_circles(80), concentric_circles(60, seed=1)
    recorded = {}

    def look(epoch, values):
        recorded[epoch] = inb.record(model, unseen.input, layers=["fc1"], progress=False).activation

    history = inb.fit(model, points, unseen, epochs=3, callback=look, keep="last", progress=False)
    epochs = xr.Variable("epoch", list(recorded))
    acts = xr.concat(recorded.values(), dim=epochs, coords="minimal", compat="override")
    panel = pictures_of(acts, history)
    last = inb.record(model, unseen.input, layers=["fc1"], progress=False)
    assert f"fc1 {float(inb.entropy(last).median()):.2f}" in panel.images["entropy"].alt


def test_a_single_neuron_has_entropy_only(activation):
    panel = pictures_of(activation.sel(layer=["fc1"]).isel(neuron=[0]))
    assert list(panel.images) == ["entropy"]


def test_steps_of_many_sizes_stand_on_a_log_scale():
    steps = [0, 100, 1000, 10_000, 1_000_000]
    h = np.random.default_rng(0).gamma(9, 0.3, (5, 1, 8))
    results = xr.Dataset(
        {"entropy": (("step", "layer", "neuron"), h)}, {"step": steps, "layer": ["fc1"]}
    )
    panel = explore_training(results, over="step")
    assert panel.images["entropy"].cursor[0] == pytest.approx(4.5)
    for number, (x, step) in enumerate([(0.0, 0), (0.6, 100), (2.4, 10_000)]):
        panel.images["entropy"].pointed = [x, 3.0, number + 1.0]
        assert panel.value["step"] == step
    levels = Levels("step", steps, results.entropy, None, is_scale=True)
    assert levels.places.label == "step (log scale)"
    assert list(levels.places.ticks.values()) == ["0", "100", "1,000", "10k", "100k", "1M"]
    even = Levels("step", [1, 25, 50, 75, 100], results.entropy, None, is_scale=True)
    assert even.places.ticks is None
    assert even.x(75) == 75


def test_a_single_epoch_is_the_only_tick(measured):
    one = measured.isel(epoch=[1])
    levels = Levels("epoch", [5], one.entropy, None, is_scale=True)
    axis = Views(levels).functions()["entropy"](epoch=5, unit="nat").axes[0]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["5"]


def test_mutual_information_of_drawn_neurons_fits_with_the_entropy_of_all(activation):
    h, i = inb.entropy(activation), inb.mutual_information(activation, neurons=4)
    together = {"entropy": h, "mutual_information": i}
    panel = pictures_of(xr.Dataset(together))
    assert f"epoch 10: median {float(without_diagonal(i).sel(epoch=10).median()):.2f}" in panel.alt
    assert f"fc2 {float(h.sel(epoch=10, layer='fc2').median()):.2f}" in panel.alt


def test_it_is_exported():
    assert inb.explore_training is explore_training
