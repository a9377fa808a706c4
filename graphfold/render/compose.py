"""Labels of instances: h with superscript (123), put together from glyphs typeset once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache

from graphfold.render.mathtext import words_of
from graphfold.render.picture import SLOT, Digits, Glyph, Run
from graphfold.render.typeset import around, glyph_box, readable, scaled, typeset

DIGITS = "0123456789"


def instance(latex: str, time: str, size: float, factor: float = 1.0) -> Run:
    """Return `latex` with the superscript "(time)", grown by a factor; "" is no superscript."""
    if not time:
        return scaled(typeset(latex, size), factor)
    if not readable(latex, size):
        return scaled(_raised(typeset(latex, size), time, size), factor)
    if time.isascii() and time.replace(":", "").isdigit():
        parts = _parts(latex, size, factor, ":" in time)
        if parts:
            return parts.compose(latex, time)
    return scaled(typeset(stamped(latex, time), size), factor)


def stamped(latex: str, time: str) -> str:
    """Return the LaTeX of an instance."""
    base = "{" + latex + "}" if "^" in latex or "'" in latex else latex
    return f"{base}^{{({time})}}"


def _raised(text: Run, time: str, size: float) -> Run:
    """A label that is shown as text, with a superscript."""
    script = typeset(rf"{{}}^{{({time})}}", size)
    shift = text.box[2] + 0.05 * size - script.box[0]
    moved = tuple(replace(glyph, x=round(glyph.x + shift, 3)) for glyph in script.glyphs)
    x0, y0, x1, y1 = script.box
    shown = text.text + words_of(script.source) if text.text else ""
    return Run(
        f"{text.source}^{{({time})}}",
        around([text.box, (x0 + shift, y0, x1 + shift, y1)]),
        (*text.glyphs, *moved),
        text=shown,
        size=size,
    )


class _Parts:
    """The glyphs of a label and how far each digit, a colon and the parenthesis move the pen.

    The label was typeset with all digits, and for spans such as (1:4) with them twice, a colon
    between. Digits stand in cells of one width, as in a table: times that are as long look alike.
    """

    def __init__(self, run: Run, first: int, span: bool, numerals: _Numerals) -> None:
        glyphs, last = run.glyphs, first + 10 + 11 * span
        self.run = run
        self.digits = glyphs[last - 10 : last]
        self.start, self.close = glyphs[first].x, glyphs[last]
        self.still = (*glyphs[:first], *glyphs[last + 1 :])
        scale = self.digits[0].scale
        self.cell = numerals.cell * scale
        self.shift = [shift * scale for shift in numerals.shift]
        if span:
            self.colon = glyphs[first + 10]
            nine = self.close.x - self.digits[9].x
            self.before = self.colon.x - glyphs[first + 9].x - nine
            self.after = self.digits[0].x - self.colon.x

    def compose(self, latex: str, time: str) -> Run:
        x = self.start
        placed: list[Glyph] = []
        cells: list[float] = []
        for character in time:
            if character == ":":
                glyph, x, onward, shift = self.colon, x + self.before, self.after, 0.0
            else:
                number = int(character)
                glyph, onward, shift = self.digits[number], self.cell, self.shift[number]
            placed.append(Glyph(glyph.key, round(x + shift, 3), glyph.y, glyph.scale))
            cells.append(x)
            x += onward
        close = Glyph(self.close.key, round(x, 3), self.close.y, self.close.scale)
        glyphs = (*self.still, *placed, close)
        boxes = [glyph_box(glyph) for glyph in glyphs] + list(self.run.bars)
        digits = None if ":" in time else self._digits(latex, cells)
        return Run(
            stamped(latex, time),
            around(boxes),
            glyphs,
            self.run.bars,
            size=self.run.size,
            digits=digits,
        )

    def _digits(self, latex: str, cells: list[float]) -> Digits:
        places = range(len(self.still), len(self.still) + len(cells))
        outlines = zip((glyph.key for glyph in self.digits), self.shift, strict=True)
        return Digits(tuple(places), tuple(cells), tuple(outlines), stamped(latex, SLOT))


@lru_cache(maxsize=1024)
def _parts(latex: str, size: float, factor: float, span: bool) -> _Parts | None:
    time = f"{DIGITS}:{DIGITS}" if span else DIGITS
    run = scaled(typeset(stamped(latex, time), size), factor)
    keys = [glyph.key for glyph in run.glyphs]
    numerals = _numerals(size)
    wanted = numerals.keys
    for first in range(len(keys) - 10 - 11 * span, 0, -1):
        found = keys[first : first + 10] == wanted
        if found and span:
            found = keys[first + 11 : first + 21] == wanted
        if found and first + 10 + 11 * span < len(keys):
            return _Parts(run, first, span, numerals)
    return None


@dataclass(frozen=True)
class _Numerals:
    """The digits of superscripts, and their cells, at scale 1."""

    keys: list[str]
    cell: float
    shift: list[float]


@lru_cache(maxsize=64)
def _numerals(size: float) -> _Numerals:
    """Superscript digits have outlines of their own: ask for them once."""
    glyphs = typeset("x^{(" + DIGITS + ")}", size).glyphs[2:13]
    scale = glyphs[0].scale
    advance = [(b.x - a.x) / scale for a, b in itertools.pairwise(glyphs)]
    cell = max(advance)
    shift = [round((cell - width) / 2, 3) for width in advance]
    return _Numerals([glyph.key for glyph in glyphs[:10]], round(cell, 3), shift)
