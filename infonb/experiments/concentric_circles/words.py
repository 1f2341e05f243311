"""What the figures of the circles show, in words that are made from the run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.table import FAILS, HOLDS, SIGNS, UNCLEAR

__all__ = ["condition_words", "order_words"]

_FULL = {HOLDS: "as the paper says", FAILS: "against it", UNCLEAR: "unclear"}


def order_words(table: ClaimsTable) -> str:
    """
    Return what became of the order of the paper's Figure 1, a line for each comparison.

    Parameters
    ----------
    table
        What `infonb.experiments.concentric_circles.claims` returned; its verdicts are told, those
        of the rows about Figure 1.

    Examples
    --------
    >>> from infonb.claims import Claim
    >>> row = Claim("MI falls", "fc1", -1, "Fig. 1 (order)", "1.5 → 0.5", (-1.0, -1.1))
    >>> print(order_words(ClaimsTable([row])))
    MI falls? fc1: holds (1.5 → 0.5).
    """
    lines: dict[str, list[str]] = {}
    for row in table.claims:
        if row.paper.startswith("Fig. 1"):
            told = f"{row.where}: {row.verdict} ({row.here})"
            lines.setdefault(row.statement, []).append(told)
    return "\n".join(
        f"{statement[0].upper()}{statement[1:]}? {'; '.join(told)}."
        for statement, told in lines.items()
    )


def condition_words(effects: xr.DataArray) -> str:
    """
    Return what a figure of conditions says: where the whole order shows, and what decides each row.

    Parameters
    ----------
    effects
        What `infonb.experiments.concentric_circles.conditions` returned.

    Returns
    -------
    str
        First under which conditions the first two comparisons, the paper's order, both hold. Then
        for each comparison its cells that hold (✓) and that do not (✗), all of them and by the
        choice whose settings differ most: before or after the ReLU, bins or estimator, points.

    Examples
    --------
    >>> dims = ("alignment", "comparison", "convention")
    >>> found = np.full((1, 2, 2), "holds", dtype=object)
    >>> found[0, 1, 1] = "does not hold"
    >>> effects = xr.DataArray(np.zeros((1, 2, 2)), {
    ...     "alignment": ["bias"], "comparison": ["a → b", "a → c"],
    ...     "convention": ["pre, KSG", "post, KSG"], "verdict": (dims, found)}, dims)
    >>> print(condition_words(effects))
    The whole order (a → b and a → c) is there in 1 of 2 conditions: bias (pre, KSG).
    a → b: as the paper says in all 2.
    a → c: ✓ 1, ✗ 1 of 2; most by the ReLU: pre ✓ 1, ✗ 0 of 1; post ✓ 0, ✗ 1 of 1.
    """
    verdict = effects.verdict.transpose("alignment", "comparison", "convention")
    points, names = verdict.alignment.values, verdict.comparison.values
    conventions = verdict.convention.values
    where, kinds = zip(*(str(name).split(", ", 1) for name in conventions), strict=True)
    shape = (len(points), len(conventions))
    choices = {
        "the ReLU": np.broadcast_to(np.array(where, dtype=object), shape),
        "bins or estimator": np.broadcast_to(np.array(kinds, dtype=object), shape),
        "points": np.broadcast_to(np.array(points, dtype=object)[:, None], shape),
    }
    lines = [_order(verdict[:, :2])]
    for name in names:
        found = verdict.sel(comparison=name).values
        kept = set(found.ravel())
        if len(kept) == 1:
            lines.append(f"{name}: {_FULL[kept.pop()]} in all {found.size}.")
            continue
        groups = {word: _groups(found, labels) for word, labels in choices.items()}
        word = max(groups, key=lambda one: _contrast(groups[one]))
        parts = [f"{label} {_count(part)}" for label, part in groups[word].items()]
        lines.append(f"{name}: {_count(found)}; most by {word}: {'; '.join(parts)}.")
    return "\n".join(lines)


def _order(verdict: xr.DataArray) -> str:
    """Say where both comparisons hold."""
    both = (verdict.values == HOLDS).all(axis=1)
    head = f"The whole order ({' and '.join(verdict.comparison.values)}) is there in"
    if not both.any():
        return f"{head} none of {both.size} conditions."
    told = [
        f"{points} ({'; '.join(verdict.convention.values[row])})"
        for points, row in zip(verdict.alignment.values, both, strict=True)
        if row.any()
    ]
    return f"{head} {both.sum()} of {both.size} conditions: {', '.join(told)}."


def _groups(found: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    return {str(label): found[labels == label] for label in dict.fromkeys(labels.ravel())}


def _contrast(groups: dict[str, np.ndarray]) -> float:
    """Return the variance of a choice's mean verdicts (1, 0, -1): what it explains."""
    means = [_shares(part) for part in groups.values()]
    return float(np.var(means))


def _shares(found: Sequence[str] | np.ndarray) -> float:
    return float(np.mean([(v == HOLDS) - float(v == FAILS) for v in found]))


def _count(found: np.ndarray) -> str:
    counts = [f"{SIGNS[v]} {(found == v).sum()}" for v in (HOLDS, FAILS)]
    return f"{', '.join(counts)} of {found.size}"
