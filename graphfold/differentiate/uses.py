"""One use of an operation within an equation, as terms, and how broadcasting is undone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from graphfold.sizes import Shape, Size
from graphfold.terms import Term, apply

ONE = Size.of(1)


class Gradient(NamedTuple):
    """A gradient whose `shape` may be smaller than that of its value: it counts as repeated."""

    term: Term
    shape: Shape


class Use(NamedTuple):
    """The gradient of a result, the result and the operands, with their shapes."""

    gradient: Term
    result: Term
    shape: Shape
    operands: tuple[Term, ...]
    shapes: tuple[Shape, ...]
    attributes: Mapping[str, Any]


def _made(name: str) -> Any:
    return staticmethod(partial(apply, name))


class TermFunctions:
    """The functions of the formulas, of terms."""

    where, maximum, sigmoid = _made("where"), _made("maximum"), _made("sigmoid")
    log, sin, cos, sign = _made("log"), _made("sin"), _made("cos"), _made("sign")

    @staticmethod
    def floor_divide(a: Term, b: Term) -> Term:
        """The whole part of a / b: `%` leaves the rest."""
        return (a - a % b) / b


def spread(value: Any, like: Term) -> Term:
    """A value repeated to the shape of another; whatever numbers that holds."""
    return apply("where", apply("eq", like, like), value, value)


def whole(gradient: Gradient, value: Term, shape: Shape) -> Term:
    """The gradient repeated to the shape of its value."""
    return gradient.term if gradient.shape == shape else spread(gradient.term, value)


def unbroadcast(gradient: Term, shape: Shape, own: Shape) -> Term:
    """Sum a gradient of a shape over the axes along which an operand was repeated.

    >>> from graphfold.sizes import shape_of
    >>> unbroadcast(apply("tanh", 1), shape_of("m", "n"), shape_of("n")).attributes
    (('axis', 0),)
    """
    for _ in range(len(shape) - len(own)):
        gradient = apply("sum", gradient, axis=0)
    rest = shape[len(shape) - len(own) :]
    repeated = [i for i, (a, b) in enumerate(zip(rest, own, strict=True)) if b == ONE != a]
    for axis in repeated[::-1]:
        gradient = apply("sum", gradient, axis=axis)
    return reshaped(gradient, own) if repeated else gradient


def reshaped(term: Term, shape: Shape) -> Term:
    """The same numbers in another shape."""
    return apply("reshape", term, shape=shape)
