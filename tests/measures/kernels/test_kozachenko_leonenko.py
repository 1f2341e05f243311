import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import knn_entropy

from infonb.measures.kernels.kozachenko_leonenko import differential_entropy

values = arrays(
    np.float64, 12, elements=st.integers(-5, 5).map(lambda i: i / 4) | st.floats(-1e9, 1e9)
)


@settings(max_examples=150, deadline=None)
@given(values, st.integers(1, 11))
def test_equals_plain_loop(x, k):
    expected = knn_entropy(x, k)
    np.testing.assert_allclose(differential_entropy(x[None], k)[0], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n_samples", [50, 500])
@pytest.mark.parametrize("k", [1, 3, 10, 49])
def test_equals_plain_loop_on_rows(n_samples, k):
    x = np.random.default_rng(0).normal(size=(3, n_samples)).astype(np.float32)
    expected = [knn_entropy(row, k) for row in x]
    np.testing.assert_allclose(differential_entropy(x, k), expected, rtol=0, atol=1e-10)


def test_closed_forms():
    # 200 repetitions of 1,000 samples: the estimator is nearly free of bias here
    rng = np.random.default_rng(1)
    gauss = differential_entropy(3 * rng.normal(size=(200, 1000)), 3)
    uniform = differential_entropy(rng.uniform(-1, 4, size=(200, 1000)), 3)
    for found, exact in ((gauss, 0.5 * np.log(2 * np.pi * np.e * 9)), (uniform, np.log(5))):
        assert abs(found.mean() - exact) < 4 * found.std() / np.sqrt(200) + 0.005


def test_ties_and_constants_have_no_density():
    x = np.stack([np.zeros(20), np.maximum(np.arange(20.0) - 10, 0), np.arange(20.0)])
    h = differential_entropy(x, 3)
    assert h[0] == h[1] == -np.inf
    assert np.isfinite(h[2])


def test_scale_adds_its_logarithm():
    x = np.random.default_rng(2).normal(size=(1, 300))
    change = differential_entropy(1024 * x, 3) - differential_entropy(x, 3)
    assert change[0] == pytest.approx(np.log(1024), abs=1e-12)
