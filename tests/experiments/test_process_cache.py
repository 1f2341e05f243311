"""Runs of a notebook that keeps none: held until its process ends, found by the same key."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr
from epochs import count_epochs

from infonb.experiments import ColoredDigits, process_cache
from infonb.experiments.process_cache import cache_of_this_process, is_of_this_process

SMALL = {"alpha": [1.0], "seed": [0], "width": 4, "depth": 1, "n_train": 60, "n_validation": 20}


@pytest.fixture
def experiment():
    folder = cache_of_this_process().name
    return ColoredDigits(**SMALL, epochs=3, k=1, cache=folder)  # type: ignore[arg-type]


def stores(experiment):
    return list(Path(experiment.cache).rglob("*.zarr"))


@pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")
def test_a_run_is_held_and_not_written(experiment, monkeypatch):
    counted = count_epochs(monkeypatch)
    held = experiment.changed(bins=7)
    first = held.run(progress=False)
    n_epochs = len(counted)
    again = held.run(progress=False)
    xr.testing.assert_identical(first, again)
    assert len(counted) == n_epochs
    assert stores(experiment) == []
    first.entropy.values[:] = -1  # what is returned is nobody else's
    assert (held.run(progress=False).entropy >= 0).all()
    plain = held.changed(cache="none").run(progress=False)
    xr.testing.assert_identical(plain, again)


@pytest.mark.filterwarnings("ignore::infonb.measures.TiesWarning")
def test_a_large_run_goes_to_the_disk(experiment, monkeypatch):
    monkeypatch.setattr(process_cache, "_SMALL", 0)
    large = experiment.changed(bins=9)
    run = large.run(progress=False)
    assert len(stores(experiment)) == 1
    xr.testing.assert_identical(run, large.run(progress=False))


def test_the_folder_is_known_by_its_place(tmp_path):
    assert is_of_this_process(Path(cache_of_this_process().name) / "colored_digits")
    assert not is_of_this_process(tmp_path)
