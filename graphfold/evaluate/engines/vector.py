"""Evaluate nodes of an expression at all steps at once, on the arrays of a namespace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from graphfold.errors import ValuesError
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.vector import Find, Vector
from graphfold.evaluate.engines.flows import apply
from graphfold.evaluate.engines.scope import ArrayScope
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.table import OPERATIONS
from graphfold.expression import REDUCTIONS, Apply, Const, Expression, Node, Read
from graphfold.sizes import Shape


class ArrayVector(Vector):
    """A `Vector` whose flows are arrays of a namespace; it keeps no array from run to run."""

    def __init__(
        self, expression: Expression, scope: Scope, shapes: Sequence[Shape | None], space: Space
    ) -> None:
        super().__init__(expression, scope, shapes)
        self.space = space

    def compile(self, scope: Scope, node: Node) -> Find:
        """How a node is computed from its operands."""
        space = self.space
        if isinstance(node, Const):
            value = node.value
            return lambda _scope, _known: Flow(space.constant(value))
        if isinstance(node, Read):
            return self._from_end(node) or super().compile(scope, node)
        if node.operation in REDUCTIONS:
            axis, (body,) = str(node.attribute("axis")), node.operands
            return lambda scope, known: on_arrays(scope).reduce(node.operation, known[body], axis)
        if node.operation in ("step", "length", "size"):
            return self._number(scope, node)
        kernel, attributes = self.kernel(scope, node)
        return lambda _scope, known: apply(
            space, kernel, [known[o] for o in node.operands], attributes
        )

    def _from_end(self, node: Read) -> Find | None:
        """The read of a step counted from the last one, or None."""
        signal, index, axis = node.signal, node.index, self.circuit.axis_of[node.signal]
        if axis is None or index is None or index.base != self.circuit.length_of[axis]:
            return None
        return lambda scope, _: on_arrays(scope).at_end(signal, index)

    def _number(self, scope: Scope, node: Apply) -> Find:
        space = self.space
        if node.operation == "size":
            size = self.attribute(scope, node.attribute("size"))
            return lambda _scope, _known: Flow(space.constant(size))
        axis = str(node.attribute("axis"))
        if node.operation == "length":
            return lambda scope, _: on_arrays(scope).count(axis)
        return lambda scope, _: Flow(space.steps(scope.unfolding.length(axis)), (axis,))

    def kernel(self, scope: Scope, node: Apply) -> tuple[Callable[..., Any], dict[str, Any]]:
        """The operation on arrays of the namespace, and its attributes as plain numbers."""
        if node.operation == "call":
            return scope.functions[str(node.attribute("function"))], {}
        if node.operation not in OPERATIONS:
            cure = "register it with namespace=, or leave out engine="
            raise ValuesError(f"operation '{node.operation}' is known to NumPy only; {cure}")
        attributes = {key: self.attribute(scope, value) for key, value in node.attributes}
        return partial(OPERATIONS[node.operation], self.space), attributes


def on_arrays(scope: Scope) -> ArrayScope:
    """The scope that an `ArrayVector` is evaluated in."""
    assert isinstance(scope, ArrayScope)
    return scope
