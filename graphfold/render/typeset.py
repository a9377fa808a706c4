"""LaTeX to glyph outlines, quietly: a bad label comes out as plain text."""

from __future__ import annotations

import logging
import re
import warnings
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

from graphfold.labels import escape
from graphfold.render.mathtext import safe_latex, words_of
from graphfold.render.picture import Box, Glyph, Run

OUTLINES: dict[str, str] = {}
_BOXES: dict[str, Box] = {}
LONGEST = 400
MOST_LETTERS = 24
_SPOKEN = ("ziamath", "ziafont", "latex2mathml", "root")


@lru_cache(maxsize=4096)
def typeset(latex: str, size: float) -> Run:
    """Return `latex` at a font size in points, its origin at the left of the base line.

    What is not on the lists of `mathtext` is shown as text: so a label is the same in every form.
    """
    if len(latex) <= LONGEST and safe_latex(latex) is not None:
        try:
            run = _read(latex, size, _ziamath_svg(latex, size))
        except Exception:
            return plain(words_of(latex), size)  # whatever it dislikes, the reader still sees it
        if run.glyphs:
            return run
    return plain(words_of(latex), size)


def readable(latex: str, size: float) -> bool:
    """Whether `typeset` shows what the LaTeX means, not its characters."""
    return typeset(latex, size).source == latex


def plain(text: str, size: float, most: int = MOST_LETTERS) -> Run:
    """Return `text` as upright letters, cut when too long; `source` is LaTeX that shows it.

    Characters that the font lacks are boxes, and `text` is then set for those who have fonts.
    """
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    shown = line if len(line) <= most else line[: most - 1] + "…"
    glyphs, width = _letters(shown, size)
    lacking = any(_missing(glyph.key) for glyph in glyphs)
    x0, y0, x1, y1 = around([glyph_box(glyph) for glyph in glyphs])
    box = (min(0.0, x0), min(y0, -0.7 * size), max(width, x1), max(y1, 0.2 * size))
    source = rf"\text{{{escape(shown, most)}}}"
    return Run(source, box, glyphs, (), shown if lacking or not glyphs else "", size)


def _letters(text: str, size: float) -> tuple[tuple[Glyph, ...], float]:
    """The letters of the font side by side, and their width; 0 for each it lacks."""
    font, scale = _font(), size / 12  # what `svgsymbol` gives is 12 points high
    x, found = 0.0, []
    for character in text:
        letter = font.glyph(character)
        symbol = letter.svgsymbol()
        if len(symbol):
            found.append(Glyph(_define(symbol), round(x, 3), 0.0, round(scale, 4)))
        x += letter.funits_to_points(letter.advance(), scale)
    return tuple(found), x


def _font() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ziamath.zmath import loadedfonts  # which warns of how it finds its files

    return loadedfonts["default"]


def scaled(run: Run, factor: float) -> Run:
    """Return the run grown by a factor."""
    if factor == 1:
        return run
    box = tuple(c * factor for c in run.box)
    bars = tuple(tuple(c * factor for c in bar) for bar in run.bars)
    glyphs = tuple(Glyph(g.key, g.x * factor, g.y * factor, g.scale * factor) for g in run.glyphs)
    return Run(run.source, box, glyphs, bars, run.text, run.size * factor)  # type: ignore[arg-type]


def _ziamath_svg(latex: str, size: float) -> Any:
    levels = {name: logging.getLogger(name).level for name in _SPOKEN}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _SPOKEN:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            return _fresh(latex, size)
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


def _fresh(latex: str, size: float) -> Any:
    """Typeset, and leave the font set for mathematics: a label that fails half-way does not."""
    import ziamath
    from ziamath.zmath import loadedfonts

    try:
        return ziamath.Latex(latex, size=size).svgxml()  # type: ignore[attr-defined]
    finally:
        loadedfonts["default"].language("math", "")  # type: ignore[no-untyped-call]


def _read(latex: str, size: float, root: ET.Element) -> Run:
    views: dict[str, list[float]] = {}
    glyphs: list[Glyph] = []
    bars: list[Box] = []
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "symbol":
            views[_define(element)] = _numbers(element.get("viewBox", ""))
        elif kind == "use":
            glyph = _glyph(element, views)
            glyphs += [glyph] if OUTLINES[glyph.key] else []  # a space has none
        elif kind == "rect":
            bars.append(_bar(element))
        elif kind not in ("svg", "path", "g", "title", "defs"):
            raise ValueError(kind)
    if any(_missing(glyph.key) for glyph in glyphs):
        raise ValueError(latex)
    boxes = [glyph_box(glyph) for glyph in glyphs] + bars
    return Run(latex, around(boxes), tuple(glyphs), tuple(bars), size=size)


def _define(symbol: ET.Element) -> str:
    key = symbol.get("id", "").rpartition("_")[2]
    if key not in OUTLINES:
        outline = symbol[0].get("d", "") if len(symbol) else ""
        OUTLINES[key] = re.sub(r"\s*([A-Z])\s*", r"\1", outline).strip()
        numbers = _numbers(re.sub("[A-Z]", " ", outline))
        _BOXES[key] = _span(numbers)
    return key


def _span(numbers: list[float]) -> Box:
    if not numbers:
        return (0.0, 0.0, 0.0, 0.0)
    xs, ys = numbers[::2], numbers[1::2]
    return (min(xs), min(ys), max(xs), max(ys))


def _glyph(use: ET.Element, views: dict[str, list[float]]) -> Glyph:
    href = use.get("href") or use.get("{http://www.w3.org/1999/xlink}href") or ""
    key = href.rpartition("_")[2]
    x, y, _width, height = views[key]
    scale = float(use.get("height", height)) / height
    left, top = float(use.get("x", 0)), float(use.get("y", 0))
    return Glyph(key, round(left - x * scale, 3), round(top - y * scale, 3), round(scale, 4))


def _bar(rect: ET.Element) -> Box:
    x, y, w, h = (float(rect.get(k, 0)) for k in ("x", "y", "width", "height"))
    return (x, y, x + w, y + h)


def _missing(key: str) -> bool:
    return key == "0"  # glyph 0 is the font's "not defined"


def _numbers(text: str) -> list[float]:
    return [float(n) for n in text.split()]


def glyph_box(glyph: Glyph) -> Box:
    """Return what a glyph covers within its run."""
    x0, y0, x1, y1 = _BOXES[glyph.key]
    s = glyph.scale
    return (glyph.x + x0 * s, glyph.y + y0 * s, glyph.x + x1 * s, glyph.y + y1 * s)


def around(boxes: list[Box]) -> Box:
    """Return the smallest box around some."""
    if not boxes:
        return (0.0, 0.0, 0.0, 0.0)
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))
