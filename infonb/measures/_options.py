"""Options that entropy and mutual information share: units, edges, k."""

from __future__ import annotations

import numpy as np

from infonb.measures._rows import Rows
from infonb.validate import check_choice, check_integer

__all__ = ["bin_edges", "check_neighbours", "per_unit"]


def per_unit(unit: str) -> float:
    """Return how many nats a unit has."""
    check_choice("unit", unit, ["nat", "bit"])
    return 1.0 if unit == "nat" else float(np.log(2.0))


def check_neighbours(k: int, n_samples: int) -> int:
    """Return k as int; raise unless every sample has k others."""
    k = check_integer("k", k, minimum=1)
    if k >= n_samples:
        raise ValueError(
            f"k={k} needs at least {k + 1} samples; there "
            f"{'is' if n_samples == 1 else 'are'} {n_samples}. Record more samples or lower k."
        )
    return k


def bin_edges(
    rows: Rows, edges: str | np.ndarray, bins: int
) -> tuple[np.ndarray, np.ndarray, dict[str, int | float | str]]:
    """Return the sets of edges, the set of each row, and the attributes that describe them."""
    from infonb.measures._binned import equal_edges

    n_rows = len(rows.values)
    if not isinstance(edges, str):
        return _given(rows, edges)
    check_choice("edges", edges, ["common", "neuron"])
    bins = check_integer("bins", bins, minimum=1)
    attrs: dict[str, int | float | str] = {"bins": bins, "edges": edges}
    if edges == "neuron" or not n_rows:
        return equal_edges(rows.low, rows.high, bins), np.arange(n_rows), attrs
    # one set for each batch entry; the rows of an entry lie together
    _, start, which = np.unique(rows.batch, return_index=True, return_inverse=True)
    low = np.minimum.reduceat(rows.low, start)
    high = np.maximum.reduceat(rows.high, start)
    return equal_edges(low, high, bins), which, attrs


def _given(
    rows: Rows, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, int | float | str]]:
    """Check edges given as numbers and return them as one set for all rows."""
    try:
        own = np.asarray(edges, dtype=np.float64)
    except (TypeError, ValueError):
        own = np.empty(0)
    if own.ndim != 1 or len(own) < 2 or not (np.isfinite(own).all() and (np.diff(own) > 0).all()):
        raise ValueError(
            "edges must be 'common', 'neuron' or a 1-D increasing array of at least two finite "
            f"numbers; not {edges!r}."
        )
    outside = (rows.low < own[0]) | (rows.high > own[-1])
    if outside.any():
        row = int(np.argmax(outside))
        place = rows.where(row)
        raise ValueError(
            f"edges run from {own[0]} to {own[-1]}, but the activation"
            f"{' at ' * bool(place)}{place} runs from {rows.low[row]} to {rows.high[row]}. "
            "Widen the edges (the first may be -1e300), or clip the activation."
        )
    attrs: dict[str, int | float | str] = {
        "bins": len(own) - 1,
        "edges": "given",
        "lowest_edge": float(own[0]),
        "highest_edge": float(own[-1]),
    }
    return own[None, :].copy(), np.zeros(len(rows.values), np.int64), attrs
