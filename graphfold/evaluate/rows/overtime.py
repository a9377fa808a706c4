"""Reductions over the steps that each row has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphfold.evaluate.overtime import sum_steps
from graphfold.evaluate.rows.lengths import RowLengths
from graphfold.evaluate.rows.padding import fill_padding
from graphfold.evaluate.value import Array, Value, spread_to


def reduce_rows(
    operation: str, values: Sequence[Value], lengths: RowLengths, active: Array
) -> Value:
    """Reduce the values of steps 1, 2, …, each row over its own steps; the sum of none is 0.

    ValueError names an active row that has no steps when the mean or maximum is asked for.
    """
    if operation != "sum_over":
        _forbid_empty(operation.removesuffix("_over"), lengths, active)
    stacked = np.stack([spread_to(value, len(lengths.counts)) for value in values])
    valid = lengths.table(len(values))
    if operation == "max_over":
        largest = np.max(fill_padding(stacked, valid, -np.inf), axis=0)
        return Value(fill_padding(largest, lengths.valid(1), 0), True)
    total = sum_steps(fill_padding(stacked, valid, 0))
    if operation == "mean_over":
        counts = np.maximum(lengths.counts, 1).reshape(-1, *[1] * (total.ndim - 1))
        total = total / counts
    return Value(total.astype(stacked.dtype), True)


def _forbid_empty(name: str, lengths: RowLengths, active: Array) -> None:
    empty = np.flatnonzero(active & (lengths.counts == 0))
    if empty.size:
        raise ValueError(f"the {name} over no steps has no value: {lengths.name(empty[0])}")
