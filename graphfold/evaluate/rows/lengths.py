"""The lengths of the rows of a batch, axis by axis, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from graphfold.errors import shorten, suggest
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.value import Array
from graphfold.unfolding import Unfolding


@dataclass(frozen=True, eq=False)
class RowLengths:
    """How many steps of an axis each row has; `entry` is how the caller writes the array."""

    entry: str
    counts: Array

    @cached_property
    def longest(self) -> int:
        """The length of the longest row; 0 when there are no rows."""
        return int(self.counts.max(initial=0))

    @cached_property
    def rows_of(self) -> Mapping[int, Array]:
        """The rows of each length that occurs, shortest first."""
        found, starts = np.unique(np.sort(self.counts), return_index=True)
        order = np.argsort(self.counts, kind="stable")
        parts = np.split(order, starts[1:]) if len(found) else []
        return MappingProxyType(dict(zip(found.tolist(), parts, strict=True)))

    def valid(self, step: int) -> Array:
        """Say for each row whether it has that step."""
        mask: Array = self.counts >= step
        return mask

    def table(self, steps: int) -> Array:
        """Say for each of the first steps (rows) and each row of the batch (columns) the same."""
        mask: Array = self.counts >= np.arange(1, steps + 1)[:, None]
        return mask

    def name(self, row: int) -> str:
        """Name a row by its entry, as "lengths[2] = 3"."""
        return f"{self.entry}[{row}] = {self.counts[row]}"


@dataclass(frozen=True, eq=False)
class Lengths:
    """The lengths of B rows over some axes; rows have all the steps of the other axes."""

    axes: Mapping[str, RowLengths]
    batch: int

    def name(self, row: int) -> str:
        """Name a row by all its lengths."""
        return ", ".join(lengths.name(row) for lengths in self.axes.values())


def read_lengths(unfolding: Unfolding, given: Any) -> tuple[Lengths | None, list[str]]:
    """Return the lengths that a caller gives, and a line for each problem."""
    names = [axis.name for axis in unfolding.circuit.axes]
    if isinstance(given, Mapping):
        entries = {str(axis): (f"lengths['{axis}']", array) for axis, array in given.items()}
    elif len(names) > 1:
        told = ", ".join(f"'{name}': …" for name in names)
        return None, [f"lengths: the model has the axes {', '.join(names)}; write {{{told}}}"]
    else:
        entries = {names[0]: ("lengths", given)}
    problems = [_unknown(axis, names) for axis in entries if axis not in names]
    axes: dict[str, RowLengths] = {}
    for axis, (entry, array) in entries.items():
        if axis in names:
            counts, wrong = _counts(unfolding, axis, entry, array)
            problems += wrong
            if counts is not None:
                axes[axis] = RowLengths(entry, counts)
    if len({len(lengths.counts) for lengths in axes.values()}) > 1:
        told = ", ".join(f"{a.entry} has {len(a.counts)}" for a in axes.values())
        problems.append(f"lengths disagree about the number of rows: {told}")
    if problems or not axes:
        return None, problems or ["lengths: no axis is named; leave them out or name one"]
    return Lengths(MappingProxyType(axes), len(next(iter(axes.values())).counts)), []


def _unknown(axis: str, names: list[str]) -> str:
    hint = suggest(axis, names) or f"; the axis is {', '.join(names)}"
    return f"lengths: unknown axis '{shorten(axis)}'{hint}"


def _counts(
    unfolding: Unfolding, axis: str, entry: str, given: Any
) -> tuple[Array | None, list[str]]:
    expected = "expected whole numbers (B,), one a row"
    try:
        array = as_numbers(given)
    except ValueError as error:
        return None, [f"{entry}: {error}; {expected}"]
    if array.ndim != 1:
        return None, [f"{entry}: {expected}, found {array.shape}"]
    if array.dtype.kind == "b" and array.size:
        return None, [f"{entry}: holds truth values; {expected}"]
    steps, symbol = unfolding.length(axis), unfolding.circuit.length_of[axis]
    bounds = f"{symbol} = {steps}"
    wrong = [
        (array != np.floor(array), f"is no whole number; a length is from 0 to {bounds}"),
        (array < 0, f"is negative; a length is from 0 to {bounds}"),
        (array > steps, f"is longer than {bounds}; shorten it, or unfold over more steps"),
    ]
    problems = [_first(entry, array, mask, told) for mask, told in wrong if mask.any()]
    return (None if problems else array.astype(np.int64)), problems


def _first(entry: str, array: Array, mask: Array, told: str) -> str:
    rows = np.flatnonzero(mask)
    others = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"{entry}[{rows[0]}] = {array[rows[0]]}{others} {told}"
