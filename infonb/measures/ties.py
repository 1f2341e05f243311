"""Warnings of neighbour estimates where their formula does not hold: ties, and values on a grid."""

from __future__ import annotations

import sys
import warnings

import numpy as np

__all__ = [
    "TiesWarning",
    "grid_bias",
    "repeats",
    "warn",
    "warn_of_grid",
    "warn_of_lone_classes",
    "warn_of_ties",
]

# A pair with more of its samples at radius 0 is worth a word.
TOLERATED = 0.01

# So is a bias, in nats, as large as the standard error of KSG at some thousand samples.
TOLERATED_BIAS = 0.02

# Samples alone in their class of which nothing is said.
LONE = 0.1

# How many pairs are looked at, how many samples of each at most, and how many distances in all.
PAIRS, SAMPLES, DISTANCES = 16, 32, 2**22


class TiesWarning(UserWarning):
    """Values repeat too much, or classes too little, for an estimate from neighbours."""


def warn_of_ties(tied: np.ndarray, n_samples: int, k: int) -> None:
    """Warn once if a pair has too many of its samples, (pair,), tied with more than k others."""
    if not len(tied) or tied.max() <= TOLERATED * n_samples:
        return
    share = tied / n_samples
    warn(
        f"KSG on ties: {share.mean():.1%} of the samples of a pair on average, {share.max():.1%} "
        f"in the worst of {len(tied)} pairs, share both values with at least k={k} others. There "
        "the formula, made for continuous variables, follows the share of ties, not the dependence "
        "of the neurons. Measure pre-activations, or use estimator='mixture' or 'binned'. To keep "
        "the published convention silently: "
        "warnings.simplefilter('ignore', infonb.measures.TiesWarning)."
    )


def warn_of_grid(
    values: np.ndarray,
    others: np.ndarray | None,
    first: np.ndarray,
    second: np.ndarray,
    k: int,
    *,
    classes: bool = False,
) -> None:
    """Warn once if values on a grid, (row, sample), raise the estimates: found from 16 pairs."""
    different = np.arange(len(first)) if others is not None else np.flatnonzero(first != second)
    n_pairs = min(PAIRS, len(different))
    some = different[np.linspace(0, len(different) - 1, n_pairs).astype(int)]
    bias = []
    for a, b in zip(first[some], second[some], strict=True):
        x, y = values[a], values[b] if others is None else others[b]
        repeated = repeats(x) or (not classes and repeats(y))
        bias.append(grid_bias(x, y, k, classes=classes) if repeated else 0.0)
    if not bias or np.mean(bias) <= TOLERATED_BIAS:
        return
    warn(
        f"Neighbours on a grid: the estimates are too high by about {np.mean(bias):.2g} nat on "
        f"average and {np.max(bias):.2g} in the worst of {n_pairs} pairs, since many samples lie "
        "exactly as far away as the k-th neighbour (activations quantised or of low precision, or "
        "whole numbers with few samples each). Record in float32, add uniform noise as wide as a "
        "rounding step, or use estimator='binned'. To keep the values silently: "
        "warnings.simplefilter('ignore', infonb.measures.TiesWarning)."
    )


def grid_bias(x: np.ndarray, y: np.ndarray, k: int, *, classes: bool = False) -> float:
    """
    Return by how many nats samples at exactly the radius raise the KSG estimate of a pair.

    Of continuous values one sample, the k-th neighbour, is at the radius, in one variable. Of
    values on a grid many are. They are not counted, though before rounding about half of them were
    nearer. Found from some samples.
    """
    n = len(x)
    number = int(np.clip(DISTANCES // (PAIRS * n), 8, min(SAMPLES, n)))
    chosen = np.linspace(0, n - 1, number).astype(int)
    x, y = x.astype(np.float64), y.astype(np.float64)
    dx, dy = (np.abs(side - side[chosen, None]) for side in (x, y))
    if classes:
        dy = np.where(dy == 0, 0.0, np.inf)
    radius = np.partition(np.maximum(dx, dy), k, axis=1)[:, k, None]  # after the sample itself
    from scipy.special import digamma

    missed = np.zeros(number)
    for d in (dx, dy):
        inside = (d < radius).sum(axis=1)
        reached = np.maximum((d <= radius).sum(axis=1) - 1, inside)
        more = digamma(np.maximum(reached, 1)) - digamma(np.maximum(inside, 1))
        # a value that occurs once is on no grid, but may lie next to one that occurs very often
        missed += np.where((d == 0).sum(axis=1) > 1, more, 0.0)
    counts = (radius[:, 0] > 0) & np.isfinite(radius[:, 0])
    return float(np.where(counts, missed, 0.0).mean() / 2)


def repeats(x: np.ndarray) -> bool:
    """Return whether a value occurs more than once."""
    ordered = np.sort(x)
    return bool((ordered[1:] == ordered[:-1]).any())


def warn_of_lone_classes(classes: np.ndarray) -> None:
    """Warn if many samples are alone in their class, (sample,), which Ross leaves out."""
    alone = np.mean(np.bincount(classes)[classes] == 1)
    if alone > LONE:
        warn(
            f"other has classes of a single sample: {alone:.0%} of the samples are left out, since "
            "nothing can be told from one. If its whole numbers measure something, cast them: "
            "other.astype(float). To leave them out silently: "
            "warnings.simplefilter('ignore', infonb.measures.TiesWarning)."
        )


def warn(message: str, kind: type[UserWarning] = TiesWarning) -> None:
    """Warn at the line that called the package."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("infonb."):
        frame, level = frame.f_back, level + 1
    say = warnings.warn
    if "distributed" in sys.modules:  # on a worker of a cluster: where the user is, too
        from distributed import warn as say
    say(message, kind, stacklevel=level)
