"""Which signals depend on which."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.circuit import Circuit

Pairs = list[tuple[str, str]]


def reads_of(circuit: Circuit) -> Pairs:
    """Every (signal that is read, signal that reads it), histories and pins included."""
    pairs = [(link.source, link.target) for link in circuit.links]
    for boundary in circuit.boundaries:
        if boundary.value is not None:
            pairs += [(read.signal, boundary.signal) for _, read in boundary.value.reads()]
    return pairs


def reached(starts: Iterable[str], pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The starts and all that can be reached from them."""
    following: dict[str, set[str]] = {}
    for source, target in pairs:
        following.setdefault(source, set()).add(target)
    found = set(starts)
    waiting = list(found)
    while waiting:
        new = following.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
