"""Recurrences as boxes: each component with a delay, and the signals that only serve inside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graphfold.circuit import Circuit, Equation
from graphfold.recurrence import find_components

_SHORT = r"\w[\w -]{0,14}\w"  # a name that fits into a box


@dataclass(frozen=True)
class Recurrence:
    """A recurrence of a circuit and its signals, in order of declaration.

    `state` is the signal with a delay that is read outside, if any is.
    """

    name: str
    state: str
    axis: str
    signals: tuple[str, ...]


def recurrences(circuit: Circuit) -> tuple[Recurrence, ...]:
    """Return the recurrences that can be drawn as boxes.

    The only one has the circuit's name, if that is short; others have the names of their states.
    Recurrences over a tree, over several axes, or through cells, which are boxes themselves, are
    left out.

    >>> import graphfold as gf
    >>> gru = gf.load(gf.example_path("gru"))
    >>> [(box.name, box.signals) for box in recurrences(gru)]
    [('gru of the book', ('u', 'r', 'h'))]
    """
    return circuit.remember("recurrences", lambda: _recurrences(circuit))


def _recurrences(circuit: Circuit) -> tuple[Recurrence, ...]:
    if circuit.trees:
        return ()
    readers = _readers(circuit)
    inside = {e.signal for e in circuit.equations if _in_cell(circuit, e.signal)}
    parts = []
    for component in find_components(circuit)[0]:
        axes = {circuit.axis_of.get(signal) for signal in component.signals}  # or of a boundary
        if component.direction is not None and len(axes) == 1 and not inside & {*component.signals}:
            parts.append(component.signals)
    states = [_state(circuit, part, readers) for part in parts]
    return tuple(
        Recurrence(name, state, str(circuit.axis_of[state]), _served(circuit, part, readers))
        for name, state, part in zip(_names(circuit, states), states, parts, strict=True)
    )


def _readers(circuit: Circuit) -> Mapping[str, Collection[str]]:
    """The signals whose equations or boundaries read each signal; "" reads results."""
    found: dict[str, set[str]] = {output.name: {""} for output in circuit.outputs}
    for link in circuit.links:
        found.setdefault(link.source, set()).add(link.target)
    for boundary in circuit.boundaries:
        for _, read in boundary.value.reads() if boundary.value is not None else ():
            found.setdefault(read.signal, set()).add(boundary.signal)
    return found


def _in_cell(circuit: Circuit, signal: str) -> bool:
    return any(signal.startswith(f"{group.name}.") for group in circuit.groups)


def _state(circuit: Circuit, part: Sequence[str], readers: Mapping[str, Collection[str]]) -> str:
    delayed = {delay.signal for delay in circuit.delays}
    states = [signal for signal in part if signal in delayed]
    return next((s for s in states if not {*part}.issuperset(readers[s])), states[0])


def _names(circuit: Circuit, states: Sequence[str]) -> list[str]:
    """Names that no other signal and no use has; a state's name is free within its box."""
    taken = {*circuit.signals, *(group.name for group in circuit.groups)}
    short = re.fullmatch(_SHORT, circuit.name) and circuit.name not in taken
    if len(states) == 1 and short:
        return [circuit.name]
    return list(states)


def _served(
    circuit: Circuit, part: Sequence[str], readers: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """The component, and all that is computed over its axis and read inside only."""
    axis, members = circuit.axis_of[part[0]], {*part}
    equations = [e for e in circuit.equations if e.axis == axis and not _in_cell(circuit, e.signal)]
    while more := {e.signal for e in equations if _serves(e, members, readers)}:
        members |= more
    return tuple(signal for signal in circuit.signals if signal in members)


def _serves(
    equation: Equation, members: Collection[str], readers: Mapping[str, Collection[str]]
) -> bool:
    reading = readers.get(equation.signal, ())
    own = equation.signal in members
    return not own and bool(reading) and all(reader in members for reader in reading)
