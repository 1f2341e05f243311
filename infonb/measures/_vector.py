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
    "LANES",
    "absolute",
    "count_at_most",
    "count_below",
    "fill",
    "lane",
    "load",
    "maximum",
    "minimum",
    "rotate",
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


@intrinsic
def fill(typing: Any, value: Any) -> Any:
    """Return a vector with one number in all lanes."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        empty = ir.Constant(_DOUBLES, ir.Undefined)
        one = builder.insert_element(empty, args[0], _INT(0))
        zeros = ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES)
        return builder.shuffle_vector(one, empty, zeros)

    return vector(types.float64), code


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


@intrinsic
def rotate(typing: Any, a: Any, steps: Any) -> Any:
    """Return the lanes moved down by a constant number of places; the first ones come last."""
    if not isinstance(steps, types.IntegerLiteral):
        return None
    by = steps.literal_value

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = [(i + by) % LANES for i in range(LANES)]
        mask = ir.Constant(ir.VectorType(_INT, LANES), lanes)
        return builder.shuffle_vector(args[0], ir.Constant(_DOUBLES, ir.Undefined), mask)

    return vector(vector, steps), code


@intrinsic
def lane(typing: Any, a: Any, index: Any) -> Any:
    """Return the number in one lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.extract_element(args[0], builder.trunc(args[1], _INT))

    return types.float64(vector, types.intp), code


@intrinsic
def count_at_most(typing: Any, a: Any, b: Any, c: Any, bound: Any) -> Any:
    """Return how many of the 24 numbers in three vectors are at most a bound."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.IntType(LANES)
        total = _INT(0)
        for i, numbers in enumerate(args[:3]):
            flags = builder.bitcast(builder.fcmp_ordered("<=", numbers, args[3]), bits)
            shifted = builder.shl(builder.zext(flags, _INT), _INT(i * LANES))
            total = builder.or_(total, shifted)
        return builder.zext(builder.ctpop(total), ir.IntType(64))

    return types.int64(vector, vector, vector, vector), code


@intrinsic
def count_below(typing: Any, a: Any, bound: Any) -> Any:
    """Return in how many lanes a vector is below another."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flags = builder.bitcast(builder.fcmp_ordered("<", *args), ir.IntType(LANES))
        return builder.zext(builder.ctpop(builder.zext(flags, _INT)), ir.IntType(64))

    return types.int64(vector, vector), code
