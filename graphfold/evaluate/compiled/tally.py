"""What the equations of a compiled circuit cost: once, for each step at once, and in loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphfold.evaluate.compiled.costs import MOVES, Core, Cost, flops
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.step import Outside, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.sizing import need
from graphfold.evaluate.spelled import node_text
from graphfold.expression import REDUCTIONS, Apply, Read, nodes_beneath

Axes = frozenset[str]


@dataclass(frozen=True)
class Nodes:
    """The operations of one equation that no loop computes."""

    vector: Vector
    scope: Scope
    batched: frozenset[int]

    @classmethod
    def of(cls, vector: Vector, scope: Scope) -> Nodes:
        """Those of an equation, and which of them have a value for each example."""
        found: set[int] = set()
        for number, node in enumerate(vector.expression.nodes):
            if isinstance(node, Read):
                found |= {number} if node.signal in scope.batch else set()
            elif isinstance(node, Apply) and not found.isdisjoint(node.operands):
                found.add(number)
        return cls(vector, scope, frozenset(found))

    def costs(self, numbers: Iterable[int]) -> dict[Axes, Cost]:
        """What the nodes cost, by the clocks at each of whose steps they do."""
        found: dict[Axes, Cost] = {}
        for number in numbers:
            node = self.vector.expression.nodes[number]
            if isinstance(node, Apply):
                axes = self.axes(number)
                found[axes] = found.get(axes, Cost()) + self._cost(number, node)
        return found

    def axes(self, number: int) -> Axes:
        """The clocks at each of whose steps a node costs something."""
        node, free = self.vector.expression.nodes[number], frozenset(self.vector.free[number])
        if isinstance(node, Apply) and node.operation in REDUCTIONS:
            return free | {str(node.attribute("axis"))}
        return free

    def _cost(self, number: int, node: Apply) -> Cost:
        if node.operation in MOVES and node.operation != "call":
            return Cost()
        cores = [self._core(operand) for operand in node.operands]
        own = flops(node.operation, cores, self._core(number))
        free = self.axes(number)
        read = [o for o in dict.fromkeys(node.operands) if self.vector.free[o] == free]
        moved = sum(self._count(operand) for operand in read)
        if self.vector.free[number] == free:
            moved += self._count(number)
        batch = next(iter(self.scope.batch.values()), 1)
        return Cost(own * (batch if number in self.batched else 1), moved)

    def _core(self, number: int) -> Core:
        sizes = self.vector.shapes[number] or ()
        return tuple(need(size, self.scope.sizes) for size in sizes)

    def _count(self, number: int) -> int:
        batch = next(iter(self.scope.batch.values()), 1) if number in self.batched else 1
        for size in self._core(number):
            batch *= size
        return batch

    def text(self, number: int) -> str:
        """A node as the model would write it."""
        return node_text(self.vector.expression, number, self.vector.circuit)


def hoisted(step: Step, vectors: dict[str, Nodes]) -> Iterator[tuple[str, dict[Axes, Cost]]]:
    """What a loop needs and does not compute: each as text, with its costs; nothing twice."""
    seen: set[Outside] = set()
    for outside in step.outside:
        nodes = vectors[outside.signal]
        beneath = nodes_beneath(outside.node, nodes.vector.operands)
        new = [n for n in beneath if Outside(outside.signal, n) not in seen]
        seen.update(Outside(outside.signal, n) for n in new)
        yield nodes.text(outside.node), nodes.costs(new)
