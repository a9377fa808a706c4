"""What a circuit's cycles are like: delays, recurrences and their direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Delay, Freezable, Link
from graphfold.recurrence import find_components

MOST_CYCLES = 100


@dataclass(frozen=True)
class Cycle:
    """A simple cycle: its signals in the direction data flows, and the delays that it passes."""

    signals: tuple[str, ...]
    delays: tuple[int, ...]

    @property
    def total(self) -> int:
        """The sum of the delays: negative when the cycle runs against time."""
        return sum(self.delays)


@dataclass(frozen=True)
class Recurrence:
    """A strongly connected component: its signals, direction, and simple cycles."""

    signals: tuple[str, ...]
    direction: str
    cycles: tuple[Cycle, ...]
    complete: bool


@dataclass(frozen=True)
class Analysis:
    """The delays of a circuit, its recurrences, and the registers its delays need."""

    delays: tuple[Delay, ...]
    recurrences: tuple[Recurrence, ...]

    @property
    def registers(self) -> int:
        """How many past values are kept at a time: the longest delay of each signal."""
        longest: dict[str, int] = {}
        for delay in self.delays:
            if delay.steps > 0:
                longest[delay.signal] = max(longest.get(delay.signal, 0), delay.steps)
        return sum(longest.values())


def analyze(circuit: Freezable) -> Analysis:
    """Find the delays and recurrences of a circuit; ModelError when it is not well formed.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> [r.direction for r in analyze(load(example_path("bidirectional"))).recurrences]
    ['causal', 'anti-causal']
    """
    frozen = circuit.freeze()
    ensure_well_formed(frozen)
    components, _ = find_components(frozen)
    recurrences = (
        _recurrence(frozen, c.signals, c.direction) for c in components if c.direction is not None
    )
    order = {signal: place for place, signal in enumerate(frozen.signals)}
    return Analysis(
        frozen.delays, tuple(sorted(recurrences, key=lambda r: min(order[s] for s in r.signals)))
    )


def _recurrence(circuit: Circuit, signals: tuple[str, ...], direction: str) -> Recurrence:
    cycles: list[Cycle] = []
    for cycle in _simple_cycles(circuit, set(signals)):
        if len(cycles) == MOST_CYCLES:
            return Recurrence(signals, direction, _by_length(cycles), complete=False)
        cycles.append(cycle)
    return Recurrence(signals, direction, _by_length(cycles), complete=True)


def _by_length(cycles: list[Cycle]) -> tuple[Cycle, ...]:
    return tuple(sorted(cycles, key=lambda c: (len(c.signals), c.signals, c.delays)))


def _simple_cycles(circuit: Circuit, members: set[str]) -> Iterator[Cycle]:
    """Every simple cycle of a component, once for each choice of delays along it."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    links: dict[tuple[str, str], list[Link]] = {}
    for link in circuit.links:
        if link.source in members and link.target in members:
            links.setdefault((link.source, link.target), []).append(link)
            graph.add_edge(link.source, link.target)
    order = {signal: place for place, signal in enumerate(circuit.signals)}
    for found in nx.simple_cycles(graph):
        start = min(range(len(found)), key=lambda i: order[found[i]])
        signals = (*found[start:], *found[:start])
        pairs = zip(signals, (*signals[1:], signals[0]), strict=True)
        yield from _with_delays(signals, [links[pair] for pair in pairs])


def _with_delays(signals: tuple[str, ...], choices: list[list[Link]]) -> Iterator[Cycle]:
    for chosen in product(*choices):
        yield Cycle(signals, tuple(link.delay for link in chosen))
