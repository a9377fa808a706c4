"""Which names of a use are but other names of signals outside: wires and shared parameters.

A wire that is a plain read is put through: the cell reads the signal itself, without a node
between. So is a parameter that is shared. Everything else becomes an equation of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphfold.cells.seams import Seam
from graphfold.circuit import Circuit, Signal
from graphfold.expression import Expression, Index, Read


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a signal, read `offset` steps later."""

    target: str
    offset: int = 0


def find_aliases(outer: Circuit, seams: Iterable[Seam]) -> dict[str, Alias]:
    """Every name that is put through, with the signal that stands behind it in the end."""
    found: dict[str, Alias] = {}
    axes = known_axes(outer, seams)
    named = _named_outside(outer)
    for seam in seams:
        found.update(_wires(seam, axes, named))
        found.update(_parameters(seam, axes))
    return _followed(found)


def known_axes(outer: Circuit, seams: Iterable[Seam]) -> Mapping[str, str | None]:
    """The axis of every signal, those of uses by their names outside."""
    axes = dict(outer.axis_of)
    for seam in seams:
        axes.update((seam.name(s), seam.axis(a)) for s, a in seam.cell.axis_of.items())
    return axes


def read_through(read: Read, aliases: Mapping[str, Alias]) -> Read:
    """The read of the signal that stands behind a name."""
    alias = aliases.get(read.signal)
    if alias is None:
        return read
    if read.index is None or not alias.offset:
        return Read(alias.target, read.index)
    return Read(alias.target, Index(read.index.base, read.index.offset + alias.offset))


def _named_outside(outer: Circuit) -> tuple[frozenset[str], frozenset[str]]:
    """The names that need a node of their own, and those that are read anywhere."""
    kept = {b.signal for b in outer.boundaries} | {o.name for o in outer.outputs}
    values = [e.expression for e in outer.equations]
    values += [b.value for b in outer.boundaries if b.value is not None]
    values += [wire for use in outer.uses for _, wire in (*use.wires, *use.parameters)]
    return frozenset(kept), frozenset(read.signal for v in values for _, read in v.reads())


def _wires(
    seam: Seam, axes: Mapping[str, str | None], named: tuple[frozenset[str], frozenset[str]]
) -> Iterator[tuple[str, Alias]]:
    bounded = {b.signal for b in seam.cell.boundaries}
    kept, read = named
    shifted = _read_beside(seam.cell)
    for signal in seam.cell.inputs:
        name = seam.name(signal.name)
        alias = _plain(seam, signal, dict(seam.use.wires)[signal.name], axes)
        if alias is None or signal.name in bounded or name in kept:
            continue
        if not alias.offset or (signal.name not in shifted and name not in read):
            yield name, alias


def _read_beside(cell: Circuit) -> frozenset[str]:
    """The signals of a cell that are read at any other step than the present one."""
    values = [e.expression for e in cell.equations]
    values += [b.value for b in cell.boundaries if b.value is not None]
    reads = (read for value in values for _, read in value.reads())
    axis_of = cell.axis_of
    return frozenset(
        r.signal for r in reads if r.index and r.index != Index(str(axis_of.get(r.signal)))
    )


def _plain(
    seam: Seam, signal: Signal, wire: Expression, axes: Mapping[str, str | None]
) -> Alias | None:
    """What a wire reads, if that is one signal at one step of the right axis."""
    node = wire.nodes[0]
    if len(wire.nodes) > 1 or not isinstance(node, Read):
        return None
    axis = seam.axis(signal.axis)
    if node.signal not in axes or axes[node.signal] != axis:
        return None
    if axis is None:
        return Alias(node.signal) if node.index is None else None
    if node.index is None or node.index.base != axis:
        return None
    return Alias(node.signal, node.index.offset)


def _parameters(seam: Seam, axes: Mapping[str, str | None]) -> Iterator[tuple[str, Alias]]:
    bound = dict(seam.use.parameters)
    for param in seam.cell.params:
        alias: Alias | None = None
        if param.name in bound:
            alias = _plain(seam, param, bound[param.name], axes)
        elif seam.use.like is not None:
            alias = Alias(f"{seam.use.like}.{param.name}")
        if alias is not None:
            yield seam.name(param.name), alias


def _followed(found: Mapping[str, Alias]) -> dict[str, Alias]:
    """Follow each name to a signal that is no alias; names that only lead to each other stay."""
    ends: dict[str, Alias] = {}
    for name in found:
        path, current = dict[str, None](), name
        while current in found and current not in ends and current not in path:
            path[current] = None
            current = found[current].target
        if current in path:  # a ring: each keeps its node, and the check of cycles names them
            ring = list(path)[list(path).index(current) :]
            ends.update((member, Alias(member)) for member in ring)
        for member in reversed(path):
            if member not in ends:
                step = found[member]
                end = ends.get(step.target, Alias(step.target))
                ends[member] = Alias(end.target, end.offset + step.offset)
    return {name: alias for name, alias in ends.items() if alias.target != name}
