"""Keep padding out of an evaluation: what stands beyond a row's length is never read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphfold.errors import ValuesError
from graphfold.evaluate.numbers import as_numbers
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
    r"""Return the values with zeros in the place of padding, as an evaluation sees them.

    Arrays that do not fit stay as they are: an evaluation says why. ValuesError for wrong lengths.

    >>> from graphfold import loads, unfold
    >>> c = loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = x[t]")
    >>> without_padding(unfold(c, 2), {"x": [[1, 2], [3, np.nan]]}, [2, 1])["x"].tolist()
    [[1.0, 2.0], [3.0, 0.0]]
    """
    if lengths is None:
        return dict(values)
    found, problems = read_lengths(unfolding, lengths)
    if found is None:
        raise ValuesError("\n".join(problems))
    return {n: _unpadded(unfolding, n, v, found, batch_first) for n, v in values.items()}


def _unpadded(
    unfolding: Unfolding, name: str, value: Any, lengths: Lengths, batch_first: bool
) -> Any:
    signal = unfolding.circuit.declared.get(name)
    try:
        array = as_numbers(value)
    except ValueError:
        return value
    if signal is None or signal.kind != "input" or array.ndim != len(signal.shape) + 2:
        return value
    if signal.axis in lengths.axes and array.shape[not batch_first] != lengths.batch:
        sizes = {name: array.shape[not batch_first]}
        add_rows(sizes, lengths)
        raise ValuesError(disagreement(sizes))
    array = array.swapaxes(0, 1) if batch_first else array
    blank = _blank(unfolding, name, Value(array, True), lengths).array
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


def disagreement(batches: Mapping[str, int]) -> str:
    """Say which batch sizes differ, which of them by which array."""
    return "batch sizes disagree: " + ", ".join(f"{n} has {size}" for n, size in batches.items())
