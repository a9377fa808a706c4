"""Where the names of values stand: beside the operations that make them, where nothing else is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.layout.borders import Border
from graphfold.render.layout.cloud import Cloud
from graphfold.render.picture import Box, Point, Run, grown

DIRECTIONS = ((1, -1), (1, 1), (0, -1), (0, 1), (-1, -1), (-1, 1))  # first where the wire leaves
NEAR, AWAY = 2.0, 1.5  # from the node, and from wires


@dataclass(frozen=True)
class Tag:
    """A label that wants a place beside a node."""

    site: str
    run: Run
    center: Point
    border: Border


def places(
    tags: Iterable[Tag], nodes: Mapping[str, Box], wires: Iterable[Sequence[Point]]
) -> dict[str, Point]:
    """Return the middle of each tag's label."""
    cloud, taken, found = Cloud(), list(nodes.values()), dict[str, Point]()
    for points in wires:
        cloud.add(points)
    for tag in tags:
        options = list(_options(tag))
        costs = [_cost(box, cloud, taken) + place for place, (_, box) in enumerate(options)]
        middle, box = options[costs.index(min(costs))]
        found[tag.site] = middle
        taken.append(box)
    return found


def _options(tag: Tag) -> Iterable[tuple[Point, Box]]:
    (x, y), run = tag.center, tag.run
    half = ((run.box[2] - run.box[0]) / 2, (run.box[3] - run.box[1]) / 2)
    for far in (NEAR, NEAR + 4, NEAR + 9):
        for dx, dy in DIRECTIONS:
            share = 0.72 if dx else 1.0
            cx = x + dx * (tag.border.half * share + half[0] + far)
            cy = y + dy * (tag.border.radius * share + half[1] + far)
            yield (cx, cy), (cx - half[0], cy - half[1], cx + half[0], cy + half[1])


def _cost(box: Box, cloud: Cloud, taken: Sequence[Box]) -> float:
    room = grown(box, AWAY)
    over = sum(_meet(room, other) for other in taken)
    return 1000.0 * over + 100.0 * _crossed(room, cloud)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crossed(box: Box, cloud: Cloud) -> int:
    """How many points of wires lie within a box."""
    count = 0
    for (i, j), points in cloud.cells.items():
        if box[0] - 8 <= i * 8 <= box[2] and box[1] - 8 <= j * 8 <= box[3]:
            count += sum(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in points)
    return count
