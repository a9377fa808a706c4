"""Laws of folding, over random circuits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from circuits import SIZES, circuits
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from traces import ensure_same_values, random_leaves, shuffled, sized, without_names

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.expression import Apply
from graphfold.traces.trace import csr


def steps_of(circuit: Circuit) -> int:
    """Three times the largest delay, and a few."""
    return 3 * max([d.steps for d in circuit.delays], default=1) + 2


def trace_of(circuit: Circuit) -> gf.Trace:
    return sized(gf.read_trace(gf.unfold(circuit, steps_of(circuit))), SIZES)


def is_unpinned(circuit: Circuit) -> bool:
    return all(b.index.offset <= 0 for b in circuit.boundaries)


def repeats(circuit: Circuit) -> bool:
    """Whether some sequence is computed by an operation."""
    sequences = [e for e in circuit.equations if e.axis]
    return any(isinstance(n, Apply) for e in sequences for n in e.expression.nodes)


def operations(circuit: Circuit, steps: int) -> int:
    return gf.read_trace(gf.unfold(circuit, steps)).operation_count


@settings(max_examples=15, deadline=None)
@given(circuits(causal=True))
def test_an_unfolding_folds_into_a_circuit_that_does_not_grow_with_the_steps(
    circuit: Circuit,
) -> None:
    assume(is_unpinned(circuit) and repeats(circuit))
    steps = steps_of(circuit)
    found = gf.fold(gf.unfold(circuit, steps))
    longer = gf.fold(gf.unfold(circuit, steps + 3))
    assert found
    assert longer
    assert found.size == longer.size
    grown = operations(circuit, steps + 3) - operations(circuit, steps)
    assert sum(r.operations for r in longer.repetitions) * 3 >= grown


@settings(max_examples=15, deadline=None)
@given(circuits(causal=True), st.booleans())
def test_the_folded_circuit_has_the_values_of_the_trace(circuit: Circuit, named: bool) -> None:
    trace = trace_of(circuit)
    found = gf.fold(trace if named else without_names(trace))
    if found:
        ensure_same_values(found, random_leaves(trace))


@settings(max_examples=15, deadline=None)
@given(circuits(causal=True), st.integers(0, 9))
def test_order_and_ids_of_the_nodes_do_not_matter(circuit: Circuit, seed: int) -> None:
    trace = trace_of(circuit)
    one, other = gf.fold(trace), gf.fold(shuffled(trace, seed))
    assert one.circuit == other.circuit
    assert one.steps == other.steps


@settings(max_examples=20, deadline=None)
@given(circuits(causal=True), st.data())
def test_a_foreign_operation_never_makes_a_wrong_fold(
    circuit: Circuit, data: st.DataObject
) -> None:
    trace = trace_of(circuit)
    assume(len(trace.operands))
    edge = data.draw(st.integers(0, len(trace.operands) - 1))
    foreign = with_foreign(trace, edge)
    found = gf.fold(foreign)
    assert sum(r.nodes for r in found.repetitions) < foreign.operation_count
    if found:
        ensure_same_values(found, random_leaves(trace))


def with_foreign(trace: gf.Trace, edge: int) -> gf.Trace:
    """The trace with a relu on one edge."""
    rows = [trace.operands_of(n) for n in range(len(trace))]
    target = int(np.searchsorted(trace.starts, edge, side="right")) - 1
    place = edge - int(trace.starts[target])
    rows.append([rows[target][place]])
    rows[target][place] = len(trace)
    starts, operands = csr(rows)
    return replace(
        trace,
        op_names=(*trace.op_names, "relu"),
        ops=np.append(trace.ops, len(trace.op_names)),
        attrs=np.append(trace.attrs, 0),
        shapes=np.append(trace.shapes, 0),
        starts=starts,
        operands=operands,
        outputs=np.arange(0),
    )
