"""Scenes to one picture: side by side, an arrow between, all within the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from graphfold.render.layout.measure import centred
from graphfold.render.layout.paths import Line, head, shortened
from graphfold.render.layout.plan import Plan, plan
from graphfold.render.layout.tile import tiled
from graphfold.render.picture import Box, Disc, Group, Item, Label, Picture, Stroke
from graphfold.render.scene import Scene
from graphfold.render.theme import Theme
from graphfold.render.typeset import OUTLINES, typeset


def figure(scenes: Sequence[Scene], theme: Theme, word: str) -> Picture:
    """Return the picture of one scene, or of two with an arrow and a word between."""
    plans = _aligned(scenes, theme)
    groups: list[Group] = []
    right = 0.0
    for i, settled in enumerate(plans):
        found = tiled(settled)
        box = extent(found)
        if i:
            arrow = _arrow(settled, theme, word, right)
            groups.append(arrow)
            right = extent([arrow])[2] + theme.pair_gap
        groups += [moved(group, right - box[0], 0.0) for group in found]
        right += box[2] - box[0] + theme.pair_gap
    return _canvas(groups, theme)


def _aligned(scenes: Sequence[Scene], theme: Theme) -> list[Plan]:
    """Plans whose rows have the same heights."""
    plans = [plan(scene, theme) for scene in scenes]
    if len(plans) == 1:
        return plans
    gaps = [max(pair) for pair in zip(*(p.gaps for p in plans), strict=True)]
    return [plan(scene, theme, gaps) for scene in scenes]


def _arrow(settled: Plan, theme: Theme, word: str, left: float) -> Group:
    y = (settled.grid.y[0] + settled.grid.y[-1]) / 2 if settled.grid.y else 0.0
    run = typeset(f"\\text{{{word}}}", theme.word_size)
    half = (run.box[2] - run.box[0]) / 2
    length = max(theme.arrow, 2 * half)
    line = Line((left, y), (((left + length, y)),)) if False else Line((left, y), (((left + length, y),),))
    tip = head(line.end, (1.0, 0.0), theme.head_length, theme.head_width)
    label = centred(run, left + length / 2, y + 18)
    return Group("unfold", (shortened(line, theme.head_length - 1).stroke(), tip, label))


def _canvas(groups: Sequence[Group], theme: Theme) -> Picture:
    x0, y0, x1, y1 = extent(groups)
    dx, dy = theme.margin - x0, theme.margin - y0
    width, height = x1 - x0 + 2 * theme.margin, y1 - y0 + 2 * theme.margin
    used = {g.key for group in groups for item in group.items if isinstance(item, Label) for g in item.run.glyphs}
    outlines = {key: OUTLINES[key] for key in sorted(used, key=lambda k: (len(k), k))}
    placed = tuple(moved(group, dx, dy) for group in groups)
    return Picture(round(width, 2), round(height, 2), placed, outlines=outlines)


def moved(group: Group, dx: float, dy: float) -> Group:
    """The group elsewhere."""
    return replace(group, items=tuple(replace(i, x=i.x + dx, y=i.y + dy) for i in group.items))


def extent(groups: Iterable[Group]) -> Box:
    """What groups cover."""
    boxes = [box_of(item) for group in groups for item in group.items]
    if not boxes:
        return (0.0, 0.0, 1.0, 1.0)
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def box_of(item: Item) -> Box:
    """What an item covers; curves by their control points."""
    if isinstance(item, Disc):
        r = item.radius
        return (item.x - r, item.y - r, item.x + r, item.y + r)
    if isinstance(item, Label):
        x0, y0, x1, y1 = item.run.box
        return (item.x + x0, item.y + y0, item.x + x1, item.y + y1)
    return _stroke_box(item)


def _stroke_box(stroke: Stroke) -> Box:
    x, y = stroke.x, stroke.y
    xs, ys = [x], [y]
    for kind, numbers in stroke.moves:
        xs += [x + n for n in numbers[::2]]
        ys += [y + n for n in numbers[1::2]]
        if kind != "z":
            x, y = x + numbers[-2], y + numbers[-1]
    return (min(xs), min(ys), max(xs), max(ys))
