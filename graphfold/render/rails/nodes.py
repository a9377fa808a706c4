"""The nodes of operations, of signals, and of values that are there before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphfold.render.compose import instance
from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.looks import classes, paint_of
from graphfold.render.layout.measure import box_lines, centred, lettered, upright
from graphfold.render.picture import Disc, Group, Item, Point, Rect
from graphfold.render.rails.measure import (
    BOX_CORNER,
    GAIN_CORNER,
    GLYPH,
    TAG,
    given_label,
    given_radius,
    label_of,
    moves,
)
from graphfold.render.scene import Column, Scene, Site
from graphfold.render.theme import Theme
from graphfold.render.typeset import typeset


@dataclass(frozen=True)
class Nodes:
    """Draws the nodes of a scene; `tags` are places of the names of values within a step."""

    scene: Scene
    theme: Theme
    border: Mapping[str, Border]
    at: Mapping[str, Point]
    tags: Mapping[str, Point]

    def of_step(self, x: float, column: Column) -> Iterator[Group]:
        """The nodes of a step that begins at x, with the names of their values."""
        for name, kind in column.sites.items():
            if name not in self.at or kind not in ("node", "pinned"):
                continue
            site, (cx, cy) = self.scene.sites[name], self.at[name]
            yield self._node(site, (x + cx, cy), column, kind == "pinned")
            if name in self.tags and kind == "node":
                tx, ty = self.tags[name]
                label = centred(instance(site.tag, column.time, TAG), x + tx, ty)
                yield Group("tag", (label,), name, column.step)

    def _node(self, site: Site, center: Point, column: Column, pinned: bool) -> Group:
        signal = site.of or site.name
        named = moves(site) or pinned
        own = f"{signal}[{column.step}]" if column.step and named else signal
        kinds = f"{'pinned ' * pinned}{site.kind}" if named else f"operation {site.form}"
        items = self._items(site, center, column.time, pinned)
        kinds = classes(site, self.theme, f"{'cell' if site.box else 'node'} {kinds}")
        weight = site.form in ("bare", "gain") and not pinned
        paint = None if weight else paint_of(site, self.theme)
        return Group(kinds, items, signal, column.step, title=own, paint=paint)

    def _items(self, site: Site, center: Point, time: str, pinned: bool) -> tuple[Item, ...]:
        border, (x, y) = self.border[site.name], center
        if site.box:
            lines = box_lines(site, self.theme)
            letters = (upright(run, x, y + below) for run, below in lines)
            return (Rect(x, y, border.half, border.radius, BOX_CORNER), *letters)
        if site.form == "bare":
            return (lettered(typeset(site.latex, GLYPH), center, self.theme),)
        if site.form == "gain":
            around = Rect(x, y, border.half, border.radius, GAIN_CORNER)
            return (around, lettered(typeset(site.latex, GLYPH), center, self.theme))
        run = given_label(site.tag, time) if pinned and site.tag else label_of(site, time)
        return (_around(border, x, y), centred(run, x, y))

    def given(self, name: str, column: Column, point: Point, side: int) -> tuple[End, Group]:
        """The value that a state has before the first step (or behind the last), beside a point."""
        site = self.scene.sites[name]
        run = given_label(column.labels.get(name, site.tag or site.latex), column.time)
        radius = given_radius(run)
        x, y = point[0] + side * radius, point[1]
        kinds = classes(site, self.theme, "node boundary equation")
        group = Group(
            kinds,
            (Disc(x, y, radius), centred(run, x, y)),
            name,
            column.step,
            title=f"{name}[{column.step}]",
            paint=paint_of(site, self.theme, boundary=True),
        )
        return End((x, y), Border(radius)), group


def _around(border: Border, x: float, y: float) -> Item:
    """A circle, or a longer one around a word."""
    if border.box:
        return Rect(x, y, border.half, border.radius, border.radius)
    return Disc(x, y, border.radius)
