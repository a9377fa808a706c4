"""The scale of a figure's colours, beneath it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphfold.render.layout.figure import extent
from graphfold.render.layout.measure import centred, words_run
from graphfold.render.picture import Group, Item, Label, Patch, Picture, Rect
from graphfold.render.theme import Theme
from graphfold.render.typeset import OUTLINES, typeset
from graphfold.render.values.marked import Legend
from graphfold.render.values.numbers import number_latex
from graphfold.render.values.scale import NOT_FINITE

HALF, TALL, PATCHES = 80.0, 4.5, 64
BELOW, TICK, NEXT, SIZE, SQUARE = 22.0, 5.0, 22.0, 11.5, 4.5
"""Sizes of a scale: half its width and height, and what lies between it and what is near."""


def with_legend(picture: Picture, legend: Legend, theme: Theme) -> Picture:
    """Return the picture grown by its scale, in the middle beneath all else."""
    x0, _, x1, y1 = extent(picture.groups)
    size = SIZE * theme.word_size / 17
    group = Group("legend", tuple(_items(legend, (x0 + x1) / 2, y1 + BELOW, size)))
    groups = (*picture.groups, group)
    left, top, right, bottom = extent(groups)
    left, top = round(min(left - theme.margin, picture.left), 2), picture.top
    return replace(
        picture,
        left=left,
        width=round(max(right + theme.margin, picture.left + picture.width) - left, 2),
        height=round(bottom + theme.margin - top, 2),
        groups=groups,
        outlines=_outlines(picture, group),
    )


def _outlines(picture: Picture, group: Group) -> dict[str, str]:
    used = {g.key for i in group.items if isinstance(i, Label) for g in i.run.glyphs}
    used |= picture.outlines.keys()
    return {key: OUTLINES[key] for key in sorted(used, key=lambda k: (len(k), k))}


def _items(legend: Legend, x: float, y: float, size: float) -> Iterator[Item]:
    scale, y = legend.scale, y + TALL
    yield Rect(x, y, HALF, TALL, 0.0, "frame")
    wide = HALF / PATCHES
    for k in range(PATCHES):
        place = scale.start + (1 - scale.start) * k / (PATCHES - 1)
        left = x - HALF + 2 * k * wide
        right, color = x + HALF, scale.color(scale.at(place))  # up to the end: no gaps between
        yield Patch(round((left + right) / 2, 3), round(y, 3), (right - left) / 2, TALL, color)
    places = (-1.0, 0.0, 1.0) if scale.start else (0.0, 1.0)
    for place in places:
        at = x - HALF + 2 * HALF * (place - scale.start) / (1 - scale.start)
        yield _under(number_latex(scale.at(place)), at, y + TALL + TICK, size)
    words = words_run(legend.words + (" (logarithmic)" if scale.logarithmic else ""), size)
    yield centred(words, x, y + TALL + TICK + NEXT)
    if legend.odd:
        below = y + TALL + TICK + 2 * NEXT - 4
        told = words_run("not finite", size)
        half = (told.box[2] - told.box[0]) / 2
        yield Patch(x - half - 2.0, below, SQUARE, SQUARE, NOT_FINITE)
        yield centred(told, x + SQUARE + 5.0, below)


def _under(latex: str, x: float, y: float, size: float) -> Label:
    """A number beneath a place of the scale; a minus hangs out to the left."""
    run = typeset(latex, size)
    bare = typeset(latex.removeprefix("-"), size)
    right = x + (bare.box[2] - bare.box[0]) / 2
    return Label(right - run.box[2], y - run.box[1], run)
