"""The squares of a folded circuit's delays: on loops, on lanes, and on wires to static signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphfold.labels import escape
from graphfold.render.layout.captions import box_at
from graphfold.render.layout.cloud import Cloud
from graphfold.render.layout.folded import Net
from graphfold.render.layout.measure import centred, count_run
from graphfold.render.layout.panel import static_edges
from graphfold.render.layout.paths import square
from graphfold.render.layout.plan import Plan
from graphfold.render.layout.room import Room
from graphfold.render.picture import Box, Group, Item, Point, Run, grown
from graphfold.render.scene import Edge
from graphfold.render.theme import Theme

SHARES = (0.3, 0.4, 0.5, 0.2, 0.6, 0.7, 0.15)  # of a wire, before its square


@dataclass(frozen=True)
class Square:
    """A delay's square, its middle, and the side that faces away from its node: 1 is right."""

    net: Net
    middle: Point
    outward: int = 1


def squares_of(plan: Plan) -> Iterator[Square]:
    """The squares of a plan."""
    for panel in plan.panels:
        delays = panel.delays
        yield from (Square(net, delays.square(net), delays.outward(net)) for net in delays.nets)
    for edge in static_edges(plan.scene):
        if edge.delay:
            yield Square((edge.source[0], edge.delay, edge.child), _on_wire(plan, edge))


def _on_wire(plan: Plan, edge: Edge) -> Point:
    """A place on a wire to a static signal, where no other wire is near."""
    others = Cloud()
    for other in static_edges(plan.scene):
        if other != edge:
            others.add(plan.statics.line(other).samples(4.0))
    for panel in plan.panels:
        others.add(p for line in panel.lines() for p in line.samples(4.0))
    points = plan.statics.line(edge).samples(2.0)
    places = [points[int(share * (len(points) - 1))] for share in SHARES]
    return next((p for p in places if not others.near(p, plan.theme.square)), places[0])


def square_group(theme: Theme, room: Room, one: Square) -> Group:
    """Return a square; beside it stands by how many steps it delays when not one, or the child."""
    items: list[Item] = [square(one.middle, theme.square)]
    signal, steps, child = one.net
    text = _count(steps) if child is None else f"\\text{{{escape(child.name)}}}"
    if text:
        run = count_run(text, theme)
        items.append(centred(run, *_count_place(theme, room, run, one)))
    return Group("delay", tuple(items), signal, child.name if child else str(steps))


def _count(steps: int) -> str:
    return "" if steps == 1 else str(steps) if steps > 1 else f"+{-steps}"


def _count_place(theme: Theme, room: Room, run: Run, one: Square) -> Point:
    """Beside the square, away from the node if that is free."""
    (x, y), side = one.middle, theme.square
    width, height = run.box[2] - run.box[0], run.box[3] - run.box[1]
    found: list[tuple[int, int, Point, Box]] = []
    for further in (4.0, 7.0, 11.0):
        across = side / 2 + further + width / 2
        level = side / 2 + further + height / 2
        for dx, dy in _COMPASS:
            middle = (x + one.outward * dx * across, y + dy * level)
            box = box_at(middle, width, height)
            found.append((room.hits(grown(box, 0.5)), len(found), middle, box))
    _, _, place, box = min(found)
    room.add_box(box)
    return place


_COMPASS = ((1, 0), (0, -1), (0, 1), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1))


def boxes(found: Sequence[Square], theme: Theme) -> Iterator[Box]:
    """What squares cover, and a little more."""
    half = theme.square / 2 + 1
    for x, y in (one.middle for one in found):
        yield (x - half, y - half, x + half, y + half)
