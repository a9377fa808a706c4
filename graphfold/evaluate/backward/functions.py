"""Derivatives that a user gives: of opaque functions, and of operations of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphfold.errors import GraphfoldError, ValuesError, shorten
from graphfold.evaluate.backward.derivative import Application, Derivative, unbroadcast
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.value import Array, Value, align, spread


def split_functions(
    functions: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], dict[str, Derivative]]:
    """Take apart what is bound: callables, or pairs of a callable and its derivative."""
    if not isinstance(functions, Mapping | None):
        raise ValuesError(f"functions must map names to callables, not {type(functions).__name__}")
    callables: dict[str, Any] = {}
    derivatives: dict[str, Derivative] = {}
    for name, given in (functions or {}).items():
        callables[name] = given
        if isinstance(given, tuple):
            if len(given) != 2 or not callable(given[1]):
                raise ValuesError(
                    f"function {name}: a pair is (function, derivative), both callable"
                )
            callables[name], derivatives[name] = given[0], by_example(f"function {name}", given[1])
    return callables, derivatives


def by_example(what: str, function: Callable[..., Any]) -> Derivative:
    """Make a derivative of a callable for one example: gradient, operands -> one array each.

    It may give None for an operand on which nothing depends, and for one operand the bare array.
    """

    def derivative(use: Application, places: Sequence[int]) -> list[Value | None]:
        (g, *arrays), batched = spread([use.gradient, *use.operands])
        if not batched:
            rows = [_call(what, function, g, arrays)]
        else:
            rows = [_call(what, function, *_row(g, arrays, row)) for row in range(len(g))]
        found: list[Value | None] = []
        for place in places:
            own = [row[place] for row in rows]
            if batched:
                parts = np.stack(own) if own else np.zeros_like(arrays[place])
                found.append(unbroadcast(parts, True, use.operands[place]))
            else:
                found.append(Value(own[0]))
        return found

    return derivative


def by_arrays(what: str, function: Callable[..., Any]) -> Derivative:
    """Make a derivative of a callable that broadcasts as NumPy does, for all examples at once."""

    def derivative(use: Application, places: Sequence[int]) -> list[Value | None]:
        (g, *arrays), batched = align([use.gradient, *use.operands])
        parts = _parts(what, function, [g, *arrays])
        found: list[Value | None] = []
        for place in places:
            part = _numbers(what, place + 1, parts[place], g)
            try:
                whole = np.broadcast_to(part, g.shape)
            except ValueError:
                told = f"the result's is {g.shape}"
                message = f"the derivative of {what} gave shape {part.shape}, {told}"
                raise ValuesError(message) from None
            found.append(unbroadcast(whole, batched, use.operands[place]))
        return found

    return derivative


def _row(g: Array, arrays: Sequence[Array], row: int) -> tuple[Array, list[Array]]:
    return g[row], [array[row] for array in arrays]


def _call(
    what: str, function: Callable[..., Any], gradient: Any, operands: Sequence[Any]
) -> list[Array]:
    given = [np.array(array) for array in (gradient, *operands)]
    parts = _parts(what, function, given)
    pairs = enumerate(zip(parts, given[1:], strict=True), 1)
    return [_checked(what, number, part, operand) for number, (part, operand) in pairs]


def _parts(what: str, function: Callable[..., Any], given: Sequence[Array]) -> Sequence[Any]:
    try:
        result = function(*given)
    except GraphfoldError:
        raise
    except Exception as error:  # the callable is the user's
        message = f"{type(error).__name__}: {shorten(str(error), 200)}"
        raise ValuesError(f"the derivative of {what} failed: {message}") from error
    parts = result if isinstance(result, tuple | list) else (result,)
    if len(parts) != len(given) - 1:
        expected = f"{len(given) - 1} arrays, one per argument"
        raise ValuesError(f"the derivative of {what} gave {len(parts)}; expected {expected}")
    return parts


def _numbers(what: str, number: int, part: Any, like: Array) -> Array:
    if part is None:
        return np.zeros_like(like)
    try:
        return np.asarray(as_numbers(part), like.dtype)
    except ValueError as error:
        raise ValuesError(f"the derivative of {what}: part {number} {error}") from error


def _checked(what: str, number: int, part: Any, operand: Array) -> Array:
    array = _numbers(what, number, part, operand)
    if array.shape != operand.shape:
        told = f"for argument {number} of shape {operand.shape}"
        raise ValuesError(f"the derivative of {what} gave shape {array.shape} {told}")
    return array
