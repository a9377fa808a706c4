"""Picture to SVG: paths and glyph outlines only, so it looks the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.backends.numbers import number
from graphfold.render.backends.shelf import Numerals, Shelf, shelf_for
from graphfold.render.backends.writing import attribute, clean, short, use
from graphfold.render.paint import Paint, Palette
from graphfold.render.picture import (
    SLOT,
    STROKE,
    Disc,
    Group,
    Item,
    Label,
    Patch,
    Picture,
    Rect,
    Stamp,
    Stroke,
)

DASHES = (3.0, 7 / 3)  # in strokes
FRAME = 2 / 3  # of a stroke


def svg(picture: Picture) -> str:
    """Return the picture as an SVG document."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    x, y = number(picture.left), number(picture.top)
    w, h = number(picture.width), number(picture.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {w} {h}"'
        f' width="{w}" height="{h}" role="img">'
    )
    yield f"<title>{clean(picture.title)}</title>"
    yield f"<desc>{clean(picture.description)}</desc>"
    desk = Desk(picture, Pens(picture.palette, picture.stroke), shelf_for(_each_once(picture)))
    drawn = [line for group in picture.groups for line in desk.group(group)]
    yield "<defs>"
    for key, outline in picture.outlines.items():
        yield f'<path id="g{key}" d="{outline}"/>'
    yield from desk.shelf.lines
    yield "</defs>"
    palette = picture.palette
    yield f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{short(palette.paper)}"/>'
    yield f'<g fill="none" stroke="{short(palette.line)}" stroke-width="{number(picture.stroke)}">'
    yield from drawn
    yield "</g>"
    yield "</svg>"


def _each_once(picture: Picture) -> Iterator[Group]:
    """The groups as they are written: those of symbols once."""
    yield from picture.groups
    for groups in picture.symbols.values():
        yield from groups


class Pens:
    """The colours of groups as attributes, written out once."""

    def __init__(self, palette: Palette, stroke: float = STROKE) -> None:
        self.palette, self.stroke = palette, stroke
        self._known: dict[Paint | None, dict[str, str]] = {}

    def of(self, paint: Paint | None) -> dict[str, str]:
        """Attributes for each pen, for nodes ("node"), for letters ("ink") and for the group."""
        if paint not in self._known:
            self._known[paint] = self._attributes(paint)
        return self._known[paint]

    def _attributes(self, paint: Paint | None) -> dict[str, str]:
        found, own = self.palette.resolved(paint), paint or Paint()
        group = f' stroke="{short(own.line)}"' if own.line else ""
        if own.width != 1:
            group += f' stroke-width="{number(self.stroke * own.width)}"'
        frame = (
            short(own.fill or self.palette.frame_fill),
            short(own.line or self.palette.frame_line),
        )
        dashes = " ".join(number(self.stroke * length) for length in DASHES)
        thin = number(self.stroke * FRAME)
        return {
            "group": group,
            "node": f' fill="{short(found.fill)}"',
            "letters": f' fill="{short(found.ink)}" stroke="none"',
            "solid": "",
            "dashed": f' stroke-dasharray="{dashes}"',
            "ink": f' fill="{short(found.line)}" stroke="none"',
            "frame": f' fill="{frame[0]}" stroke="{frame[1]}" stroke-width="{thin}"',
        }


class Desk:
    """Where the groups of a picture are written."""

    def __init__(self, picture: Picture, pens: Pens, shelf: Shelf) -> None:
        self.picture, self.pens, self.shelf = picture, pens, shelf
        self._symbols: dict[str, Symbol] = {}

    def group(self, group: Group, time: str = "") -> Iterator[str]:
        """Write a group; in a symbol, `time` stands for its time."""
        pen = self.pens.of(group.paint)
        data = f" class={attribute(group.kind)}"
        for key in ("signal", "step", "target"):
            value = getattr(group, key)
            if value and (value != SLOT or time):
                told = "cell" if group.kind == "frame" and key == "signal" else key
                data += f" data-{told}=" + (f'"{time}"' if value == SLOT else attribute(value))
        yield f"<g{data}{pen['group']}>"
        if group.title:
            parts = group.title.split(time) if time else [group.title]
            yield f"<title>{time.join(map(clean, parts))}</title>"
        for item in group.items:
            yield from self.item(item, pen, time)
        yield "</g>"

    def item(self, item: Item, pen: Mapping[str, str], time: str) -> Iterator[str]:
        """Write an item."""
        if isinstance(item, Label):
            letters = f' fill="{short(item.ink)}" stroke="none"' if item.ink else pen["letters"]
            yield from self.shelf.label(item, letters, time)
        elif isinstance(item, Stamp):
            yield self.stamp(item)
        elif isinstance(item, Stroke):
            yield self.shelf.stroke(item, pen[item.pen])
        else:
            yield _shape(item, pen)

    def stamp(self, stamp: Stamp) -> str:
        """Write a symbol at its place: used by its name, or in full when times make it differ."""
        symbol = self._symbol(stamp.symbol)
        if not symbol.text:
            step = f' data-step="{stamp.time}"' if stamp.time else ""
            return use(symbol.name, stamp.x, stamp.y).replace("/>", f"{step}/>")
        for numerals in symbol.numerals:
            self.shelf.time(numerals, stamp.time)
        y = f" {number(stamp.y)}" if stamp.y else ""
        text = symbol.text.replace(SLOT, stamp.time)
        return f'<g transform="translate({number(stamp.x)}{y})">{text}</g>'

    def _symbol(self, name: str) -> Symbol:
        if name not in self._symbols:
            self._symbols[name] = self._written(name)
        return self._symbols[name]

    def _written(self, name: str) -> Symbol:
        groups, dated = self.picture.symbols[name], self.picture.dated(name)
        self.shelf.open.clear()
        text = "".join(line for group in groups for line in self.group(group, SLOT * dated))
        if dated:
            return Symbol("", text, tuple(self.shelf.open.values()))
        return Symbol(self.shelf.keep(text, ""))


@dataclass(frozen=True)
class Symbol:
    """A symbol by its name, or as text with SLOT for the time, whose digits are these."""

    name: str
    text: str = ""
    numerals: Sequence[Numerals] = ()


def _shape(item: Disc | Rect | Patch, pen: Mapping[str, str]) -> str:
    if isinstance(item, Patch):
        return f'<rect {_box(item)} fill="{short(item.color)}" stroke="none"/>'
    if isinstance(item, Disc):
        x, y, radius = number(item.x), number(item.y), number(item.radius)
        return f'<circle cx="{x}" cy="{y}" r="{radius}"{pen["node"]}{pen[item.pen]}/>'
    fill = "" if item.pen == "frame" else pen["node"]
    return f'<rect {_box(item)} rx="{number(item.corner)}"{fill}{pen[item.pen]}/>'


def _box(item: Rect | Patch) -> str:
    left, top = number(item.x - item.half_width), number(item.y - item.half_height)
    width, height = number(2 * item.half_width), number(2 * item.half_height)
    return f'x="{left}" y="{top}" width="{width}" height="{height}"'
