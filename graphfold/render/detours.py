"""Eliminations to scenes: every wire stands for the ways through what was eliminated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphfold.eliminate import Elimination, eliminate
from graphfold.errors import DrawingError
from graphfold.instances import Instance
from graphfold.render.board import Board, Desk, Place
from graphfold.render.contract import Tie
from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Edge, Scene
from graphfold.render.shorter import shorter
from graphfold.render.steps import blocks_of, boards_of
from graphfold.render.uses import ALL
from graphfold.render.view import View, view


def view_without(x: Elimination) -> tuple[View, Elimination]:
    """Return what is shown of an elimination; what the model hides is eliminated as well.

    Its wires join single signals, so every use of a cell is open.
    """
    circuit = x.circuit
    hidden = [name for name in circuit.style.hide if name in circuit.axis_of]
    whole = eliminate(x, hidden)
    style = replace(circuit.style, hide=whole.names)
    names, shown = frozenset(whole.names), replace(circuit, style=style)
    kept = view(shown, x.unfolding.untied, names, opened=ALL)
    return replace(kept, circuit=circuit), whole


def without(seen: View, x: Elimination, options: DrawOptions) -> Scene:
    """Return the scene of an elimination.

    DrawingError over a tree, and when wires join two axes out of step.
    """
    if x.unfolding.trees:
        cure = "hide signals in the model, `draw: {hide: …}`, or take to_graphviz(…)"
        raise DrawingError(f"the figure of a tree shows no eliminations: {cure}")
    whole, x = x, shorter(x, options)
    boards = boards_of(seen, x.unfolding, options)
    for board in boards.values():
        board.symbolic = True
    desk = Desk(seen, boards)
    captions = {_key(t): seen.caption(t) for t in seen.ties}
    for (name, step), target in _targets(x, seen, boards):
        for source in x.predecessors(name, step):
            place = _place(desk, source)
            if place is None or place == target:
                continue
            if step is not None and _axis(seen, source[0]) not in (None, _axis(seen, name)):
                _across(desk, x, source, target)
                continue
            delay = None if step is None or source[1] is None else step - source[1]
            caption = captions.get((source[0], name, delay), ())
            desk.edges.append(Edge(place, target, caption, 0, _is_cut(desk, place, target)))
    told = boards_of(seen, whole.unfolding, options)
    for axis, board in told.items():
        board.symbolic, board.sites = True, boards[axis].sites
    return desk.scene(blocks_of(seen, whole.unfolding, told))


def _key(tie: Tie) -> tuple[str, str, int | None]:
    return (tie.source, tie.target, tie.delay if tie.reach == "step" else None)


def _axis(seen: View, name: str) -> str | None:
    return seen.circuit.axis_of.get(name)


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
        if x.contains(name, None):
            yield (name, None), (name, STATIC)


def _place(desk: Desk, instance: Instance) -> Place | None:
    name, step = instance
    if name not in desk.seen.sites:
        return None
    board = desk.of(name)
    return (name, STATIC) if step is None or board is None else board.place(name, step)


def _is_cut(desk: Desk, *places: Place) -> bool:
    """Whether a wire ends at what stands for steps that are cut away."""
    boards = ((desk.of(name), column) for name, column in places)
    return any(isinstance(b, Board) and isinstance(b.visible[c], range) for b, c in boards if b)


def _across(desk: Desk, x: Elimination, source: Instance, target: Place) -> None:
    """Draw what is read over another axis, by way of the static copy that stands between."""
    name, step = source
    axis, place = str(_axis(desk.seen, name)), _place(desk, source)
    readers = {t.source: t for t in desk.seen.ties if t.target == target[0] and t.reach == "static"}
    for tie in desk.seen.ties:
        index = None if tie.index is None else x.unfolding.resolve(tie.index, axis)
        if tie.source == name and tie.target in readers and index in (None, step) and place:
            copy = (tie.target, STATIC)
            onward = desk.seen.caption(readers[tie.target])
            desk.edges.append(Edge(place, copy, (), 0, _is_cut(desk, place)))
            desk.edges.append(Edge(copy, target, onward, 0, _is_cut(desk, target)))
            return
    raise DrawingError(
        f"'{target[0]}' reads '{name}' over another axis by ways of many lengths once what stands"
        " between is eliminated; keep the static signal that carries it"
    )
