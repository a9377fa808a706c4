"""Numbers for sub-expressions, the same for equal ones of all equations of a circuit."""

from __future__ import annotations

from graphfold.expression import Apply, Expression


class Spelling:
    """Gives each node a number that equal sub-expressions share."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def of(self, expression: Expression, shift: int = 0) -> list[int]:
        """The numbers of an expression's nodes, if it is computed with that shift in time."""
        found: list[int] = []
        for node in expression.nodes:
            key: object = (repr(node), shift)
            if isinstance(node, Apply):
                key = (node.operation, node.attributes, tuple(found[o] for o in node.operands))
            found.append(self._known.setdefault(key, len(self._known)))
        return found
