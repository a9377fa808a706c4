"""How large things are before they have places: labels, captions and circles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from graphfold.labels import escape
from graphfold.render.compose import instance
from graphfold.render.layout.borders import Border
from graphfold.render.layout.upward import turned
from graphfold.render.picture import Digits, Glyph, Label, Point, Run
from graphfold.render.scene import Caption, Scene, Site
from graphfold.render.theme import BOOK, Theme
from graphfold.render.typeset import around, glyph_box, plain, typeset

LONE, NAME, UNDER = 5.0, -0.5, 14.5  # base lines within a box: of one word, and of two
LEAST = 3.0  # between letters and the border of a box
SMALLEST = 0.62
SMALL = 0.8
EVEN = 0.86
NEARLY = 0.65
MOST_WORDS = 100  # letters of a caption
_TIGHT = {",": "{,}", "\\cdot": "{\\cdot}"}  # TeX gives signs more room than there is
LEVEL = 0.9
ACROSS, AROUND = 0.75, 0.84  # of a circle, for its label


@dataclass(frozen=True)
class Sizes:
    """The border of every site, and how much its labels shrink."""

    border: Mapping[str, Border]
    shrink: Mapping[str, float]
    size: float

    @cached_property
    def radius(self) -> Mapping[str, float]:
        """Half the height of every site."""
        return {name: border.radius for name, border in self.border.items()}

    def half(self, name: str, other: float) -> float:
        """Half the width of a site; of what is none, `other`."""
        return self.border[name].half if name in self.border else other


def sizes(scene: Scene, theme: Theme) -> Sizes:
    """Measure every site by its widest label; labels shrink together, then circles grow."""
    size = theme.folded_size if scene.folded else theme.instance_size
    reach = {name: _reach(scene, name, size) for name, site in scene.sites.items() if not site.box}
    fits = {name: theme.radius / r if r else 1.0 for name, r in reach.items()}
    even = 1.0 if scene.folded else min([1.0, *(f for f in fits.values() if f >= EVEN)])
    shrink = {name: min(even, _shrunk(fit)) for name, fit in fits.items()}
    if not scene.folded:
        shrink = _levelled(shrink)
    room = _marked(scene, theme, size, shrink)
    border = {n: Border(max(theme.radius, reach[n] * shrink[n], room.get(n, 0.0))) for n in reach}
    boxes = _alike({n: _box(scene, s, theme) for n, s in scene.sites.items() if s.box})
    border |= {n: box.upended if theme.upward else box for n, box in boxes.items()}
    return Sizes(border, shrink, size)


def _levelled(shrink: dict[str, float]) -> dict[str, float]:
    """Labels that shrink nearly as much shrink as much: their times then look the same."""
    found, level = {}, 0.0
    for name in sorted(shrink, key=lambda n: shrink[n]):
        level = level if level >= LEVEL * shrink[name] else shrink[name]
        found[name] = level
    return {name: found[name] for name in shrink}


def _marked(
    scene: Scene, theme: Theme, size: float, shrink: Mapping[str, float]
) -> Mapping[str, float]:
    """The radius that what stands in nodes asks for; all sites with colours or text have it."""
    from graphfold.render.layout.stack import stack_reach

    found: dict[str, float] = {}
    times = {column.step: column.time for column in scene.columns}
    for (name, step), mark in scene.marks.items():
        if name in shrink and (mark.colors or mark.lines):
            run = instance(scene.sites[name].latex, times.get(step, ""), size, shrink[name])
            found[name] = max(found.get(name, 0.0), stack_reach(run, mark, theme))
    return dict.fromkeys(found, max(found.values(), default=0.0))


def _alike(boxes: dict[str, Border]) -> dict[str, Border]:
    """Boxes that are nearly as wide as the widest are as wide."""
    widest = max((box.half for box in boxes.values()), default=0.0)
    core = max((box.core for box in boxes.values()), default=0.0)
    return {n: replace(b, core=core) if b.half > NEARLY * widest else b for n, b in boxes.items()}


def _box(scene: Scene, site: Site, theme: Theme) -> Border:
    """The border of a use: as high as a circle or as its labels ask, and as wide."""
    called = [c.labels[site.name] for c in scene.columns if site.name in c.labels]
    lines = box_lines(site, theme)
    first = [box_run(latex, theme) for latex in dict.fromkeys(called)]
    half = max(run.box[2] - run.box[0] for run in (*first, *(run for run, _ in lines))) / 2
    high = [max(-down - run.box[1], down + run.box[3]) for run, down in lines]
    high += [(run.box[3] - run.box[1]) / 2 for run in first]
    radius = max(theme.radius, *(height + LEAST for height in high))
    return Border(radius, max(half + theme.box_margin - radius, 0.0), theme.box_corner)


def box_lines(site: Site, theme: Theme) -> list[tuple[Run, float]]:
    """The name of a use and, perhaps, of its cell, each with its base line below the middle."""
    scale, name = theme.cell_size / BOOK.cell_size, typeset(site.latex, theme.cell_size)
    if not site.under:
        return [(name, LONE * scale)]
    return [(name, NAME * scale), (typeset(site.under, theme.under_size), UNDER * scale)]


def upright(run: Run, x: float, y: float) -> Label:
    """The run with its middle at x and its letters, whatever their tails, around y."""
    return Label(x - middle(run)[0], y, run)


def box_run(latex: str, theme: Theme) -> Run:
    """What stands in place of a use before its first step."""
    return typeset(latex, theme.instance_size)


def _shrunk(fit: float) -> float:
    """How much a label shrinks: a little to fit its circle, beyond that both give way."""
    if fit >= SMALL:
        return min(fit, 1.0)
    return max(math.sqrt(SMALL * fit), SMALLEST)


def _reach(scene: Scene, name: str, size: float) -> float:
    """The radius of the circle that a label fills as far as it may."""
    times = [c.time for c in scene.columns if name in c.sites]
    widest = sorted({len(t) for t in times})[-1:]
    wide = [t for t in times if len(t) in widest][-1:] + [t for t in times if not t.isdigit()]
    latex = scene.sites[name].latex
    runs = [instance(latex, time, size) for time in dict.fromkeys(wide)]
    return max(map(_circle, runs or [typeset(latex, size)]))


def _circle(run: Run) -> float:
    return max((run.box[2] - run.box[0]) / 2 / ACROSS, reach_of(run) / AROUND)


def reach_of(run: Run) -> float:
    """How far a label reaches from its middle."""
    x, y = middle(run)
    boxes = [glyph_box(g) for g in run.glyphs] + list(run.bars) or [run.box]
    corners = [(bx - x, by - y) for b in boxes for bx in b[::2] for by in b[1::2]]
    return max(math.hypot(*corner) for corner in corners)


def middle(run: Run) -> tuple[float, float]:
    """The middle of what a run covers."""
    x0, y0, x1, y1 = run.box
    return ((x0 + x1) / 2, (y0 + y1) / 2)


def centred(run: Run, x: float, y: float) -> Label:
    """The run with its middle at a place."""
    dx, dy = middle(run)
    return Label(x - dx, y - dy, run)


def lettered(run: Run, at: Point, theme: Theme) -> Label:
    """The run beside a wire with its middle at a place: what it tells are parameters."""
    paint = theme.palette.roles.get("parameter")
    return replace(centred(run, *at), ink=paint.ink if paint else "")


def node_run(latex: str, time: str, measured: Sizes, name: str) -> Run:
    """The label of a node."""
    return instance(latex, time, measured.size, round(measured.shrink[name], 4))


def title_run(latex: str, theme: Theme) -> Run:
    """The name of a frame."""
    run = typeset(latex, theme.title_size)
    return turned(run) if theme.upward else run


@lru_cache(maxsize=4096)
def caption_run(caption: Caption, time: str, size: float) -> Run | None:
    """The label of a wire, its pieces side by side; None when it has none."""
    runs = [instance(p.latex, time if p.stepped else "", size) for p in caption]
    if not runs:
        return None
    if len(runs) == 1:
        return runs[0]
    return _beside(list(runs), size * 0.14)


def wire_run(caption: Caption, time: str, theme: Theme) -> Run | None:
    """The label of a wire as it lies in the layout; None when it has none."""
    run = caption_run(caption, time, theme.wire_size)
    return turned(run) if run and theme.upward else run


def count_run(latex: str, theme: Theme) -> Run:
    """What stands beside the square of a delay."""
    run = typeset(latex, theme.count_size)
    return turned(run) if theme.upward else run


@lru_cache(maxsize=256)
def words_run(text: str, size: float) -> Run:
    """A text, upright; the typesetter knows no spaces, so its words stand side by side."""
    words = text.split()
    runs = [typeset(f"\\text{{{escape(word)}}}", size) for word in words if word.isalnum()]
    if len(runs) < len(words) or any(run.text for run in runs):
        return plain(text, size, MOST_WORDS)
    run = _beside(runs, size * 0.26) if len(runs) > 1 else (runs or [typeset("", size)])[0]
    return replace(run, source=rf"\text{{{' '.join(map(escape, words))}}}")


def _beside(runs: list[Run], gap: float) -> Run:
    x, bars, texts = 0.0, [], []
    glyphs, dated = list[Glyph](), list[Digits]()
    for run in runs:
        if run.source == ",":
            x -= gap * 0.8
        shift = x - run.box[0]
        if run.digits:
            places = tuple(len(glyphs) + place for place in run.digits.places)
            cells = tuple(cell + shift for cell in run.digits.cells)
            dated.append(replace(run.digits, places=places, cells=cells))
        glyphs += [replace(g, x=round(g.x + shift, 3)) for g in run.glyphs]
        bars += [(a + shift, b, c + shift, d) for a, b, c, d in run.bars]
        texts.append(run.text)
        x += run.box[2] - run.box[0] + gap * (2.2 if run.source == "," else 1)
    source = _joined_sources(run.source for run in runs)
    covered = around([glyph_box(g) for g in glyphs] + bars)
    text = " ".join(t or r.source for t, r in zip(texts, runs, strict=True)) if any(texts) else ""
    digits = None if text else _joined(runs, dated)
    return Run(source, covered, tuple(glyphs), tuple(bars), text, runs[0].size, digits)


def _joined_sources(sources: Iterable[str]) -> str:
    tight = (_TIGHT.get(source, source) for source in sources)
    return r"\,".join(tight).replace(r"\,{,}", "{,}")


def _joined(runs: Sequence[Run], dated: Sequence[Digits]) -> Digits | None:
    """The digits of runs side by side."""
    if not dated:
        return None
    places = tuple(place for one in dated for place in one.places)
    cells = tuple(cell for one in dated for cell in one.cells)
    source = _joined_sources(run.digits.source if run.digits else run.source for run in runs)
    return Digits(places, cells, dated[0].outlines, source, len(dated))
