"""Curves that carry a delay's square in their middle."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from graphfold.render.layout.borders import End
from graphfold.render.layout.paths import Line, along, at, distance, unit
from graphfold.render.picture import Point

ROUND = 0.56


def loop(end: End, reach: float, tilt: float, side: int, spread: float = 45.0) -> Line:
    """From a node back to itself, on one side; the square's place ends the first piece.

    It leaves and arrives `spread` degrees from its axis, which is `tilt` degrees from level.
    """
    radius, core = end.border.radius, max(end.border.core, 0.0)
    center = (end.center[0] + side * core, end.center[1])
    x, y = radius * math.cos(math.radians(spread)), radius * math.sin(math.radians(spread))
    slope = 25.0 * spread / 45.0
    bulge = y + 27 * spread / 45.0
    points = [(x, y), (x + 22, y + slope), (reach, bulge), (reach, 0.0)]
    points += [(reach, -bulge), (x + 24, -y - slope), (x, -y)]
    start, *rest = [_turned(center, point, tilt, side) for point in points]
    if end.border.box:  # which has corners outside of that circle
        start, rest[-1] = (
            along(center, p, end.border.toward(side * core, unit(center, p)))
            for p in (start, rest[-1])
        )
    return Line(start, (tuple(rest[:3]), tuple(rest[3:])))


def through(a: End, b: End, points: Sequence[Point]) -> Line:
    """Between two nodes by way of points that are passed upright."""
    first = a.edge(_toward(points[0], a.center))
    last = b.edge(_toward(points[-1], b.center))
    corner = _toward(points[0], a.center)
    pieces = [(at((first, corner), ROUND), at((points[0], corner), ROUND), points[0])]
    for here, there in itertools.pairwise(points):
        half = (there[1] - here[1]) / 2
        pieces.append(((here[0], here[1] + half), (there[0], there[1] - half), there))
    corner = _toward(points[-1], b.center)
    pieces.append((at((points[-1], corner), ROUND), at((last, corner), ROUND), last))
    return Line(first, tuple(pieces))


def _toward(point: Point, end: Point) -> Point:
    return (point[0], point[1] + (end[1] - point[1]) * 0.42)


def _turned(center: Point, point: Point, degrees: float, side: int) -> Point:
    angle = math.atan2(point[1], point[0]) + math.radians(degrees)
    length = math.hypot(*point)
    return (center[0] + side * length * math.cos(angle), center[1] - length * math.sin(angle))


def bow(start: End, end: End, bend: float, flat: float = 0.25) -> Line:
    """Between two nodes, `bend` aside of the straight line: to the right of it when positive.

    `flat` is how far it keeps parallel to the straight line, as a share of its length.
    """
    a, b = start.center, end.center
    length, (dx, dy) = distance(a, b), unit(a, b)
    middle = ((a[0] + b[0]) / 2 - dy * bend, (a[1] + b[1]) / 2 + dx * bend)
    quarter = length * flat
    before = (middle[0] - dx * quarter, middle[1] - dy * quarter)
    after = (middle[0] + dx * quarter, middle[1] + dy * quarter)
    first, last = start.edge(before), end.edge(after)
    return Line(
        first,
        (
            (at((first, before), ROUND), at((middle, before), ROUND), middle),
            (at((middle, after), ROUND), at((last, after), ROUND), last),
        ),
    )
