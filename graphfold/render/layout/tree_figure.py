"""An unfolding over a tree as what is drawn: wires, nodes and words, placed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphfold.labels import escape
from graphfold.render.layout.looks import classes, paint_of
from graphfold.render.layout.measure import caption_run, centred, lettered, node_run, sizes
from graphfold.render.layout.paths import Line, head, shortened
from graphfold.render.layout.tree_cells import Cell, Inside, Look, plan_cell
from graphfold.render.layout.tree_places import Bands, Places, places
from graphfold.render.layout.tree_wires import Fanner, Root, Shoot, lanes_needed
from graphfold.render.picture import Disc, Group, Item, Point, Run
from graphfold.render.scene import Block, Caption, Column, Scene
from graphfold.render.theme import Theme
from graphfold.render.tree_scene import Branch, TreeScene
from graphfold.render.typeset import typeset

ROUNDS = 8
HIGHER, WIDER = 0.15, 10.0
WORD_SIZE = 15 / 17  # of the word beside the arrow
ROUNDABOUT = 46.0  # the rise that wires want which do not go straight


def tree_groups(scene: TreeScene, theme: Theme) -> list[Group]:
    """Return what is drawn of a tree; where a caption is crowded, levels and leaves move apart."""
    cells = _cells(scene, theme)
    stretch, wider = 1.0, 0.0
    for _ in range(ROUNDS):
        planter = _Planter(scene, theme, cells, stretch, wider)
        groups = list(planter.groups())
        if not planter.crowded:
            break
        stretch, wider = stretch + HIGHER, wider + WIDER
    return groups


@dataclass(frozen=True)
class _Cells:
    leaf: Cell
    inner: Cell
    top: Cell
    look: Look


def _cells(scene: TreeScene, theme: Theme) -> _Cells:
    widest = _widest(scene)
    times = [c.time for c in widest.columns]
    look = Look(scene.sites, sizes(widest, theme), theme, max(times, key=len))
    inner_rows = {n: r for r, row in enumerate(scene.inner.rows) for n in row}
    top_rows = {n: r for r, row in enumerate(scene.top.rows) for n in row}
    enter = (inner_rows.get(b.target, 0) for b in scene.branches if not b.place)
    crowned = (top_rows[b.target] for b in scene.crown)
    return _Cells(
        plan_cell(scene.leaf, look, ()),
        plan_cell(scene.inner, look, [row for row in enter if row]),
        plan_cell(scene.top, look, [row for row in crowned if row]),
        look,
    )


def _widest(scene: TreeScene) -> Scene:
    """A scene whose columns carry the longest labels."""
    inner = [n for row in scene.inner.rows for n in row if n not in scene.fixed]
    leaves = [n for row in scene.leaf.rows for n in row if n not in scene.fixed]
    count = scene.tree.inner_count
    root = str(count)
    if count:
        root = max((scene.time_of_node(t) for t in range(1, count + 1)), key=len)
    last = scene.tree.leaf_count
    times = [(root, inner), (str(last), leaves), (scene.time_of_node(1 - last), leaves)]
    columns = [Column(time, dict.fromkeys(names, "node")) for time, names in times]
    columns.append(Column("", dict.fromkeys(scene.fixed, "node")))
    return Scene((), scene.sites, (Block(tuple(scene.sites), tuple(columns)),), ())


@dataclass
class _Planter:
    """Places a tree and makes its groups: wires first, then nodes and words."""

    scene: TreeScene
    theme: Theme
    cells: _Cells
    stretch: float
    wider: float
    crowded: bool = False
    at: Places = field(init=False)
    fanner: Fanner = field(init=False)

    def __post_init__(self) -> None:
        scene, inner = self.scene, self.cells.inner
        tops = (self.cells.leaf.top, inner.top)
        least = (self._rise(self.cells.leaf), self._rise(inner))
        broad = any(len(row) > 1 for row in inner.part.rows)
        self.at = places(scene.tree, self._pitch(), Bands(tops, least, broad, self.stretch))
        self.fanner = Fanner(self.cells.look, inner, scene.branches)

    def _rise(self, child: Cell, parent: Cell | None = None) -> float:
        above = parent or self.cells.inner
        branches = self.scene.branches if parent is None else self.scene.crown
        halves = [c.grid.half[i] for c, i in ((child, -1), (above, 0)) if c.part.rows]
        rows = [(child.row(b.source), b) for b in branches if b.source in child.grid.row_of]
        straight = all(row == len(child.part.rows) - 1 for row, _ in rows)
        straight = straight and all(not above.row(b.target) for _, b in rows)
        straight = straight and max(map(len, above.part.rows[:1]), default=0) < 2
        room = 0.0 if straight else ROUNDABOUT
        return sum(halves) + self.theme.row_gap + 12 + room

    def _pitch(self) -> float:
        leaf, inner, theme = self.cells.leaf, self.cells.inner, self.theme
        widths = [w.box[2] - w.box[0] + 16 for w in map(self._word, self.scene.tree.words) if w]
        for cell in (leaf, inner):
            beside = lanes_needed(cell, self.scene.branches)
            widths.append(2 * max(-cell.left, cell.right) + theme.site_gap + 2 * beside)
        for branch in self.scene.branches:
            run = caption_run(branch.caption, self.cells.look.time, theme.wire_size)
            widths.append(2 * (run.box[2] - run.box[0]) + 30 if run else 0.0)
        return max(widths) + self.wider

    def _word(self, word: str) -> Run | None:
        if not word or not self.scene.words:
            return None
        return typeset(f"\\text{{{escape(word)}}}", WORD_SIZE * self.theme.word_size)

    # -- groups ---------------------------------------------------------------------------------

    def groups(self) -> Iterator[Group]:
        """All that is drawn."""
        steps = range(1, self.scene.tree.inner_count + 1)
        yield from self._leaf_wires()
        for step in steps:
            yield from self._node_wires(step)
        yield from self._crown()
        yield from self._leaf_nodes()
        for step in steps:
            yield from self._nodes(self.cells.inner, self._place(step), step)
        yield from self._nodes(self.cells.top, self._summit, None)
        yield from self._words()

    def _place(self, step: int) -> Point:
        """The middle of the lowest row of an inner node, or of a leaf from 0 down."""
        height = self.scene.tree.heights[step - 1] if step > 0 else 0
        return (self.at.x_of(step), self.at.low[height])

    def _top(self, step: int) -> float:
        """The height of the highest row there."""
        return self.at.top[self.scene.tree.heights[step - 1] if step > 0 else 0]

    @property
    def _summit(self) -> Point:
        """Where the static signals above the root stand."""
        root = self.scene.tree.inner_count
        child = self.cells.inner if root else self.cells.leaf
        x, y = self.at.x_of(root), self._top(root)
        return (x, y - self.stretch * self._rise(child, self.cells.top))

    def _exists(self, name: str, step: int | None) -> bool:
        if name in self.scene.fixed:
            circuit = self.scene.unfolding.circuit
            return name not in circuit.axis_of or self.scene.unfolding.contains(name, None)
        return self.scene.unfolding.contains(name, step)

    # -- wires ----------------------------------------------------------------------------------

    def _node_wires(self, step: int) -> Iterator[Group]:
        cell, (x, y) = self.cells.inner, self._place(step)
        for wire in cell.inside:
            if self._both(wire, step, step):
                yield self._inside(cell, wire, (x, y), step)
        roots = [self._root(step, c, i) for i, c in enumerate(self.scene.tree.rows[step - 1])]
        height = self.scene.tree.heights[step - 1]
        fan = self.fanner.fan(roots, self.at.rise[height])
        self.crowded = self.crowded or fan.crowded
        for shoot in fan.shoots:
            child = self.scene.tree.rows[step - 1][shoot.root.place]
            yield from self._shoot(self.fanner, shoot, (child, step), (x, y))

    def _root(self, step: int, child: int, place: int) -> Root:
        heights = self.scene.tree.heights
        cell = self.cells.inner if child > 0 else self.cells.leaf
        far = heights[step - 1] > 1 + (heights[child - 1] if child > 0 else 0)
        dx = self.at.x_of(child) - self.at.x_of(step)
        return Root(place, cell, dx, far, child <= 0)

    def _shoot(
        self, fanner: Fanner, shoot: Shoot, ends: tuple[int, int | None], at: Point
    ) -> Iterator[Group]:
        branch, root, (child, step) = shoot.branch, shoot.root, ends
        if not (self._exists(branch.source, child) and self._exists(branch.target, step)):
            return
        points = list(shoot.points)
        if root.far:
            near = Root(root.place, root.cell, root.dx, False, root.leaf)
            start = fanner.start(branch, near, self._top(child) - at[1])
            if len(start) == 1:
                x, y = start[0]
                start = [(x, y - root.cell.grid.radius[branch.source])]
            points = [*start, *points]
        line = fanner.line(points).moved(*at)
        caption = None if shoot.caption is None else _sum(shoot.caption, at)
        yield self._wire(line, branch.caption, caption, (branch, step))

    def _crown(self) -> Iterator[Group]:
        """The wires from the root to what reads it, and those among the static signals."""
        cell, at, root = self.cells.top, self._summit, self.scene.tree.inner_count
        for wire in cell.inside:
            if self._both(wire, None, None):
                yield self._inside(cell, wire, at, None)
        child = self.cells.inner if root else self.cells.leaf
        fanner = Fanner(self.cells.look, cell, self.scene.crown)
        below = Root(0, child, self.at.x_of(root) - at[0], False, not root)
        fan = fanner.fan([below], self._top(root) - at[1])
        self.crowded = self.crowded or fan.crowded
        for shoot in fan.shoots:
            yield from self._shoot(fanner, shoot, (root, None), at)

    def _both(self, wire: Inside, source: int | None, target: int | None) -> bool:
        edge = wire.edge
        return self._exists(edge.source[0], source) and self._exists(edge.target[0], target)

    def _inside(self, cell: Cell, wire: Inside, at: Point, step: int | None) -> Group:
        shift = (at[0] - cell.shift, at[1])
        middle = None if wire.middle is None else _sum(wire.middle, shift)
        branch = Branch(0, wire.edge.source[0], wire.edge.target[0])
        return self._wire(wire.line.moved(*shift), wire.edge.caption, middle, (branch, step))

    def _wire(
        self, line: Line, caption: Caption, middle: Point | None, ends: tuple[Branch, int | None]
    ) -> Group:
        theme, (branch, step) = self.theme, ends
        tip = head(line.end, line.heading, theme.head_length, theme.head_width)
        items: list[Item] = [shortened(line, theme.head_length - 1).stroke(), tip]
        run = caption_run(caption, self._time(branch.target, step), theme.wire_size)
        if run and middle:
            items.append(lettered(run, middle, theme))
        shown = "" if step is None else str(step)
        return Group("wire", tuple(items), branch.source, shown, branch.target)

    # -- leaves ---------------------------------------------------------------------------------

    def _leaf_step(self, name: str, leaf: int) -> int:
        """The step of a site at a leaf: a signal over the tree counts downwards."""
        over = self.scene.unfolding.circuit.axis_of.get(name)
        return 1 - leaf if over == self.scene.axis else leaf

    def _stands(self, name: str, leaf: int) -> bool:
        """Whether a site may stand in a column; before and after the leaves, only their signals."""
        over = self.scene.unfolding.circuit.axis_of.get(name)
        leaves = self.scene.unfolding.circuit.trees[self.scene.axis].leaves
        return 1 <= leaf <= self.scene.tree.leaf_count or over == leaves

    def _leaf_wires(self) -> Iterator[Group]:
        cell = self.cells.leaf
        for leaf in self._columns():
            for wire in cell.inside:
                (source, _), (target, distance) = wire.edge.source, wire.edge.target
                end = leaf + distance
                steps = self._leaf_step(source, leaf), self._leaf_step(target, end)
                here = self._stands(source, leaf) and 1 <= end <= self.scene.tree.leaf_count
                if here and self._both(wire, *steps):
                    moved_ = self._stretched(wire, distance)
                    yield self._inside(cell, moved_, (self._leaf_x(leaf), 0.0), steps[1])

    def _stretched(self, wire: Inside, distance: int) -> Inside:
        """A wire to another leaf, as the pitch of the leaves asks."""
        pitch = self.cells.leaf.grid.pitch
        if not distance:
            return wire
        scale = self.at.pitch / pitch
        line = _scaled(wire.line, self.cells.leaf, wire, scale)
        middle = None
        if wire.middle is not None:
            middle = (line.start[0] + (wire.middle[0] - wire.line.start[0]) * scale, wire.middle[1])
        return Inside(wire.edge, line, middle, wire.run)

    def _leaf_x(self, leaf: int) -> float:
        return (leaf - 1) * self.at.pitch

    def _columns(self) -> Sequence[int]:
        """The leaves, and the steps before and after them that signals over them read."""
        circuit, steps = self.scene.unfolding.circuit, set[int]()
        leaves = circuit.trees[self.scene.axis].leaves
        for name, step in self.scene.unfolding.boundaries:
            if circuit.axis_of[name] == leaves and name in self.cells.leaf.grid.row_of:
                steps.add(step)
        return sorted(steps | set(range(1, self.scene.tree.leaf_count + 1)))

    def _leaf_nodes(self) -> Iterator[Group]:
        for leaf in self._columns():
            yield from self._nodes(self.cells.leaf, (self._leaf_x(leaf), 0.0), leaf, True)

    # -- nodes ----------------------------------------------------------------------------------

    def _nodes(
        self, cell: Cell, at: Point, step: int | None, leaf: bool = False
    ) -> Iterator[Group]:
        for name in cell.names:
            own = self._leaf_step(name, step) if leaf and step is not None else step
            if self._exists(name, own) and (not leaf or self._stands(name, step or 0)):
                yield self._node(name, own, _sum(cell.center(name), at))

    def _node(self, name: str, step: int | None, at: Point) -> Group:
        site, measured = self.scene.sites[name], self.cells.look.measured
        still = name in self.scene.fixed or step is None
        run = node_run(site.latex, self._time(name, step), measured, name)
        first = step is not None and not still and self.scene.unfolding.is_boundary(name, step)
        kinds = f"node boundary {site.kind}" if first else f"node {site.kind}"
        shown = "" if still else str(step)
        items = (Disc(*at, measured.radius[name]), centred(run, *at))
        title = f"{name}[{shown}]" if shown else name
        kinds, paint = classes(site, self.theme, kinds), paint_of(site, self.theme, first)
        return Group(kinds, items, name, shown, title=title, paint=paint)

    def _time(self, name: str, step: int | None) -> str:
        """The superscript of a site at a step."""
        if step is None or name in self.scene.fixed:
            return ""
        over = self.scene.unfolding.circuit.axis_of.get(name)
        return self.scene.time_of_node(step) if over == self.scene.axis else str(step)

    def _words(self) -> Iterator[Group]:
        cell = self.cells.leaf
        half = cell.grid.half[0] if cell.part.rows else 0.0
        xs = [cell.center(name)[0] for name in cell.part.rows[0]] if cell.part.rows else [0.0]
        middle = (min(xs) + max(xs)) / 2
        for leaf, word in enumerate(self.scene.tree.words, start=1):
            run = self._word(word)
            if run is not None:
                label = centred(
                    run, self._leaf_x(leaf) + middle, half + 16 * self.theme.word_size / 17
                )
                yield Group("word", (label,), "", str(leaf))


def _sum(a: Point, b: Point) -> Point:
    return (a[0] + b[0], a[1] + b[1])


def _scaled(line: Line, cell: Cell, wire: Inside, scale: float) -> Line:
    """A line between columns whose distance has changed; its ends stay at their circles."""
    (source, _), (target, distance) = wire.edge.source, wire.edge.target
    a, b = cell.grid.center(source), cell.grid.center(target, distance)
    grown = distance * cell.grid.pitch * (scale - 1)
    middle = (a[0] + b[0]) / 2

    def moved_(x: float) -> float:
        return x + grown * ((x - a[0]) > (middle - a[0]) if b[0] > a[0] else x < middle)

    pieces = tuple(tuple((moved_(x), y) for x, y in piece) for piece in line.pieces)
    return Line((moved_(line.start[0]), line.start[1]), pieces)
