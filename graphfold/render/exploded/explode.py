"""`explode`: a circuit to one whose every operation is an equation of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from graphfold.circuit import Boundary, Circuit, Equation, sort_boundaries
from graphfold.expression import (
    Apply,
    Expression,
    ExpressionBuilder,
    Index,
    Node,
    Read,
    constant,
)
from graphfold.render.exploded.labels import Label, Labels, subtracted
from graphfold.render.exploded.pieces import Pieces, take_apart

MARK = "ˑ"  # a letter, so that hˑ2 can name the second operation of h, and hardly anything else


@dataclass(frozen=True)
class Exploded:
    """The circuit of operations; an operation that makes the value of a signal has its name.

    `labels` are those of the operations, and `signals` those whose equations they stand in.
    """

    circuit: Circuit
    labels: Mapping[str, Label] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)

    def is_inner(self, name: str) -> bool:
        """Whether a node is an operation that makes no signal's value."""
        return self.signals.get(name, name) != name


def explode(circuit: Circuit) -> Exploded:
    r"""Return the circuit with an equation for each operation; its signals have the same values.

    Defined functions are put in the place of their calls.

    >>> from graphfold import loads
    >>> text = "graphfold: 1\nparams: {W: [n, n]}\ndims: [n]\ninit: {h: [zeros]}\nequations: |\n"
    >>> exploded = explode(loads(text + "  h[t] = tanh(W @ h[t-1])"))
    >>> [e.signal for e in exploded.circuit.equations]
    ['hˑ1', 'h']
    """
    from graphfold.inline import inline_functions  # which loads NumPy

    plain = inline_functions(circuit)
    labels, mark = Labels(plain), _mark(plain)
    equations: list[Equation] = []
    pins: list[Boundary] = []
    found: dict[str, Label] = {}
    signals: dict[str, str] = {}
    for equation in plain.equations:
        for made, label, summed in _operations(equation, labels, mark):
            equations.append(made)
            pins += [] if summed else _pins(plain, made, equation.signal)
            found[made.signal] = label
            signals[made.signal] = equation.signal
    inputs = {s.name for s in circuit.inputs}
    hide = tuple(name for name in circuit.style.hide if name in inputs)
    style = replace(circuit.style, rows=(), hide=hide, groups=())
    boundaries = sort_boundaries([*plain.boundaries, *pins])
    whole = replace(plain, equations=tuple(equations), style=style, boundaries=boundaries)
    return Exploded(whole, found, signals)


def _pins(circuit: Circuit, equation: Equation, signal: str) -> Iterator[Boundary]:
    """Where a signal is pinned its operations are not needed, nor what they would read."""
    inner = equation.signal != signal and equation.axis == circuit.axis_of[signal]
    for boundary in circuit.boundaries_of.get(signal, ()) if inner else ():
        index = boundary.index
        if index.offset <= 0 if index.base else index.offset >= 1:
            yield Boundary(equation.signal, index, constant(0))


def _mark(circuit: Circuit) -> str:
    mark = MARK
    while any(mark in name for name in circuit.signals):
        mark += MARK
    return mark


def _operations(
    equation: Equation, labels: Labels, mark: str
) -> Iterator[tuple[Equation, Label, bool]]:
    pieces = take_apart(labels.circuit, equation.expression)
    inner = [n for n in pieces.sites if n != equation.expression.root]
    names = {n: f"{equation.signal}{mark}{i}" for i, n in enumerate(inner, start=1)}
    axes = {n: _axis(pieces, n, equation.axis) for n in inner}
    reads = {
        n: Read(name, None if axes[n] is None else Index(str(axes[n]))) for n, name in names.items()
    }
    for number in pieces.sites:
        root = number == equation.expression.root
        name, axis = (equation.signal, equation.axis) if root else (names[number], axes[number])
        expression = _beneath(pieces, number, reads)
        place = equation.mark if root else None
        label = labels.of(pieces, number)
        minus = subtracted(expression) if label.latex == "+" else frozenset()
        made = Equation(name, axis, expression, place)
        yield made, replace(label, minus=minus), number in pieces.summed


def _axis(pieces: Pieces, number: int, axis: str | None) -> str | None:
    """The clock of an operation; a letter beside an operation without one has none either."""
    if pieces.still[number]:
        return None if number in pieces.beside_static else axis
    free = pieces.free[number]
    return next(iter(free)) if free else None


def _beneath(pieces: Pieces, root: int, reads: Mapping[int, Read]) -> Expression:
    """A node with what is made of it, down to other operations, which are read."""
    builder, numbers = ExpressionBuilder(), dict[int, int]()
    pending = [(root, False)]
    while pending:
        number, ready = pending.pop()
        if number in numbers:
            continue
        node: Node = pieces.expression.nodes[number]
        if number != root and number in reads:
            numbers[number] = builder.add(reads[number])
        elif ready or not isinstance(node, Apply):
            if isinstance(node, Apply):
                node = replace(node, operands=tuple(numbers[o] for o in node.operands))
            numbers[number] = builder.add(node, pieces.expression.mark(number))
        else:
            pending.append((number, True))
            pending += [(operand, False) for operand in node.operands]
    return builder.finish(numbers[root])
