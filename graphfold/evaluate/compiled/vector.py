"""Evaluate nodes of an expression at all steps at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from graphfold.clocks import free_axes
from graphfold.errors import ValuesError, suggest
from graphfold.evaluate.compiled.flows import Flow, apply, reduce_axis
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.kernels import KERNELS
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Value
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    AttributeValue,
    Const,
    Expression,
    Node,
    Read,
    nodes_beneath,
)
from graphfold.sizes import Shape, Size

Find = Callable[[Scope, dict[int, Flow]], Flow]


class Vector:
    """An expression whose nodes are evaluated on demand, with the axes that each moves along."""

    def __init__(
        self, expression: Expression, scope: Scope, shapes: Sequence[Shape | None]
    ) -> None:
        self.expression, self.shapes = expression, shapes
        self.circuit = scope.unfolding.circuit
        self.free = free_axes(expression, self.circuit)
        self._finds: dict[int, Find] = {}
        self._needed: dict[int, list[int]] = {}

    def value(self, scope: Scope, root: int, known: dict[int, Flow] | None = None) -> Flow:
        """The value of a node; `known` are nodes that need not be computed, and are added to."""
        known = {} if known is None else known
        for number in self._order(root):
            if number not in known:
                known[number] = self._find(scope, number)(scope, known)
        return known[root]

    def _order(self, root: int) -> list[int]:
        if root not in self._needed:
            self._needed[root] = nodes_beneath(root, self.operands)
        return self._needed[root]

    def reads(self, root: int) -> frozenset[str]:
        """The signals that a node is made of."""
        nodes = (self.expression.nodes[number] for number in self._order(root))
        return frozenset(node.signal for node in nodes if isinstance(node, Read))

    def is_batched(self, scope: Scope, root: int) -> bool:
        """Whether the value of a node has a row for each example."""
        return not self.reads(root).isdisjoint(scope.batch)

    def operands(self, number: int) -> tuple[int, ...]:
        """The nodes that a node is made of."""
        node = self.expression.nodes[number]
        return node.operands if isinstance(node, Apply) else ()

    def _find(self, scope: Scope, number: int) -> Find:
        if number not in self._finds:
            self._finds[number] = self.compile(scope, self.expression.nodes[number])
        return self._finds[number]

    def compile(self, scope: Scope, node: Node) -> Find:
        """How a node is computed from its operands."""
        if isinstance(node, Const):
            return _still(Flow(np.asarray(node.value, scope.dtype)))
        if isinstance(node, Read):
            return self.read(node)
        if node.operation in REDUCTIONS:
            return self.reduction(node)
        return self.apply(scope, node)

    def read(self, node: Read) -> Find:
        """How the read of a signal is found."""
        signal, index = node.signal, node.index
        axis = self.circuit.axis_of[signal]
        if index is None or axis is None:
            return lambda scope, _: scope.statics[signal]
        if index.base == axis:
            return lambda scope, _: scope.along(signal, axis, index.offset)
        return lambda scope, _: scope.at(signal, scope.unfolding.resolve(index, axis))

    def reduction(self, node: Apply) -> Find:
        """How a sum, mean or maximum over all steps is computed."""
        axis, (body,) = str(node.attribute("axis")), node.operands

        def find(scope: Scope, known: dict[int, Flow]) -> Flow:
            return reduce_axis(node.operation, known[body], axis, scope.unfolding.length(axis))

        return find

    def apply(self, scope: Scope, node: Apply) -> Find:
        """How an operation is computed from its operands."""
        name = node.operation
        if name == "step":
            axis = str(node.attribute("axis"))
            return lambda scope, _: Flow(
                np.arange(1, scope.unfolding.length(axis) + 1, dtype=scope.dtype), (axis,)
            )
        if name == "length":
            return lambda scope, _: Flow(
                np.asarray(scope.unfolding.length(str(node.attribute("axis"))), scope.dtype)
            )
        if name == "size":
            number = self.attribute(scope, node.attribute("size"))
            return _still(Flow(np.asarray(number, scope.dtype)))
        kernel, attributes = self.kernel(scope, node)
        return partial(_applied, kernel, node.operands, attributes)

    def kernel(self, scope: Scope, node: Apply) -> tuple[Callable[..., Value], dict[str, Any]]:
        """The kernel of an operation, and its attributes as plain numbers."""
        if node.operation == "call":
            return scope.functions[str(node.attribute("function"))], {}
        if node.operation not in KERNELS:
            hint = suggest(node.operation, KERNELS)
            raise ValuesError(f"operation '{node.operation}' has no kernel{hint}")
        attributes = {key: self.attribute(scope, value) for key, value in node.attributes}
        return KERNELS[node.operation], attributes

    def attribute(self, scope: Scope, value: AttributeValue) -> Any:
        """Turn sizes into numbers."""
        if isinstance(value, tuple):
            return tuple(self.attribute(scope, v) for v in value)
        return need(value, scope.sizes) if isinstance(value, Size) else value


def _still(flow: Flow) -> Find:
    return lambda _scope, _known: flow


def _applied(
    kernel: Callable[..., Value],
    operands: tuple[int, ...],
    attributes: dict[str, Any],
    _scope: Scope,
    known: dict[int, Flow],
) -> Flow:
    return apply(kernel, [known[o] for o in operands], attributes)
