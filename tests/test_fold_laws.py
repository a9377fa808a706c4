"""Laws of folding, over random circuits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from circuits import SIZES, circuits
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from traces import ensure_same_values, random_leaves, shuffled, sized, without_names

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.expression import Apply
from graphfold.instances import parse_id
from graphfold.traces.operation_level import operation_level
from graphfold.traces.trace import csr


def steps_of(circuit: Circuit) -> int:
    """Some more than three times the largest delay, as histories differ from what follows."""
    return 5 * max([d.steps for d in circuit.delays], default=1) + 2


def fewest_steps_of(circuit: Circuit) -> int:
    """Three times the largest delay; a repetition needs three steps."""
    return 3 * max([d.steps for d in circuit.delays], default=1)


def classes(circuit: Circuit, steps: int) -> dict[str, list[int]]:
    """The nodes of the trace that are the steps of each sequence, where an operation makes them."""
    level = operation_level(gf.unfold(circuit, steps))
    named = {name: node for node, name in level.trace.names.items()}
    return {
        e.signal: [named[f"{e.signal}[{t}]"] for t in range(1, steps + 1)]
        for e in circuit.equations
        if e.axis and f"{e.signal}[1]" in named
    }


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


@settings(max_examples=40, deadline=None)
@given(circuits(causal=True))
def test_an_unfolding_folds_into_the_circuit_up_to_names(circuit: Circuit) -> None:
    assume(is_unpinned(circuit) and repeats(circuit))
    steps = fewest_steps_of(circuit)
    level = operation_level(gf.unfold(circuit, steps))
    found = gf.fold(level.trace)
    assert found.size == sum((nodes >= 0).any() for nodes in level.blocks.values())
    for signal, nodes in classes(circuit, steps).items():
        told = [parse_id(found.correspondence[level.trace.id_of(n)]) for n in nodes]
        (name, first), *_ = told
        assert first is not None
        assert told == [(name, first + t) for t in range(steps)], signal


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


REPRODUCED = """
    arma autoregressive bidirectional biquad clockwork conditional deep_hierarchy deep_skip
    deep_transition diagonal_state_space driven echo_state elementwise_lstm fibonacci
    gru_reset_after gru_reset_before kalman leaky lstm lstm_peephole lstm_tanh memory
    minimal_gated moving_average output_recurrence rnn_loss state_space time_delay time_skip
    wilson_cowan
"""


@pytest.mark.parametrize("name", REPRODUCED.split())
def test_the_unfolding_of_an_example_folds_into_the_example(name: str) -> None:
    circuit = gf.load(gf.example_path(name))
    found = gf.fold(gf.unfold(circuit, 13))
    assert found.reason == ""
    defined = {e.signal: e.expression for e in circuit.equations}
    again = {e.signal: e.expression for e in found.circuit.equations}
    assert again.items() >= defined.items()
    assert len(again) - len(defined) <= 3  # the last steps of what no output names
    told = {(b.signal, b.index): b.value for b in found.circuit.boundaries}
    assert told.items() <= {(b.signal, b.index): b.value for b in circuit.boundaries}.items()


OPERATIONS = (
    "tanh",
    "add",
    "mul",
    "split",
    "getitem",
    "stack",
    "matmul",
    "sum_over",
    "own op",
    "step",
)


@st.composite
def any_traces(draw: st.DrawFn) -> dict[str, object]:
    """Graphs of anything: names of the language with wrong operands, own operations, odd texts."""
    nodes: list[dict[str, object]] = []
    for number in range(draw(st.integers(1, 30))):
        leaf = not nodes or draw(st.integers(0, 4)) == 0
        node: dict[str, object] = {"id": f"n{number}"}
        if leaf:
            op = draw(st.sampled_from(["input", "param", "const"]))
            node["op"] = op
            if op == "const":
                node["attrs"] = {
                    "value": draw(st.sampled_from([0, 1.5, [1, 2], float("nan"), True, []]))
                }
            else:
                names = ["x[1]", "x[2]", "x[3]", "T", "t", "tanh", "ö 7/", "x", "W.1.b", "W.2.b"]
                node["name"] = draw(st.sampled_from(names))
        else:
            node["op"] = draw(st.sampled_from(OPERATIONS))
            back = st.integers(max(0, number - 5), number - 1)
            node["operands"] = [f"n{i}" for i in draw(st.lists(back, max_size=3))]
            index = draw(st.sampled_from([None, 0, 1, number, "x", -1]))
            node |= {} if index is None else {"attrs": {"index": index}}
        if draw(st.booleans()):
            node["shape"] = draw(st.sampled_from([[], [3], [3, 3], ["n"], ["batch size"], [0]]))
        nodes.append(node)
    return {"graphfold_trace": 1, "nodes": nodes}


@settings(max_examples=40, deadline=None)
@given(any_traces(), st.integers(1, 4))
def test_no_graph_breaks_folding(data: dict[str, Any], copies: int) -> None:
    trace = gf.read_trace(repeated(data, copies))
    found = gf.fold(trace)
    assert found.circuit is not None or found.reason
    if found:
        assert gf.loads(gf.dumps(found.circuit)) == found.circuit
        assert sum(r.nodes for r in found.repetitions) <= trace.operation_count


def repeated(data: dict[str, Any], copies: int) -> dict[str, Any]:
    """The graph several times, each reading the one before at its first operands."""
    nodes: list[dict[str, Any]] = []
    for copy in range(copies):
        for node in data["nodes"]:
            leaf = node["op"] in ("input", "param", "const")
            if leaf and copy:
                continue
            names = {n["id"] for n in data["nodes"] if n["op"] in ("input", "param", "const")}
            ids = [o if o in names else f"{o}.{copy}" for o in node.get("operands", [])]
            if copy and not leaf and ids and ids[0] in names:
                ids[0] = f"{data['nodes'][-1]['id']}.{copy - 1}"
                ids[0] = ids[0] if data["nodes"][-1]["id"] not in names else data["nodes"][-1]["id"]
            identity = node["id"] if leaf else f"{node['id']}.{copy}"
            nodes.append({**node, "id": identity, **({"operands": ids} if ids else {})})
    return data | {"nodes": nodes}


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
