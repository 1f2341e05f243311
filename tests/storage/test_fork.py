"""A fork of a process that has computed with dask's threads can do so, too."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORKS = """
import os, sys, dask.array, xarray as xr
from infonb.storage import open_dataset, save_dataset
dataset = xr.Dataset({"x": ("i", dask.array.arange(8, chunks=2))})
save_dataset(dataset, sys.argv[1])
child = os.fork()
if child == 0:
    os._exit(int(open_dataset(sys.argv[1], chunks={}).x.sum().compute()))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks are Unix")
def test_a_fork_does_not_wait_for_threads_that_are_not_there(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", FORKS, str(tmp_path / "a.zarr")]
    assert subprocess.run(command, timeout=60).returncode == sum(range(8))
