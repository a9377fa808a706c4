"""One step: its sites and ports in ranks from left to right, and their heights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from graphfold.render.layout.borders import Border
from graphfold.render.layout.columns import columns
from graphfold.render.layout.order import order
from graphfold.render.picture import Point
from graphfold.render.rails.ports import Lead, Port, Ports

RANK_GAP, SITE_GAP, WIRE_GAP, BESIDE_PORT = 26.0, 11.0, 11.0, 24.0
SLOPE = 0.30  # of the height of the steepest wire, between ranks
EDGE = 12.0  # between the edge of a step and what stands in it
RAIL, WAY, TRUNK = 40.0, 9.0, 24.0  # weights: of states, their ways, and long wires


@dataclass(frozen=True)
class Cell:
    """A step placed: middles of sites and ports, y downwards, and the bends of its long wires.

    A wire is level between the two points of a bend, where it passes other sites; `half` is half
    the width of the rank that a site stands in.
    """

    at: Mapping[str, Point]
    bends: Mapping[Lead, tuple[tuple[Point, Point], ...]]
    half: Mapping[str, float]
    width: float
    top: float
    bottom: float
    ports: Ports


@dataclass(frozen=True)
class Shape:
    """What else shapes a step: the sites that weigh what passes them, and room between ports."""

    gains: Set[str] = frozenset()
    port_gap: float = WIRE_GAP


def cell_of(
    sites: Sequence[str],
    border: Mapping[str, Border],
    ports: Ports,
    shape: Shape = Shape(),
) -> Cell:
    """Place the sites of a step."""
    names = [*sites, *(port.name for port in ports.ports)]
    turned = _turned(ports)
    ranks = _ranks(names, border, ports, turned)
    filled, chains, links = _with_bends(ranks, ports.leads, turned)
    rows = _ordered(filled, [(a, b) for a, b, _, _ in links], ports)
    paths = _highways(ports, shape.gains, chains)
    rows = _edged(rows, paths)
    heavy = [(path, RAIL) for path in paths]
    heavy += [(path, WAY) for path in _highways(ports, frozenset(), chains)]
    along = [(a, b, w, 0.0) for path, w in heavy for a, b in itertools.pairwise(path)]

    def apart(a: str, b: str) -> float:
        halves = [border[n].radius if n in border else 0.0 for n in (a, b)]
        if all(n.startswith(("/in/", "/out/")) for n in (a, b)):
            return shape.port_gap
        inside = [n in border for n in (a, b)]
        if all(inside) or any(n.startswith("//") for n in (a, b)):
            return sum(halves) + (SITE_GAP if any(inside) else WIRE_GAP)
        return sum(halves) + (BESIDE_PORT if any(inside) else WIRE_GAP)

    y = columns(rows, [*links, *along, *_alike(ports)], apart)
    _straighten(y, paths, border)
    _level(y, rows, ports, apart)
    for lead, chain in chains.items():
        _smooth(y, rows, (y[lead.source], chain, y[lead.target]), apart)
    x, half, width = _abscissas(rows, border, links, y)
    at = {name: (x[name], y[name]) for name in names}
    at.update(_beyond(ports, rows, (x, y, half)))
    bends = {
        lead: tuple(((x[n] - half[n], y[n]), (x[n] + half[n], y[n])) for n in chain)
        for lead, chain in chains.items()
    }
    tops = [y[n] - (border[n].radius if n in border else 0.0) for n in y]
    ends = [y[n] + (border[n].radius if n in border else 0.0) for n in y]
    top, bottom = min(tops, default=0.0) - EDGE, max(ends, default=0.0) + EDGE
    return _centred(Cell(at, bends, half, width, top, bottom, ports))


def _centred(cell: Cell) -> Cell:
    """The cell with its middle at height 0."""
    down = -(cell.top + cell.bottom) / 2
    at = {name: (x, y + down) for name, (x, y) in cell.at.items()}
    bends = {
        lead: tuple(((a, y + down), (b, z + down)) for (a, y), (b, z) in pairs)
        for lead, pairs in cell.bends.items()
    }
    return replace(cell, at=at, bends=bends, top=cell.top + down, bottom=cell.bottom + down)


def _beyond(
    ports: Ports, rows: Sequence[Sequence[str]], placed: tuple[Mapping[str, float], ...]
) -> Iterator[tuple[str, Point]]:
    """Ports inward of the sites at their edge, so that wires from them pass none of these."""
    x, y, half = placed
    for port in ports.ports:
        inward = 1 if port.name in rows[0] else -1
        yield port.name, (x[port.name] + inward * half[port.name], y[port.name])


def _highways(
    ports: Ports, gains: Set[str], chains: Mapping[Lead, Sequence[str]]
) -> list[list[str]]:
    """The ways of states through a step that pass no weight: they run straight, along its edge."""
    leaving: dict[str, list[Lead]] = {}
    for lead in ports.leads:
        leaving.setdefault(lead.source, []).append(lead)
    found = []
    for port in ports.ports:
        if port.side == "in" and port.age == 1:
            goal = Port("out", port.site, 1).name
            way = _way(port.name, goal, leaving, gains)
            if way:
                path = [port.name]
                for lead in way:
                    path += [*chains[lead], lead.target]
                found.append(path)
    return sorted(found, key=len)


def _way(
    start: str, goal: str, leaving: Mapping[str, Sequence[Lead]], gains: Set[str]
) -> list[Lead]:
    came: dict[str, Lead] = {}
    layer = [start]
    while layer and goal not in came:
        following = []
        for name in layer:
            for lead in leaving.get(name, ()):
                if lead.target not in came and lead.target not in gains:
                    came[lead.target] = lead
                    following.append(lead.target)
        layer = following
    found, here = list[Lead](), goal
    while here in came and here != start:
        found.append(came[here])
        here = came[here].source
    return found[::-1]


def _edged(rows: Sequence[Sequence[str]], paths: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with the ways of states at their ends: the first below, the next above."""
    found, taken = [list(row) for row in rows], set[str]()
    for place, path in enumerate(paths[:2]):
        members = set(path) - taken
        taken |= members
        for row in found:
            own = [name for name in row if name in members]
            rest = [name for name in row if name not in members]
            row[:] = [*own, *rest] if place % 2 else [*rest, *own]
    return found


def _straighten(
    y: dict[str, float], paths: Sequence[Sequence[str]], border: Mapping[str, Border]
) -> None:
    """Put the ways of states at one height each: the first below all, the next above all."""
    for place, path in enumerate(paths[:2]):
        side, own = (-1, min) if place % 2 else (1, max)
        others = [name for name in y if name not in path and name in border]
        far = [y[name] + side * (border[name].radius + SITE_GAP) for name in others]
        half = max((border[name].radius for name in path if name in border), default=0.0)
        edge = own(far, default=0.0) + side * half
        y.update(dict.fromkeys(path, own([edge, *(y[name] for name in path)])))


def _smooth(
    y: dict[str, float],
    rows: Sequence[Sequence[str]],
    wire: tuple[float, Sequence[str], float],
    apart: Callable[[str, str], float],
) -> None:
    """Let a long wire run level for as many ranks as its neighbours leave room."""
    start, chain, end = wire
    runs: list[tuple[list[str], float, float]] = []
    for name in chain:
        low, high = _room(y, rows, name, apart)
        if runs and max(low, runs[-1][1]) <= min(high, runs[-1][2]):
            names, old_low, old_high = runs[-1]
            runs[-1] = ([*names, name], max(low, old_low), min(high, old_high))
        else:
            runs.append(([name], low, high))
    for number, (names, low, high) in enumerate(runs):
        wish = start if number == 0 else end if number == len(runs) - 1 else y[names[0]]
        y.update(dict.fromkeys(names, max(low, min(high, wish))))


def _room(
    y: Mapping[str, float],
    rows: Sequence[Sequence[str]],
    name: str,
    apart: Callable[[str, str], float],
) -> tuple[float, float]:
    """How far up and down a name may move between its neighbours."""
    row = next(row for row in rows if name in row)
    place = row.index(name)
    above = row[place - 1] if place else None
    under = row[place + 1] if place + 1 < len(row) else None
    low = -math.inf if above is None else y[above] + apart(above, name)
    high = math.inf if under is None else y[under] - apart(name, under)
    return min(low, y[name]), max(high, y[name])


def _level(
    y: dict[str, float],
    rows: Sequence[Sequence[str]],
    ports: Ports,
    apart: Callable[[str, str], float],
) -> None:
    """Move a port to the height of its like where its neighbours leave room."""
    for row in (rows[0], rows[-1]) if rows else ():
        for place, name in enumerate(row):
            like = _like(name, ports)
            if like is None or like not in y or y[like] == y[name]:
                continue
            above = row[place - 1] if place else None
            under = row[place + 1] if place + 1 < len(row) else None
            high = above is None or y[like] - y[above] >= apart(above, name) - 0.01
            low = under is None or y[under] - y[like] >= apart(name, under) - 0.01
            if high and low:
                y[name] = y[like]


def _like(name: str, ports: Ports) -> str | None:
    port = next((p for p in ports.ports if p.name == name), None)
    if port is None or not port.age:
        return None
    return Port("out" if port.side == "in" else "in", port.site, port.age).name


def _ordered(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]], ports: Ports
) -> list[list[str]]:
    """The ranks ordered, the ports of one site together and alike on both sides."""
    free = order(rows, links)
    if len(ports.ports) < 2 or len(free) < 2:
        return free
    place = {name: i / len(row) for row in (free[0], free[-1]) for i, name in enumerate(row)}
    by_site: dict[str, list[float]] = {}
    for port in ports.ports:
        by_site.setdefault(port.site, []).append(place.get(port.name, 0.0))
    mean = {site: sum(those) / len(those) for site, those in by_site.items()}
    known = sorted(ports.ports, key=lambda p: (mean[p.site], p.site, p.age))
    sides = [[p.name for p in known if p.name in set(row)] for row in (rows[0], rows[-1])]
    return order(rows, links, sides)


def _turned(ports: Ports) -> frozenset[Lead]:
    """The wires that run from right to left: between what comes from the future and goes back."""
    starts = {p.name for p in ports.ports if p.side == "in" and p.age < 0}
    ends = {p.name for p in ports.ports if p.side == "out" and p.age < 0}
    onward = _reached(starts, [(lead.source, lead.target) for lead in ports.leads])
    back = _reached(ends, [(lead.target, lead.source) for lead in ports.leads])
    inner = onward & back
    return frozenset(lead for lead in ports.leads if lead.source in inner and lead.target in inner)


def _reached(starts: set[str], pairs: Sequence[tuple[str, str]]) -> set[str]:
    following: dict[str, list[str]] = {}
    for a, b in pairs:
        following.setdefault(a, []).append(b)
    found, pending = set(starts), list(starts)
    while pending:
        for name in following.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


# -- ranks ----------------------------------------------------------------------------------------


def _ranks(
    names: Sequence[str], border: Mapping[str, Border], ports: Ports, turned: frozenset[Lead]
) -> list[list[str]]:
    """The names from left to right, those of one rank together."""
    from pygraphviz import AGraph

    number = {name: f"n{i}" for i, name in enumerate(names)}
    graph = AGraph(directed=True, strict=False, rankdir="LR", ranksep="0.4", nodesep="0.2")
    graph.node_attr.update(label="", shape="box", fixedsize="true", width="0.3", height="0.3")
    for node in number.values():
        graph.add_node(node)
    left = [number[p.name] for p in ports.ports if (p.side == "in") == (p.age >= 0)]
    entered = {lead.target for lead in ports.leads}
    left += [number[name] for name in names if name in border and _begins(name, ports, entered)]
    right = [number[p.name] for p in ports.ports if (p.side == "in") != (p.age >= 0)]
    if left:
        graph.add_subgraph(left, rank="source")
    if right:
        graph.add_subgraph(right, rank="sink")
    against = {n for lead in turned for n in (lead.source, lead.target)}
    for lead in ports.leads:
        ends = (lead.source, lead.target)
        if lead in turned:
            graph.add_edge(number[ends[1]], number[ends[0]], weight="2")
        elif against.isdisjoint(ends):
            weight = "3" if lead.rail else "1"
            graph.add_edge(number[ends[0]], number[ends[1]], weight=weight)
        else:
            graph.add_edge(number[ends[0]], number[ends[1]], constraint="false")
    graph.layout(prog="dot")
    found: dict[float, list[str]] = {}
    for name in names:
        x, _ = graph.get_node(number[name]).attr["pos"].split(",")
        found.setdefault(round(float(x), 1), []).append(name)
    return [found[x] for x in sorted(found)]


def _begins(name: str, ports: Ports, entered: Set[str]) -> bool:
    """Whether a site with nothing before it, as an input, stands at the left edge."""
    readers = [lead for lead in ports.leads if lead.source == name]
    return name not in entered and len(readers) > 1


def _with_bends(
    ranks: Sequence[Sequence[str]], leads: Sequence[Lead], turned: frozenset[Lead]
) -> tuple[list[list[str]], dict[Lead, list[str]], list[tuple[str, str, float, float]]]:
    """Ranks with a bend for each one that a long wire passes; wires of one source share them."""
    rank = {name: r for r, row in enumerate(ranks) for name in row}
    rows = [list(row) for row in ranks]
    chains: dict[Lead, list[str]] = {}
    links: dict[tuple[str, str], float] = {}
    for lead in leads:
        a, b = rank[lead.source], rank[lead.target]
        step = 1 if b >= a else -1
        chain = []
        for r in range(a + step, b, step):
            name = f"//{lead.source}/{r}"
            if name not in rows[r]:
                rows[r].append(name)
            chain.append(name)
        chains[lead] = chain
        walk = [lead.source, *chain, lead.target]
        for first, second in itertools.pairwise(walk):
            long = first in chain and second in chain
            weight = TRUNK if long else 3.0 if lead.rail else 1.0
            links[first, second] = max(weight, links.get((first, second), 0.0))
    return rows, chains, [(a, b, w, 0.0) for (a, b), w in links.items()]


def _alike(ports: Ports) -> list[tuple[str, str, float, float]]:
    """A value leaves a step at the height at which it enters the next."""
    known = {port for port in ports.ports if port.side == "in"}
    return [
        (Port("in", p.site, p.age).name, p.name, RAIL, 0.0)
        for p in ports.ports
        if p.side == "out" and Port("in", p.site, p.age) in known and p.age
    ]


def _abscissas(
    rows: Sequence[Sequence[str]],
    border: Mapping[str, Border],
    links: Sequence[tuple[str, str, float, float]],
    y: Mapping[str, float],
) -> tuple[dict[str, float], dict[str, float], float]:
    """The middles of the ranks and half their widths; steep wires have more room between ranks."""
    rank = {name: r for r, row in enumerate(rows) for name in row}
    steep = [0.0] * len(rows)
    for a, b, _, _ in links:
        r = max(rank[a], rank[b])
        if abs(rank[a] - rank[b]) == 1:
            steep[r] = max(steep[r], abs(y[a] - y[b]))
    x, found, halves = EDGE, dict[str, float](), dict[str, float]()
    before = 0.0
    for r, row in enumerate(rows):
        half = max((border[n].half for n in row if n in border), default=0.0)
        x += before + half + (max(RANK_GAP, SLOPE * steep[r]) if r else 0.0)
        found.update(dict.fromkeys(row, x))
        halves.update(dict.fromkeys(row, half))
        before = half
    return found, halves, x + before + EDGE
