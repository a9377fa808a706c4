"""Which clocks stand side by side, in the order data flows, and what stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from graphfold.circuit import Circuit
from graphfold.render.contract import Tie

Pair = tuple[str, str]


@dataclass(frozen=True)
class Order:
    """The axes from left to right; `between` says which static signals stand left of which."""

    axes: tuple[str, ...]
    between: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def side_by_side(circuit: Circuit, ties: Sequence[Tie], shown: Sequence[str]) -> Order:
    """Return the order of the axes that have signals to show.

    A static signal stands between two axes when it comes from the one and is read by the other,
    or when it is nothing but a history of the second.
    """
    used = {circuit.axis_of.get(name) for name in shown}
    axes = [axis.name for axis in circuit.axes if axis.name in used]
    if len(axes) < 2:
        return Order(tuple(axes))
    pairs = [(t.source, t.target) for t in ties] + list(givers(circuit, shown))
    comes, goes = _reached(circuit, pairs, shown), _reached(circuit, _turned(pairs), shown)
    flows = {(a, b) for name in comes for a in comes[name] for b in goes[name] if a != b}
    ordered = _sorted(axes, flows)
    read = {t.source for t in ties}
    between = {}
    for name in comes:
        first = max((ordered.index(a) for a in comes[name]), default=-1)
        last = min((ordered.index(a) for a in goes[name]), default=-1)
        if first < last and (first >= 0 or name not in read):
            between[name] = last
    return Order(tuple(ordered), MappingProxyType(between))


def givers(circuit: Circuit, shown: Iterable[str]) -> Iterator[Pair]:
    """Static signals that boundaries are made of, each with the boundary's signal."""
    names = set(shown)
    for boundary in circuit.boundaries:
        if boundary.value is not None and boundary.signal in names:
            for _, read in boundary.value.reads():
                if read.signal in names and read.index is None:
                    yield read.signal, boundary.signal


def _turned(pairs: Iterable[Pair]) -> list[Pair]:
    return [(b, a) for a, b in pairs]


def _reached(
    circuit: Circuit, pairs: Sequence[Pair], shown: Sequence[str]
) -> dict[str, dict[str, None]]:
    """The axes that lead to each static signal, through static ones only."""
    static = [name for name in shown if circuit.axis_of.get(name) is None]
    found: dict[str, dict[str, None]] = {name: {} for name in static}
    readers: dict[str, list[str]] = {name: [] for name in static}
    for source, target in pairs:
        if target in found and source in found:
            readers[source].append(target)
        elif target in found:
            found[target][str(circuit.axis_of[source])] = None
    pending = [name for name in static if found[name]]
    while pending:
        name = pending.pop()
        for reader in readers[name]:
            if not found[name].keys() <= found[reader].keys():
                found[reader].update(found[name])
                pending.append(reader)
    return found


def _sorted(axes: Sequence[str], flows: set[Pair]) -> list[str]:
    """The axes in an order in which data flows, as declared where nothing tells."""
    left, found = list(axes), list[str]()
    while left:
        free = (a for a in left if not any((b, a) in flows for b in left))
        found.append(next(free, left[0]))
        left.remove(found[-1])
    return found
