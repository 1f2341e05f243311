"""
Vectors of eight float64 for numba kernels.

numba's own loops reach the vector units only where LLVM recognises the pattern, which it does not
for a running k-th smallest value. This adds one type, eight numbers in registers, and the dozen
operations that the nearest-neighbour scan needs. Each is one or two instructions of LLVM's portable
vector code: LLVM splits them for the machine at hand (one AVX-512 register, two AVX2, four SSE or
NEON ones), so that nothing here depends on a kind of processor.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

__all__ = [
    "LANES",
    "absolute",
    "any_below",
    "broadcast",
    "count_at_least",
    "count_below",
    "fill",
    "keep",
    "largest",
    "load",
    "maximum",
    "minimum",
    "repeat",
    "store",
    "subtract",
]

LANES = 8
_DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_INT = ir.IntType(32)


class _Vector(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Float64x8")


vector = _Vector()


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _DOUBLES)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Return the address of an element of a 1-D contiguous float64 array, unchecked."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _is_floats(array: Any) -> bool:
    return isinstance(array, types.Array) and array.dtype == types.float64 and array.ndim == 1


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Return ``array[index : index + 8]``; neither wrapped nor checked."""
    if not _is_floats(array):
        return None

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature.args[0], *args)
        return builder.load(builder.bitcast(address, _DOUBLES.as_pointer()), align=8)

    return vector(array, types.intp), code


@intrinsic
def store(typing: Any, array: Any, index: Any, a: Any) -> Any:
    """Set ``array[index : index + 8]``; neither wrapped nor checked."""
    if not _is_floats(array):
        return None

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(address, _DOUBLES.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), code


def _in_all_lanes(builder: Any, number: Any) -> Any:
    empty = ir.Constant(_DOUBLES, ir.Undefined)
    one = builder.insert_element(empty, number, _INT(0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES))


@intrinsic
def fill(typing: Any, value: Any) -> Any:
    """Return a vector with one number in all lanes."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _in_all_lanes(builder, args[0])

    return vector(types.float64), code


@intrinsic
def broadcast(typing: Any, array: Any, index: Any) -> Any:
    """Return a vector with ``array[index]`` in all lanes; neither wrapped nor checked."""
    if not _is_floats(array):
        return None

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature.args[0], *args)
        return _in_all_lanes(builder, builder.load(address))

    return vector(array, types.intp), code


def _pairwise(operation: Any) -> Any:
    """Return the intrinsic of an operation on two vectors, lane by lane."""

    @intrinsic
    def apply(typing: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return operation(builder, *args)

        return vector(vector, vector), code

    return apply


subtract = _pairwise(lambda builder, a, b: builder.fsub(a, b))
minimum = _pairwise(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b))
maximum = _pairwise(lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))


@intrinsic
def absolute(typing: Any, a: Any) -> Any:
    """Return the absolute value of every lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_DOUBLES, [_DOUBLES])
        fabs = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fabs.v{LANES}f64")
        return builder.call(fabs, args)

    return vector(vector), code


def _counted(comparison: str) -> Any:
    """Return the intrinsic that counts the lanes in which a comparison of two vectors holds."""

    @intrinsic
    def count(typing: Any, a: Any, bound: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            flags = builder.bitcast(builder.fcmp_ordered(comparison, *args), ir.IntType(LANES))
            return builder.zext(builder.ctpop(builder.zext(flags, _INT)), ir.IntType(64))

        return types.int64(vector, vector), code

    return count


count_below = _counted("<")
count_at_least = _counted(">=")


@intrinsic
def any_below(typing: Any, a: Any, bound: Any) -> Any:
    """Return whether a vector is below another in any lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flags = builder.bitcast(builder.fcmp_ordered("<", *args), ir.IntType(LANES))
        return builder.icmp_unsigned("!=", flags, ir.IntType(LANES)(0))

    return types.boolean(vector, vector), code


# The least numbers of every lane: a tuple of vectors, which stay in registers, or for many of them
# a 1-D array of float64, eight for each.


@intrinsic
def _copies(typing: Any, like: Any, a: Any, k: Any) -> Any:
    kind = types.UniTuple(vector, len(like))

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        nothing = ir.Constant(_DOUBLES, [-math.inf] * LANES)
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
        return lambda least, a: _kept(least, a)

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
