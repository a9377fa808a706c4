"""Numbers written in a model that a type of floating-point numbers cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.expression import Const, Expression


def too_large(circuit: Circuit, dtype: np.dtype[Any]) -> list[str]:
    """Say which numbers would be infinite in the dtype; all that a model may hold fit float64."""
    largest = float(min(np.finfo(dtype).max, np.finfo(np.float64).max))
    if largest == np.finfo(np.float64).max:
        return []
    found: dict[str, None] = {}
    for name, expression in _expressions(circuit):
        for place, node in enumerate(expression.nodes):
            if isinstance(node, Const):
                wrong = _beyond(node, largest)
                if wrong is not None:
                    mark = expression.mark(place)
                    where = f" ({mark.words})" if mark else ""
                    found[f"{name}{where}: {wrong:g} is too large for {dtype}"] = None
    return list(found)


def _expressions(circuit: Circuit) -> Iterator[tuple[str, Expression]]:
    for equation in circuit.equations:
        yield equation.signal, equation.expression
    for boundary in circuit.boundaries:
        if boundary.value is not None:
            yield f"{boundary.signal}[{boundary.index}]", boundary.value
    for function in circuit.functions:
        if function.body is not None:
            yield function.name, function.body


def _beyond(node: Const, largest: float) -> float | None:
    """The first finite number of a constant that is larger."""
    numbers = np.ravel(np.asarray(node.value, np.float64))
    wrong = numbers[np.isfinite(numbers) & (np.abs(numbers) > largest)]
    return float(wrong[0]) if len(wrong) else None
