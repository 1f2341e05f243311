from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from infonb.data import add_artifact, align, concentric_circles, shuffled, split

FOLDER = os.environ.get("INFONB_DATA")
needs_data = pytest.mark.skipif(not FOLDER, reason="INFONB_DATA not set")


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(Path(str(FOLDER), "concentric_circles", "circles", name))


@needs_data
@pytest.mark.parametrize("seed", [42, 21])
def test_equal_to_the_published_points(seed: int) -> None:
    table = published(f"circles_sep_factor_0.4_2000_seed={seed}.csv")
    points = concentric_circles(seed=seed)
    np.testing.assert_allclose(points.input.values, table[["x", "y"]], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(points.label.values, table["label"])


@needs_data
@pytest.mark.parametrize("alignment", ["bias", "anti", "none"])
def test_aligned_sets_like_the_published_ones(alignment: str) -> None:
    table = published(f"aligned_{alignment}/factor_0.4_means_-3_3_2000.csv")
    points = align(concentric_circles(), alignment, seed=0)
    np.testing.assert_allclose(points.input.values[:, :2], table[["x", "y"]], rtol=0, atol=1e-12)
    for label in (0, 1):
        ours = points.input.values[points.label.values == label, 2]
        theirs = table.loc[table.label == label, "c1"]
        # 1,000 draws each: five standard errors of the difference of two means
        bound = 5 * np.hypot(ours.std(), theirs.std()) / np.sqrt(1000)
        assert abs(ours.mean() - theirs.mean()) < bound
        assert ours.std() == pytest.approx(theirs.std(), rel=0.15)


def test_circles_without_noise_have_the_two_radii() -> None:
    points = concentric_circles(200, noise=0.0, factor=0.3)
    radius = np.hypot(*points.input.values.T)
    np.testing.assert_allclose(radius, np.where(points.label == 0, 1.0, 0.3), rtol=1e-12)
    assert points.input.dtype == np.float64
    assert points.label.dtype == np.int64
    assert list(points.feature.values) == ["x", "y"]


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(10, 200),
    fraction=st.floats(0, 1),
    division=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_artifact_has_the_exact_numbers(
    n: int, fraction: float, division: float, seed: int
) -> None:
    points = add_artifact(concentric_circles(n), fraction=fraction, division=division, seed=seed)
    c1, kind, label = points.input.values[:, 2], points.artifact.values, points.label.values
    for value in (0, 1):
        n_class = int((label == value).sum())
        n_artifact = round(fraction * n_class)
        agrees = (label == value) & (kind == "agrees")
        disagrees = (label == value) & (kind == "disagrees")
        assert agrees.sum() == round(division * n_artifact)
        assert agrees.sum() + disagrees.sum() == n_artifact
        sign = 1 if value == 1 else -1
        assert (abs(c1[agrees] - 3 * sign) < 1).all()
        assert (abs(c1[disagrees] + 3 * sign) < 1).all()
    rest = c1[kind == "none"]
    assert ((rest >= 0) & (rest < 1)).all()


def test_artifact_draws_have_the_right_moments() -> None:
    points = add_artifact(concentric_circles(20_000), fraction=0.75, division=1.0, seed=3)
    c1, kind, label = points.input.values[:, 2], points.artifact.values, points.label.values
    for value, mean in ((0, -3), (1, 3)):
        drawn = c1[(kind == "agrees") & (label == value)]
        assert drawn.mean() == pytest.approx(mean, abs=5 * 0.1 / np.sqrt(7500))
        assert drawn.std() == pytest.approx(0.1, rel=0.05)
    uniform = c1[kind == "none"]
    assert uniform.mean() == pytest.approx(0.5, abs=5 * 0.289 / np.sqrt(5000))
    assert uniform.std() == pytest.approx(12**-0.5, rel=0.05)


def test_artifact_is_nested_over_division() -> None:
    circles = concentric_circles(400)
    low, high = (add_artifact(circles, division=d, seed=5) for d in (0.5, 0.9))
    assert set(low.sample.values[low.artifact == "agrees"]) < set(
        high.sample.values[high.artifact == "agrees"]
    )
    same = low.artifact.values == high.artifact.values
    np.testing.assert_array_equal(low.input.values[same], high.input.values[same])
    # where the sign differs the noise does not
    np.testing.assert_allclose(
        low.input.values[~same, 2] % 6 - 3, high.input.values[~same, 2] % 6 - 3, atol=1e-12
    )


def test_other_seeds_differ_and_equal_ones_do_not() -> None:
    circles = concentric_circles(100)
    first = add_artifact(circles, seed=1)
    xr.testing.assert_identical(first, add_artifact(circles, seed=1))
    assert not np.array_equal(first.artifact, add_artifact(circles, seed=2).artifact)
    assert not np.array_equal(concentric_circles(100, seed=1).input, circles.input)


def test_align_replaces_the_feature_and_keeps_what_is_known() -> None:
    points = shuffled(concentric_circles(100), 0.5, n_classes=2, seed=0)
    aligned = align(add_artifact(points), "anti", seed=7)
    assert list(aligned.feature.values) == ["x", "y", "c1"]
    assert set(aligned.artifact.values) == {"disagrees"}
    np.testing.assert_array_equal(np.sign(aligned.input[:, 2]), np.where(points.label == 1, -1, 1))
    np.testing.assert_array_equal(aligned.true_label, points.true_label)
    np.testing.assert_array_equal(aligned.input[:, :2], points.input)
    bias = align(points, "bias", seed=7)
    np.testing.assert_allclose(
        bias.input[:, 2] - aligned.input[:, 2], np.where(points.label == 1, 6, -6), atol=1e-12
    )


def test_sample_coordinate_survives_a_split() -> None:
    train, _ = split(concentric_circles(100), 10, seed=0)
    np.testing.assert_array_equal(add_artifact(train).sample, train.sample)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: concentric_circles(1), "n_samples must be at least 2"),
        (lambda: concentric_circles(noise=-1), "noise must be at least"),
        (lambda: concentric_circles(factor=1.0), "factor must be below 1"),
        (lambda: concentric_circles(seed=-1), "seed must be at least 0"),
        (lambda: add_artifact(concentric_circles(10), fraction=2), "fraction must be between"),
        (lambda: add_artifact(concentric_circles(10), division=-1), "division must be between"),
        (lambda: align(concentric_circles(10), "biased", seed=0), "Did you mean 'bias'"),
        (lambda: add_artifact(concentric_circles(10).isel(feature=[1, 0])), "features 'x' and 'y'"),
        (
            lambda: add_artifact(concentric_circles(10).assign(label=("sample", np.full(10, 2)))),
            "must be 0 or 1; not 2",
        ),
    ],
)
def test_errors(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
