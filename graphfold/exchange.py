"""Circuits and unfoldings for other tools: networkx graphs, node-link JSON, Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from graphfold.cells.flatten import flatten
from graphfold.circuit import Circuit, Freezable, Link
from graphfold.edges import edge_count, predecessors
from graphfold.eliminate import Elimination
from graphfold.errors import GraphfoldError, shorten
from graphfold.instances import Instance, format_id
from graphfold.memory import ensure_fits
from graphfold.unfolding import Unfolding, Window

if TYPE_CHECKING:
    import graphviz
    import networkx as nx

_BYTES_PER_NODE = 2_000  # a networkx node with its attributes and a few edges, roughly
_BYTES_PER_EDGE = 250

Delays = Literal["nodes", "edges"]


def to_networkx(
    x: Freezable | Unfolding | Elimination, *, delays: Delays = "nodes"
) -> nx.DiGraph[str]:
    """Return a `networkx.DiGraph` of a circuit, an unfolding or an elimination.

    In a circuit, delays are nodes such as "h[t-1]" (`delays="nodes"`), or the attribute `delays`
    of an edge, the list of steps it is late (`delays="edges"`). Nodes of an unfolding are ids
    such as "h[3]", with the attributes signal, step and kind; they stand in topological order.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> graph = to_networkx(load(example_path("driven")))
    >>> sorted(graph.edges)
    [('h', 'h[t-1]'), ('h[t-1]', 'h'), ('theta', 'h'), ('x', 'h')]
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    if isinstance(x, Unfolding | Elimination):
        _add_unfolding(graph, x)
        return graph
    if delays not in ("nodes", "edges"):
        raise GraphfoldError(f"delays are shown as 'nodes' or 'edges', not {delays!r}")
    circuit = flatten(x)
    graph.graph["name"] = circuit.name
    for signal in circuit.signals:
        graph.add_node(signal, kind=circuit.kind_of(signal), axis=circuit.axis_of[signal])
    for link in circuit.links:
        if delays == "nodes" and link.delay:
            _add_delay(graph, circuit, link)
        else:
            _add_edge(graph, link)
    return graph


def _add_delay(graph: nx.DiGraph[str], circuit: Circuit, link: Link) -> None:
    axis = circuit.axis_of[link.source]
    name = f"{link.source}[{axis}{-link.delay:+d}]"
    graph.add_node(name, kind="delay", axis=axis, signal=link.source, steps=link.delay)
    graph.add_edge(link.source, name)
    graph.add_edge(name, link.target)


def _add_edge(graph: nx.DiGraph[str], link: Link) -> None:
    if not graph.has_edge(link.source, link.target):
        graph.add_edge(link.source, link.target, delays=[])
    edge = graph.edges[link.source, link.target]
    if link.reach == "step":
        edge["delays"].append(link.delay)
    elif link.index is not None:
        edge.setdefault("fixed", []).append(str(link.index))
    elif link.reach == "all":
        edge["over"] = "all steps"


def _add_unfolding(graph: nx.DiGraph[str], x: Unfolding | Elimination) -> None:
    edges = x.edge_count if isinstance(x, Elimination) else edge_count(x)
    ensure_fits(x.node_count * _BYTES_PER_NODE + edges * _BYTES_PER_EDGE, "the graph")
    unfolding = x.unfolding if isinstance(x, Elimination) else x
    graph.graph["name"] = unfolding.circuit.name
    instances = list(x.instances())
    ids = [format_id(*instance) for instance in instances]
    for name, instance in zip(ids, instances, strict=True):
        graph.add_node(name, **_attributes(unfolding, instance))
    if isinstance(x, Elimination):
        sources, targets = (numbers.tolist() for numbers in x.edge_arrays())
        graph.add_edges_from((ids[a], ids[b]) for a, b in zip(sources, targets, strict=True))
        return
    for target, instance in zip(ids, instances, strict=True):
        graph.add_edges_from((format_id(*p), target) for p in predecessors(unfolding, *instance))


def _attributes(unfolding: Unfolding, instance: Instance) -> dict[str, Any]:
    signal, step = instance
    boundary = unfolding.is_boundary(signal, step)
    kind = "boundary" if boundary else unfolding.circuit.kind_of(signal)
    return {"signal": signal, "step": step, "kind": kind}


def to_node_link(x: Freezable | Unfolding | Elimination) -> dict[str, Any]:
    """Return node-link data, ready for JSON, that `networkx.node_link_graph` reads back."""
    import networkx as nx

    data: dict[str, Any] = nx.node_link_data(to_networkx(x), edges="edges")
    return data


def to_graphviz(x: Freezable | Unfolding | Elimination | Window) -> graphviz.Digraph:
    """Return a `graphviz.Digraph`; delays of a circuit are black squares."""
    import graphviz

    if isinstance(x, Window):
        raise GraphfoldError("a window has no end: unfold the circuit to export it")
    graph = to_networkx(x)
    dot = graphviz.Digraph(graphviz.escape(shorten(graph.graph["name"], 200)))
    for name, attributes in graph.nodes(data=True):
        dot.node(name, **_look(name, attributes))
    for source, target in graph.edges:
        dot.edge(source, target)
    return dot


def _look(name: str, attributes: dict[str, Any]) -> dict[str, str]:
    if attributes["kind"] == "delay":
        steps = "" if attributes["steps"] == 1 else str(attributes["steps"])
        return {
            "label": "", "xlabel": steps, "shape": "square", "style": "filled",
            "fillcolor": "black", "width": "0.15",
        }  # fmt: skip
    shape = "box" if attributes["kind"] == "param" else "circle"
    return {"label": name, "shape": shape}
