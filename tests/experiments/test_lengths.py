"""Lengths of training: the measures at each length are those of a run of that length."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from epochs import count_epochs

import infonb as inb
from infonb.experiments import ColoredDigits
from infonb.experiments.lengths import over_lengths

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")]

EXPERIMENT = ColoredDigits(
    alpha=[0.0, 1.0], seed=[0, 1], width=8, epochs=8, n_train=150, n_validation=60
)
SIDES = {"pre": "before the ReLU", "post": "after the ReLU"}


@pytest.fixture(scope="module")
def found():
    return over_lengths(EXPERIMENT, 0.0, 1.0, progress=False)


def test_dims_are_those_of_a_grid_of_settings(found):
    assert list(found.epochs.values) == [1, 2, 4, 8]
    assert list(found.side.values) == list(SIDES.values())
    axes = {"epochs", "side", "bins", "n_samples"}
    assert set(found.entropy_change.dims) == {*axes, "edges", "layer"}
    assert set(found.mutual_information_change.dims) == (axes - {"bins"}) | {"k", "layer"}
    assert list(found.edges.values) == ["common", "shared", "neuron"]
    for name in ("entropy", "mutual_information"):
        assert found[f"{name}_verdict"].dims == found[f"{name}_change"].dims
        assert np.isfinite(found[f"{name}_change"]).all()
    assert (found.entropy_claimed == -1).all()
    assert (found.mutual_information_claimed == 1).all()


@pytest.mark.parametrize("length", [2, 8])
@pytest.mark.parametrize("activations", ["pre", "post"])
def test_each_length_is_the_network_of_a_sweep_of_that_length(found, activations, length):
    runs = EXPERIMENT.changed(epochs=length, activations=activations).run(progress=False)
    here = found.sel(epochs=length, side=SIDES[activations], bins=100, n_samples=60)
    for edges in ("common", "neuron"):
        expected = inb.entropy(runs.activation, bins=100, edges=edges)
        measured = here.entropy.sel(edges=edges).transpose("alpha", "seed", "layer", "neuron")
        np.testing.assert_allclose(measured, expected)
        medians = expected.median("neuron")
        change = (medians.sel(alpha=1.0) - medians.sel(alpha=0.0)).mean("seed")
        np.testing.assert_allclose(here.entropy_change.sel(edges=edges), change)


def test_a_shorter_training_is_the_beginning_of_the_longer(monkeypatch):
    counted = count_epochs(monkeypatch)
    over_lengths(EXPERIMENT.changed(seed=[0], width=4, depth=1), 0.0, 1.0, progress=False)
    assert len(counted) == 2 * 8


def test_an_experiment_gives_its_own_lengths():
    experiment = EXPERIMENT.changed(alpha=[0.0, 0.5, 1.0], seed=[0], epochs=2)
    runs = experiment.run(progress=False)
    grid = experiment.lengths(runs, progress=False)
    assert (grid.attrs["start"], grid.attrs["end"]) == (0.0, 1.0)
    xr.testing.assert_identical(grid, over_lengths(experiment, 0.0, 1.0, progress=False))


def test_other_measures_train_nothing(tmp_path, monkeypatch):
    counted = count_epochs(monkeypatch)
    small = EXPERIMENT.changed(width=4, depth=2)
    kept, options = small.changed(cache=str(tmp_path)), {"parts": [0.5, 1.0], "progress": False}
    over_lengths(kept, 0.0, 1.0, **options)
    assert len(counted) == 2 * 2 * 8
    again = over_lengths(kept.changed(k=5), 0.0, 1.0, **options)
    assert len(counted) == 2 * 2 * 8
    xr.testing.assert_identical(again, over_lengths(small.changed(k=5), 0.0, 1.0, **options))


def test_a_preset_is_not_applied_to_a_length():
    # half of the length is the default, which the preset would replace
    small = {
        "dataset": "digits",
        "width": 4,
        "depth": 1,
        "n_train": 100,
        "n_validation": 60,
        "seed": [0],
    }
    paper = ColoredDigits(preset="paper", epochs=80, k=4)
    found = over_lengths(paper.changed(**small, batch_size=100), 0.0, 1.0, progress=False)
    assert list(found.epochs.values) == [10, 20, 40, 80]


def test_trainings_are_kept_and_no_activations(tmp_path):
    kept = EXPERIMENT.changed(cache=str(tmp_path), width=4, depth=1, epochs=4)
    over_lengths(kept, 0.0, 1.0, progress=False)
    assert list(tmp_path.rglob("last.safetensors"))
    assert not list(tmp_path.rglob("*.zarr"))


def test_of_a_folder_that_can_only_be_read_nothing_is_asked(tmp_path, monkeypatch):
    small = EXPERIMENT.changed(width=4, depth=1, epochs=2)
    expected = over_lengths(small, 0.0, 1.0, progress=False)
    monkeypatch.setattr("infonb.experiments.lengths.os.access", lambda *_: False)
    found = over_lengths(small.changed(cache=str(tmp_path)), 0.0, 1.0, progress=False)
    xr.testing.assert_identical(found, expected)
    assert list(tmp_path.iterdir()) == []
