"""A few algorithms on directed graphs, without recursion and in a fixed order."""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterable, Mapping, Sequence

Edges = Mapping[str, Sequence[str]]


def strong_components(nodes: Sequence[str], successors: Edges) -> list[list[str]]:
    """Return the strongly connected components, sources first.

    R. Tarjan, "Depth-first search and linear graph algorithms" (1972), with its own stack.

    >>> strong_components(["a", "b", "c"], {"a": ["b"], "b": ["a", "c"]})
    [['a', 'b'], ['c']]
    """
    search = _Tarjan(successors)
    for node in nodes:
        if node not in search.number:
            search.run(node)
    rank = {node: place for place, node in enumerate(nodes)}
    return [sorted(part, key=rank.__getitem__) for part in reversed(search.found)]


class _Tarjan:
    def __init__(self, successors: Edges) -> None:
        self.successors = successors
        self.number: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.pending: list[str] = []
        self.closed: set[str] = set()
        self.found: list[list[str]] = []

    def run(self, start: str) -> None:
        path = [(self.enter(start), iter(self.successors.get(start, ())))]
        while path:
            node, rest = path[-1]
            for following in rest:
                if following not in self.number:
                    path.append((self.enter(following), iter(self.successors.get(following, ()))))
                    break
                if following not in self.closed:
                    self.low[node] = min(self.low[node], self.number[following])
            else:
                path.pop()
                self.leave(node)
                if path:
                    above = path[-1][0]
                    self.low[above] = min(self.low[above], self.low[node])

    def enter(self, node: str) -> str:
        self.number[node] = self.low[node] = len(self.number)
        self.pending.append(node)
        return node

    def leave(self, node: str) -> None:
        if self.low[node] != self.number[node]:
            return
        place = len(self.pending) - 1
        while self.pending[place] != node:
            place -= 1
        part = self.pending[place:]
        del self.pending[place:]
        self.closed.update(part)
        self.found.append(part)


def topological_order(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the nodes with sources first; of the nodes that are ready, the first given goes first.

    Nodes on a cycle are left out.

    >>> topological_order(["a", "b", "c"], [("c", "a")])
    ['b', 'c', 'a']
    """
    rank = {node: place for place, node in enumerate(nodes)}
    successors: dict[str, list[str]] = {}
    waiting = dict.fromkeys(nodes, 0)
    for source, target in edges:
        successors.setdefault(source, []).append(target)
        waiting[target] += 1
    ready = [rank[node] for node in nodes if not waiting[node]]
    order = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        order.append(node)
        for target in successors.get(node, ()):
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, rank[target])
    return order


def longest_path(
    nodes: Sequence[str], edges: Sequence[tuple[str, str]], counted: Container[str]
) -> list[str]:
    """Return the counted nodes of a path that has the most of them; the edges form no cycle.

    >>> longest_path(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")], {"a", "c"})
    ['a', 'c']
    """
    length = {node: int(node in counted) for node in nodes}
    before: dict[str, str] = {}
    entering: dict[str, list[str]] = {}
    for source, target in edges:
        entering.setdefault(target, []).append(source)
    for node in topological_order(nodes, edges):
        for source in entering.get(node, ()):
            if length[source] + (node in counted) > length[node]:
                length[node] = length[source] + (node in counted)
                before[node] = source
    path = [max(length, key=length.__getitem__)] if length else []
    while path and path[-1] in before:
        path.append(before[path[-1]])
    return [node for node in reversed(path) if node in counted]


def shortest_cycle(nodes: Sequence[str], successors: Edges) -> list[str]:
    """Return a shortest cycle, from its first node on; [] when there is none."""
    best: list[str] = []
    left = dict.fromkeys(nodes)
    for number, start in enumerate(nodes, start=1):
        if start not in left:
            continue
        found = _cycle_through(start, successors, left, len(best) or len(nodes) + 1)
        if found and (not best or len(found) < len(best)):
            best = found
        if len(best) == 1:
            break
        del left[start]  # no cycle through it is shorter
        if number & (number - 1) == 0:  # seldom, as it costs more than a short search
            left = _on_cycles(left, successors)
    return best


def _on_cycles(nodes: Mapping[str, None], successors: Edges) -> dict[str, None]:
    inner = {node: [t for t in successors.get(node, ()) if t in nodes] for node in nodes}
    parts = strong_components(list(nodes), inner)
    kept = {n for part in parts if len(part) > 1 or part[0] in inner[part[0]] for n in part}
    return {node: None for node in nodes if node in kept}


def _cycle_through(
    start: str, successors: Edges, among: Mapping[str, None], limit: int
) -> list[str]:
    came: dict[str, str] = {}
    layer = [start]
    for _ in range(limit):
        following: list[str] = []
        for node in layer:
            for target in successors.get(node, ()):
                if target == start:
                    return _path(came, start, node)
                if target not in came and target in among:
                    came[target] = node
                    following.append(target)
        layer = following
    return []


def _path(came: Mapping[str, str], start: str, node: str) -> list[str]:
    path = [node]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]
