"""What time a circuit takes: its delays, recurrences and cycle ratios, and its critical path.

A signal counts as one unit of work.

K. Ito and K. Parhi, "Determining the minimum iteration period of an algorithm" (1995).
K. Parhi, "VLSI Digital Signal Processing Systems" (1999), chapters 2 and 3.
S. Zhang et al., "Architectural complexity measures of recurrent neural networks" (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import islice, product

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Delay, Freezable, Link
from graphfold.cycle_ratio import Edge, extreme_cycle
from graphfold.graphs import longest_path
from graphfold.recurrence import BOUNDARY, dependencies, find_components

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

    @property
    def ratio(self) -> Fraction:
        """The signals passed for each step of time, whether forward or backward in time."""
        return Fraction(len(self.signals), abs(self.total))


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

    @cached_property
    def longest_cycle(self) -> Cycle:
        """A cycle with the most signals for each step: its ratio is the iteration bound."""
        return self._extreme(longest=True)

    @cached_property
    def shortest_cycle(self) -> Cycle:
        """A cycle with the fewest signals for each step: its ratio is the shortest path."""
        return self._extreme(longest=False)

    @property
    def iteration_bound(self) -> Fraction:
        """The maximum cycle ratio: no schedule and no retiming needs less work a step."""
        return self.longest_cycle.ratio

    @property
    def shortest_path(self) -> Fraction:
        """The minimum cycle ratio: the signals on a shortest path from step to step, on average."""
        return self.shortest_cycle.ratio

    def _extreme(self, longest: bool) -> Cycle:
        number = {signal: place for place, signal in enumerate(self.signals)}
        sign = 1 if self.direction == "causal" else -1  # against time, delays are mirrored
        edges = [Edge(number[k.source], number[k.target], sign * k.delay) for k in self.links]
        found = extreme_cycle(len(number), edges, longest=longest)
        first = min(range(len(found)), key=lambda i: found[i].source)
        cycle = found[first:] + found[:first]
        signals = tuple(self.signals[edge.source] for edge in cycle)
        return Cycle(signals, tuple(sign * edge.delay for edge in cycle))


@dataclass(frozen=True)
class Analysis:
    """The delays of a circuit, its recurrences, and its critical path.

    `critical_path` names the equations on a longest way through the circuit that no delay breaks:
    what must be computed one after the other within a step.
    """

    delays: tuple[Delay, ...]
    recurrences: tuple[Recurrence, ...]
    critical_path: tuple[str, ...] = ()

    @property
    def longest_cycle(self) -> Cycle | None:
        """The cycle with the most signals for each step; None without a recurrence."""
        cycles = (r.longest_cycle for r in self.recurrences)
        return max(cycles, key=lambda c: c.ratio, default=None)

    @property
    def shortest_cycle(self) -> Cycle | None:
        """The cycle with the fewest signals for each step; None without a recurrence."""
        cycles = (r.shortest_cycle for r in self.recurrences)
        return min(cycles, key=lambda c: c.ratio, default=None)

    @property
    def iteration_bound(self) -> Fraction | None:
        """The largest iteration bound of a recurrence; None without one."""
        return None if self.longest_cycle is None else self.longest_cycle.ratio

    @property
    def shortest_path(self) -> Fraction | None:
        """The shortest path per step of all recurrences; None without one."""
        return None if self.shortest_cycle is None else self.shortest_cycle.ratio

    @property
    def registers(self) -> int:
        """How many past values are kept at a time: the longest delay of each signal."""
        longest: dict[str, int] = {}
        for delay in self.delays:
            if delay.steps > 0:
                longest[delay.signal] = max(longest.get(delay.signal, 0), delay.steps)
        return sum(longest.values())


def analyze(circuit: Freezable) -> Analysis:
    """Find the delays, recurrences and critical path of a circuit.

    ModelError when it is not well formed.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> [r.direction for r in analyze(load(example_path("bidirectional"))).recurrences]
    ['causal', 'anti-causal']
    >>> found = analyze(load(example_path("rnn_loss")))
    >>> found.iteration_bound, found.longest_cycle.signals, found.critical_path
    (Fraction(2, 1), ('a', 'h'), ('a', 'h', 'o', 'L', 'Loss'))
    """
    frozen = ensure_well_formed(circuit)
    components, _ = find_components(frozen)
    recurrences = (
        _recurrence(frozen, c.signals, c.direction) for c in components if c.direction is not None
    )
    order = {signal: place for place, signal in enumerate(frozen.signals)}
    return Analysis(
        frozen.delays,
        tuple(sorted(recurrences, key=lambda r: min(order[s] for s in r.signals))),
        _critical_path(frozen),
    )


def _critical_path(circuit: Circuit) -> tuple[str, ...]:
    """The equations on a longest path without delay; a history is read through a delay."""
    edges = [
        (link.source, link.target)
        for link in dependencies(circuit)
        if not link.delay and link.source != BOUNDARY + link.target
    ]
    nodes = dict.fromkeys([*circuit.signals, *(name for edge in edges for name in edge)])
    return tuple(longest_path(list(nodes), edges, circuit.equation))


def _recurrence(circuit: Circuit, signals: tuple[str, ...], direction: str) -> Recurrence:
    members = set(signals)
    moving = (link for link in circuit.links if link.reach == "step")
    inside = (link for link in moving if {link.source, link.target} <= members)
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
