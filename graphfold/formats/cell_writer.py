"""Write the uses of cells as they stand among the equations."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Circuit, Equation, Use
from graphfold.language.printer import write_expression


def use_text(use: Use, circuit: Circuit) -> str:
    """Write `name = cell(x=…, n=…, W=…, over=t, reverse=true; like)`."""
    tail = f"; {use.like}" if use.like is not None else ""
    return f"{use.name} = {use.cell}({', '.join(_arguments(use, circuit))}{tail})"


def _arguments(use: Use, circuit: Circuit) -> Iterator[str]:
    for name, wire in use.wires:
        yield f"{name}={write_expression(wire, circuit)}"
    for name, size in use.sizes:
        yield f"{name}={size}"
    for name, value in use.parameters:
        yield f"{name}={write_expression(value, circuit)}"
    if use.axis is not None:
        yield f"over={use.axis}"
    if use.reverse:
        yield "reverse=true"


def statement_text(statement: Equation | Use, circuit: Circuit) -> str:
    """Write an equation or a use."""
    if isinstance(statement, Use):
        return use_text(statement, circuit)
    axis = f"[{statement.axis}]" if statement.axis else ""
    return f"{statement.signal}{axis} = {write_expression(statement.expression, circuit)}"
