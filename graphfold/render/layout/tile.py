"""A plan to groups of a picture: routes and captions once, then one copy per step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graphfold.render.layout.captions import Room, Wish, place, spread_from
from graphfold.render.layout.folded import Net
from graphfold.render.layout.measure import caption_run, centred, node_run
from graphfold.render.layout.paths import Line, head, shortened, square
from graphfold.render.layout.plan import Plan, is_step, key_of, static_edges
from graphfold.render.layout.routes import Key, net_of
from graphfold.render.picture import Box, Disc, Group, Item, Pen, Point, Run, Stroke
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
    owners = _owners(plan)
    for key in plan.router.keys:
        room.add(plan.router.line(key).samples(), owners[key])
    for net, sinks in plan.delays.nets.items():
        for sink in sinks:
            room.add(plan.delays.line(net, sink).samples(), -2)
        x, y = plan.delays.square(net)
        half = plan.theme.square / 2 + 1
        room.add_box((x - half, y - half, x + half, y + half))
    if len(scene.columns) <= 12:
        for edge in static_edges(scene):
            if edge.source[1] == edge.target[1]:
                continue
            room.add(plan.statics.line(edge).samples(), -3)
    return room


def _owners(plan: Plan) -> dict[Key, int]:
    """Numbers for the routes; those that end in dots count with their like."""
    like: dict[tuple[str, str, int], int] = {}
    return {key: like.setdefault(key[:3], len(like)) for key in plan.router.keys}


# -- wires between steps --------------------------------------------------------------------------


def _steps(plan: Plan, room: Room) -> Iterator[Group]:
    edges = [(edge, key_of(plan.scene, edge)) for edge in plan.scene.edges if is_step(edge)]
    kinds = dict.fromkeys((key, edge.caption) for edge, key in edges)
    owners = _owners(plan)
    wires: dict[tuple[Key, Caption], Wire] = {}
    for key, caption in sorted(kinds, key=lambda kind: _freedom(plan, kind[0])):
        line = plan.router.line(key)
        run = caption_run(caption, "9", plan.theme.wire_size)
        like = wires.get(((*key[:3], 0), caption))
        if like:  # a wire to or from dots has its caption where its like have it
            wire = _wire(plan, room, line, None)
            wires[key, caption] = replace(wire, caption=like.caption)
        else:
            wish = Wish(run, owners[key], _places(plan.router.kind[key], line)) if run else None
            wires[key, caption] = _wire(plan, room, line, wish)
    nets: dict[object, list[Key]] = {}
    for edge, key in edges:
        nets.setdefault((edge.source, net_of(key)), []).append(key)
    bodies: dict[tuple[Key, tuple[Key, ...]], Stroke] = {}
    for edge, key in edges:
        wire = wires[key, edge.caption]
        net = tuple(nets[edge.source, net_of(key)])
        if len(net) > 1 and plan.router.kind[key] == "laned":
            if (key, net) not in bodies:
                bodies[key, net] = _body(plan, plan.router.branch(key, net))
            wire = replace(wire, stroke=bodies[key, net])
        yield _copied(plan, edge, wire)


def _body(plan: Plan, line: Line) -> Stroke:
    return shortened(line, plan.theme.head_length - 1).stroke()


def _freedom(plan: Plan, key: Key) -> tuple[bool, int, float]:
    kinds = ("straight", "fanned", "laned", "arc", "bent")
    a, b = plan.grid.center(key[0]), plan.grid.center(key[1], key[2])
    return (key[3] > 0, kinds.index(plan.router.kind[key]), abs(a[0] - b[0]) + abs(a[1] - b[1]))


def _places(kind: str, line: Line) -> list[float]:
    """Places for the caption along the line, the best one first."""
    length = 2.0 * max(1, len(line.samples(2.0)) - 1)
    if kind in ("laned", "fanned"):
        near = min(26.0, length / 3) / length
        return spread_from(1 - near, 1 - min(60.0, length / 2) / length, 1 - 14 / length)
    return spread_from(0.5 - 6.0 / length if kind == "straight" else 0.5, 0.15, 0.8)


def _wire(plan: Plan, room: Room, line: Line, wish: Wish | None) -> Wire:
    theme = plan.theme
    tip = head(line.end, line.heading, theme.head_length, theme.head_width)
    body = _body(plan, line)
    if wish is None:
        return Wire(body, tip, None)
    x, y = place(room, line, wish)
    x0, y0, x1, y1 = wish.run.box
    dx, dy = (x1 - x0) / 2, (y1 - y0) / 2
    room.add_box((x - dx, y - dy, x + dx, y + dy))
    return Wire(body, tip, (x, y))


def _copied(plan: Plan, edge: Edge, wire: Wire, still: bool = False) -> Group:
    """The wire at the column of the edge; one that stands `still` has its place already."""
    dx = 0.0 if still else edge.source[1] * plan.grid.pitch
    column = plan.scene.columns[edge.target[1]] if edge.target[1] != STATIC else None
    time, step = (column.time, column.step) if column else ("", "")
    body, tip = wire.stroke, wire.head
    pen: Pen = "dashed" if edge.dashed else "solid"
    items: list[Item] = [
        Stroke(body.x + dx, body.y, body.moves, pen),
        Stroke(tip.x + dx, tip.y, tip.moves, tip.pen),
    ]
    run = caption_run(edge.caption, time, plan.theme.wire_size)
    if run and wire.caption:
        items.append(centred(run, wire.caption[0] + dx, wire.caption[1]))
    return Group("wire", tuple(items), edge.source[0], step, edge.target[0])


# -- static wires and delays ----------------------------------------------------------------------


def _steady(plan: Plan, room: Room) -> Iterator[Group]:
    """Wires of static signals; along a bus, a caption stands alike at every column."""
    places: dict[tuple[object, ...], Point | None] = {}
    for edge in static_edges(plan.scene):
        line = plan.statics.line(edge)
        run = caption_run(edge.caption, "9", plan.theme.wire_size)
        key = (*plan.statics.family(edge), edge.caption)
        if run is None or key in places:
            wire = _wire(plan, room, line, None)
            wire = replace(wire, caption=_shifted(plan, edge, places.get(key)))
        else:
            wire = _wire(plan, room, line, Wish(run, -3, _static_places(plan, edge, line)))
            if plan.statics.is_bussed(edge) and edge.target[1] != STATIC:
                places[key] = _shifted(plan, edge, wire.caption, -1)
        body = plan.statics.body(edge, plan.theme.head_length - 1).stroke()
        yield _copied(plan, edge, replace(wire, stroke=body), still=True)


def _static_places(plan: Plan, edge: Edge, line: Line) -> list[float]:
    return _places("laned", line) if plan.statics.is_bussed(edge) else spread_from(0.6, 0.2, 0.85)


def _shifted(plan: Plan, edge: Edge, place: Point | None, sign: int = 1) -> Point | None:
    if place is None:
        return None
    return (place[0] + sign * edge.target[1] * plan.grid.pitch, place[1])


def _delayed(plan: Plan, room: Room) -> Iterator[Group]:
    delays = plan.delays
    captions = {(e.source[0], e.delay, e.target[0]): e.caption for e in plan.scene.edges}
    for net, sinks in delays.nets.items():
        for sink in sinks:
            line = delays.line(net, sink)
            run = caption_run(captions[*net, sink], "", plan.theme.wire_size)
            wish = _delay_wish(plan, net, line, run) if run else None
            wire = _wire(plan, room, line, wish)
            wire = replace(wire, stroke=_body(plan, delays.branch(net, sink)))
            yield _copied(plan, Edge((net[0], 0), (sink, 0), captions[*net, sink]), wire)
        yield _square(plan, room, net)


def _delay_wish(plan: Plan, net: Net, line: Line, run: Run) -> Wish:
    if net not in plan.delays.curve:
        return Wish(run, -2, _places("laned", line))
    return Wish(run, -2, spread_from(0.3, 0.1, 0.9), plan.grid.center(net[0]))


def _square(plan: Plan, room: Room, net: tuple[str, int]) -> Group:
    theme, (x, y) = plan.theme, plan.delays.square(net)
    items: list[Item] = [square((x, y), theme.square)]
    if net[1] != 1:
        text = str(net[1]) if net[1] > 1 else f"+{-net[1]}"
        run = typeset(text, theme.count_size)
        at = _count_place(plan, room, run, net)
        items.append(centred(run, *at))
    return Group("delay", tuple(items), net[0], str(net[1]))


def _count_place(plan: Plan, room: Room, run: Run, net: Net) -> Point:
    """Beside the square, away from the node if that is free."""
    x, y = plan.delays.square(net)
    width, height = run.box[2] - run.box[0], run.box[3] - run.box[1]
    half = plan.theme.square / 2 + 4
    side, level = plan.delays.outward(net) * (half + width / 2), half + height / 2
    boxes: list[tuple[int, int, Point, Box]] = []
    for dx, dy in ((side, 0.0), (0.0, -level), (0.0, level), (-side, 0.0)):
        cx, cy = x + dx, y + dy
        box = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
        boxes.append((room.hits(box), len(boxes), (cx, cy), box))
    _, _, place, box = min(boxes)
    room.add_box(box)
    return place


# -- nodes ----------------------------------------------------------------------------------------


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
    run = node_run(latex, column.time, plan.grid.sizes, name)
    disc = Disc(x, y, plan.grid.radius[name], "dashed" if kind == "stub" else "solid")
    kinds = ("node", *([kind] if kind != "node" else []), plan.scene.sites[name].kind)
    title = f"{name}[{column.step}]" if column.step else name
    items = (disc, centred(run, x, y))
    return Group(" ".join(kinds), items, name, column.step, title=title)
