"""The order of the sites within each row, with the fewest crossings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence


def order(
    rows: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str]],
    kept: Sequence[Sequence[str]] = (),
) -> list[list[str]]:
    """Return the rows with their names reordered; each link joins neighbouring rows.

    Names of one row that are `kept` stay in their order.
    """
    if all(len(row) < 2 for row in rows) or not links:
        return [list(row) for row in rows]
    return _by_graphviz(rows, links, kept)


def _by_graphviz(
    rows: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str]],
    kept: Sequence[Sequence[str]],
) -> list[list[str]]:
    from pygraphviz import AGraph

    number = {name: f"n{i}" for i, name in enumerate(n for row in rows for n in row)}
    graph = AGraph(directed=True, strict=False, rankdir="BT", nodesep="0.3", ranksep="0.5")
    graph.node_attr.update(label="", shape="box", fixedsize="true", width="0.6", height="0.3")
    for node in number.values():
        graph.add_node(node)
    for row in filter(None, rows):
        graph.add_subgraph([number[name] for name in row], rank="same")
    filled = [row for row in rows if row]
    for below, above in itertools.pairwise(filled):
        graph.add_edge(number[below[0]], number[above[0]], style="invis", weight="0")
    for names in kept:
        for left, right in itertools.pairwise(names):
            graph.add_edge(number[left], number[right], style="invis")  # weight 0 would not order
    for source, target in links:
        graph.add_edge(number[source], number[target])
    graph.layout(prog="dot")
    place = {name: _x(graph.get_node(number[name]).attr["pos"]) for name in number}
    return [sorted(row, key=lambda name: place[name]) for row in rows]


def _x(position: str) -> float:
    return float(position.split(",", maxsplit=1)[0])
