"""
The edges of the bins, a ruler: three words, or given numbers.

``common``: one range for all neurons of one network; ``shared``: one range for all networks that
are compared; ``neuron``: each neuron its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten

import numpy as np

from infonb.activations.labelled import to_numpy
from infonb.dims import Attributes
from infonb.measures.rows.layout import EXACT, Layout, check_span
from infonb.measures.rows.room import check_room
from infonb.validate import check_choice, check_integer

__all__ = ["RULERS", "Edges", "Rulers", "check_edges"]

RULERS = ("common", "shared", "neuron")

# Bins are numbered by int32.
MOST_BINS = 2**31 - 1

# Sets of edges (set, bins + 1), and which of them each row has.
Rulers = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Edges:
    """A checked choice of edges; the numbers follow from the ranges of the rows."""

    kind: str
    bins: int
    given: np.ndarray | None = None

    @property
    def attrs(self) -> Attributes:
        """What a result tells of its bins."""
        attrs: Attributes = {"bins": self.bins, "edges": self.kind}
        if self.given is not None:
            ends = self.given[[0, -1]].tolist()
            attrs |= {"lowest_edge": ends[0], "highest_edge": ends[1]}
        return attrs

    def check_room(self, where: Layout, *, pointwise: bool = False) -> None:
        """Raise if the edges, and the counts of all rows in the bins, do not fit into memory."""
        sets = where.n_rows if self.kind == "neuron" else 1
        # edges are made of copies; pointwise, shares and logarithms stand beside the counts
        tables = 3 * sets + where.n_rows, (sets + 3 * where.n_rows) * pointwise
        check_room(
            8 * self.bins * max(tables),
            f"counting {where.n_rows:,} neurons in {self.bins:,} bins each",
            "Pass fewer bins, or measure some neurons at a time (activation.isel(neuron=...)).",
        )

    def of_rows(self, where: Layout, ranges: tuple[np.ndarray, np.ndarray]) -> Rulers:
        """Return the rulers of rows with these least and greatest values, (row,) each."""
        from infonb.measures.kernels.counts import equal_edges

        low, high = ranges
        if self.given is not None:
            self.check_inside(where, low, high)
            return self.given_rulers(where)
        if self.kind == "neuron" or not where.n_rows:
            return equal_edges(low, high, self.bins), np.arange(where.n_rows)
        if self.kind == "shared":
            low, high = low.min(keepdims=True), high.max(keepdims=True)
            which = np.zeros(where.n_rows, np.int64)
        else:  # one set for each batch entry; the rows of an entry lie together
            _, start, which = np.unique(where.batch, return_index=True, return_inverse=True)
            low, high = np.minimum.reduceat(low, start), np.maximum.reduceat(high, start)
        check_span(low, high)
        return equal_edges(low, high, self.bins), which

    def given_rulers(self, where: Layout) -> Rulers:
        """Return the given edges as the ruler of all rows."""
        assert self.given is not None
        return self.given[None, :], np.zeros(where.n_rows, np.int64)

    def check_inside(self, where: Layout, low: np.ndarray, high: np.ndarray) -> None:
        """Raise a ValueError that names the first row outside the given edges."""
        assert self.given is not None
        outside = (low < self.given[0]) | (high > self.given[-1])
        if outside.any():
            row = int(np.argmax(outside))
            place = where.where(row)
            raise ValueError(
                f"edges run from {self.given[0]} to {self.given[-1]}, but the activation"
                f"{' at ' * bool(place)}{place} runs from {low[row]} to {high[row]}. "
                "Widen the edges (the first may be -1e300), or clip the activation."
            )


def check_edges(edges: str | np.ndarray, bins: int) -> Edges:
    """Return a choice of edges; raise unless it is one of the words or increasing numbers."""
    if isinstance(edges, str):
        check_choice("edges", edges, RULERS)
        bins = check_integer("bins", bins, minimum=1)
        if bins > MOST_BINS:
            raise ValueError(f"bins must be at most {MOST_BINS}, the greatest int32; not {bins}.")
        return Edges(edges, bins)
    own = _numbers(edges)
    if own.ndim != 1 or len(own) < 2 or not (np.isfinite(own).all() and (own[1:] > own[:-1]).all()):
        raise ValueError(
            "edges must be 'common', 'shared', 'neuron' or a 1-D increasing array of at least two "
            "finite numbers that float64 tells apart; not "
            f"{shorten(repr(edges), 200)}."
        )
    if not np.isfinite(float(own[-1]) - float(own[0])):
        raise ValueError(
            f"edges run from {own[0]} to {own[-1]}: differences overflow float64. "
            "The outer edges may be as far as -8e307 and 8e307."
        )
    return Edges("given", len(own) - 1, own.copy())


def _numbers(edges: object) -> np.ndarray:
    """Return given edges as float64; none where they are no real numbers, masked or rounded."""
    given = np.ma.getdata(edges) if isinstance(edges, np.ma.MaskedArray) else to_numpy(edges)
    if given.dtype.kind not in "iuf" or np.ma.is_masked(edges):
        return np.empty(0)
    own = given.astype(np.float64)
    if given.dtype.kind == "f":
        return own if np.array_equal(own, given, equal_nan=True) else np.empty(0)
    return own if abs(own).max(initial=0) <= EXACT else np.empty(0)
