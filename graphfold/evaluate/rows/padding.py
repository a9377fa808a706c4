"""Keep padding out of an evaluation: what stands beyond a row's length is never read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphfold.evaluate.rows.lengths import Lengths, read_lengths
from graphfold.evaluate.value import Array, Value
from graphfold.unfolding import Unfolding


def blank_padding(
    unfolding: Unfolding, bound: Mapping[str, Value], lengths: Lengths
) -> dict[str, Value]:
    """Put zeros in the place of the padding of batched sequences."""
    return {name: _blank(unfolding, name, value, lengths) for name, value in bound.items()}


def _blank(unfolding: Unfolding, name: str, value: Value, lengths: Lengths) -> Value:
    axis = unfolding.circuit.axis_of.get(name)
    if axis is None or axis not in lengths.axes or not value.batched:
        return value
    steps = unfolding.length(axis)
    if value.array.shape[:2] != (steps, lengths.batch):
        return value  # a problem that is reported as such
    return Value(fill_padding(value.array, lengths.axes[axis].table(steps), 0), True)


def without_padding(
    unfolding: Unfolding, values: Mapping[str, Any], lengths: Any, *, batch_first: bool = False
) -> dict[str, Any]:
    """Return the values with zeros in the place of padding, as an evaluation sees them.

    What does not fit, lengths or arrays, stays as it is: an evaluation says why.
    """
    found, _ = (None, []) if lengths is None else read_lengths(unfolding, lengths)
    return {
        name: value if found is None else _unpadded(unfolding, name, value, found, batch_first)
        for name, value in values.items()
    }


def _unpadded(
    unfolding: Unfolding, name: str, value: Any, lengths: Lengths, batch_first: bool
) -> Any:
    array = value.swapaxes(0, 1) if batch_first and np.ndim(value) > 1 else value
    signal = unfolding.circuit.declared.get(name)
    if signal is None or signal.kind != "input" or np.ndim(value) != len(signal.shape) + 2:
        return value
    blank = _blank(unfolding, name, Value(np.asarray(array), True), lengths).array
    return blank.swapaxes(0, 1) if batch_first else blank


def fill_padding(array: Array, valid: Array, fill: float) -> Array:
    """Return the array with `fill` wherever the mask, over its leading axes, is False."""
    if valid.all():
        return array
    filled = array.copy()
    filled[~valid] = np.asarray(fill).astype(array.dtype)
    return filled


def add_rows(batches: dict[str, int], lengths: Lengths) -> list[str]:
    """Count the lengths among the `batches` that must agree; say so when nothing else has rows."""
    entries = [axis.entry for axis in lengths.axes.values()]
    if not batches:
        cure = "give the inputs with a batch axis, (T, B, …), or leave the lengths out"
        return [f"{', '.join(entries)}: no value has a batch axis; {cure}"]
    batches.update(dict.fromkeys(entries, lengths.batch))
    return []
