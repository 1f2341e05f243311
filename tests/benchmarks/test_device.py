"""
The kernels for a CUDA device against the compiled kernels on one core, on the same arrays.

With ``--benchmark-enable`` and a CUDA device at full size, and with pairs a second printed;
otherwise a quick check of the same code at small size. See README.md beside this file.
"""

import time

import numba
import numpy as np
import pytest
import torch
import xarray as xr
from benchmarks.units import units

import infonb as inb
from infonb.measures.device.dispatch import joint_sums_on, ksg_information_on

N_SAMPLES = 2500
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(
            not torch.cuda.is_available(), reason="torch finds no CUDA device"
        ),
    ),
]


def on_one_core(values, **options):
    """Return the CPU seconds for a pair, and the MI of all pairs."""
    labelled = xr.DataArray(values, dims=("neuron", "sample"))
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        inb.mutual_information(labelled[:2], **options)  # compiled before the clock starts
        start = time.process_time()
        mi = inb.mutual_information(labelled, **options).values
        seconds = time.process_time() - start
    finally:
        numba.set_num_threads(threads)
    first, second = np.triu_indices(len(values))
    return seconds / len(first), mi[first, second]


def report(benchmark, capsys, name, device, n_pairs, core):
    seconds = benchmark.stats.stats.min / n_pairs
    benchmark.extra_info.update(pairs_per_second=1 / seconds, ratio=core / seconds)
    where = torch.cuda.get_device_name() if device == "cuda" else "torch on the CPU"
    with capsys.disabled():
        print(
            f"\n{name}, {N_SAMPLES} samples, {n_pairs} pairs: {1 / seconds:,.0f}/s on {where}; "
            f"{1 / core:,.0f}/s compiled, on one core; ratio {core / seconds:.2f}"
        )


def sizes(benchmark, device):
    """Return the neurons to measure, and how many of them the compiled kernel measures too."""
    if not benchmark.enabled:
        return units("tanh", 6, 300), 6
    return units("tanh", 768 if device == "cuda" else 24, N_SAMPLES), 24


@pytest.mark.parametrize("device", DEVICES)
def test_ksg(benchmark, capsys, device):
    values, few = sizes(benchmark, device)
    core, expected = on_one_core(values[:few], k=3)
    mi, _ = ksg_information_on(device)(values[:few], *np.triu_indices(few), 3)
    np.testing.assert_allclose(mi, expected, rtol=0, atol=1e-10)

    pairs = np.triu_indices(len(values))
    benchmark.pedantic(ksg_information_on(device), (values, *pairs, 3), rounds=3)
    if benchmark.enabled:
        report(benchmark, capsys, "KSG, k = 3", device, len(pairs[0]), core)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("bins", [10, 30, 100])
def test_joint_histograms(benchmark, capsys, bins, device):
    values, few = sizes(benchmark, device)
    edges = np.linspace(values.min(), values.max(), bins + 1)
    codes = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    core, _ = on_one_core(values[:few], estimator="binned", bins=bins)
    sums, _ = joint_sums_on(device)(codes, None, bins, bins, *np.triu_indices(few))
    for total, a, b in zip(sums, *np.triu_indices(few), strict=True):
        n = np.bincount(codes[a] * bins + codes[b])
        assert total == pytest.approx(np.sum(n * np.log(np.maximum(n, 1))), rel=1e-12)

    pairs = np.triu_indices(len(values))
    args = (codes, None, bins, bins, *pairs)
    benchmark.pedantic(joint_sums_on(device), args, rounds=3)
    if benchmark.enabled:
        report(benchmark, capsys, f"{bins} bins", device, len(pairs[0]), core)
