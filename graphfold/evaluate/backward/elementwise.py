"""Derivatives of the operations that work number by number: their formulas, with arrays."""

from __future__ import annotations

from functools import partial

import numpy as np

from graphfold.differentiate.by_number import BY_NUMBER as FORMULAS
from graphfold.differentiate.by_number import Formula
from graphfold.evaluate.backward.derivative import Derivative, Pull, by_number, no_derivative
from graphfold.evaluate.elementwise import sigmoid
from graphfold.evaluate.value import Array


class _Numbers:
    """The functions of the formulas, of arrays."""

    maximum, log, sin, cos, sign = np.maximum, np.log, np.sin, np.cos, np.sign
    where, floor_divide = staticmethod(np.where), np.floor_divide

    @staticmethod
    def sigmoid(x: Array) -> Array:
        """1 / (1 + exp(-x))."""
        return sigmoid(x)


def _derivative(formulas: tuple[Formula | None, ...]) -> Derivative:
    if not any(formulas):
        return no_derivative
    pulls: list[Pull | None] = [f and partial(f, _Numbers) for f in formulas]
    return by_number(*pulls)


BY_NUMBER: dict[str, Derivative] = {
    name: _derivative(formulas) for name, formulas in FORMULAS.items()
}
