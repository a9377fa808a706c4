"""Windows and folded circuits of several axes to scenes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from graphfold.render.board import FAR, Board, Cell, Desk
from graphfold.render.contract import Tie
from graphfold.render.scene import Block, Caption, Column, Edge, NodeKind, Scene
from graphfold.render.view import View, child_of, folded, without_histories


def folded_circuit(seen: View) -> Scene:
    """Return the scene of the folded circuit; the cells of several axes stand side by side."""
    alone = len(seen.order.axes) < 2 and seen.flow == "up"
    return folded(seen) if alone else windows(seen, (), 0, 0)


def windows(seen: View, axes: Collection[str], before: int, after: int) -> Scene:
    """Return the scene of the columns t - before … t + after between dashed stubs.

    So for each of the `axes`; the cells of the others stay folded.
    """
    seen = without_histories(seen)
    boards: dict[str, Board | Cell] = {}
    for axis in seen.order.axes:
        names = seen.along(axis)
        boards[axis] = _board(names, before, after) if axis in axes else Cell(names)
    desk = Desk(seen, boards)
    for tie in seen.ties:
        board = desk.of(tie.target)
        if not desk.moves(tie):
            continue
        if isinstance(board, Board):
            _draw_window(desk, board, tie, range(-before, after + 1))
        elif board:
            child = child_of(seen, tie)
            ends = (tie.source, 0), (tie.target, 0)
            desk.edges.append(Edge(*ends, seen.dated(tie), tie.delay, child=child))
    desk.draw_static()
    blocks = tuple(_block(desk, axis, board) for axis, board in boards.items())
    return desk.scene(blocks or (Block((), ()),))


def _board(names: tuple[str, ...], before: int, after: int) -> Board:
    span = range(-before, after + 1)
    visible = [range(-FAR, -before), *span, range(after + 1, FAR)]
    whole: dict[str, NodeKind] = dict.fromkeys(names, "node")
    return Board(names, visible, [{}, *(dict(whole) for _ in span), {}], after, symbolic=True)


def _block(desk: Desk, axis: str, board: Board | Cell) -> Block:
    if isinstance(board, Cell):
        return board.block()
    first, *middle, last = board.sites
    times = [f"{axis}{s:+d}" if s else axis for s in board.visible if isinstance(s, int)]
    found = [Column("\\ldots", first, True, "…")] if first else []
    found += [Column(time, sites, step=time) for time, sites in zip(times, middle, strict=True)]
    if not first:
        desk.edges = [_shifted(edge, board.names) for edge in desk.edges]
    found += [Column("\\ldots", last, True, "…")] if last else []
    return Block(board.names, tuple(found))


def _shifted(edge: Edge, names: tuple[str, ...]) -> Edge:
    """The edge with its ends in a block one column further to the left."""
    ends = [(n, c - 1 if n in names else c) for n, c in (edge.source, edge.target)]
    return replace(edge, source=ends[0], target=ends[1])


def _draw_window(desk: Desk, board: Board, tie: Tie, span: range) -> None:
    caption = desk.seen.caption(tie)
    for step in range(min(span) - abs(tie.delay), max(span) + 1 + abs(tie.delay)):
        inside = [s in span for s in (step - tie.delay, step)]
        if any(inside):
            _add(desk, board, tie, step, caption, dashed=not all(inside))


def _add(
    desk: Desk, board: Board, tie: Tie, step: int, caption: Caption, dashed: bool = False
) -> None:
    source, target = board.place(tie.source, step - tie.delay), board.place(tie.target, step)
    if source is not None and target is not None and source != target:
        desk.edges.append(Edge(source, target, caption, 0, dashed))
