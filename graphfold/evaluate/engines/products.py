"""Products of vectors and matrices on the arrays of a namespace."""

from __future__ import annotations

from typing import Any

from graphfold.evaluate.engines.elementwise import Operation, align
from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space


def matmul(space: Space, left: Operand, right: Operand) -> Any:
    """Multiply as `@` does on core axes, for each place of the leading axes."""
    xp = space.xp
    if not left.lead and left.rank == 2 and right.lead and right.rank == 1:
        return xp.matmul(right.array, xp.permute_dims(left.array, (1, 0)))  # one large product
    if _lines_up(left, right):
        return xp.matmul(left.array, right.array)
    return _by_place(space, left, right)


def _lines_up(left: Operand, right: Operand) -> bool:
    """Whether the standard's own broadcasting takes leading axes for what they are."""
    if not right.lead:
        return not left.lead or right.rank <= 2
    return right.rank >= 2 and not left.lead and left.rank <= 2


def _by_place(space: Space, left: Operand, right: Operand) -> Any:
    """Multiply stacks of matrices, a vector standing in as a row (left) or a column (right)."""
    xp, row, column = space.xp, left.rank == 1, right.rank == 1
    if row:
        left = Operand(xp.expand_dims(left.array, axis=-2), left.lead)
    if column:
        right = Operand(xp.expand_dims(right.array, axis=-1), right.lead)
    product = xp.matmul(*align(space, (left, right)))
    if column:
        product = product[..., 0]
    if row:
        product = product[..., 0] if column else product[..., 0, :]
    return product


def dot(space: Space, left: Operand, right: Operand) -> Any:
    """The sum of a[i] * b[i] over the last axis."""
    return space.xp.vecdot(*align(space, (left, right)))


def outer(space: Space, left: Operand, right: Operand) -> Any:
    """The matrix of all a[i] * b[j]."""
    column = space.xp.expand_dims(left.array, axis=-1)
    return column * space.xp.expand_dims(right.array, axis=-2)


PRODUCTS: dict[str, Operation] = {"matmul": matmul, "dot": dot, "outer": outer}
