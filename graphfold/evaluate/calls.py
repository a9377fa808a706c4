"""Bind Python callables to the opaque functions of a circuit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit, Function
from graphfold.errors import GraphfoldError, ValuesError, shorten, suggest
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Array, Value
from graphfold.expression import Apply, Expression


def function_problems(circuit: Circuit, functions: Any) -> list[str]:
    """Say which opaque functions have no callable, and which callables have no function."""
    if not isinstance(functions, Mapping):
        return [f"functions must map names to callables, not {type(functions).__name__}"]
    opaque = {f.name for f in circuit.functions if f.body is None}
    problems = []
    for name in sorted(called_functions(circuit) & opaque - set(functions)):
        cure = f"bind a Python callable, functions={{'{name}': …}}"
        problems.append(f"function {name} is opaque; {cure}")
    for name, function in functions.items():
        if name not in opaque:
            told = "has a body in the model" if name in circuit.function else "is unknown"
            problems.append(f"function '{shorten(str(name))}' {told}{suggest(str(name), opaque)}")
        elif not callable(function):
            problems.append(f"function {name} is bound to {type(function).__name__}, no callable")
    return problems


def called_functions(circuit: Circuit) -> set[str]:
    """Return the names of the functions that equations and boundaries call."""
    expressions = [e.expression for e in circuit.equations]
    expressions += [b.value for b in circuit.boundaries if b.value is not None]
    return {name for expression in expressions for name in _calls(expression)}


def _calls(expression: Expression) -> set[str]:
    applied = (n for n in expression.nodes if isinstance(n, Apply) and n.operation == "call")
    return {str(n.attribute("function")) for n in applied}


def wrap(
    function: Function,
    bound: Callable[..., Any],
    sizes: Mapping[str, int],
    dtype: np.dtype[Any],
) -> Callable[..., Value]:
    """Make a kernel of a callable that works on one example: a batch calls it row by row.

    The callable gets read-only arrays; what it returns is copied, so it may reuse its memory.
    """

    def one(arrays: list[Array]) -> Array:
        shape = tuple(need(size, sizes) for size in function.shape or ())
        return _call(function.name, bound, arrays, shape, dtype)

    def kernel(*values: Value) -> Value:
        batch = [v.array.shape[0] for v in values if v.batched][:1]
        if not batch:
            return Value(one([v.array for v in values]))
        rows = [
            one([v.array[row] if v.batched else v.array for v in values]) for row in range(*batch)
        ]
        shape = tuple(need(size, sizes) for size in function.shape or ())
        return Value(np.stack(rows) if rows else np.zeros((0, *shape), dtype), True)

    return kernel


def _call(
    name: str,
    bound: Callable[..., Any],
    arrays: list[Array],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> Array:
    try:
        result = bound(*(_read_only(array) for array in arrays))
    except GraphfoldError:
        raise
    except Exception as error:  # the callable is the user's
        message = f"function {name} failed: {type(error).__name__}: {shorten(str(error), 200)}"
        raise ValuesError(message) from error
    try:
        array = np.array(as_numbers(result), dtype)
    except ValueError as error:
        raise ValuesError(f"function {name}: the result {error}") from error
    if array.shape != shape:
        raise ValuesError(f"function {name} gave shape {array.shape}, declared is {shape}")
    return array


def _read_only(array: Array) -> Array:
    """A view that forbids writing; the array itself may be memory that is written to again."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
