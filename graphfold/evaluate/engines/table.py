"""The table of operations over an array namespace: what `KERNELS` is for NumPy."""

from __future__ import annotations

from graphfold.evaluate.engines.along import ALONG
from graphfold.evaluate.engines.elementwise import ELEMENTWISE, Operation
from graphfold.evaluate.engines.products import PRODUCTS

OPERATIONS: dict[str, Operation] = {**ELEMENTWISE, **PRODUCTS, **ALONG}
"""Each takes a `Space`, `Operand`s of one dtype and attributes as plain numbers: an array."""
