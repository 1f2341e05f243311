"""
Joint histograms by bit planes: for few bins, the samples of 64 are counted in one instruction.

A row of codes becomes one bit mask per bin, with a bit for every sample; a joint count is the
number of bits that two masks share. Eight partner rows lie side by side, so that one step of vector
code serves eight pairs and no sum over a vector is ever needed. The last bin of either row is not
counted: it is what is missing from the marginal counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from infonb.measures.kernels.compile import compiled
from infonb.measures.kernels.n_log_n import sum_n_log_n

__all__ = ["TILE", "joint_by_planes"]

# Rows of either side whose planes are held at once, and the words (64 samples each) of a plane:
# at 20 bins 0.6 MB a side, so that they stay in a core's second-level cache.
TILE, _WORDS = 32, 128
_LANES = 8

_INT64, _INT32, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)
_VECTOR, _BYTES = ir.VectorType(_INT64, _LANES), ir.VectorType(_BYTE, 64)


class _Words(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Int64x8")


words = _Words()


@register_model(_Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


def _pointer(context: Any, builder: Any, array_type: Any, place: Any, to: Any) -> Any:
    """Return the address of an element (array, index) as that of a vector; unchecked."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, place[0]).data
    return builder.bitcast(builder.gep(data, [place[1]]), to.as_pointer())


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """Return a vector with one number in all lanes."""
    empty = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(empty, value, _INT32(0))
    zeros = ir.Constant(ir.VectorType(_INT32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, empty, zeros)


@intrinsic
def _load(typing: Any, array: Any, index: Any) -> Any:
    """Return ``array[index : index + 8]`` of int64; neither wrapped nor checked."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, array, args, _VECTOR), align=8)

    return words(array, types.intp), code


@intrinsic
def _store(typing: Any, array: Any, index: Any, a: Any) -> Any:
    """Set ``array[index : index + 8]`` of int64; neither wrapped nor checked."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, array, args, _VECTOR), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, words), code


@intrinsic
def _subtract(typing: Any, a: Any, b: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.sub(*args)

    return words(words, words), code


@intrinsic
def _fill(typing: Any, word: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(builder, args[0], _VECTOR)

    return words(types.int64), code


@intrinsic
def _count(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """Return the total plus the number of bits that two words share, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        ctpop = cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{_LANES}i64")
        return builder.add(args[0], builder.call(ctpop, [builder.and_(args[1], args[2])]))

    return words(words, words, words), code


@intrinsic
def _bits(typing: Any, word: Any) -> Any:
    """Return the number of bits in a word."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), code


@intrinsic
def _mask(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Return which of ``array[index : index + 64]`` of uint8 equal a value, as bits."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        some = builder.load(_pointer(context, builder, array, args, _BYTES), align=1)
        same = builder.icmp_unsigned("==", some, _spread(builder, args[2], _BYTES))
        return builder.bitcast(same, _INT64)

    return types.int64(array, types.intp, types.uint8), code


@compiled
def _make_planes(codes, last, tail, planes, lane, lanes, marginal):  # type: ignore[no-untyped-def]
    """Write the planes of a piece of a row, word by word, and add to its marginal counts."""
    for w in range((len(codes) + 63) // 64):
        source, at = codes, 64 * w
        if at + 64 > len(codes):
            for s in range(64):  # the last bin has no plane
                tail[s] = codes[at + s] if at + s < len(codes) else last
            source, at = tail, 0
        for b in range(last):
            bits = _mask(source, at, np.uint8(b))
            planes[(w * last + b) * lanes + lane] = bits
            marginal[b * lanes + lane] += _bits(bits)


@compiled
def _count_cells(x, y, n_words, nx, ny, cells):  # type: ignore[no-untyped-def]
    """Add the joint counts of a row's planes with those of eight others."""
    whole_x, whole_y = nx - nx % 3, ny - ny % 3
    for i in range(0, whole_x, 3):
        for j in range(0, whole_y, 3):
            # nine counts for three loads of either side
            u, v, z = (i * ny + j) * 8, ((i + 1) * ny + j) * 8, ((i + 2) * ny + j) * 8
            a, b, c = _load(cells, u), _load(cells, u + 8), _load(cells, u + 16)
            d, e, f = _load(cells, v), _load(cells, v + 8), _load(cells, v + 16)
            g, h, k = _load(cells, z), _load(cells, z + 8), _load(cells, z + 16)
            for w in range(n_words):
                at, to = w * nx + i, (w * ny + j) * 8
                p, q, r = _load(y, to), _load(y, to + 8), _load(y, to + 16)
                m = _fill(x[at])
                a, b, c = _count(a, m, p), _count(b, m, q), _count(c, m, r)
                m = _fill(x[at + 1])
                d, e, f = _count(d, m, p), _count(e, m, q), _count(f, m, r)
                m = _fill(x[at + 2])
                g, h, k = _count(g, m, p), _count(h, m, q), _count(k, m, r)
            _store(cells, u, a)
            _store(cells, u + 8, b)
            _store(cells, u + 16, c)
            _store(cells, v, d)
            _store(cells, v + 8, e)
            _store(cells, v + 16, f)
            _store(cells, z, g)
            _store(cells, z + 8, h)
            _store(cells, z + 16, k)
    for i in range(nx):
        for j in range(whole_y if i < whole_x else 0, ny):
            a = _load(cells, (i * ny + j) * 8)
            for w in range(n_words):
                a = _count(a, _fill(x[w * nx + i]), _load(y, (w * ny + j) * 8))
            _store(cells, (i * ny + j) * 8, a)


@compiled
def _complete(part, x_marginal, y_marginal, n_samples, cells):  # type: ignore[no-untyped-def]
    """Write all joint counts: those counted, and the last row and column from the marginals."""
    nx, row = len(x_marginal), len(y_marginal) + 8
    last = cells[nx * row :]
    corner = _fill(n_samples)
    for j in range(0, row - 8, 8):
        _store(last, j, _load(y_marginal, j))
        corner = _subtract(corner, _load(y_marginal, j))
    for i in range(nx):
        rest = _fill(x_marginal[i])
        for j in range(0, row - 8, 8):
            n = _load(part, i * (row - 8) + j)
            _store(cells, i * row + j, n)
            _store(last, j, _subtract(_load(last, j), n))
            rest = _subtract(rest, n)
        _store(cells, i * row + row - 8, rest)
        corner = _subtract(corner, rest)
    _store(last, row - 8, corner)


@compiled
def _add_up(cells, n_samples, table, unit, total):  # type: ignore[no-untyped-def]
    """Add up n log n of each of the eight pairs."""
    total[:] = 0
    if n_samples < len(table):
        for c in range(0, len(cells), 8):
            for t in range(8):
                total[t] += table[cells[c + t]]
    else:
        for t in range(8):
            total[t] = sum_n_log_n(cells[t::8], table, unit)


@compiled
def _filled(cells, lane):  # type: ignore[no-untyped-def]
    n = 0
    for c in range(lane, len(cells), 8):
        n += cells[c] > 0
    return n


@compiled
def joint_by_planes(codes, other, bins, first, second, order, table, unit, sums, filled, counts):  # type: ignore[no-untyped-def]
    """Count the pairs ``order``: set `sums` and `filled`, or if they are empty add to `counts`."""
    n_samples = codes.shape[1]
    nx, ny = bins[0] - 1, bins[1] - 1
    n_groups, samples = TILE // 8, 64 * _WORDS
    tail, total = np.empty(64, np.uint8), np.empty(8, np.int64)
    x_planes = np.empty((TILE, _WORDS * nx), np.int64)
    y_planes = np.empty((n_groups, _WORDS * ny * 8), np.int64)
    x_marginal = np.empty((TILE, nx), np.int64)
    y_marginal = np.empty((n_groups, ny * 8), np.int64)
    part = np.empty((TILE, n_groups, nx * ny * 8), np.int64)
    needed = np.empty((TILE, n_groups), np.bool_)
    needed_by = np.empty((2, TILE), np.bool_)  # rows, and groups of others
    cells = np.empty(bins[0] * bins[1] * 8, np.int64)

    start = 0
    while start < len(order):
        x0, y0 = first[order[start]] // TILE * TILE, second[order[start]] // TILE * TILE
        needed[:] = False
        needed_by[:] = False
        stop = start
        while stop < len(order):
            x, y = first[order[stop]] - x0, second[order[stop]] - y0
            if not (0 <= x < TILE and 0 <= y < TILE):
                break
            needed[x, y // 8] = needed_by[0, x] = needed_by[1, y // 8] = True
            stop += 1

        part[:] = 0
        x_marginal[:] = 0
        y_marginal[:] = 0
        for at in range(0, n_samples, samples):
            piece = slice(at, at + samples)
            n_words = (min(samples, n_samples - at) + 63) // 64
            for side in range(2):
                rows, row0, last, lanes = (other, y0, ny, 8) if side else (codes, x0, nx, 1)
                planes, marginal = (y_planes, y_marginal) if side else (x_planes, x_marginal)
                for r in range(TILE):
                    if needed_by[side, r // lanes]:
                        row = rows[min(row0 + r, len(rows) - 1), piece]  # no lane stays empty
                        k, lane = r // lanes, r % lanes
                        _make_planes(row, last, tail, planes[k], lane, lanes, marginal[k])
            for x in range(TILE):
                for g in range(n_groups):
                    if needed[x, g]:
                        _count_cells(x_planes[x], y_planes[g], n_words, nx, ny, part[x, g])

        last_x = last_g = -1
        for i in range(start, stop):
            pair = order[i]
            x, y = first[pair] - x0, second[pair] - y0
            g, lane = y // 8, y % 8
            if x != last_x or g != last_g:
                last_x, last_g = x, g
                _complete(part[x, g], x_marginal[x], y_marginal[g], n_samples, cells)
                if len(sums):
                    _add_up(cells, n_samples, table, unit, total)
            if len(sums):
                sums[pair] = total[lane]
                if len(filled):
                    filled[pair] = _filled(cells, lane)
            else:
                for c in range(counts.shape[1]):
                    counts[pair, c] += cells[c * 8 + lane]
        start = stop
