import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.plain_loops import ksg
from scipy.special import digamma

from infonb.measures._ksg import ksg_mutual_information


def families(n_samples, seed=0):
    """Three dependent rows of each kind of data that the estimator must get right."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(2, n_samples))
    x = rng.normal(size=(3, 2)) @ shared + rng.normal(size=(3, n_samples))
    half = n_samples // 2
    return {
        "normal": x,
        "float32": x.astype(np.float32),
        "float16": x.astype(np.float16),
        "relu": np.maximum(x, 0),
        "relu, mostly off": np.maximum(x - 2, 0),
        "relu6, saturated": np.clip(3 * x, 0, 1),
        "tanh": np.tanh(3 * x),
        "int8": np.round(np.tanh(x) * 127),
        "integers": np.round(x),
        "binary": (x > 0).astype(float),
        "heavy tails": x**5,
        "cauchy": x / rng.normal(size=x.shape),
        "duplicated": np.concatenate([x[:, :half], x[:, : n_samples - half]], axis=1),
        "equal rows": x[[0, 0, 1]],
        "one constant": np.where([[True], [False], [False]], 1.5, x),
        "discrete and continuous": np.stack([np.round(x[0]), x[1], np.maximum(x[2], 0)]),
        "scales": x * np.array([[1e-6], [1.0], [1e6]]),
        "1e-300": x * 1e-300,
        "1e300": x * 1e300,
        "subnormal": np.round(x * 20) * 5e-324,
        "far from 0": x + 1e9,
        "signed zeros": np.where(x > 0, 0.0, -0.0) + np.maximum(x, -0.0) * (x > 1),
    }


FAMILIES = list(families(10))


def assert_equal(values, k, pairs=None):
    mi = ksg_mutual_information(values, k)
    for a, b in pairs or itertools.combinations_with_replacement(range(len(values)), 2):
        assert mi[a, b] == pytest.approx(ksg(values[a], values[b], k), abs=1e-10), (a, b)
        assert mi[a, b] == mi[b, a]


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize(
    ("n_samples", "k"), [(50, 1), (50, 3), (50, 10), (50, 49), (10, 9), (500, 3)]
)
def test_equals_plain_loop(kind, n_samples, k):
    assert_equal(families(n_samples)[kind], k)


@pytest.mark.parametrize("kind", ["normal", "relu", "int8", "cauchy", "scales"])
@pytest.mark.parametrize("k", [1, 2, 10])
def test_equals_plain_loop_in_other_k(kind, k):
    assert_equal(families(300, seed=1)[kind], k)


@pytest.mark.parametrize("kind", ["tanh", "relu", "heavy tails", "duplicated"])
def test_equals_plain_loop_at_3000_samples(kind):
    assert_equal(families(3000)[kind], 3, pairs=[(0, 1), (1, 1)])


@pytest.mark.parametrize("n_samples", [2, 3, 4, 9, 17, 40])
def test_few_samples_and_every_k(n_samples):
    for k in range(1, n_samples):
        assert_equal(families(n_samples)["normal"], k)
        assert_equal(families(n_samples)["integers"], k)


@pytest.mark.parametrize("kind", ["normal", "relu", "integers", "cauchy"])
def test_equals_scikit_learn(kind):
    # its inner function: no scaling, no noise, but cut off at 0
    from sklearn.feature_selection._mutual_info import _compute_mi_cc

    values = families(1000)[kind]
    mi = ksg_mutual_information(values, 3)
    for a, b in itertools.combinations_with_replacement(range(3), 2):
        assert max(mi[a, b], 0) == pytest.approx(_compute_mi_cc(values[a], values[b], 3), abs=1e-10)


# few distinct values: many ties, and distances that equal the radius
grid_values = arrays(np.float64, (2, 12), elements=st.integers(-4, 4).map(lambda i: i / 8))
any_values = arrays(np.float64, (2, 12), elements=st.floats(-1e100, 1e100))


@settings(max_examples=150, deadline=None)
@given(grid_values | any_values, st.integers(1, 11))
def test_equals_plain_loop_on_anything(values, k):
    assert_equal(values, k)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_of_samples_and_rows_does_not_matter(seed, random):
    values = families(60, seed)["relu"]
    samples, rows = list(range(60)), [0, 1, 2]
    random.shuffle(samples)
    random.shuffle(rows)
    mi = ksg_mutual_information(values, 3)
    np.testing.assert_allclose(
        ksg_mutual_information(values[rows][:, samples], 3), mi[np.ix_(rows, rows)], atol=1e-12
    )


@pytest.mark.parametrize("factor", [2.0**-900, 0.25, -1.0, 2.0**900])
def test_common_scale_does_not_matter(factor):
    # powers of two: no rounding
    values = families(200)["normal"]
    mi = ksg_mutual_information(values, 3)
    np.testing.assert_allclose(ksg_mutual_information(factor * values, 3), mi, atol=1e-12)


def test_constant_row_has_no_information():
    mi = ksg_mutual_information(families(50)["one constant"], 3)
    assert (mi[0] == 0).all()
    assert (mi[:, 0] == 0).all()
    assert (mi[1:, 1:].diagonal() > 1).all()


def test_equal_rows_give_the_greatest_value():
    mi = ksg_mutual_information(families(400)["equal rows"], 3)
    assert mi[0, 1] == pytest.approx(digamma(400) - digamma(3), abs=1e-12)
    assert mi[0, 0] == mi[0, 1]


def test_gaussian_closed_form():
    # 40 independent pairs of each correlation: the mean is within the estimator's known error
    rng = np.random.default_rng(3)
    for rho in (0.0, 0.5, 0.9):
        found = []
        for _ in range(40):
            x, y = rng.normal(size=(2, 1000))
            values = np.stack([x, rho * x + np.sqrt(1 - rho**2) * y])
            found.append(ksg_mutual_information(values, 3)[0, 1])
        error = np.mean(found) + 0.5 * np.log(1 - rho**2)
        assert abs(error) < 4 * np.std(found) / np.sqrt(40) + 0.01


def test_threads_and_blocks_do_not_matter(monkeypatch):
    import numba

    values = np.concatenate([families(2500, seed)["relu"] for seed in range(12)])
    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)
    one = ksg_mutual_information(values, 3)
    monkeypatch.setattr(numba, "get_num_threads", lambda: 4)
    np.testing.assert_array_equal(ksg_mutual_information(values, 3), one)


def test_calls_side_by_side():
    # two calls at once, each with its own threads
    from concurrent.futures import ThreadPoolExecutor

    values = [families(500, seed)["normal"] for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda v: ksg_mutual_information(v, 3), values))
    for own, alone in zip(together, values, strict=True):
        np.testing.assert_array_equal(own, ksg_mutual_information(alone, 3))


@pytest.mark.parametrize("count", [0, 1])
def test_no_or_one_row(count):
    assert ksg_mutual_information(families(50)["normal"][:count], 3).shape == (count, count)
