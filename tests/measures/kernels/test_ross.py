import numpy as np
import pytest
import xarray as xr
from scipy.special import digamma

import infonb as inb
from infonb.measures import TiesWarning
from infonb.measures.kernels.ross import ross_information


def ross(x, classes, k):
    """Ross (2014) as a loop; classes of one are left out, small ones take all there are."""
    x = np.asarray(x, np.float64)
    alone = [c for c in set(classes) if (classes == c).sum() == 1]
    kept = ~np.isin(classes, alone)
    x, classes = x[kept], classes[kept]
    total = 0.0
    for i in range(len(x)):
        of_class = np.abs(np.delete(x, i) - x[i])[np.delete(classes, i) == classes[i]]
        near = min(k, len(of_class))
        d = np.sort(of_class)[near - 1]
        m = (np.abs(x - x[i]) < d).sum() if d > 0 else (x == x[i]).sum()
        total += digamma(near) - digamma(len(of_class) + 1) - digamma(m)
    return digamma(len(x)) + total / len(x)


def gao(x, classes, k):
    """The released code of Gao et al. (2017), with a class at distance 1e9 from every other."""
    x = np.asarray(x, np.float64)
    total = 0.0
    for i in range(len(x)):
        dx, dy = np.abs(x - x[i]), np.where(classes == classes[i], 0.0, 1e9)
        d = np.sort(np.maximum(dx, dy))[k]
        tilde = k if d > 0 else (np.maximum(dx, dy) == 0).sum()
        below = d if d > 0 else 1e-15
        total += digamma(tilde) - digamma((dx < below).sum()) - digamma((dy < below).sum())
    return np.log(len(x)) + total / len(x)


def data(kind, n=120, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    classes = rng.integers(n_classes, size=n)
    x = rng.normal(size=n) + classes
    if kind == "relu":
        x = np.maximum(x - 1, 0)
    if kind == "rounded":
        x = np.round(x)
    return x, classes


@pytest.mark.parametrize("kind", ["normal", "relu", "rounded"])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_equals_plain_loops(kind, k):
    x, classes = data(kind)
    mi, tied = ross_information(np.stack([x, -2 * x]), classes, k)
    np.testing.assert_allclose(mi, ross(x, classes, k), atol=1e-12)
    assert (tied[0] > 0) == (kind != "normal")
    mixed, same = ross_information(x[None], classes, k, mixed=True)
    np.testing.assert_allclose(mixed, gao(x, classes, k), atol=1e-12)
    assert same[0] == tied[0]


def test_small_classes_and_classes_of_one():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2, 3, 4], [1, 2, 3, 30, 1])
    x = rng.normal(size=37)
    for k in (1, 2, 3, 5):
        mi, _ = ross_information(x[None], classes, k)
        assert mi[0] == pytest.approx(ross(x, classes, k), abs=1e-12)
        pointwise, _ = ross_information(x[None], classes, k, pointwise=True)
        assert pointwise.mean() == pytest.approx(mi[0], abs=1e-12)
        assert (pointwise[0, [0, 36]] == 0).all()


@pytest.mark.parametrize("mixed", [False, True])
def test_nothing_to_tell(mixed):
    x = np.maximum(np.random.default_rng(0).normal(size=(1, 20)), 0)
    for rows, classes in [
        (x, np.zeros(20, int)),  # one class
        (x, np.arange(20)),  # each sample a class
        (np.ones((1, 20)), np.arange(20) % 2),  # a constant
    ]:
        mi, _ = ross_information(rows, classes, 3, mixed=mixed)
        assert mi.tolist() == [0.0]
    pointwise, _ = ross_information(x, np.zeros(20, int), 3, mixed=mixed, pointwise=True)
    assert (pointwise == 0).all()


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("kind", ["normal", "relu"])
def test_numbers_of_classes_and_order_of_samples_do_not_matter(kind, mixed):
    x, classes = data(kind, n_classes=40)  # some have k members or fewer
    mi, _ = ross_information(x[None], classes, 3, mixed=mixed)
    order = np.random.default_rng(1).permutation(len(x))
    new = np.random.default_rng(2).permutation(40)
    again, _ = ross_information(x[None, order], new[classes[order]], 3, mixed=mixed)
    assert again[0] == pytest.approx(mi[0], abs=1e-13)


def test_near_scikit_learn():
    # which scales x and adds noise of 1e-10 to it
    from sklearn.feature_selection import mutual_info_classif

    classes = data("normal", n=400)[1]
    x = np.stack([data("normal", n=400)[0], np.random.default_rng(3).exponential(size=400)])
    mi, _ = ross_information(x, classes, 3)
    expected = mutual_info_classif(x.T, classes, n_neighbors=3, random_state=0)
    np.testing.assert_allclose(np.maximum(mi, 0), expected, atol=1e-9)


def test_scale_does_not_matter():
    x, classes = data("normal")
    mi, _ = ross_information(np.stack([x, x * 2.0**900, x * 2.0**-900]), classes, 3)
    assert mi[0] == mi[1] == mi[2]


def test_samples_alone_in_their_class_are_told():
    x = np.random.default_rng(0).normal(size=(2, 200))
    acts = xr.DataArray(x, dims=("neuron", "sample"))
    with pytest.warns(TiesWarning, match=r"100% of the samples are left out.*astype\(float\)"):
        mi = inb.mutual_information(acts, other=np.arange(200))
    assert (mi == 0).all()
    half = np.where(np.arange(200) < 100, 0, np.arange(200))
    with pytest.warns(TiesWarning, match="50% of the samples are left out"):
        # one class is left, of which nothing can be told
        assert (inb.mutual_information(acts, other=half) == 0).all()
    few = np.where(np.arange(200) < 190, np.arange(200) % 2, np.arange(200))
    inb.mutual_information(acts, other=few)  # 5 %: no word
