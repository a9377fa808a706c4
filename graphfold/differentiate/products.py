"""Derivatives of products of vectors and matrices, as terms.

For C = A B: dA = dC Bᵀ and dB = Aᵀ dC (Goodfellow, Bengio and Courville, *Deep Learning*, 6.5.6).
"""

from __future__ import annotations

from graphfold.differentiate.along import Pull
from graphfold.differentiate.uses import Use
from graphfold.terms import Term, apply


def _matmul(use: Use, place: int) -> Term:
    (a, b), g = use.operands, use.gradient
    ranks = tuple(len(shape) for shape in use.shapes)
    if ranks == (1, 1):
        return g * (a, b)[1 - place]
    if place == 0:
        return apply("outer", g, b) if ranks == (2, 1) else g @ b.T if ranks[0] == 2 else b @ g
    return apply("outer", a, g) if ranks == (1, 2) else a.T @ g


def _dot(use: Use, place: int) -> Term:
    return use.gradient * use.operands[1 - place]


def _outer(use: Use, place: int) -> Term:
    (a, b), g = use.operands, use.gradient
    return g @ b if place == 0 else g.T @ a


PRODUCTS: dict[str, Pull] = {"matmul": _matmul, "dot": _dot, "outer": _outer}
