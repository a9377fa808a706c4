"""How a trace spells operations, sizes and constants of the language."""

from __future__ import annotations

from typing import Any

from graphfold.expression import REDUCTIONS, Apply, AttributeValue
from graphfold.sizes import Shape, Size
from graphfold.traces.trace import ShapeLike


def sizes_of(shape: Shape) -> ShapeLike:
    """A shape as numbers, and texts for symbols."""
    return tuple(str(s) if s.constant is None else s.constant for s in shape)


def operation_of(node: Apply) -> tuple[str, dict[str, Any]]:
    """The operation and attributes that a trace shows; a call is an operation of its own."""
    if node.operation == "call":
        return str(node.attribute("function")), {}
    if node.operation in REDUCTIONS:
        return node.operation, {}
    return node.operation, {name: _plain(value) for name, value in node.attributes}


def _plain(value: AttributeValue) -> Any:
    if isinstance(value, Size):
        return str(value) if value.constant is None else value.constant
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def floats(value: Any) -> Any:
    """A constant with lists for tuples, its numbers as floats."""
    return [floats(v) for v in value] if isinstance(value, list | tuple) else float(value)


def lists(value: Any) -> Any:
    """A constant with lists for tuples."""
    return [lists(v) for v in value] if isinstance(value, tuple) else value
