"""Where rows, sites and columns stand; every route and picture reads it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from types import MappingProxyType

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.columns import Link, columns
from graphfold.render.layout.enclosures import Pads, Span
from graphfold.render.layout.measure import Sizes
from graphfold.render.layout.order import order
from graphfold.render.picture import Box, Point, grown
from graphfold.render.scene import STATIC, Scene
from graphfold.render.theme import Theme

DUMMY = "/"
FAR = 1e6  # the gap between a folded cell and the next, which is not there
ASIDE = 26.0
STACKED = 20.0  # weighs more than the wires that pass a row
INTO = 0.7  # a wire may be within the box it leads to
AROUND = 5.0  # between a frame and a wire that passes it


@dataclass(frozen=True)
class Enclosure:
    """A frame in every step: its sites, its left and right edge, what it holds, and its rows."""

    sites: frozenset[str]
    left: float
    right: float
    held: tuple[float, float]
    span: Span


@dataclass(frozen=True)
class Cell:
    """One step: its rows with the bends of long wires among the sites, and x of all of them."""

    rows: tuple[tuple[str, ...], ...]
    bends: Mapping[tuple[str, str], tuple[str, ...]]
    x: Mapping[str, float]
    left: float
    right: float
    enclosures: Mapping[str, Enclosure] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def width(self) -> float:
        """From the left edge of the leftmost circle to the right edge of the rightmost."""
        return self.right - self.left


@dataclass(frozen=True)
class Levels:
    """The rows of a figure: their heights y, downwards, row 0 the lowest, and half their sizes.

    `above` and `below` them frames take room.
    """

    row_of: Mapping[str, int]
    y: tuple[float, ...]
    half: tuple[float, ...]
    sizes: Sizes
    above: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def radius(self) -> Mapping[str, float]:
        """Half the height of every site."""
        return self.sizes.radius

    @property
    def border(self) -> Mapping[str, Border]:
        """The border of every site."""
        return self.sizes.border

    def floor(self, channel: int) -> float:
        """The lower edge of the space below row `channel`: the top of the row beneath."""
        if channel == 0:
            return self.y[0] + self.half[0] + 400
        return self.y[channel - 1] - self.half[channel - 1] - self.above[channel - 1]

    def ceiling(self, channel: int) -> float:
        """The upper edge of the space below row `channel`: the bottom of that row."""
        if channel == len(self.y):
            return self.y[-1] - self.half[-1] - 400
        return self.y[channel] + self.half[channel] + self.below[channel]


@dataclass(frozen=True)
class Grid(Levels):
    """The cell of a block repeated by a pitch; its first column stands at `left`.

    `bulge` is how far the wires of a folded cell reach beyond it, left and right.
    """

    cell: Cell
    pitch: float
    count: int
    left: float = 0.0
    bulge: tuple[float, float] = (0.0, 0.0)

    def center(self, name: str, column: int = 0) -> Point:
        """The middle of a node."""
        return (self.left + self.cell.x[name] + column * self.pitch, self.y[self.row_of[name]])

    def end(self, name: str, column: int = 0) -> End:
        """A node as the end of a line."""
        return End(self.center(name, column), self.border[name])

    def bend(self, name: str) -> Point:
        """Where a wire that skips rows passes one of them."""
        return (self.left + self.cell.x[name], self.y[bent_row(name)])

    def boundary(self, column: int) -> float:
        """The middle of the space to the right of a column."""
        gap = self.pitch - self.cell.width
        if gap < FAR:
            return self.left + self.cell.right + gap / 2 + column * self.pitch
        if column < 0:
            return self.left + self.cell.left - self.bulge[0] - ASIDE
        return self.left + self.cell.right + self.bulge[1] + ASIDE

    @property
    def right(self) -> float:
        """The right edge of the last column."""
        return self.left + self.cell.right + max(self.count - 1, 0) * self.pitch

    def sites(self) -> Iterator[str]:
        """The sites of a column."""
        return (n for row in self.cell.rows for n in row if DUMMY not in n)

    def enclosed(self, name: str, column: int = 0) -> Box:
        """The box of a frame."""
        found = self.cell.enclosures[name]
        span, shift = found.span, self.left + column * self.pitch
        top = self.y[span.high] - self.half[span.high] - span.top
        bottom = self.y[span.low] + self.half[span.low] + span.bottom
        return (found.left + shift, top, found.right + shift, bottom)

    def enters(self, points: Sequence[Point], ends: Iterable[End]) -> bool:
        """Whether points pass through a box that is an end."""
        for end in ends:
            (cx, cy), border = end.center, end.border
            if border.box and any(border.gap(x - cx, y - cy) < -INTO for x, y in points):
                return True
        return False

    def outside(self, points: Sequence[Point], ends: Set[tuple[str, int]]) -> bool:
        """Whether points keep out of the frames that hold none of the ends."""
        for name, found in self.cell.enclosures.items():
            left, top, right, bottom = grown(self.enclosed(name), AROUND)
            inside = {column for site, column in ends if site in found.sites}
            for x, y in points:
                column = round((x - (left + right) / 2) / self.pitch)
                within = top < y < bottom and left < x - column * self.pitch < right
                if within and column not in inside:
                    return False
        return True

    def clear(self, points: Sequence[Point], ends: Set[tuple[str, int]], margin: float) -> bool:
        """Whether points keep a margin to every node but the ends, columns having no end."""
        for name in self.sites():
            (cx, cy), border, reach = (
                self.center(name),
                self.border[name],
                self.radius[name] + margin,
            )
            for x, y in points:
                if abs(y - cy) < reach:
                    column = round((x - cx) / self.pitch)
                    dx = x - cx - column * self.pitch
                    if border.gap(dx, y - cy) < margin and (name, column) not in ends:
                        return False
        return True


def bent_row(bend: str) -> int:
    """The row of a bend."""
    return int(bend.rpartition(DUMMY)[2])


def cell_of(
    scene: Scene, number: int, measured: Sizes, theme: Theme, extra: Mapping[str, float]
) -> Cell:
    """Order the sites of a block's step and place them; `extra` is room wanted beside a site."""
    names = set(scene.blocks[number].names)
    rows = [tuple(n for n in row.names if n in names) for row in scene.rows]
    links = [link for link in links_of(scene) if names.issuperset(link)]
    filled, bends, steps = _with_bends(rows, links)
    ordered = order(filled, [(a, b) for a, b, _, _ in steps])

    def apart(left: str, right: str) -> float:
        halves = [measured.half(name, theme.clearance) for name in (left, right)]
        room = extra.get(left, 0.0) + extra.get("<" + right, 0.0)
        return sum(halves) + theme.site_gap + room

    stacked = _stacked(rows)
    alone = {name for link in stacked for name in link[:2]}
    x = columns(ordered, [*steps, *stacked], apart, alone)
    reach = [(x[n] - b.half, x[n] + b.half) for n, b in measured.border.items() if n in x]
    reach += [(v - theme.clearance, v + theme.clearance) for n, v in x.items() if DUMMY in n]
    left, right = min((a for a, _ in reach), default=0.0), max((b for _, b in reach), default=0.0)
    return Cell(tuple(map(tuple, ordered)), bends, x, left, right)


def _stacked(rows: Sequence[Sequence[str]]) -> list[Link]:
    """Sites that are alone in neighbouring rows stand above one another."""
    pairs = itertools.pairwise(filter(None, rows))
    return [(a[0], b[0], STACKED, 0.0) for a, b in pairs if len(a) == len(b) == 1]


def links_of(scene: Scene) -> list[tuple[str, str]]:
    """The delay-free wires within a step."""
    free = (e for e in scene.edges if e.source[1] == e.target[1] != STATIC and not e.delay)
    found = dict.fromkeys((e.source[0], e.target[0]) for e in free)
    return [link for link in found if link[0] != link[1]]


def _with_bends(
    rows: Sequence[Sequence[str]], links: Sequence[tuple[str, str]]
) -> tuple[list[list[str]], dict[tuple[str, str], tuple[str, ...]], list[Link]]:
    """Give each link that skips rows a bend in every row it passes."""
    row_of = {name: r for r, row in enumerate(rows) for name in row}
    filled = [list(row) for row in rows]
    bends: dict[tuple[str, str], tuple[str, ...]] = {}
    steps: list[Link] = []
    for source, target in links:
        low, high = sorted((source, target), key=lambda name: row_of[name])
        between = range(row_of[low] + 1, row_of[high])
        names = tuple(f"{source}{DUMMY}{target}{DUMMY}{r}" for r in between if filled[r])
        for r, name in zip((r for r in between if rows[r]), names, strict=True):
            filled[r].append(name)
        bends[source, target] = names if low == source else names[::-1]
        chain = [low, *names, high]
        weight = 4.0 if not names else 1.0
        if row_of[low] != row_of[high]:
            steps += [(a, b, weight, 0.0) for a, b in itertools.pairwise(chain)]
    return filled, bends, steps


def levels_of(
    scene: Scene,
    measured: Sizes,
    theme: Theme,
    gaps: Sequence[float],
    room: Pads,
) -> Levels:
    """Return the rows with `gaps` between them; `room` is what frames take above and below."""
    row_of = {name: r for r, row in enumerate(scene.rows) for name in row.names}
    half = [max([theme.radius, *(measured.radius[n] for n in row.names)]) for row in scene.rows]
    y = [0.0]
    for r in range(1, len(half)):
        y.append(y[-1] - half[r - 1] - half[r] - gaps[r])
    return Levels(row_of, tuple(y), tuple(half), measured, *room)
