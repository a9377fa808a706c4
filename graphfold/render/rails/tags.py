"""Where names of values and signs stand in a step: beside what they tell of, and free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from graphfold.render.compose import instance
from graphfold.render.layout.borders import Border
from graphfold.render.layout.cloud import MESH, Cloud
from graphfold.render.layout.measure import caption_run, lettered
from graphfold.render.layout.paths import Line, distance
from graphfold.render.picture import Box, Label, Point, Run, grown
from graphfold.render.rails.measure import TAG, Measures, moves
from graphfold.render.rails.ports import Lead
from graphfold.render.rails.wires import HEAD, HEAD_WIDTH, Wires
from graphfold.render.scene import Scene

DIRECTIONS = ((1, -1), (1, 1), (0, -1), (0, 1), (-1, -1), (-1, 1))  # first where the wire leaves
NEAR, AWAY, ROOM = 2.0, 2.5, 4.0  # from the node, from wires, and from the edge of a step
ROUND = 0.8  # of a circle, whose corners are free
FURTHER = tuple(NEAR + further for further in (0, 4, 9, 16, 24, 34))
BEFORE, ASIDE = (15.0, 20.0, 26.0, 34.0), 3.0  # a sign: before the head, beside the wire


@dataclass
class Names:
    """The middles of names, and signs as labels of their wires; both within two heights."""

    tags: dict[str, Point] = field(default_factory=dict)
    signs: dict[Lead, Label] = field(default_factory=dict)
    top: float = 0.0
    bottom: float = 0.0


def names_of(scene: Scene, known: Measures, wires: Wires) -> Names:
    """Find places for the names of values and the signs of wires in a step."""
    room, found = _room(known.border, wires), Names()
    for lead in wires.cell.ports.leads:
        run = _sign(lead, wires)
        if run is not None:
            point = room.take(run, _beside(wires.line(lead), run))
            found.signs[lead] = lettered(run, point, wires.theme)
    for name, center in wires.cell.at.items():
        site = scene.sites.get(name)
        if site is not None and site.tag and not moves(site):
            run = instance(site.tag, known.widest, TAG)
            found.tags[name] = room.take(run, _around(center, known.border[name], run))
    found.top = min((box[1] for box in room.own), default=0.0) - ROOM
    found.bottom = max((box[3] for box in room.own), default=0.0) + ROOM
    return found


def _sign(lead: Lead, wires: Wires) -> Run | None:
    if lead.edge is None or not lead.edge.caption:
        return None
    return caption_run(lead.edge.caption, "", wires.theme.count_size)


def _room(border: Mapping[str, Border], wires: Wires) -> Room:
    room = Room()
    for name, (x, y) in wires.cell.at.items():
        if name in border:
            share = 1.0 if border[name].box else ROUND  # a circle leaves its corners free
            half, high = border[name].half * share, border[name].radius * share
            room.taken.append((x - half, y - high, x + half, y + high))
    for lead in wires.cell.ports.leads:
        line = wires.line(lead)
        room.wires.add(line.samples(3.0))
        if lead.target in border:
            room.taken.append(_head(line))
    return room


def _head(line: Line) -> Box:
    """What the head of a wire covers."""
    (x, y), (dx, dy) = line.end, line.heading
    (ax, ay), wide = (x - dx * HEAD, y - dy * HEAD), HEAD_WIDTH / 2
    return (min(x, ax) - abs(dy) * wide, min(y, ay) - abs(dx) * wide,
            max(x, ax) + abs(dy) * wide, max(y, ay) + abs(dx) * wide)  # fmt: skip


@dataclass
class Room:
    """What is taken of a step: boxes of nodes and labels, and wires; `own` are the labels."""

    taken: list[Box] = field(default_factory=list)
    own: list[Box] = field(default_factory=list)
    wires: Cloud = field(default_factory=Cloud)

    def take(self, run: Run, options: Iterable[Point]) -> Point:
        """The first of some middles where a label is least in the way; take it."""
        dx, dy = (run.box[2] - run.box[0]) / 2, (run.box[3] - run.box[1]) / 2
        boxes = [((x, y), (x - dx, y - dy, x + dx, y + dy)) for x, y in options]
        costs = [self._cost(box) for _, box in boxes]
        point, box = boxes[costs.index(min(costs))]
        self.taken.append(box)
        self.own.append(box)
        return point

    def _cost(self, box: Box) -> int:
        room = grown(box, AWAY)
        over = sum(_meet(room, other) for other in self.taken)
        return 1000 * over + _crossed(room, self.wires)


def _around(center: Point, border: Border, run: Run) -> Iterator[Point]:
    """Places around a node, the nearest first."""
    half = ((run.box[2] - run.box[0]) / 2, (run.box[3] - run.box[1]) / 2)
    for far in FURTHER:
        for dx, dy in DIRECTIONS:
            share = 0.72 if dx else 1.0
            yield (
                center[0] + dx * (border.half * share + half[0] + far),
                center[1] + dy * (border.radius * share + half[1] + far),
            )
    for far in FURTHER:
        for share, dx, dy in product((1.8, 2.8, 4.0), (1, -1), (-1, 1)):
            yield (
                center[0] + dx * share * (border.half + half[0]),
                center[1] + dy * (border.radius + half[1] + far),
            )


def _beside(line: Line, run: Run) -> Iterator[Point]:
    """Places beside a wire, near its head."""
    points, (dx, dy) = line.samples(2.0), line.heading
    half = ((run.box[2] - run.box[0]) / 2, (run.box[3] - run.box[1]) / 2)
    aside = ASIDE + abs(dx) * half[1] + abs(dy) * half[0]
    for before in BEFORE:
        near = (p for p in reversed(points) if distance(p, line.end) >= before)
        x, y = next(near, points[0])
        for side in (1, -1):
            yield (x + side * dy * aside, y - side * dx * aside)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crossed(box: Box, cloud: Cloud) -> int:
    """How many points of wires lie within a box."""
    columns = range(int(box[0] // MESH), int(box[2] // MESH) + 1)
    rows = range(int(box[1] // MESH), int(box[3] // MESH) + 1)
    near: Sequence[Point] = [
        point for i in columns for j in rows for point in cloud.cells.get((i, j), ())
    ]
    return sum(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in near)
