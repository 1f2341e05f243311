import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from measures.families import families
from measures.plain_loops import ksg
from scipy.special import digamma

from infonb.measures.kernels import ksg as _ksg
from infonb.measures.kernels.ksg import ksg_information


def matrix(values, k, **options):
    """Return the values of all pairs of rows, the lower half measured the other way round."""
    first, second = np.indices((len(values), len(values))).reshape(2, -1)
    mi, _ = ksg_information(np.ascontiguousarray(values), first, second, k, **options)
    return mi.reshape(len(values), len(values), *mi.shape[1:])


@pytest.fixture(autouse=True)
def few_kernels(request, monkeypatch):
    """Compile one kernel less: all k above 3 go through the one for many neighbours."""
    if "in_registers" not in request.node.name:
        monkeypatch.setattr(_ksg, "REGISTERS", (3,))


FAMILIES = list(families(10))


def assert_equal(values, k, pairs=None):
    mi = matrix(values, k)
    np.testing.assert_array_equal(mi, mi.T)
    for a, b in pairs or itertools.combinations_with_replacement(range(len(values)), 2):
        assert mi[a, b] == pytest.approx(ksg(values[a], values[b], k), abs=1e-12), (a, b)


def of_every_sample(x, y, k, mixed):
    """Return the values of the samples and how many have radius 0, by a plain loop."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n, tied, values = len(x), 0, []
    for i in range(n):
        dx, dy = np.abs(x - x[i]), np.abs(y - y[i])
        d = np.maximum(dx, dy)
        radius = np.sort(np.delete(d, i))[k - 1]
        tied += radius == 0
        near_x, near_y = (dx < radius, dy < radius) if radius else (dx == 0, dy == 0)
        shared = (d == 0).sum() if mixed and radius == 0 else k
        whole = np.log(n) if mixed else digamma(n)
        values.append(digamma(shared) + whole - digamma(near_x.sum()) - digamma(near_y.sum()))
    constant = (x == x[0]).all() or (y == y[0]).all()
    return np.zeros(n) if constant else np.array(values), tied


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
    mi = matrix(values, 3)
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
    mi = matrix(values, 3)
    np.testing.assert_allclose(
        matrix(values[rows][:, samples], 3), mi[np.ix_(rows, rows)], atol=1e-12
    )


@pytest.mark.parametrize("kind", ["relu", "cauchy", "integers"])
@pytest.mark.parametrize("k", [1, 2, 4, 10, 16])
def test_fewer_neighbours_in_registers_than_there_are(kind, k, monkeypatch):
    values = families(700, seed=2)[kind]
    mi = matrix(values, k)
    monkeypatch.setattr(_ksg, "REGISTERS", ())
    np.testing.assert_array_equal(mi, matrix(values, k))


@pytest.mark.parametrize("factor", [2.0**-900, 0.25, -1.0, 2.0**900])
def test_common_scale_does_not_matter(factor):
    # powers of two: no rounding
    values = families(200)["normal"]
    mi = matrix(values, 3)
    np.testing.assert_allclose(matrix(factor * values, 3), mi, atol=1e-12)


def test_constant_row_has_no_information():
    mi = matrix(families(50)["one constant"], 3)
    assert (mi[0] == 0).all()
    assert (mi[:, 0] == 0).all()
    assert (mi[1:, 1:].diagonal() > 1).all()


def test_equal_rows_give_the_greatest_value():
    mi = matrix(families(400)["equal rows"], 3)
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
            found.append(matrix(values, 3)[0, 1])
        error = np.mean(found) + 0.5 * np.log(1 - rho**2)
        assert abs(error) < 4 * np.std(found) / np.sqrt(40) + 0.01


def test_threads_and_blocks_do_not_matter(monkeypatch):
    import numba

    values = np.concatenate([families(2500, seed)["relu"] for seed in range(12)])
    monkeypatch.setattr(numba, "get_num_threads", lambda: 1)
    one = matrix(values, 3)
    monkeypatch.setattr(numba, "get_num_threads", lambda: 4)
    np.testing.assert_array_equal(matrix(values, 3), one)


def test_calls_side_by_side():
    # two calls at once, each with its own threads
    from concurrent.futures import ThreadPoolExecutor

    values = [families(500, seed)["normal"] for seed in range(6)]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda v: matrix(v, 3), values))
    for own, alone in zip(together, values, strict=True):
        np.testing.assert_array_equal(own, matrix(alone, 3))


@pytest.mark.parametrize("count", [0, 1])
def test_no_or_one_row(count):
    assert matrix(families(50)["normal"][:count], 3).shape == (count, count)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize(("n_samples", "k"), [(10, 9), (60, 3), (60, 7), (300, 3)])
@pytest.mark.parametrize("mixed", [False, True])
def test_every_sample_equals_plain_loop(kind, n_samples, k, mixed):
    values = np.ascontiguousarray(families(n_samples)[kind])
    first, second = np.array([2, 0, 0, 1, 2, 0]), np.array([1, 0, 1, 0, 0, 1])
    points, tied = ksg_information(values, first, second, k, mixed=mixed, pointwise=True)
    mi, again = ksg_information(values, second, first, k, mixed=mixed)
    np.testing.assert_array_equal(again, tied)
    np.testing.assert_allclose(points.mean(axis=1), mi, atol=1e-12)
    np.testing.assert_array_equal(points[2], points[3])
    for pair, (a, b) in enumerate(zip(first, second, strict=True)):
        expected, n_tied = of_every_sample(values[a], values[b], k, mixed)
        np.testing.assert_allclose(points[pair], expected, atol=1e-11)
        assert tied[pair] == n_tied


def test_mixture_without_ties_is_ksg_up_to_a_constant():
    values = families(400)["normal"]
    more = np.log(400) - digamma(400)
    expected = matrix(values, 3) + more
    np.testing.assert_allclose(matrix(values, 3, mixed=True), expected, atol=1e-12)


def of_mixture(draw, k=3, n_samples=2000, repetitions=30):
    found = []
    for seed in range(repetitions):
        x, y = draw(np.random.default_rng(seed), n_samples)
        values = np.stack([x, y]).astype(np.float64)
        found.append(matrix(values, k, mixed=True)[0, 1])
    return np.mean(found), np.std(found) / np.sqrt(repetitions)


def test_mixture_of_discrete_variables():
    joint = np.array([[0.3, 0.1, 0.0], [0.05, 0.25, 0.3]])

    def draw(rng, n):
        return np.divmod(rng.choice(6, n, p=joint.ravel()), 3)

    share = joint / joint.sum(0) / joint.sum(1)[:, None]
    exact = (joint * np.log(np.where(joint > 0, share, 1))).sum()
    mean, error = of_mixture(draw)
    assert abs(mean - exact) < 4 * error + 0.003


def test_mixture_of_discrete_and_continuous_variables():
    # Gao et al., experiment II: x is one of 5, y is uniform on [x, x + 2]
    def draw(rng, n):
        x = rng.integers(0, 5, n)
        return x, x + rng.uniform(0, 2, n)

    mean, error = of_mixture(draw)
    assert abs(mean - (np.log(5) - 4 / 5 * np.log(2))) < 4 * error + 0.02


def test_mixture_of_zero_inflated_poisson():
    # experiment III: x is exponential; y is 0 with chance 0.15, else Poisson with mean x
    p = 0.15

    def draw(rng, n):
        x = rng.exponential(1, n)
        return x, np.where(rng.random(n) < p, 0, rng.poisson(x))

    # H(y) - H(y | x) by quadrature
    from scipy.stats import poisson

    def entropy(q):
        return -np.sum(q * np.log(np.where(q > 0, q, 1)), axis=0)

    x = (np.arange(40000) + 0.5) / 1000
    given = (1 - p) * poisson.pmf(np.arange(120)[:, None], x)
    given[0] += p
    weight = np.exp(-x) / np.exp(-x).sum()
    exact = entropy(given @ weight) - entropy(given) @ weight
    mean, error = of_mixture(draw)
    assert abs(mean - exact) < 4 * error + 0.02


def test_two_arrays_and_pairs_in_any_order():
    values, other = families(200)["normal"], families(200, seed=1)["relu"]
    first, second = np.array([2, 0, 2, 1]), np.array([0, 2, 0, 1], np.int32)
    mi, _ = ksg_information(values, first, second, 3, other=other)
    for pair, (a, b) in enumerate(zip(first, second, strict=True)):
        assert mi[pair] == matrix(np.stack([values[a], other[b]]), 3)[0, 1]
    back, _ = ksg_information(other, second, first, 3, other=values)
    np.testing.assert_array_equal(back, mi)


@pytest.mark.parametrize("rows_in_tile", [1, 2, 5])
def test_tiles_do_not_matter(monkeypatch, rows_in_tile):
    from infonb.measures.kernels.knn.sorted_rows import bytes_per_row

    values = np.concatenate([families(60, seed)["relu"] for seed in range(3)])
    other = np.concatenate([families(60, seed)["normal"] for seed in range(5, 8)])
    whole, across = (
        matrix(values, 3),
        ksg_information(values, *np.indices((9, 9)).reshape(2, -1), 3, other=other),
    )
    monkeypatch.setattr(_ksg, "TILE", rows_in_tile * bytes_per_row(60))
    np.testing.assert_array_equal(matrix(values, 3), whole)
    tiled = ksg_information(values, *np.indices((9, 9)).reshape(2, -1), 3, other=other)
    np.testing.assert_array_equal(tiled[0], across[0])
    np.testing.assert_array_equal(tiled[1], across[1])


@pytest.mark.parametrize("kind", ["relu", "cauchy", "integers", "tanh", "discrete and continuous"])
@pytest.mark.parametrize("factor", [1.0, 1e-9, 1e9])
def test_many_samples_and_other_scales(kind, factor):
    # several bands and long runs; one variable decides almost every distance
    values = np.asarray(families(2000, seed=4)[kind], np.float64)
    values[1] *= factor
    assert_equal(values, 3, pairs=[(0, 1)])
