"""Which uses of cells are drawn closed, each as one box, and which open, framed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from graphfold.cells.rewrite import rename_reads
from graphfold.circuit import Circuit, Equation, Group
from graphfold.errors import DrawingError, shorten, suggest
from graphfold.expression import Read, constant
from graphfold.render.contract import Tie, merged, ties
from graphfold.render.recurrences import Recurrence, recurrences

ALL = "all"


@dataclass(frozen=True)
class Boxes:
    """Everything is asked for as a box, uses and recurrences, but those that are `opened`."""

    opened: str | Sequence[str] = ()


Opened = str | Sequence[str] | Boxes  # the names of uses, or ALL


@dataclass(frozen=True)
class Uses:
    """The closed uses and the framed ones, outer ones first.

    `of` tells the closed use that stands for a signal; `hidden` are static signals within closed
    uses that nobody outside reads.
    """

    closed: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    framed: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    of: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hidden: tuple[str, ...] = ()

    def shown(self, signal: str) -> str:
        """The name of what is drawn for a signal."""
        return self.of.get(signal, signal)

    def holder(self, name: str, groups: Mapping[str, Group]) -> str | None:
        """The innermost of some uses that a signal, or a use, is a part of."""
        return next((path for path in _paths(name) if path in groups), None)

    def label(self, name: str) -> str:
        """The name of a use as it is written in the frame around it."""
        frame = self.holder(name, self.framed)
        return name if frame is None else name[len(frame) + 1 :]


def choose(circuit: Circuit, asked: Opened) -> Uses:
    """Return which uses are open: those that are asked for, and all that they are parts of.

    A use over several axes is open, without a frame; so are all in a circuit over a tree. Among
    boxes, recurrences that are not asked for are closed as well. DrawingError for an unknown use.
    """
    boxes = recurrences(circuit) if isinstance(asked, Boxes) else ()
    asked = asked.opened if isinstance(asked, Boxes) else asked
    opened = _opened(circuit, asked, [box.name for box in boxes])
    axes = _axes(circuit)
    closed: dict[str, Group] = {}
    framed: dict[str, Group] = {}
    for group in circuit.groups if not circuit.trees else ():
        moving = axes.get(group.name, {}).keys() - {None}
        if group.name not in axes or any(path in closed for path in _paths(group.name)):
            continue
        if group.name not in opened and len(moving) < 2:
            closed[group.name] = group
        elif len(moving) == 1:
            framed[group.name] = group
    uses = _sorted_out(circuit, closed, framed, axes)
    return _with_boxes(uses, [box for box in boxes if box.name not in opened])


def _with_boxes(uses: Uses, boxes: Sequence[Recurrence]) -> Uses:
    """The uses, and recurrences as closed ones."""
    made = {box.name: Group((box.name,), box.name, box.name, box.axis) for box in boxes}
    of = {signal: box.name for box in boxes for signal in box.signals}
    return replace(uses, closed={**uses.closed, **made}, of={**uses.of, **of})


def _opened(circuit: Circuit, asked: str | Sequence[str], boxes: Sequence[str]) -> set[str]:
    legal = [*(group.name for group in circuit.groups), *boxes]
    names = [asked] if isinstance(asked, str) else list(asked)
    if ALL in names and ALL not in legal:
        return set(legal)
    for name in names:
        if name not in legal:
            there = f"there are {', '.join(legal[:6])}" if legal else "the circuit uses no cells"
            hint = suggest(name, legal) or f"; {there}"
            raise DrawingError(f"unknown use '{shorten(name)}'{hint}")
    return {path for name in names for path in (name, *_paths(name))}


def _axes(circuit: Circuit) -> dict[str, dict[str | None, None]]:
    """The axes of the signals within each use; uses that have no signals are absent."""
    names = {group.name for group in circuit.groups}
    found: dict[str, dict[str | None, None]] = {}
    for equation in circuit.equations if names else ():
        for path in _paths(equation.signal):
            if path in names:
                found.setdefault(path, {})[equation.axis] = None
    return found


def _sorted_out(
    circuit: Circuit,
    closed: dict[str, Group],
    framed: dict[str, Group],
    axes: Mapping[str, Mapping[str | None, None]],
) -> Uses:
    """A static result of a moving use stands beside it; what else is static within it is hidden."""
    kept = {output.name for output in circuit.outputs}
    for equation in circuit.equations if closed else ():
        own = _outermost(equation.signal, closed)
        reads = (read.signal for _, read in equation.expression.reads())
        kept.update(name for name in reads if _outermost(name, closed) != own)
    of: dict[str, str] = {}
    hidden: list[str] = []
    for equation in circuit.equations if closed else ():
        use = _outermost(equation.signal, closed)
        if use is None:
            continue
        if equation.axis is not None or set(axes[use]) == {None}:
            of[equation.signal] = use
        elif equation.signal not in kept:
            hidden.append(equation.signal)
    return Uses(closed, framed, of, tuple(hidden))


def _outermost(name: str, closed: Mapping[str, Group]) -> str | None:
    return next((path for path in _paths(name) if path in closed), None)


def _paths(name: str) -> Iterator[str]:
    """The uses that a name is a part of, inner ones first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def ties_outside(circuit: Circuit, uses: Uses) -> tuple[Tie, ...]:
    """The ties of a circuit; those within closed uses, and into them, tell no parameters of these.

    What a closed use reads of all its own steps, or of one, is not told either.
    """
    return tuple(_without_products(tie, uses) for tie in ties(circuit) if not _fixed(tie, uses))


def _fixed(tie: Tie, uses: Uses) -> bool:
    use = uses.of.get(tie.target)
    return use is not None and uses.of.get(tie.source) == use and tie.reach in ("fixed", "all")


def _without_products(tie: Tie, uses: Uses) -> Tie:
    use = uses.of.get(tie.target) or _outermost(tie.target, uses.closed)
    if use is None or tie.target[len(use) + 1 :] in uses.closed[use].inputs:
        return tie  # into an input of the cell: this is written outside of it
    return replace(tie, products=((),))


def renamed(found: Iterable[Tie], names: Mapping[str, str]) -> tuple[Tie, ...]:
    """The ties between other names; those that stay within one name need a delay."""
    moved = []
    for tie in found:
        source, target = (names.get(name, name) for name in (tie.source, tie.target))
        if source != target or tie.delay or tie.source == tie.target:
            moved.append(replace(tie, source=source, target=target))
    return merged(moved)


def stand_in(circuit: Circuit, names: Mapping[str, str]) -> Circuit:
    """The circuit with other names for some signals, which have no equations worth reading."""
    if not names:
        return circuit
    equations: dict[str, Equation] = {}
    for equation in circuit.equations:
        name = names.get(equation.signal)
        if name is None:
            equations[equation.signal] = equation
        else:
            equations.setdefault(name, Equation(name, equation.axis, constant(0)))
    rows = _once((names.get(n, n) for n in row) for row in circuit.style.rows)
    boundaries = (
        replace(
            boundary,
            signal=names.get(boundary.signal, boundary.signal),
            value=boundary.value
            and rename_reads(
                boundary.value, lambda read: Read(names.get(read.signal, read.signal), read.index)
            ),
        )
        for boundary in circuit.boundaries
    )
    return replace(
        circuit,
        equations=tuple(equations.values()),
        boundaries=tuple(boundaries),
        style=replace(circuit.style, rows=rows),
    )


def _once(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The rows, each name in the first that has it."""
    seen: set[str] = set()
    found = []
    for row in rows:
        new = tuple(name for name in dict.fromkeys(row) if name not in seen)
        seen.update(new)
        found.append(new)
    return tuple(row for row in found if row)
