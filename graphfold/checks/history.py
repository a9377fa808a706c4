"""History: every value read before the first step or past the last one must be given."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Boundary, Circuit, Link
from graphfold.errors import Diagnostic
from graphfold.expression import Index

Gap = tuple[str, Index]  # at which step, and what is read there


def check_history(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield one problem for each read whose boundary values are missing."""
    seen: set[tuple[str, Index]] = set()
    covered: dict[tuple[str, bool], int] = {}  # how far the reads looked at so far reach
    bounded = {signal for signal, _ in circuit.boundary}
    yield from _missing_leaves(circuit)
    for link in circuit.links:
        if circuit.tree_of(link.source) is not None:
            continue
        side = (link.source, link.delay > 0)
        gaps = [
            gap
            for gap in _outside(circuit, link, covered.get(side, 0))
            if (link.source, gap[1]) not in seen and (link.source, gap[1]) not in circuit.boundary
        ]
        seen.update((link.source, index) for _, index in gaps)
        if link.reach == "all" or link.target not in bounded:
            covered[side] = max(covered.get(side, 0), abs(link.delay))
        if gaps:
            pin = _mistaken_pin(circuit, link.source, gaps[-1][1])
            yield _missing(circuit, link, gaps) if pin is None else _pinned(circuit, pin, gaps[-1])


def _missing_leaves(circuit: Circuit) -> Iterator[Diagnostic]:
    """Signals over a tree that are read at leaves, and have no value there."""
    told: set[str] = set()
    for link in circuit.links:
        tree, name = circuit.tree_of(link.source), link.source
        fixed = link.index is not None and not link.index.base and link.index.offset <= 0
        at_leaf = fixed or link.reach == "child"
        if tree is None or name in told or not at_leaf or circuit.leaf_history(name) is not None:
            continue
        told.add(name)
        read, leaf = f"{name}[{link.child or link.index}]", f"{name}[{tree.leaves}]"
        where = "" if fixed else " at a leaf"
        message = f"{read}{where} reads {leaf}, which has no value; add `{leaf}: zeros` under init"
        yield Diagnostic("history", "history", message, link.mark, name)


def _outside(circuit: Circuit, link: Link, covered: int) -> Iterator[Gap]:
    """The steps at which a read leaves 1..T by more than `covered`, and what it reads there."""
    axis = circuit.axis_of[link.source]
    if axis is None or (link.index is None and not link.delay):
        return
    length = circuit.length_of[axis]
    if link.index is not None:
        if (link.index.offset >= 1) if link.index.base else (link.index.offset <= 0):
            yield "", link.index
    elif link.delay > 0:
        for step in range(1, link.delay - covered + 1):
            if link.reach == "all" or (link.target, Index("", step)) not in circuit.boundary:
                yield str(step), Index("", step - link.delay)
    else:
        for back in range(-link.delay - covered):
            if link.reach == "all" or (link.target, Index(length, -back)) not in circuit.boundary:
                yield str(Index(length, -back)), Index(length, -back - link.delay)


def _missing(circuit: Circuit, link: Link, gaps: list[Gap]) -> Diagnostic:
    source, axis = link.source, circuit.axis_of[link.source]
    names = [f"{source}[{index}]" for _, index in gaps]
    verb = "has no value" if len(names) == 1 else "have no values"
    message = f"{_list(names)} {verb}"
    if gaps[0][0]:
        read = f"{source}[{Index(str(axis), -link.delay)}]"
        steps = _list([step for step, _ in gaps])
        message = f"{read} at {axis} = {steps} reads {_list(names)}, which {verb}"
    return Diagnostic("history", "history", f"{message}; {_cure(source, gaps)}", link.mark, source)


def _list(words: list[str]) -> str:
    return ", ".join(words) if len(words) < 5 else f"{words[0]}, …, {words[-1]}"


def _cure(source: str, gaps: list[Gap]) -> str:
    """The shortest way to write the missing values: h[0], or the oldest first when several."""
    offsets = [index.offset for _, index in gaps if not index.base]
    if len(gaps) in (2, 3, 4) and offsets == list(range(1 - len(gaps), 1)):
        return f"add `{source}: [{', '.join(['zeros'] * len(gaps))}]` under init"
    indices = sorted((index for _, index in gaps), key=lambda index: index.offset)
    lines = [f"`{source}[{index}]: zeros`" for index in indices]
    if len(lines) > 1 and indices[-1].offset - indices[0].offset == len(lines) - 1:
        return f"add {lines[0]} {'and' if len(lines) == 2 else 'to'} {lines[-1]} under init"
    return f"add {lines[0]} under init"


def _pinned(circuit: Circuit, pin: Boundary, gap: Gap) -> Diagnostic:
    name, axis = f"{pin.signal}[{gap[1]}]", circuit.axis_of[pin.signal]
    message = (
        f"this pins {pin.signal} at {axis} = {pin.index}; "
        f"{name} is still undefined: did you mean {name}?"
    )
    return Diagnostic("history", "pin", message, pin.mark, pin.signal, "warning")


def _mistaken_pin(circuit: Circuit, signal: str, index: Index) -> Boundary | None:
    """A pin one step inside, where the nearest history was probably meant."""
    if index.base:
        near = Index(index.base, 0) if index.offset == 1 else None
    else:
        near = Index("", 1) if index.offset == 0 else None
    return circuit.boundary.get((signal, near)) if near else None
