"""A batch whose rows differ in length: each row is what it is alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from circuits import circuits, fewest_steps
from hypothesis import given, note
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit, Index
from graphfold.instances import format_id, parse_id

Values = dict[str, Any]

# -- the law ----------------------------------------------------------------------------------


@st.composite
def batches(draw: Any) -> tuple[Circuit, int, list[int]]:
    """A random circuit, a number of steps, and lengths that the circuit has a meaning for."""
    more = draw(st.permutations(range(draw(st.integers(1, 6)))))
    circuit, spare = draw(circuits()), draw(st.integers(0, 1))
    least = fewest_steps(circuit)
    lengths = [least + extra for extra in [*more, more[0]]]
    return circuit, max(lengths) + spare, lengths


def shared_name(circuit: Circuit, name: str, length: int) -> str:
    """Say in the words of the batch what a row of that length calls g[4]: by number, or by T."""
    signal, step = parse_id(name)
    if step is None or (signal, Index("", step)) in circuit.boundary:
        return name
    end = Index("T", step - length)
    return f"{signal}[{end}]" if (signal, end) in circuit.boundary or step > length else name


def put_together(circuit: Circuit, rows: list[Values], lengths: list[int], steps: int) -> Values:
    """Make one batch of the values of rows; padding is NaN."""
    together: Values = {p.name: rows[0][p.name] for p in circuit.params}
    for row, (values, length) in enumerate(zip(rows, lengths, strict=True)):
        for name in values.keys() - together.keys() | (values.keys() - set(circuit.declared)):
            moving = circuit.axis_of.get(name) is not None
            core = values[name].shape[moving:]
            shape = (steps, len(rows), *core) if moving else (len(rows), *core)
            together.setdefault(shared_name(circuit, name, length), np.full(shape, np.nan))
        for name in values.keys() - {p.name for p in circuit.params}:
            whole = together[shared_name(circuit, name, length)]
            if circuit.axis_of.get(name) is None:
                whole[row] = values[name]
            else:
                whole[:length, row] = values[name]
    return together


def check_row(found: gf.Evaluation, alone: gf.Evaluation, row: int, fill: float) -> None:
    """All that exists in a row alone is the same in the batch, and `fill` beyond its length."""
    circuit, steps = found.unfolding.circuit, found.unfolding.length("t")
    length = alone.unfolding.length("t")
    ranks = {name: len(shape) for name, shape in gf.infer_shapes(circuit).items()}
    for name, array in found.items():
        signal, step = parse_id(name)
        mine = array[row] if array.ndim > ranks[signal] else array
        past = step is not None and step > steps
        own = format_id(signal, step - steps + length) if past and step is not None else name
        if circuit.axis_of[signal] is not None:
            assert array.ndim == ranks[signal] + 1, f"{name} has rows"
        if not past and step is not None and step > length:
            assert (mine == fill).all(), name
        elif own in alone:
            np.testing.assert_allclose(mine, alone[own], 1e-9, 1e-12, err_msg=name)


@given(batches(), st.data(), st.integers(0, 9))
def test_a_batch_with_lengths_equals_each_row_alone(
    batch: tuple[Circuit, int, list[int]], data: st.DataObject, seed: int
) -> None:
    circuit, steps, lengths = batch
    note(gf.dumps(circuit))
    rows = [random_values(circuit, length, seed + i) for i, length in enumerate(lengths)]
    static = [s.name for s in circuit.inputs if s.axis is None]
    one = data.draw(st.sets(st.sampled_from(static))) if static else set()
    for row in rows:
        row.update({n: rows[0][n] for n in (*one, *(p.name for p in circuit.params))})
    values = put_together(circuit, rows, lengths, steps)
    values.update({name: rows[0][name] for name in one})
    if not values.keys() - one - {p.name for p in circuit.params}:
        return  # nothing has rows
    found = gf.evaluate(gf.unfold(circuit, steps), values, lengths=lengths, fill=7)
    for number, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        check_row(found, gf.evaluate(gf.unfold(circuit, length), row), number, 7)
