"""Picture to SVG: paths and glyph outlines only, so it looks the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from graphfold.render.picture import Disc, Group, Item, Label, Moves, Picture, Rect, Run

STYLE = {
    "solid": "",
    "dashed": ' stroke-dasharray="4.5 3.5"',
    "ink": ' fill="#000" stroke="none"',
    "frame": ' fill="#f6f6f6" stroke="#999" stroke-width="1"',
}


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
    yield "<defs>"
    for key, outline in picture.outlines.items():
        yield f'<path id="g{key}" d="{outline}"/>'
    yield "</defs>"
    yield f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="#fff"/>'
    yield '<g fill="none" stroke="#000" stroke-width="1.5">'
    for group in picture.groups:
        yield from _group(group)
    yield "</g>"
    yield "</svg>"


def _group(group: Group) -> Iterator[str]:
    data = f" class={attribute(group.kind)}"
    for key in ("signal", "step", "target"):
        value = getattr(group, key)
        if value:
            told = "cell" if group.kind == "frame" and key == "signal" else key
            data += f" data-{told}={attribute(value)}"
    yield f"<g{data}>"
    if group.title:
        yield f"<title>{clean(group.title)}</title>"
    for item in group.items:
        yield _item(item)
    yield "</g>"


def _item(item: Item) -> str:
    if isinstance(item, Label):
        return _label(item)
    style = STYLE[item.pen]
    x, y = number(item.x), number(item.y)
    if isinstance(item, Disc):
        return f'<circle cx="{x}" cy="{y}" r="{number(item.radius)}" fill="#fff"{style}/>'
    if isinstance(item, Rect):
        return _rect(item, style)
    return f'<path d="M{x} {y}{_moves(item.moves)}"{style}/>'


def _rect(item: Rect, style: str) -> str:
    left, top = number(item.x - item.half_width), number(item.y - item.half_height)
    width, height = number(2 * item.half_width), number(2 * item.half_height)
    fill = "" if item.pen == "frame" else ' fill="#fff"'
    return (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" '
        f'rx="{number(item.corner)}"{fill}{style}/>'
    )


def _label(label: Label) -> str:
    run = label.run
    at = f'transform="translate({number(label.x)} {number(label.y)})"'
    return f'<g {at} fill="#000" stroke="none">{_run(run)}</g>'


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


def number(value: float, digits: int = 2) -> str:
    """Write a length, short and never as -0."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


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
