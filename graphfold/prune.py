"""Which instances the outputs need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphfold.circuit import Circuit
from graphfold.edge_arrays import Numbers, edge_arrays
from graphfold.errors import UnfoldingError
from graphfold.unfolding import Unfolding

_MOST_ROUNDS = 50


def ancestors(unfolding: Unfolding) -> tuple[int, ...] | None:
    """The numbers of the nodes an output depends on, in order; None when that is every node.

    UnfoldingError when the model names no outputs.
    """
    circuit = unfolding.circuit
    if not circuit.outputs:
        raise UnfoldingError("nothing to keep: the model names no outputs")
    sources, targets = edge_arrays(unfolding)
    needed = np.zeros(unfolding.whole_count, bool)
    needed[_output_numbers(unfolding, circuit)] = True
    if not _settle(needed, sources, targets):
        _walk_back(needed, sources, targets)
    return None if needed.all() else tuple(np.flatnonzero(needed).tolist())


def _settle(needed: NDArray[np.bool_], sources: Numbers, targets: Numbers) -> bool:
    """Mark what marked nodes read, all at once, a few times over; True when that is all.

    That is enough where an output is read at every step: chains are then as long as a step is
    deep, not as long as time.
    """
    count = -1
    for _ in range(_MOST_ROUNDS):
        if count == (count := int(np.count_nonzero(needed))):
            return True
        needed[sources[needed[targets]]] = True
    return False


def _walk_back(needed: NDArray[np.bool_], sources: Numbers, targets: Numbers) -> None:
    """Mark from the last node to the first: readers come after what they read."""
    order = np.argsort(targets, kind="stable")
    sources, targets = sources[order], targets[order]
    starts = np.searchsorted(targets, np.arange(len(needed) + 1)).tolist()
    for number in range(len(needed) - 1, -1, -1):
        if needed[number]:
            needed[sources[starts[number] : starts[number + 1]]] = True


def _output_numbers(unfolding: Unfolding, circuit: Circuit) -> list[int]:
    numbers = []
    for output in circuit.outputs:
        axis = circuit.axis_of[output.name]
        steps = [None] if axis is None else range(1, unfolding.length(axis) + 1)
        found = [unfolding.whole_number(output.name, step) for step in steps]
        numbers += [number for number in found if number is not None]
    return numbers
