"""History: every value read before the first step or past the last one must be given."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Boundary, Circuit, Index, Link
from graphfold.errors import Diagnostic


def check_history(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield one problem for each (signal, delay) whose boundary values are missing."""
    seen: set[tuple[str, Index]] = set()
    for link in circuit.links:
        for step, index in _outside(circuit, link):
            if (link.source, index) in seen or (link.source, index) in circuit.boundary:
                continue
            seen.add((link.source, index))
            yield _missing(circuit, link, step, index)


def _outside(circuit: Circuit, link: Link) -> Iterator[tuple[str, Index]]:
    """The steps at which a read leaves 1..T, and what it reads there."""
    axis = circuit.axis_of[link.source]
    if axis is None or (link.index is None and not link.delay):
        return
    length = circuit.length_of[axis]
    if link.index is not None:
        if (link.index.offset >= 1) if link.index.base else (link.index.offset <= 0):
            yield "", link.index
    elif link.delay > 0:
        for step in range(1, link.delay + 1):
            if link.reach == "all" or (link.target, Index("", step)) not in circuit.boundary:
                yield str(step), Index("", step - link.delay)
    else:
        for back in range(-link.delay):
            if link.reach == "all" or (link.target, Index(length, -back)) not in circuit.boundary:
                yield str(Index(length, -back)), Index(length, -back - link.delay)


def _missing(circuit: Circuit, link: Link, step: str, index: Index) -> Diagnostic:
    source, axis = link.source, circuit.axis_of[link.source]
    pin = _mistaken_pin(circuit, source, index)
    if pin is not None:
        message = (
            f"this pins {source} at {axis} = {pin.index}; "
            f"{source}[{index}] is still undefined: did you mean {source}[{index}]?"
        )
        return Diagnostic("history", "pin", message, pin.mark, source, "warning")
    cure = f"add `{source}[{index}]: zeros` under init"
    if step:
        read = Index(str(axis), -link.delay)
        message = f"{source}[{read}] at {axis} = {step} reads {source}[{index}], which has no value"
    else:
        message = f"{source}[{index}] has no value"
    return Diagnostic("history", "history", f"{message}; {cure}", link.mark, source)


def _mistaken_pin(circuit: Circuit, signal: str, index: Index) -> Boundary | None:
    """A pin one step inside, where a history was probably meant."""
    if index.base or index.offset != 0:
        neighbour = Index(index.base, 0) if index.base and index.offset == 1 else None
    else:
        neighbour = Index("", 1)
    return circuit.boundary.get((signal, neighbour)) if neighbour else None
