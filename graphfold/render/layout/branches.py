"""A trunk is drawn once: the other wires of a net start where they leave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from graphfold.render.layout.paths import along, distance
from graphfold.render.picture import Point

Points = Sequence[Point]


def branches(routes: Sequence[Points], corner: float) -> list[list[Point]]:
    """Return upright and level routes without what they share with a longer one."""
    order = sorted(range(len(routes)), key=lambda i: (-_length(routes[i]), i))
    kept: dict[int, list[Point]] = {}
    for place, i in enumerate(order):
        kept[i] = branch(routes[i], [routes[j] for j in order[:place]], corner)
    return [kept[i] for i in range(len(routes))]


def _length(points: Points) -> float:
    return sum(distance(a, b) for a, b in pairwise(points))


def branch(points: Points, drawn: Sequence[Points], corner: float) -> list[Point]:
    """Return a route without what it shares, at its start, with those that are drawn."""
    shared = 0
    while shared < len(points) - 1 and _covered(points[shared], points[shared + 1], drawn):
        shared += 1
    if not shared or shared == len(points) - 1:
        return list(points)
    turn = points[shared]
    start = along(turn, points[shared - 1], min(corner, distance(turn, points[shared - 1])))
    return [start, *points[shared:]]


def _covered(a: Point, b: Point, drawn: Iterable[Points]) -> bool:
    return any(_within(a, b, c, d) for points in drawn for c, d in pairwise(points))


def _within(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether a level or upright piece a-b lies on c-d."""
    for level, run in ((1, 0), (0, 1)):
        if max(abs(p[level] - c[level]) for p in (a, b, d)) < 0.01:
            low, high = sorted((c[run], d[run]))
            return low - 0.01 <= min(a[run], b[run]) and max(a[run], b[run]) <= high + 0.01
    return False
