"""The project's own graph algorithms: against networkx, and on a circuit of 20,000 signals."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.measure import cpu_time, in_new_process, in_turns, ratios
from benchmarks.table import Goal, Row, seconds

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding


def rows(quick: bool) -> list[Row]:
    rounds = 1 if quick else 15
    a, b = in_turns(
        rounds,
        lambda: in_new_process(_import, "graphfold.graphs"),
        lambda: in_new_process(_import, "networkx"),
    )
    first = Row("import the graph algorithms", seconds(a), f"{seconds(b)}: networkx",
                ratios(a, b), Goal(0.2))  # fmt: skip
    counts = (10,) if quick else (10, 100, 1000)
    return [first, *(_components(rounds, n) for n in counts), *_large(20 if quick else 20_000)]


def _large(count: int) -> Iterator[Row]:
    """Verbs on a random circuit with five reads an equation, one component of all signals."""
    import graphfold as gf

    choose, lines = random.Random(count), []
    for number in range(count):
        reads = [(choose.randrange(count), choose.randint(0, 2)) for _ in range(5)]
        texts = (f"s{n}[t-{k + (n >= number)}]" for n, k in reads)
        lines.append(f"  s{number}[t] = tanh({' + '.join(texts)})\n".replace("t-0", "t"))
    text = "graphfold: 1\nequations: |\n" + "".join(lines)
    load = cpu_time(lambda: gf.loads(text))
    circuit = gf.loads(text)
    verbs = {
        "unfold it, and count its nodes and edges": lambda: _count(gf.unfold(circuit, 10)),
        "its iteration bound": lambda: gf.analyze(circuit).iteration_bound,
    }
    yield Row(f"read and check {count:,} signals", seconds([load]), "", [1.0])
    for what, verb in verbs.items():
        found = cpu_time(verb)
        yield Row(f"… {what}", seconds([found]), "reading and checking it", ratios([found], [load]))


def _count(unfolding: Unfolding) -> tuple[int, int]:
    import graphfold as gf

    return unfolding.node_count, gf.edge_count(unfolding)


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
