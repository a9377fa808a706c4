"""Rewrite expressions node by node, their shapes kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphfold.circuit import Boundary, Circuit, Equation, Signal
from graphfold.expression import Apply, Expression, Index, Node, Read, nodes_beneath
from graphfold.shapes import Shapes
from graphfold.sizes import Shape

Known = Sequence[Shape | None]
Change = Callable[[int, Node], Node]


@dataclass(frozen=True)
class Rewritten:
    """An equation and the shapes of its nodes."""

    equation: Equation
    shapes: Known


def rewritten(
    equation: Equation, shapes: Known, change: Change, root: int | None = None
) -> Rewritten:
    """Change the nodes of an equation, or of its part beneath `root`; what is not needed goes."""
    old = equation.expression
    nodes = [change(number, node) for number, node in enumerate(old.nodes)]
    top = old.root if root is None else root
    kept = nodes_beneath(top, lambda number: getattr(nodes[number], "operands", ()))
    place = {number: new for new, number in enumerate(kept)}
    moved = tuple(_moved(nodes[number], place) for number in kept)
    marks = tuple(old.mark(number) for number in kept)
    return Rewritten(
        replace(equation, expression=Expression(moved, marks)), [shapes[n] for n in kept]
    )


def _moved(node: Node, place: dict[int, int]) -> Node:
    if not isinstance(node, Apply):
        return node
    return replace(node, operands=tuple(place[o] for o in node.operands))


def reading(signal: str, axis: str | None, read: Read, shape: Shape) -> Rewritten:
    """The equation `signal = read`."""
    return Rewritten(Equation(signal, axis, Expression((read,))), [shape])


@dataclass(frozen=True)
class Part:
    """A circuit cut out of another, and its shapes."""

    circuit: Circuit
    shapes: Shapes

    def with_sizes(self, sizes: Mapping[str, int]) -> Part:
        """The part with the sizes of dimensions that are known from elsewhere."""
        dims = (replace(d, default=sizes.get(d.name, d.default)) for d in self.circuit.dims)
        circuit = replace(self.circuit, dims=tuple(dims))
        circuit.notes["sound"] = True
        return replace(self, circuit=circuit)


def assembled(
    whole: Circuit,
    shapes: dict[str, Shape],
    equations: Iterable[Rewritten],
    boundaries: Iterable[Boundary],
    declared: Iterable[Signal],
) -> Part:
    """Put a part together; names such as "h@0" are no names of a model, so it is not checked."""
    made, given = tuple(equations), tuple(declared)
    circuit = replace(
        whole,
        modes=(),
        inputs=tuple(s for s in given if s.kind == "input"),
        params=tuple(s for s in given if s.kind == "param"),
        functions=tuple(f for f in whole.functions if f.body is None),
        boundaries=tuple(boundaries),
        equations=tuple(one.equation for one in made),
        outputs=(),
        groups=(),
    )
    circuit.notes["sound"] = True
    known = {name: shapes[name] for name in circuit.axis_of}
    nodes = {one.equation.signal: tuple(one.shapes) for one in made}
    return Part(circuit, Shapes(known, nodes, ()))


def now(signal: str, axis: str) -> Read:
    """The read of a signal at its own step."""
    return Read(signal, Index(axis))
