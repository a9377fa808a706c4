"""Give the values that derivatives need signals of their own, so that they are computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from graphfold.circuit import Boundary, Circuit, Equation, sort_boundaries
from graphfold.differentiate.names import Names
from graphfold.differentiate.sweep import live_nodes
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    Expression,
    ExpressionBuilder,
    Index,
    Node,
    Read,
    constant,
)

_LINEAR = ("add", "sub", "neg", "transpose", "reshape", "slice", "concat", "stack", "matmul")
_CHEAP = (*_LINEAR, "mul", "sum", "mean", "step", "length", "size")


def split(circuit: Circuit, live: frozenset[str]) -> Circuit:
    r"""Return the circuit with each non-linear value within a recurrent equation as a signal.

    What goes into such a function is one, too, where it is a sum or a product: its gradient is what
    all its terms get. Values do not change.

    >>> from graphfold import loads
    >>> c = loads("graphfold: 1\nparams: {w: []}\ninit: {'h[0]': 0}\nequations: |\n"
    ...           "  h[t] = tanh(w * h[t-1]) * w")
    >>> [e.signal for e in split(c, frozenset({"h", "w"})).equations]
    ['h_1', 'h_2', 'h']
    """
    names = Names(circuit.axis_of)
    equations: list[Equation] = []
    pins: list[Boundary] = []
    for equation in circuit.equations:
        if equation.axis is None or equation.signal not in live:
            equations.append(equation)
            continue
        made = _Splitting(equation, live_nodes(equation.expression, live), names).run()
        equations += made
        for inner in made[:-1]:
            pins += _pins(circuit, equation.signal, inner.signal)
    boundaries = sort_boundaries([*circuit.boundaries, *pins])
    return replace(circuit, equations=tuple(equations), boundaries=boundaries)


def _pins(circuit: Circuit, signal: str, inner: str) -> Iterator[Boundary]:
    """Where a signal is pinned, its parts need not be, nor what they would read."""
    for boundary in circuit.boundaries_of.get(signal, ()):
        index = boundary.index
        if index.offset <= 0 if index.base else index.offset >= 1:
            yield Boundary(inner, index, constant(0))


@dataclass
class _Splitting:
    equation: Equation
    live: Sequence[bool]
    names: Names
    made: list[Equation] = field(default_factory=list)

    def run(self) -> list[Equation]:
        """The new equations, that of the signal last."""
        expression = self.equation.expression
        cut = self._cut(expression)
        builders: dict[int, Node] = {}
        for number in sorted(cut):
            name = self.names.new(self.equation.signal, str(len(self.made) + 1))
            own = _beneath(expression, number, builders)
            self.made.append(Equation(name, self.equation.axis, own))
            builders[number] = Read(name, Index(str(self.equation.axis)))
        own = _beneath(expression, expression.root, builders)
        return [*self.made, replace(self.equation, expression=own)]

    def _cut(self, expression: Expression) -> set[int]:
        """The nodes that become signals; none beneath a reduction over time."""
        found: set[int] = set()
        inside = _inside_reductions(expression)
        for number, node in enumerate(expression.nodes):
            if not isinstance(node, Apply) or not self.live[number] or inside[number]:
                continue
            if node.operation in _CHEAP or node.operation in REDUCTIONS:
                continue
            if number != expression.root:
                found.add(number)
            for operand in node.operands:
                below = expression.nodes[operand]
                if isinstance(below, Apply) and below.operation in _CHEAP and self.live[operand]:
                    found.add(operand)
        return found


def _inside_reductions(expression: Expression) -> list[bool]:
    inside = [False] * len(expression.nodes)
    for number in range(expression.root, -1, -1):
        node = expression.nodes[number]
        if isinstance(node, Apply):
            beneath = inside[number] or node.operation in REDUCTIONS
            for operand in node.operands:
                inside[operand] = inside[operand] or beneath
    return inside


def _beneath(expression: Expression, root: int, instead: dict[int, Node]) -> Expression:
    """The expression of a node, with reads in the place of nodes that are signals now."""
    builder = ExpressionBuilder()
    numbers: dict[int, int] = {}
    pending = [(root, False)]
    while pending:
        number, ready = pending.pop()
        if number in numbers:
            continue
        node = expression.nodes[number]
        if number != root and number in instead:
            numbers[number] = builder.add(instead[number])
        elif not isinstance(node, Apply):
            numbers[number] = builder.add(node)
        elif ready:
            operands = tuple(numbers[o] for o in node.operands)
            numbers[number] = builder.add(replace(node, operands=operands))
        else:
            pending.append((number, True))
            pending += [(o, False) for o in reversed(node.operands)]
    return builder.finish(numbers[root])
