"""Expressions at all nodes of a tree at once."""

from __future__ import annotations

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.levels.scope import TreeScope
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.vector import Find, Vector
from graphfold.expression import Apply, Read


class TreeVector(Vector):
    """Reads of children, and the numbers of nodes."""

    def read(self, node: Read) -> Find:
        """How the read of a signal is found."""
        signal, index = node.signal, node.index
        if index is None or index.base not in self.circuit.tree_of_child:
            return super().read(node)
        child = index.base
        return lambda scope, _: tree_scope(scope).child(signal, child)

    def apply(self, scope: Scope, node: Apply) -> Find:
        """How an operation is computed from its operands; nodes keep their own numbers."""
        axis = str(dict(node.attributes).get("axis"))
        if node.operation != "step" or axis not in self.circuit.trees:
            return super().apply(scope, node)
        return lambda s, _: Flow(tree_scope(s).levels[axis].steps.astype(s.dtype), (axis,))


def tree_scope(scope: Scope) -> TreeScope:
    """The scope as one over trees."""
    assert isinstance(scope, TreeScope)
    return scope
