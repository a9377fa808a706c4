"""Operations that work number by number on the arrays of a namespace, with broadcasting.

They are written so that a namespace that differentiates has the subgradients of
`backward.elementwise`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space

Operation = Callable[..., Any]


def align(space: Space, operands: tuple[Operand, ...]) -> list[Any]:
    """The arrays with core axes of size 1 put behind the leading ones, so that cores line up."""
    rank = max(operand.rank for operand in operands)
    return [lift(space, operand, rank) for operand in operands]


def lift(space: Space, operand: Operand, rank: int) -> Any:
    """The array with as many core axes; one that stands still lines up from the right itself."""
    missing = rank - operand.rank
    if missing <= 0 or not operand.lead:
        return operand.array
    return space.xp.reshape(operand.array, (*operand.front, *(1,) * missing, *operand.core))


def elementwise(function: Callable[..., Any]) -> Operation:
    """Make an operation of a function of a namespace and of arrays that broadcast."""
    return lambda space, *operands: function(space.xp, *align(space, operands))


def named(name: str) -> Operation:
    """Make an operation of a function of the standard."""
    return elementwise(lambda xp, *arrays: getattr(xp, name)(*arrays))


def comparison(name: str) -> Operation:
    """Make an operation that gives 1 where a comparison holds, else 0."""
    return lambda space, *operands: space.xp.astype(
        getattr(space.xp, name)(*align(space, operands)), space.dtype
    )


def sigmoid(space: Space, operand: Operand) -> Any:
    """1 / (1 + exp(-x)), the namespace's own if it has one: that one has a derivative."""
    xp, x = space.xp, operand.array
    if space.namespace.sigmoid is not None:
        return space.namespace.sigmoid(x)
    decay = xp.exp(-xp.abs(x))
    return xp.where(x < 0, decay, xp.ones_like(x)) / (1 + decay)


def power(xp: Any, base: Any, exponent: Any) -> Any:
    """Raise to a power; the gradient of 0 ** 0 is 0."""
    zeros = (base == 0) & (exponent == 0)
    return xp.pow(xp.where(zeros, xp.ones_like(base), base), exponent)


def absolute(xp: Any, x: Any) -> Any:
    """The absolute value; its gradient at 0 is 0."""
    return xp.where(x == 0, xp.zeros_like(x), xp.abs(x))


def clip(xp: Any, x: Any, low: Any, high: Any) -> Any:
    """Bring x into low..high; on the bounds the gradient is that of x."""
    above = xp.where((x < low) | xp.isnan(low), low, x)
    return xp.where((above > high) | xp.isnan(high), high, above)


ELEMENTWISE: dict[str, Operation] = {
    "add": named("add"),
    "sub": named("subtract"),
    "mul": named("multiply"),
    "div": named("divide"),
    "pow": elementwise(power),
    "mod": named("remainder"),
    "lt": comparison("less"),
    "le": comparison("less_equal"),
    "gt": comparison("greater"),
    "ge": comparison("greater_equal"),
    "eq": comparison("equal"),
    "ne": comparison("not_equal"),
    "neg": named("negative"),
    "tanh": named("tanh"),
    "sigmoid": sigmoid,
    "relu": elementwise(lambda xp, x: xp.where(x <= 0, xp.zeros_like(x), x)),
    "softplus": elementwise(lambda xp, x: xp.logaddexp(x, xp.zeros_like(x))),
    "exp": named("exp"),
    "log": named("log"),
    "sqrt": named("sqrt"),
    "sin": named("sin"),
    "cos": named("cos"),
    "abs": elementwise(absolute),
    "sign": named("sign"),
    "square": named("square"),
    "maximum": named("maximum"),
    "minimum": named("minimum"),
    "where": elementwise(lambda xp, condition, a, b: xp.where(condition != 0, a, b)),
    "clip": elementwise(clip),
}
