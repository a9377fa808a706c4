"""Labels of instances: h with superscript (123), put together from glyphs typeset once."""

from __future__ import annotations

import itertools
from functools import lru_cache

from graphfold.render.picture import Glyph, Run
from graphfold.render.typeset import around, glyph_box, scaled, typeset

DIGITS = "0123456789"


def instance(latex: str, time: str, size: float, factor: float = 1.0) -> Run:
    """Return `latex` with the superscript "(time)", grown by a factor; "" is no superscript."""
    if not time:
        return scaled(typeset(latex, size), factor)
    if time.isascii() and time.isdigit():
        parts = _parts(latex, size, factor)
        if parts:
            return parts.compose(latex, time)
    return scaled(typeset(stamped(latex, time), size), factor)


def stamped(latex: str, time: str) -> str:
    """Return the LaTeX of an instance."""
    base = "{" + latex + "}" if "^" in latex or "'" in latex else latex
    return f"{base}^{{({time})}}"


class _Parts:
    """The glyphs of a label and how far each digit, and the parenthesis, moves the pen."""

    def __init__(self, run: Run, first: int) -> None:
        glyphs = run.glyphs
        self.run = run
        self.digits = glyphs[first : first + 10]
        self.close = glyphs[first + 10]
        self.still = (*glyphs[:first], *glyphs[first + 11 :])
        stops = [g.x for g in (*self.digits, self.close)]
        self.advance = [b - a for a, b in itertools.pairwise(stops)]

    def compose(self, latex: str, time: str) -> Run:
        x = self.digits[0].x
        placed: list[Glyph] = []
        for digit in map(int, time):
            glyph = self.digits[digit]
            placed.append(Glyph(glyph.key, round(x, 3), glyph.y, glyph.scale))
            x += self.advance[digit]
        close = Glyph(self.close.key, round(x, 3), self.close.y, self.close.scale)
        glyphs = (*self.still, *placed, close)
        boxes = [glyph_box(glyph) for glyph in glyphs] + list(self.run.bars)
        return Run(stamped(latex, time), around(boxes), glyphs, self.run.bars)


@lru_cache(maxsize=1024)
def _parts(latex: str, size: float, factor: float) -> _Parts | None:
    run = scaled(typeset(stamped(latex, DIGITS), size), factor)
    keys = [glyph.key for glyph in run.glyphs]
    wanted = _digit_keys(size)
    for first in range(len(keys) - 10, 0, -1):
        if keys[first : first + 10] == wanted and first + 10 < len(keys):
            return _Parts(run, first)
    return None


@lru_cache(maxsize=64)
def _digit_keys(size: float) -> list[str]:
    """Superscript digits have outlines of their own: ask for them once."""
    return [glyph.key for glyph in typeset("x^{(" + DIGITS + ")}", size).glyphs][2:12]
