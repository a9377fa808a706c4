"""Long unfoldings with every step drawn: the scene of a shorter one, one column of it for many.

Away from both ends, and from steps that are named or pinned, every step looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Block, Column, Edge, Scene
from graphfold.render.steps import column_at, unfolded
from graphfold.render.view import View

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

FEW = 32  # steps that are not worth it


def every_step(seen: View, unfolding: Unfolding, options: DrawOptions) -> Scene | None:
    """Return the scene of an unfolding with all steps; None when it does not repeat, or is short.

    It costs no more for many steps than for some.
    """
    if unfolding.kept is not None or unfolding.trees:
        return None
    reach = max((abs(tie.delay) for tie in seen.ties), default=0)
    middles, steps = {}, dict(unfolding.steps)
    for axis in seen.order.axes:
        first, last = (end + 2 * reach + 2 for end in _ends(unfolding, axis))
        if steps[axis] - first - last > FEW:
            middles[axis], steps[axis] = first + 1, first + 1 + last
    if not middles:
        return None
    scene = unfolded(seen, replace(unfolding, steps=tuple(steps.items())), options)
    missing = {axis: length - steps[axis] for axis, length in unfolding.steps}
    spans = {
        block: _column_of(scene.blocks[block], middles[axis], missing[axis])
        for block, axis in enumerate(seen.order.axes)
        if axis in middles
    }
    if not all(_repeats(scene, block, place, reach) for block, (place, _) in spans.items()):
        return None
    blocks = list(scene.blocks)
    for block, (place, span) in spans.items():
        columns = _columns(seen, unfolding, scene.blocks[block], (place, span))
        blocks[block] = replace(blocks[block], columns=tuple(columns))
    edges = tuple(_moved_on(scene, spans, edge) for edge in scene.edges)
    return replace(scene, blocks=tuple(blocks), edges=edges)


def each_step(scene: Scene) -> Scene:
    """Return a scene with a column for every step, those that one stands for included."""
    if all(column.span == 1 for column in scene.columns):
        return scene
    blocks = tuple(
        replace(block, columns=tuple(c.at(i) for c in block.columns for i in range(c.span)))
        for block in scene.blocks
    )
    return replace(scene, blocks=blocks, edges=tuple(_each_wire(scene)))


def _each_wire(scene: Scene) -> Iterator[Edge]:
    for edge in scene.edges:
        (source, a), (target, b) = edge.source, edge.target
        end = edge.source if b == STATIC else edge.target
        span = 1 if end[1] == STATIC else scene.column(end).span
        yield edge
        for i in range(1, span):
            first, second = (
                (n, c if c == STATIC else c + i) for n, c in ((source, a), (target, b))
            )
            yield replace(edge, source=first, target=second)


def _ends(unfolding: Unfolding, axis: str) -> tuple[int, int]:
    """How far from its first and from its last step an axis has something that names a step."""
    circuit, ends = unfolding.circuit, [0, 0]
    indices = [b.index for b in circuit.boundaries if circuit.axis_of[b.signal] == axis]
    links = (link for link in circuit.links if circuit.axis_of[link.source] == axis)
    indices += [link.index for link in links if link.index is not None]
    for index in indices:
        ends[bool(index.base)] = max(ends[bool(index.base)], abs(index.offset))
    return ends[0], ends[1]


def _column_of(block: Block, step: int, missing: int) -> tuple[int, int]:
    """The place of a step, and how many steps its column shall span."""
    steps = [column.step for column in block.columns]
    return steps.index(str(step)), missing + 1


def _repeats(scene: Scene, block: int, place: int, reach: int) -> bool:
    """Whether around a column, as far as wires reach, every column is like it."""
    around = range(place - reach - 1, place + reach + 2)
    columns = scene.blocks[block].columns
    if around.start < 0 or around.stop > len(columns):
        return False
    own = columns[place]
    if any(
        (c.sites, c.labels) != (own.sites, own.labels) for c in columns[around.start : around.stop]
    ):
        return False
    wires: dict[int, list[object]] = {c: [] for c in around}
    for edge in scene.edges:
        for at, told in _told(scene, block, edge):
            if told is None:
                return False
            if at in wires:
                wires[at].append(told)
    return all(found == wires[place] for found in wires.values())


def _told(scene: Scene, block: int, edge: Edge) -> Iterator[tuple[int, object]]:
    """The column that has a wire, and what the wire is as seen from there; None when too long."""
    ends = (edge.source, edge.target)
    blocks = [None if c == STATIC else scene.block_of[n] for n, c in ends]
    (source, a), (target, b) = edge.source, edge.target
    if block not in blocks:
        return
    if None in blocks:
        yield (a if b == STATIC else b), (source, target, b == STATIC, edge.caption)
    elif blocks[0] != blocks[1]:
        yield b, None
    else:
        yield b, (source, target, b - a, edge.caption)


def _columns(
    seen: View, unfolding: Unfolding, block: Block, at: tuple[int, int]
) -> Iterator[Column]:
    """The columns with one that spans as many steps as it shall, and later steps beyond it."""
    place, span = at
    for number, column in enumerate(block.columns):
        if number > place:
            step = int(column.step) + span - 1
            yield column_at(seen, unfolding, column.sites, (step, str(step)))
        else:
            yield replace(column, span=span) if number == place else column


def _moved_on(scene: Scene, spans: Mapping[int, tuple[int, int]], edge: Edge) -> Edge:
    """The wire, further to the right when its target is beyond a column that spans several."""
    name, column = edge.source if edge.target[1] == STATIC else edge.target
    if column == STATIC or scene.block_of[name] not in spans:
        return edge
    place, span = spans[scene.block_of[name]]
    if column <= place:
        return edge
    source, target = (
        (n, c if c == STATIC else c + span - 1) for n, c in (edge.source, edge.target)
    )
    return replace(edge, source=source, target=target)
