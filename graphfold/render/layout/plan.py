"""A scene with all its decisions taken: cell, routes, lanes, and how much room they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphfold.render.layout.folded import LOOP, Delays, Net, first_sides
from graphfold.render.layout.grid import Grid, cell_of, grid_of
from graphfold.render.layout.measure import caption_run, sizes
from graphfold.render.layout.routes import Key, Router
from graphfold.render.layout.statics import Statics
from graphfold.render.scene import STATIC, Edge, Scene
from graphfold.render.theme import Theme

ROUNDS = 4
FAR = 1e6


@dataclass
class Plan:
    """Everything that is settled before coordinates are final."""

    scene: Scene
    theme: Theme
    grid: Grid
    router: Router
    delays: Delays
    statics: Statics
    captioned: frozenset[tuple[str, str, int]] = frozenset()
    least: Sequence[float] = ()

    @property
    def gaps(self) -> list[float]:
        """The gap below each row."""
        return [max(pair) for pair in zip(self.least, gaps_needed(self), strict=True)]


def plan(scene: Scene, theme: Theme, least: Sequence[float] = (), between: float = 0.0) -> Plan:
    """Settle a scene; `least` and `between` are gaps of rows and columns that are needed."""
    measured = sizes(scene, theme)
    cell = cell_of(scene, measured, theme, _loop_room(scene))
    smallest = [theme.row_gap] * len(scene.rows)
    smallest = [max(pair) for pair in zip(smallest, least or smallest, strict=True)]
    gaps = smallest
    between = FAR if scene.folded else max(between, _column_gap(scene, theme))
    laned: set[Key] = set()
    kinds = dict.fromkeys((key_of(scene, e), bool(e.caption)) for e in scene.edges if is_step(e))
    keys = tuple(dict.fromkeys(key for key, _ in kinds))
    captioned = frozenset(key[:3] for key, caption in kinds if caption)
    found = None
    for _ in range(ROUNDS):
        grid = grid_of(scene, cell, measured, theme, gaps, between)
        found = _settle(scene, theme, grid, keys, laned)
        found.captioned, found.least = captioned, smallest
        wanted = [max(pair) for pair in zip(gaps, gaps_needed(found), strict=True)]
        wider = max(between, found.router.lanes.width()) if not scene.folded else between
        new = {k for k, kind in found.router.kind.items() if kind == "laned"}
        if wanted == gaps and wider == between and new <= laned:
            break
        gaps, between, laned = wanted, wider, laned | new
    assert found is not None
    return found


def _settle(scene: Scene, theme: Theme, grid: Grid, keys: tuple[Key, ...], laned: set[Key]) -> Plan:
    router = Router(theme, grid, keys, set(laned))
    statics = Statics(theme, grid, router.lanes, router.ports, tuple(static_edges(scene)))
    statics.dots = frozenset(
        (name, c)
        for c, column in enumerate(scene.columns)
        if column.gap
        for name, kind in column.sites.items()
        if kind == "dots"
    )
    router.choose()
    statics.choose()
    others = [router.line(key) for key in keys] if scene.folded else []
    delays = Delays(theme, grid, _nets(scene), router.ports.angles, others)
    return Plan(scene, theme, grid, router, delays, statics)


def gaps_needed(found: Plan) -> list[float]:
    """The gap below each row that the lanes ask for."""
    theme, gaps = found.theme, []
    for row in range(len(found.scene.rows)):
        lanes = max(lane.height(row) for lane in (found.router.lanes, found.delays.lanes))
        slanted = _slanted(found, row)
        spread = theme.row_gap + 12 + 17 * (slanted - 1) if slanted else theme.row_gap
        gaps.append(max(spread, lanes + 8 * slanted if lanes else 0.0, _arched(found, row)))
    return gaps


def _arched(found: Plan, row: int) -> float:
    """The room below a row for the arcs over the row beneath."""
    grid, router = found.grid, found.router
    arcs = [k for k, kind in router.kind.items() if kind == "arc" and grid.row_of[k[0]] == row - 1]
    heights = [grid.floor(row) - y for k in arcs for _, y in router.line(k).samples()]
    return max(heights, default=0.0) + found.theme.clearance + 3 if arcs else 0.0


def _slanted(found: Plan, row: int) -> int:
    """How many wires with captions pass aslant below a row: each wants some room."""
    grid, count = found.grid, 0
    for source, target, distance in found.captioned:
        low, high = sorted((grid.row_of[source], grid.row_of[target]))
        aslant = distance or abs(grid.cell.x[source] - grid.cell.x[target]) > 1
        count += low < row <= high and bool(aslant)
    return min(count, 6)


def key_of(scene: Scene, edge: Edge) -> Key:
    """The route an edge shares with its like at other steps."""
    (source, a), (target, b) = edge.source, edge.target
    dots = 0
    if scene.columns[a].gap or scene.columns[b].gap:
        dots += scene.columns[a].sites.get(source) == "dots"
        dots += 2 * (scene.columns[b].sites.get(target) == "dots")
    return (source, target, b - a, dots)


def is_step(edge: Edge) -> bool:
    """Whether an edge joins two columns (or stays in one) without a square."""
    return STATIC not in (edge.source[1], edge.target[1]) and not edge.delay


def static_edges(scene: Scene) -> list[Edge]:
    """The edges that touch a static signal."""
    return [e for e in scene.edges if STATIC in (e.source[1], e.target[1])]


def _nets(scene: Scene) -> dict[Net, tuple[str, ...]]:
    nets: dict[Net, list[str]] = {}
    for edge in scene.edges:
        if edge.delay:
            net = (edge.source[0], edge.delay, edge.child)
            nets.setdefault(net, []).append(edge.target[0])
    return {net: tuple(dict.fromkeys(sinks)) for net, sinks in nets.items()}


def _loop_room(scene: Scene) -> dict[str, float]:
    """Room beside the sites that carry a loop."""
    room: dict[str, float] = {}
    for net, sinks in _nets(scene).items():
        if sinks == (net[0],):
            for side in first_sides(net):
                key = net[0] if side > 0 else "<" + net[0]
                if key not in room:
                    room[key] = LOOP - 10
                    break
    return room


def _column_gap(scene: Scene, theme: Theme) -> float:
    """Columns are at least as far apart as the widest caption of a level wire asks."""
    row_of = {n: r for r, row in enumerate(scene.rows) for n in row.names}
    widest = 0.0
    for caption in dict.fromkeys(
        e.caption for e in scene.edges if is_step(e) and row_of[e.source[0]] == row_of[e.target[0]]
    ):
        run = caption_run(caption, "9", theme.wire_size)
        widest = max(widest, run.box[2] - run.box[0] if run else 0.0)
    return max(theme.column_gap, widest + theme.head_length + 16)
