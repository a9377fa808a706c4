"""Expressions at all steps at once, where rows differ in length."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.rows.masked import apply_where, reduce_valid, valid_of
from graphfold.evaluate.compiled.rows.scope import RowScope
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.vector import Find, Vector
from graphfold.evaluate.kernels import STRUCTURAL, UNFAILING
from graphfold.evaluate.sizing import known as known_size
from graphfold.evaluate.value import Array
from graphfold.expression import REDUCTIONS, Apply, Expression, Node, Read, nodes_beneath
from graphfold.sizes import Shape


def may_fail(node: Apply) -> bool:
    """Whether an operation must never see padding."""
    return node.operation == "call" or node.operation not in (UNFAILING | STRUCTURAL)


class RowVector(Vector):
    """Reads from the end, T, reductions over time, and what may fail on padding.

    It is the equation of `signal`, or, where that is "", a boundary that holds in all rows.
    """

    def __init__(
        self, signal: str, expression: Expression, scope: Scope, shapes: Sequence[Shape | None]
    ) -> None:
        super().__init__(expression, scope, shapes)
        assert isinstance(scope, RowScope)
        self.signal, self.counted = signal, frozenset(scope.counts)

    def is_batched(self, scope: Scope, root: int) -> bool:
        """Whether the value of a node has a row for each example."""
        return super().is_batched(scope, root) or any(
            differs(self.circuit, self.counted, self.expression.nodes[number])
            for number in self._order(root)
        )

    def read(self, node: Read) -> Find:
        """How the read of a signal is found; one from the end finds each row's own end."""
        axis, index, signal = self.circuit.axis_of[node.signal], node.index, node.signal
        if axis not in self.counted or index is None or index.base != self.circuit.length_of[axis]:
            return super().read(node)
        offset = index.offset
        return lambda scope, _: _rows(scope).at_end(signal, offset)

    def reduction(self, node: Apply) -> Find:
        """How a sum, mean or maximum over all the steps that each row has is computed."""
        axis, (body,) = str(node.attribute("axis")), node.operands
        if axis not in self.counted:
            return super().reduction(node)

        def find(scope: Scope, known: dict[int, Flow]) -> Flow:
            rows, flow = _rows(scope), known[body]
            if node.operation != "sum_over":
                others = [a for a in flow.axes if a != axis]
                self.forbid_empty(rows, node.operation, axis, others)
            return reduce_valid(node.operation, flow, axis, rows.tables[axis])

        return find

    def forbid_empty(
        self, scope: RowScope, operation: str, axis: str, others: Sequence[str]
    ) -> None:
        """ValueError when a row needs the mean or maximum of no steps."""
        counts = scope.counts[axis]
        asking = scope.ever(self.signal) & (counts == 0)
        for other in others:
            asking = asking & (scope.counts.get(other, counts + 1) > 0)
        if asking.any():
            row = scope.name(axis, int(np.flatnonzero(asking)[0]))
            name = operation.removesuffix("_over")
            raise ValueError(f"the {name} over no steps has no value: {row}")

    def apply(self, scope: Scope, node: Apply) -> Find:
        """How an operation is computed; T is each row's own, and padding is kept from some."""
        if node.operation == "length" and str(node.attribute("axis")) in self.counted:
            axis = str(node.attribute("axis"))
            return lambda s, _: Flow(_rows(s).counts[axis].astype(s.dtype), (), True)
        if not may_fail(node):
            return super().apply(scope, node)
        plain = super().apply(scope, node)
        return partial(self._guarded, plain, self.expression.nodes.index(node), scope)

    def _guarded(
        self, plain: Find, number: int, first: Scope, scope: Scope, known: dict[int, Flow]
    ) -> Flow:
        node = self.expression.nodes[number]
        assert isinstance(node, Apply)
        flows = [known[o] for o in node.operands]
        axes = tuple(dict.fromkeys(axis for flow in flows for axis in flow.axes))
        mask = self._mask(_rows(scope), number, axes)
        if mask is None:
            return plain(scope, known)
        kernel, attributes = self.kernel(scope, node)
        found = apply_where(kernel, flows, attributes, mask)
        return self._nothing(_rows(scope), number, axes) if found is None else found

    def _mask(self, scope: RowScope, number: int, axes: tuple[str, ...]) -> Array | None:
        own = self.circuit.axis_of.get(self.signal)
        tables = dict(scope.tables)
        if own in tables and number not in self._reduced:
            tables[own] = scope.unpinned(self.signal)
        return valid_of(axes, tables, scope.ever(self.signal))

    def _nothing(self, scope: RowScope, number: int, axes: tuple[str, ...]) -> Flow:
        shape = [known_size(size, scope.sizes) or 0 for size in self.shapes[number] or ()]
        front = [scope.unfolding.length(axis) for axis in axes]
        return Flow(np.zeros((*front, scope.batch_size, *shape), scope.dtype), axes, True)

    @cached_property
    def _reduced(self) -> frozenset[int]:
        """The nodes beneath a reduction over the equation's own axis."""
        own, found = self.circuit.axis_of.get(self.signal), set[int]()
        for node in self.expression.nodes:
            reduces = isinstance(node, Apply) and node.operation in REDUCTIONS
            if isinstance(node, Apply) and reduces and node.attribute("axis") == own:
                found.update(nodes_beneath(node.operands[0], self.operands))
        return frozenset(found)


def differs(circuit: Circuit, counted: frozenset[str], node: Node) -> bool:
    """Whether a node has a value for each row even where its operands do not."""
    if isinstance(node, Read):
        axis = circuit.axis_of[node.signal]
        if axis not in counted or node.index is None:
            return False
        return node.index.base == circuit.length_of[axis]
    if isinstance(node, Apply) and node.operation in ("length", *REDUCTIONS):
        return node.attribute("axis") in counted
    return False


def _rows(scope: Scope) -> RowScope:
    assert isinstance(scope, RowScope)
    return scope
