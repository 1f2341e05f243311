from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infonb.data import concentric_circles, flip_labels, shuffle_labels, shuffled
from infonb.data.labels import random_streams

probability = st.floats(0, 1)
seeds = st.integers(0, 2**32)


@given(low=probability, high=probability, seed=seeds, n_classes=st.integers(2, 12))
def test_shuffles_are_nested_over_beta(low: float, high: float, seed: int, n_classes: int) -> None:
    low, high = sorted((low, high))
    labels = np.arange(60) % n_classes
    few, few_drawn = shuffle_labels(labels, low, n_classes=n_classes, seed=seed)
    many, many_drawn = shuffle_labels(labels, high, n_classes=n_classes, seed=seed)
    assert (few_drawn <= many_drawn).all()
    np.testing.assert_array_equal(few[few_drawn], many[few_drawn])
    np.testing.assert_array_equal(many[~many_drawn], labels[~many_drawn])
    assert many.min() >= 0
    assert many.max() < n_classes


@given(low=probability, high=probability, seed=seeds)
def test_flips_are_nested_over_probability(low: float, high: float, seed: int) -> None:
    low, high = sorted((low, high))
    labels = np.arange(60) % 2
    few, few_flipped = flip_labels(labels, low, seed=seed)
    many, many_flipped = flip_labels(labels, high, seed=seed)
    assert (few_flipped <= many_flipped).all()
    np.testing.assert_array_equal(few != labels, few_flipped)
    np.testing.assert_array_equal(many != labels, many_flipped)


@given(n=st.integers(0, 60), seed=seeds)
def test_draws_do_not_depend_on_the_number_of_labels(n: int, seed: int) -> None:
    labels = np.arange(60) % 2
    whole, _ = shuffle_labels(labels, 0.5, n_classes=2, seed=seed)
    part, _ = shuffle_labels(labels[:n], 0.5, n_classes=2, seed=seed)
    np.testing.assert_array_equal(part, whole[:n])
    np.testing.assert_array_equal(
        flip_labels(labels[:n], 0.5, seed=seed)[0], flip_labels(labels, 0.5, seed=seed)[0][:n]
    )


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_extremes(p: float) -> None:
    labels = np.random.default_rng(0).integers(0, 2, 500)
    assert shuffle_labels(labels, p, n_classes=2, seed=0)[1].mean() == p
    assert flip_labels(labels, p, seed=0)[1].mean() == p


def test_frequencies() -> None:
    n = 100_000
    labels = np.zeros(n, int)
    new, drawn = shuffle_labels(labels, 0.4, n_classes=5, seed=1)
    # five standard deviations of a binomial count
    assert abs(drawn.mean() - 0.4) < 5 * np.sqrt(0.24 / n)
    counts = np.bincount(new[drawn], minlength=5)
    expected = drawn.sum() / 5
    assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()
    assert abs(flip_labels(labels, 0.25, seed=1)[0].mean() - 0.25) < 5 * np.sqrt(0.1875 / n)


def test_streams_are_independent_and_repeatable() -> None:
    first, second = random_streams(3, 2)
    labels = np.zeros(10_000, int)
    a, b = (flip_labels(labels, 0.5, seed=s)[0] for s in (first, second))
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(labels.size)
    np.testing.assert_array_equal(a, flip_labels(labels, 0.5, seed=random_streams(3, 5)[0])[0])
    # the same stream may be split twice: it does not count how often
    np.testing.assert_array_equal(
        random_streams(first, 2)[1].generate_state(4), random_streams(first, 2)[1].generate_state(4)
    )


def test_shuffled_keeps_the_rest_and_the_input_unchanged() -> None:
    points = concentric_circles(100)
    before = points.copy(deep=True)
    new = shuffled(points, 0.5, n_classes=2, seed=4)
    assert points.identical(before)
    np.testing.assert_array_equal(new.true_label, points.label)
    np.testing.assert_array_equal(new.input, points.input)
    changed = new.label.values != new.true_label.values
    assert changed.any()
    assert new.is_shuffled.values[changed].all()
    assert new.attrs == points.attrs | {"beta": 0.5}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: shuffle_labels([0, 3], 0.5, n_classes=3, seed=0), ValueError, "0 and 2; not 3"),
        (lambda: shuffle_labels([-1], 0.5, n_classes=3, seed=0), ValueError, "0 and 2; not -1"),
        (lambda: shuffle_labels([0], 1.5, n_classes=3, seed=0), ValueError, "beta must be between"),
        (lambda: shuffle_labels([0], 0.5, n_classes=1, seed=0), ValueError, "n_classes must be at"),
        (lambda: shuffle_labels([[0]], 0.5, n_classes=2, seed=0), ValueError, "one dimension"),
        (lambda: shuffle_labels([0.5], 0.5, n_classes=2, seed=0), TypeError, "whole numbers"),
        (lambda: flip_labels([2], 0.5, seed=0), ValueError, "0 and 1; not 2"),
        (lambda: flip_labels([1], -0.5, seed=0), ValueError, "probability must be between"),
        (lambda: flip_labels([1], 0.5, seed=-1), ValueError, "seed must be at least 0"),
        (lambda: flip_labels([1], 0.5, seed=0.5), TypeError, "seed must be a whole number"),
    ],
)
def test_errors(call, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
