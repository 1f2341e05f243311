import numpy as np
import pytest
import xarray as xr
from measures.plain_loops import shannon
from scipy.stats import norm

import infonb as inb
from infonb.measures.estimators import Binned, Mode
from infonb.measures.kernels.plug_in import PERMUTATIONS, shuffles
from infonb.measures.rows.edges import Edges

R = 200  # repetitions; a mean over them may be 4 standard errors off


def mean_is(values, expected, more=0.0):
    """Whether the mean is the expected one to 4 standard errors, and `more` for what is known."""
    error = 4 * values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(expected, abs=error + more)


def each_with_each(x, y, bins, **options):
    rows = np.arange(len(x), dtype=np.int32)
    ends, sides = (rows, rows), (x.astype(np.int32), y.astype(np.int32))
    return Binned(Edges("common", bins), **options).of_codes(
        sides, (bins, bins), ends, rows, Mode()
    )


def loop(x, y, corrected=None):
    pairs = list(zip(x, y, strict=True))
    value = shannon(x) + shannon(y) - shannon(pairs)
    if corrected:
        value += (len(set(x)) + len(set(y)) - len(set(pairs)) - 1) / (2 * len(x))
    return value


@pytest.mark.parametrize("corrected", [None, "miller-madow"])
def test_equals_plain_loop(corrected):
    x, y = np.random.default_rng(0).integers(5, size=(2, 4, 60))
    x[1] = 2
    expected = [loop(list(a), list(b), corrected) for a, b in zip(x, y, strict=True)]
    found = each_with_each(x, y, 5, corrected=corrected)
    np.testing.assert_allclose(found, expected, atol=1e-13)
    assert found[1] == 0


def test_bias_of_independent_uniform_neurons():
    x, y = np.random.default_rng(0).integers(5, size=(2, R, 500))
    mean_is(each_with_each(x, y, 5), 16 / 1000, more=3e-4)
    mean_is(each_with_each(x, y, 5, corrected="miller-madow"), 0, more=3e-4)
    mean_is(each_with_each(x, y, 5, corrected="permutation"), 0)


@pytest.mark.parametrize("bins", [20, 60])
def test_corrections_where_bins_hold_few_samples(bins):
    # what the docstring says: Miller-Madow takes too little, permutation is right
    x, y = np.random.default_rng(0).integers(bins, size=(2, R, 400))
    plain = each_with_each(x, y, bins).mean()
    assert 0.1 * plain < each_with_each(x, y, bins, corrected="miller-madow").mean() < plain
    mean_is(each_with_each(x, y, bins, corrected="permutation"), 0)


def known(n_samples, seed=0):
    joint = np.array([[0.30, 0.10, 0.05], [0.05, 0.20, 0.05], [0.05, 0.05, 0.15]])
    exact = np.sum(joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0))))
    cell = np.random.default_rng(seed).choice(9, p=joint.ravel(), size=(R, n_samples))
    return cell // 3, cell % 3, exact


def test_known_joint_distribution():
    x, y, exact = known(500)
    mean_is(each_with_each(x, y, 3), exact + 4 / 1000, more=3e-4)
    mean_is(each_with_each(x, y, 3, corrected="miller-madow"), exact, more=3e-4)
    # too much of dependent neurons
    permuted = each_with_each(x, y, 3, corrected="permutation").mean()
    assert exact - 3 * 4 / 1000 < permuted < each_with_each(x, y, 3).mean()


@pytest.mark.parametrize("rho", [0.3, 0.8])
def test_gaussian_neurons_at_fine_bins(rho):
    # 30 bins take less than 0.02 nat of -log(1 - rho^2) / 2; samples are many
    a, noise = np.random.default_rng(0).normal(size=(2, 4, 100_000))
    acts = np.stack([a, rho * a + np.sqrt(1 - rho**2) * noise], axis=1)
    acts = xr.DataArray(acts, dims=("run", "neuron", "sample")).clip(-4, 4)
    options = {"estimator": "binned", "bins": 30, "edges": np.linspace(-4, 4, 31)}
    exact = -0.5 * np.log(1 - rho**2)
    plain = inb.mutual_information(acts, **options)[:, 0, 1]
    assert float(plain.mean()) == pytest.approx(exact, abs=0.02)
    corrected = inb.mutual_information(acts, corrected="miller-madow", **options)[:, 0, 1]
    assert float(corrected.mean()) == pytest.approx(exact - binning_loss(rho), abs=4e-3)


def binning_loss(rho, bins=30):
    """What bins take away, by integrating over their cells."""
    edges = np.linspace(-4, 4, bins + 1)
    edges[[0, -1]] = -9, 9
    t, w = np.polynomial.legendre.leggauss(60)
    half = np.diff(edges)[:, None] / 2
    x = edges[:-1, None] + half * (t + 1)
    below = norm.cdf((edges - rho * x[..., None]) / np.sqrt(1 - rho**2))
    joint = np.einsum("bt,btc->bc", w * half * norm.pdf(x), np.diff(below))
    share = joint / np.outer(joint.sum(1), joint.sum(0))
    kept = joint > 1e-300
    return -0.5 * np.log(1 - rho**2) - np.sum(joint[kept] * np.log(share[kept]))


def neurons(shape=(5, 80), seed=0):
    values = np.random.default_rng(seed).normal(size=shape)
    values[1] = values[0]
    values[2] = 0.5
    return xr.DataArray(values, dims=("neuron", "sample"))


@pytest.mark.parametrize("corrected", [None, "miller-madow"])
def test_normalized_is_1_for_equal_neurons(corrected):
    options = {"estimator": "binned", "edges": "neuron", "normalized": True}
    mi = inb.mutual_information(neurons(), corrected=corrected, **options).values
    assert mi[0, 1] == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(mi.diagonal()[[0, 1, 3, 4]], 1, atol=1e-12)
    assert (mi[2] == 0).all()
    assert mi.max() <= 1 + 1e-12
    if corrected is None:
        assert mi.min() >= 0
    bits = inb.mutual_information(neurons(), corrected=corrected, unit="bit", **options)
    np.testing.assert_array_equal(bits, mi)
    assert bits.attrs["units"] == "1"
    assert bits.attrs["normalized"] == "by the smaller entropy"


def test_normalized_divides_by_the_smaller_entropy():
    acts = neurons()
    options = {"estimator": "binned", "bins": 6, "edges": "neuron"}
    mi = inb.mutual_information(acts, **options).values
    h = inb.entropy(acts, bins=6, edges="neuron").values
    found = inb.mutual_information(acts, normalized=True, **options).values
    assert found[3, 4] == pytest.approx(mi[3, 4] / min(h[3], h[4]), abs=1e-12)
    points = inb.mutual_information(acts, normalized=True, pointwise=True, **options)
    np.testing.assert_allclose(points.mean("sample"), found, atol=1e-12)


def test_permutation_is_seeded_and_says_so():
    acts = neurons()
    options = {"estimator": "binned", "corrected": "permutation"}
    mi = inb.mutual_information(acts, **options, seed=1)
    xr.testing.assert_identical(inb.mutual_information(acts, **options, seed=1), mi)
    other = inb.mutual_information(acts, **options, seed=2)
    assert not np.array_equal(other, mi)
    np.testing.assert_allclose(other, mi, atol=0.05)
    np.testing.assert_array_equal(mi, mi.T)
    assert (mi.attrs["permutations"], mi.attrs["seed"]) == (10, 1)
    assert "bias" not in mi.attrs
    assert float(mi.min()) < 0
    assert float(inb.mutual_information(acts, **options, clip=True).min()) == 0


def test_note_of_the_bias():
    acts = neurons()
    note = inb.mutual_information(acts, estimator="binned", bins=5).attrs["bias"]
    assert note.endswith("too high by about (bins-1)^2/(2S) = 0.1 nat")
    note = inb.mutual_information(acts, estimator="binned", bins=30).attrs["bias"]
    assert "5.26 nat; with so few samples for so many bins they are mostly bias" in note


@pytest.mark.parametrize("maps", [np.exp, lambda x: x**3 + x])
def test_monotone_maps_with_edges_mapped_alike(maps):
    acts = neurons().astype(float)
    edges = np.linspace(-4, 4, 9)
    mi = inb.mutual_information(acts, estimator="binned", edges=edges)
    mapped = inb.mutual_information(maps(acts), estimator="binned", edges=maps(edges))
    np.testing.assert_array_equal(mapped, mi)


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": "ksg"},
        {"estimator": "mixture"},
        {"estimator": "binned"},
        {"estimator": "binned", "corrected": "miller-madow"},
    ],
)
def test_order_of_samples_neurons_and_chunks_do_not_matter(options):
    acts = neurons((6, 200))
    acts[2] = np.random.default_rng(9).normal(size=200)
    mi = inb.mutual_information(acts, **options).values
    np.testing.assert_array_equal(mi, mi.T)
    rng = np.random.default_rng(0)
    mixed = inb.mutual_information(acts.isel(sample=rng.permutation(200)), **options)
    np.testing.assert_allclose(mixed, mi, atol=1e-13)
    order = rng.permutation(6)
    exchanged = inb.mutual_information(acts.isel(neuron=order), **options)
    np.testing.assert_array_equal(exchanged, mi[np.ix_(order, order)])
    for chunks in ({"sample": 60}, {"neuron": 4, "sample": 111}):
        np.testing.assert_array_equal(
            inb.mutual_information(acts.chunk(chunks), **options).compute(), mi
        )
    points = None
    if "corrected" not in options:
        points = inb.mutual_information(acts, pointwise=True, **options)
        np.testing.assert_allclose(points.mean("sample"), mi, atol=1e-12)
        assert points.dims == ("neuron", "other_neuron", "sample")
    bits = inb.mutual_information(acts, unit="bit", **options)
    np.testing.assert_array_equal(bits, mi / np.log(2))
    assert bits.attrs["units"] == "bit"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"corrected": "miller-madow"}, "corrected='miller-madow' is for estimator='binned'"),
        ({"estimator": "mixture", "normalized": True}, "normalized=True is for .*Leave it out, or"),
        (
            {"estimator": "binned", "corrected": "permutation", "pointwise": True},
            "leave it out with pointwise=True",
        ),
        ({"clip": True, "pointwise": True}, "clip=True concerns the mean.*Leave it out"),
        ({"corrected": "shuffle"}, "corrected must be one of None, 'miller-madow', 'permutation'"),
        ({"corrected": True}, "corrected must be one of None"),
        ({"normalized": 1}, "normalized must be one of True, False; not 1"),
        ({"seed": -1}, "seed must be at least 0; not -1"),
        ({"device": "gpu"}, "device must be None, 'cpu', 'cuda'.*not 'gpu'"),
        ({"max_samples": 0}, "max_samples must be at least 1; not 0"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        inb.mutual_information(neurons(), **options)


def test_cuda_without_a_gpu():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ValueError, match=r"finds no CUDA device\. Leave device out"):
        inb.mutual_information(neurons(), device="cuda")


@pytest.mark.parametrize("n_samples", [60, 1024, 1025])  # orders of more samples are not kept
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
def test_shuffles_are_those_of_numpy_for_each_row_by_its_number(n_samples, dtype):
    codes = np.random.default_rng(0).integers(9, size=(3, n_samples)).astype(dtype)
    numbers = np.array([4, 0, 7])
    for _ in range(2):  # drawn, and kept
        found = list(shuffles(codes, 5, numbers))
        assert len(found) == PERMUTATIONS
        for turn, shuffled in enumerate(found):
            for row, number, its in zip(codes, numbers.tolist(), shuffled, strict=True):
                rng = np.random.default_rng([5, turn, number])
                np.testing.assert_array_equal(its, rng.permutation(row), strict=True)
