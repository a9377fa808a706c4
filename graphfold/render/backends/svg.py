"""Picture to SVG: paths and glyph outlines only, so it looks the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from graphfold.render.backends.numbers import number
from graphfold.render.paint import Paint, Palette
from graphfold.render.picture import (
    STROKE,
    Disc,
    Group,
    Item,
    Label,
    Moves,
    Patch,
    Picture,
    Rect,
    Run,
    Stamp,
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
    pens = Pens(picture.palette, picture.stroke)
    yield "<defs>"
    for key, outline in picture.outlines.items():
        yield f'<path id="g{key}" d="{outline}"/>'
    for symbol, groups in picture.symbols.items():
        yield f"<g id={attribute(symbol)}>"
        for group in groups:
            yield from _group(group, pens)
        yield "</g>"
    yield "</defs>"
    palette = picture.palette
    yield f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{short(palette.paper)}"/>'
    yield f'<g fill="none" stroke="{short(palette.line)}" stroke-width="{number(picture.stroke)}">'
    for group in picture.groups:
        yield from _group(group, pens)
    yield "</g>"
    yield "</svg>"


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


def _group(group: Group, pens: Pens) -> Iterator[str]:
    pen = pens.of(group.paint)
    data = f" class={attribute(group.kind)}"
    for key in ("signal", "step", "target"):
        value = getattr(group, key)
        if value:
            told = "cell" if group.kind == "frame" and key == "signal" else key
            data += f" data-{told}={attribute(value)}"
    yield f"<g{data}{pen['group']}>"
    if group.title:
        yield f"<title>{clean(group.title)}</title>"
    for item in group.items:
        yield _item(item, pen)
    yield "</g>"


def _item(item: Item, pen: Mapping[str, str]) -> str:
    x, y = number(item.x), number(item.y)
    if isinstance(item, Label):
        letters = pen["letters"]
        if item.ink:
            letters = f' fill="{short(item.ink)}" stroke="none"'
        return f'<g transform="translate({x} {y})"{letters}>{_run(item.run)}</g>'
    if isinstance(item, Stamp):
        return f'<use href={attribute("#" + item.symbol)} x="{x}" y="{y}"/>'
    if isinstance(item, Patch):
        return f'<rect {_box(item)} fill="{short(item.color)}" stroke="none"/>'
    if isinstance(item, Disc):
        radius = number(item.radius)
        return f'<circle cx="{x}" cy="{y}" r="{radius}"{pen["node"]}{pen[item.pen]}/>'
    if isinstance(item, Rect):
        fill = "" if item.pen == "frame" else pen["node"]
        return f'<rect {_box(item)} rx="{number(item.corner)}"{fill}{pen[item.pen]}/>'
    return f'<path d="M{x} {y}{_moves(item.moves)}"{pen[item.pen]}/>'


def _box(item: Rect | Patch) -> str:
    left, top = number(item.x - item.half_width), number(item.y - item.half_height)
    width, height = number(2 * item.half_width), number(2 * item.half_height)
    return f'x="{left}" y="{top}" width="{width}" height="{height}"'


@lru_cache(maxsize=65536)
def _run(run: Run) -> str:
    if run.text:
        size = f'font-family="serif" font-size="{number(run.size)}"'
        width = number(run.box[2] - run.box[0])
        return f'<text {size} textLength="{width}">{clean(run.text)}</text>'
    uses = "".join(
        f'<use href="#g{g.key}" transform="translate({number(g.x)} {number(g.y)})'
        f' scale({number(g.scale, 4)})"/>'
        for g in run.glyphs
    )
    bars = "".join(
        f'<rect x="{number(a)}" y="{number(b)}" width="{number(c - a)}" height="{number(d - b)}"/>'
        for a, b, c, d in run.bars
    )
    return uses + bars


@lru_cache(maxsize=65536)
def _moves(moves: Moves) -> str:
    return "".join(kind + " ".join(number(n) for n in numbers) for kind, numbers in moves)


def short(color: str) -> str:
    """A colour in as few characters as it takes."""
    pairs = color[1:3], color[3:5], color[5:7]
    doubled = len(color) == 7 and all(pair[0] == pair[1] for pair in pairs)
    return "#" + "".join(pair[0] for pair in pairs) if doubled else color


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Escape text."""
    return escape(printable(text))


@lru_cache(maxsize=4096)
def attribute(text: str) -> str:
    """Quote an attribute value."""
    return quoteattr(printable(text))


def printable(text: str) -> str:
    """Replace the characters that XML forbids, and those that nobody sees."""
    return "".join(c if c.isprintable() or c in " \n\t" else "\ufffd" for c in text)
