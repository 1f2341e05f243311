"""Array kernels: range, bin counts and bin codes of every row."""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled, over_blocks

__all__ = ["code_type", "equal_edges", "row_codes", "row_counts", "row_range"]

# Values a thread takes at once: enough to hide the call, little enough to stop soon.
_VALUES = 2**22
# Samples whose bins are found at once: their codes stay in the fastest cache.
_PIECE = 2048
# Histograms of one row that take turns: an increment need not wait for the one before it, which
# is often of the same bin (zeros after a ReLU). More bins than this and one histogram is enough.
_TURNS, _FEW = 8, 4096
# Bins narrower than so many spacings of float64: rounded edges would put values on the wrong side.
_NARROW = 2**16
# The least number with all digits, and the least of all.
_TINY, _LEAST = np.finfo(np.float64).tiny, np.finfo(np.float64).smallest_subnormal


def code_type(bins: int) -> type[np.integer]:
    """Return the smallest of uint8, uint16 and int32 that holds the numbers below `bins`."""
    return np.uint8 if bins <= 2**8 else np.uint16 if bins <= 2**16 else np.int32


def equal_edges(low: np.ndarray, high: np.ndarray, bins: int) -> np.ndarray:
    """
    Return ``np.linspace(low, high, bins + 1)`` for every pair of ends, as (end, edge) float64.

    Bit for bit one call each: of arrays linspace rounds all otherwise if the step of one is 0.
    Where bins are only some spacings of float64 wide (values far from 0, subnormal ones) each edge
    is the least number not below the exact one: every value is in the bin that it is in without
    rounding. Edges may be equal then; the bin between has no number in it.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    edges = np.linspace(low, high, bins + 1, axis=-1)
    step = (high - low) / bins
    flat = step == 0
    if flat.any() and not flat.all():
        edges[~flat] = np.linspace(low[~flat], high[~flat], bins + 1, axis=-1)
    # linspace is off by about the spacing; where its step is subnormal, by half of one a step
    off = np.spacing(np.maximum(abs(low), abs(high))) + np.where(step < _TINY, bins * _LEAST, 0.0)
    narrow = (high > low) & (step < _NARROW * off)
    if narrow.any():
        edges[narrow] = _exact_edges(low[narrow], high[narrow], bins)
    return np.ascontiguousarray(edges)


def _exact_edges(low: np.ndarray, high: np.ndarray, bins: int) -> np.ndarray:
    """Return the least float64 not below each of the exact edges, (end, edge): in whole numbers."""
    unit = np.spacing(np.minimum(abs(low), abs(high)))  # of which all numbers between are multiples
    first, width = low / unit, (high - low) / unit
    if max(width.max(), abs(first).max(), float(bins) ** 2) > 2**62:
        raise ValueError(
            f"bins={bins} is too many for values from {low[0]} to {high[0]}, so near to each other "
            "that float64 hardly tells them apart. Lower bins, or subtract a common offset first."
        )
    whole, rest = np.divmod(width.astype(np.int64)[:, None], bins)
    edge = np.arange(bins + 1)
    exact = first.astype(np.int64)[:, None] + edge * whole - (-(edge * rest) // bins)
    rounded = exact.astype(np.float64)
    rounded = np.where(rounded.astype(np.int64) < exact, np.nextafter(rounded, np.inf), rounded)
    return rounded * unit[:, None]


def row_range(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and greatest value of rows, (row,) each; not finite with a NaN."""
    # read as integers, with the lower bits of negative ones flipped, the numbers keep their order
    # and NaN lies beyond the infinities; unlike with floating point the compiler may use vectors
    kind = np.dtype(f"i{values.itemsize}")
    bits = np.ascontiguousarray(values).view(kind)
    flip = kind.type(np.iinfo(kind).max)
    ends = np.empty((2, len(values)), kind)

    def work(start: int, stop: int) -> None:
        _range(bits[start:stop], flip, ends[0, start:stop], ends[1, start:stop])

    over_blocks(work, len(values), _rows_at_once(values), unit="neuron")
    low, high = ends.view(values.dtype).astype(np.float64) + 0.0  # no -0
    return low, high


def row_counts(
    values: np.ndarray, edges: np.ndarray, which: np.ndarray, *, out: np.ndarray | None = None
) -> np.ndarray:
    """
    Count every row's values in the bins of its set of edges (set, bins + 1), (row, bins) int64.

    As `numpy.histogram`: bin ``searchsorted(edges, value, side="right") - 1``, the last one closed
    on the right. The paper's code, `numpy.digitize` alone, has an extra bin for the maximum.

    Exact also for values on an edge: arithmetic gives the nearest edge, and a comparison with that
    edge the side. The value is compared in its own precision with the least number of that
    precision that is not below the edge, which is the same. Where arithmetic could miss the
    nearest edge by one (uneven edges) the bin is found by bisection. A value outside the edges
    counts in the first or the last bin.
    """
    bins = edges.shape[1] - 1
    counts = np.zeros((len(values), bins), np.int64) if out is None else out
    own, scale = _prepared(edges, values.dtype)

    def work(start: int, stop: int) -> None:
        piece = np.empty(_PIECE, code_type(bins))
        turns = np.zeros((_TURNS if bins <= _FEW else 1, bins), np.int64)
        rows = slice(start, stop)
        _count(values[rows], own, scale, which[rows], piece, turns, counts[rows])

    over_blocks(work, len(values), _rows_at_once(values), unit="neuron")
    return counts


def row_codes(values: np.ndarray, edges: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return the bin of every value, (row, sample) of `code_type`; arguments as in `row_counts`."""
    codes = np.empty(values.shape, code_type(edges.shape[1] - 1))
    own, scale = _prepared(edges, values.dtype)

    def work(start: int, stop: int) -> None:
        rows = slice(start, stop)
        _code(values[rows], own, scale, which[rows], codes[rows])

    over_blocks(work, len(values), _rows_at_once(values), unit="neuron")
    return codes


def _rows_at_once(values: np.ndarray) -> int:
    return max(1, _VALUES // max(values.shape[1], 1))


def _prepared(edges: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """
    Return borders to compare with, in the precision of the values, and the line to the nearest.

    The first border is infinite; the line is the first edge and bins / width, or 0: bisection.
    """
    with np.errstate(over="ignore"):
        borders = edges.astype(dtype)
        above = np.nextafter(borders, dtype.type(np.inf))
    borders = np.where(borders < edges, above, borders)
    lines = np.empty((len(edges), 2), dtype)
    _fit(borders, lines)
    borders[:, 0] = -np.inf
    return borders, lines


@compiled
def _nearest(value, low, scale, half, last):  # type: ignore[no-untyped-def]
    """Return the edge nearest to a value; never the last edge, and for NaN the first."""
    place = (value - low) * scale + half
    place = place if place > 0 else last - last
    return np.int32(place if place < last else last)


@compiled
def _fit(edges, lines):  # type: ignore[no-untyped-def]
    bins = edges.shape[1] - 1
    last, half = edges.dtype.type(bins - 1), edges.dtype.type(0.5)
    for i in range(len(edges)):
        low = edges[i, 0]
        if low == edges[i, bins]:  # a constant row: the line is always beyond the last edge
            lines[i, 0], lines[i, 1] = -np.inf, 1
            continue
        scale = edges.dtype.type(bins) / (edges[i, bins] - low)
        right = np.isfinite(scale)
        # the line never falls: right at every edge, it is right by at most one in between
        for b in range(bins):
            right &= _nearest(edges[i, b], low, scale, half, last) == b
        lines[i, 0], lines[i, 1] = low, scale if right else 0


@compiled
def _find(values, borders, line, codes):  # type: ignore[no-untyped-def]
    low, scale = line
    bins = len(borders) - 1
    last, half = borders.dtype.type(bins - 1), borders.dtype.type(0.5)
    if scale > 0:
        for s in range(len(values)):
            nearest = _nearest(values[s], low, scale, half, last)
            codes[s] = nearest - (values[s] < borders[nearest])
        return
    for s in range(len(values)):
        b, stop = 0, bins  # the last bin whose left border is not above the value
        while stop - b > 1:
            middle = (b + stop) // 2
            if borders[middle] <= values[s]:
                b = middle
            else:
                stop = middle
        codes[s] = b


@compiled
def _count(values, borders, lines, which, piece, turns, counts):  # type: ignore[no-untyped-def]
    for row in range(values.shape[0]):
        own, line = borders[which[row]], lines[which[row]]
        for start in range(0, values.shape[1], len(piece)):
            some = values[row, start : start + len(piece)]
            _find(some, own, line, piece)
            _tally(piece[: len(some)], turns)
        for b in range(counts.shape[1]):
            for t in range(len(turns)):
                counts[row, b] += turns[t, b]
                turns[t, b] = 0


@compiled
def _tally(codes, turns):  # type: ignore[no-untyped-def]
    whole = len(codes) // 8 * 8 if len(turns) == 8 else 0
    for s in range(0, whole, 8):
        for t in range(8):
            turns[t, codes[s + t]] += 1
    for s in range(whole, len(codes)):
        turns[0, codes[s]] += 1


@compiled
def _code(values, borders, lines, which, codes):  # type: ignore[no-untyped-def]
    for row in range(values.shape[0]):
        _find(values[row], borders[which[row]], lines[which[row]], codes[row])


@compiled
def _range(bits, flip, low, high):  # type: ignore[no-untyped-def]
    shift = bits.itemsize * 8 - 1
    for row in range(bits.shape[0]):
        least, greatest = flip, ~flip
        for s in range(bits.shape[1]):
            number = bits[row, s] ^ ((bits[row, s] >> shift) & flip)
            least, greatest = min(least, number), max(greatest, number)
        low[row] = least ^ ((least >> shift) & flip)
        high[row] = greatest ^ ((greatest >> shift) & flip)
