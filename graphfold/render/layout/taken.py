"""The room of a plan before any caption stands in it: its nodes, wires and squares."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.folded import Net
from graphfold.render.layout.panel import is_step, key_of, static_edges
from graphfold.render.layout.paths import Line, shortened
from graphfold.render.layout.plan import Plan
from graphfold.render.layout.room import SHARED, Room
from graphfold.render.layout.routes import DOTS, Key
from graphfold.render.picture import Point
from graphfold.render.scene import STATIC, Edge

MANY = 12  # columns; of more, each is held to be full, and they lie upon each other
FINE = 1.5
Owner = Key | tuple[Net, str] | Edge


def room_of(plan: Plan, owners: dict[Owner, int]) -> Room:
    """Return what is taken by all but captions."""
    repeats = len(plan.panels) == 1 and len(plan.scene.columns) > MANY
    room = Room(plan.panels[0].grid.pitch, repeats)
    for node in _nodes(plan, room.repeats):
        room.add_node(node)
    for points, owner in _lines(plan, owners, room.repeats):
        room.add(points, owner)
    for points in _borders(plan, room.repeats):
        room.add(points, SHARED)
    half = plan.theme.square / 2 + 1
    for x, y in (p.delays.square(net) for p in plan.panels for net in p.delays.nets):
        room.add_box((x - half, y - half, x + half, y + half))
    return room


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


def _lines(
    plan: Plan, owners: dict[Owner, int], repeats: bool
) -> Iterator[tuple[list[Point], int]]:
    """The points of all wires where they are, or once for each kind."""
    shape = {key: _drawn(plan, p.router.line(key)) for p in plan.panels for key in p.router.keys}
    edges = [] if repeats else [e for e in plan.scene.edges if is_step(e)]
    for edge in edges:
        key, shift = key_of(plan.scene, edge), edge.source[1] * plan.ground.pitch(edge.source[0])
        yield [(x + shift, y) for x, y in shape[key]], owners[key]
    yield from ((points, owners[key]) for key, points in shape.items() if repeats)
    for panel in plan.panels:
        for net, sinks in panel.delays.nets.items():
            for sink in sinks:
                yield _drawn(plan, panel.delays.line(net, sink)), owners[net, sink]
    for edge in static_edges(plan.scene):
        yield _drawn(plan, plan.statics.body(edge, 0.1)), owners[edge]


def _borders(plan: Plan, repeats: bool) -> Iterator[list[Point]]:
    """The borders of frames."""
    for panel, block in zip(plan.panels, plan.scene.blocks, strict=True):
        for frame in panel.grid.cell.enclosures:
            for c in range(1 if repeats else len(block.columns)):
                if not block.columns[c].gap or repeats:
                    left, top, right, bottom = panel.grid.enclosed(frame, c)
                    corners = ((right, top), (right, bottom), (left, bottom), (left, top))
                    yield Line((left, top), tuple((p,) for p in corners)).samples(FINE)


def _drawn(plan: Plan, line: Line) -> list[Point]:
    """The points of a line, also where its head bends it aside."""
    points = line.samples(FINE)
    if len(line.pieces[-1]) > 1:
        points += shortened(line, plan.theme.head_length - 1).samples(FINE)
    return points


def _nodes(plan: Plan, repeats: bool) -> Iterator[End]:
    ground = plan.ground
    yield from (ground.end(n, STATIC) for n in ground.static_x)
    for block, panel in zip(plan.scene.blocks, plan.panels, strict=True):
        grid = panel.grid
        yield from (grid.end(n) for n in grid.sites() if repeats)
        for c, column in [] if repeats else enumerate(block.columns):
            for name, kind in column.sites.items():
                if name in grid.cell.x:
                    end = grid.end(name, c)
                    yield End(end.center, Border(DOTS)) if kind == "dots" else end
