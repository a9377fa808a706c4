"""The table of NumPy kernels: what each operation of `operations.OPERATIONS` computes.

A kernel takes `Value`s of one floating dtype and the operation's attributes as plain numbers, and
gives a `Value` of that dtype. `register_operation` adds an operation of your own.
"""

from __future__ import annotations

from graphfold.evaluate.along import ALONG
from graphfold.evaluate.elementwise import ELEMENTWISE, Kernel
from graphfold.evaluate.products import PRODUCTS

STRUCTURAL = frozenset(
    ["sum_over", "mean_over", "max_over", "step", "length", "size", "call", "switch"]
)
"""Operations that depend on the step, the sizes or the functions; `program` knows them."""

KERNELS: dict[str, Kernel] = {**ELEMENTWISE, **PRODUCTS, **ALONG}

UNFAILING = frozenset(KERNELS) - {"one_hot"}
"""Operations that take any numbers of the right shapes; those registered later may fail."""
