"""Scenes of operations to groups: every step a cell, and rails from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from graphfold.render.compose import instance
from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.measure import box_runs, centred, upright
from graphfold.render.layout.paths import Line, head, rounded, shortened, square
from graphfold.render.picture import Box, Disc, Group, Item, Pen, Point, Rect
from graphfold.render.rails.areas import areas_of
from graphfold.render.rails.buses import Buses
from graphfold.render.rails.cell import Cell, Shape, cell_of
from graphfold.render.rails.measure import (
    GLYPH,
    borders,
    given_label,
    given_radius,
    label_of,
    moves,
    port_gap,
)
from graphfold.render.rails.ports import Lead, Port, ports_of
from graphfold.render.rails.rows import Steps, steps_of
from graphfold.render.rails.tags import Tag, places
from graphfold.render.scene import STATIC, Column, Scene, Site
from graphfold.render.theme import Theme
from graphfold.render.typeset import typeset

GAP, CUT = 30.0, 34.0  # between steps, and the width of what stands for those cut away
CORNER, BACK = 9.0, 11.0  # of wires, and between wires that go back round a step
TAG, FAR, GIVEN, AREA, BESIDE = 13.0, 14.0, 20.0, 30.0, 8.0


def tracks(scenes: Sequence[Scene], theme: Theme) -> list[list[Group]]:
    """Return the groups of scenes of one circuit; their steps are placed alike."""
    sizes, gap = borders(scenes, theme), port_gap(scenes)
    return [list(_Sheet(scene, theme, sizes, gap).groups()) for scene in scenes]


@dataclass
class _Sheet:
    """One scene being drawn: static sites between the strips of its blocks."""

    scene: Scene
    theme: Theme
    border: Mapping[str, Border]
    port_gap: float

    def groups(self) -> Iterator[Group]:
        """All groups, from left to right."""
        areas = areas_of(self.scene)
        strips: list[Strip] = []
        found: list[Group] = []
        places: dict[str, Point] = {}
        x = 0.0
        for number in range(len(self.scene.blocks) + 1):
            x = self._area(areas[number], x, places, found)
            if number < len(self.scene.blocks):
                strip = self._strip(number, x)
                strips.append(strip)
                found += strip.folded() if strip.alone else strip.unfolded()
                x = strip.right + strip.outside + AREA
        yield from Buses(self.scene, self.border, strips, places).groups()
        yield from found

    def _strip(self, number: int, x: float) -> Strip:
        block, scene = self.scene.blocks[number], self.scene
        steps = steps_of(block, scene.ties)
        names = set(block.names)
        comes = [e for e in scene.edges if e.source[1] == STATIC and e.target[0] in names]
        first = len(steps.before)
        inner = {first + i for i in range(len(steps.steps))}
        comes = [e for e in comes if e.target[1] in inner]
        goes = {e.source[0]: None for e in scene.edges
                if e.target[1] == STATIC and e.source[0] in names}  # fmt: skip
        once = {(e.source[0], e.target[0]): replace(e, target=(e.target[0], 0)) for e in comes}
        ports = ports_of(steps.ties, once.values(), goes)
        gains = {name for name in block.names if scene.sites[name].form == "gain"}
        cell = cell_of(block.names, self.border, ports, Shape(gains, self.port_gap))
        strip = Strip(scene, self.theme, self.border, cell, steps, x)
        strip.shift(x + strip.outside + (AREA if strip.outside else 0.0))
        return strip

    def _area(
        self, names: Sequence[str], x: float, places: dict[str, Point], found: list[Group]
    ) -> float:
        """Draw static sites; return where the next block begins."""
        if not names:
            return x
        own = set(names)
        ties = [e for e in self.scene.edges if {e.source[0], e.target[0]} <= own]
        cell = cell_of(names, self.border, ports_of(ties, (), ()))
        column = Column("", dict.fromkeys(names, "node"))
        steps = Steps((), (column,), (), ())
        strip = Strip(self.scene, self.theme, self.border, cell, steps, x)
        found += strip.still(column)
        places.update({n: (x + cell.at[n][0], cell.at[n][1]) for n in names})
        return x + cell.width + AREA


@dataclass
class Strip:
    """The steps of one block side by side."""

    scene: Scene
    theme: Theme
    border: Mapping[str, Border]
    cell: Cell
    steps: Steps
    left: float

    def __post_init__(self) -> None:
        self.tags, self.given = self._tags(), dict[tuple[str, int], End]()
        self.shift(self.left)

    def shift(self, left: float) -> None:
        """Begin at another place."""
        self.left, self.lefts, x = left, [], left
        for column in self.steps.steps:
            self.lefts.append(x)
            x += (CUT if column.gap else self.cell.width) + self.gap
        self.right = x - self.gap

    @property
    def alone(self) -> bool:
        """Whether it is a folded cell."""
        return len(self.steps.steps) == 1 and not self.steps.steps[0].step

    @property
    def gap(self) -> float:
        """The space between steps: more where wires to static sites run in it."""
        return GAP + BESIDE * sum(not p.age for p in self.cell.ports.ports)

    @property
    def outside(self) -> float:
        """How far wires and nodes reach beyond the steps, to both sides."""
        ports = [p for p in self.cell.ports.ports if p.side == "in" and p.age]
        if self.alone:
            return (FAR + BACK * (len(ports) - 1) if ports else 0.0) + 4.0
        return (self.gap + 2 * GIVEN + 4.0) if ports else 0.0

    def _tags(self) -> dict[str, Point]:
        """Where the names of values stand in a cell; as wide as they get."""
        cell, times = self.cell, [c.time for c in self.steps.steps if not c.gap]
        widest = max(times, key=len, default="")
        wanted, nodes = list[Tag](), dict[str, Box]()
        for name, (x, y) in cell.at.items():
            if name not in self.border:
                continue
            half, high = self.border[name].half, self.border[name].radius
            nodes[name] = (x - half, y - high, x + half, y + high)
            tag = self.scene.sites[name].tag
            if tag and not moves(self.scene.sites[name]):
                wanted.append(Tag(name, instance(tag, widest, TAG), (x, y), self.border[name]))
        return places(wanted, nodes, (self._line(lead).samples(3.0) for lead in cell.ports.leads))

    # -- parts ------------------------------------------------------------------------------------

    def unfolded(self) -> Iterator[Group]:
        """All steps, with the rails between them."""
        for number, column in enumerate(self.steps.steps):
            if not column.gap:
                yield self._ground(self.lefts[number], column)
        for number in range(len(self.steps.steps) + 1):
            yield from self._between(number)
        for number, column in enumerate(self.steps.steps):
            yield from self._dots(number) if column.gap else self._step(number, column)

    def folded(self) -> Iterator[Group]:
        """One step, its rails going round it through squares."""
        column = self.steps.steps[0]
        yield self._ground(self.left, column)
        yield from self._returns()
        yield from self._leads(self.left, column, lambda _: True)
        yield from self._nodes(self.left, column)

    def still(self, column: Column) -> Iterator[Group]:
        """Static sites, without a ground."""
        yield from self._leads(self.left, column, lambda _: True)
        yield from self._nodes(self.left, column)

    def _ground(self, x: float, column: Column) -> Group:
        cell = self.cell
        middle, half = (cell.top + cell.bottom) / 2, (cell.bottom - cell.top) / 2
        rect = Rect(x + cell.width / 2, middle, cell.width / 2, half, 10.0, "frame")
        return Group("step", (rect,), "", column.step)

    def _step(self, number: int, column: Column) -> Iterator[Group]:
        def there(lead: Lead) -> bool:
            return self._carries(lead, number)

        yield from self._leads(self.lefts[number], column, there)
        yield from self._nodes(self.lefts[number], column)

    def _carries(self, lead: Lead, step: int) -> bool:
        """Whether a wire of the cell is there in a step."""
        start, end = self._port(lead.source), self._port(lead.target)
        at = step + len(self.steps.before)
        if end is not None and not end.age:
            return (end.site, at) in self.leaving
        if start is not None and not start.age:
            return (start.site, (lead.target, at)) in self.coming
        if end is not None:
            onward = step + (1 if end.age > 0 else -1)
            return self.steps.passes(end.site, onward, end.age)
        target = self.steps.computes(lead.target, step)
        if start is not None:
            return target and self.steps.passes(start.site, step, start.age)
        return target and self.steps.exists(lead.source, step)

    @cached_property
    def leaving(self) -> frozenset[tuple[str, int]]:
        """The instances that static sites read."""
        return frozenset(e.source for e in self.scene.edges if e.target[1] == STATIC)

    @cached_property
    def coming(self) -> frozenset[tuple[str, tuple[str, int]]]:
        """The instances that read static sites, with these."""
        edges = (e for e in self.scene.edges if e.source[1] == STATIC)
        return frozenset((e.source[0], e.target) for e in edges)

    def _port(self, name: str) -> Port | None:
        return next((port for port in self.cell.ports.ports if port.name == name), None)

    # -- wires ------------------------------------------------------------------------------------

    def place(self, port: Port) -> int:
        """The number of a port among those of static sites."""
        return [p for p in self.cell.ports.ports if not p.age].index(port)

    def exit(self, port: Port, step: int) -> tuple[Point, float]:
        """Where a value leaves a step, and x in the gap behind it where its wire may turn."""
        x, y = self.cell.at[port.name]
        edge = self.lefts[step] + self.cell.width
        if self.steps.steps[step].gap:
            x, edge = CUT, self.lefts[step] + CUT
        return (self.lefts[step] + x, y), edge + 9.0 + BESIDE * self.place(port)

    def _leads(self, x: float, column: Column, there: object) -> Iterator[Group]:
        assert callable(there)
        for lead in self.cell.ports.leads:
            if there(lead):
                yield self._wire(self._line(lead).moved(x), lead, column)

    def _wire(self, line: Line, lead: Lead, column: Column, pen: Pen = "solid") -> Group:
        headed = not lead.target.startswith("/")
        items: list[Item] = []
        if headed:
            items.append(shortened(line, 8.0).stroke(pen))
            items.append(head(line.end, line.heading, 9.0, 6.6))
        else:
            items.append(line.stroke(pen))
        signal, target = (self._signal(name) for name in (lead.source, lead.target))
        return Group("wire", tuple(items), signal, column.step, target)

    def _signal(self, name: str) -> str:
        port = self._port(name)
        return port.site if port else name

    def _line(self, lead: Lead) -> Line:
        at = self.cell.at
        turn = -1 if at[lead.target][0] < at[lead.source][0] else 1
        bends = [point for bend in self.cell.bends[lead] for point in bend[::turn]]
        points = [at[lead.source], *bends, at[lead.target]]
        start = End(points[0], self.border[lead.source]) if lead.source in self.border else None
        end = End(points[-1], self.border[lead.target]) if lead.target in self.border else None
        if start is not None:
            points[0] = start.edge(points[1])
        if end is not None:
            points[-1] = end.edge(points[-2])
        return rounded(points, 16.0)

    def _between(self, number: int) -> Iterator[Group]:
        """The rails that enter a step from the left, and leave it to the left."""
        for port in self.cell.ports.ports:
            if not port.age or port.side == "out":
                continue
            forward = port.age > 0
            step = number if forward else number - 1
            if not self.steps.passes(port.site, step, port.age):
                continue
            yield from self._rail(port, number, forward)

    def _rail(self, port: Port, number: int, forward: bool) -> Iterator[Group]:
        """A rail between step number - 1 and step number."""
        cell, count = self.cell, len(self.steps.steps)
        come, go = cell.at[port.name], cell.at[Port("out", port.site, port.age).name]
        before, behind = number == 0, number == count
        right = (self.lefts[number], (come if forward else go)[1]) if not behind else None
        if not before:
            width = CUT if self.steps.steps[number - 1].gap else cell.width
            left = (self.lefts[number - 1] + width, (go if forward else come)[1])
        else:
            left = None
        if left is None or right is None:
            yield from self._given(port, left or right, forward)
            return
        sides = (self.steps.steps[number - 1], self.steps.steps[number])
        pen: Pen = "dashed" if any(c.gap and c.time for c in sides) else "solid"
        line = _bent(left, right) if forward else _bent(right, left)
        line = self._led(line, port, number, forward)
        step = sides[1 if forward else 0].step
        yield Group("wire rail", (line.stroke(pen),), port.site, step)

    def _led(self, line: Line, port: Port, number: int, forward: bool) -> Line:
        """The rail from port to port, level within the steps at both ends."""
        first, last = (number - 1, number) if forward else (number, number - 1)
        out, into = Port("out", port.site, port.age).name, port.name
        start, end = line.start, line.end
        if not self.steps.steps[first].gap:
            start = (self.lefts[first] + self.cell.at[out][0], start[1])
        if not self.steps.steps[last].gap:
            end = (self.lefts[last] + self.cell.at[into][0], end[1])
        return Line(start, ((line.start,), *line.pieces, (end,)))

    def _given(self, port: Port, point: Point | None, forward: bool) -> Iterator[Group]:
        """The value that a state has before the first step (or behind the last)."""
        assert point is not None
        step = -port.age if forward else len(self.steps.steps) - 1 - port.age
        column = self.steps.column(step)
        if column is None:
            return
        site = self.scene.sites[port.site]
        run = given_label(column.labels.get(port.site, site.tag or site.latex), column.time)
        radius = given_radius(run)
        side = -1 if forward else 1
        center = (point[0] + side * (self.gap + radius), point[1])
        start = (center[0] - side * radius, center[1])
        inner = self.lefts[0 if forward else -1] + self.cell.at[port.name][0]
        line = Line(start, (((inner, point[1]),),))
        title = f"{port.site}[{column.step}]"
        place = step + len(self.steps.before)
        self.given[port.site, place] = End(center, Border(radius))
        yield Group("wire rail", (line.stroke(),), port.site, column.step)
        yield Group("node boundary equation", (Disc(*center, radius), centred(run, *center)),
                    port.site, column.step, title=title)  # fmt: skip

    def _dots(self, number: int) -> Iterator[Group]:
        """What stands for steps that are cut away: dots on every rail."""
        x = self.lefts[number] + CUT / 2
        column = self.steps.steps[number]
        if column.time:
            return
        heights = {self.cell.at[p.name][1] for p in self.cell.ports.ports if p.age}
        for y in sorted(heights):
            yield Group("dots", (centred(typeset("\\cdots", 18.0), x, y),))

    def _returns(self) -> Iterator[Group]:
        """The rails of a folded step, round it and through their squares."""
        cell, ports = self.cell, [p for p in self.cell.ports.ports if p.side == "in" and p.age]
        middle = (cell.top + cell.bottom) / 2
        above = [p for p in ports if cell.at[p.name][1] < middle and len(ports) > 2]
        below = [p for p in ports if p not in above]
        above.sort(key=lambda p: cell.at[p.name][1])
        below.sort(key=lambda p: -cell.at[p.name][1])
        for side, those in ((-1, above), (1, below)):
            for place, port in enumerate(those):
                yield from self._return(port, side, place)

    def _return(self, port: Port, side: int, place: int) -> Iterator[Group]:
        cell, forward = self.cell, port.age > 0
        come, go = cell.at[port.name], cell.at[Port("out", port.site, port.age).name]
        far = FAR + BACK * place
        edge = (cell.bottom if side > 0 else cell.top) + side * (12.0 + (BACK + 3) * place)
        left, right = self.left - far, self.left + cell.width + far
        first, last = (right, left) if forward else (left, right)
        start, end = (self.left + go[0], go[1]), (self.left + come[0], come[1])
        points = [start, (first, go[1]), (first, edge), (last, edge), (last, come[1]), end]
        line = rounded(points, CORNER)
        place_x = self.left + cell.width / 2
        yield Group("wire rail", (line.stroke(),), port.site)
        mark = square((place_x, edge), 11.0)
        yield Group("delay", (mark,), port.site, str(abs(port.age)))

    # -- nodes ------------------------------------------------------------------------------------

    def _nodes(self, x: float, column: Column) -> Iterator[Group]:
        for name, kind in column.sites.items():
            site = self.scene.sites[name]
            if name not in self.cell.at or kind not in ("node", "pinned"):
                continue
            cx, cy = self.cell.at[name]
            yield self._node(site, (x + cx, cy), column, kind)
            if name in self.tags and kind == "node":
                run, (tx, ty) = instance(site.tag, column.time, TAG), self.tags[name]
                label = centred(run, x + tx, ty)
                yield Group("tag", (label,), site.name, column.step)

    def _node(self, site: Site, center: Point, column: Column, kind: str) -> Group:
        border, (x, y) = self.border[site.name], center
        signal = site.of or site.name
        title = f"{signal}[{column.step}]" if column.step else signal
        if site.box:
            rect = Rect(x, y, border.half, border.radius, 8.0)
            runs = box_runs(site, self.theme)
            items: tuple[Item, ...] = (rect, upright(runs[0], x, y + 5))
            return Group("cell", items, site.name, column.step, title=title)
        if kind == "pinned" and site.tag:
            run = given_label(site.tag, column.time)
        elif site.form in ("gain", "bare"):
            run = typeset(site.latex, GLYPH)
        else:
            run = label_of(site, column.time)
        label = centred(run, x, y)
        if site.form == "gain":
            items = (Rect(x, y, border.half, border.radius, 3.5), label)
        elif site.form == "bare":
            items = (label,)
        else:
            items = (_around(border, x, y), label)
        kinds = "node " + (site.kind if moves(site) else f"operation {site.form}")
        return Group(kinds, items, signal, column.step, title=title)


def _around(border: Border, x: float, y: float) -> Item:
    """A circle, or a longer one around a word."""
    if border.box:
        return Rect(x, y, border.half, border.radius, border.radius)
    return Disc(x, y, border.radius)


def _bent(start: Point, end: Point) -> Line:
    """A line that leaves and arrives level."""
    if abs(start[1] - end[1]) < 0.01:
        return Line(start, ((end,),))
    middle = (start[0] + end[0]) / 2
    return Line(start, (((middle, start[1]), (middle, end[1]), end),))
