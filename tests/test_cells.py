"""Cells: a circuit within a circuit means what it would mean written out by hand."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from circuits import fewest_steps
from hierarchies import Part, hierarchies
from hypothesis import given, settings

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.expression import Read

Instance = tuple[str, int | None]
SIZES = {"n": 2, "m": 3}


def steps_of(circuit: Circuit) -> int:
    return fewest_steps(gf.flatten(circuit)) + 3


def name_of(signal: str, step: int | None) -> str:
    return signal if step is None else f"{signal}[{step}]"


# -- values -------------------------------------------------------------------------------------


def agree(circuit: Circuit, steps: int) -> None:
    """Each value of the unfolding is that of the parts, wired to each other as they stand."""
    unfolding = gf.unfold(circuit, steps)
    roles = ("parameter", "input", "history")
    values = gf.random_values(unfolding, 0, sizes=SIZES, roles=roles)
    result, whole = gf.evaluate(unfolding, values), Part(circuit, steps, values)
    for signal, step in unfolding.instances():
        expected = whole.value(signal, step)
        np.testing.assert_allclose(
            result[name_of(signal, step)], expected, rtol=1e-9, atol=1e-12, err_msg=signal
        )


@settings(max_examples=15)
@given(hierarchies())
def test_values_are_those_of_the_parts_wired_by_hand(circuit):
    agree(circuit, steps_of(circuit))


@settings(max_examples=15)
@given(hierarchies(causal=True))
def test_values_are_those_of_the_parts_also_where_they_feed_back(circuit):
    agree(circuit, 4)


# -- unfolding and flattening commute -----------------------------------------------------------


def unfold_by_parts(circuit: Circuit, steps: int) -> nx.DiGraph:
    """The unfoldings of the cells, each on its own, joined by the wires: of one level of cells."""
    graph: nx.DiGraph = nx.DiGraph()
    whole = Part(circuit, steps, {})
    ends = _Ends(whole)
    for signal in circuit.signals:
        graph.add_nodes_from((signal, step) for step in whole.clock(signal))
    for name in whole.parts:
        _add_part(graph, ends, name)
    _add_own(graph, ends)
    return graph


def _add_part(graph: nx.DiGraph, ends: _Ends, name: str) -> None:
    part = ends.whole.parts[name]
    unfolding = gf.unfold(part.circuit, part.T)
    for instance in unfolding.instances():
        if not ends.is_wired(name, instance):
            graph.add_node(ends.of(name, instance))
        for source in gf.predecessors(unfolding, *instance):
            graph.add_edge(ends.of(name, source), ends.of(name, instance))
    for instance, expression, now in ends.wires(name, part):
        graph.add_node(instance)
        for read in ends.whole._reads(expression, now):
            graph.add_edge(ends.outer(read), instance)


def _add_own(graph: nx.DiGraph, ends: _Ends) -> None:
    """Add what the level itself reads, also for the histories that its parts read."""
    pending, seen = list(graph), set()
    while pending:
        instance = pending.pop()
        if instance in seen or "." in instance[0]:
            continue
        seen.add(instance)
        for read in ends.whole.reads(*instance):
            graph.add_edge(ends.outer(read), instance)
            pending.append(ends.outer(read))


class _Ends:
    """Where the ends of an edge within a part are in the whole."""

    def __init__(self, whole: Part) -> None:
        self.whole = whole

    def of(self, name: str, instance: Instance) -> Instance:
        return self.outer((f"{name}.{instance[0]}", self.whole.parts[name].outside(instance[1])))

    def outer(self, instance: Instance) -> Instance:
        """Follow names that are put through or shared to what stands behind them."""
        name, dot, signal = instance[0].partition(".")
        if not dot:
            return instance
        use = self.whole.parts[name].use
        shared = signal in {p.name for p in self.whole.parts[name].circuit.params}
        given = dict((*use.wires, *use.parameters)).get(signal)
        if given is None:
            further = shared and use.like is not None
            return self.outer((f"{use.like}.{signal}", None)) if further else instance
        plain = len(given.nodes) == 1 and isinstance(given.nodes[0], Read)
        if plain and (shared or self.whole.parts[name].through(signal)):
            return self.outer((given.nodes[0].signal, instance[1]))
        return instance

    def is_wired(self, name: str, instance: Instance) -> bool:
        return self.of(name, instance)[0] != f"{name}.{instance[0]}"

    def wires(self, name: str, part: Part) -> Any:
        """What is computed between: each wire at each step, unless the cell pins it there."""
        for signal, wire in (*part.use.wires, *part.use.parameters):
            for step in part.clock(signal):
                end = self.of(name, (signal, step))
                if end[0] == f"{name}.{signal}" and not part.is_boundary(signal, step):
                    yield end, wire, {} if step is None else {"t": part.outside(step)}


@settings(max_examples=30)
@given(hierarchies(depth=1, plain=True))
def test_unfolding_and_flattening_commute(circuit):
    steps = steps_of(circuit)
    unfolding, parts = gf.unfold(circuit, steps), unfold_by_parts(circuit, steps)
    whole = gf.to_networkx(unfolding)
    assert set(whole.nodes) == {name_of(*node) for node in parts}
    assert set(whole.edges) == {(name_of(*a), name_of(*b)) for a, b in parts.edges}
    assert (unfolding.node_count, gf.edge_count(unfolding)) == (len(parts), parts.size())


# -- files --------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(hierarchies())
def test_writing_and_reading_back_gives_an_equal_circuit(circuit):
    assert gf.loads(gf.dumps(circuit)) == circuit


# -- written out by hand ------------------------------------------------------------------------

LAYER = """\
  fK[t] = sigmoid(bfK + UfK @ INPUT[t] + WfK @ hK[t-1])
  gK[t] = sigmoid(bgK + UgK @ INPUT[t] + WgK @ hK[t-1])
  qK[t] = sigmoid(boK + UoK @ INPUT[t] + WoK @ hK[t-1])
  iK[t] = sigmoid(bK + UK @ INPUT[t] + WK @ hK[t-1])
  sK[t] = fK[t] * sK[t-1] + gK[t] * iK[t]
  hK[t] = tanh(sK[t]) * qK[t]
"""


def three_layers_by_hand() -> Circuit:
    """Three LSTM layers without cells: hA reads x, hB reads hA, hC reads hB."""
    params, init, equations = "", "", ""
    for layer, source, n, m in (
        ("A", "x", "n_x", "n_1"),
        ("B", "hA", "n_1", "n_2"),
        ("C", "hB", "n_2", "n_2"),
    ):
        gates = ("", "f", "g", "o")
        params += f"  {', '.join(f'U{g}{layer}' for g in gates)}: [{m}, {n}]\n"
        params += f"  {', '.join(f'W{g}{layer}' for g in gates)}: [{m}, {m}]\n"
        params += f"  {', '.join(f'b{g}{layer}' for g in gates)}: [{m}]\n"
        init += f"  h{layer}[0]: zeros\n  s{layer}[0]: zeros\n"
        equations += LAYER.replace("K", layer).replace("INPUT", source)
    return gf.loads(
        f"graphfold: 1\ndims: [n_x, n_1, n_2, n_y]\ninputs: {{'x[t]': [n_x]}}\n"
        f"params:\n{params}  V: [n_y, n_2]\n  c: [n_y]\ninit:\n{init}"
        f"equations: |\n{equations}  o[t] = c + V @ hC[t]\noutputs: [o]\n"
    )


def test_three_layers_of_one_cell_are_the_layers_written_out():
    layers = {"lower": "A", "middle": "B", "upper": "C"}
    stacked, flat = gf.load(gf.example_path("stacked_lstm")), three_layers_by_hand()
    u, v = gf.unfold(stacked, 7), gf.unfold(flat, 7)
    assert (u.node_count, gf.edge_count(u)) == (v.node_count, gf.edge_count(v))
    sizes = {"n_x": 2, "n_1": 4, "n_2": 3, "n_y": 5}
    values = gf.random_values(u, 0, sizes=sizes, roles=("parameter", "input"))
    by_hand = {
        n.partition(".")[2] + layers[n.partition(".")[0]] if "." in n else n: a
        for n, a in values.items()
    }
    result, expected = gf.evaluate(u, values), gf.evaluate(v, by_hand)
    np.testing.assert_array_equal(result.signal("o"), expected.signal("o"))
    np.testing.assert_array_equal(result.signal("middle.s"), expected.signal("sB"))


def test_one_cell_both_ways_is_the_bidirectional_layer():
    names = {
        "fore.U": "Uh",
        "fore.W": "Wh",
        "fore.b": "bh",
        "back.U": "Ug",
        "back.W": "Wg",
        "back.b": "bg",
    }
    cells = gf.load(gf.example_path("bidirectional_cells"))
    flat = gf.load(gf.example_path("bidirectional"))
    values = gf.read_arrays(gf.example_path("bidirectional").with_suffix(".npz"))
    steps = len(values["x"])
    expected = gf.evaluate(gf.unfold(flat, steps), values)
    found = gf.evaluate(
        gf.unfold(cells, steps),
        {n: values[names.get(n, n)] for n in [*names, "Vh", "Vg", "c", "x", "y"]},
    )
    np.testing.assert_array_equal(found.signal("o"), expected.signal("o"))
    np.testing.assert_array_equal(found.signal("back.h"), expected.signal("g"))


RNN = """\
graphfold: 1
dims: [n_x, n_h]
inputs: {'x[t]': [n_x]}
cells:
  rnn:
    dims: [n_x, n_h]
    inputs:
      x[t]: [n_x]
    params:
      W: [n_h, n_h]
      U: [n_h, n_x]
    init:
      h[0]: zeros
    equations: |
      h[t] = tanh(W @ h[t-1] + U @ x[t])
"""


def rnn(*statements: str, more: str = "") -> Circuit:
    return gf.loads(RNN + "equations: |\n" + "".join(f"  {s}\n" for s in statements) + more)


def test_shared_parameters_are_there_once():
    circuit = rnn(
        "a = rnn(x=x[t])",
        "b = rnn(x=x[t]; a)",
        "c = rnn(x=x[t], U=a.U; b)",
        "d = rnn(x=x[t], W=c.W)",
    )
    flat = gf.flatten(circuit)
    assert [p.name for p in flat.params] == ["a.W", "a.U", "d.U"]
    unfolding = gf.unfold(circuit, 3)
    sizes = {"n_x": 2, "n_h": 3}
    values = gf.random_values(unfolding, 0, sizes=sizes, roles=("parameter", "input"))
    assert sorted(values) == ["a.U", "a.W", "d.U", "x"]
    result = gf.evaluate(unfolding, values)
    np.testing.assert_array_equal(result["a.h[3]"], result["c.h[3]"])


def test_a_plain_wire_is_put_through_and_any_other_is_a_signal():
    flat = gf.flatten(rnn("a = rnn(x=x[t])", "b = rnn(x=2 * x[t])", "c = rnn(x=x[t-1])"))
    assert [e.signal for e in flat.equations] == ["a.h", "b.x", "b.h", "c.h"]
    assert [(d.signal, d.steps) for d in flat.delays] == [
        ("a.h", 1),
        ("b.h", 1),
        ("c.h", 1),
        ("x", 1),
    ]


def test_an_input_with_a_history_keeps_its_node():
    more = "init: {'a.x[0]': zeros}\n"
    assert "a.x" in gf.flatten(rnn("a = rnn(x=x[t])", more=more)).equation
    assert "a.x" in gf.flatten(rnn("a = rnn(x=x[t])", more="outputs: [a.x]\n")).equation


def test_the_outer_model_says_what_the_history_of_a_cell_is():
    flat = gf.flatten(rnn("a = rnn(x=x[t])", "b = rnn(x=x[t])", more="init: {'a.h[0]': given}\n"))
    assert {b.signal: b.value is None for b in flat.boundaries} == {"a.h": True, "b.h": False}


def test_untied_parameters_are_named_as_they_are_in_the_flat_circuit():
    unfolding = gf.unfold(rnn("a = rnn(x=x[t])"), 3, untie="a.W")
    assert unfolding.find("a.W[2]") == ("a.W", 2)


def test_a_flat_circuit_knows_its_groups():
    inner, outer = gf.Circuit("inner"), gf.Circuit("outer")
    t = inner.axis("t")
    s = inner.signal("s", over=t, init=0)
    s[t] = s[t - 1] + inner.input("x", over=t)[t]
    outer.cell("first", inner, x=outer.input("x", over=t)[t], reverse=True)
    whole = gf.Circuit("whole")
    twice = whole.cell("twice", outer, x=whole.input("x", over=t)[t], reverse=True)
    flat = gf.flatten(whole)
    assert [(g.path, g.cell, g.reverse) for g in flat.groups] == [
        (("twice",), "outer", True),
        (("twice", "first"), "inner", False),
    ]
    assert repr(twice.first.s) == "<signal twice.first.s>"
    assert [(d.signal, d.steps) for d in flat.delays] == [("twice.first.s", 1)]
    assert gf.flatten(flat) is flat


def test_functions_belong_to_the_definition_unless_sizes_differ():
    cell = gf.Circuit("step", dims=["n"])
    t = cell.axis("t")
    x = cell.input("x", "n", over=t)
    f = cell.function("f", ["h"], shape=["n"])
    h = cell.signal("h", over=t)
    h[t] = f(x[t])
    c = gf.Circuit("three", dims=["n", "m"])
    x = c.input("x", "n", over=t)
    y = c.input("y", "m", over=t)
    c.cell("one", cell, x=x[t])
    c.cell("two", cell, x=x[t])
    c.cell("other", cell, x=y[t], n="m")
    assert [f.name for f in gf.flatten(c).functions] == ["step.f", "other.f"]
    values = {"x": np.ones((2, 3)), "y": np.ones((2, 4))}
    both = {"step.f": lambda h: 2 * h, "other.f": lambda h: 3 * h}
    result = gf.evaluate(gf.unfold(c, 2), values, functions=both)
    assert (result["two.h[1]"][0], result["other.h[1]"].shape) == (2, (4,))


def test_a_cell_runs_over_the_axis_of_its_wires():
    circuit = gf.loads(
        RNN.replace("dims:", "axes: {t: T, u: U}\ndims:", 1).replace(
            "[n_x]}", "[n_x], 'y[u]': [n_x]}", 1
        )
        + "equations: |\n  a = rnn(x=x[t])\n  b = rnn(x=y[u], reverse=true)\n"
    )
    flat = gf.flatten(circuit)
    assert (flat.axis_of["a.h"], flat.axis_of["b.h"]) == ("t", "u")
    assert [str(b.index) for b in flat.boundaries] == ["0", "U+1"]


def test_modes_of_a_cell_are_those_of_the_model():
    text = (
        "graphfold: 1\nmodes: [train, test]\ninputs: {'x[t]': []}\n"
        "cells:\n  c:\n    modes: [test, train]\n"
        "    inputs: {'x[t]': []}\n    equations: |\n"
        "      y[t] = switch(mode, test: x[t], train: 2 * x[t])\n"
        "equations: |\n  a = c(x=x[t])\n"
    )
    circuit = gf.loads(text)
    for mode, expected in (("train", 2.0), ("test", 1.0)):
        result = gf.evaluate(gf.unfold(circuit, 1, mode=mode), {"x": [1.0]})
        assert result["a.y[1]"] == expected
        result = gf.evaluate(gf.unfold(gf.in_mode(circuit, mode), 1), {"x": [1.0]})
        assert result["a.y[1]"] == expected


def test_steps_and_lengths_run_backward_in_a_reversed_cell():
    text = (
        "graphfold: 1\ncells:\n  c:\n    equations: |\n"
        "      p[t] = t + 10 * T\n      q[t] = p[T] - p[1] + sum(p[t] for t)\n"
        "equations: |\n  a = c(over=t, reverse=true)\n"
    )
    result = gf.evaluate(gf.unfold(gf.loads(text), 3), {})
    assert result.signal("a.p").tolist() == [33, 32, 31]
    assert result.signal("a.q").tolist() == [2 + 96] * 3


def test_sizes_of_a_cell_are_values_too():
    text = (
        "graphfold: 1\ndims: [n]\ninputs: {'x[t]': [n]}\n"
        "cells:\n  c:\n    dims: {m: 7}\n    inputs: {'x[t]': [m]}\n"
        "    equations: |\n      y[t] = sum(x[t]) / m + 2 / m\n"
        "equations: |\n  a = c(x=concat(x[t], x[t]), m=2*n)\n"
    )
    result = gf.evaluate(gf.unfold(gf.loads(text), 1), {"x": [[1.0, 2.0]]})
    assert result["a.y[1]"] == pytest.approx(6 / 4 + 2 / 4)
