"""
Recordings and saves that are killed, starved or interrupted at their file-system operations.

A few operations in each run; with ``INFONB_FAULTS=all`` every one of them.
"""

from __future__ import annotations

import os
import shutil
import sys

import pytest
import xarray as xr
from faults import FaultServer, at_every_operation

from infonb import open_activations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and finds paths in /proc"),
]

IMPORTS = """
import dask.array, numpy as np, torch, zarr, infonb as inb
from torch import nn
from infonb.activations import capture, filling, recording, saving, torch_lens
from infonb.activations.disk import columns, content, random_state, stream
from infonb.storage import replacing
try:
    import distributed  # dask asks for it
except ImportError:
    pass
"""
RECORD = (
    IMPORTS
    + """
saving.CHUNK_BYTES = 7 * 3 * 4
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3), nn.Linear(3, 2))
data = torch.randn(12, 4), torch.arange(12)
inb.record(model, data, to="a.zarr", batch_size=5, progress=False).load()
"""
)
SAVE = (
    IMPORTS
    + """
new = inb.from_arrays({"new": np.ones((9, 5)), "too": np.ones((9, 2))})
inb.save_activations(new, "a.zarr", overwrite=True)
"""
)
OLD = IMPORTS + 'inb.save_activations(inb.from_arrays({"old": np.zeros((3, 2))}), "a.zarr")'
IN_TWO_STEPS = IMPORTS + "replacing._exchange = lambda *_: False\n" + SAVE


def run_here(work, folder):
    """Do the work in the folder without a fault, and return what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with FaultServer(work, folder, IMPORTS) as server:
        outcome = server.run()
    assert outcome.code == 0, outcome.errors
    return open_activations(folder / "a.zarr").load()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return what a recording without a fault leaves."""
    return run_here(RECORD, tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def old_folder(tmp_path_factory):
    """Return the folder with the store that is there before."""
    folder = tmp_path_factory.mktemp("old")
    run_here(OLD, folder)
    return folder


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    """Return what a save without a fault leaves."""
    return run_here(SAVE, tmp_path_factory.mktemp("new"))


def most(n):
    return None if os.environ.get("INFONB_FAULTS") == "all" else n


@pytest.mark.parametrize(("fault", "n"), [("kill", 6), ("full", 2), ("interrupt", 2)])
def test_a_recording_goes_on_and_leaves_nothing_else(recorded, tmp_path, fault, n):
    with FaultServer(RECORD, tmp_path / "work", IMPORTS) as server:
        for outcome in at_every_operation(server, fault=fault, most=most(n)):
            again = server.run()
            assert again.code == 0, (outcome, again.errors)
            found = open_activations(server.folder / "a.zarr").load()
            xr.testing.assert_identical(found, recorded)
            assert_only_a_store(server.folder, outcome)


@pytest.mark.parametrize(("work", "fault", "n"), [(SAVE, "kill", 3), (SAVE, "full", 2),
                                                  (IN_TWO_STEPS, "kill", 4)])  # fmt: skip
def test_a_store_that_is_replaced_is_the_old_or_the_new_one(
    old_folder, new, tmp_path, work, fault, n
):
    old = open_activations(old_folder / "a.zarr").load()

    def prepare(folder):
        shutil.copytree(old_folder, folder, dirs_exist_ok=True)

    with FaultServer(work, tmp_path / "work", IMPORTS) as server:
        for outcome in at_every_operation(server, prepare, fault=fault, most=most(n)):
            found = open_activations(server.folder / "a.zarr").load()
            xr.testing.assert_identical(found, old if "old" in found.layer.values else new)
            again = server.run()
            assert again.code == 0, (outcome, again.errors)
            xr.testing.assert_identical(open_activations(server.folder / "a.zarr").load(), new)
            assert_only_a_store(server.folder, outcome)


def assert_only_a_store(folder, outcome):
    assert os.listdir(folder) == ["a.zarr"], outcome
    for file in folder.rglob("*"):
        assert file.is_dir() or file.name in ("zarr.json", "c") or file.name.isdecimal(), outcome
