"""The table of derivatives: a vector-Jacobian product for each operation that has a kernel.

A derivative takes an `Application`, the gradient of a loss with respect to an operation's result
with what the operation was applied to, and gives the gradient of each operand that is asked for.
"""

from __future__ import annotations

from graphfold.evaluate.backward.along import ALONG
from graphfold.evaluate.backward.derivative import Derivative
from graphfold.evaluate.backward.elementwise import BY_NUMBER
from graphfold.evaluate.backward.products import PRODUCTS

DERIVATIVES: dict[str, Derivative] = {**BY_NUMBER, **PRODUCTS, **ALONG}
