"""Walk a hierarchy: its definitions, without recursion, and the statements of one level."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Circuit, Equation, Use


def levels(circuit: Circuit) -> list[Circuit]:
    """Every circuit in the hierarchy once, cells before those that use them, the whole last."""
    found: dict[int, Circuit] = {}
    pending = [(circuit, False)]
    while pending:
        current, ready = pending.pop()
        if id(current) in found:
            continue
        if ready:
            found[id(current)] = current
        else:
            pending.append((current, True))
            pending += [(cell.circuit, False) for cell in reversed(current.cells)]
    return list(found.values())


def statements(circuit: Circuit) -> Iterator[Equation | Use]:
    """Uses and equations in the order they were written."""
    uses = sorted(circuit.uses, key=lambda use: use.after)
    place = 0
    for number, equation in enumerate(circuit.equations):
        while place < len(uses) and uses[place].after <= number:
            yield uses[place]
            place += 1
        yield equation
    yield from uses[place:]
