"""What an evaluation was given, read from its instances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from graphfold.errors import ValuesError
from graphfold.evaluate.evaluation import Evaluation
from graphfold.evaluate.overtime import stack_steps
from graphfold.evaluate.rows.view import Padded
from graphfold.evaluate.slots import Slot, slots
from graphfold.evaluate.value import Array, Value
from graphfold.instances import Instance, parse_id
from graphfold.shapes import infer_shapes
from graphfold.unfolding import Unfolding


def values_of(unfolding: Unfolding, evaluation: Evaluation) -> dict[str, Array]:
    """Return inputs, parameters and histories as `evaluate` takes them, batches second.

    ValuesError for an evaluation of rows that differ in length.
    """
    if isinstance(evaluation.instances, Padded):
        raise ValuesError("the rows differ in length: give the values themselves, and lengths=…")
    found: dict[str, Array] = {}
    for slot in slots(unfolding, infer_shapes(unfolding.circuit)):
        value = _value(unfolding, evaluation.instances, slot)
        if value is not None:
            found[slot.name] = value
    return found


def _value(unfolding: Unfolding, known: Mapping[Instance, Value], slot: Slot) -> Array | None:
    if slot.steps is None:
        value = known.get(parse_id(slot.name))
        return None if value is None else value.array
    signal = slot.name.partition("[")[0]
    leaves = signal in unfolding.leaf_signals
    steps = range(0, -slot.steps, -1) if leaves else range(1, slot.steps + 1)
    values = [known.get((signal, step)) for step in steps]
    there = next((value for value in values if value is not None), None)
    if there is None:
        return None
    nothing = Value(np.zeros_like(there.array), there.batched)  # of a step that nothing reads
    return stack_steps([nothing if value is None else value for value in values]).array
