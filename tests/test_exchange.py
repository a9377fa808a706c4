"""Graphs for other tools: networkx, node-link JSON, DOT that Graphviz reads whatever the names."""

from __future__ import annotations

import json
import warnings
from itertools import pairwise

import networkx as nx
import pygraphviz
import pytest
from circuits import cases, circuits, span
from hypothesis import given, note, settings

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_names, example_path
from graphfold.instances import format_id


def example(name: str) -> Circuit:
    return gf.load(example_path(name))


def parse_dot(source: str) -> pygraphviz.AGraph:
    return pygraphviz.AGraph(string=source)


# -- circuits -----------------------------------------------------------------------------------


def test_a_delay_is_a_node_shared_by_all_who_read_it() -> None:
    graph = gf.to_networkx(example("lstm"))
    delays = {name: data for name, data in graph.nodes(data=True) if data["kind"] == "delay"}
    assert set(delays) == {"h[t-1]", "s[t-1]"}
    assert delays["h[t-1]"] == {"kind": "delay", "axis": "t", "signal": "h", "steps": 1}
    assert sorted(graph.successors("h[t-1]")) == ["f", "g", "i", "q"]
    assert list(graph.predecessors("h[t-1]")) == ["h"]


def test_a_lookahead_is_a_node_too() -> None:
    assert gf.to_networkx(example("bidirectional")).nodes["g[t+1]"]["steps"] == -1


def test_delays_can_be_attributes_of_edges() -> None:
    graph = gf.to_networkx(example("fibonacci"), delays="edges")
    assert list(graph.nodes) == ["F"]
    assert graph.edges["F", "F"]["delays"] == [1, 2]


def test_a_sum_over_the_steps_is_told_on_its_edge() -> None:
    graph = gf.to_networkx(example("rnn_loss"), delays="edges")
    assert graph.edges["L", "Loss"]["over"] == "all steps"


def test_another_way_to_show_delays_is_refused() -> None:
    with pytest.raises(gf.GraphfoldError, match="'nodes' or 'edges', not 'squares'"):
        gf.to_networkx(example("lstm"), delays="squares")  # type: ignore[arg-type]


@given(circuits())
def test_without_its_delays_a_circuit_has_no_cycle(circuit: Circuit) -> None:
    graph = gf.to_networkx(circuit)
    graph.remove_nodes_from([n for n, d in graph.nodes(data=True) if d["kind"] == "delay"])
    assert nx.is_directed_acyclic_graph(graph)


# -- unfoldings ---------------------------------------------------------------------------------


def test_nodes_of_an_unfolding_know_what_they_are() -> None:
    graph = gf.to_networkx(gf.unfold(example("rnn_loss"), 2))
    assert graph.nodes["h[2]"] == {"signal": "h", "step": 2, "kind": "equation"}
    assert graph.nodes["h[0]"]["kind"] == "boundary"
    assert graph.nodes["W"] == {"signal": "W", "step": None, "kind": "param"}


@given(cases())
def test_the_graph_has_the_nodes_and_edges_of_the_unfolding(case: tuple[Circuit, int]) -> None:
    unfolding = gf.unfold(case[0], case[1])
    note(gf.dumps(case[0]))
    graph = gf.to_networkx(unfolding)
    assert list(graph.nodes) == [format_id(*instance) for instance in unfolding.instances()]
    assert graph.number_of_edges() == gf.edge_count(unfolding)
    place = {name: number for number, name in enumerate(graph.nodes)}
    assert all(place[source] < place[target] for source, target in graph.edges)


@given(cases())
def test_node_link_data_goes_through_json_and_back(case: tuple[Circuit, int]) -> None:
    for x in (case[0], gf.unfold(case[0], case[1])):
        text = json.dumps(gf.to_node_link(x))
        read = nx.node_link_graph(json.loads(text))
        graph = gf.to_networkx(x)
        assert isinstance(read, nx.DiGraph)
        assert nx.utils.graphs_equal(read, graph)
        assert list(read.nodes) == list(graph.nodes)


def test_more_than_the_memory_holds_is_refused_at_once() -> None:
    with pytest.raises(gf.TooLargeError, match="the graph would need"):
        gf.to_networkx(gf.unfold(example("lstm"), 10**14))


# -- DOT ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", example_names())
def test_graphviz_reads_the_examples(name: str) -> None:
    circuit = example(name)
    for x in (circuit, gf.unfold(circuit, **span(circuit, 3))):
        graph, read = gf.to_networkx(x), parse_dot(gf.to_graphviz(x).source)
        assert read.is_directed()
        assert set(read.nodes()) == set(graph.nodes)
        assert {tuple(edge) for edge in read.edges()} == set(graph.edges)


def test_a_delay_is_a_black_square() -> None:
    graph = parse_dot(gf.to_graphviz(example("biquad")).source)
    look = graph.get_node("y[t-2]").attr
    assert (look["shape"], look["fillcolor"], look["xlabel"]) == ("square", "black", "2")


HOSTILE = [
    *("<b>bold</b>", "<script>alert(1)</script>", 'a" ] ; evil [label="', 'a\\" ] ; evil [x="'),
    *("trailing\\", "\\\\", "100% %s", "{x|y}", "a b", "שלום", "🦆", "e\u0301", "n" * 200),
    *("digraph", "a -> b", "// no comment", "/* none */", "#", "&amp;"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_circuit_stays_a_name(name: str) -> None:
    circuit = gf.loads(f"graphfold: 1\nname: {json.dumps(name)}\nequations: |\n  y = 1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = parse_dot(gf.to_graphviz(circuit).source)
    assert [str(node) for node in read.nodes()] == ["y"]
    assert str(read.name).replace("\\", "") == name.replace("\\", "")


def test_characters_that_cannot_be_printed_are_replaced() -> None:
    circuit = gf.loads('graphfold: 1\nname: "a\\0b\\ec"\nequations: |\n  y = 1')
    assert str(parse_dot(gf.to_graphviz(circuit).source).name) == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("word", ["node", "edge", "graph", "digraph", "subgraph", "strict", "жук"])
def test_words_of_dot_can_name_signals(word: str) -> None:
    circuit = gf.loads(f"graphfold: 1\nequations: |\n  {word} = 1\n  y = {word}")
    assert {tuple(e) for e in parse_dot(gf.to_graphviz(circuit).source).edges()} == {(word, "y")}


def test_a_window_has_no_graph() -> None:
    with pytest.raises(gf.GraphfoldError, match="a window has no end"):
        gf.to_graphviz(gf.window(example("driven")))


@settings(max_examples=25)
@given(cases())
def test_graphviz_reads_random_unfoldings(case: tuple[Circuit, int]) -> None:
    unfolding = gf.unfold(case[0], case[1])
    read = parse_dot(gf.to_graphviz(unfolding).source)
    assert len(read.edges()) == gf.edge_count(unfolding)


def test_two_runs_give_the_same_text() -> None:
    sources = [gf.to_graphviz(gf.unfold(example("lstm"), 4)).source for _ in range(3)]
    assert all(a == b for a, b in pairwise(sources))


def test_a_graph_with_too_many_edges_for_the_memory_is_refused_at_once() -> None:
    head = "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n"
    unfolding = gf.unfold(gf.loads(f"{head}  y[t] = x[t] * sum(x[t] for t)\n"), 100_000)
    with pytest.raises(gf.TooLargeError, match="the graph would need"):
        gf.to_networkx(unfolding)
