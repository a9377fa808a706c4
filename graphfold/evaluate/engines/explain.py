"""A lowered circuit in words: what is computed at once, and what step by step."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Circuit
from graphfold.recurrence import BOUNDARY, find_components


def explained(circuit: Circuit, scans: bool) -> Iterator[str]:
    """Tell of every component, in the order in which they are computed."""
    for component in find_components(circuit)[0]:
        first = component.signals[0]
        if first.startswith(BOUNDARY) or first in circuit.declared:
            continue
        if circuit.axis_of[first] is None:
            yield f"{first}: once"
        elif component.direction is None:
            yield f"{first}: all steps at once"
        else:
            way = "forward" if component.direction == "causal" else "backward"
            how = "in one loop that is compiled" if scans else "step by step"
            yield f"{', '.join(component.signals)}: {how}, {way}"
