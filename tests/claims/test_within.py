"""Groups of samples within a run: known differences, null groups, and chance alone."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from infonb.claims import Within

pytestmark = pytest.mark.slow


def runs_of(scores, role, **coords):
    """Scores (size, seed, sample) and the roles of the samples."""
    scores = np.asarray(scores, dtype=float)
    where = ("seed", "sample") if np.ndim(role) == 2 else "sample"
    return xr.Dataset(
        {"score": (("size", "seed", "sample"), scores)},
        {"size": list(range(len(scores))), "role": (where, np.array(role, dtype=object)), **coords},
    )


ROLES = ["in"] * 40 + ["out"] * 40 + ["null"] * 40


def test_effects_are_differences_of_means_for_each_level_and_seed():
    scores = np.random.default_rng(0).normal(size=(2, 3, 120))
    rows = Within("in {above} out", "score", 1).claims(runs_of(scores, ROLES), "size")
    assert [row.where for row in rows] == ["size = 0", "size = 1"]
    expected = scores[..., :40].mean(axis=2) - scores[..., 40:80].mean(axis=2)
    for row, effect in zip(rows, expected, strict=True):
        assert row.effect == pytest.approx(tuple(effect))
        assert row.statement == "in above out"
        assert abs(row.draws.mean() - effect.mean()) < 0.1


def test_what_the_null_shows_is_taken_away():
    scores = np.zeros((1, 2, 120))
    scores[..., :40], scores[..., 40:80], scores[..., 80:] = 1.0, 0.2, 0.7
    runs = runs_of(scores, ROLES)
    (row,) = Within("x", "score", 1, null="null").claims(runs, "size")
    assert row.effect == pytest.approx((0.3, 0.3))
    assert row.here == "in − out: +0.80; null − out: +0.50"
    roles = ["in"] * 40 + ["out"] * 40 + ["null in"] * 20 + ["null out"] * 20
    scores[..., 100:] = 0.6
    pair = Within("x", "score", 1, null=("null in", "null out"))
    (row,) = pair.claims(runs_of(scores, roles), "size")
    assert row.effect == pytest.approx((0.7, 0.7))
    assert row.here == "in − out: +0.80; null in − null out: +0.10"


def chance(rng, kind, n_seeds=3, n=40):
    """Scores without memorization: samples that are easy or hard for all seeds, and noise."""
    luck = rng.normal(size=3 * n) + 0.3 * rng.normal(size=(n_seeds, 3 * n))
    roles = np.array([["in"] * n + ["out"] * n + ["null"] * n] * n_seeds, dtype=object)
    if kind == "a split for each seed":
        for row in roles:
            rng.shuffle(row)
    else:
        roles = roles[0]
    if kind == "null above out":  # a shift that has nothing to do with memorization
        luck = luck + np.where(roles == "out", 0.0, 1.0)
    return runs_of(luck[None], roles)


@pytest.mark.parametrize(
    ("kind", "null"),
    [
        ("shared samples", None),
        ("shared samples", "null"),
        ("a split for each seed", None),
        ("a split for each seed", "null"),
        ("null above out", "null"),
    ],
)
def test_chance_alone_is_rarely_clear(kind, null):
    rng = np.random.default_rng(1)
    row = Within("x", "score", 1, null=null)
    verdicts = [
        claim.verdict for _ in range(120) for claim in row.claims(chance(rng, kind), "size")
    ]
    assert np.mean([verdict != "too close to tell" for verdict in verdicts]) <= 0.07


def test_few_samples_are_rarely_clear_by_chance():
    rng = np.random.default_rng(2)
    row = Within("x", "score", 1)
    verdicts = [row.claims(chance(rng, "", n=4), "size")[0].verdict for _ in range(120)]
    assert np.mean([verdict != "too close to tell" for verdict in verdicts]) <= 0.07


def test_a_difference_that_is_there_is_found():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(1, 3, 120))
    scores[..., :40] += 1.5
    for null in (None, "null"):
        (row,) = Within("x", "score", 1, null=null).claims(runs_of(scores, ROLES), "size")
        assert row.verdict == "holds"
        (row,) = Within("x", "score", -1, null=null).claims(runs_of(scores, ROLES), "size")
        assert row.verdict == "does not hold"


def test_one_seed_tells_nothing_and_missing_groups_are_named():
    scores = np.random.default_rng(0).normal(size=(1, 1, 120))
    (row,) = Within("x", "score", 1).claims(runs_of(scores, ROLES), "size")
    assert row.verdict == "too close to tell"
    other = Within("x", "score", 1, groups=("in", "held out"))
    assert other.claims(runs_of(scores, ROLES), "size") == []
    assert other.missing(runs_of(scores, ROLES), "size") == [
        "x (size = 0: no values with role 'held out')"
    ]
    with pytest.raises(ValueError, match="Did you mean 'role'"):
        Within("x", "score", 1, role="roles").claims(runs_of(scores, ROLES), "size")
    with pytest.raises(ValueError, match="dim 'samples' not found"):
        Within("x", "score", 1, dim="samples").claims(runs_of(scores, ROLES), "size")


def test_samples_and_seeds_without_values_are_left_out():
    scores = np.random.default_rng(0).normal(size=(1, 3, 120))
    scores[0, 0, :5] = np.nan
    scores[0, 2, :40] = np.nan
    (row,) = Within("x", "score", 1).claims(runs_of(scores, ROLES), "size")
    expected = [scores[0, 0, 5:40].mean() - scores[0, 0, 40:80].mean()]
    expected.append(scores[0, 1, :40].mean() - scores[0, 1, 40:80].mean())
    assert row.effect == pytest.approx(tuple(expected))


def test_a_row_for_each_layer_and_no_dimension_seed():
    scores = np.random.default_rng(0).normal(size=(2, 2, 120))
    runs = xr.Dataset(
        {"score": (("size", "layer", "sample"), scores)},
        {"size": ["small", "large"], "layer": ["a", "b"], "role": ("sample", ROLES)},
    )
    rows = Within("x", "score", 1, each="layer").claims(runs, "size")
    assert [row.where for row in rows] == ["small, a", "small, b", "large, a", "large, b"]
    assert all(len(row.effect) == 1 for row in rows)
