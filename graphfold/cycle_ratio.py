"""The extreme cycle ratio of a strongly connected graph: edges gone per delay passed, exactly.

Policy iteration of R. Howard (1960), for cycle ratios by J. Cochet-Terrasson, G. Cohen, S. Gaubert,
M. McGettrick and J.-P. Quadrat, "Numerical computation of spectral elements in max-plus algebra"
(1998); A. Dasdan, "Experimental analysis of the fastest optimum cycle ratio and mean algorithms"
(2004) finds it the fastest. A round takes time linear in the edges, and few rounds are needed. All
numbers are whole, and what it ends with proves itself: potentials under which no cycle is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between nodes that are numbers, and the delay on it."""

    source: int
    target: int
    delay: int


def extreme_cycle(count: int, edges: Sequence[Edge], *, longest: bool) -> list[Edge]:
    """Return a cycle with the most (`longest`) or fewest edges for each delay.

    The nodes 0..count-1 are strongly connected and every cycle has a positive total delay.

    >>> short, long = Edge(0, 0, 2), [Edge(0, 1, 0), Edge(1, 0, 1)]
    >>> extreme_cycle(2, [short, *long], longest=True) == long
    True
    >>> extreme_cycle(2, [short, *long], longest=False) == [short]
    True
    """
    search = _PolicyIteration(count, edges, -1 if longest else 1)
    while search.improve():
        pass
    return search.cycle


def ratio(cycle: Sequence[Edge]) -> Fraction:
    """The number of edges of a cycle for each delay."""
    return Fraction(len(cycle), sum(edge.delay for edge in cycle))


class _PolicyIteration:
    """Each node follows one edge; all lead to the best cycle of these edges.

    The cost of an edge is `sign` less the cycle's ratio times its delay, so the cycle costs
    nothing. `value` is the cost of a node's way to the cycle.
    """

    def __init__(self, count: int, edges: Sequence[Edge], sign: int) -> None:
        self.sign = sign
        self.leaving: list[list[Edge]] = [[] for _ in range(count)]
        self.entering: list[list[Edge]] = [[] for _ in range(count)]
        for edge in edges:
            self.leaving[edge.source].append(edge)
            self.entering[edge.target].append(edge)
        self.policy = [max(out, key=lambda edge: sign * edge.delay) for out in self.leaving]
        self.value = [0] * count
        self.cycle: list[Edge] = []
        self._settle()

    def improve(self) -> bool:
        """Let every node follow its cheapest edge; False when all do already."""
        scale, per_delay = self._cost()
        better = False
        for node, leaving in enumerate(self.leaving):
            least = self.value[node]
            for edge in leaving:
                cost = scale - per_delay * edge.delay + self.value[edge.target]
                if cost < least:
                    least, self.policy[node], better = cost, edge, True
        if better:
            self._settle()
        return better

    def _cost(self) -> tuple[int, int]:
        """The cost of an edge is the first number less the second one times its delay."""
        best = ratio(self.cycle) * self.sign
        return best.denominator * self.sign, best.numerator

    def _settle(self) -> None:
        """Find the best cycle of the policy, lead every node to it, and value the ways."""
        self.cycle = min(self._cycles(), key=lambda cycle: ratio(cycle) * self.sign)
        scale, per_delay = self._cost()
        start = self.cycle[0].source
        order, reached = [start], {start}
        for node in order:  # those whose policy leads here already
            for edge in self.entering[node]:
                if self.policy[edge.source] is edge and edge.source not in reached:
                    reached.add(edge.source)
                    order.append(edge.source)
        for node in order:  # the others: a shortest way
            for edge in self.entering[node]:
                if edge.source not in reached:
                    self.policy[edge.source] = edge
                    reached.add(edge.source)
                    order.append(edge.source)
        self.value[start] = 0
        for node in order[1:]:
            edge = self.policy[node]
            self.value[node] = scale - per_delay * edge.delay + self.value[edge.target]

    def _cycles(self) -> list[list[Edge]]:
        """The cycles of the graph in which each node has its one edge."""
        found: list[list[Edge]] = []
        walk_of = [-1] * len(self.policy)  # the walk that came by first
        for start in range(len(self.policy)):
            node = start
            while walk_of[node] < 0:
                walk_of[node] = start
                node = self.policy[node].target
            if walk_of[node] == start:
                found.append(self._round(node))
        return found

    def _round(self, start: int) -> list[Edge]:
        edges = [self.policy[start]]
        while edges[-1].target != start:
            edges.append(self.policy[edges[-1].target])
        return edges
