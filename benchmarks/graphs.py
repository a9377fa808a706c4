"""The project's own graph algorithms against networkx: to import, and to run."""

from __future__ import annotations

import random

from benchmarks.measure import cpu_time, in_new_process, in_turns, ratios
from benchmarks.table import Goal, Row, seconds


def rows(quick: bool) -> list[Row]:
    rounds = 1 if quick else 15
    a, b = in_turns(
        rounds,
        lambda: in_new_process(_import, "graphfold.graphs"),
        lambda: in_new_process(_import, "networkx"),
    )
    first = Row("import the graph algorithms", seconds(a), f"{seconds(b)}: networkx",
                ratios(a, b), Goal(0.2))  # fmt: skip
    return [first, *(_components(rounds, count) for count in ((10,) if quick else (10, 100, 1000)))]


def _import(name: str) -> float:
    from importlib import import_module

    return cpu_time(lambda: import_module(name))


def _components(rounds: int, count: int) -> Row:
    """Strong components of a random circuit with three reads an equation."""
    import networkx as nx

    from graphfold.graphs import strong_components

    choose = random.Random(count)
    nodes = [f"s{number}" for number in range(count)]
    successors = {node: choose.sample(nodes, 3) for node in nodes}
    graph: nx.DiGraph[str] = nx.DiGraph(
        [(node, other) for node in nodes for other in successors[node]]
    )
    a, b = in_turns(
        rounds,
        lambda: cpu_time(lambda: strong_components(nodes, successors)),
        lambda: cpu_time(lambda: list(nx.strongly_connected_components(graph))),
    )
    what = f"strong components of {count:,} signals"
    return Row(what, seconds(a), f"{seconds(b)}: networkx", ratios(a, b))
