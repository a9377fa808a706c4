"""One step: its sites and ports in ranks from left to right, Graphviz's, and their heights, ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.layout.borders import Border
from graphfold.render.layout.columns import columns
from graphfold.render.layout.order import order
from graphfold.render.picture import Point
from graphfold.render.rails.ports import Lead, Port, Ports

RANK_GAP, SITE_GAP, WIRE_GAP = 24.0, 13.0, 13.0
SLOPE = 0.30  # of the height of the steepest wire, between ranks
EDGE = 14.0  # between the edge of a step and what stands in it
RAIL, TRUNK = 40.0, 6.0  # weights: a port with its like, and a long wire with itself


@dataclass(frozen=True)
class Cell:
    """A step placed: middles of sites and ports, y downwards, and the bends of its long wires."""

    at: Mapping[str, Point]
    bends: Mapping[Lead, tuple[Point, ...]]
    width: float
    top: float
    bottom: float
    ports: Ports


def cell_of(sites: Sequence[str], border: Mapping[str, Border], ports: Ports) -> Cell:
    """Place the sites of a step."""
    names = [*sites, *(port.name for port in ports.ports)]
    turned = _turned(ports)
    ranks = _ranks(names, border, ports, turned)
    filled, chains, links = _with_bends(ranks, ports.leads, turned)
    rows = order(filled, [(a, b) for a, b, _, _ in links])
    pulls = [*links, *_alike(ports)]

    def apart(a: str, b: str) -> float:
        halves = [border[n].radius if n in border else 0.0 for n in (a, b)]
        gap = WIRE_GAP if not any(n in border for n in (a, b)) else SITE_GAP
        return sum(halves) + gap

    y = columns(rows, pulls, apart)
    x, width = _abscissas(rows, border, links, y)
    at = {name: (x[name], y[name]) for name in names}
    bends = {
        lead: tuple((x[name], y[name]) for name in chain) for lead, chain in chains.items()
    }
    tops = [y[n] - (border[n].radius if n in border else 0.0) for n in y]
    ends = [y[n] + (border[n].radius if n in border else 0.0) for n in y]
    top, bottom = min(tops, default=0.0) - EDGE, max(ends, default=0.0) + EDGE
    return Cell(at, bends, width, top, bottom, ports)


def _turned(ports: Ports) -> frozenset[Lead]:
    """The wires that run from right to left: between what comes from the future and goes back."""
    starts = {p.name for p in ports.ports if p.side == "in" and p.age < 0}
    ends = {p.name for p in ports.ports if p.side == "out" and p.age < 0}
    onward = _reached(starts, [(lead.source, lead.target) for lead in ports.leads])
    back = _reached(ends, [(lead.target, lead.source) for lead in ports.leads])
    inner = onward & back
    return frozenset(
        lead for lead in ports.leads if lead.source in inner and lead.target in inner
    )


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
        for first, second in zip(walk, walk[1:], strict=False):
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
) -> tuple[dict[str, float], float]:
    """The middles of the ranks; ranks between which a wire is steep are further apart."""
    rank = {name: r for r, row in enumerate(rows) for name in row}
    steep = [0.0] * len(rows)
    for a, b, _, _ in links:
        r = max(rank[a], rank[b])
        if abs(rank[a] - rank[b]) == 1:
            steep[r] = max(steep[r], abs(y[a] - y[b]))
    x, found = 0.0, dict[str, float]()
    before = 0.0
    for r, row in enumerate(rows):
        half = max((border[n].half for n in row if n in border), default=0.0)
        if r:
            x += before + half + max(RANK_GAP, SLOPE * steep[r])
        found.update(dict.fromkeys(row, x))
        before = half
    return found, x + before
