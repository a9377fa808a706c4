"""What the tests of drawings read off a picture: circles, wires as points, labels as boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphfold.render.layout.paths import Line
from graphfold.render.picture import Box, Disc, Group, Label, Picture, Point, Rect, Stroke
from graphfold.render.typeset import glyph_box


@dataclass(frozen=True)
class Wire:
    """The points of a wire from its source to the tip of its head."""

    points: tuple[Point, ...]
    group: Group


def nodes(picture: Picture) -> list[tuple[Group, Disc, Label]]:
    """The nodes, each with its circle and its label."""
    found = []
    for group in picture.groups:
        if group.kind.startswith("node"):
            disc, label = group.items
            assert isinstance(disc, Disc)
            assert isinstance(label, Label)
            found.append((group, disc, label))
    return found


def wires(picture: Picture) -> list[Wire]:
    """The wires as points."""
    found = []
    for group in picture.groups:
        if group.kind == "wire":
            body, tip, *_ = group.items
            assert isinstance(body, Stroke)
            assert isinstance(tip, Stroke)
            found.append(Wire((*points(body), (tip.x, tip.y)), group))
    return found


def captions(picture: Picture) -> list[tuple[Group, Box]]:
    """What the labels cover that stand beside wires and squares, and dots between steps."""
    groups = [group for group in picture.groups if group.kind in ("wire", "delay", "dots")]
    labels = [(group, item) for group in groups for item in group.items if isinstance(item, Label)]
    return [(group, box(label)) for group, label in labels]


def squares(picture: Picture) -> list[tuple[Group, Point]]:
    """The squares of delays and their middles."""
    found = []
    for group in picture.groups:
        if group.kind == "delay":
            square = group.items[0]
            assert isinstance(square, Stroke)
            side = square.moves[0][1][0]
            found.append((group, (square.x + side / 2, square.y + side / 2)))
    return found


def points(stroke: Stroke, step: float = 2.0) -> list[Point]:
    """Points along a stroke."""
    last = (stroke.x, stroke.y)
    pieces = []
    for kind, numbers in stroke.moves:
        if kind == "z":
            continue
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        pieces.append(tuple((last[0] + dx, last[1] + dy) for dx, dy in pairs))
        last = pieces[-1][-1]
    return Line((stroke.x, stroke.y), tuple(pieces)).samples(step)


def box(label: Label) -> Box:
    """What a label covers."""
    x0, y0, x1, y1 = label.run.box
    return (label.x + x0, label.y + y0, label.x + x1, label.y + y1)


def corners(label: Label) -> Iterator[Point]:
    """The corners of what the parts of a label cover."""
    parts = [glyph_box(glyph) for glyph in label.run.glyphs] or [label.run.box]
    for x0, y0, x1, y1 in parts:
        yield from ((label.x + x, label.y + y) for x in (x0, x1) for y in (y0, y1))


def gap(box: Box, disc: Disc) -> float:
    """How far a box keeps from a circle; negative when they overlap."""
    x = min(max(disc.x, box[0]), box[2])
    y = min(max(disc.y, box[1]), box[3])
    return math.hypot(x - disc.x, y - disc.y) - disc.radius


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes overlap."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def margin(box: Box, points: Iterable[Point]) -> float:
    """How far points keep from a box; 0 when one is inside."""
    x0, y0, x1, y1 = box
    far = [math.hypot(max(x0 - x, 0, x - x1), max(y0 - y, 0, y - y1)) for x, y in points]
    return min(far, default=math.inf)


def everything(picture: Picture) -> Iterator[Point]:
    """Points of all that is drawn, its corners included."""
    for group in picture.groups:
        for item in group.items:
            if isinstance(item, Disc):
                r = item.radius
                yield from ((item.x - r, item.y - r), (item.x + r, item.y + r))
            elif isinstance(item, Rect):
                dx, dy = item.half_width, item.half_height
                yield from ((item.x - dx, item.y - dy), (item.x + dx, item.y + dy))
            elif isinstance(item, Label):
                x0, y0, x1, y1 = box(item)
                yield from ((x0, y0), (x1, y1))
            else:
                yield from points(item)


def tracks(wire: Wire) -> Iterator[tuple[bool, float, float, float]]:
    """The level and upright runs of a wire: (level, where, from, to)."""
    body = wire.group.items[0]
    assert isinstance(body, Stroke)
    x, y = body.x, body.y
    for kind, numbers in body.moves:
        dx, dy = numbers[-2:]
        if kind == "l" and abs(dy) < 0.01 < abs(dx):
            yield (True, y, *sorted((x, x + dx)))
        elif kind == "l" and abs(dx) < 0.01 < abs(dy):
            yield (False, x, *sorted((y, y + dy)))
        x, y = x + dx, y + dy
