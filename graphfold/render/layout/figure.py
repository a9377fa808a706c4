"""Scenes to one picture: side by side, an arrow between, all within the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from graphfold.render.layout.measure import centred, words_run
from graphfold.render.layout.paths import Line, head, shortened
from graphfold.render.layout.plan import Plan
from graphfold.render.layout.repeat import stamped
from graphfold.render.layout.settle import settled
from graphfold.render.layout.tile import Tiler
from graphfold.render.layout.upward import reflected
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
    if any(not isinstance(scene, Scene) for part in parts for scene in part):
        theme = replace(theme, upward=False)  # a tree has its own directions
    extents = Extents()
    setting = Setting(theme, word, extents)
    if any(_flows(part) for part in parts):
        found = [_flowing(part, setting) for part in parts]
    else:
        each = zip(parts, _settled(parts, theme), strict=True)
        found = [_part(part, tiled, setting) for part, tiled in each]
    if captions:
        y = max(extents.of(groups)[3] for groups in found) + theme.word_size * 1.6
        found = [
            [*groups, _caption(extents.of(groups), caption, y, theme)]
            for groups, caption in zip(found, captions, strict=True)
        ]
    return _canvas(_row(found, theme, extents), theme, extents)


def _flows(part: Sequence[Shown]) -> bool:
    return isinstance(part[0], Scene) and part[0].flow == "right"


def _flowing(part: Sequence[Shown], setting: Setting) -> list[Group]:
    """A part whose data flows to the right."""
    from graphfold.render.rails import tracks

    plain = [scene for scene in part if isinstance(scene, Scene)]
    symbols = setting.extents.symbols
    found = [stamped(tiled, symbols) for tiled in tracks(plain, setting.theme)]
    if len(found) == 1:
        return found[0]
    _, top, _, bottom = extent(g for g in found[0] if g.kind == "step")
    return [*_beside((top + bottom) / 2, found[0], found[1], setting), *found[1]]


def _settled(parts: Sequence[Sequence[Shown]], theme: Theme) -> list[list[Tiler]]:
    """The scenes of all parts, but trees, tiled; rows are aligned when all have as many.

    Where time runs upwards, rows lie side by side: each scene has its own.
    """
    plain = [[scene for scene in part if isinstance(scene, Scene)] for part in parts]
    if theme.upward:
        return [[tiler for scene in part for tiler in settled([scene], theme)] for part in plain]
    scenes = [scene for part in plain for scene in part]
    if len({len(scene.rows) for scene in scenes}) > 1:
        return [settled(part, theme) for part in plain]
    tiled = iter(settled(scenes, theme))
    return [[next(tiled) for _ in part] for part in plain]


def _part(part: Sequence[Shown], tiled: Sequence[Tiler], setting: Setting) -> list[Group]:
    found = [_drawn(tiler, setting) for tiler in tiled]
    if not isinstance(part[-1], Scene):
        groups = _tree(part[-1], tiled, setting.theme)
    else:
        groups = found[-1] or [_nothing(tiled[0].plan)]
    if len(part) > 1:
        middle = _middle(tiled[0].plan)
        if setting.theme.upward:
            middle, found[0] = _levelled(found[0], setting.extents.of(groups))
        groups = [*_beside(middle, found[0], groups, setting), *groups]
    return groups


def _drawn(tiler: Tiler, setting: Setting) -> list[Group]:
    """What a scene is drawn of; it and its symbols are reflected where time runs upwards."""
    symbols: dict[str, tuple[Group, ...]] = dict(setting.extents.symbols)
    groups = stamped(tiler.done, symbols)
    upward = setting.theme.upward
    for name in symbols.keys() - setting.extents.symbols.keys():
        setting.extents.symbols[name] = tuple(reflected(symbols[name])) if upward else symbols[name]
    return reflected(groups) if upward else groups


def _levelled(groups: Sequence[Group], beside: Box) -> tuple[float, list[Group]]:
    """The middle of what stands beside, and the groups with theirs at its height."""
    nodes = [group for group in groups if group.kind.startswith(("node", "cell"))]
    middle, (_, top, _, bottom) = (beside[1] + beside[3]) / 2, extent(nodes or groups)
    shift = middle - (top + bottom) / 2
    return middle, [moved(group, 0.0, shift) for group in groups]


def _tree(scene: TreeScene, beside: Sequence[Tiler], theme: Theme) -> list[Group]:
    """A tree, its middle level with that of the folded circuit beside it."""
    from graphfold.render.layout.tree_figure import tree_groups  # which loads NumPy

    groups = tree_groups(scene, theme)
    if not beside:
        return groups
    _, y0, _, y1 = extent(groups)
    shift = _middle(beside[0].plan) - (y0 + y1) / 2
    return [moved(group, 0.0, shift) for group in groups]


def _caption(box: Box, caption: str, y: float, theme: Theme) -> Group:
    left, _, right, _ = box
    run = words_run(caption, theme.word_size)
    return Group("caption", (centred(run, (left + right) / 2, y),))


def _row(parts: Sequence[list[Group]], theme: Theme, extents: Extents) -> list[Group]:
    """The parts from left to right."""
    found = parts[0]
    for groups in parts[1:]:
        shift = extents.of(found)[2] + 1.5 * theme.pair_gap - extents.of(groups)[0]
        found = [*found, *(moved(group, shift) for group in groups)]
    return found


def _beside(
    middle: float, found: Sequence[Group], groups: Sequence[Group], setting: Setting
) -> list[Group]:
    """The folded figure and the arrow, to the left of what is there (which may be long)."""
    theme = setting.theme
    right = setting.extents.of(groups)[0] - theme.pair_gap
    arrow = _arrow(middle, theme, setting.word, right)
    shift = extent([arrow])[0] - theme.pair_gap - extent(found)[2]
    return [*(moved(group, shift) for group in found), arrow]


def _arrow(y: float, theme: Theme, word: str, right: float) -> Group:
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


def _canvas(groups: Sequence[Group], theme: Theme, extents: Extents) -> Picture:
    x0, y0, x1, y1 = extents.of(groups)
    symbols = extents.symbols
    every = (group for some in (groups, *symbols.values()) for group in some)
    runs = [item.run for group in every for item in group.items if isinstance(item, Label)]
    used = {glyph.key for run in runs for glyph in run.glyphs}
    if symbols:
        used |= {key for run in runs if run.digits for key, _ in run.digits.outlines}
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
        symbols=symbols,
    )


@dataclass(frozen=True)
class Extents:
    """What groups cover, those of symbols at each of their stamps."""

    symbols: dict[str, tuple[Group, ...]] = field(default_factory=dict)
    _boxes: dict[str, Box] = field(default_factory=dict)

    def of(self, groups: Iterable[Group]) -> Box:
        """What groups cover."""
        return around([self._box(item) for group in groups for item in group.items])

    def _box(self, item: Item) -> Box:
        if not isinstance(item, Stamp):
            return box_of(item)
        if item.symbol not in self._boxes:
            self._boxes[item.symbol] = self.of(self.symbols[item.symbol])
        x0, y0, x1, y1 = self._boxes[item.symbol]
        return (item.x + x0, item.y + y0, item.x + x1, item.y + y1)


@dataclass(frozen=True)
class Setting:
    """What the parts of a figure have in common."""

    theme: Theme
    word: str
    extents: Extents


def extent(groups: Iterable[Group]) -> Box:
    """What groups cover."""
    return around([box_of(item) for group in groups for item in group.items])


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around some."""
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
