"""
Vectors of eight float64 for numba kernels.

numba's own loops reach the vector units only where LLVM recognises the pattern, which it does not
for a running k-th smallest value. This adds one type, eight numbers in registers, and the dozen
operations that the nearest-neighbour scan needs. Each is one or two instructions of LLVM's portable
vector code: LLVM splits them for the machine at hand (one AVX-512 register, two AVX2, four SSE or
NEON ones), so that nothing here depends on a kind of processor.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

__all__ = [
    "DOUBLES",
    "LANES",
    "absolute",
    "any_below",
    "broadcast",
    "count_at_least",
    "count_below",
    "fill",
    "load",
    "maximum",
    "minimum",
    "store",
    "subtract",
    "vector",
    "where_below",
]

LANES = 8
DOUBLES = ir.VectorType(ir.DoubleType(), LANES)
_INT = ir.IntType(32)


class _Vector(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Float64x8")


vector = _Vector()


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, DOUBLES)


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
        return builder.load(builder.bitcast(address, DOUBLES.as_pointer()), align=8)

    return vector(array, types.intp), code


@intrinsic
def store(typing: Any, array: Any, index: Any, a: Any) -> Any:
    """Set ``array[index : index + 8]``; neither wrapped nor checked."""
    if not _is_floats(array):
        return None

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(address, DOUBLES.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), code


def _in_all_lanes(builder: Any, number: Any) -> Any:
    empty = ir.Constant(DOUBLES, ir.Undefined)
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
        kind = ir.FunctionType(DOUBLES, [DOUBLES])
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


@intrinsic
def where_below(typing: Any, a: Any, bound: Any, value: Any, otherwise: Any) -> Any:
    """Return a value in the lanes in which a vector is below another, and a number elsewhere."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        below = builder.fcmp_ordered("<", args[0], args[1])
        return builder.select(below, args[2], _in_all_lanes(builder, args[3]))

    return vector(vector, vector, vector, types.float64), code
