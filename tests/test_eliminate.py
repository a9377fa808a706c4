"""Elimination: against paths searched one by one, on random circuits, and against the book."""

from __future__ import annotations

import json
import pickle

import networkx as nx
import numpy as np
import pytest
from circuits import cases
from command_line import call
from hypothesis import given, note
from hypothesis import strategies as st

import graphfold as gf
from graphfold import memory
from graphfold.circuit import Circuit
from graphfold.examples import example_path
from graphfold.instances import Instance, format_id
from graphfold.unfolding import Unfolding

# Figure 10.8: each state reads the state and the output before it.
MARKOV = """\
graphfold: 1
init: {'h[0]': zeros, 'y[0]': given}
functions: {f(h): []}
params: {w: []}
equations: |
  h[t] = w * h[t-1] + y[t-1]
  y[t] = f(h[t])
outputs: [y]
"""


def graph_of(unfolding: Unfolding) -> nx.DiGraph[Instance]:
    graph: nx.DiGraph[Instance] = nx.DiGraph()
    graph.add_nodes_from(unfolding.instances())
    for instance in unfolding.instances():
        graph.add_edges_from((p, instance) for p in gf.predecessors(unfolding, *instance))
    return graph


def paths_through(graph: nx.DiGraph[Instance], gone: set[str]) -> set[tuple[Instance, Instance]]:
    """Every pair with a path through eliminated instances alone, each path searched by itself."""
    found = set()
    for start in graph:
        if start[0] in gone:
            continue
        allowed = [n for n in graph if n[0] in gone]
        inner = graph.subgraph([start, *allowed])
        reached = {start, *nx.descendants(inner, start)}
        ends = {t for node in reached for t in graph.successors(node) if t[0] not in gone}
        found |= {(start, end) for end in ends}
    return found


@st.composite
def eliminations(draw: st.DrawFn) -> tuple[Unfolding, list[str]]:
    circuit, steps = draw(cases())
    note(gf.dumps(circuit))
    prune = bool(circuit.outputs) and draw(st.booleans())
    unfolding = gf.unfold(circuit, steps, prune=prune)
    names = draw(st.lists(st.sampled_from(circuit.signals), unique=True))
    note(f"{steps} steps, without {names}, pruned: {prune}")
    return unfolding, names


@given(eliminations())
def test_an_edge_stands_for_a_path_whose_inner_nodes_are_eliminated(
    case: tuple[Unfolding, list[str]],
) -> None:
    unfolding, names = case
    graph, left = graph_of(unfolding), gf.eliminate(unfolding, names)
    expected = paths_through(graph, set(names))
    instances = list(left.instances())
    assert instances == [i for i in unfolding.instances() if i[0] not in names]
    assert left.node_count == len(instances)
    assert {(p, i) for i in instances for p in left.predecessors(*i)} == expected
    sources, targets = left.edge_arrays()
    pairs = zip(sources.tolist(), targets.tolist(), strict=True)
    assert {(instances[a], instances[b]) for a, b in pairs} == expected
    assert len(sources) == left.edge_count == len(expected)
    assert (sources < targets).all()


@given(eliminations())
def test_what_reaches_what_is_left_as_it_is(case: tuple[Unfolding, list[str]]) -> None:
    unfolding, names = case
    left = gf.eliminate(unfolding, names)
    whole, less = graph_of(unfolding), gf.to_networkx(left)
    assert nx.is_directed_acyclic_graph(less)
    kept = set(left.instances())
    for instance in kept:
        below = nx.descendants(less, format_id(*instance))
        assert {unfolding.find(name) for name in below} == nx.descendants(whole, instance) & kept


@given(eliminations(), st.data())
def test_eliminating_one_after_the_other_is_eliminating_all_at_once(
    case: tuple[Unfolding, list[str]], data: st.DataObject
) -> None:
    unfolding, names = case
    order = data.draw(st.permutations(names))
    cut = data.draw(st.integers(0, len(order)))
    twice = gf.eliminate(gf.eliminate(unfolding, order[:cut]), order[cut:])
    assert twice == gf.eliminate(unfolding, names)
    assert hash(twice) == hash(gf.eliminate(unfolding, names))


@given(cases())
def test_eliminating_nothing_changes_nothing(case: tuple[Circuit, int]) -> None:
    unfolding = gf.unfold(*case)
    left = gf.eliminate(unfolding, [])
    assert left.node_count == unfolding.node_count
    assert left.edge_count == gf.edge_count(unfolding)
    for instance in unfolding.instances():
        assert set(left.predecessors(*instance)) == set(gf.predecessors(unfolding, *instance))


def test_without_its_state_every_output_depends_on_all_earlier_ones() -> None:
    """Figure 10.7 of the book is its figure 10.8 without h."""
    complete = gf.eliminate(gf.unfold(gf.loads(MARKOV), 6), ["h", "w"])
    assert list(complete.instances()) == [("y", t) for t in range(7)]
    for t in range(1, 7):
        assert complete.predecessors("y", t) == tuple(("y", s) for s in range(t))
    assert complete.edge_count == 6 * 7 // 2


def test_the_history_of_an_eliminated_signal_goes_with_it_and_what_it_reads_is_handed_on() -> None:
    text = MARKOV.replace("'h[0]': zeros", "'h[0]': 2 * w").replace("w * h[t-1]", "h[t-1]")
    left = gf.eliminate(gf.unfold(gf.loads(text), 2), "h")
    assert not left.contains("h", 0)
    assert left.predecessors("y", 2) == (("w", None), ("y", 0), ("y", 1))


def test_long_unfoldings_keep_a_few_sets_at_a_time() -> None:
    steps = 2000
    left = gf.eliminate(gf.unfold(gf.loads(MARKOV), steps), ["h", "w"])
    sources, targets = left.edge_arrays()
    assert sources.dtype == targets.dtype == np.int64
    assert len(sources) == steps * (steps + 1) // 2
    assert gf.eliminate(gf.unfold(gf.loads(MARKOV), 10**12), "h").node_count == 10**12 + 2


def test_edges_that_memory_cannot_hold_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 20_000_000)
    left = gf.eliminate(gf.unfold(gf.loads(MARKOV), 3000), "h")
    with pytest.raises(gf.TooLargeError, match="the edge arrays would need"):
        left.edge_arrays()
    assert len(left.predecessors("y", 3000)) == 3001


def test_an_elimination_shows_itself_and_goes_to_another_process() -> None:
    left = gf.eliminate(gf.unfold(gf.loads(MARKOV), 3), "h")
    assert repr(left) == "<<unfolding of 'circuit', t = 1..3: 9 nodes> without h: 5 nodes>"
    assert pickle.loads(pickle.dumps(left)) == left


def test_other_tools_get_an_elimination() -> None:
    left = gf.eliminate(gf.unfold(gf.loads(MARKOV), 2), ["h", "w"])
    assert sorted(gf.to_networkx(left).edges) == [
        ("y[0]", "y[1]"),
        ("y[0]", "y[2]"),
        ("y[1]", "y[2]"),
    ]
    assert [node["id"] for node in gf.to_node_link(left)["nodes"]] == ["y[0]", "y[1]", "y[2]"]
    assert '"y[1]" -> "y[2]"' in gf.to_graphviz(left).source


def test_wrong_names_are_told() -> None:
    unfolding = gf.unfold(gf.load(example_path("rnn_loss")), 3)
    with pytest.raises(gf.UnfoldingError, match=r"'hh'; did you mean 'h'\?"):
        gf.eliminate(unfolding, "hh")
    with pytest.raises(gf.UnfoldingError, match=r"not Circuit"):
        gf.eliminate(unfolding.circuit, "h")  # type: ignore[arg-type]
    with pytest.raises(gf.UnfoldingError, match=r"h\[1\] is not in this unfolding without h"):
        gf.eliminate(unfolding, "h").predecessors("h", 1)
    with pytest.raises(gf.UnfoldingError, match=r"h\[9\] is not in this unfolding$"):
        gf.eliminate(unfolding, "a").predecessors("h", 9)


def test_the_command_line_writes_an_elimination() -> None:
    model = MARKOV.encode()
    done = call("unfold", "-", "--eliminate", "h", "--format", "json", "-o", "-", stdin=model)
    assert done.code == 0
    assert len(json.loads(done.out)["nodes"]) == 5
    assert done.lines == ["5 nodes, 9 edges, 1 shared parameter"]
    done = call(
        *("unfold", "-", "--eliminate", "h", "--eliminate", "w", "--format", "dot", "-o", "-"),
        stdin=model,
    )
    assert '"y[0]" -> "y[3]"' in done.out
    assert done.lines == ["4 nodes, 6 edges, 0 shared parameters"]
    done = call("unfold", "-", "--eliminate", "hh", "--format", "dot", "-o", "-", stdin=model)
    assert (done.code, done.lines) == (2, ["error: unknown signal 'hh'; did you mean 'h'?"])
    done = call("unfold", "-", "--eliminate", "h", "--window", "1,1", stdin=model)
    assert done.code == 2
    assert done.lines == ["error: --window shows no fixed steps; leave out --eliminate"]
