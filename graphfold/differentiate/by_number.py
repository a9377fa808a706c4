"""Derivatives of the operations that work number by number, as formulas.

Each takes the functions it may use, the gradient g of the result, the result y and the operands. It
is read twice: with arrays for its numbers, and with terms for an equation of the model language.

At kinks the subgradient is: relu 0 at 0, abs 0 at 0; equal operands of maximum and minimum share
the gradient in halves; clip hands it to x within its bounds and on them. What depends on forward
values alone stands in brackets of its own: a recurrence then takes it from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Functions(Protocol):
    """What the formulas need beyond operators."""

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        """Take `yes` where the condition is not 0."""

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger of two, NaN if one is."""

    def sigmoid(self, x: Any) -> Any:
        """1 / (1 + exp(-x))."""

    def log(self, x: Any) -> Any:
        """The natural logarithm."""

    def sin(self, x: Any) -> Any:
        """The sine."""

    def cos(self, x: Any) -> Any:
        """The cosine."""

    def sign(self, x: Any) -> Any:
        """-1, 0 or 1."""

    def floor_divide(self, a: Any, b: Any) -> Any:
        """The whole part of a / b, rounded down."""


Formula = Callable[..., Any]  # functions, gradient, result, operands


def _power_base(f: Functions, g: Any, y: Any, a: Any, b: Any) -> Any:
    """Return b a^(b-1), and 0 for b = 0, also where a = 0."""
    return g * f.where(b == 0, 0, b * a ** f.where(b == 0, 1, b - 1))


def _power_exponent(f: Functions, g: Any, y: Any, a: Any, b: Any) -> Any:
    """Return a^b log(a), and 0 for a = 0."""
    return f.where(a == 0, 0, g * (y * f.log(f.where(a == 0, 1, a))))


def _share(f: Functions, g: Any, a: Any, y: Any, b: Any) -> Any:
    """The gradient where a is the result y; half of it where b is, too; NaN has it."""
    alone = f.where(a == b, g * 0.5, g)
    return f.where(a == y, alone, f.where(a != a, alone, 0))  # noqa: PLR0124 (NaN)


def _clip_x(f: Functions, g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return f.where(x < low, 0, f.where(f.maximum(x, low) > high, 0, g))


def _clip_low(f: Functions, g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return f.where(x < low, f.where(low > high, 0, g), 0)


def _clip_high(f: Functions, g: Any, y: Any, x: Any, low: Any, high: Any) -> Any:
    return f.where(f.maximum(x, low) > high, g, 0)


def _relu(f: Functions, g: Any, y: Any, x: Any) -> Any:
    return f.where(x > 0, g, f.where(x <= 0, 0, g * x))  # NaN stays


Formulas = tuple[Formula | None, ...]
"""One for each operand; None for zero."""

BY_NUMBER: dict[str, Formulas] = {
    "add": (lambda f, g, y, a, b: g, lambda f, g, y, a, b: g),
    "sub": (lambda f, g, y, a, b: g, lambda f, g, y, a, b: -g),
    "mul": (lambda f, g, y, a, b: g * b, lambda f, g, y, a, b: g * a),
    "div": (lambda f, g, y, a, b: g / b, lambda f, g, y, a, b: -(g * (y / b))),
    "pow": (_power_base, _power_exponent),
    "mod": (lambda f, g, y, a, b: g, lambda f, g, y, a, b: -(g * f.floor_divide(a, b))),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), (None, None)),
    "neg": (lambda f, g, y, x: -g,),
    "tanh": (lambda f, g, y, x: g * ((1 - y) * (1 + y)),),
    "sigmoid": (lambda f, g, y, x: g * (y * (1 - y)),),
    "relu": (_relu,),
    "softplus": (lambda f, g, y, x: g * f.sigmoid(x),),
    "exp": (lambda f, g, y, x: g * y,),
    "log": (lambda f, g, y, x: g / x,),
    "sqrt": (lambda f, g, y, x: g * (0.5 / y),),
    "sin": (lambda f, g, y, x: g * f.cos(x),),
    "cos": (lambda f, g, y, x: -(g * f.sin(x)),),
    "abs": (lambda f, g, y, x: g * f.sign(x),),
    "sign": (None,),
    "square": (lambda f, g, y, x: g * (2 * x),),
    "maximum": (
        lambda f, g, y, a, b: _share(f, g, a, y, b),
        lambda f, g, y, a, b: _share(f, g, b, y, a),
    ),
    "minimum": (
        lambda f, g, y, a, b: _share(f, g, a, y, b),
        lambda f, g, y, a, b: _share(f, g, b, y, a),
    ),
    "where": (
        None,
        lambda f, g, y, c, a, b: f.where(c != 0, g, 0),
        lambda f, g, y, c, a, b: f.where(c != 0, 0, g),
    ),
    "clip": (_clip_x, _clip_low, _clip_high),
}
