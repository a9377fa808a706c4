"""A scene with all its decisions taken: cells, routes, lanes, and how much room they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from graphfold.render.layout.borders import End, link
from graphfold.render.layout.enclosures import Asked, Pads, paddings
from graphfold.render.layout.grid import FAR, Cell, Grid, Levels, cell_of, levels_of
from graphfold.render.layout.ground import Ground, ground_of, width_between
from graphfold.render.layout.inside import asked_sides
from graphfold.render.layout.measure import sizes, wire_run
from graphfold.render.layout.nest import Wants, nested_cell
from graphfold.render.layout.panel import (
    Around,
    Panel,
    grid_for,
    is_step,
    key_of,
    loop_room,
    panel,
    static_edges,
)
from graphfold.render.layout.paths import Line
from graphfold.render.layout.repeat import Stretch
from graphfold.render.layout.routes import Key
from graphfold.render.layout.statics import Family, Statics
from graphfold.render.scene import Edge, Scene
from graphfold.render.theme import Theme

ROUNDS, SETTLING = 12, 3
WIDER = 5.0  # how much columns move apart in a round where a slanted wire passes near a node


@dataclass(frozen=True)
class Gaps:
    """The least gaps that are asked for: below rows, between columns, and between blocks."""

    rows: Sequence[float] = ()
    columns: Sequence[float] = ()
    blocks: float = 0.0


@dataclass
class Plan:
    """Everything that is settled before coordinates are final."""

    scene: Scene
    theme: Theme
    ground: Ground
    panels: tuple[Panel, ...]
    statics: Statics
    captioned: frozenset[tuple[str, str, int]] = frozenset()
    least: Sequence[float] = field(default=())

    @property
    def gaps(self) -> list[float]:
        """The gap below each row."""
        return [max(pair) for pair in zip(self.least, gaps_needed(self), strict=True)]

    def panel(self, name: str) -> Panel:
        """The panel of a site that is not static."""
        return self.panels[self.scene.block_of[name]]


@dataclass(frozen=True)
class Round:
    """What one round of settling leaves to the next; when nothing changes, all is settled.

    Gaps below rows and between columns, where blocks stand and how far their wires reach beyond
    them, and the wires that run along lanes and buses.
    """

    rows: tuple[float, ...]
    columns: tuple[float, ...]
    lefts: tuple[float, ...]
    bulges: tuple[tuple[float, float], ...]
    laned: frozenset[Key] = frozenset()
    bussed: frozenset[Family] = frozenset()


def stretch_at(found: Plan, name: str, place: int) -> Stretch | None:
    """The places that a site's column at one of them spans; None when it is alone there."""
    block = found.scene.blocks[found.scene.block_of[name]]
    column = block.column(place)
    if column.span == 1:
        return None
    start = block.starts[block.columns.index(column)]
    return Stretch(range(start, start + column.span), int(column.step), found.ground.pitch(name))


def plan(scene: Scene, theme: Theme, asked: Gaps | None = None) -> Plan:
    """Settle a scene; `asked` are gaps that are needed."""
    asked = asked or Gaps()
    measured, room = sizes(scene, theme), loop_room(scene, theme)
    sides: Asked = {}
    cells, taken = _cells(scene, Wants(measured, room, sides, theme)), paddings(scene, sides)
    smallest = _least(scene, theme, taken)
    smallest = [max(pair) for pair in zip(smallest, asked.rows or smallest, strict=True)]
    now, found = None, None
    for number in range(ROUNDS):
        now = now or _first(scene, theme, cells, asked, smallest)
        levels = levels_of(scene, measured, theme, now.rows, taken)
        ground = ground_of(scene, _grids(scene, cells, levels, now), levels, theme)
        around = Around({}, now.laned, _passing(found, ground, static_edges(scene)))
        found = _settle(scene, theme, ground, around)
        found.captioned, found.least = _captioned(scene), smallest
        last, now = (now, sides), _next(found, now, asked)
        sides = asked_sides((p.delays for p in found.panels), sides, number >= SETTLING)
        if (now, sides) == last:
            break
        if sides != last[1]:
            cells, taken = (
                _cells(scene, Wants(measured, room, sides, theme)),
                paddings(scene, sides),
            )
    assert found is not None
    return found


def _cells(scene: Scene, wants: Wants) -> list[Cell]:
    blocks = range(len(scene.blocks))
    if scene.frames:
        return [nested_cell(scene, b, wants) for b in blocks]
    return [cell_of(scene, b, wants.sizes, wants.theme, wants.extra) for b in blocks]


def _least(scene: Scene, theme: Theme, room: Pads) -> list[float]:
    above, below = room
    return [theme.row_gap + below[r] + (above[r - 1] if r else 0.0) for r in range(len(scene.rows))]


def _first(
    scene: Scene, theme: Theme, cells: Sequence[Cell], asked: Gaps, rows: Sequence[float]
) -> Round:
    """Gaps as they are asked for, and blocks that do not overlap."""
    columns, lefts, left = _column_gaps(scene, theme, asked), list[float](), 0.0
    for block, cell, gap in zip(scene.blocks, cells, columns, strict=True):
        lefts.append(left)
        left += block.count * (cell.width + min(gap, 4 * theme.column_gap)) + 500.0
    return Round(tuple(rows), tuple(columns), tuple(lefts), ((0.0, 0.0),) * len(cells))


def _grids(scene: Scene, cells: Sequence[Cell], levels: Levels, now: Round) -> list[Grid]:
    grids = [grid_for(scene, b, cell, levels, now.columns[b]) for b, cell in enumerate(cells)]
    return [
        replace(grid, left=left, bulge=bulge)
        for grid, left, bulge in zip(grids, now.lefts, now.bulges, strict=True)
    ]


def _next(found: Plan, now: Round, asked: Gaps) -> Round:
    """What this round asks of the next."""
    columns = [_wider(found, b, gap) for b, gap in enumerate(now.columns)]
    kinds = ((key, kind) for p in found.panels for key, kind in p.router.kind.items())
    several = len(found.panels) > 1
    return Round(
        tuple(max(pair) for pair in zip(now.rows, gaps_needed(found), strict=True)),
        tuple(columns),
        tuple(_side_by_side(found, columns, asked.blocks)),
        tuple(p.bulge for p in found.panels) if several else now.bulges,
        now.laned | {key for key, kind in kinds if kind == "laned"},
        frozenset(found.statics.bussed),
    )


def _wider(found: Plan, block: int, gap: float) -> float:
    if found.scene.blocks[block].folded:
        return gap
    router = found.panels[block].router
    return max(gap + WIDER * router.tight(), router.lanes.width())


def _captioned(scene: Scene) -> frozenset[tuple[str, str, int]]:
    """The routes on which something stands beside the wire."""
    return frozenset(key_of(scene, e)[:3] for e in scene.edges if is_step(e) and e.caption)


def _side_by_side(found: Plan, between: Sequence[float], asked: float) -> list[float]:
    """Where the first columns of the blocks stand."""
    scene, theme, lefts = found.scene, found.theme, [0.0]
    last = found.panels[0].reach[1] - found.panels[0].grid.left
    for b, here in enumerate(found.panels[1:], start=1):
        low, high = (x - here.grid.left for x in here.reach)
        space = max(asked, aside(scene, theme))
        static = width_between(scene, found.ground, b, theme)
        left = lefts[-1] + last + (2 * space + static if static else 1.5 * space) - low
        lefts.append(round(left, 3))
        last = high
    return lefts


def aside(scene: Scene, theme: Theme) -> float:
    """Room for the captions of wires to static signals between blocks."""
    ends = (e for e in static_edges(scene) if scene.between.keys() & {e.source[0], e.target[0]})
    return max(1.25 * theme.column_gap, _widest(ends, theme) + theme.head_length + 18)


def _settle(scene: Scene, theme: Theme, ground: Ground, around: Around) -> Plan:
    panels = tuple(panel(scene, grid, b, around, theme) for b, grid in enumerate(ground.grids))
    of = {name: panels[b].router for name, b in scene.block_of.items()}
    statics = Statics(theme, ground, of, around.channels, tuple(static_edges(scene)))
    statics.dots = frozenset(
        (name, c)
        for block in scene.blocks
        for c, column in block.placed()
        if column.gap
        for name, kind in column.sites.items()
        if kind == "dots"
    )
    statics.choose()
    return Plan(scene, theme, ground, panels, statics)


def _passing(found: Plan | None, ground: Ground, edges: Sequence[Edge]) -> list[Line]:
    """The wires of static signals: the straight ways, and along buses as in the last round."""
    lanes = [e for e in edges if found is not None and found.statics.is_bussed(e)]
    direct = [e for e in edges if e not in lanes]
    ends = ((End(ground.center(*e.source)), End(ground.center(*e.target))) for e in direct)
    return [
        *(link(a, b) for a, b in ends),
        *(found.statics.line(edge) for edge in lanes if found is not None),
    ]


def gaps_needed(found: Plan) -> list[float]:
    """The gap below each row that the lanes ask for."""
    theme, ground, gaps = found.theme, found.ground, list[float]()
    lanes = found.panels[0].router.lanes  # all blocks share their channels
    for row in range(len(found.scene.rows)):
        tall, slanted = lanes.height(row), _slanted(found, row)
        spread = theme.row_gap + 12 + 17 * (slanted - 1) if slanted else theme.row_gap
        arched = max(_arched(p, row, theme) for p in found.panels)
        framed = ground.below[row] + (ground.above[row - 1] if row else 0.0)
        gaps.append(max(spread, tall + 8 * slanted if tall else 0.0, arched) + framed)
    return gaps


def _arched(found: Panel, row: int, theme: Theme) -> float:
    """The room below a row for the arcs over the row beneath."""
    grid, router = found.grid, found.router
    arcs = [k for k, kind in router.kind.items() if kind == "arc" and grid.row_of[k[0]] == row - 1]
    heights = [grid.floor(row) - y for k in arcs for _, y in router.line(k).samples()]
    return max(heights, default=0.0) + theme.clearance + 3 if arcs else 0.0


def _slanted(found: Plan, row: int) -> int:
    """How many wires with captions pass aslant below a row: each wants some room."""
    ground, count = found.ground, dict.fromkeys(range(len(found.panels)), 0)
    for source, target, distance in found.captioned:
        low, high = sorted((ground.row_of[source], ground.row_of[target]))
        x = found.panel(source).grid.cell.x
        aslant = distance or abs(x[source] - x[target]) > 1
        count[found.scene.block_of[source]] += low < row <= high and bool(aslant)
    return min(max(count.values()), 6)


def _column_gaps(scene: Scene, theme: Theme, asked: Gaps) -> list[float]:
    """Columns are at least as far apart as the widest caption of a level wire asks."""
    row_of = {n: r for r, row in enumerate(scene.rows) for n in row.names}
    level = [e for e in scene.edges if is_step(e) and row_of[e.source[0]] == row_of[e.target[0]]]
    gaps = []
    for b, block in enumerate(scene.blocks):
        own = (e for e in level if scene.block_of[e.source[0]] == b)
        wide = max(theme.column_gap, _widest(own, theme) + theme.head_length + 16)
        least = asked.columns[b] if b < len(asked.columns) else 0.0
        gaps.append(FAR if block.folded else max(wide, least))
    return gaps


def _widest(edges: Iterable[Edge], theme: Theme) -> float:
    """The width of the widest caption."""
    widest = 0.0
    for caption in dict.fromkeys(e.caption for e in edges):
        run = wire_run(caption, "9", theme)
        widest = max(widest, run.box[2] - run.box[0] if run else 0.0)
    return widest
