import numpy as np
import pytest
import xarray as xr
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group, rankdata

from infonb.measures import information_imbalance
from infonb.measures.layers import generator

DIMS = ("layer", "neuron", "sample")


def layers(*points, **coords):
    return xr.DataArray(np.array(points), coords, DIMS)


def limit(rho):
    """That of two normal variables, for ever more samples."""
    return 2 / np.pi * np.arccos(rho**2 / np.sqrt(3 - 2 * rho**2))


def plain(one, other, k=1):
    """2 / n times the mean rank in `other` of the nearest in `one`; ties shared, by loops."""
    n = len(one)
    first, second = (cdist(x, x).round(9) for x in (one, other))
    total = 0.0
    for i in range(n):
        others = np.array([j for j in range(n) if j != i])
        rank = rankdata(second[i, others])
        last = np.sort(first[i, others])[k - 1]
        weight = (first[i, others] < last).astype(float)
        equal = first[i, others] == last
        weight[equal] = (k - weight.sum()) / equal.sum()
        total += (weight * rank).sum() / k
    return 2 * total / n**2


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99, 1.0])
def test_normal_variables_have_the_closed_form(rho):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(2):
        x = rng.normal(size=1000)
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=1000)
        found.append(information_imbalance(layers([x], [y]), draws=2).imbalance.values)
    one, back = np.mean(found, axis=0)[[0, 1], [1, 0]]
    assert one == pytest.approx(limit(rho), abs=0.03)
    assert back == pytest.approx(limit(rho), abs=0.03)


def test_the_closed_form_is_that_of_the_definition():
    # a value of B at random is nearer to b than another value of B with the same a
    rng, rho, n = np.random.default_rng(1), 0.8, 400_000
    x, noise, again, y = rng.normal(size=(4, n))
    b, other = (rho * x + np.sqrt(1 - rho**2) * e for e in (noise, again))
    assert 2 * (abs(y - b) < abs(other - b)).mean() == pytest.approx(limit(rho), abs=0.005)


@pytest.mark.parametrize("k", [1, 3])
def test_a_slow_plain_loop_with_and_without_ties(k):
    rng = np.random.default_rng(2)
    clouds = [
        rng.normal(size=(40, 3)),
        rng.integers(3, size=(40, 3)).astype(float),
        (rng.random((40, 3)) < 0.5).astype(float),
    ]
    found = information_imbalance(layers(*(c.T for c in clouds)), k=k, draws=2).imbalance
    for a, one in enumerate(clouds):
        for b, other in enumerate(clouds):
            own = plain(other, other, k)
            expected = (plain(one, other, k) - own) / (1 - own)
            assert float(found[a, b]) == pytest.approx(expected, abs=1e-9)


def test_all_is_known_of_itself_and_of_what_is_turned_shifted_and_scaled():
    x = np.random.default_rng(3).normal(size=(5, 200))
    turned = 7 * ortho_group.rvs(5, random_state=0) @ x + 100
    found = information_imbalance(layers(x, turned), draws=3)
    np.testing.assert_allclose(found.imbalance, 0, atol=1e-12)
    np.testing.assert_allclose(found.interval, 0, atol=1e-12)


def test_more_noise_less_is_known_and_a_part_does_not_know_the_whole():
    rng = np.random.default_rng(4)
    x, noise = rng.normal(size=(2, 4, 500))
    found = information_imbalance(layers(x, *(x + s * noise for s in (0.1, 0.5, 2.0))), draws=2)
    known = found.imbalance.values[0]
    assert (np.diff(known) > 0.002).all()
    assert known[-1] > 0.8
    part = np.array([x[0], 0 * x[0], 0 * x[0], 0 * x[0]])
    both = information_imbalance(layers(x, part), draws=2).imbalance.values
    assert both[0, 1] < 0.6 * both[1, 0]


def test_to_a_label_it_is_the_error_of_the_nearest_neighbour_over_that_of_chance():
    from sklearn.neighbors import NearestNeighbors

    rng = np.random.default_rng(5)
    label = rng.integers(3, size=150)
    x = rng.normal(size=(4, 150)) + label
    acts = layers(x, x**3)
    found = information_imbalance(acts, label, draws=3)
    assert found.imbalance.dims == ("layer",)
    for at, points in enumerate((x.T, x.T**3)):
        place = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(return_distance=False)[:, 0]
        chance = np.mean([(np.delete(label, i) != label[i]).mean() for i in range(150)])
        error = (label[place] != label).mean() / chance
        assert float(found.imbalance[at]) == pytest.approx(error)
    same = layers([label.astype(float)])
    found = information_imbalance(same, label.astype(str), draws=3)
    np.testing.assert_allclose([found.imbalance, found.back], 0, atol=1e-12)
    for n in (120, 150, 400):  # nor is it a little below 0 by rounding
        label = rng.integers(3, size=n)
        apart = layers(rng.normal(size=(2, n)) + 20 * label)
        assert float(information_imbalance(apart, label, draws=2).imbalance[0]) >= 0


def test_from_a_label_every_sample_of_the_class_is_as_near():
    rng = np.random.default_rng(6)
    label = np.repeat([0, 1], 15)
    x = rng.normal(size=(2, 30)) + 3 * label
    back = float(information_imbalance(layers(x), label, draws=2).back[0])
    own = plain(x.T, x.T)
    assert back == pytest.approx((plain(label[:, None], x.T) - own) / (1 - own))
    assert 0.2 < back < 0.8


def test_nothing_known_lies_in_the_null_and_at_one():
    rng = np.random.default_rng(7)
    inside = []
    for seed in range(12):
        x = rng.normal(size=(2, 3, 200))
        found = information_imbalance(layers(*x), draws=30, seed=seed)
        value, (low, high) = found.imbalance[0, 1], found.null_interval[0, 1]
        inside.append(bool(low <= value <= high))
        assert float(found.null[0, 1]) == pytest.approx(1, abs=0.05)
    assert sum(inside) >= 9


@pytest.mark.slow
def test_the_interval_covers():
    covered, halves, found = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=300)
        y = 0.8 * x + 0.6 * rng.normal(size=300)
        one = information_imbalance(layers([x], [y]), draws=30, seed=seed)
        low, high = one.interval.values[0, 1]
        covered.append(low <= limit(0.8) <= high)
        halves.append((high - low) / 2 / 1.96)
        found.append(float(one.imbalance[0, 1]))
    assert np.mean(covered) >= 0.9
    assert 0.8 < np.mean(halves) / np.std(found) < 1.5


def test_batch_padding_and_other_activations():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(2, 2, 4, 60))
    values[:, 1, 3] = np.nan
    label = rng.integers(2, size=(2, 60))
    coords = {
        "layer": ["a", "b"],
        "width": ("layer", [4, 3]),
        "label": (("network", "sample"), label),
    }
    acts = xr.DataArray(values, coords, ("network", *DIMS))
    between = information_imbalance(acts, draws=4)
    assert between.imbalance.dims == ("network", "layer", "other_layer")
    assert list(between.other_width.values) == [4, 3]
    given = information_imbalance(acts, "label", draws=4)
    to_other = information_imbalance(acts, acts.isel(network=1, drop=True), draws=4)
    assert to_other.imbalance.dims == ("network", "layer", "other_layer")
    for n in range(2):
        alone = acts.isel(network=n)
        xr.testing.assert_allclose(between.imbalance[n].drop_vars("network", errors="ignore"),
                                   information_imbalance(alone, draws=4).imbalance)  # fmt: skip
        np.testing.assert_allclose(
            given.imbalance[n], information_imbalance(alone, label[n], draws=4).imbalance
        )
        one = information_imbalance(alone, acts.isel(network=1, layer=0, drop=True), draws=4)
        np.testing.assert_allclose(to_other.imbalance[n, :, 0], one.imbalance)
        np.testing.assert_allclose(to_other.back[n, :, 0], one.back)
    np.testing.assert_allclose(to_other.imbalance[1], between.imbalance[1])
    np.testing.assert_allclose(to_other.back[1], between.imbalance[1].values.T)


def test_a_layer_at_one_place_knows_nothing_and_is_not_to_be_known():
    x = np.random.default_rng(9).normal(size=(2, 40))
    found = information_imbalance(layers(x, np.ones((2, 40))), draws=2).imbalance
    assert float(found[1, 0]) == pytest.approx(1)
    assert np.isnan(found[0, 1])


def test_fewer_samples_are_those_of_the_seed():
    x = np.random.default_rng(10).normal(size=(2, 3, 100))
    some = information_imbalance(layers(*x), max_samples=40, draws=2, seed=3)
    assert some.attrs["n_samples"] == 40
    again = information_imbalance(layers(*x), max_samples=40, draws=2, seed=3)
    xr.testing.assert_identical(some, again)
    chosen = np.sort(generator(3, "samples").choice(100, 40, replace=False))
    alone = information_imbalance(layers(*x[..., chosen]), draws=2, seed=3)
    np.testing.assert_array_equal(some.imbalance, alone.imbalance)


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"k": 0}, ValueError, "k must be at least 1"),
        ({"k": 20}, ValueError, "k=20 needs at least 42 samples; there are 40"),
        ({"draws": 1}, ValueError, "draws must be at least 2"),
        ({"level": 1.0}, ValueError, "level must be above 0 and below 1"),
        ({"second": np.linspace(0, 1, 40)}, TypeError, "needs a label with classes"),
        ({"second": np.zeros(39, int)}, ValueError, "one value for each of the 40"),
        ({"second": "label"}, ValueError, "no coordinate along 'sample'"),
        ({"max_samples": 2}, ValueError, "max_samples must be at least 4"),
    ],
)
def test_errors_name_the_value(more, error, words):
    acts = layers(*np.random.default_rng(0).normal(size=(2, 3, 40)))
    with pytest.raises(error, match=words):
        information_imbalance(acts, **more)


def test_errors_of_what_is_compared():
    acts = layers(*np.random.default_rng(0).normal(size=(2, 3, 40)), sample=np.arange(40))
    with pytest.raises(ValueError, match="one layer alone"):
        information_imbalance(acts.isel(layer=0))
    with pytest.raises(ValueError, match="same samples as first"):
        information_imbalance(acts, acts.isel(sample=slice(30)))
    with pytest.raises(ValueError, match="differ in their labels"):
        information_imbalance(acts, acts.assign_coords(sample=np.arange(40) + 1))
    with pytest.raises(ValueError, match="batch dims"):
        information_imbalance(acts, acts.expand_dims(network=2))
    with pytest.raises(ValueError, match="finite"):
        information_imbalance(acts.where(acts < 2))
    with pytest.raises(ValueError, match="squares overflow"):
        information_imbalance(acts * 1e150)
