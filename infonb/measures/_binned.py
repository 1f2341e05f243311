"""Array kernels: bin counts of every row, and joint histograms of all pairs of rows."""

from __future__ import annotations

import numpy as np

from infonb.measures._compile import compiled, over_blocks

__all__ = [
    "binned_mutual_information",
    "entropy_of_counts",
    "equal_edges",
    "row_codes",
    "row_counts",
]

# Values a thread takes at once: enough to hide the call, little enough to stop soon.
_VALUES = 2**22


def equal_edges(low: np.ndarray, high: np.ndarray, bins: int) -> np.ndarray:
    """
    Return ``np.linspace(low, high, bins + 1)`` for every pair of ends, as (end, edge) float64.

    Bit for bit the same as one call each: given arrays, linspace rounds all rows otherwise as soon
    as one of them is so narrow that its step is 0.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    edges = np.linspace(low, high, bins + 1, axis=-1)
    flat = (high - low) / bins == 0
    if flat.any() and not flat.all():
        edges[~flat] = np.linspace(low[~flat], high[~flat], bins + 1, axis=-1)
    return np.ascontiguousarray(edges)


def row_counts(values: np.ndarray, edges: np.ndarray, which: np.ndarray) -> np.ndarray:
    """
    Count every row's values in the bins of its set of edges.

    Parameters
    ----------
    values
        (row, sample) float32 or float64, finite and within the edges.
    edges
        (set, bins + 1) float64, non-decreasing along the last axis.
    which
        (row,) the set of edges that a row uses.

    Returns
    -------
    counts
        (row, bins) int64.

    Notes
    -----
    A value belongs to bin ``searchsorted(edges, value, side="right") - 1`` and the last bin is
    closed on the right: the convention of `numpy.histogram`. The published code of the paper uses
    `numpy.digitize` alone, which puts the maximum into an extra bin of its own ("100 bins" have up
    to 101 codes); that is a fault and not repeated here. The bin is guessed by arithmetic and then
    corrected against the edges themselves, so that it is exact also for values on an edge.
    """
    counts = np.zeros((len(values), edges.shape[1] - 1), np.int64)
    inverse = _inverse_widths(edges)

    def work(start: int, stop: int) -> None:
        rows = slice(start, stop)
        _count(values[rows], edges, inverse, which[rows], counts[rows])

    over_blocks(work, len(values), max(1, _VALUES // values.shape[1]), unit="neuron")
    return counts


def row_codes(values: np.ndarray, edges: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return the bin of every value, (row, sample) int32; arguments as in `row_counts`."""
    codes = np.empty(values.shape, np.int32)
    inverse = _inverse_widths(edges)

    def work(start: int, stop: int) -> None:
        rows = slice(start, stop)
        _code(values[rows], edges, inverse, which[rows], codes[rows])

    over_blocks(work, len(values), max(1, _VALUES // values.shape[1]), unit="neuron")
    return codes


def entropy_of_counts(counts: np.ndarray) -> np.ndarray:
    """Return the Shannon entropy of counts along the last axis, in nats; one full bin gives 0."""
    share = counts / counts.sum(axis=-1, keepdims=True)
    return -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=-1) + 0.0


def binned_mutual_information(
    codes: np.ndarray, counts: np.ndarray, *, progress: bool | str = False
) -> np.ndarray:
    """
    Return the plug-in MI of all pairs of rows, (row, row) float64 in nats.

    Parameters
    ----------
    codes
        (row, sample) int32, the bin of every value.
    counts
        (row, bins) int64, how often each bin occurs in a row.
    progress
        Whether to show a bar.

    Notes
    -----
    H(X) + H(Y) - H(X, Y) with the counts n: log S + (sum n_xy log n_xy - sum n_x log n_x -
    sum n_y log n_y) / S. Each pair is counted once; rounding below 0 is cut off, since the plug-in
    value cannot be negative.
    """
    n_rows, n_samples = codes.shape
    bins = counts.shape[1]
    n = np.arange(n_samples + 1, dtype=np.float64)
    n_log_n = n * np.log(np.maximum(n, 1.0))
    marginal = n_log_n[counts].sum(axis=1)
    first, second = np.triu_indices(n_rows)
    total = np.empty(len(first))

    def work(start: int, stop: int) -> None:
        _joint_sums(codes, bins, first[start:stop], second[start:stop], n_log_n, total[start:stop])

    over_blocks(
        work, len(first), max(1, _VALUES // n_samples), progress=progress, desc="mutual information"
    )
    value = np.log(n_samples) + (total - marginal[first] - marginal[second]) / n_samples
    result = np.empty((n_rows, n_rows))
    result[first, second] = result[second, first] = np.maximum(value, 0.0)
    return result


def _inverse_widths(edges: np.ndarray) -> np.ndarray:
    """Return 1 / bin width of each set of edges; 0 where arithmetic cannot guess the bin."""
    bins = edges.shape[1] - 1
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        inverse = bins / (edges[:, -1] - edges[:, 0])
    width = np.diff(edges, axis=1)
    even = (width.max(axis=1) <= 1.5 * width.min(axis=1)) & np.isfinite(inverse)
    return np.where(even, inverse, 0.0)


@compiled
def _bin(value, edges, inverse):  # type: ignore[no-untyped-def]
    bins = len(edges) - 1
    if inverse > 0.0:
        b = min(int((value - edges[0]) * inverse), bins - 1)
        while b > 0 and value < edges[b]:
            b -= 1
    else:
        b, stop = 0, bins  # bisect: the last bin whose left edge is not above the value
        while stop - b > 1:
            middle = (b + stop) // 2
            if edges[middle] <= value:
                b = middle
            else:
                stop = middle
    while b < bins - 1 and value >= edges[b + 1]:
        b += 1
    return b


@compiled
def _count(values, edges, inverse, which, counts):  # type: ignore[no-untyped-def]
    for row in range(values.shape[0]):
        own, scale = edges[which[row]], inverse[which[row]]
        count = counts[row]
        for s in range(values.shape[1]):
            count[_bin(np.float64(values[row, s]), own, scale)] += 1


@compiled
def _code(values, edges, inverse, which, codes):  # type: ignore[no-untyped-def]
    for row in range(values.shape[0]):
        own, scale = edges[which[row]], inverse[which[row]]
        for s in range(values.shape[1]):
            codes[row, s] = _bin(np.float64(values[row, s]), own, scale)


@compiled
def _joint_sums(codes, bins, first, second, n_log_n, total):  # type: ignore[no-untyped-def]
    joint = np.zeros(bins * bins, np.int32)
    for pair in range(len(first)):
        x, y = codes[first[pair]], codes[second[pair]]
        joint[:] = 0
        for s in range(len(x)):
            joint[x[s] * bins + y[s]] += 1
        value = 0.0
        for cell in range(bins * bins):
            value += n_log_n[joint[cell]]
        total[pair] = value
