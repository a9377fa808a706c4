"""What a circuit's cycles are like: delays, recurrences and their direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product

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
    """A strongly connected component: its signals, direction and links.

    Its simple cycles are looked for when they are asked for: there may be very many.
    """

    signals: tuple[str, ...]
    direction: str
    links: tuple[Link, ...] = field(repr=False)

    @cached_property
    def _found(self) -> tuple[Cycle, ...]:
        """The cycles, and one more than are shown when there are too many."""
        return tuple(islice(_simple_cycles(self.signals, self.links), MOST_CYCLES + 1))

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The first simple cycles, at most `MOST_CYCLES`, short ones first."""
        shown = self._found[:MOST_CYCLES]
        return tuple(sorted(shown, key=lambda c: (len(c.signals), c.signals, c.delays)))

    @property
    def complete(self) -> bool:
        """Whether `cycles` are all the simple cycles."""
        return len(self._found) <= MOST_CYCLES


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
    frozen = ensure_well_formed(circuit)
    components, _ = find_components(frozen)
    recurrences = (
        _recurrence(frozen, c.signals, c.direction) for c in components if c.direction is not None
    )
    order = {signal: place for place, signal in enumerate(frozen.signals)}
    return Analysis(
        frozen.delays, tuple(sorted(recurrences, key=lambda r: min(order[s] for s in r.signals)))
    )


def _recurrence(circuit: Circuit, signals: tuple[str, ...], direction: str) -> Recurrence:
    members = set(signals)
    inside = (link for link in circuit.links if {link.source, link.target} <= members)
    return Recurrence(signals, direction, tuple(inside))


def _simple_cycles(signals: tuple[str, ...], links: tuple[Link, ...]) -> Iterator[Cycle]:
    """Every simple cycle of a component, once for each choice of delays along it."""
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()  # of numbers: networkx puts nodes into sets
    between: dict[tuple[int, int], list[Link]] = {}
    order = {signal: place for place, signal in enumerate(signals)}
    for link in links:
        pair = order[link.source], order[link.target]
        between.setdefault(pair, []).append(link)
        graph.add_edge(*pair)
    for found in nx.simple_cycles(graph):
        start = found.index(min(found))
        path = (*found[start:], *found[:start])
        pairs = zip(path, (*path[1:], path[0]), strict=True)
        yield from _with_delays(tuple(signals[i] for i in path), [between[p] for p in pairs])


def _with_delays(signals: tuple[str, ...], choices: list[list[Link]]) -> Iterator[Cycle]:
    for chosen in product(*choices):
        yield Cycle(signals, tuple(link.delay for link in chosen))
