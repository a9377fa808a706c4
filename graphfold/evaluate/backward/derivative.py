"""What a derivative is: a vector-Jacobian product, and how broadcasting is undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphfold.evaluate.value import Array, Value, align

Pull = Callable[..., Array]


class Application(NamedTuple):
    """One use of an operation: the gradient of its result, the result, operands, attributes."""

    gradient: Value
    result: Value
    operands: Sequence[Value]
    attributes: Mapping[str, Any]


Derivative = Callable[[Application, Sequence[int]], list[Value | None]]
"""Takes the places of the operands asked for; gives the gradient of each, None where it is zero."""


def unbroadcast(gradient: Array, batched: bool, like: Value) -> Value:
    """Sum a gradient over the axes along which `like` was repeated, the batch too.

    >>> h, b = Value(np.ones((32, 4)), batched=True), Value(np.ones(4))
    >>> unbroadcast(h.array, True, b).array
    array([32., 32., 32., 32.])
    """
    array = np.asarray(gradient)
    if batched and not like.batched:
        array, batched = np.sum(array, axis=0), False
    front = int(batched)
    extra = array.ndim - front - like.rank
    if extra:
        array = np.sum(array, axis=tuple(range(front, front + extra)))
    sizes = zip(array.shape[front:], like.core, strict=True)
    repeated = tuple(front + i for i, (size, own) in enumerate(sizes) if own == 1 != size)
    if repeated:
        array = np.sum(array, axis=repeated, keepdims=True)
    return Value(np.asarray(array), like.batched)


def by_number(*pulls: Pull | None) -> Derivative:
    """Make a derivative of an elementwise operation: one function an operand, None for zero.

    Each takes the gradient of the result, the result and the operands, lined up.
    """

    def derivative(use: Application, places: Sequence[int]) -> list[Value | None]:
        arrays, batched = align([use.gradient, use.result, *use.operands])
        found: list[Value | None] = []
        for place in places:
            pull, like = pulls[place], use.operands[place]
            found.append(None if pull is None else unbroadcast(pull(*arrays), batched, like))
        return found

    return derivative


def no_derivative(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Zero almost everywhere: comparisons, sign, one_hot."""
    return [None] * len(places)
