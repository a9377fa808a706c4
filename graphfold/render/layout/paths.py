"""Lines before they are drawn: straight, curved and rounded, with sampling and arrow heads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphfold.render.picture import Move, Moves, Pen, Point, Stroke

STEP = 3.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line from `start` by pieces: a point (straight) or three (a cubic); y downwards."""

    start: Point
    pieces: tuple[tuple[Point, ...], ...]

    @property
    def end(self) -> Point:
        """Its last point."""
        return self.pieces[-1][-1] if self.pieces else self.start

    @property
    def heading(self) -> Point:
        """The direction at its end, of length 1."""
        points = [self.start, *(p for piece in self.pieces for p in piece)]
        tail = next((p for p in reversed(points) if distance(p, self.end) > 1e-6), self.start)
        return unit(tail, self.end)

    def moved(self, dx: float, dy: float = 0.0) -> Line:
        """The same line elsewhere."""
        pieces = tuple(tuple((x + dx, y + dy) for x, y in piece) for piece in self.pieces)
        return Line((self.start[0] + dx, self.start[1] + dy), pieces)

    def samples(self, step: float = STEP) -> list[Point]:
        """Points along the line, at most about `step` apart."""
        found = [self.start]
        for piece in self.pieces:
            found += _sample(found[-1], piece, step)
        return found

    def last(self, length: float) -> Line:
        """Its last part: what comes before a straight piece that is longer is left out."""
        start, found = self.start, 0
        for number, piece in enumerate(self.pieces):
            begin = self.pieces[number - 1][-1] if number else self.start
            if len(piece) == 1 and distance(begin, piece[0]) > length:
                start, found = along(piece[0], begin, length), number
        return Line(start, self.pieces[found:])

    def reversed(self) -> Line:
        """The same line from its end."""
        points = [self.start, *(p for piece in self.pieces for p in piece)][::-1]
        pieces, place = list[tuple[Point, ...]](), 1
        for piece in self.pieces[::-1]:
            pieces.append(tuple(points[place : place + len(piece)]))
            place += len(piece)
        return Line(points[0], tuple(pieces))

    def stroke(self, pen: Pen = "solid") -> Stroke:
        """The line as relative moves."""
        moves: list[Move] = []
        last = self.start
        for piece in self.pieces:
            numbers = tuple(round(c - o, 2) for p in piece for c, o in zip(p, last, strict=True))
            moves.append(("l" if len(piece) == 1 else "c", numbers))
            last = piece[-1]
        return Stroke(self.start[0], self.start[1], tuple(moves), pen)


def _sample(start: Point, piece: tuple[Point, ...], step: float) -> Iterator[Point]:
    points = (start, *piece)
    length = sum(distance(a, b) for a, b in itertools.pairwise(points))
    count = max(1, math.ceil(length / step))
    for i in range(1, count + 1):
        yield at(points, i / count)


def at(points: Sequence[Point], t: float) -> Point:
    """The point of a straight or cubic piece at 0 <= t <= 1."""
    while len(points) > 1:
        points = [
            (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
            for a, b in itertools.pairwise(points)
        ]
    return points[0]


def distance(a: Point, b: Point) -> float:
    """The distance of two points."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def unit(a: Point, b: Point) -> Point:
    """The direction from a to b, of length 1."""
    length = distance(a, b) or 1.0
    return ((b[0] - a[0]) / length, (b[1] - a[1]) / length)


def along(a: Point, b: Point, length: float) -> Point:
    """The point `length` away from a, towards b."""
    dx, dy = unit(a, b)
    return (a[0] + dx * length, a[1] + dy * length)


def polar(center: Point, radius: float, degrees: float) -> Point:
    """A point of a circle; 0 degrees points right, 90 up."""
    angle = math.radians(degrees)
    return (center[0] + radius * math.cos(angle), center[1] - radius * math.sin(angle))


def rounded(points: Sequence[Point], corner: float) -> Line:
    """A line through points whose corners are rounded."""
    points = _without_doubles(points)
    pieces: list[tuple[Point, ...]] = []
    last = len(points) - 1
    for i in range(1, last):
        before, here, after = points[i - 1], points[i], points[i + 1]
        reach = [distance(before, here) / (1 if i == 1 else 2)]
        reach += [distance(here, after) / (1 if i == last - 1 else 2), corner]
        a, b = along(here, before, min(reach)), along(here, after, min(reach))
        pieces += [(a,), (at((a, here), 0.56), at((b, here), 0.56), b)]
    return Line(points[0], (*pieces, (points[-1],)))


def _without_doubles(points: Sequence[Point]) -> list[Point]:
    kept = [points[0]]
    for here in points[1:]:
        if distance(here, kept[-1]) < 0.01:
            continue
        if len(kept) > 1 and distance(unit(kept[-2], kept[-1]), unit(kept[-1], here)) < 1e-3:
            kept.pop()
        kept.append(here)
    return kept


def shortened(line: Line, length: float) -> Line:
    """The line without its last `length`, for a head to stand there."""
    *pieces, last = line.pieces
    before = pieces[-1][-1] if pieces else line.start
    if len(last) == 1:
        return Line(line.start, (*pieces, (along(last[0], before, length),)))
    dx, dy = line.heading
    end, control = last[2], last[1]
    before_end = (end[0] - dx * length, end[1] - dy * length)
    control = (control[0] - dx * length, control[1] - dy * length)
    return Line(line.start, (*pieces, (last[0], control, before_end)))


def head(tip: Point, heading: Point, length: float, width: float) -> Stroke:
    """An arrow head, filled."""
    (x, y), (dx, dy) = tip, heading
    half = width / 2
    a = (-dx * length - dy * half, -dy * length + dx * half)
    b = (2 * dy * half, -2 * dx * half)
    moves: Moves = (("l", _round(a)), ("l", _round(b)), ("z", ()))
    return Stroke(x, y, moves, "ink")


def square(center: Point, side: float) -> Stroke:
    """A filled square."""
    moves: Moves = (("l", (side, 0.0)), ("l", (0.0, side)), ("l", (-side, 0.0)), ("z", ()))
    return Stroke(center[0] - side / 2, center[1] - side / 2, moves, "ink")


def _round(point: Point) -> Point:
    return (round(point[0], 2), round(point[1], 2))
