"""Points on a line without rounding: the exact projection of the bit-extraction memorizer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

__all__ = ["GAP", "OnALine", "exact_products", "on_a_line"]

#: How far apart the points are made on the line.
GAP = Fraction(5, 2)
#: Directions that are tried, and their largest whole number.
_TRIES, _LARGEST = 64, 2**20
#: Below this all whole numbers are exact in float64.
_EXACT = 2.0**53


class OnALine(NamedTuple):
    """Points on a line: ``place = scale · ⟨direction, x⟩ − start``, the first at 0."""

    direction: tuple[int, ...]
    scale: Fraction
    start: Fraction
    places: list[Fraction]


def on_a_line(points: np.ndarray, seed: int) -> OnALine:
    """Project different points (sample, feature) so that they are at least GAP apart."""
    rng = np.random.default_rng([seed, 23])
    directions = rng.integers(-_LARGEST, _LARGEST, (_TRIES, points.shape[1]), endpoint=True)
    with np.errstate(over="ignore", invalid="ignore"):  # it only chooses what is tried first
        spread = _spread(np.sort(points @ directions.T.astype(float), axis=0))
    for at in np.argsort(-spread, kind="stable"):  # nearly always the first
        direction = tuple(directions[at].tolist())
        products = exact_products(points, direction)
        ordered = sorted(products)
        gap = min((b - a for a, b in pairwise(ordered)), default=Fraction(1))
        if gap > 0:
            scale = GAP / gap
            start = scale * ordered[0]
            return OnALine(direction, scale, start, [scale * one - start for one in products])
    raise ValueError(
        f"points fall together in each of {_TRIES} directions that were tried; take another seed, "
        "or fewer points."
    )


def exact_products(points: np.ndarray, direction: Sequence[int]) -> list[Any]:
    """Return ⟨direction, x⟩ of each point, exactly: whole numbers, or fractions."""
    weights = np.array(direction, dtype=float)
    if (points == np.round(points)).all():
        with np.errstate(over="ignore"):  # then it is infinite, and they are fractions
            largest = float((np.abs(points) @ np.abs(weights)).max(initial=0.0))
        if largest < _EXACT / 2:
            return [int(one) for one in points @ weights]
    return [
        sum((Fraction(x) * w for x, w in zip(point, direction, strict=True)), Fraction(0))
        for point in points.tolist()
    ]


def _spread(ordered: np.ndarray) -> np.ndarray:
    """Return the least gap over the range, for each column."""
    if len(ordered) < 2:
        return np.ones(ordered.shape[1])
    span = np.maximum(ordered[-1] - ordered[0], np.finfo(float).tiny)
    least: np.ndarray = np.diff(ordered, axis=0).min(axis=0) / span
    return least
