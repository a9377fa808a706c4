"""All edges of an unfolded LSTM as arrays, against a networkx.DiGraph of the same edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measure import cpu_time, in_new_process, ratios
from benchmarks.table import Goal, Row, seconds

if TYPE_CHECKING:
    from graphfold import Unfolding
    from graphfold.circuit import Circuit

FRACTION = 100  # the DiGraph is built for 1/100 of the steps and its time scaled up
GOAL = Goal(50, at_least=True)

Pairs = list[tuple[Any, Any]]


@dataclass(frozen=True)
class Round:
    """Seconds: ours in new memory and in memory used before, filling such arrays, a DiGraph."""

    new: float
    used: float
    filling: float
    numbers: float
    ids: float


def rows(quick: bool) -> list[Row]:
    count, rounds = (26_000, 1) if quick else (10_000_000, 9)
    found = [in_new_process(_round, count, number % 2 == 1) for number in range(rounds)]
    new, used, filling = ([getattr(f, k) for f in found] for k in ("new", "used", "filling"))
    numbers, ids = ([getattr(f, k) for f in found] for k in ("numbers", "ids"))
    what = f"unfold the LSTM, {count:,} edges as arrays"
    return [
        _row(what, used, numbers, "numbers"),
        _row("… the nodes being ids", used, ids, "ids"),
        _row("… in new memory", new, numbers, "numbers"),
        Row(
            "… in new memory", seconds(new), f"{seconds(filling)}: fill two such arrays with 0",
            ratios(new, filling),
        ),
    ]  # fmt: skip


def _row(what: str, ours: list[float], theirs: list[float], nodes: str) -> Row:
    other = f"{seconds(theirs)}: `networkx.DiGraph` of {nodes}"
    return Row(what, seconds(ours), other, ratios(theirs, ours), GOAL)


def _round(count: int, theirs_first: bool) -> Round:
    import graphfold as gf
    from graphfold.examples import example_path

    circuit = gf.load(example_path("lstm"))
    steps = count // _edges_per_step(circuit)
    numbers, ids = _pairs(gf.unfold(circuit, steps // FRACTION))  # imports numpy, too
    if theirs_first:
        theirs = _build(numbers), _build(ids)
        return Round(*_fill(circuit, steps, count), *theirs)
    ours = _fill(circuit, steps, count)
    return Round(*ours, _build(numbers), _build(ids))


def _fill(circuit: Circuit, steps: int, count: int) -> tuple[float, float, float]:
    """Seconds for our arrays in new memory, then in used memory, and for filling new memory."""
    import numpy as np

    import graphfold as gf

    kept: list[Any] = []

    def ours() -> None:
        kept.append(gf.edge_arrays(gf.unfold(circuit, steps)))

    def fill() -> None:
        kept.extend([np.full(count, 0), np.full(count, 0)])

    new, filling = cpu_time(ours), cpu_time(fill)
    kept.clear()
    return new, cpu_time(ours), filling


def _build(pairs: Pairs) -> float:
    """Seconds for a DiGraph of all edges, from those of a fraction of the steps."""
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph()
    return FRACTION * cpu_time(lambda: graph.add_edges_from(pairs))


def _pairs(unfolding: Unfolding) -> tuple[Pairs, Pairs]:
    """The edges as pairs of node numbers, and as pairs of ids such as "h[3]"."""
    import graphfold as gf

    sources, targets = gf.edge_arrays(unfolding)
    numbers = list(zip(sources.tolist(), targets.tolist(), strict=True))
    names = [s if t is None else f"{s}[{t}]" for s, t in unfolding.instances()]
    return numbers, [(names[a], names[b]) for a, b in numbers]


def _edges_per_step(circuit: Circuit) -> int:
    import graphfold as gf

    return gf.edge_count(gf.unfold(circuit, 101)) - gf.edge_count(gf.unfold(circuit, 100))
