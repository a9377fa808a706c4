"""All edges of an unfolded LSTM as arrays, against a networkx.DiGraph of the same edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.measure import cpu_time, in_new_process, ratios
from benchmarks.table import Goal, Row, seconds

FRACTION = 100  # the DiGraph is built for 1/100 of the steps and its time scaled up


def rows(quick: bool) -> list[Row]:
    count, rounds = (26_000, 1) if quick else (10_000_000, 9)
    found = [in_new_process(_round, count, number % 2 == 1) for number in range(rounds)]
    ours, numbers, texts = (list(column) for column in zip(*found, strict=True))
    what = f"unfold the LSTM, {count:,} edges as arrays"
    return [
        Row(
            what, seconds(ours), f"{seconds(theirs)}: `networkx.DiGraph` of {kind}",
            ratios(theirs, ours), Goal(50, at_least=True),
        )
        for kind, theirs in (("numbers", numbers), ("ids", texts))
    ]  # fmt: skip


def _round(count: int, theirs_first: bool) -> tuple[float, float, float]:
    """Seconds for our arrays, for a DiGraph of node numbers, and for one of ids."""
    import networkx as nx

    import graphfold as gf
    from graphfold.examples import example_path

    circuit = gf.load(example_path("lstm"))
    steps = count // _edges_per_step(circuit)
    few = gf.unfold(circuit, steps // FRACTION)
    sources, targets = gf.edge_arrays(few)  # which also imports numpy, before the clock starts
    numbers = list(zip(sources.tolist(), targets.tolist(), strict=True))
    names = [_name(few.instance(number)) for number in range(few.node_count)]
    texts = [(names[a], names[b]) for a, b in numbers]

    def ours() -> float:
        return cpu_time(lambda: gf.edge_arrays(gf.unfold(circuit, steps)))

    def theirs(pairs: Iterable[tuple[Any, Any]]) -> float:
        graph: nx.DiGraph[Any] = nx.DiGraph()
        return FRACTION * cpu_time(lambda: graph.add_edges_from(pairs))

    if theirs_first:
        b, c = theirs(numbers), theirs(texts)
        return ours(), b, c
    return ours(), theirs(numbers), theirs(texts)


def _edges_per_step(circuit: Any) -> int:
    import graphfold as gf

    return gf.edge_count(gf.unfold(circuit, 101)) - gf.edge_count(gf.unfold(circuit, 100))


def _name(instance: tuple[str, int | None]) -> str:
    signal, step = instance
    return signal if step is None else f"{signal}[{step}]"
