"""Kernels that work number by number, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphfold.evaluate.value import Array, Value, align

Kernel = Callable[..., Value]


def elementwise(function: Callable[..., Array]) -> Kernel:
    """Make a kernel of a function of arrays that broadcasts."""

    def kernel(*values: Value) -> Value:
        arrays, batched = align(values)
        return Value(function(*arrays), batched)

    return kernel


def comparison(function: Callable[[Array, Array], Array]) -> Kernel:
    """Make a kernel that gives 1 where a comparison holds, else 0, in the operands' dtype."""
    return elementwise(lambda a, b: function(a, b).astype(np.result_type(a, b)))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), written so that no exponential overflows and no digit is lost.

    >>> print(sigmoid(np.array([-1000.0, 0.0, 1000.0])))
    [0.  0.5 1. ]
    """
    decay = np.exp(-np.abs(x))
    share: Array = np.where(x < 0, decay, 1) / (1 + decay)
    return share


def softplus(x: Array) -> Array:
    """log(1 + exp(x)) without overflow."""
    return np.logaddexp(x, 0)


def where(condition: Array, yes: Array, no: Array) -> Array:
    """Take `yes` where the condition is not 0, else `no`."""
    return np.where(condition != 0, yes, no)


def clip(x: Array, low: Array, high: Array) -> Array:
    """Bring x into low..high; NaN stays NaN."""
    return np.minimum(np.maximum(x, low), high)


ELEMENTWISE: dict[str, Kernel] = {
    "add": elementwise(np.add),
    "sub": elementwise(np.subtract),
    "mul": elementwise(np.multiply),
    "div": elementwise(np.divide),
    "pow": elementwise(np.power),
    "mod": elementwise(np.mod),  # the sign of the divisor, as in Python
    "lt": comparison(np.less),
    "le": comparison(np.less_equal),
    "gt": comparison(np.greater),
    "ge": comparison(np.greater_equal),
    "eq": comparison(np.equal),
    "ne": comparison(np.not_equal),
    "neg": elementwise(np.negative),
    "tanh": elementwise(np.tanh),
    "sigmoid": elementwise(sigmoid),
    "relu": elementwise(lambda x: np.maximum(x, 0)),
    "softplus": elementwise(softplus),
    "exp": elementwise(np.exp),
    "log": elementwise(np.log),
    "sqrt": elementwise(np.sqrt),
    "sin": elementwise(np.sin),
    "cos": elementwise(np.cos),
    "abs": elementwise(np.abs),
    "sign": elementwise(np.sign),
    "square": elementwise(np.square),
    "maximum": elementwise(np.maximum),
    "minimum": elementwise(np.minimum),
    "where": elementwise(where),
    "clip": elementwise(clip),
}
