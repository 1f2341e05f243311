"""
The least numbers of every lane of a stream of vectors, for numba kernels.

They are a tuple of vectors, ascending, which stay in registers; or, for many of them, a 1-D array
of float64, eight for each.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from infonb.measures.kernels.knn.vector import (
    DOUBLES,
    LANES,
    any_below,
    load,
    maximum,
    minimum,
    store,
    vector,
)

__all__ = ["keep", "largest", "repeat"]


@intrinsic
def _copies(typing: Any, like: Any, a: Any, k: Any) -> Any:
    kind = types.UniTuple(vector, len(like))

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        nothing = ir.Constant(DOUBLES, [-math.inf] * LANES)
        copies = []
        for j in range(len(like)):
            used = builder.icmp_signed(">=", args[2], args[2].type(len(like) - j))
            copies.append(builder.select(used, args[1], nothing))
        return context.make_tuple(builder, kind, copies)

    return kind(like, vector, types.intp), code


@intrinsic
def _kept(typing: Any, least: Any, a: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        d, found = args[1], []
        for best in cgutils.unpack_tuple(builder, args[0]):
            found.append(builder.select(builder.fcmp_ordered("<", d, best), d, best))
            d = builder.select(builder.fcmp_ordered(">", d, best), d, best)
        return context.make_tuple(builder, least, found)

    return least(least, vector), code


@intrinsic
def _last(typing: Any, least: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.extract_value(args[0], least.count - 1)

    return vector(least), code


def repeat(like: Any, a: Any, k: Any) -> Any:
    """
    Return as many vectors as `like` holds: the last k are `a`, and those before are -inf.

    What is -inf stays so, and the last one is then the k-th least number of those that come.
    """
    raise NotImplementedError("compiled only")


def keep(least: Any, a: Any) -> Any:
    """Return the least numbers of every lane, ascending, when one more number has come."""
    raise NotImplementedError("compiled only")


def largest(least: Any) -> Any:
    """Return the last of the least numbers of every lane."""
    raise NotImplementedError("compiled only")


@overload(repeat)
def _repeat(like, a, k):  # type: ignore[no-untyped-def]
    if isinstance(like, types.BaseTuple):
        return lambda like, a, k: _copies(like, a, k)

    def in_memory(like, a, k):  # type: ignore[no-untyped-def]
        for j in range(0, len(like), LANES):
            store(like, j, a)
        return like

    return in_memory


@overload(keep)
def _keep(least, a):  # type: ignore[no-untyped-def]
    if isinstance(least, types.BaseTuple):
        if len(least) < 4:
            return lambda least, a: _kept(least, a)
        # the more of them, the rarer is one that must be kept
        return lambda least, a: _kept(least, a) if any_below(a, _last(least)) else least

    def in_memory(least, a):  # type: ignore[no-untyped-def]
        if any_below(a, load(least, len(least) - LANES)):
            for j in range(0, len(least), LANES):
                best = load(least, j)
                store(least, j, minimum(a, best))
                a = maximum(a, best)
        return least

    return in_memory


@overload(largest)
def _largest(least):  # type: ignore[no-untyped-def]
    if isinstance(least, types.BaseTuple):
        return lambda least: _last(least)
    return lambda least: load(least, len(least) - LANES)
