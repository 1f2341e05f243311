"""In and out against plain loops, by hand, and in simulations of which the truth is known."""

from __future__ import annotations

import math
import statistics
from itertools import product

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from infonb.memorization import in_out, in_out_plan
from infonb.memorization.in_out import Pooled, newcombe

LN2 = math.log(2)


def scores(values, held_out, **coords):
    """Label an array (..., repeat, fold, sample) as scores of a plan."""
    values = np.asarray(values)
    names = [*coords, "repeat", "fold", "sample"]
    return xr.DataArray(values, dims=names, coords=coords | dict(held_out.coords))


@pytest.mark.parametrize("pool", ["mean", "logmeanexp"])
def test_against_a_plain_loop_on_forty_samples(pool):
    rng = np.random.default_rng(0)
    held_out = in_out_plan(40, repeats=6, folds=5, seed=1)
    values = rng.normal(size=(2, 6, 5, 40))
    values[rng.random(values.shape) < 0.1] = np.nan  # not evaluated
    found = in_out(scores(values, held_out, epoch=[10, 20]), held_out, pool=pool)
    for epoch in range(2):
        for i in range(40):
            inside, outside = [], []
            for repeat in range(6):
                for fold in range(5):
                    value = float(values[epoch, repeat, fold, i])
                    if math.isnan(value):
                        continue
                    (outside if held_out.values[repeat, fold, i] else inside).append(value)
            if pool == "mean":
                u, v = statistics.fmean(inside), statistics.fmean(outside)
            else:
                u, v = (
                    math.log(sum(math.exp(x) for x in part) / len(part))
                    for part in (inside, outside)
                )
            one = found.isel(epoch=epoch, sample=i)
            assert (one.n_in, one.n_out) == (len(inside), len(outside))
            np.testing.assert_allclose(
                [one.U, one.V, one.mem], [u, v, u - v], rtol=1e-12, atol=1e-12
            )
    assert found.mem.dims == ("epoch", "sample")
    assert found.mem.attrs["pool"] == pool
    assert found.mem.attrs["n"] == 40


def test_logmeanexp_by_hand():
    held_out = xr.DataArray([[[False], [False], [True]]], dims=("repeat", "fold", "sample"))
    score = xr.DataArray([[[0.0], [math.log(3)], [0.0]]], dims=("repeat", "fold", "sample"))
    assert in_out(score, held_out, pool="logmeanexp").mem.item() == pytest.approx(LN2)
    assert in_out(score, held_out).mem.item() == pytest.approx(math.log(3) / 2)


def test_logmeanexp_of_far_numbers_does_not_overflow():
    held_out = in_out_plan(6, repeats=2, folds=2)
    found = in_out(scores(np.full((2, 2, 6), -5000.0), held_out), held_out, pool="logmeanexp")
    assert (found.U == -5000).all()
    assert (found.mem == 0).all()


def test_intervals_by_hand():
    """Newcombe (1998), table II, example (a), method 10: 56/70 − 48/80 is 0.0524 to 0.3339."""
    held_out = xr.DataArray(np.arange(150)[None, :, None] >= 70, dims=("repeat", "fold", "sample"))
    right = np.r_[np.arange(70) < 56, np.arange(80) < 48]
    score = xr.DataArray(right[None, :, None], dims=("repeat", "fold", "sample"))
    found = in_out(score, held_out)
    assert found.interval.attrs["interval"] == "newcombe"
    np.testing.assert_allclose(found.interval.values[0], [0.0524, 0.3339], atol=5e-5)


def test_welch_is_that_of_scipy():
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(1)
    held_out = in_out_plan(7, repeats=4, folds=3)
    values = rng.normal(size=(4, 3, 7)) * 10
    found = in_out(scores(values, held_out), held_out, level=0.9)
    assert found.interval.attrs["interval"] == "welch"
    for i in range(7):
        out = held_out.values[..., i]
        of_both = ttest_ind(values[..., i][~out], values[..., i][out], equal_var=False)
        limits = of_both.confidence_interval(0.9)
        np.testing.assert_allclose(found.interval.values[i], [limits.low, limits.high])


def test_permuted_trainings_and_samples_change_nothing():
    rng = np.random.default_rng(2)
    held_out = in_out_plan(10, repeats=4, folds=3)
    score = scores(rng.random((4, 3, 10)), held_out)
    found = in_out(score, held_out)
    at = {"repeat": rng.permutation(4), "sample": rng.permutation(10)}
    other = in_out(score.isel(at), held_out.isel(at))
    xr.testing.assert_allclose(found, other.sel(sample=found.sample))


def test_a_repeat_alone_has_one_value_out():
    held_out = in_out_plan(12, repeats=3, folds=4)
    score = scores(np.random.default_rng(3).random((3, 4, 12)), held_out)
    found = in_out(score, held_out, dim="fold")
    assert found.mem.dims == ("repeat", "sample")
    assert (found.n_out == 1).all()
    np.testing.assert_allclose(found.mem.mean("repeat"), in_out(score, held_out).mem)


def test_samples_never_out_are_nan_and_told_once():
    held_out = in_out_plan(10, repeats=2, share=0.9)
    score = scores(np.ones((2, 1, 10)), held_out)
    with pytest.warns(UserWarning, match="of 10 samples 8 were never out: they are NaN") as told:
        found = in_out(score, held_out)
    assert len(told) == 1
    assert (found.mem.isnull() == (found.n_out == 0)).all()
    assert int(found.mem.isnull().sum()) == 8


def test_what_does_not_fit():
    held_out = in_out_plan(4, repeats=2, folds=2)
    score = scores(np.ones((2, 2, 4)), held_out)
    cases = [
        (ValueError, "dim 'fold' not found; score has dims", score.isel(fold=0), held_out),
        (ValueError, "different samples: 3 and 4", score[..., :3], held_out),
        (ValueError, "different samples: at place 0 1 and 0", score[..., [1, 0, 2, 3]], held_out),
        (ValueError, "different labels of 'repeat': 1 and 2", score[:1], held_out),
        (TypeError, "held_out must be bool, True where left out; not int64", score,
         held_out.astype(int)),
        (ValueError, "score is infinite for 1 of 16 values", score.where(score.sample > 0, np.inf)
         .where(held_out | (score.sample > 0), 1.0).where(score.repeat > 0, 1.0), held_out),
        (TypeError, "give score, a DataArray; not ndarray", score.values, held_out),
        (ValueError, "held_out has the dim 'epoch', which score", score,
         held_out.expand_dims(epoch=[1])),
    ]  # fmt: skip
    for error, words, one, plan in cases:
        with pytest.raises(error, match=words):
            in_out(one, plan)
    with pytest.raises(ValueError, match="pool must be one of 'mean', 'logmeanexp'; not 'median'"):
        in_out(score, held_out, pool="median")
    with pytest.raises(ValueError, match=r"'newcombe' is for means of scores in 0 .. 1; .* 2 .. 2"):
        in_out(score * 2, held_out, interval="newcombe")
    with pytest.raises(ValueError, match=r"level must be above 0 and below 1, such as 0.95; not 1"):
        in_out(score, held_out, level=1)
    with pytest.raises(ValueError, match="dim must name dims of the trainings"):
        in_out(score, held_out, dim=("fold", "sample"))


# simulations: many samples of one kind, memorization known


def simulated(draw, n=4000, repeats=10, folds=4, seed=5):
    """Return a plan and scores: `draw` gives (shape, held_out) → scores."""
    held_out = in_out_plan(n, repeats=repeats, folds=folds, seed=seed)
    rng = np.random.default_rng(seed)
    return scores(draw(rng, held_out.values), held_out), held_out


def coverage(draw, truth, interval="auto", **plan):
    found = in_out(*simulated(draw, **plan), interval=interval)
    low, high = (found.interval.sel(bound=bound) for bound in ("low", "high"))
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize(("n_in", "n_out", "worst"), [(30, 10, 0.9), (6, 2, 0.84)])
def test_the_interval_of_right_or_wrong_covers(n_in, n_out, worst):
    """Exactly, over a grid of all pairs of shares, as the docstring says."""
    number_in, number_out = np.meshgrid(np.arange(n_in + 1), np.arange(n_out + 1), indexing="ij")
    n = np.ones(number_in.shape)
    limits = newcombe(
        Pooled(number_in / n_in, n, n * n_in), Pooled(number_out / n_out, n, n * n_out), 0.95
    )
    low, high = np.moveaxis(limits, -1, 0)
    found = []
    for p, q in product(np.linspace(0, 1, 51), repeat=2):
        chance = np.outer(
            binom.pmf(range(n_in + 1), n_in, p), binom.pmf(range(n_out + 1), n_out, q)
        )
        found.append(chance[(low <= p - q + 1e-12) & (p - q - 1e-12 <= high)].sum())
    assert 0.95 < np.mean(found) < 0.96
    assert worst < min(found) < worst + 0.01


def test_the_interval_of_right_or_wrong_covers_in_trainings():
    def draw(rng, out):
        return rng.random(out.shape) < np.where(out, 0.4, 0.98)

    assert 0.93 < coverage(draw, 0.58) < 0.98


def test_the_interval_of_spread_scores_covers():
    def draw(rng, out):
        return np.where(out, -40, -30) + rng.normal(size=out.shape) * np.where(out, 5, 2)

    assert 0.935 < coverage(draw, 10.0) < 0.965
    assert 0.92 < coverage(draw, 10.0, repeats=3) < 0.975


def test_rare_exceptions_fool_students_interval_only():
    def draw(rng, out):  # of a probability of the label that is 0.05 in one of ten trainings
        rare = rng.random(out.shape) < 0.1
        return np.where(out & rare, 0.05, 0.99 + 0.01 * rng.random(out.shape))

    truth = 0.1 * (0.995 - 0.05)
    assert coverage(draw, truth, interval="welch") < 0.8
    assert coverage(draw, truth, interval="newcombe") > 0.95


@pytest.mark.parametrize(
    ("repeats", "folds", "sd", "bias"),
    [
        (10, 10, 1.0, 0.06),
        (10, 10, 3.0, 1.04),
        (2, 5, 1.0, 0.21),
        (1, 5, 0.5, 0.09),
        (1, 5, 3.0, 2.03),
    ],
)
def test_the_bias_of_logmeanexp_is_as_the_docstring_says(repeats, folds, sd, bias):
    def draw(rng, out):
        return sd * rng.normal(size=out.shape)

    score, held_out = simulated(draw, n=20_000, repeats=repeats, folds=folds)
    found = in_out(score, held_out, pool="logmeanexp").mem
    error = 4 * float(found.std()) / math.sqrt(found.size)
    assert abs(float(found.mean()) - bias) < error + 0.015
    assert (
        abs(float(in_out(score, held_out).mem.mean())) < 4 * sd / math.sqrt(20_000 * repeats) * 1.2
    )
