import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from infonb.measures import _vector as v

numbers = arrays(np.float64, 32, elements=st.floats(-1e300, 1e300) | st.just(np.inf))


@numba.njit
def _operations(x, i, j, bound):
    out = np.zeros((6, 8))
    a, b = v.load(x, i), v.load(x, j)
    v.store(out[0], 0, v.minimum(a, b))
    v.store(out[1], 0, v.maximum(a, b))
    v.store(out[2], 0, v.subtract(a, v.fill(bound)))
    v.store(out[3], 0, v.absolute(a))
    v.store(out[4], 0, v.rotate(a, 4))
    v.store(out[5], 0, v.rotate(a, 1))
    counts = v.count_at_most(a, b, a, v.fill(bound)), v.count_below(a, v.fill(bound))
    return out, counts, v.lane(a, 0), v.lane(a, 7)


@settings(max_examples=50, deadline=None)
@given(numbers, st.integers(0, 24), st.integers(0, 24), st.floats(-1e300, 1e300))
def test_every_lane(x, i, j, bound):
    out, counts, first, last = _operations(x, i, j, bound)
    a, b = x[i : i + 8], x[j : j + 8]
    with np.errstate(over="ignore"):
        expected = [np.minimum(a, b), np.maximum(a, b), a - bound, np.abs(a)]
    expected += [np.roll(a, -4), np.roll(a, -1)]
    np.testing.assert_array_equal(out, expected)
    assert counts == (2 * (a <= bound).sum() + (b <= bound).sum(), (a < bound).sum())
    assert (first, last) == (a[0], a[7])
