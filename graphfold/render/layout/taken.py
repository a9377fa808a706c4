"""The room of a plan before any caption stands in it: its nodes, wires and squares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.folded import Net
from graphfold.render.layout.panel import Panel, is_step, key_of, static_edges
from graphfold.render.layout.paths import Line, shortened
from graphfold.render.layout.plan import Plan
from graphfold.render.layout.room import SHARED, Room, Zone
from graphfold.render.layout.routes import DOTS, Key
from graphfold.render.layout.squares import boxes, squares_of
from graphfold.render.picture import Point
from graphfold.render.scene import STATIC, Edge

MANY = 12  # columns; of more, each is held to be full, and they lie upon each other
FINE = 1.5
LEVEL = 0.01
FAR = 10**7  # more cells than any figure has from left to right
Owner = Key | tuple[Net, str] | Edge


def room_of(plan: Plan, owners: dict[Owner, int]) -> Room:
    """Return what is taken by all but captions."""
    room = Room(tuple(_zones(plan)))
    for node in _nodes(plan):
        room.add_node(node)
    for points, owner in (*_lines(plan, owners), *_still(plan, owners, room.zones)):
        room.add(points, owner)
    for points in _borders(plan):
        room.add(points, SHARED)
    for box in boxes([*squares_of(plan)], plan.theme):
        room.add_box(box)
    return room


def _zones(plan: Plan) -> Iterator[Zone]:
    """Where columns are so many that they are held to be full, and alike."""
    for b, panel in enumerate(plan.panels):
        if _repeats(panel):
            low, high = panel.reach if len(plan.panels) > 1 else (-math.inf, math.inf)
            yield Zone(low, high, panel.grid.pitch, (b + 1) * FAR if b else 0)


def _repeats(panel: Panel) -> bool:
    return panel.grid.count > MANY


def owners_of(plan: Plan) -> dict[Owner, int]:
    """Numbers for the wires; those that end in dots count with their like."""
    found: dict[Owner, int] = {}
    like: dict[object, int] = {}
    for wire, name in _wires(plan):
        found[wire] = like.setdefault(name, len(like))
    return found


def _wires(plan: Plan) -> Iterator[tuple[Owner, object]]:
    for panel in plan.panels:
        yield from ((key, key[:3]) for key in panel.router.keys)
        for net, sinks in panel.delays.nets.items():
            yield from (((net, sink), (net, sink)) for sink in sinks)
    yield from ((edge, edge) for edge in static_edges(plan.scene))


def _lines(plan: Plan, owners: dict[Owner, int]) -> Iterator[tuple[list[Point], int]]:
    """The points of all wires where they are, or once for each kind."""
    shape = {key: _drawn(plan, p.router.line(key)) for p in plan.panels for key in p.router.keys}
    for edge in filter(is_step, plan.scene.edges):
        if not _repeats(plan.panel(edge.source[0])):
            key, shift = (
                key_of(plan.scene, edge),
                edge.source[1] * plan.ground.pitch(edge.source[0]),
            )
            yield [(x + shift, y) for x, y in shape[key]], owners[key]
    alike = ((key, points) for key, points in shape.items() if _repeats(plan.panel(key[0])))
    yield from ((points, owners[key]) for key, points in alike)
    for panel in plan.panels:
        for net, sinks in panel.delays.nets.items():
            for sink in sinks:
                yield _drawn(plan, panel.delays.line(net, sink)), owners[net, sink]


def _still(
    plan: Plan, owners: dict[Owner, int], zones: Sequence[Zone]
) -> Iterator[tuple[list[Point], int]]:
    """The points of wires to and from static signals, once where columns lie upon each other."""
    for edge in static_edges(plan.scene):
        line = plan.statics.body(edge, 0.1)
        lines = [line]
        if len(line.pieces[-1]) > 1:
            lines.append(shortened(line, plan.theme.head_length - 1))
        yield [p for one in lines for part in _thinned(one, zones) for p in part], owners[edge]


def _thinned(line: Line, zones: Sequence[Zone]) -> Iterator[list[Point]]:
    """The points of a line; where it runs level through many columns alike, those of one."""
    begin = line.start
    for piece in line.pieces:
        (x0, y), (x1, end) = begin, piece[-1]
        skipped = []
        if len(piece) == 1 and abs(end - y) < LEVEL:
            skipped = [s for zone in zones if (s := zone.beyond_one(*sorted((x0, x1))))]
        if not skipped:
            yield Line(begin, (piece,)).samples(FINE)
        else:
            stops = [min(x0, x1), *(x for s in skipped for x in s), max(x0, x1)]
            for a, b in zip(stops[::2], stops[1::2], strict=True):
                yield Line((a, y), (((b, y),),)).samples(FINE)
        begin = piece[-1]


def _borders(plan: Plan) -> Iterator[list[Point]]:
    """The borders of frames."""
    for panel, block in zip(plan.panels, plan.scene.blocks, strict=True):
        for frame in panel.grid.cell.enclosures:
            for c, column in islice(block.placed(), 1 if _repeats(panel) else None):
                if not column.gap or _repeats(panel):
                    left, top, right, bottom = panel.grid.enclosed(frame, c)
                    corners = ((right, top), (right, bottom), (left, bottom), (left, top))
                    yield Line((left, top), tuple((p,) for p in corners)).samples(FINE)


def _drawn(plan: Plan, line: Line) -> list[Point]:
    """The points of a line, also where its head bends it aside."""
    points = line.samples(FINE)
    if len(line.pieces[-1]) > 1:
        points += shortened(line, plan.theme.head_length - 1).samples(FINE)
    return points


def _nodes(plan: Plan) -> Iterator[End]:
    ground = plan.ground
    yield from (ground.end(n, STATIC) for n in ground.static_x)
    for block, panel in zip(plan.scene.blocks, plan.panels, strict=True):
        grid = panel.grid
        if _repeats(panel):
            yield from map(grid.end, grid.sites())
            continue
        for c, column in block.placed():
            for name, kind in column.sites.items():
                if name in grid.cell.x:
                    end = grid.end(name, c)
                    yield End(end.center, Border(DOTS)) if kind == "dots" else end
