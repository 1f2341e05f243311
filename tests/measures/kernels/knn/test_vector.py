import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from infonb.measures.kernels.knn import vector as v
from infonb.measures.kernels.knn.k_smallest import keep, largest, repeat

numbers = arrays(np.float64, 32, elements=st.floats(-1e300, 1e300) | st.just(np.inf))


@numba.njit
def _operations(x, i, j, bound):
    out = np.zeros((6, 8))
    a, b = v.load(x, i), v.load(x, j)
    v.store(out[0], 0, v.minimum(a, b))
    v.store(out[1], 0, v.maximum(a, b))
    v.store(out[2], 0, v.subtract(a, v.fill(bound)))
    v.store(out[3], 0, v.absolute(a))
    v.store(out[4], 0, v.broadcast(x, i))
    v.store(out[5], 0, v.where_below(a, b, a, -np.inf))
    counts = v.count_below(a, v.fill(bound)), v.count_at_least(a, b), v.any_below(a, b)
    return out, counts


@settings(max_examples=50, deadline=None)
@given(numbers, st.integers(0, 24), st.integers(0, 24), st.floats(-1e300, 1e300))
def test_every_lane(x, i, j, bound):
    out, counts = _operations(x, i, j, bound)
    a, b = x[i : i + 8], x[j : j + 8]
    with np.errstate(over="ignore"):
        expected = [np.minimum(a, b), np.maximum(a, b), a - bound, np.abs(a), np.full(8, x[i])]
        expected.append(np.where(a < b, a, -np.inf))
    np.testing.assert_array_equal(out, expected)
    assert counts == ((a < bound).sum(), (a >= b).sum(), (a < b).any())


@numba.njit
def _least(x, like, k):
    near = repeat(like, v.fill(np.inf), k)
    for i in range(0, len(x), 8):
        near = keep(near, v.load(x, i))
    out = np.empty(8)
    v.store(out, 0, largest(near))
    return out


@settings(max_examples=50, deadline=None)
@given(numbers)
def test_kth_least_in_registers_and_in_memory(x):
    for k in (1, 2, 3):
        expected = np.sort(x.reshape(4, 8), axis=0)[k - 1]
        np.testing.assert_array_equal(_least(x, (0,) * 3, k), expected)
        np.testing.assert_array_equal(_least(x, np.empty(8 * k), k), expected)
