"""Time upwards: a layout in which it runs to the right, reflected; labels stay as they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from graphfold.render.picture import (
    Disc,
    Group,
    Item,
    Label,
    Moves,
    Patch,
    Point,
    Rect,
    Run,
    Stroke,
)


@dataclass(frozen=True, slots=True)
class Turned(Run):
    """A run that is as wide as it is high, and as high as it is wide, while it finds its place."""


def turned(run: Run) -> Run:
    """Return the run with width and height swapped around its middle."""
    values = {f.name: getattr(run, f.name) for f in fields(Run)}
    return Turned(**(values | {"box": _swapped(run)}))


def reflected(groups: Iterable[Group]) -> list[Group]:
    """Return the groups reflected: right becomes up, and down becomes left.

    Labels and values of nodes stay where they are within their circle or box; all other labels keep
    their middle.
    """
    return [_group(group) for group in groups]


def _group(group: Group) -> Group:
    first = group.items[0] if group.items else None
    holds = isinstance(first, Disc) or (isinstance(first, Rect) and first.pen != "frame")
    about = (first.x, first.y) if holds and first is not None else None
    return replace(group, items=tuple(_item(item, about) for item in group.items))


def _item(item: Item, about: Point | None) -> Item:
    if isinstance(item, Label):
        return _label(item, about)
    if about is not None and _stands(item):
        x, y = _point(*about)
        return replace(item, x=x + item.x - about[0], y=y + item.y - about[1])
    x, y = _point(item.x, item.y)
    if isinstance(item, Stroke):
        return replace(item, x=x, y=y, moves=_moves(item.moves))
    if isinstance(item, Rect | Patch):
        return replace(item, x=x, y=y, half_width=item.half_height, half_height=item.half_width)
    return replace(item, x=x, y=y)


def _stands(item: Item) -> bool:
    """Whether an item of a node is a value within it, which is read as it stands."""
    return isinstance(item, Patch) or (isinstance(item, Rect) and item.pen == "frame")


def _label(label: Label, about: Point | None) -> Label:
    run = label.run
    if isinstance(run, Turned):
        values = {f.name: getattr(run, f.name) for f in fields(Run)}
        run = Run(**(values | {"box": _swapped(run)}))
    mx, my = (run.box[0] + run.box[2]) / 2, (run.box[1] + run.box[3]) / 2
    anchor = about or (label.x + mx, label.y + my)
    x, y = _point(*anchor)
    return replace(label, x=x + label.x - anchor[0], y=y + label.y - anchor[1], run=run)


def _moves(moves: Moves) -> Moves:
    return tuple(
        (kind, tuple(c for x, y in zip(n[::2], n[1::2], strict=True) for c in _point(x, y)))
        for kind, n in moves
    )


def _point(x: float, y: float) -> Point:
    return (0.0 - y, 0.0 - x)  # no number is -0.0


def _swapped(run: Run) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = run.box
    x, y, dx, dy = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2
    return (x - dy, y - dx, x + dy, y + dx)
