"""How many steps the inputs of a circuit tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit, Signal
from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.slots import Slot


def told_steps(circuit: Circuit, values: Mapping[str, Any], batch_first: bool) -> dict[str, int]:
    """The number of steps of each axis; an error says why nothing tells it."""
    found: dict[str, int] = {}
    problems: list[str] = []
    for signal in circuit.inputs:
        if signal.axis is None or signal.name not in values:
            continue
        try:
            shape = _shape(values[signal.name])
        except ValueError as error:
            problems.append(f"{signal.name}: {error}; expected an array {_layout(circuit, signal)}")
            continue
        surplus = len(shape) - len(signal.shape)  # axes of time and batch
        if surplus in (1, 2):
            found.setdefault(signal.axis, shape[int(surplus == 2 and batch_first)])
        else:
            layout = _layout(circuit, signal, batch_first)
            problems.append(f"{signal.name}: expected {layout}, found {shape}")
    missing = [axis.name for axis in circuit.axes if axis.name not in found]
    if not missing or circuit.trees:
        return found
    if problems:
        raise ValuesError("\n".join(problems))
    raise UnfoldingError(f"no input tells how many steps {missing[0]} has: give steps=")


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if type(value) is np.ndarray else as_numbers(value).shape


def _layout(circuit: Circuit, signal: Signal, batch_first: bool = False) -> str:
    symbol = circuit.length_of[str(signal.axis)]
    slot = Slot(signal.name, "input", signal.shape, 0, symbol)
    return f"{slot.layout(batched=False)} or {slot.layout(batched=True, batch_first=batch_first)}"
