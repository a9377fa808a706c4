"""Eliminations to scenes: every wire stands for the ways through what was eliminated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphfold.eliminate import Elimination, eliminate
from graphfold.errors import DrawingError
from graphfold.instances import Instance
from graphfold.render.board import Board, Desk, Place
from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Caption, Edge, Scene
from graphfold.render.steps import blocks_of, board_of
from graphfold.render.view import View, view


def view_without(x: Elimination) -> tuple[View, Elimination]:
    """Return what is shown of an elimination; what the model hides is eliminated as well."""
    circuit = x.circuit
    hidden = [name for name in circuit.style.hide if name in circuit.axis_of]
    whole = eliminate(x, hidden)
    style = replace(circuit.style, hide=whole.names)
    kept = view(replace(circuit, style=style), x.unfolding.untied, frozenset(whole.names))
    return replace(kept, circuit=circuit), whole


def without(seen: View, x: Elimination, options: DrawOptions) -> Scene:
    """Return the scene of an elimination; DrawingError when its wires join two axes."""
    boards = {axis: board_of(seen, x.unfolding, axis, options) for axis in seen.order.axes}
    for board in boards.values():
        board.symbolic = True
    desk = Desk(seen, boards)
    captions: dict[tuple[str, str, int, str], Caption] = {
        (t.source, t.target, t.delay, t.reach): seen.caption(t) for t in seen.ties
    }
    for (name, step), target in _targets(x, seen, boards):
        for source in x.predecessors(name, step):
            place = _place(seen, boards, source)
            if place is None or place == target:
                continue
            delay = 0 if step is None or source[1] is None else step - source[1]
            reach = "static" if source[1] is None else "step" if step is not None else "all"
            caption = captions.get((source[0], name, delay, reach), ())
            _draw(desk, boards, Edge(place, target, caption))
    return desk.scene(blocks_of(seen, boards))


def _targets(
    x: Elimination, seen: View, boards: dict[str, Board]
) -> Iterator[tuple[Instance, Place]]:
    """The instances that are shown, and for those that are cut away one of each signal."""
    for board in boards.values():
        for step in board.visible:
            some = [step] if isinstance(step, int) else [step[len(step) // 2], step[0], step[-1]]
            for name in board.names:
                at = next((s for s in some if x.contains(name, s)), None)
                place = board.place(name, at) if at is not None else None
                if place is not None:
                    yield (name, at), place
    for name in seen.static:
        yield (name, None), (name, STATIC)


def _place(seen: View, boards: dict[str, Board], instance: Instance) -> Place | None:
    name, step = instance
    if name not in seen.sites:
        return None
    if step is None:
        return (name, STATIC)
    return boards[str(seen.circuit.axis_of[name])].place(name, step)


def _draw(desk: Desk, boards: dict[str, Board], edge: Edge) -> None:
    source, target = edge.source, edge.target
    axes = [desk.seen.circuit.axis_of.get(place[0]) for place in (source, target)]
    if None not in axes and axes[0] != axes[1]:
        raise DrawingError(
            f"'{target[0]}' reads '{source[0]}' over another axis once what stands between is"
            " eliminated; keep the static signal that carries it"
        )
    ends = zip(axes, (source[1], target[1]), strict=True)
    cut = any(axis and isinstance(boards[axis].visible[column], range) for axis, column in ends)
    desk.edges.append(replace(edge, dashed=cut))
