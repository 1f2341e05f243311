"""Steps that return something else are told so, by name, before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import xarray as xr

from infonb.experiments import Experiment
from infonb.parameters import parameter

EXAMPLES = {"train": xr.Dataset({"input": ("sample", np.arange(4.0))})}
CURVE = xr.Dataset({"loss": ("epoch", [2.0, 1.0])}, {"epoch": [1, 2]})


@dataclass(frozen=True)
class Small(Experiment):
    """An experiment whose steps return what it is told."""

    name, claim, over = "small", "nothing", "shift"
    shift: list[float] = parameter([0.0, 1.0], "added to nothing", affects="selection")
    seed: list[int] = parameter([0], "none", affects="selection")
    n: int = parameter(1, "of nothing", affects="selection")

    def data(self, shift, seed):
        return GIVEN["data"]

    def train(self, shift, seed, data, checkpoint=None, progress=False):
        return GIVEN["train"]

    def measure(self, shift, seed, model, data):
        return GIVEN["measure"]


GIVEN: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def given():
    GIVEN.update(data=EXAMPLES, train=(None, CURVE), measure=xr.Dataset({"mean": 1.0}))


def run(folder="none"):
    return Small(cache=str(folder)).run(progress=False)


def test_what_is_right_goes_through():
    runs = run()
    assert runs.final_loss.values.tolist() == [[1.0], [1.0]]
    assert (runs.epochs == 2).all()


@pytest.mark.parametrize(
    ("step", "returned", "message"),
    [
        ("data", EXAMPLES["train"], "data must return {role: xarray.Dataset}"),
        ("data", {"train": np.zeros(3)}, "not {'train': 'ndarray'}"),
        ("train", None, "train must return the model, .* and a history.*; not NoneType"),
        ("train", ("model", [1.0]), r"not \(str, list\)"),
        ("measure", None, "measure must return an xarray.Dataset; not NoneType"),
        ("measure", xr.DataArray(1.0), "measure must return an xarray.Dataset; not DataArray"),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_another_type_is_told(tmp_path, kept, step, returned, message):
    GIVEN[step] = returned
    with pytest.raises(TypeError, match=message):
        run(tmp_path if kept else "none")
    assert not list(tmp_path.glob("*/*/*.zarr"))


@pytest.mark.parametrize("name", ["shift", "seed"])
def test_the_names_of_the_dimensions_are_taken(name):
    GIVEN["measure"] = xr.Dataset({name: 1.0})
    with pytest.raises(ValueError, match=f"measure returned something named '{name}'"):
        run()


@pytest.mark.parametrize("name", ["loss", "final_loss", "epochs"])
def test_nothing_that_was_measured_is_overwritten_by_the_history(name):
    GIVEN["measure"] = xr.Dataset({name: 1.0})
    with pytest.raises(ValueError, match=f"'{name}' is there twice"):
        run()


def test_a_step_that_reads_what_is_not_in_its_key_is_refused():
    class Reading(Small):
        def train(self, shift, seed, data, checkpoint=None, progress=False):
            return self.helper(), None

        def helper(self):
            return self.n

    with pytest.raises(TypeError, match=r"Reading.train reads the parameter 'n', .*'selection'"):
        Reading(cache="none").run(progress=False)


def test_levels_are_a_list_among_the_parameters():
    class Lost(Small):
        over = "nowhere"

    with pytest.raises(TypeError, match="over names 'nowhere', which must be a parameter of Lost"):
        Lost(cache="none").run(progress=False)


def test_what_an_experiment_lacks_for_its_grids_is_named():
    runs = run()
    with pytest.raises(ValueError, match="runs of 'small' have no variable 'activation'"):
        Small().sensitivity(runs)
    with pytest.raises(ValueError, match="lengths needs epochs, activations, bins, k, record"):
        Small().lengths(runs)
