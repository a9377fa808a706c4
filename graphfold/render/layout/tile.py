"""A plan to groups of a picture: routes and captions once, then one copy per step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from graphfold.render.layout.captions import Wish, place, spread_from
from graphfold.render.layout.folded import Net
from graphfold.render.layout.measure import lettered, wire_run
from graphfold.render.layout.nodes import frame_groups, node_groups
from graphfold.render.layout.panel import is_step, key_of, static_edges
from graphfold.render.layout.paths import Line, head, shortened
from graphfold.render.layout.plan import Plan, stretch_at
from graphfold.render.layout.repeat import Stretch, Tiled, repeated
from graphfold.render.layout.room import Room
from graphfold.render.layout.routes import Key, net_of
from graphfold.render.layout.squares import square_group, squares_of
from graphfold.render.layout.taken import MANY, Owner, owners_of, room_of
from graphfold.render.paint import Paint
from graphfold.render.picture import Group, Item, Pen, Point, Run, Stroke
from graphfold.render.scene import STATIC, Caption, Edge

NEAR = 4  # columns
REACH = 2000.0  # of a wire, before its end, where its caption may stand


@dataclass(frozen=True)
class Wire:
    """A route ready to be copied: its line, its head, and where its caption's middle is."""

    stroke: Stroke
    head: Stroke
    caption: Point | None


@dataclass
class Tiler:
    """A plan, what is taken of its room, and the edges whose captions found no room."""

    plan: Plan
    owners: Mapping[Owner, int] = field(init=False)
    room: Room = field(init=False)
    crowded: list[Edge] = field(default_factory=list)
    done: tuple[Tiled, ...] = ()

    def __post_init__(self) -> None:
        """Make the groups of a scene: wires, squares, then nodes."""
        plan, owners = self.plan, owners_of(self.plan)
        self.owners, self.room = owners, room_of(self.plan, owners)
        squares = [square_group(plan.theme, self.room, one) for one in squares_of(plan)]
        frames = list(frame_groups(plan, self.room))
        wires = [*_steps(self), *_delayed(self), *_steady(self)]
        wires.sort(key=_is_plain)  # where wires share a way it is black
        self.done = (*frames, *wires, *squares, *node_groups(plan))

    def stretch(self, edge: Edge) -> Stretch | None:
        """The places of the like of a wire of a column that spans several."""
        name, place = edge.source if edge.target[1] == STATIC else edge.target
        return None if place == STATIC else stretch_at(self.plan, name, place)

    def wire(self, line: Line, wish: Wish | None, edge: Edge) -> Wire:
        """Return a route as strokes, its caption placed where there is room."""
        theme = self.plan.theme
        tip = head(line.end, line.heading, theme.head_length, theme.head_width)
        body = _body(self.plan, line)
        if wish is None:
            return Wire(body, tip, None)
        spot = place(self.room, line.last(REACH), replace(wish, near=theme.caption_gap))
        if spot.crowded:
            self.crowded.append(edge)
        return Wire(body, tip, spot.middle)

    def run(self, caption: Caption) -> Run | None:
        """A caption as wide as it gets in any column."""
        times = {len(c.time): c.time for c in self.plan.scene.columns}
        widest = times[max(times)] if times else ""
        return wire_run(caption, widest, self.plan.theme)


def _is_plain(wire: Tiled) -> bool:
    return not (isinstance(wire, Group) and wire.paint and wire.paint.line)


# -- wires between steps --------------------------------------------------------------------------


def _steps(tiler: Tiler) -> Iterator[Tiled]:
    plan = tiler.plan
    edges = [(edge, key_of(plan.scene, edge)) for edge in plan.scene.edges if is_step(edge)]
    wires = _step_wires(tiler, edges)
    nets: dict[object, list[Key]] = {}
    for edge, key in edges:
        nets.setdefault((edge.source, net_of(key)), []).append(key)
    bodies: dict[tuple[Key, tuple[Key, ...]], Stroke] = {}
    many: dict[Stretch, list[tuple[Edge, Wire]]] = {}
    for edge, key in edges:
        wire = wires[key, edge.caption]
        net = tuple(nets[edge.source, net_of(key)])
        router = plan.panel(key[0]).router
        if len(net) > 1 and router.kind[key] == "laned":
            if (key, net) not in bodies:
                bodies[key, net] = _body(plan, router.branch(key, net))
            wire = replace(wire, stroke=bodies[key, net])
        stretch = tiler.stretch(edge)
        if stretch is None:
            yield _copied(plan, edge, wire)
        else:
            many.setdefault(stretch, []).append((edge, wire))
    for stretch, some in many.items():
        yield from repeated(partial(_likes, plan, some), stretch)


def _likes(plan: Plan, some: Sequence[tuple[Edge, Wire]], place: int) -> Iterator[Group]:
    """Copies of wires whose target stands at a place."""
    for edge, wire in some:
        (source, a), (target, b) = edge.source, edge.target
        yield _copied(
            plan, replace(edge, source=(source, a + place - b), target=(target, place)), wire
        )


def _step_wires(tiler: Tiler, edges: Sequence[tuple[Edge, Key]]) -> dict[tuple[Key, Caption], Wire]:
    """A wire for each kind of edge; one to or from dots has its caption where its like have it."""
    kinds: dict[tuple[Key, Caption], list[Edge]] = {}
    for edge, key in edges:
        kinds.setdefault((key, edge.caption), []).append(edge)
    wires: dict[tuple[Key, Caption], Wire] = {}
    for key, caption in sorted(kinds, key=lambda kind: _freedom(tiler.plan, *kind)):
        line = tiler.plan.panel(key[0]).router.line(key)
        like = wires.get(((*key[:3], 0), caption))
        alike = [e for dots in (0, 1, 2) for e in kinds.get(((*key[:3], dots), caption), ())]
        wish = None if like else _step_wish(tiler, key, alike)
        wire = tiler.wire(line, wish, alike[0])
        wires[key, caption] = replace(wire, caption=like.caption) if like else wire
    return wires


def _step_wish(tiler: Tiler, key: Key, edges: Sequence[Edge]) -> Wish | None:
    run = tiler.run(edges[0].caption)
    if run is None:
        return None
    router, pitch = tiler.plan.panel(key[0]).router, tiler.plan.ground.pitch(key[0])
    places = _places(router.kind[key], router.line(key))
    shifts = [e.source[1] * pitch for e in edges[: MANY + 1]]
    return Wish(run, tiler.owners[key], places, shifts=shifts)


def _body(plan: Plan, line: Line) -> Stroke:
    return shortened(line, plan.theme.head_length - 1).stroke()


def _freedom(plan: Plan, key: Key, caption: Caption) -> tuple[bool, int, float, int]:
    kinds = ("straight", "fanned", "laned", "arc", "bent")
    a, b = plan.ground.center(key[0]), plan.ground.center(key[1], key[2])
    length = abs(a[0] - b[0]) + abs(a[1] - b[1])
    return (key[3] > 0, kinds.index(plan.panel(key[0]).router.kind[key]), length, len(caption))


def _places(kind: str, line: Line) -> list[float]:
    """Places for the caption along the line, the best one first."""
    length = 2.0 * max(1, len(line.samples(2.0)) - 1)
    if kind in ("laned", "fanned"):
        near = min(26.0, length / 3) / length
        return spread_from(1 - near, 1 - min(70.0, length / 2) / length, 1 - 14 / length, length)
    middle = 0.5 - 6.0 / length if kind == "straight" else 0.5
    return spread_from(middle, 0.15, 0.8, length)


def _copied(plan: Plan, edge: Edge, wire: Wire, still: bool = False) -> Group:
    """The wire at the column of the edge; one that stands `still` has its place already."""
    dx = 0.0 if still else edge.source[1] * plan.ground.pitch(edge.source[0])
    column = plan.scene.step(edge.target) if edge.target[1] != STATIC else None
    time, step = (column.time, column.step) if column else ("", "")
    body, tip = wire.stroke, wire.head
    pen: Pen = "dashed" if edge.dashed else "solid"
    items: list[Item] = [
        Stroke(body.x + dx, body.y, body.moves, pen),
        Stroke(tip.x + dx, tip.y, tip.moves, tip.pen),
    ]
    run = wire_run(edge.caption, time, plan.theme)
    if run and wire.caption:
        items.append(lettered(run, (wire.caption[0] + dx, wire.caption[1]), plan.theme))
    paint = _carried(plan, edge)
    return Group("wire", tuple(items), edge.source[0], step, edge.target[0], paint=paint)


def _incoming(plan: Plan, name: str) -> str:
    """The colour of the wires that come into a site, "" for that of all others."""
    site = plan.scene.sites.get(name)
    return site.paint.wires if site and site.paint else ""


def _carried(plan: Plan, edge: Edge) -> Paint | None:
    """The colour of a wire, which its target tells, and its width, by what its source shows."""
    color = _incoming(plan, edge.target[0])
    paint = Paint(line=color) if color else None
    if not plan.scene.marks:
        return paint
    name, at = edge.source
    step = plan.scene.column(edge.source).step if at != STATIC else ""
    mark = plan.scene.marks.get((name, step))
    if mark is None or mark.width == 1:
        return paint
    return (paint or Paint()).over(Paint(width=mark.width))


# -- static wires and delays ----------------------------------------------------------------------


def _steady(tiler: Tiler) -> Iterator[Tiled]:
    """Wires of static signals; along a bus, a caption stands alike at every column."""
    plan = tiler.plan
    families: dict[tuple[object, ...], list[Edge]] = {}
    for edge in static_edges(plan.scene):
        families.setdefault((*plan.statics.family(edge), edge.caption), []).append(edge)
    for edges in families.values():
        yield from _family(tiler, edges)


def _family(tiler: Tiler, edges: Sequence[Edge]) -> Iterator[Tiled]:
    plan, found = tiler.plan, None
    bus = plan.statics.is_bussed(edges[0])
    for edge in edges:
        line = plan.statics.line(edge)
        run = None if found or (bus and edge != edges[0]) else tiler.run(edge.caption)
        alike = bus and edge.target[1] != STATIC
        shifts = [0.0]
        if alike:
            pitch = plan.ground.pitch(edge.target[0])
            shifts = [(e.target[1] - edge.target[1]) * pitch for e in edges[: MANY + 1]]
        wish = _static_wish(tiler, edge, line, run, shifts) if run else None
        wire = tiler.wire(line, wish, edge)
        if found:
            wire = replace(wire, caption=_shifted(plan, edge, found))
        elif alike:
            found = _shifted(plan, edge, wire.caption, -1)
        stretch = tiler.stretch(edge)
        if stretch is None:
            yield _still(plan, edge, wire)
        else:
            yield from _along(tiler, edge, stretch, found)


def _still(plan: Plan, edge: Edge, wire: Wire) -> Group:
    body = plan.statics.body(edge, plan.theme.head_length - 1).stroke()
    return _copied(plan, edge, replace(wire, stroke=body), still=True)


def _along(tiler: Tiler, edge: Edge, stretch: Stretch, found: Point | None) -> Iterator[Tiled]:
    """The like of a wire along a bus: those left of where it meets the static signal, and right.

    Those that are near there differ, and so do wires that run along no bus.
    """
    plan = tiler.plan
    (name, _), (static, _) = (
        (edge.source, edge.target) if edge.target[1] == STATIC else (edge.target, edge.source)
    )

    def at(place: int) -> Iterator[Group]:
        ends = (((n, place if n == name else c)) for n, c in (edge.source, edge.target))
        source, target = ends
        like = replace(edge, source=source, target=target)
        line = plan.statics.line(like)
        wire = tiler.wire(line, None, like)
        spot = _shifted(plan, like, found) if found else None
        group = _still(plan, like, replace(wire, caption=spot))
        yield replace(group, items=group.items[:1]) if shared else group

    near = whole = stretch.places
    shared = edge.target[1] == STATIC and plan.statics.is_bussed(edge)  # the head, by all
    if plan.statics.is_bussed(edge):
        middle = plan.ground.place_near(name, plan.ground.static_x[static])
        near = whole[max(0, middle - NEAR - whole.start) : max(0, middle + NEAR + 1 - whole.start)]
    yield from repeated(at, stretch.part(range(whole.start, near.start)))
    for number in near:
        yield from at(number)
    yield from repeated(at, stretch.part(range(near.stop, whole.stop)))


def _static_wish(tiler: Tiler, edge: Edge, line: Line, run: Run, shifts: Sequence[float]) -> Wish:
    line = line.last(REACH)
    length = 2.0 * max(1, len(line.samples(2.0)) - 1)
    places = spread_from(0.6, 0.2, 0.85, length)
    if tiler.plan.statics.is_bussed(edge):
        places = _places("laned", line)
    return Wish(run, tiler.owners[edge], places, shifts=shifts)


def _shifted(plan: Plan, edge: Edge, place: Point | None, sign: int = 1) -> Point | None:
    if place is None:
        return None
    return (place[0] + sign * edge.target[1] * plan.ground.pitch(edge.target[0]), place[1])


def _delayed(tiler: Tiler) -> Iterator[Group]:
    plan = tiler.plan
    captions = {(e.source[0], e.delay, e.child, e.target[0]): e.caption for e in plan.scene.edges}
    nets = ((p.delays, net, sinks) for p in plan.panels for net, sinks in p.delays.nets.items())
    for delays, net, sinks in nets:
        colored = any(_incoming(plan, sink) for sink in sinks)
        for sink in sinks:
            line, edge = delays.line(net, sink), Edge((net[0], 0), (sink, 0), captions[*net, sink])
            run = wire_run(edge.caption, "", plan.theme)
            wire = tiler.wire(line, _delay_wish(tiler, net, sink, run) if run else None, edge)
            plain = colored and not _incoming(plan, sink)  # it has what is shared as its own
            route = delays.line(net, sink) if plain else delays.branch(net, sink)
            wire = replace(wire, stroke=_body(plan, route))
            yield _copied(plan, edge, wire)


def _delay_wish(tiler: Tiler, net: Net, sink: str, run: Run) -> Wish:
    delays, owner = tiler.plan.panel(net[0]).delays, tiler.owners[net, sink]
    line = delays.line(net, sink)
    if net not in delays.curve:
        return Wish(run, owner, _places("laned", line))
    length = 2.0 * max(1, len(line.samples(2.0)) - 1)
    return Wish(run, owner, spread_from(0.3, 0.1, 0.9, length), tiler.plan.ground.center(net[0]))
