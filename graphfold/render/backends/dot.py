"""Diagram to Graphviz: delays are black squares, steps clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphfold.render.diagram import Diagram, Node

if TYPE_CHECKING:
    import graphviz

LONGEST = 200
_LOOKS = {
    "circle": {},
    "box": {"shape": "box", "style": "rounded"},
    "stub": {"style": "dashed"},
    "dots": {"shape": "plaintext"},
}


def dot(diagrams: Sequence[Diagram], title: str = "") -> graphviz.Digraph:
    """Return the diagrams as one graph, several each in a cluster of its own."""
    import graphviz

    graph = graphviz.Digraph(_text(title) or None)
    graph.attr(rankdir="BT" if all(one.upward for one in diagrams) else "LR")
    graph.attr("node", shape="circle", margin="0.03")
    graph.attr("edge", arrowsize="0.8")
    for number, one in enumerate(diagrams):
        if len(diagrams) == 1:
            _fill(graph, one, "")
        else:
            with graph.subgraph(name=f"cluster_figure_{number + 1}") as part:
                part.attr(label=_text(one.caption), color="none")
                _fill(part, one, f"{number + 1}/")
    return graph


def _fill(graph: graphviz.Digraph, one: Diagram, prefix: str) -> None:
    import graphviz

    inside: dict[int | None, list[Node]] = {}
    for node in one.nodes:
        inside.setdefault(node.cluster, []).append(node)
    parts: dict[int | None, graphviz.Digraph] = {None: graph}
    for place, cluster in enumerate(one.clusters):
        part = graphviz.Digraph(f"cluster_{prefix}{place + 1}")
        part.attr(label=_text(cluster.label), color="gray70")
        parts[place] = part
    for key, part in parts.items():
        for node in inside.get(key, []):
            part.node(_name(prefix + node.id), **_look(node))
    children: dict[int | None, list[int]] = {}
    for place in reversed(range(len(one.clusters))):  # inner ones are filled first
        for child in reversed(children.get(place, [])):
            parts[place].subgraph(parts[child])
        children.setdefault(one.clusters[place].within, []).append(place)
    for child in reversed(children.get(None, [])):
        graph.subgraph(parts[child])
    ranks = _ranks(one)
    for arrow in one.arrows:
        look = {"label": _text(arrow.label)} if arrow.label else {}
        look |= {"style": "dashed"} if arrow.dashed else {}
        look |= {"constraint": "false"} if ranks[arrow.source] > ranks[arrow.target] else {}
        ends = [_name(prefix + id) for id in (arrow.source, arrow.target)]
        graph.edge(*ends, **look)


def _ranks(one: Diagram) -> dict[str, float]:
    """Where nodes stand in time; wires that go back, as all from squares do, rank nothing."""
    tops: list[int] = []
    for number, cluster in enumerate(one.clusters):
        tops.append(number if cluster.within is None else tops[cluster.within])
    stepped = any(node.cluster is not None for node in one.nodes) and not one.upward
    found: dict[str, float] = {}
    for node in one.nodes:
        step = tops[node.cluster] if stepped and node.cluster is not None else math.nan
        found[node.id] = math.inf if node.shape == "delay" else step
    return found


def _look(node: Node) -> dict[str, str]:
    if node.shape == "delay":
        return {
            "label": "", "xlabel": _text(node.label), "shape": "square", "style": "filled",
            "fillcolor": "black", "width": "0.15",
        }  # fmt: skip
    return {"label": _text(node.label), **_LOOKS[node.shape]}


def _name(id: str) -> str:
    """A node's name; a colon in it would tell a port."""
    return _text(id.replace(":", ".."))


def _text(text: str) -> str:
    """A text that is shown as it is, and not too long."""
    import graphviz

    clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
    shown = clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…"
    return graphviz.escape(shown)  # type: ignore[no-any-return]  # a str that is never HTML
