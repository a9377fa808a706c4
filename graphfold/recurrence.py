"""The cycle rule: components over all reads, their direction in time, and the order within a step.

R. Karp, R. Miller and S. Winograd, "The organization of computations for uniform recurrence
equations" (1967): a component can be computed exactly when its cycles' delays agree in sign.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from graphfold.circuit import Boundary, Circuit, Link, Reach
from graphfold.expression import Index
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

    def __init__(self, message: str, links: tuple[Link, ...], cure: str = "") -> None:
        super().__init__(message)
        self.message, self.links, self.cure = message, links, cure


def is_boundary_read(circuit: Circuit, signal: str, index: Index) -> bool:
    """Whether a fixed read looks at a history, far boundary or pin rather than at an equation."""
    if (signal, index) in circuit.boundary:
        return True
    return index.offset >= 1 if index.base else index.offset <= 0


def dependencies(circuit: Circuit) -> tuple[Link, ...]:
    """Every read as a link, once; boundaries are static nodes between values and signal."""
    return circuit.remember("dependencies", lambda: tuple(dict.fromkeys(_dependencies(circuit))))


def _dependencies(circuit: Circuit) -> Iterator[Link]:
    for link in circuit.links:
        if link.index is not None and is_boundary_read(circuit, link.source, link.index):
            yield Link(
                BOUNDARY + link.source, link.target, "static", node=link.node, mark=link.mark
            )
        else:
            yield link
    for signal in circuit.leaf_signals:
        yield Link(BOUNDARY + signal, signal, "static")
    for boundary in circuit.boundaries:
        yield from _boundary_links(boundary)


def _boundary_links(boundary: Boundary) -> Iterator[Link]:
    own = BOUNDARY + boundary.signal
    yield Link(own, boundary.signal, "static", mark=boundary.mark)
    if boundary.value is not None:
        for number, read in boundary.value.reads():
            reach: Reach = "static" if read.index is None else "step"  # of the same leaf
            yield Link(read.signal, own, reach, 0, None, number, boundary.value.mark(number))


def axis_of_node(circuit: Circuit, node: str) -> str | None:
    """The axis of a signal; the leaves of a signal over a tree move along their own."""
    signal = node.removeprefix(BOUNDARY)
    tree = circuit.tree_of(signal)
    if node == signal or tree is None:
        return circuit.axis_of.get(node)
    return tree.leaves


Components = tuple[tuple[Component, ...], tuple[CycleProblem, ...]]


def find_components(circuit: Circuit) -> Components:
    """Return all components, sources first, and a problem for each that breaks the cycle rule."""
    return circuit.remember("components", lambda: _find_components(circuit))


def _find_components(circuit: Circuit) -> Components:
    links = dependencies(circuit)
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
    return tuple(components), tuple(problems)


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
    wrong = []
    for direction, sign in (("causal", 1), ("anti-causal", -1)):
        potentials, cycle = _relax(part, links, sign)
        if potentials:
            return Component(tuple(part), direction, potentials)  # type: ignore[arg-type]
        wrong.append(cycle)
    raise _contradiction(part, links, wrong)


def _ends(links: Iterable[Link]) -> list[tuple[str, str]]:
    return [(link.source, link.target) for link in links]


def _static_problem(
    circuit: Circuit, part: list[str], links: list[Link], still: list[Link]
) -> CycleProblem:
    first = still[0]
    cycle = _route(first.target, first.source, links)
    message, cure = _static_message(circuit, part, first)
    return CycleProblem(message, (first, *cycle), cure)


def _static_message(circuit: Circuit, part: list[str], first: Link) -> tuple[str, str]:
    """What is wrong where a static signal, all steps or two axes are on a cycle, and the cure."""
    source, target = (name.removeprefix(BOUNDARY) for name in (first.source, first.target))
    axes = [circuit.axis_of.get(name) for name in (source, target)]
    names = [s for s in part if not s.startswith(BOUNDARY) and circuit.axis_of.get(s) is None]
    if names:
        found = (a for s in part if (a := circuit.axis_of.get(s)) is not None)
        axis = next(found, circuit.axes[0].name)
        return f"'{names[0]}' is static but depends on itself", f"define {names[0]}[{axis}]"
    if None not in axes and axes[0] != axes[1]:
        told = f"'{target}' over {axes[1]} and '{source}' over {axes[0]} depend on each other"
        return told, "one must be finished before the other starts"
    tree = circuit.tree_of(source)
    read = f"one step, as {source}[{axes[0]}-1]"
    if tree is not None:
        read = f"a child, as {source}[{tree.children[0]}]"
    return f"'{target}' needs all steps of '{source}' at once", f"read {read}"


def _route(start: str, goal: str, links: Iterable[Link]) -> tuple[Link, ...]:
    """A shortest way; () when the start is the goal."""
    leaving = _leaving(links)
    came: dict[str, Link | None] = {start: None}
    layer = [start]
    while goal not in came:
        following = []
        for node in layer:
            for link in leaving.get(node, ()):
                if link.target not in came:
                    came[link.target] = link
                    following.append(link.target)
        layer = following
    path: list[Link] = []
    link_or_none = came[goal]
    while link_or_none is not None:
        path.append(link_or_none)
        link_or_none = came[link_or_none.source]
    return tuple(path[::-1])


def _leaving(links: Iterable[Link]) -> dict[str, list[Link]]:
    leaving: dict[str, list[Link]] = {}
    for link in links:
        leaving.setdefault(link.source, []).append(link)
    return leaving


def _shortest(part: list[str], links: list[Link]) -> tuple[Link, ...]:
    between: dict[tuple[str, str], Link] = {}
    successors: dict[str, list[str]] = {}
    for link in links:
        between.setdefault((link.source, link.target), link)
        successors.setdefault(link.source, []).append(link.target)
    cycle = shortest_cycle(part, successors)
    return tuple(between[pair] for pair in pairwise([*cycle, cycle[0]]))


def _relax(
    part: list[str], links: list[Link], sign: int
) -> tuple[tuple[int, ...], tuple[Link, ...]]:
    """Potentials for weights (n + 1) k - 1, or a cycle whose total has the wrong sign.

    In two steps, as in retiming (C. Leiserson and J. Saxe, 1991): values under which no delay is
    negative, then an order along the links that have none left.
    """
    value, cycle = _retime(part, links, sign)
    if cycle:
        return (), cycle
    instant = [k for k in links if value[k.target] + sign * k.delay == value[k.source]]
    order = topological_order(part, _ends(instant))
    if len(order) < len(part):
        return (), _shortest(part, instant)
    depth = dict.fromkeys(part, 0)  # links without delay on the longest way onward
    leaving = _leaving(instant)
    for signal in reversed(order):
        depth[signal] = max((depth[k.target] + 1 for k in leaving.get(signal, ())), default=0)
    return tuple((len(part) + 1) * value[s] - depth[s] for s in part), ()


def _retime(
    part: list[str], links: list[Link], sign: int
) -> tuple[dict[str, int], tuple[Link, ...]]:
    """Bellman-Ford: values v with v(source) <= v(target) + delay, or a cycle of negative delay.

    A queue holds the signals whose value has changed. B. Cherkassky and A. Goldberg,
    "Negative-cycle detection algorithms" (1999): such a cycle shows in the links that set values.
    """
    value = dict.fromkeys(part, 0)
    onward: dict[str, Link] = {}
    into: dict[str, list[Link]] = {signal: [] for signal in part}
    for link in links:
        into[link.target].append(link)
    waiting, queued, turns = deque(part), set(part), 0
    while waiting:
        turns += 1
        if turns % (len(part) + 1) == 0 and (start := _on_a_cycle(part, onward)):
            return value, _walk_round(onward, start)
        target = waiting.popleft()
        queued.discard(target)
        for link in into[target]:
            bound = value[target] + sign * link.delay
            if bound < value[link.source]:
                value[link.source], onward[link.source] = bound, link
                if link.source not in queued:
                    queued.add(link.source)
                    waiting.append(link.source)
    return value, ()


def _on_a_cycle(part: list[str], onward: dict[str, Link]) -> str:
    """A signal on a cycle of the links, of which one leaves each signal; "" when there is none."""
    walk_of: dict[str, str] = {}  # the walk that came by first
    for start in part:
        node = start
        while node in onward and node not in walk_of:
            walk_of[node] = start
            node = onward[node].target
        if walk_of.get(node) == start:
            return node
    return ""


def _walk_round(onward: dict[str, Link], start: str) -> tuple[Link, ...]:
    links = [onward[start]]
    while links[-1].target != start:
        links.append(onward[links[-1].target])
    return tuple(links)


def _contradiction(
    part: list[str], links: list[Link], wrong: list[tuple[Link, ...]]
) -> CycleProblem:
    """Name a closed walk without delay, or, where that is very long, cycles of both signs.

    `wrong` holds a cycle that is not causal and one that is not anti-causal: gone round often
    enough, they make such a walk.
    """
    walk = _zero_walk(part, links)
    if not walk:
        walk = next((cycle for cycle in wrong if not sum(link.delay for link in cycle)), ())
    if walk:
        return CycleProblem("", walk)
    back, forth = wrong
    there = _route(back[0].source, forth[0].source, links)
    home = _route(forth[0].source, back[0].source, links)
    message = "cycles that look back and cycles that look ahead meet; use delays of one sign"
    return CycleProblem(message, (*back, *there, *forth, *home))


State = tuple[str, int]  # a signal and the delay on the way to it

_DEPTHS = (4, 8, 16, 32, 64)
_MOST_STATES = 200_000  # of all searches of a depth together


def _zero_walk(part: list[str], links: list[Link]) -> tuple[Link, ...]:
    """The shortest closed walk whose delays add up to zero; () when it is longer than is shown.

    Such a walk goes round cycles of both signs; with delays such as -1 and 1000 it is long.
    """
    leaving = _leaving(links)
    best: tuple[Link, ...] = ()
    for depth in _DEPTHS:
        for start in part:
            best = _walk_back(start, leaving, len(best) - 1 if best else depth, len(part)) or best
        if best:
            break
    return best


def _walk_back(
    start: str, leaving: dict[str, list[Link]], most: int, starts: int
) -> tuple[Link, ...]:
    """The shortest walk of at most `most` links back to the start without delay, or ()."""
    came: dict[State, tuple[State, Link]] = {}
    layer = [(start, 0)]
    for _ in range(most):
        following: list[State] = []
        for state in layer:
            for link in leaving.get(state[0], ()):
                reached = (link.target, state[1] + link.delay)
                if reached not in came:
                    came[reached] = (state, link)
                    following.append(reached)
        if (start, 0) in came:
            return _walk(came, (start, 0))
        if len(came) > _MOST_STATES // starts:
            break
        layer = following
    return ()


def _walk(came: dict[State, tuple[State, Link]], goal: State) -> tuple[Link, ...]:
    links: list[Link] = []
    state = goal
    while not links or state != goal:
        state, link = came[state]
        links.append(link)
    return tuple(links[::-1])
