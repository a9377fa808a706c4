"""Batches of rows that differ in length: made of single rows, and compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from circuits import circuits, fewest_steps
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.expression import Index
from graphfold.instances import format_id, parse_id

Values = dict[str, Any]
Steps = dict[str, int]  # by axis


@dataclass(frozen=True)
class Batch:
    """A circuit, its numbers of steps, and those of each row; `counted` axes differ by rows."""

    circuit: Circuit
    steps: Steps
    rows: tuple[Steps, ...]
    counted: tuple[str, ...]

    @property
    def lengths(self) -> dict[str, list[int]]:
        """The lengths as an evaluation takes them."""
        return {axis: [row[axis] for row in self.rows] for axis in self.counted}


@st.composite
def batches(draw: Any, *, clocks: bool = False) -> Batch:
    """Random circuits with rows of different lengths, at least as long as they must be."""
    more = draw(st.permutations(range(draw(st.integers(1, 4 if clocks else 6)))))
    circuit, spare = draw(circuits(clocks=clocks)), draw(st.integers(0, 1))
    least = fewest_steps(circuit)
    counts = [least + extra for extra in (*more, more[0])]
    table = {"t": counts, "u": counts[::-1] if draw(st.booleans()) else counts[1:] + counts[:1]}
    names = [axis.name for axis in circuit.axes]
    counted = draw(st.sampled_from([("t", "u"), ("t",), ("u",)])) if clocks else ("t",)
    steps = {name: max(table[name]) + spare for name in names}
    rows = tuple(
        {n: table[n][i] if n in counted else steps[n] for n in names} for i in range(len(counts))
    )
    return Batch(circuit, steps, rows, counted)


def values_of(batch: Batch, seed: int, shared: set[str]) -> list[Values]:
    """Values for each row; parameters and the static inputs `shared` are the same in all."""
    rows = [random_values(batch.circuit, row, seed + i) for i, row in enumerate(batch.rows)]
    same = {*shared, *(p.name for p in batch.circuit.params)}
    return [{**row, **{name: rows[0][name] for name in same}} for row in rows]


def put_together(batch: Batch, rows: list[Values], shared: set[str]) -> Values:
    """Make one batch of the values of rows; padding is NaN."""
    same = {*shared, *(p.name for p in batch.circuit.params)}
    together = {name: rows[0][name] for name in same}
    for row, values in enumerate(rows):
        for own in values.keys() - same:
            axis = batch.circuit.axis_of.get(own)
            name = _shared_name(batch.circuit, own, batch.rows[row])
            front = (len(rows),) if axis is None else (batch.steps[axis], len(rows))
            core = values[own].shape[axis is not None :]
            whole = together.setdefault(name, np.full((*front, *core), np.nan))
            whole[(slice(len(values[own])), row) if axis else row] = values[own]
    return together


def _shared_name(circuit: Circuit, name: str, lengths: Steps) -> str:
    """Say in the words of the batch what a row of that length calls g[4]: by number, or by T."""
    signal, step = parse_id(name)
    if step is None or (signal, Index("", step)) in circuit.boundary:
        return name
    axis = str(circuit.axis_of[signal])
    end = Index(circuit.length_of[axis], step - lengths[axis])
    past = step > lengths[axis]
    return f"{signal}[{end}]" if (signal, end) in circuit.boundary or past else name


def check_row(found: gf.Evaluation, batch: Batch, row: int, alone: Mapping[str, Any]) -> None:
    """All that exists in a row alone is the same in the batch, and 7 beyond its length."""
    ranks = {name: len(shape) for name, shape in gf.infer_shapes(batch.circuit).items()}
    for name, array in found.items():
        signal, step = parse_id(name)
        axis = batch.circuit.axis_of[signal]
        if axis in batch.counted:
            assert array.ndim == ranks[signal] + 1, f"{name} has rows"
        mine = array[row] if array.ndim > ranks[signal] else array
        own = name
        if axis is not None and step is not None:
            steps, length = batch.steps[axis], batch.rows[row][axis]
            if length < step <= steps:
                np.testing.assert_array_equal(mine, np.full_like(mine, 7), name)
                continue
            own = format_id(signal, step - steps + length) if step > steps else name
        if own in alone:
            np.testing.assert_allclose(mine, alone[own], 1e-9, 1e-12, err_msg=name)
