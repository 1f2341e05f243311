"""The KSG kernel for CUDA: on the CPU in every test run, on the device too where there is one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.families import families
from scipy.special import digamma

import infonb as inb
from infonb.measures.device import walk as _device_walk
from infonb.measures.device.dispatch import ksg_information_on

pytestmark = pytest.mark.slow


def ksg_information(*args, device, budget=None, **options):
    return ksg_information_on(device, budget)(*args, **options)


DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
device = pytest.mark.parametrize("device", DEVICES)


FAMILIES = list(families(10))
FIRST, SECOND = np.triu_indices(3)


def plain_loop(x, y, k, mixed=False):
    """Return the value of every sample, and how many samples have radius 0."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n, values, tied = len(x), np.zeros(len(x)), 0
    constant = (x == x[0]).all() or (y == y[0]).all()
    for i in range(n):
        dx, dy = np.abs(np.delete(x, i) - x[i]), np.abs(np.delete(y, i) - y[i])
        both = np.maximum(dx, dy)
        radius = np.sort(both)[k - 1]
        tied += radius == 0
        n_x, n_y = ((d < radius).sum() if radius else (d == 0).sum() for d in (dx, dy))
        neighbours = 1 + (both == 0).sum() if mixed and radius == 0 else k
        values[i] = digamma(neighbours) + (np.log(n) if mixed else digamma(n))
        values[i] -= digamma(n_x + 1) + digamma(n_y + 1)
    return 0 * values if constant else values, tied


def assert_equal(values, k, mixed, device, first=FIRST, second=SECOND, **options):
    options = {"mixed": mixed, "device": device, **options}
    points, tied = ksg_information(values, first, second, k, pointwise=True, **options)
    expected = [
        plain_loop(values[a], values[b], k, mixed) for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(points, [e for e, _ in expected], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(tied, [t for _, t in expected])
    mi, again = ksg_information(values, first, second, k, **options)
    np.testing.assert_allclose(mi, points.mean(axis=1), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(again, tied)


@device
@pytest.mark.parametrize("mixed", [False, True], ids=["ksg", "mixed"])
@pytest.mark.parametrize(("n_samples", "k"), [(40, 1), (40, 3), (40, 10), (40, 39), (10, 9)])
@pytest.mark.parametrize("kind", FAMILIES)
def test_equals_plain_loop(kind, n_samples, k, mixed, device):
    assert_equal(families(n_samples)[kind], k, mixed, device)


@device
@pytest.mark.parametrize("kind", ["normal", "relu", "int8", "cauchy", "a few far away", "binary"])
@pytest.mark.parametrize("k", [3, 8])
def test_equals_plain_loop_over_many_windows(kind, k, device):
    values = families(700, seed=1)[kind]
    assert_equal(values, k, True, device, first=[0, 2], second=[1, 2])


@device
@pytest.mark.parametrize("kind", ["normal", "relu", "int8"])
@pytest.mark.filterwarnings("ignore")  # of ties
def test_equals_the_compiled_kernel(kind, device):
    values = families(2500)[kind]
    mi, _ = ksg_information(values, FIRST, SECOND, 3, device=device)
    expected = inb.mutual_information(xr.DataArray(values, dims=("neuron", "sample")), k=3)
    np.testing.assert_allclose(mi, expected.values[FIRST, SECOND], rtol=0, atol=1e-12)


@device
@pytest.mark.parametrize("n_samples", range(2, 11))
def test_few_samples_and_every_k(n_samples, device):
    for k in range(1, n_samples):
        for kind in ("normal", "integers"):
            assert_equal(families(n_samples)[kind], k, False, device)


# few distinct values: many ties, and distances that equal the radius
grid_values = arrays(np.float64, (2, 12), elements=st.integers(-4, 4).map(lambda i: i / 8))
any_values = arrays(np.float64, (2, 12), elements=st.floats(-1e100, 1e100))


@device
@settings(max_examples=100, deadline=None)
@given(grid_values | any_values, st.integers(1, 11), st.booleans())
def test_equals_plain_loop_on_anything(device, values, k, mixed):
    assert_equal(values, k, mixed, device, first=[0, 0], second=[1, 0])


@device
def test_differences_beyond_float64(device):
    values = 1.7e308 * np.sin(np.arange(60.0)).reshape(2, 30)
    with np.errstate(over="ignore"):
        assert_equal(values, 3, False, device, first=[0], second=[1])


@device
@pytest.mark.parametrize("budget", [1, 10**5, 10**6])
@pytest.mark.parametrize("kind", ["normal", "relu"])
def test_blocks_do_not_matter(kind, budget, device):
    values = families(130)[kind]
    whole, _ = ksg_information(values, FIRST, SECOND, 3, device=device)
    parts, _ = ksg_information(values, FIRST, SECOND, 3, device=device, budget=budget)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-13)


@device
def test_pairs_with_another_array(device):
    values, other = families(60)["relu"], families(60, seed=1)["float32"][:2]
    mi, tied = ksg_information(values, [2, 0], [1, 0], 3, other=other, device=device)
    both = np.concatenate([values, other])
    expected = ksg_information(both, [2, 0], [4, 3], 3, device=device)
    np.testing.assert_array_equal(mi, expected[0])
    np.testing.assert_array_equal(tied, expected[1])


@device
def test_any_memory_layout_and_no_change_of_the_input(device):
    values = families(60)["relu"]
    expected, _ = ksg_information(values, FIRST, SECOND, 3, device=device)
    kept = np.asfortranarray(values)[:, ::-1]
    kept.flags.writeable = False
    mi, _ = ksg_information(kept, FIRST, SECOND, 3, device=device)
    np.testing.assert_allclose(mi, expected, rtol=0, atol=1e-13)


@device
def test_no_pairs(device):
    mi, tied = ksg_information(families(20)["normal"], [], [], 3, device=device)
    assert mi.shape == tied.shape == (0,)


@device
def test_gaussian_closed_form(device):
    # 40 independent pairs of each correlation: the mean is within the estimator's known error
    rng = np.random.default_rng(3)
    for rho in (0.0, 0.5, 0.9):
        x, y = rng.normal(size=(2, 40, 1000))
        values = np.concatenate([x, rho * x + np.sqrt(1 - rho**2) * y])
        found, tied = ksg_information(values, range(40), range(40, 80), 3, device=device)
        error = found.mean() + 0.5 * np.log(1 - rho**2)
        assert abs(error) < 4 * found.std() / np.sqrt(40) + 0.01
        assert not tied.any()


@pytest.mark.parametrize("kind", ["relu", "relu, mostly off", "relu6, saturated", "int8", "cauchy"])
def test_ties_and_tails_cost_no_more_neighbours(monkeypatch, kind):
    # what a point looks at; through a run of n / 2 equal values it would be 20 times as much
    looked_at = []
    least = _device_walk._least

    def counted(near, k):
        looked_at[-1] += near.numel()
        return least(near, k)

    monkeypatch.setattr(_device_walk, "_least", counted)
    for name in ("normal", kind):
        looked_at.append(0)
        ksg_information(families(5000)[name], [0, 0, 1], [1, 2, 2], 3, device="cpu")
    assert looked_at[1] < 1.5 * looked_at[0]


IN_ONE_KERNEL = """
import torch
from infonb.measures.device import triton as _device_triton
from infonb.measures.device import walk as _device_walk
from measures.device.test_ksg import FAMILIES, families, ksg_information

walk = _device_walk._walk

def walk_twice(u, v, points, n, pad, k, window, room):
    radius = walk(u, v, points, n, pad, k, window, room)
    start = points.place, points.u_start, points.v_start
    assert torch.equal(_device_triton.walk(u, v, *start, n, pad, k), radius)
    print(len(radius))
    return radius

_device_walk._walk = walk_twice
for kind in families(10):
    for n_samples, k in ((4, 3), (40, 1), (40, 2), (40, 3)):
        ksg_information(families(n_samples)[kind], [0], [1], k, device="cpu")
"""


def test_the_walk_in_one_kernel():
    # triton's interpreter runs the kernel on the CPU; on CUDA all tests above run the compiled one
    pytest.importorskip("triton", reason="triton, which compiles for CUDA, is not installed")
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_KERNEL],
        env={**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 4 * len(FAMILIES)
