"""Derivatives of the operations that work number by number.

At kinks the subgradient is: relu 0 at 0, abs 0 at 0; equal operands of maximum and minimum share
the gradient in halves; clip hands it to x within its bounds and on them.
"""

from __future__ import annotations

import numpy as np

from graphfold.evaluate.backward.derivative import Derivative, by_number, no_derivative
from graphfold.evaluate.elementwise import sigmoid
from graphfold.evaluate.value import Array


def _power_base(g: Array, y: Array, a: Array, b: Array) -> Array:
    """Return b a^(b-1), and 0 for b = 0, also where a = 0."""
    return np.where(b == 0, 0, g * b * np.power(a, np.where(b == 0, 1, b - 1).astype(a.dtype)))


def _power_exponent(g: Array, y: Array, a: Array, b: Array) -> Array:
    """Return a^b log(a), and 0 for a = 0."""
    return np.where(a == 0, 0, g * y * np.log(np.where(a == 0, 1, a).astype(a.dtype)))


def _share(g: Array, a: Array, y: Array, b: Array) -> Array:
    """The gradient where a is the result y; half of it where b is, too; NaN has it."""
    alone = np.where(a == b, g * 0.5, g)
    return np.where((a == y) | np.isnan(a), alone, 0)


def _clip_x(g: Array, y: Array, x: Array, low: Array, high: Array) -> Array:
    return np.where((x < low) | (np.maximum(x, low) > high), 0, g)


def _clip_low(g: Array, y: Array, x: Array, low: Array, high: Array) -> Array:
    return np.where((x < low) & ~(low > high), g, 0)


def _clip_high(g: Array, y: Array, x: Array, low: Array, high: Array) -> Array:
    return np.where(np.maximum(x, low) > high, g, 0)


BY_NUMBER: dict[str, Derivative] = {
    "add": by_number(lambda g, y, a, b: g, lambda g, y, a, b: g),
    "sub": by_number(lambda g, y, a, b: g, lambda g, y, a, b: -g),
    "mul": by_number(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    "div": by_number(lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b),
    "pow": by_number(_power_base, _power_exponent),
    "mod": by_number(lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor_divide(a, b)),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), no_derivative),
    "neg": by_number(lambda g, y, x: -g),
    "tanh": by_number(lambda g, y, x: g * (1 - y) * (1 + y)),
    "sigmoid": by_number(lambda g, y, x: g * y * (1 - y)),
    "relu": by_number(lambda g, y, x: np.where(x > 0, g, np.where(x <= 0, 0, g * x))),  # NaN stays
    "softplus": by_number(lambda g, y, x: g * sigmoid(x)),
    "exp": by_number(lambda g, y, x: g * y),
    "log": by_number(lambda g, y, x: g / x),
    "sqrt": by_number(lambda g, y, x: g * 0.5 / y),
    "sin": by_number(lambda g, y, x: g * np.cos(x)),
    "cos": by_number(lambda g, y, x: -g * np.sin(x)),
    "abs": by_number(lambda g, y, x: g * np.sign(x)),
    "sign": no_derivative,
    "square": by_number(lambda g, y, x: g * 2 * x),
    "maximum": by_number(
        lambda g, y, a, b: _share(g, a, y, b), lambda g, y, a, b: _share(g, b, y, a)
    ),
    "minimum": by_number(
        lambda g, y, a, b: _share(g, a, y, b), lambda g, y, a, b: _share(g, b, y, a)
    ),
    "where": by_number(
        None,
        lambda g, y, c, a, b: np.where(c != 0, g, 0),
        lambda g, y, c, a, b: np.where(c != 0, 0, g),
    ),
    "clip": by_number(_clip_x, _clip_low, _clip_high),
}
