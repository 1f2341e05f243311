"""
Measures of a zarr store, chunk by chunk, against the same array in memory.

With ``--benchmark-enable`` at full size (200,000 samples x 768 neurons, 614 MB) and with GB/s,
memory and ratios printed; otherwise a quick check of the same code. See README.md beside this file.
"""

import threading
import time
from pathlib import Path

import dask.array
import numpy as np
import psutil
import pytest
import xarray as xr

import infonb as inb

MEASURES = {
    "entropy": (inb.entropy, {}),
    "binned MI": (inb.mutual_information, {"estimator": "binned", "within": "layer"}),
    "KSG of 2,500 samples, 64 neurons": (
        inb.mutual_information, {"max_samples": 2500, "neurons": 64, "within": "layer"},
    ),
}  # fmt: skip


def made(path: Path, n_neurons, n_samples):
    """Write tanh units to a store as `save_activations` divides it."""
    each = 16_000_000 // (4 * n_neurons)
    lengths = (each,) * (n_samples // each) + (n_samples % each,) * (n_samples % each > 0)

    def block(block_info=None):
        first, stop = block_info[None]["array-location"][2]
        rng = np.random.default_rng(first)
        return np.tanh(rng.standard_normal((1, n_neurons, stop - first), dtype=np.float32))

    values = dask.array.map_blocks(
        block, chunks=((1,), (n_neurons,), lengths), meta=np.empty((0, 0, 0), np.float32)
    )
    coords = {"layer": np.array(["fc1"], object), "width": ("layer", [n_neurons])}
    acts = xr.DataArray(values, coords, ("layer", "neuron", "sample"), "activation")
    acts = acts.assign_coords(neuron=np.arange(n_neurons), sample=np.arange(n_samples))
    return inb.save_activations(acts.to_dataset(), path)


def watched(function):
    """Return seconds, how much the memory of the process grew meanwhile, and the result."""
    process, stop, peak = psutil.Process(), threading.Event(), 0
    before = process.memory_info().rss

    def look():
        nonlocal peak
        while not stop.wait(0.005):
            peak = max(peak, process.memory_info().rss - before)

    watch = threading.Thread(target=look)
    watch.start()
    start = time.perf_counter()
    result = function()
    seconds = time.perf_counter() - start
    stop.set()
    watch.join()
    return seconds, peak, result


@pytest.mark.filterwarnings("ignore:Sending large graph")
@pytest.mark.parametrize("where", ["threads", "cluster of 2"])
def test_from_zarr(benchmark, capsys, tmp_path, where):
    shape = (768, 200_000) if benchmark.enabled else (20, 3000)
    benchmark.pedantic(lambda: None)  # the clock below is that of wall time and memory
    path = made(tmp_path / "activations.zarr", *shape)
    lazy = inb.open_activations(path, chunks={}).activation
    if where != "threads":
        distributed = pytest.importorskip("distributed")
        if not benchmark.enabled:
            pytest.skip("test_distributed.py has the quick check")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=str(tmp_path)
        )
        client = distributed.Client(cluster)
    try:
        rows = []
        for name, (measure, options) in MEASURES.items():
            measure(lazy[..., :3000], **options).compute()  # compiled before the clock starts
            rows.append((name, *watched(lambda m=measure, o=options: m(lazy, **o).compute())))
    finally:
        if where != "threads":
            client.close()
            cluster.close()
    plain = lazy.compute()
    for name, seconds, peak, found in rows:
        measure, options = MEASURES[name]
        own, _, expected = watched(lambda m=measure, o=options: m(plain, **o))
        found.attrs.pop("loaded", None)
        xr.testing.assert_identical(found, expected)
        if benchmark.enabled:
            with capsys.disabled():
                print(
                    f"\n{where}, {name}: {seconds:.2f} s, {plain.nbytes / seconds / 1e9:.2f} GB/s "
                    f"of the store, memory +{peak / 1e6:.0f} MB; in memory {own:.2f} s, ratio "
                    f"{seconds / own:.1f}"
                )
