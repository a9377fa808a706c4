"""Which instances the outputs need."""

from __future__ import annotations

from graphfold.circuit import Circuit
from graphfold.edge_arrays import edge_arrays
from graphfold.errors import UnfoldingError
from graphfold.unfolding import Unfolding


def ancestors(unfolding: Unfolding) -> tuple[int, ...] | None:
    """The numbers of the nodes an output depends on, in order; None when that is every node.

    UnfoldingError when the model names no outputs.
    """
    import numpy as np

    circuit = unfolding.circuit
    if not circuit.outputs:
        raise UnfoldingError("nothing to keep: the model names no outputs")
    sources, targets = edge_arrays(unfolding)
    order = np.argsort(targets, kind="stable")
    sources, targets = sources[order], targets[order]
    starts = np.searchsorted(targets, np.arange(unfolding.whole_count + 1))
    needed = np.zeros(unfolding.whole_count, bool)
    needed[_output_numbers(unfolding, circuit)] = True
    for number in range(unfolding.whole_count - 1, -1, -1):  # readers come after what they read
        if needed[number]:
            needed[sources[starts[number] : starts[number + 1]]] = True
    return None if needed.all() else tuple(np.flatnonzero(needed).tolist())


def _output_numbers(unfolding: Unfolding, circuit: Circuit) -> list[int]:
    numbers = []
    for output in circuit.outputs:
        axis = circuit.axis_of[output.name]
        steps = [None] if axis is None else range(1, unfolding.length(axis) + 1)
        found = [unfolding.whole_number(output.name, step) for step in steps]
        numbers += [number for number in found if number is not None]
    return numbers
