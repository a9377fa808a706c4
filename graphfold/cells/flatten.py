"""Flatten a circuit that uses cells into one plain circuit whose names tell what is from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from graphfold.cells.aliases import Alias, find_aliases, read_through
from graphfold.cells.functions import carry_functions
from graphfold.cells.levels import levels, statements
from graphfold.cells.problems import use_problems
from graphfold.cells.rewrite import Rewriter, rename_reads
from graphfold.cells.seams import Seam
from graphfold.cells.style import join_styles
from graphfold.circuit import (
    Boundary,
    Circuit,
    Equation,
    Freezable,
    Function,
    Group,
    Signal,
    Use,
    freeze,
    sort_boundaries,
)
from graphfold.errors import ModelError
from graphfold.expression import Read

_KEPT = "_flat"


def flatten(circuit: Freezable) -> Circuit:
    r"""Return the plain circuit that a circuit with cells amounts to; itself when it has none.

    Signals of a use have dotted names, `lower.h`, in the outer time; `groups` tells which use they
    came of. ModelError lists what is wrong with the uses.

    >>> from graphfold import Circuit
    >>> leak, c = Circuit("leak"), Circuit("leaks")
    >>> t = leak.axis("t")
    >>> u, s = leak.input("u", over=t), leak.signal("s", over=t, init=0)
    >>> s[t] = 0.9 * s[t - 1] + u[t]
    >>> first = c.cell("first", leak, u=c.input("x", over=t)[t])
    >>> second = c.cell("second", leak, u=first.s[t])
    >>> flatten(c).signals
    ('x', 'first.s', 'second.s')
    """
    frozen = freeze(circuit)
    if _KEPT in vars(frozen):
        return vars(frozen)[_KEPT]  # type: ignore[no-any-return]
    for level in levels(frozen):
        if _KEPT not in vars(level):
            vars(level)[_KEPT] = _flat(level)  # beside the cached properties, and like them
    flat: Circuit = vars(frozen)[_KEPT]
    return flat


def _flat(circuit: Circuit) -> Circuit:
    if not circuit.uses:
        return replace(circuit, cells=()) if circuit.cells else circuit
    problems = [p.placed(circuit.source) for p in use_problems(circuit, flat_cells(circuit))]
    if problems:
        raise ModelError(problems)
    return _Joiner(circuit, flat_cells(circuit)).circuit()


def flat_cells(circuit: Circuit) -> dict[str, Circuit]:
    """The cells of a circuit by name, flat."""
    return {cell.name: flatten(cell.circuit) for cell in circuit.cells}


@dataclass
class _Parts:
    """What the uses add to the outer circuit."""

    params: list[Signal] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    boundaries: list[Boundary] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    names: dict[str, dict[str, str]] = field(default_factory=dict)  # of functions, by use


class _Joiner:
    """Joins the flat cells of one level into it."""

    def __init__(self, outer: Circuit, cells: Mapping[str, Circuit]) -> None:
        self.outer = outer
        self.seams = {use.name: Seam(outer, use, cells[use.cell]) for use in outer.uses}
        self.aliases: Mapping[str, Alias] = find_aliases(outer, self.seams.values())
        self.parts = _Parts()

    def circuit(self) -> Circuit:
        outer, parts = self.outer, self.parts
        for statement in statements(outer):
            if isinstance(statement, Use):
                self._add(self.seams[statement.name])
            else:
                expression = rename_reads(statement.expression, self._through)
                parts.equations.append(replace(statement, expression=expression))
        own = {(b.signal, b.index) for b in outer.boundaries}
        inner = (b for b in parts.boundaries if (b.signal, b.index) not in own)
        return replace(
            outer,
            params=(*outer.params, *parts.params),
            functions=(*outer.functions, *parts.functions.values()),
            boundaries=sort_boundaries([*map(self._boundary, outer.boundaries), *inner]),
            equations=tuple(parts.equations),
            style=join_styles(outer, self.seams.values(), self.aliases, parts.names),
            cells=(),
            uses=(),
            groups=tuple(parts.groups),
        )

    def _through(self, read: Read) -> Read:
        return read_through(read, self.aliases)

    def _boundary(self, boundary: Boundary) -> Boundary:
        if boundary.value is None:
            return boundary
        return replace(boundary, value=rename_reads(boundary.value, self._through))

    def _add(self, seam: Seam) -> None:
        use, cell, parts = seam.use, seam.cell, self.parts
        axis = seam.axis(next(iter(cell.length_of), None))
        path = (use.name,)
        inputs = tuple(signal.name for signal in cell.inputs)
        group = Group(path, use.cell, cell.name, axis, use.reverse, inputs, cell.style)
        parts.groups.append(group)
        for group in cell.groups:
            reverse = group.reverse != use.reverse
            inner = replace(group, path=path + group.path, axis=seam.axis(group.axis))
            parts.groups.append(replace(inner, reverse=reverse))
        parts.names[use.name] = carry_functions(seam, parts.functions)
        rewriter = Rewriter(seam, parts.names[use.name], self._through)
        parts.equations += self._joints(seam)
        for param in cell.params:
            if param.name not in dict(use.parameters) and use.like is None:
                parts.params.append(_carried(seam, param))
        for equation in cell.equations:
            parts.equations.append(
                Equation(
                    seam.name(equation.signal),
                    seam.axis(equation.axis),
                    rewriter.expression(equation.expression),
                    seam.mark(equation.mark),
                )
            )
        parts.boundaries += (_history(seam, b, rewriter) for b in cell.boundaries)

    def _joints(self, seam: Seam) -> Iterator[Equation]:
        """Equations for the wires and parameters that are not put through."""
        given = dict((*seam.use.wires, *seam.use.parameters))
        for signal in (*seam.cell.inputs, *seam.cell.params):
            name = seam.name(signal.name)
            if signal.name in given and name not in self.aliases:
                expression = rename_reads(given[signal.name], self._through)
                mark = seam.use.mark_of(signal.name)
                yield Equation(name, seam.axis(signal.axis), expression, mark)


def _carried(seam: Seam, param: Signal) -> Signal:
    return replace(
        param,
        name=seam.name(param.name),
        shape=seam.shape(param.shape),
        mark=seam.mark(param.mark),
        size_marks=tuple(m for mark in param.size_marks if (m := seam.mark(mark))),
    )


def _history(seam: Seam, boundary: Boundary, rewriter: Rewriter) -> Boundary:
    value = None if boundary.value is None else rewriter.expression(boundary.value)
    index = seam.index(boundary.signal, boundary.index)
    return Boundary(seam.name(boundary.signal), index, value, seam.mark(boundary.mark))
