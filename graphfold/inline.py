"""Put the bodies of defined functions in the place of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphfold.circuit import Circuit
from graphfold.errors import TooLargeError
from graphfold.expression import Apply, Expression, ExpressionBuilder, Read

_MOST_NODES = 200_000


def inline_functions(circuit: Circuit) -> Circuit:
    """Return the circuit without calls of defined functions; calls of opaque ones stay.

    A function calls only those declared before it, so each body is inlined once, in that order.
    TooLargeError when functions within functions would give hundreds of thousands of operations.
    """
    if not any(f.body is not None for f in circuit.functions):
        return circuit
    inliner = _Inliner(circuit)
    equations = (replace(e, expression=inliner.inline(e.expression)) for e in circuit.equations)
    boundaries = (
        b if b.value is None else replace(b, value=inliner.inline(b.value))
        for b in circuit.boundaries
    )
    return replace(circuit, equations=tuple(equations), boundaries=tuple(boundaries))


class _Inliner:
    def __init__(self, circuit: Circuit) -> None:
        self.function = circuit.function
        self.bodies: dict[str, Expression] = {}
        for function in circuit.functions:
            if function.body is not None:
                self.bodies[function.name] = self.inline(function.body)

    def inline(self, expression: Expression) -> Expression:
        builder = ExpressionBuilder()
        return builder.finish(self.add(builder, expression, {}))

    def add(
        self, builder: ExpressionBuilder, expression: Expression, formals: Mapping[str, int]
    ) -> int:
        """Add the nodes of an expression; reads of `formals` are the arguments' nodes."""
        numbers: list[int] = []
        for place, node in enumerate(expression.nodes):
            if isinstance(node, Read) and node.index is None and node.signal in formals:
                numbers.append(formals[node.signal])
            elif isinstance(node, Apply):
                applied = replace(node, operands=tuple(numbers[o] for o in node.operands))
                called = self.call(builder, applied)
                added = builder.add(applied, expression.mark(place)) if called is None else called
                numbers.append(added)
            else:
                numbers.append(builder.add(node, expression.mark(place)))
            if numbers[-1] > _MOST_NODES:
                message = f"functions within functions give over {_MOST_NODES:,} operations"
                raise TooLargeError(message)
        return numbers[expression.root]

    def call(self, builder: ExpressionBuilder, node: Apply) -> int | None:
        """Add the body of a defined function; None when the node calls none."""
        if node.operation != "call":
            return None
        function = self.function[str(node.attribute("function"))]
        if function.name not in self.bodies:
            return None
        names = (*function.arguments, *function.parameters)
        formals = dict(zip(names, node.operands, strict=True))
        return self.add(builder, self.bodies[function.name], formals)
