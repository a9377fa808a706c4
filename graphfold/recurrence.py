"""The cycle rule: components over all reads, their direction in time, and the order within a step.

R. Karp, R. Miller and S. Winograd, "The organization of computations for uniform recurrence
equations" (1967): a component can be computed exactly when its cycles' delays agree in sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from graphfold.circuit import Boundary, Circuit, Index, Link
from graphfold.graphs import shortest_cycle, strong_components, topological_order

Direction = Literal["causal", "anti-causal"]

BOUNDARY = "\0boundary of "  # the histories and pins of a signal, as a static node of their own


@dataclass(frozen=True)
class Component:
    """Signals that depend on each other, or one signal alone.

    `direction` is None without a cycle. `potentials` order a component with delays of both signs:
    instance (v, t) comes at time (n + 1) t + potential(v), n being the number of signals.
    """

    signals: tuple[str, ...]
    direction: Direction | None = None
    potentials: tuple[int, ...] = ()


class CycleProblem(Exception):
    """A component breaks the rule: `links` is the witness, in the direction data flows."""

    def __init__(self, message: str, links: tuple[Link, ...]) -> None:
        super().__init__(message)
        self.message, self.links = message, links


def is_boundary_read(circuit: Circuit, signal: str, index: Index) -> bool:
    """Whether a fixed read looks at a history, far boundary or pin rather than at an equation."""
    if (signal, index) in circuit.boundary:
        return True
    return index.offset >= 1 if index.base else index.offset <= 0


def dependencies(circuit: Circuit) -> Iterator[Link]:
    """Every read as a link; boundaries are static nodes between their values and their signal."""
    for link in circuit.links:
        if link.index is not None and is_boundary_read(circuit, link.source, link.index):
            yield Link(
                BOUNDARY + link.source, link.target, "static", node=link.node, mark=link.mark
            )
        else:
            yield link
    for boundary in circuit.boundaries:
        yield from _boundary_links(boundary)


def _boundary_links(boundary: Boundary) -> Iterator[Link]:
    own = BOUNDARY + boundary.signal
    yield Link(own, boundary.signal, "static", mark=boundary.mark)
    if boundary.value is not None:
        for number, read in boundary.value.reads():
            yield Link(read.signal, own, "static", 0, None, number, boundary.value.mark(number))


def find_components(circuit: Circuit) -> tuple[list[Component], list[CycleProblem]]:
    """Return all components, sources first, and a problem for each that breaks the cycle rule."""
    links = tuple(dict.fromkeys(dependencies(circuit)))
    nodes = list(dict.fromkeys([*circuit.signals, *(link.source for link in links)]))
    successors: dict[str, list[str]] = {}
    for link in links:
        successors.setdefault(link.source, []).append(link.target)
    parts = strong_components(nodes, successors)
    home = {signal: number for number, part in enumerate(parts) for signal in part}
    inside: dict[int, list[Link]] = {}
    for link in links:
        if home[link.source] == home[link.target]:
            inside.setdefault(home[link.source], []).append(link)
    components, problems = [], []
    for number, part in enumerate(parts):
        try:
            components.append(_classify(circuit, part, inside.get(number, [])))
        except CycleProblem as problem:
            problems.append(problem)
            components.append(Component(tuple(part)))
    return components, problems


def _classify(circuit: Circuit, part: list[str], links: list[Link]) -> Component:
    if not links:
        return Component(tuple(part))
    still = [link for link in links if link.reach in ("static", "fixed", "all")]
    if still:
        raise _static_problem(circuit, part, links, still)
    signs = {link.delay > 0 for link in links if link.delay}
    instant = [link for link in links if not link.delay]
    if len(signs) < 2:
        if len(topological_order(part, _ends(instant))) < len(part):
            raise CycleProblem("", _shortest(part, instant))
        return Component(tuple(part), "causal" if True in signs else "anti-causal")
    for direction, sign in (("causal", 1), ("anti-causal", -1)):
        potentials = _potentials(part, links, sign)
        if potentials is not None:
            return Component(tuple(part), direction, potentials)  # type: ignore[arg-type]
    raise CycleProblem("", _zero_walk(part, links))


def _ends(links: Iterable[Link]) -> list[tuple[str, str]]:
    return [(link.source, link.target) for link in links]


def _static_problem(
    circuit: Circuit, part: list[str], links: list[Link], still: list[Link]
) -> CycleProblem:
    first = still[0]
    successors: dict[str, list[str]] = {}
    for link in links:
        successors.setdefault(link.source, []).append(link.target)
    back = _route(first.target, first.source, successors)
    cycle = tuple(_find(links, a, b) for a, b in pairwise(back))
    names = [s for s in part if not s.startswith(BOUNDARY) and circuit.axis_of.get(s) is None]
    if names:
        message = f"'{names[0]}' is static but depends on itself"
    else:
        name = first.target.removeprefix(BOUNDARY)
        message = f"'{name}' needs all steps of '{first.source.removeprefix(BOUNDARY)}' at once"
    return CycleProblem(message, (first, *cycle))


def _route(start: str, goal: str, successors: dict[str, list[str]]) -> list[str]:
    came: dict[str, str | None] = {start: None}
    layer = [start]
    while goal not in came:
        following = []
        for node in layer:
            for target in successors.get(node, ()):
                if target not in came:
                    came[target] = node
                    following.append(target)
        layer = following
    path: list[str] = []
    node_or_none: str | None = goal
    while node_or_none is not None:
        path.append(node_or_none)
        node_or_none = came[node_or_none]
    return path[::-1]


def _find(links: Iterable[Link], source: str, target: str) -> Link:
    return next(link for link in links if (link.source, link.target) == (source, target))


def _shortest(part: list[str], links: list[Link]) -> tuple[Link, ...]:
    successors: dict[str, list[str]] = {}
    for link in links:
        successors.setdefault(link.source, []).append(link.target)
    cycle = shortest_cycle(part, successors)
    return tuple(_find(links, a, b) for a, b in pairwise([*cycle, cycle[0]]))


def _potentials(part: list[str], links: list[Link], sign: int) -> tuple[int, ...] | None:
    """Bellman-Ford on weights (n + 1) k - 1; None when a cycle's total has the wrong sign."""
    scale = len(part) + 1
    level = dict.fromkeys(part, 0)
    for _ in range(len(part) + 1):
        changed = False
        for link in links:
            bound = level[link.target] + scale * sign * link.delay - 1
            if bound < level[link.source]:
                level[link.source] = bound
                changed = True
        if not changed:
            return tuple(level[signal] for signal in part)
    return None


State = tuple[str, int]


def _zero_walk(part: list[str], links: list[Link]) -> tuple[Link, ...]:
    """The shortest closed walk whose delays add up to zero, by deepening breadth-first search.

    Such a walk goes round cycles of both signs, in an order in which their sum stays small.
    """
    leaving: dict[str, list[Link]] = {}
    for link in links:
        leaving.setdefault(link.source, []).append(link)
    widest = 6 * len(part) * max(abs(link.delay) for link in links)
    best: tuple[Link, ...] = ()
    depth = 2
    while not best:
        depth *= 2
        for start in part:
            best = _walk_back(start, leaving, widest, len(best) - 1 if best else depth) or best
    return best


def _walk_back(
    start: str, leaving: dict[str, list[Link]], widest: int, most: int
) -> tuple[Link, ...]:
    """The shortest walk of at most `most` links back to the start without delay, or ()."""
    came: dict[State, tuple[State, Link]] = {}
    layer = [(start, 0)]
    for _ in range(most):
        following: list[State] = []
        for state in layer:
            for link in leaving.get(state[0], ()):
                reached = (link.target, state[1] + link.delay)
                if reached not in came and abs(reached[1]) <= widest:
                    came[reached] = (state, link)
                    following.append(reached)
        if (start, 0) in came:
            return _walk(came, (start, 0))
        layer = following
    return ()


def _walk(came: dict[State, tuple[State, Link]], goal: State) -> tuple[Link, ...]:
    links: list[Link] = []
    state = goal
    while not links or state != goal:
        state, link = came[state]
        links.append(link)
    return tuple(links[::-1])
