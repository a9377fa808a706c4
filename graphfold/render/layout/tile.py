"""A plan to groups of a picture: routes and captions once, then one copy per step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphfold.render.layout.captions import Room, place, spread_from
from graphfold.render.layout.measure import caption_run, centred, middle, node_run
from graphfold.render.layout.paths import Line, head, shortened, square, unit
from graphfold.render.layout.plan import FAR, Plan, is_step, key_of, static_edges
from graphfold.render.layout.routes import DOTS, Key, spans
from graphfold.render.picture import Disc, Group, Item, Label, Point, Run, Stroke
from graphfold.render.scene import STATIC, Caption, Column, Edge
from graphfold.render.typeset import typeset


@dataclass(frozen=True)
class Wire:
    """A route ready to be copied: its line, its head, and where its caption's middle is."""

    stroke: Stroke
    head: Stroke
    caption: Point | None


def tiled(plan: Plan) -> tuple[Group, ...]:
    """Return the groups of a scene: wires, squares, then nodes."""
    room = _room(plan)
    groups = [*_steps(plan, room), *_delayed(plan, room), *_steady(plan, room)]
    return (*groups, *_nodes(plan))


def _room(plan: Plan) -> Room:
    scene, grid = plan.scene, plan.grid
    room = Room(None if scene.folded else grid.pitch)
    for name in grid.sites():
        room.add_disc(grid.center(name), grid.radius[name])
    for name in grid.static_x:
        room.add_disc(grid.center(name, STATIC), grid.radius[name])
    for owner, key in enumerate(plan.router.keys):
        room.add(plan.router.line(key).samples(), owner)
    for net, sinks in plan.delays.nets.items():
        for sink in sinks:
            room.add(plan.delays.line(net, sink).samples(), -2)
        x, y = plan.delays.square(net)
        half = plan.theme.square / 2
        room.add_box((x - half, y - half, x + half, y + half))
    if len(scene.columns) <= 12:
        for edge in static_edges(scene):
            room.add(plan.statics.line(edge).samples(), -3)
    return room


# -- wires between steps --------------------------------------------------------------------------


def _steps(plan: Plan, room: Room) -> Iterator[Group]:
    edges = [edge for edge in plan.scene.edges if is_step(edge)]
    owners = {key: owner for owner, key in enumerate(plan.router.keys)}
    wires: dict[tuple[Key, Caption], Wire] = {}
    for edge in sorted(edges, key=lambda e: _freedom(plan, e)):
        key = key_of(edge)
        if (key, edge.caption) not in wires:
            line = plan.router.line(key)
            run = caption_run(edge.caption, "9", plan.theme.wire_size)
            wishes = _wishes(plan.router.kind[key], line)
            wires[key, edge.caption] = _wire(plan, room, line, run, owners[key], wishes)
    for edge in edges:
        yield _copied(plan, edge, wires[key_of(edge), edge.caption])


def _freedom(plan: Plan, edge: Edge) -> tuple[int, float]:
    kinds = ("straight", "fanned", "laned", "arc", "bent")
    key = key_of(edge)
    a, b = plan.grid.center(key[0]), plan.grid.center(key[1], key[2])
    return (kinds.index(plan.router.kind[key]), abs(a[0] - b[0]) + abs(a[1] - b[1]))


def _wishes(kind: str, line: Line) -> list[float]:
    """Places for the caption along the line, the best one first."""
    length = 2.0 * max(1, len(line.samples(2.0)) - 1)
    if kind in ("laned", "fanned"):
        near = min(26.0, length / 3) / length
        return spread_from(1 - near, 1 - min(60.0, length / 2) / length, 1 - 14 / length)
    return spread_from(0.5 - 6.0 / length if kind == "straight" else 0.5, 0.15, 0.8)


def _wire(
    plan: Plan,
    room: Room,
    line: Line,
    run: Run | None,
    owner: int,
    wishes: list[float],
    away: Point | None = None,
) -> Wire:
    theme = plan.theme
    tip = head(line.end, line.heading, theme.head_length, theme.head_width)
    body = shortened(line, theme.head_length - 1).stroke()
    if run is None:
        return Wire(body, tip, None)
    at = place(room, line, run, owner, wishes, away)
    half = (run.box[2] - run.box[0]) / 2, (run.box[3] - run.box[1]) / 2
    room.add_box((at[0] - half[0], at[1] - half[1], at[0] + half[0], at[1] + half[1]))
    return Wire(body, tip, at)


def _copied(plan: Plan, edge: Edge, wire: Wire) -> Group:
    dx = edge.source[1] * plan.grid.pitch if edge.source[1] != STATIC else 0.0
    time = plan.scene.columns[edge.target[1]].time if edge.target[1] != STATIC else ""
    items: list[Item] = [
        replace(wire.stroke, x=wire.stroke.x + dx, pen="dashed" if edge.dashed else "solid"),
        replace(wire.head, x=wire.head.x + dx),
    ]
    run = caption_run(edge.caption, time, plan.theme.wire_size)
    if run and wire.caption:
        items.append(centred(run, wire.caption[0] + dx, wire.caption[1]))
    return Group("wire", tuple(items), edge.source[0], time, edge.target[0])


# -- static wires and delays ------------------------------------------------------------------------


def _steady(plan: Plan, room: Room) -> Iterator[Group]:
    for edge in static_edges(plan.scene):
        line = plan.statics.line(edge)
        run = caption_run(edge.caption, "9", plan.theme.wire_size)
        wire = _wire(plan, room, line, run, -3, spread_from(0.6, 0.2, 0.85))
        yield _copied(plan, replace(edge, source=(edge.source[0], STATIC)), wire)


def _delayed(plan: Plan, room: Room) -> Iterator[Group]:
    delays = plan.delays
    captions = {(e.source[0], e.delay, e.target[0]): e.caption for e in plan.scene.edges}
    for net, sinks in delays.nets.items():
        for sink in sinks:
            line = delays.line(net, sink)
            run = caption_run(captions[*net, sink], "", plan.theme.wire_size)
            wishes = spread_from(0.3, 0.1, 0.9) if net in delays.curve else _wishes("laned", line)
            away = plan.grid.center(net[0]) if net in delays.curve else None
            wire = _wire(plan, room, line, run, -2, wishes, away)
            yield _copied(plan, Edge((net[0], 0), (sink, 0), captions[*net, sink]), wire)
        yield _square(plan, room, net)


def _square(plan: Plan, room: Room, net: tuple[str, int]) -> Group:
    theme, (x, y) = plan.theme, plan.delays.square(net)
    items: list[Item] = [square((x, y), theme.square)]
    if net[1] != 1:
        text = str(net[1]) if net[1] > 1 else f"+{-net[1]}"
        run = typeset(text, theme.count_size)
        reach = theme.square / 2 + 4 + (run.box[2] - run.box[0]) / 2
        items.append(centred(run, x + plan.delays.outward(net) * reach, y))
    return Group("delay", tuple(items), net[0], str(net[1]))


# -- nodes --------------------------------------------------------------------------------------------


def _nodes(plan: Plan) -> Iterator[Group]:
    for c, column in enumerate(plan.scene.columns):
        for name in plan.grid.sites():
            if name in column.sites:
                yield _node(plan, name, c, column)
    if not plan.scene.folded:
        for name in plan.grid.static_x:
            yield _node(plan, name, STATIC, Column("", {name: "node"}))


def _node(plan: Plan, name: str, c: int, column: Column) -> Group:
    x, y = plan.grid.center(name, c)
    kind, latex = column.sites[name], plan.scene.sites[name].latex
    if kind == "dots":
        return Group("dots", (centred(typeset("\\cdots", 20.0), x, y),), name)
    run = node_run(latex, column.time, plan.measured, name)
    disc = Disc(x, y, plan.grid.radius[name], "dashed" if kind == "stub" else "solid")
    title = f"{name}[{column.time}]" if column.time else name
    time = column.time.replace("\\ldots", "…")
    return Group(f"node {kind} {plan.scene.sites[name].kind}", (disc, centred(run, x, y)), name, time)
