"""The circuit as it is drawn: a repeat with weights of its own is a box, not a cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphfold.check import check
from graphfold.circuit import Axis, Cell, Circuit, Equation, Output, Signal, Use
from graphfold.expression import Apply, Expression, ExpressionBuilder, Index, Node, Read
from graphfold.shapes import infer_shapes
from graphfold.sizes import Size

if TYPE_CHECKING:
    from graphfold.fold.result import Repetition


def picture(circuit: Circuit, repetitions: Iterable[Repetition]) -> Circuit:
    """Return the circuit with each plain repeat as a box that tells its number.

    Plain is a repeat whose states go one step back, and of which only the last step is read. What
    is not stays as it is.
    """
    for one in repetitions:
        if one.form == "repeat" and _is_plain(circuit, one):
            boxed = _boxed(circuit, _Repeat(circuit, one))
            if not any(p.severity == "error" for p in check(boxed)):
                circuit = boxed
    return circuit


def _is_plain(circuit: Circuit, one: Repetition) -> bool:
    axis = next(a for a in circuit.axes if a.name == one.axis)
    within, last = set(one.signals), Index(axis.length)
    sequences = {n for n, a in circuit.axis_of.items() if a == one.axis}
    if sequences != within | set(one.own):
        return False
    for equation in circuit.equations:
        for node in equation.expression.nodes:
            if isinstance(node, Apply) and ("axis", one.axis) in node.attributes:
                return False
            if not isinstance(node, Read) or node.signal not in sequences:
                continue
            inside = equation.signal in within and node.index in (Index(one.axis), _before(one))
            after = equation.signal not in within and node.index == last
            if not (inside or after) or (node.signal in one.own and node.index == _before(one)):
                return False
    return all(b.index == Index("") for b in circuit.boundaries if b.signal in within)


def _before(one: Repetition) -> Index:
    return Index(one.axis, -1)


@dataclass(frozen=True)
class _Repeat:
    """A repeat of a circuit, and the names that its box and the cell in it have."""

    circuit: Circuit
    one: Repetition

    @property
    def name(self) -> str:
        """The name of the box."""
        return _free(self.circuit, "block")

    @property
    def last(self) -> Index:
        """The index of the last step."""
        return Index(self.circuit.length_of[self.one.axis])

    def equations(self) -> list[Equation]:
        """The equations that are repeated."""
        return [e for e in self.circuit.equations if e.signal in self.one.signals]

    def late(self) -> list[str]:
        """The states: what is read one step late."""
        reads = (r for e in self.equations() for _, r in e.expression.reads())
        found = {r.signal for r in reads if r.index == _before(self.one)}
        return [s for s in self.one.signals if s in found]

    def around(self) -> list[str]:
        """What the repeat reads besides its own: the same at every step."""
        reads = (r for e in self.equations() for _, r in e.expression.reads())
        return list(dict.fromkeys(r.signal for r in reads if r.index is None))


def _free(circuit: Circuit, wanted: str) -> str:
    name, number = wanted, 1
    taken = {*circuit.signals, *circuit.function, *(c.name for c in circuit.cells)}
    taken |= {u.name for u in circuit.uses} | {d.name for d in circuit.dims}
    while name in taken:
        number += 1
        name = f"{wanted}{number}"
    return name


def _boxed(circuit: Circuit, repeat: _Repeat) -> Circuit:
    one, name = repeat.one, repeat.name
    axes = tuple(a for a in circuit.axes if a.name != one.axis) or (Axis("t", "T"),)
    given = [s for s in repeat.late() if _start(circuit, s) is None]
    shapes = infer_shapes(circuit)
    starts = tuple(Signal(f"{s}_0", "input", None, shapes[s]) for s in given)
    style = replace(circuit.style, labels=((name, rf"\times {one.steps}"),))
    equations = [e for e in circuit.equations if e.signal not in one.signals]
    return replace(
        circuit,
        axes=axes,
        inputs=(*(s for s in circuit.inputs if s.name not in one.own), *starts),
        boundaries=tuple(b for b in circuit.boundaries if b.signal not in one.signals),
        equations=tuple(_outside(e, repeat) for e in equations),
        outputs=tuple(o for o in circuit.outputs if o.name not in one.signals),
        cells=(*circuit.cells, Cell(_free(circuit, "step"), _cell(repeat))),
        uses=(*circuit.uses, _use(repeat)),
        style=style,
    )


def _start(circuit: Circuit, signal: str) -> Expression | None:
    found = circuit.boundary.get((signal, Index("")))
    return None if found is None else found.value


def _use(repeat: _Repeat) -> Use:
    circuit = repeat.circuit
    params = {p.name for p in circuit.params}
    wires = [(s, Expression((Read(s),))) for s in repeat.around() if s not in params]
    for state in repeat.late():
        start = _start(circuit, state) or Expression((Read(f"{state}_0"),))
        wires.append((f"{state}_before", start))
    tied = tuple((s, Expression((Read(s),))) for s in repeat.around() if s in params)
    sizes = tuple((d.name, Size.of(d.name)) for d in circuit.dims)
    return Use(
        repeat.name, _free(circuit, "step"), tuple(wires), tied, sizes, after=len(circuit.equations)
    )


def _cell(repeat: _Repeat) -> Circuit:
    circuit, shapes = repeat.circuit, infer_shapes(repeat.circuit)
    params = {p.name: p for p in circuit.params}
    wires = [s for s in repeat.around() if s not in params]
    inputs = [Signal(s, "input", None, shapes[s]) for s in wires]
    inputs += [Signal(f"{s}_before", "input", None, shapes[s]) for s in repeat.late()]
    own = [Signal(s, "param", None, shapes[s]) for s in repeat.one.own]
    own += [params[s] for s in repeat.around() if s in params]
    return Circuit(
        "step",
        dims=circuit.dims,
        inputs=tuple(inputs),
        params=tuple(own),
        functions=circuit.functions,
        equations=tuple(_inside(e, repeat) for e in repeat.equations()),
        outputs=tuple(Output(s) for s in repeat.late()),
    )


def _inside(equation: Equation, repeat: _Repeat) -> Equation:
    def read(node: Read) -> Read:
        late = node.index == _before(repeat.one)
        return Read(f"{node.signal}_before" if late else node.signal)

    return Equation(equation.signal, None, _replaced(equation.expression, read))


def _outside(equation: Equation, repeat: _Repeat) -> Equation:
    def read(node: Read) -> Read:
        return Read(f"{repeat.name}.{node.signal}") if node.signal in repeat.one.signals else node

    return replace(equation, expression=_replaced(equation.expression, read))


def _replaced(expression: Expression, read: Callable[[Read], Read]) -> Expression:
    """The expression with other reads in the place of its own."""
    builder = ExpressionBuilder()
    numbers: list[int] = []
    for node in expression.nodes:
        new: Node = node
        if isinstance(node, Read):
            new = read(node)
        elif isinstance(node, Apply):
            new = replace(node, operands=tuple(numbers[o] for o in node.operands))
        numbers.append(builder.add(new))
    return builder.finish(numbers[-1])
