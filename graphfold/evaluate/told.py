"""How many steps the inputs of a circuit tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit, Signal
from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.slots import Slot
from graphfold.expression import Apply


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
            found.setdefault(signal.axis, shape[int(surplus == 2 and bool(batch_first))])
        else:
            layout = _layout(circuit, signal, batch_first)
            problems.append(f"{signal.name}: expected {layout}, found {shape}")
    missing = [axis.name for axis in circuit.axes if axis.name not in found]
    if missing and not problems:
        used = _used(circuit)
        found |= {axis: 0 for axis in missing if axis not in used}
        missing = [axis for axis in missing if axis in used]
    if not missing or circuit.trees:
        return found
    if problems:
        raise ValuesError("\n".join(problems))
    raise UnfoldingError(f"no input tells how many steps {missing[0]} has: give steps=")


def _used(circuit: Circuit) -> set[str]:
    """The axes that anything moves along or counts."""
    found = {axis for axis in circuit.axis_of.values() if axis is not None}
    for equation in circuit.equations:
        for node in equation.expression.nodes:
            if isinstance(node, Apply):
                found.update(str(value) for key, value in node.attributes if key == "axis")
    return found


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if type(value) is np.ndarray else as_numbers(value).shape


def _layout(circuit: Circuit, signal: Signal, batch_first: bool = False) -> str:
    symbol = circuit.length_of[str(signal.axis)]
    slot = Slot(signal.name, "input", signal.shape, 0, symbol)
    return f"{slot.layout(batched=False)} or {slot.layout(batched=True, batch_first=batch_first)}"
