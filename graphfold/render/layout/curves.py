"""Curves that carry a delay's square in their middle."""

from __future__ import annotations

import math

from graphfold.render.layout.paths import Line, along, at, distance, unit
from graphfold.render.picture import Point

ROUND = 0.56


def loop(center: Point, radius: float, reach: float, tilt: float, side: int) -> Line:
    """From a circle back to itself, on one side; the square's place ends the first piece."""
    s = radius * 0.72
    points = [(s, s), (s + 22, s + 25), (reach, 44.0), (reach, 0.0)]
    points += [(reach, -44.0), (s + 24, -s - 24), (s, -s)]
    start, *rest = [_turned(center, point, tilt, side) for point in points]
    return Line(start, (tuple(rest[:3]), tuple(rest[3:])))


def _turned(center: Point, point: Point, degrees: float, side: int) -> Point:
    angle = math.atan2(point[1], point[0]) + math.radians(degrees)
    length = math.hypot(*point)
    return (center[0] + side * length * math.cos(angle), center[1] - length * math.sin(angle))


def bow(a: Point, b: Point, start: float, end: float, bend: float) -> Line:
    """Between two circles, `bend` aside of the straight line: to the right of it when positive."""
    length, (dx, dy) = distance(a, b), unit(a, b)
    middle = ((a[0] + b[0]) / 2 - dy * bend, (a[1] + b[1]) / 2 + dx * bend)
    quarter = length / 4
    before = (middle[0] - dx * quarter, middle[1] - dy * quarter)
    after = (middle[0] + dx * quarter, middle[1] + dy * quarter)
    first, last = along(a, before, start), along(b, after, end)
    return Line(
        first,
        (
            (at((first, before), ROUND), at((middle, before), ROUND), middle),
            (at((middle, after), ROUND), at((last, after), ROUND), last),
        ),
    )
