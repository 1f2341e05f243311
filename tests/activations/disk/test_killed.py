"""A recording that is killed without warning goes on; its memory does not grow with its length."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
from activations.models import before_each_call, quiet

from infonb.activations import open_activations, saving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and resource are Unix")

# the recording, the same here and in the process that is killed
RECORDING = '''
import time
import torch
from torch import nn

class Slow(nn.Linear):
    """Takes a while and draws at random."""
    wait = 0.0
    def forward(self, x):
        time.sleep(self.wait)
        return super().forward(x) + torch.rand(len(x), 1)

def parts():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), Slow(5, 3), nn.Linear(3, 2))
    data = [(torch.randn(8, 6), torch.arange(8) + i) for i in range(12)]
    return model, data
'''

KILLED = """
import os, pathlib, signal, sys
from infonb.activations import saving
from infonb.activations.disk import columns, journal, stream
from infonb.storage import GrowingStore
from infonb import record
saving.CHUNK_BYTES = 20 * 3 * 4
{recording}
where, count, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def kill_at(place, name):
    function, seen = getattr(place, name), [0]
    def call(*args, **kwargs):
        seen[0] += 1
        if seen[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    setattr(place, name, call)
if where == "half a batch":
    kill_at(journal.zlib, "crc32")
elif where == "between the rows and the line":
    kill_at(journal.json, "dumps")
elif where == "between chunks and commit":
    kill_at(columns, "write_checked")
elif where == "between commit and removal":
    kill_at(journal.Journal, "drop")
elif where == "between chunks":
    from infonb.storage import growing
    kill_at(growing, "sync")
elif where == "before the move":
    kill_at(GrowingStore, "finish")
elif where == "after the move":
    kill_at(stream, "remove_partial")
else:
    Slow.wait = 0.05
model, data = parts()
record(model, data, to=path, seed=3, progress=False)
"""

MOMENTS = {
    "half a batch": 30, "between the rows and the line": 12, "between chunks and commit": 2,
    "between commit and removal": 2, "between chunks": 6, "before the move": 1,
    "after the move": 1, "whenever": 0,
}  # fmt: skip


def parts():
    names: dict = {}
    exec(RECORDING, names)
    return names["parts"]()


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Kill one process at each of the moments, all at the same time."""
    folder = tmp_path_factory.mktemp("killed")
    code = KILLED.format(recording=RECORDING)
    running = {}
    for where, count in MOMENTS.items():
        path = folder / where.replace(" ", "-") / "a.zarr"
        command = [sys.executable, "-c", code, where, str(count), str(path)]
        running[where] = subprocess.Popen(command), path
    process, path = running["whenever"]
    while not (path.parent / "a.zarr.partial" / "batches.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.12)
    process.send_signal(signal.SIGKILL)
    for process, _ in running.values():
        assert process.wait(60) == -signal.SIGKILL
    return {where: path for where, (_, path) in running.items()}


@pytest.fixture(scope="module")
def expected():
    model, data = parts()
    return quiet(model, data, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize("where", MOMENTS)
def test_killed_and_resumed_is_the_same_as_uninterrupted(killed, expected, where, monkeypatch):
    path = killed[where]
    if where != "after the move":
        with pytest.raises(FileNotFoundError, match=r"not finished: [\d]+ samples are in a.zarr.p"):
            open_activations(path)
    monkeypatch.setattr(saving, "CHUNK_BYTES", 20 * 3 * 4)
    model, data = parts()
    calls = []
    before_each_call(model, lambda *_: calls.append(1))
    recorded = 0
    if where != "after the move":
        lines = (path.parent / "a.zarr.partial" / "batches.jsonl").read_bytes()
        recorded = lines.count(b"\n")
        assert recorded > 0
    resumed = quiet(model, data, to=path, seed=3).load()
    assert len(calls) == (0 if where == "after the move" else 12 - recorded)
    xr.testing.assert_identical(resumed, expected)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.zarr"]


MEMORY = """
import resource, sys
import torch
from torch import nn
from infonb import record

class Wide(nn.Module):
    def forward(self, x):
        return x.repeat(1, 768)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

torch.set_num_threads(1)
model = nn.Sequential(*[nn.Sequential(Wide(), nn.AdaptiveMaxPool1d(1)) for _ in range(4)])
kwargs = {"layers": [f"{i}.0" for i in range(4)], "batch_size": 250, "progress": False}
peaks = []
for number, n_samples in enumerate((250, 80_000)):
    batches = (torch.full((250, 1), float(i)) for i in range(n_samples // 250))
    record(model, batches, to=f"{sys.argv[1]}/{number}.zarr", **kwargs)
    peaks.append(peak())
print(*peaks)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_samples(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], capture_output=True, text=True, check=True
    )
    base, peak = map(float, result.stdout.split())
    opened = open_activations(tmp_path / "1.zarr", chunks={})
    assert opened.activation.nbytes > 5 * 190e6
    assert peak - base < 190
    part = opened.activation.isel(layer=3, neuron=700, sample=slice(30_000, 30_500)).values
    np.testing.assert_array_equal(part, np.repeat(np.float32([120, 121]), 250))
