"""Delays within frames: which stay inside, and the room that frames need for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphfold.render.layout.enclosures import Asked, Sides
from graphfold.render.layout.folded import Delays, Net, holder
from graphfold.render.picture import Point

ROOM = 11.0  # between a wire or a square and the border


def asked_sides(delays: Iterable[Delays], asked: Asked, keep: bool) -> dict[str, Sides]:
    """Return the room that frames want at their sides for the delays in them.

    `keep` what was asked before: that ends when two routings take turns.
    """
    found = dict(asked) if keep else {}
    for routes in delays:
        lines: dict[str, list[Point]] = {}
        for net, sinks in routes.nets.items():
            frame = holder(routes.grid, (net[0], *sinks))
            if frame is not None:
                lines.setdefault(frame, []).extend(_points(routes, net, sinks))
        for frame in reversed([*routes.grid.cell.enclosures]):
            if frame in lines:
                old = found.get(frame, Sides())
                found[frame] = old.grown(_sides(routes, frame, lines[frame], asked))
    return found


def _points(routes: Delays, net: Net, sinks: Iterable[str]) -> list[Point]:
    points = [p for sink in sinks for p in routes.line(net, sink).samples(4.0)]
    x, y = routes.square(net)
    half = routes.theme.square / 2
    aside = routes.outward(net) * (16.0 if net[1] != 1 else 0.0)
    return [*points, (x - half, y - half), (x + half, y + half), (x + aside, y)]


def _sides(routes: Delays, frame: str, points: list[Point], asked: Mapping[str, Sides]) -> Sides:
    grid, found = routes.grid, routes.grid.cell.enclosures[frame]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    own, span = asked.get(frame, Sides()), found.span
    top = grid.y[span.high] - grid.half[span.high] - (span.top - own.top)
    bottom = grid.y[span.low] + grid.half[span.low] + (span.bottom - own.bottom)
    left, right = (grid.left + x for x in found.held)
    room = (left - min(xs), top - min(ys), max(xs) - right, max(ys) - bottom)
    return Sides(*(round(r + ROOM, 3) for r in room))
