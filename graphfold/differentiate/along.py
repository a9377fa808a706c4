"""Derivatives of the operations along core axes, as terms.

Where several entries are the maximum, they share its gradient equally; the gradient of the norm at
0 is 0. Normalisations over n entries: Ba, Kiros and Hinton (2016) for layer_norm; the Jacobian of
y = softmax(x) is diag(y) - y yᵀ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphfold.differentiate.uses import ONE, Gradient, Use, reshaped, spread
from graphfold.sizes import Shape, Size
from graphfold.terms import Term, apply

Pull = Callable[[Use, int], Term | Gradient | None]
"""Takes a use and the place of an operand; None for zero, a Gradient where it may be smaller."""

EPSILON = 1e-5  # of layer_norm, as its kernel has it


def _place(use: Use, default: int, rank: int) -> int:
    axis = use.attributes.get("axis", default)
    return int(axis) % rank


def _kept(use: Use, term: Term) -> Term:
    """A result of a reduction with the reduced axis kept, of size 1."""
    shape = _kept_shape(use)
    return reshaped(term, shape) if shape else term  # a scalar goes with every shape


def _count(use: Use) -> Term:
    """How many entries are reduced to one."""
    (shape,) = use.shapes
    if use.attributes.get("axis") is not None:
        shape = (shape[_place(use, 0, len(shape))],)
    count = ONE
    for size in shape:
        count = count * size
    return apply("size", size=count)


def _kept_shape(use: Use) -> Shape:
    (shape,) = use.shapes
    if use.attributes.get("axis") is None or len(shape) <= 1:
        return ()
    axis = _place(use, 0, len(shape))
    return (*shape[:axis], ONE, *shape[axis + 1 :])


def _sum(use: Use, _: int) -> Gradient:
    return Gradient(_kept(use, use.gradient), _kept_shape(use))


def _mean(use: Use, _: int) -> Gradient:
    return Gradient(_kept(use, use.gradient / _count(use)), _kept_shape(use))


def _max(use: Use, _: int) -> Term:
    x, g, y = use.operands[0], _kept(use, use.gradient), _kept(use, use.result)
    largest = apply("where", x == y, 1, apply("where", apply("eq", x, x), 0, 1))
    count = _kept(use, apply("sum", largest, **_axis(use)))
    return g * (largest / count)


def _norm(use: Use, _: int) -> Term:
    x, g, y = use.operands[0], _kept(use, use.gradient), _kept(use, use.result)
    return g * apply("where", y == 0, 0 * x, x / apply("where", y == 0, 1, y))


def _axis(use: Use) -> dict[str, Any]:
    axis = use.attributes.get("axis")
    return {} if axis is None else {"axis": axis}


def _over_last(use: Use, term: Term, operation: str) -> Term:
    """A reduction along the axis of a normalisation, kept."""
    (shape,) = use.shapes
    axis = _place(use, -1, len(shape))
    reduced = apply(operation, term, axis=axis)
    if len(shape) == 1:
        return reduced
    return reshaped(reduced, (*shape[:axis], ONE, *shape[axis + 1 :]))


def _softmax(use: Use, _: int) -> Term:
    g, y = use.gradient, use.result
    return y * (g - _over_last(use, g * y, "sum"))


def _log_softmax(use: Use, _: int) -> Term:
    g, y = use.gradient, use.result
    return g - apply("exp", y) * _over_last(use, g, "sum")


def _layer_norm(use: Use, _: int) -> Term:
    """(g - mean(g) - y mean(g y)) / s, s = sqrt(variance + 1e-5)."""
    x, g, y = use.operands[0], use.gradient, use.result
    variance = _over_last(use, apply("square", x - _over_last(use, x, "mean")), "mean")
    centred = g - _over_last(use, g, "mean") - y * _over_last(use, g * y, "mean")
    return centred / apply("sqrt", variance + EPSILON)


def _cut(term: Term, start: Any, stop: Any, axis: int) -> Term:
    named = {} if axis == 0 else {"axis": axis}
    return apply("slice", term, start=Size.of(start), stop=Size.of(stop), **named)


def _slice(use: Use, _: int) -> Term:
    """The gradient between zeros."""
    (x,), (shape,) = use.operands, use.shapes
    axis = _place(use, 0, len(shape))
    start, stop = Size.of(use.attributes["start"]), Size.of(use.attributes["stop"])
    parts = [use.gradient]
    if start != Size.of(0):
        parts.insert(0, spread(0, _cut(x, 0, start, axis)))
    if stop != shape[axis]:
        parts.append(spread(0, _cut(x, stop, shape[axis], axis)))
    return parts[0] if len(parts) == 1 else apply("concat", *parts, axis=axis)


def _concat(use: Use, place: int) -> Term:
    axis = _place(use, 0, len(use.shape))
    start = Size(())
    for shape in use.shapes[:place]:
        start = start + shape[axis]
    return _cut(use.gradient, start, start + use.shapes[place][axis], axis)


def _stack(use: Use, place: int) -> Term:
    axis = _place(use, 0, len(use.shape))
    return apply("sum", _cut(use.gradient, place, place + 1, axis), axis=axis)


def _transpose(use: Use, _: int) -> Term:
    return use.gradient.T


def _reshape(use: Use, _: int) -> Term:
    return reshaped(use.gradient, use.shapes[0])


def _nothing(use: Use, place: int) -> None:
    return None


ALONG: dict[str, Pull] = {
    "sum": _sum,
    "mean": _mean,
    "max": _max,
    "norm": _norm,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "layer_norm": _layer_norm,
    "concat": _concat,
    "stack": _stack,
    "transpose": _transpose,
    "reshape": _reshape,
    "slice": _slice,
    "one_hot": _nothing,
}
