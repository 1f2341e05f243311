"""
Joint histograms by scattering samples into tables: for more bins than bit planes are good for.

A row is counted with four others at once, each in a table of its own, so that an increment need not
wait for the one before. The kernels take the pairs ``order`` of (first, second) as
`joint_by_planes` does; neighbours in that order should have the same first row.
"""

from __future__ import annotations

import numpy as np

from infonb.measures.kernels.compile import compiled
from infonb.measures.kernels.n_log_n import n_log_n, sum_n_log_n

__all__ = ["run_sums", "scatter_counts", "scatter_sums"]

# A table of 16 bits is filled by so many samples at most.
_PIECE = 2**16 - 1


@compiled
def _tally(x, y0, y1, y2, y3, n_other, h0, h1, h2, h3):  # type: ignore[no-untyped-def]
    """Count a row with four others, each in a table of its own."""
    row = np.uint64(n_other)
    for s in range(len(x)):
        start = np.uint64(x[s]) * row
        h0[start + np.uint64(y0[s])] += 1
        h1[start + np.uint64(y1[s])] += 1
        h2[start + np.uint64(y2[s])] += 1
        h3[start + np.uint64(y3[s])] += 1


@compiled
def _collect_samples(x, y, n_other, table, h):  # type: ignore[no-untyped-def]
    """Add up a table by the samples that filled it, and empty it."""
    total = full = 0
    row = np.uint64(n_other)
    for s in range(len(x)):
        c = np.uint64(x[s]) * row + np.uint64(y[s])
        n = h[c]
        h[c] = 0
        total += table[n]
        full += n > 0
    return total, full


@compiled
def _collect_cells(table, h):  # type: ignore[no-untyped-def]
    """Add up a table cell by cell, and empty it."""
    total = full = 0
    for c in range(len(h)):
        total += table[h[c]]
        full += h[c] > 0
    h[:] = 0
    return total, full


@compiled
def _collect_wide(table, unit, wide):  # type: ignore[no-untyped-def]
    """Add up a table of the counts of several pieces, and empty it."""
    total, full = sum_n_log_n(wide, table, unit), 0
    for c in range(len(wide)):
        full += wide[c] > 0
    wide[:] = 0
    return total, full


@compiled
def _next_group(first, order, start):  # type: ignore[no-untyped-def]
    """Return the end of up to four pairs with the same first row."""
    stop = start + 1
    while stop < min(start + 4, len(order)) and first[order[stop]] == first[order[start]]:
        stop += 1
    return stop


@compiled
def _tally_group(codes, other, n_other, first, second, pairs, at, h):  # type: ignore[no-untyped-def]
    """Count a piece of the samples of up to four pairs; fewer than four: the last one again."""
    last = len(pairs) - 1
    piece = slice(at, at + _PIECE)
    x = codes[first[pairs[0]], piece]
    y0, y1 = other[second[pairs[0]], piece], other[second[pairs[min(1, last)]], piece]
    y2, y3 = other[second[pairs[min(2, last)]], piece], other[second[pairs[last]], piece]
    _tally(x, y0, y1, y2, y3, n_other, h[0], h[1], h[2], h[3])
    h[last + 1 :] = 0


@compiled
def scatter_sums(codes, other, bins, first, second, order, table, unit, sums, filled):  # type: ignore[no-untyped-def]
    """Write the sum of n log n of the joint counts of pairs, and how many cells are filled."""
    n_samples, n_other, n_cells = codes.shape[1], bins[1], bins[0] * bins[1]
    h = np.zeros((4, n_cells), np.uint16)
    wide = np.zeros((4 if n_samples > _PIECE else 0, n_cells), np.int64)
    start = 0
    while start < len(order):
        stop = _next_group(first, order, start)
        pairs = order[start:stop]
        for at in range(0, n_samples, _PIECE):
            _tally_group(codes, other, n_other, first, second, pairs, at, h)
            for k in range(len(wide)):
                for c in range(n_cells):
                    wide[k, c] += h[k, c]
                h[k] = 0
        for k in range(len(pairs)):
            if n_samples > _PIECE:
                total, full = _collect_wide(table, unit, wide[k])
            elif n_cells > n_samples:
                x, y = codes[first[pairs[k]]], other[second[pairs[k]]]
                total, full = _collect_samples(x, y, n_other, table, h[k])
            else:
                total, full = _collect_cells(table, h[k])
            sums[pairs[k]] = total
            if len(filled):
                filled[pairs[k]] = full
        start = stop


@compiled
def scatter_counts(codes, other, bins, first, second, order, counts):  # type: ignore[no-untyped-def]
    """Write the joint counts of pairs, dims (pair, bin, other bin)."""
    n_other, n_cells = bins[1], bins[0] * bins[1]
    h = np.zeros((4, n_cells), np.uint16)
    start = 0
    while start < len(order):
        stop = _next_group(first, order, start)
        pairs = order[start:stop]
        for at in range(0, codes.shape[1], _PIECE):
            _tally_group(codes, other, n_other, first, second, pairs, at, h)
            for k in range(len(pairs)):
                for c in range(n_cells):
                    counts[pairs[k], c] += h[k, c]
            h[:] = 0
        start = stop


@compiled
def run_sums(codes, other, bins, first, second, order, table, unit, sums, filled):  # type: ignore[no-untyped-def]
    """Write the sum of n log n of the joint counts of pairs, and how many cells are filled."""
    """Count the partners of a row bin by bin of that row: one small table serves for each bin."""
    n_samples, n_other = codes.shape[1], bins[1]
    h = np.zeros((4, n_other), np.int32)
    samples, ends = np.empty(n_samples, np.int32), np.empty(n_samples, np.int64)
    begins = np.zeros(bins[0] + 1, np.int64)
    n_runs, row = 0, -1
    start = 0
    while start < len(order):
        stop = _next_group(first, order, start)
        pairs = order[start:stop]
        if first[pairs[0]] != row:
            row = first[pairs[0]]
            n_runs = _sort_samples(codes[row], begins, samples, ends)
        last = len(pairs) - 1
        y0, y1 = other[second[pairs[0]]], other[second[pairs[min(1, last)]]]
        y2, y3 = other[second[pairs[min(2, last)]]], other[second[pairs[last]]]
        _add_up_runs(samples, ends[:n_runs], y0, y1, y2, y3, h, table, unit, pairs, sums, filled)
        start = stop


@compiled
def _sort_samples(codes, begins, samples, ends):  # type: ignore[no-untyped-def]
    """Write the samples in the order of their bins and the ends of the bins in use."""
    begins[:] = 0
    for s in range(len(codes)):
        begins[np.int64(codes[s]) + 1] += 1
    n_runs = at = 0
    for b in range(1, len(begins)):
        at += begins[b]
        if begins[b] > 0:
            ends[n_runs] = at
            n_runs += 1
        begins[b] = at
    for s in range(len(codes)):
        b = np.int64(codes[s])
        samples[begins[b]] = s
        begins[b] += 1
    return n_runs


@compiled
def _add_up_runs(samples, ends, y0, y1, y2, y3, h, table, unit, pairs, sums, filled):  # type: ignore[no-untyped-def]
    h0, h1, h2, h3 = h[0], h[1], h[2], h[3]
    totals, fulls = np.zeros(4, np.int64), np.zeros(4, np.int64)
    start = 0
    for stop in ends:
        for i in range(start, stop):
            s = np.uint64(samples[i])
            h0[np.uint64(y0[s])] += 1
            h1[np.uint64(y1[s])] += 1
            h2[np.uint64(y2[s])] += 1
            h3[np.uint64(y3[s])] += 1
        run = samples[start:stop]
        for k in range(4):
            y = y0 if k == 0 else y1 if k == 1 else y2 if k == 2 else y3
            total = full = 0
            for i in range(len(run)):
                c = np.uint64(y[np.uint64(run[i])])
                n = h[k, c]
                h[k, c] = 0
                total += n_log_n(n, table, unit)
                full += n > 0
            totals[k] += total
            fulls[k] += full
        start = stop
    for k in range(len(pairs)):
        sums[pairs[k]] = totals[k]
        if len(filled):
            filled[pairs[k]] = fulls[k]
