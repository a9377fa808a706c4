"""What stands at one place of a tree, laid out once: nodes, the wires among them, captions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.layout.captions import Wish, box_at, place, spread_from
from graphfold.render.layout.enclosures import paddings
from graphfold.render.layout.grid import Grid, cell_of, levels_of
from graphfold.render.layout.measure import Sizes, caption_run
from graphfold.render.layout.panel import grid_for
from graphfold.render.layout.paths import Line
from graphfold.render.layout.room import Room, Zone
from graphfold.render.layout.routes import Key, Router
from graphfold.render.picture import Point, Run
from graphfold.render.rows import Row
from graphfold.render.scene import Block, Column, Edge, NodeKind, Scene, Site
from graphfold.render.theme import Theme
from graphfold.render.tree_scene import Part

ROUNDS = 6
HIGHER = 12.0
BYPASSED = 52.0  # the gap below a row that wires enter from the side
LANE = 13.0
BESIDE = 16.0


@dataclass(frozen=True)
class Inside:
    """A wire among the nodes of a place, the middle of its caption, and the caption."""

    edge: Edge
    line: Line
    middle: Point | None
    run: Run | None


@dataclass(frozen=True)
class Cell:
    """A place: its middle is x = 0, the lowest row y = 0; captions lie within left..right.

    `entries` is how many wires from one child may pass beside its rows to enter a higher one.
    """

    part: Part
    grid: Grid
    inside: tuple[Inside, ...]
    left: float
    right: float
    entries: int

    def center(self, name: str) -> Point:
        """The middle of a node."""
        x, y = self.grid.center(name)
        return (x - self.shift, y)

    @property
    def shift(self) -> float:
        """What moves the middle of the place to x = 0."""
        return (self.grid.cell.left + self.grid.cell.right) / 2

    @property
    def top(self) -> float:
        """The height of the highest row."""
        return self.grid.y[-1] if self.part.rows else 0.0

    @property
    def names(self) -> list[str]:
        """The sites that stand here."""
        return [name for row in self.part.rows for name in row]

    def row(self, name: str) -> int:
        """The row of a site."""
        return self.grid.row_of[name]

    def outermost(self, name: str, side: int) -> bool:
        """Whether nothing stands beside a site, on the left (-1) or on the right."""
        row = self.part.rows[self.row(name)]
        return all((self.center(n)[0] - self.center(name)[0]) * side <= 0 for n in row)

    def lane(self, side: int, number: int) -> float:
        """The place of a wire that passes the rows on one side."""
        edge = self.left if side < 0 else self.right
        return edge + side * (BESIDE + LANE * number)


@dataclass(frozen=True)
class Look:
    """What all places of a figure share; `time` is the longest superscript."""

    sites: Mapping[str, Site]
    measured: Sizes
    theme: Theme
    time: str


def plan_cell(part: Part, look: Look, entered: Sequence[int]) -> Cell:
    """Lay out a place; `entered` are the rows that wires of one child enter past other rows."""
    measured, theme = look.measured, look.theme
    kinds: dict[str, NodeKind] = {name: "node" for row in part.rows for name in row}
    here = Sizes({n: measured.border[n] for n in kinds}, measured.shrink, measured.size)
    rows = tuple(Row(row) for row in part.rows)
    block = Block(tuple(kinds), (Column("", kinds),))
    scene = Scene(rows, look.sites, (block,), part.edges)
    keys = tuple(dict.fromkeys(key_of(edge) for edge in part.edges))
    cell = cell_of(scene, 0, here, theme, {})
    gaps = [BYPASSED if row in entered else theme.row_gap for row in range(len(rows))]
    for _ in range(ROUNDS):
        levels = levels_of(scene, here, theme, gaps, paddings(scene, {}))
        grid = grid_for(scene, 0, cell, levels, theme.column_gap + 2 * theme.radius)
        router = Router(theme, grid, keys)
        router.choose()
        lanes = [router.lanes.height(row) for row in range(len(rows))]
        wanted = [max(pair) for pair in zip(gaps, lanes, strict=True)]
        if wanted != gaps:
            gaps = wanted
            continue
        inside, crowded = _captioned(scene, grid, router, look)
        if not crowded:
            break
        gaps = [gap + HIGHER for gap in gaps]
    return _bounded(part, grid, inside, len(entered))


def key_of(edge: Edge) -> Key:
    """The route of an edge."""
    return (edge.source[0], edge.target[0], edge.target[1], 0)


def _captioned(scene: Scene, grid: Grid, router: Router, look: Look) -> tuple[list[Inside], bool]:
    """The wires with their captions placed, and whether one is crowded."""
    moving = any(edge.target[1] for edge in scene.edges)
    room = Room((Zone(-math.inf, math.inf, grid.pitch),) if moving else ())
    for name in grid.sites():
        room.add_node(grid.end(name))
    lines = [router.line(key_of(edge)) for edge in scene.edges]
    for number, line in enumerate(lines):
        room.add(line.samples(1.5), number)
    found, crowded = [], False
    for number, (edge, line) in enumerate(zip(scene.edges, lines, strict=True)):
        run, middle = caption_run(edge.caption, look.time, look.theme.wire_size), None
        if run is not None:
            length = 2.0 * max(1, len(line.samples(2.0)) - 1)
            places = spread_from(0.5 - 6.0 / length, 0.15, 0.8, length)
            spot = place(room, line, Wish(run, number, places, near=look.theme.caption_gap))
            middle, crowded = spot.middle, crowded or spot.crowded
        found.append(Inside(edge, line, middle, run))
    return found, crowded


def _bounded(part: Part, grid: Grid, inside: Sequence[Inside], entries: int) -> Cell:
    shift = (grid.cell.left + grid.cell.right) / 2
    left, right = grid.cell.left - shift, grid.cell.right - shift
    for wire in inside:
        xs = [x for x, _ in wire.line.samples()] if not wire.edge.target[1] else []
        if wire.run and wire.middle:
            box = wire.run.box
            around = box_at(wire.middle, box[2] - box[0], box[3] - box[1])
            xs += [around[0], around[2]] if not wire.edge.target[1] else []
        left, right = min([left, *(x - shift for x in xs)]), max([right, *(x - shift for x in xs)])
    return Cell(part, grid, tuple(inside), left, right, entries)
