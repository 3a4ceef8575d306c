"""Eight single-precision numbers at once: a type for numba whose operations are one instruction each.

numba compiles a plain loop over rows of 32 numbers into code that took 2.4 times as long: it cannot know that the rows
do not overlap. Indices are not checked: a kernel asks for what lies within its arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model
from numpy.typing import NDArray

WIDTH = 8
_NUMBER, _INDEX = ir.FloatType(), ir.IntType(32)
_VECTOR = ir.VectorType(_NUMBER, WIDTH)
_ZERO = ir.Constant(_VECTOR, [0.0] * WIDTH)


Numbers = NDArray[np.float32]  # a flat array that kernels work on
Lanes = Any  # eight float32 numbers in a register; only numba knows the type
Single = Any  # one float32 number
Whole = int | np.integer[Any]


class _Eight(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANES = _Eight()


@register_model(_Eight)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Eight) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def _lanes_at(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    return builder.bitcast(_place(context, builder, kind, array, index), _VECTOR.as_pointer())


def _call(builder: Any, name: str, result: Any, *arguments: Any, fastmath: tuple[str, ...] = ()) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    return builder.call(function, arguments, fastmath=fastmath)


def _operation(define: Callable[..., Any]) -> Callable[..., Any]:
    return cast(Callable[..., Any], intrinsic(define))


@_operation
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """Return the eight numbers of a flat float32 array that begin at ``index``."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_lanes_at(context, builder, signature.args[0], *arguments), align=4)

    return _LANES(array, types.intp), code


@_operation
def store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Write eight numbers into a flat float32 array, beginning at ``index``."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, index, value = arguments
        builder.store(value, _lanes_at(context, builder, signature.args[0], array, index), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, _LANES), code


@_operation
def number(typing_context: Any, array: Any, index: Any) -> Any:
    """Return the number of a flat float32 array at ``index``."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature.args[0], *arguments))

    return types.float32(array, types.intp), code


@_operation
def prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Have the memory around ``index`` brought near, which will be read and written soon."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.bitcast(_place(context, builder, signature.args[0], *arguments), ir.IntType(8).as_pointer())
        write, near, data = (ir.Constant(_INDEX, value) for value in (1, 3, 1))
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), place, write, near, data)
        return context.get_dummy_value()

    return types.void(array, types.intp), code


@_operation
def spread(typing_context: Any, value: Any) -> Any:
    """Return a number eight times."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, arguments[0], ir.Constant(_INDEX, 0))
        return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, WIDTH), [0] * WIDTH))

    return _LANES(types.float32), code


@_operation
def total(typing_context: Any, a: Any) -> Any:
    """Return the sum of the eight numbers, added in pairs."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(_NUMBER, 0.0)
        return _call(builder, "llvm.vector.reduce.fadd.v8f32", _NUMBER, zero, *arguments, fastmath=("reassoc",))

    return types.float32(_LANES), code


@_operation
def lowest(typing_context: Any, a: Any) -> Any:
    """Return the smallest of the eight numbers, none of which is not a number."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, "llvm.vector.reduce.fmin.v8f32", _NUMBER, *arguments, fastmath=("nnan",))

    return types.float32(_LANES), code


@_operation
def lower(typing_context: Any, a: Any, b: Any) -> Any:
    """Return the smaller of a and b."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", *arguments), *arguments)

    return _LANES(_LANES, _LANES), code


@_operation
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a · b + c, rounded once."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, "llvm.fma.v8f32", _VECTOR, *arguments)

    return _LANES(_LANES, _LANES, _LANES), code


@_operation
def root(typing_context: Any, a: Any) -> Any:
    """Return √a."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, "llvm.sqrt.v8f32", _VECTOR, *arguments)

    return _LANES(_LANES), code


@_operation
def positive_part(typing_context: Any, a: Any) -> Any:
    """Return a where a > 0, and 0 elsewhere; what is not a number stays so."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<=", arguments[0], _ZERO), _ZERO, arguments[0])

    return _LANES(_LANES), code


@_operation
def where_positive(typing_context: Any, a: Any, b: Any) -> Any:
    """Return b where a > 0, and 0 elsewhere."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", arguments[0], _ZERO), arguments[1], _ZERO)

    return _LANES(_LANES, _LANES), code


def _binary(instruction: str) -> Any:
    @_operation
    def apply(typing_context: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*arguments)

        return _LANES(_LANES, _LANES), code

    return apply


def _overload(operation: Callable[..., Any], apply: Any) -> None:
    @overload(operation, inline="always", strict=False)
    def typed(a: Any, b: Any) -> Any:
        if isinstance(a, _Eight) and isinstance(b, _Eight):
            return lambda a, b: apply(a, b)
        return None


_overload(operator.add, _binary("fadd"))
_overload(operator.mul, _binary("fmul"))
_overload(operator.truediv, _binary("fdiv"))
