"""Unfoldings to scenes: columns of every axis, and edges between instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from graphfold.labels import latex_of
from graphfold.render.board import Board, Desk, Visible
from graphfold.render.compose import stamped
from graphfold.render.contract import Tie
from graphfold.render.elision import kept_steps, visible
from graphfold.render.factors import products
from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Block, Caption, Column, Edge, NodeKind, Scene
from graphfold.render.view import View

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

TOGETHER = 2


def unfolded(seen: View, unfolding: Unfolding, options: DrawOptions) -> Scene:
    """Return the scene of an unfolding; long times are cut in the middle, on every axis."""
    boards = boards_of(seen, unfolding, options)
    desk = Desk(seen, boards)
    for board in boards.values():
        _draw_steps(desk, board)
    desk.draw_static()
    _draw_boundaries(desk, boards, unfolding)
    return desk.scene(blocks_of(seen, unfolding, boards))


def boards_of(seen: View, unfolding: Unfolding, options: DrawOptions) -> dict[str, Board]:
    """Return the empty boards of all axes; DrawingError when a step to be kept is not there."""
    kept = kept_steps(unfolding, options)
    found: dict[str, Board] = {}
    for axis in seen.order.axes:
        names, length = seen.along(axis), unfolding.length(axis)
        ends = [step for name, step in unfolding.boundaries if seen.uses.shown(name) in names]
        steps = range(min([1, *ends]), max([length, *ends]) + 1)
        shown = visible(steps, length, options, kept.get(axis, ()))
        sites = [_sites(seen, names, unfolding, step) for step in shown]
        found[axis] = Board(names, shown, sites, length)
    return found


def blocks_of(seen: View, unfolding: Unfolding, boards: dict[str, Board]) -> tuple[Block, ...]:
    """Return the boards as blocks; without any there is one, with no columns."""
    found = []
    for axis, board in boards.items():
        symbol = seen.circuit.length_of[axis]
        columns = [
            (Column("\\ldots", sites, True, "…") if board.symbolic else Column("", sites, True))
            if isinstance(s, range)
            else column_at(seen, unfolding, sites, (s, _time(s, board, symbol)))
            for s, sites in zip(board.visible, board.sites, strict=True)
        ]
        found.append(Block(board.names, tuple(columns)))
    return tuple(found) or (Block((), ()),)


def _time(step: int, board: Board, symbol: str) -> str:
    """A step as a superscript: where steps are cut, long numbers near the end are told from it."""
    length = board.length
    if not board.gaps or abs(step) < 10**4 or step < length - 100:
        return str(step)
    return f"{latex_of(symbol, 0)}{step - length:+d}" if step != length else latex_of(symbol, 0)


def _sites(
    seen: View, names: tuple[str, ...], unfolding: Unfolding, step: Visible
) -> dict[str, NodeKind]:
    if isinstance(step, range):
        return {}
    axis = seen.circuit.axis_of[names[0]] if names else None
    if not 1 <= step <= unfolding.length(str(axis)):
        ends = {seen.uses.shown(name) for name, at in unfolding.boundaries if at == step}
        return {n: "boundary" for n in names if n in ends}
    found: dict[str, NodeKind] = {}
    for name in names:
        signals = seen.inside.get(name, (name,))
        if any(unfolding.contains(signal, step) for signal in signals):
            pinned = name not in seen.inside and unfolding.is_pinned(name, step)
            if pinned and seen.exploded is not None and seen.exploded.is_inner(name):
                continue
            found[name] = "pinned" if pinned else "node"
    return found


def column_at(
    seen: View, unfolding: Unfolding, sites: Mapping[str, NodeKind], at: tuple[int, str]
) -> Column:
    """A step; at the boundaries of closed uses stand the states that they begin with."""
    step, time = at
    labels: dict[str, str] = {}
    for use in (name for name, kind in sites.items() if kind == "boundary" and name in seen.inside):
        states = [s for s in seen.inside[use] if (s, step) in unfolding.boundaries]
        many = [stamped(seen.latex[s], time) for s in states]
        labels[use] = ",".join(many if len(many) < 4 else [*many[:2], "\\ldots"])
    if seen.exploded is not None:
        given = (name for name, kind in sites.items() if kind in ("boundary", "pinned"))
        labels |= {name: seen.sites[name].tag or seen.sites[name].latex for name in given}
    return Column(time, sites, False, str(step), labels)


def _draw_steps(desk: Desk, board: Board) -> None:
    for tie in desk.seen.ties:
        if tie.reach != "step" or tie.target not in board.names:
            continue
        caption = desk.seen.caption(tie)
        for step in sorted(board.column_of):
            inside = 1 <= step <= board.length
            if inside and board.sites[board.column_of[step]].get(tie.target) == "node":
                add(desk, board, tie, (step - tie.delay, step), caption)
            if 1 <= step + tie.delay <= board.length and board.cut(step + tie.delay) is not None:
                add(desk, board, tie, (step, step + tie.delay), caption)


def add(desk: Desk, board: Board, tie: Tie, steps: tuple[int, int], caption: Caption) -> None:
    """Draw one wire; what is cut away is stood for by dots.

    A state goes on in its own row; any other wire ends at the dots of the signal that reads it.
    """
    start, end = steps
    into = board.cut(end)
    if into is not None and start not in board.column_of:
        return
    source = board.place(tie.source, start)
    if source is None:
        return
    if into is not None:
        goes_on = tie.source in desk.seen.recurrent
        target = board.place(tie.source if goes_on else tie.target, end)
        caption = caption if _is_plain(desk.seen, tie) else ()
    else:
        target = board.place(tie.target, end)
    if target is not None and source != target:
        desk.edges.append(Edge(source, target, caption))


def _is_plain(seen: View, tie: Tie) -> bool:
    """Whether few enough wires run together into a cut for their captions to stand there."""
    return len({t.key for t in seen.ties if t.source == tie.source and t.delay}) <= TOGETHER


def _draw_boundaries(desk: Desk, boards: dict[str, Board], unfolding: Unfolding) -> None:
    """Wires into boundaries and pinned instances, from the static signals that give them."""
    seen, circuit = desk.seen, desk.seen.whole
    for boundary in circuit.boundaries:
        axis, name = circuit.axis_of[boundary.signal], seen.uses.shown(boundary.signal)
        if boundary.value is None or name not in seen.sites or axis is None:
            continue
        board, step = boards[axis], unfolding.resolve(boundary.index, axis)
        place = (name, board.column_of.get(step, STATIC))
        if place[1] == STATIC or name not in board.sites[place[1]]:
            continue
        ways = products(circuit, boundary.value)
        for number, read in boundary.value.reads():
            if read.signal in seen.static:
                caption = seen.caption_of(ways.get(number, ()))
                desk.edges.append(Edge((read.signal, STATIC), place, caption))
