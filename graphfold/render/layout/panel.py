"""A block with its wires routed: grid, routes, and the squares of a folded cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphfold.render.layout.folded import Delays, Net, first_sides
from graphfold.render.layout.grid import Cell, Grid, Levels
from graphfold.render.layout.lanes import Channels
from graphfold.render.layout.paths import Line
from graphfold.render.layout.routes import Key, Router
from graphfold.render.scene import STATIC, Edge, Scene
from graphfold.render.theme import Theme


@dataclass
class Panel:
    """The decisions about one block."""

    grid: Grid
    router: Router
    delays: Delays

    @property
    def reach(self) -> tuple[float, float]:
        """The left and the right edge of what it draws."""
        room, (left, right) = self.router.lanes.width() / 2, self.bulge
        return (self.grid.left + self.grid.cell.left - left - room, self.grid.right + right + room)

    @property
    def bulge(self) -> tuple[float, float]:
        """How far its wires reach beyond the cell, left and right."""
        xs = [x - self.grid.left for line in self.lines() for x, _ in line.samples(6.0)]
        cell = self.grid.cell
        left, right = cell.left - min([cell.left, *xs]), max([cell.right, *xs]) - cell.right
        return (round(left, 2), round(right, 2))

    def lines(self) -> Iterator[Line]:
        """The wires that stay in a column, and those through squares."""
        yield from (self.router.line(key) for key in self.router.keys if not key[2])
        for net, sinks in self.delays.nets.items():
            yield from (self.delays.line(net, sink) for sink in sinks)


def grid_for(scene: Scene, block: int, cell: Cell, levels: Levels, gap: float) -> Grid:
    """Return the grid of a block, not moved, with `gap` between its columns."""
    count = scene.blocks[block].count
    shared = (levels.row_of, levels.y, levels.half, levels.sizes, levels.above, levels.below)
    return Grid(*shared, cell, cell.width + gap, count)


@dataclass(frozen=True)
class Around:
    """What the blocks of a figure share: the channels, and the wires that pass between them."""

    channels: Channels
    laned: frozenset[Key]
    passing: Sequence[Line]


def panel(scene: Scene, grid: Grid, block: int, around: Around, theme: Theme) -> Panel:
    """Route the wires of a block; those that are `laned` shall run along lanes."""
    keys = tuple(k for k in step_keys(scene) if scene.block_of[k[0]] == block)
    router = Router(theme, grid, keys, {k for k in around.laned if k in keys}, around.channels)
    router.choose()
    folded = scene.blocks[block].folded
    others = [*(router.line(key) for key in keys), *around.passing] if folded else []
    nets = {n: s for n, s in nets_of(scene).items() if scene.block_of.get(n[0]) == block}
    delays = Delays(theme, grid, nets, router.ports.angles, others, around.channels)
    return Panel(grid, router, delays)


def step_keys(scene: Scene) -> tuple[Key, ...]:
    """The routes of all wires between steps."""
    return tuple(dict.fromkeys(key_of(scene, edge) for edge in scene.edges if is_step(edge)))


def key_of(scene: Scene, edge: Edge) -> Key:
    """The route an edge shares with its like at other steps."""
    (source, a), (target, b) = edge.source, edge.target
    starts, ends = scene.column(edge.source), scene.column(edge.target)
    dots = 0
    if starts.gap or ends.gap:
        dots += starts.sites.get(source) == "dots"
        dots += 2 * (ends.sites.get(target) == "dots")
    return (source, target, b - a, dots)


def is_step(edge: Edge) -> bool:
    """Whether an edge joins two columns (or stays in one) without a square."""
    return STATIC not in (edge.source[1], edge.target[1]) and not edge.delay


def static_edges(scene: Scene) -> list[Edge]:
    """The edges that touch a static signal."""
    return [e for e in scene.edges if STATIC in (e.source[1], e.target[1])]


def nets_of(scene: Scene) -> dict[Net, tuple[str, ...]]:
    """The delays of a folded cell and who reads them."""
    nets: dict[Net, list[str]] = {}
    for edge in scene.edges:
        if edge.delay and STATIC not in (edge.source[1], edge.target[1]):
            net = (edge.source[0], edge.delay, edge.child)
            nets.setdefault(net, []).append(edge.target[0])
    return {net: tuple(dict.fromkeys(sinks)) for net, sinks in nets.items()}


def loop_room(scene: Scene, theme: Theme) -> dict[str, float]:
    """Room beside the sites that carry a loop."""
    room: dict[str, float] = {}
    for net, sinks in nets_of(scene).items():
        if sinks == (net[0],):
            for side in first_sides(net):
                key = net[0] if side > 0 else "<" + net[0]
                if key not in room:
                    room[key] = theme.loop - 10
                    break
    return room
