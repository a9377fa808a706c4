"""A plan's nodes to groups of a picture, and the frames behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from graphfold.render.layout.looks import classes, paint_of
from graphfold.render.layout.measure import (
    box_lines,
    box_run,
    centred,
    node_run,
    title_run,
    upright,
)
from graphfold.render.layout.plan import Plan, stretch_at
from graphfold.render.layout.repeat import Tiled, repeated
from graphfold.render.layout.room import Room
from graphfold.render.layout.stack import stacked
from graphfold.render.layout.taken import MANY
from graphfold.render.layout.upward import Turned
from graphfold.render.picture import Box, Disc, Group, Item, Label, Point, Rect, Run, grown
from graphfold.render.scene import STATIC, Block, Column, Frame, NodeKind
from graphfold.render.typeset import typeset

ASIDE, HIGH, LOW = 9.0, 15.5, 6.5  # the name of a frame and its border: beside, above, below
NEAR = 4.0  # the same where time runs upwards

SHARES = (0.0, 1.0, 0.15, 0.85, 0.3, 0.7)  # from left to right, where a name may stand


def frame_groups(plan: Plan, room: Room) -> Iterator[Tiled]:
    """Return the frames of every step, outer ones first, their names where no wire passes."""
    for frame in plan.scene.frames:
        number = plan.scene.block_of[frame.sites[0]]
        block, grid = plan.scene.blocks[number], plan.panels[number].grid
        there = [*_steps_of(frame, block)]
        run = title_run(frame.latex, plan.theme)
        shifts = [c * grid.pitch for c in there[: MANY + 1]]
        dx, dy = _title_place(room, grid.enclosed(frame.name), run, shifts)
        draw = partial(_frame, plan, frame, Label(dx, dy, run))
        for c in there:
            stretch = stretch_at(plan, frame.sites[0], c)
            yield from draw(c) if stretch is None else repeated(draw, stretch)


def _frame(plan: Plan, frame: Frame, name: Label, place: int) -> Iterator[Group]:
    """A frame at a place; its name stands where it stood in the first."""
    block = plan.scene.block_of[frame.sites[0]]
    grid, step = plan.panels[block].grid, plan.scene.blocks[block].step(place).step
    left, top, right, bottom = grid.enclosed(frame.name, place)
    x, y = (left + right) / 2, (top + bottom) / 2
    rect = Rect(x, y, right - x, bottom - y, plan.theme.box_corner, "frame")
    label = Label(name.x + place * grid.pitch, name.y, name.run)
    yield Group("frame", (rect, label), frame.name, step, title=frame.name, paint=frame.paint)


def _steps_of(frame: Frame, block: Block) -> Iterator[int]:
    """The places of columns in which a frame has more than boundaries."""
    for place, column in block.placed():
        if {column.sites.get(site) for site in frame.sites} & {"node", "pinned"}:
            yield place


def _title_place(room: Room, box: Box, run: Run, shifts: Sequence[float]) -> Point:
    """A place, a corner if it can be, where the name of a frame is not in the way; take it."""
    x0, y0, x1, y1 = run.box
    found = []
    for rank, (x, y) in enumerate(_corners(box, run)):
        label = (x + x0, y + y0, x + x1, y + y1)
        found.append((room.hits(grown(label, 2.0), shifts), rank, (x, y), label))
    _, _, place, label = min(found)
    room.add_box(label, shifts=shifts)
    return place


def _corners(box: Box, run: Run) -> Iterator[Point]:
    """Where the name of a frame may stand: along the two sides that are level when it is read."""
    left, top, right, bottom = box
    x0, y0, x1, y1 = run.box
    if isinstance(run, Turned):
        first, last = bottom - ASIDE - y1, top + ASIDE - y0
        sides = (right - NEAR - x1, left + NEAR - x0)
        yield from ((x, first + (last - first) * share) for x in sides for share in SHARES)
        return
    first, last = left + ASIDE - x0, right - ASIDE - x1
    sides = (top + HIGH, bottom - LOW)
    yield from ((first + (last - first) * share, y) for y in sides for share in SHARES)


def node_groups(plan: Plan) -> Iterator[Tiled]:
    """Return the nodes of every step, and static ones."""
    for number, block in enumerate(plan.scene.blocks):
        draw = partial(_nodes, plan, number)
        for place, column in block.placed():
            if column.span == 1:
                yield from draw(place)
            else:
                stretch = stretch_at(plan, block.names[0], place)
                yield from repeated(draw, stretch) if stretch else ()
    for name in plan.ground.static_x:
        yield _node(plan, name, STATIC, Column("", {name: "node"}))


def _nodes(plan: Plan, number: int, place: int) -> Iterator[Group]:
    """The nodes of a step."""
    column = plan.scene.blocks[number].step(place)
    for name in plan.panels[number].grid.sites():
        if name in column.sites:
            yield _node(plan, name, place, column)


def _node(plan: Plan, name: str, c: int, column: Column) -> Group:
    x, y = plan.ground.center(name, c)
    kind, site = column.sites[name], plan.scene.sites[name]
    if kind == "dots":
        dots = "\\vdots" if plan.theme.upward else "\\cdots"
        return Group("dots", (centred(typeset(dots, 1.25 * plan.theme.instance_size), x, y),), name)
    title = f"{name}[{column.step}]" if column.step else name
    paint = paint_of(site, plan.theme, kind in ("boundary", "stub"))
    mark = plan.scene.marks.get((name, column.step))
    paint = mark.over(paint) if mark else paint
    if site.box:
        items = _box_items(plan, name, (x, y), column)
        kinds = classes(site, plan.theme, _kinds("cell", kind))
        return Group(kinds, items, name, column.step, title=title, paint=paint)
    run = node_run(site.latex, column.time, plan.ground.sizes, name)
    disc = Disc(x, y, plan.ground.radius[name], "dashed" if kind == "stub" else "solid")
    inside = stacked(run, mark, (x, y), plan.theme) if mark else (centred(run, x, y),)
    items = (disc, *inside)
    kinds = classes(site, plan.theme, f"{_kinds('node', kind)} {site.kind}")
    return Group(kinds, items, name, column.step, title=title, paint=paint)


def _kinds(first: str, kind: NodeKind) -> str:
    return first if kind == "node" else f"{first} {kind}"


def _box_items(plan: Plan, name: str, center: Point, column: Column) -> tuple[Item, ...]:
    """A use of a cell; before its first step the states it begins with, in a longer circle."""
    (x, y), border, theme = center, plan.ground.border[name], plan.theme
    kind, site = column.sites[name], plan.scene.sites[name]
    corner = border.radius if kind == "boundary" else theme.box_corner
    rect = Rect(x, y, border.half, border.radius, corner, "dashed" if kind == "stub" else "solid")
    if name in column.labels:
        return (rect, centred(box_run(column.labels[name], theme), x, y))
    return (rect, *(upright(run, x, y + down) for run, down in box_lines(site, theme)))
