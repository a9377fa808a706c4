"""Put the bodies of defined functions in the place of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphfold.circuit import Apply, Circuit, Expression, ExpressionBuilder, Read
from graphfold.errors import TooLargeError

_MOST_NODES = 1_000_000


def inline_functions(circuit: Circuit) -> Circuit:
    """Return the circuit without calls of defined functions; calls of opaque ones stay.

    In a well-formed circuit a function calls only those declared before it. TooLargeError when
    functions within functions would grow beyond a million nodes.
    """
    if not any(f.body is not None for f in circuit.functions):
        return circuit
    return replace(
        circuit,
        equations=tuple(
            replace(e, expression=_inline(e.expression, circuit)) for e in circuit.equations
        ),
        boundaries=tuple(
            b if b.value is None else replace(b, value=_inline(b.value, circuit))
            for b in circuit.boundaries
        ),
    )


def _inline(expression: Expression, circuit: Circuit) -> Expression:
    builder = ExpressionBuilder()
    return builder.finish(_add(builder, expression, circuit, {}))


def _add(
    builder: ExpressionBuilder,
    expression: Expression,
    circuit: Circuit,
    formals: Mapping[str, int],
) -> int:
    """Add the nodes of an expression; reads of `formals` become the nodes of the arguments."""
    numbers: list[int] = []
    for place, node in enumerate(expression.nodes):
        if isinstance(node, Read) and node.index is None and node.signal in formals:
            numbers.append(formals[node.signal])
        elif isinstance(node, Apply):
            operands = tuple(numbers[o] for o in node.operands)
            applied = replace(node, operands=operands)
            called = _call(builder, applied, circuit)
            added = builder.add(applied, expression.mark(place)) if called is None else called
            numbers.append(added)
        else:
            numbers.append(builder.add(node, expression.mark(place)))
        if numbers[-1] > _MOST_NODES:
            raise TooLargeError(f"functions within functions give over {_MOST_NODES:,} operations")
    return numbers[expression.root]


def _call(builder: ExpressionBuilder, node: Apply, circuit: Circuit) -> int | None:
    if node.operation != "call":
        return None
    function = circuit.function[str(node.attribute("function"))]
    if function.body is None:
        return None
    names = (*function.arguments, *function.parameters)
    formals = dict(zip(names, node.operands, strict=True))
    return _add(builder, function.body, circuit, formals)
