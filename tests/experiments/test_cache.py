"""The place of a run: what is in its key and what is not, its note, and how it is removed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr
from means import Means, place

from infonb.experiments.cache import CachedRun, check_cache, checksum
from infonb.experiments.clearing import kept_runs, remove_run
from infonb.experiments.run_folder import noted


def test_the_key_is_name_parameters_code_and_data(tmp_path):
    one = place(tmp_path)
    assert one == place(tmp_path)
    assert one.folder.parent == tmp_path / "means"
    for values in ({"n": 6}, {"level": 0.5}, {"seed": 1}):
        assert place(tmp_path, **values).folder != one.folder, values
    for values in ({"factor": 2.0}, {"step": "other"}):
        other = place(tmp_path, **values)
        assert other.folder == one.folder, values
        assert other.store != one.store, values
    assert place(tmp_path, step="other").store.name.startswith("other-")
    for values in (
        {"shift": [0.0, 2.0]}, {"colour": "blue"}, {"interactive": False}, {"results": "x.zarr"},
    ):  # fmt: skip
        assert place(tmp_path, **values) == one, values
    assert place(tmp_path / "elsewhere").store.name == one.store.name
    assert place("none") is None


def test_another_experiment_of_the_same_fields_has_other_runs(tmp_path):
    @dataclass(frozen=True)
    class Others(Means):
        name = "others"

    experiment = Others(cache=str(tmp_path))
    other = CachedRun.of(experiment, 0.0, 0, experiment.data(0.0, 0))
    assert other.folder.parent.name == "others"
    assert other.folder.name != place(tmp_path).folder.name


def test_the_note_is_what_the_key_was_made_of(tmp_path):
    run = place(tmp_path, level=0.5, seed=3)
    run.note_down()
    note = json.loads((run.folder / "run.json").read_text())
    del note["checksum"]
    assert note == run.note == noted(run.folder)
    assert (note["experiment"], note["level"], note["seed"]) == ("means", 0.5, 3)
    assert note["parameters"] == {"n": 5}
    assert note["measures"] == {"factor": 1.0}
    assert "torch" in note["code"]
    assert list(note["data"]) == ["train"]


def test_kept_runs_are_found_and_removed_unless_they_are_being_made(tmp_path):
    Means(cache=str(tmp_path)).run(progress=False)
    (tmp_path / "mine").mkdir()
    (folders,) = kept_runs(tmp_path).values()
    assert len(folders) == 4
    lock = place(tmp_path).lock()
    assert not remove_run(place(tmp_path).folder)
    lock.release()
    assert remove_run(place(tmp_path).folder)
    assert len(kept_runs(tmp_path)["means"]) == 3
    assert (tmp_path / "mine").is_dir()


def test_what_was_measured_is_kept_whole(tmp_path):
    run = place(tmp_path)
    assert run.load() is None
    measured = xr.Dataset({"mean": ("neuron", [1.0, np.nan])}, {"role": ("neuron", ["in", "out"])})
    measured["role"] = measured.role.astype(object)
    run.save(measured)
    xr.testing.assert_identical(run.load(), measured)
    run.save(2 * measured)
    xr.testing.assert_identical(run.load(), 2 * measured)


def example():
    return xr.Dataset(
        {"input": (("sample", "feature"), np.arange(6.0).reshape(3, 2))},
        {"label": ("sample", np.array(["a", "b", "a"], dtype=object))},
    )


def test_a_checksum_is_of_all_that_is_said_of_the_examples():
    one = checksum(example())
    assert one == checksum(example().copy(deep=True))
    assert one == checksum(example().assign_attrs(read="today"))
    turned = example()[["label", "input"]].drop_vars("label").assign_coords(label=example().label)
    assert one == checksum(turned)
    changes = [
        example().assign(input=example().input + 1e-12),
        example().assign(input=example().input.astype(np.float32)),
        example().assign(input=example().input.T),
        example().assign_coords(label=("sample", np.array(["a", "b", "b"], dtype=object))),
        example().assign_coords(label=("sample", np.array(["ab", "", "a"], dtype=object))),
        example().rename(label="name"),
        example().isel(sample=[1, 0, 2]),
    ]
    found = [checksum(changed) for changed in changes]
    assert len({one, *found}) == 1 + len(changes)


def test_a_cache_that_cannot_be_is_told_and_nothing_is_created(tmp_path):
    check_cache("none")
    check_cache(str(tmp_path / "new" / "folder"))
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"runs cannot be kept in .*file is not a folder.*cache=none"):
        check_cache(str(tmp_path / "file" / "runs"))
