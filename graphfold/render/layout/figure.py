"""Scenes to one picture: side by side, an arrow between, all within the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from graphfold.render.layout.measure import centred, words_run
from graphfold.render.layout.paths import Line, head, shortened
from graphfold.render.layout.plan import Plan
from graphfold.render.layout.settle import settled
from graphfold.render.layout.tile import Tiler
from graphfold.render.picture import (
    Box,
    Disc,
    Group,
    Item,
    Label,
    Moves,
    Patch,
    Picture,
    Rect,
    Stamp,
    moved,
)
from graphfold.render.scene import Scene
from graphfold.render.theme import Theme
from graphfold.render.typeset import OUTLINES, typeset

if TYPE_CHECKING:
    from graphfold.render.tree_scene import TreeScene

    Shown = Scene | TreeScene


def figure(
    parts: Sequence[Sequence[Shown]], theme: Theme, word: str, captions: Sequence[str] = ()
) -> Picture:
    """Return the picture of some parts side by side, each with its caption beneath.

    A part is one scene, or two with an arrow and a word between.
    """
    each = zip(parts, _settled(parts, theme), strict=True)
    found = [_part(part, tiled, theme, word) for part, tiled in each]
    if captions:
        y = max(extent(groups)[3] for groups in found) + theme.word_size * 1.6
        found = [
            [*groups, _caption(groups, caption, y, theme)]
            for groups, caption in zip(found, captions, strict=True)
        ]
    return _canvas(_row(found, theme), theme)


def _settled(parts: Sequence[Sequence[Shown]], theme: Theme) -> list[list[Tiler]]:
    """The scenes of all parts, but trees, tiled; rows are aligned when all have as many."""
    plain = [[scene for scene in part if isinstance(scene, Scene)] for part in parts]
    scenes = [scene for part in plain for scene in part]
    if len({len(scene.rows) for scene in scenes}) > 1:
        return [settled(part, theme) for part in plain]
    tiled = iter(settled(scenes, theme))
    return [[next(tiled) for _ in part] for part in plain]


def _part(part: Sequence[Shown], tiled: Sequence[Tiler], theme: Theme, word: str) -> list[Group]:
    found = [list(tiler.done) for tiler in tiled]
    if not isinstance(part[-1], Scene):
        groups = _tree(part[-1], tiled, theme)
    else:
        groups = found[-1] or [_nothing(tiled[0].plan)]
    if len(part) > 1:
        groups = [*_beside(tiled[0].plan, found[0], groups, theme, word), *groups]
    return groups


def _tree(scene: TreeScene, beside: Sequence[Tiler], theme: Theme) -> list[Group]:
    """A tree, its middle level with that of the folded circuit beside it."""
    from graphfold.render.layout.tree_figure import tree_groups  # which loads NumPy

    groups = tree_groups(scene, theme)
    if not beside:
        return groups
    _, y0, _, y1 = extent(groups)
    shift = _middle(beside[0].plan) - (y0 + y1) / 2
    return [moved(group, 0.0, shift) for group in groups]


def _caption(groups: Sequence[Group], caption: str, y: float, theme: Theme) -> Group:
    left, _, right, _ = extent(groups)
    run = words_run(caption, theme.word_size)
    return Group("caption", (centred(run, (left + right) / 2, y),))


def _row(parts: Sequence[list[Group]], theme: Theme) -> list[Group]:
    """The parts from left to right."""
    found = parts[0]
    for groups in parts[1:]:
        shift = extent(found)[2] + 1.5 * theme.pair_gap - extent(groups)[0]
        found = [*found, *(moved(group, shift) for group in groups)]
    return found


def _beside(
    first: Plan, found: Sequence[Group], groups: Sequence[Group], theme: Theme, word: str
) -> list[Group]:
    """The folded figure and the arrow, to the left of what is there (which may be long)."""
    right = extent(groups)[0] - theme.pair_gap
    arrow = _arrow(first, theme, word, right)
    shift = extent([arrow])[0] - theme.pair_gap - extent(found)[2]
    return [*(moved(group, shift) for group in found), arrow]


def _arrow(settled: Plan, theme: Theme, word: str, right: float) -> Group:
    y = _middle(settled)
    run = words_run(word, theme.word_size)
    length = max(theme.arrow, run.box[2] - run.box[0])
    line = Line((right - length, y), (((right, y),),))
    tip = head(line.end, (1.0, 0.0), theme.head_length, theme.head_width)
    label = centred(run, right - length / 2, y + 18 * theme.word_size / 17)
    return Group("unfold", (shortened(line, theme.head_length - 1).stroke(), tip, label))


def _nothing(first: Plan) -> Group:
    """What stands for an unfolding over no steps."""
    return Group("nothing", (centred(typeset("\\emptyset", 26.0), 0.0, _middle(first)),))


def _middle(settled: Plan) -> float:
    return (settled.ground.y[0] + settled.ground.y[-1]) / 2 if settled.ground.y else 0.0


def _canvas(groups: Sequence[Group], theme: Theme) -> Picture:
    x0, y0, x1, y1 = extent(groups)
    labels = (item for group in groups for item in group.items if isinstance(item, Label))
    used = {glyph.key for label in labels for glyph in label.run.glyphs}
    outlines = {key: OUTLINES[key] for key in sorted(used, key=lambda k: (len(k), k))}
    left, top = round(x0 - theme.margin, 2), round(y0 - theme.margin, 2)
    width, height = x1 - left + theme.margin, y1 - top + theme.margin
    return Picture(
        left,
        top,
        round(width, 2),
        round(height, 2),
        tuple(groups),
        outlines=outlines,
        palette=theme.palette,
        stroke=theme.stroke,
    )


def extent(groups: Iterable[Group]) -> Box:
    """What groups cover."""
    boxes = [box_of(item) for group in groups for item in group.items]
    if not boxes:
        return (0.0, 0.0, 1.0, 1.0)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))


def box_of(item: Item) -> Box:
    """What an item covers; curves by their control points."""
    if isinstance(item, Disc):
        r = item.radius
        return (item.x - r, item.y - r, item.x + r, item.y + r)
    if isinstance(item, Stamp):
        raise TypeError("a stamp is placed after its symbol is measured")
    if isinstance(item, Rect | Patch):
        dx, dy = item.half_width, item.half_height
        return (item.x - dx, item.y - dy, item.x + dx, item.y + dy)
    x0, y0, x1, y1 = item.run.box if isinstance(item, Label) else _reach(item.moves)
    return (item.x + x0, item.y + y0, item.x + x1, item.y + y1)


@lru_cache(maxsize=4096)
def _reach(moves: Moves) -> Box:
    x = y = 0.0
    xs, ys = [x], [y]
    for kind, numbers in moves:
        xs += [x + n for n in numbers[::2]]
        ys += [y + n for n in numbers[1::2]]
        if kind != "z":
            x, y = x + numbers[-2], y + numbers[-1]
    return (min(xs), min(ys), max(xs), max(ys))
