"""What a back-end writes: strokes, discs, boxes and labels at fixed places, y downwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from graphfold.render.paint import BLACK_ON_WHITE, Paint, Palette

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Move = tuple[str, tuple[float, ...]]
Moves = tuple[Move, ...]
Pen = Literal["solid", "dashed", "ink", "frame"]
STROKE = 1.5  # points
SLOT = "\ue000"  # in a symbol: the time of its stamp; no text of a figure has this character


def grown(box: Box, by: float) -> Box:
    """The box with a margin."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One outline of the font, by its key, at a place within its run."""

    key: str
    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of the time in a run: which glyphs they are, and where the cell of each begins.

    `outlines` are those of 0 to 9 with their places in a cell; `source` is what was typeset, with
    SLOT for the time, which may stand there in several pieces.
    """

    places: tuple[int, ...]
    cells: tuple[float, ...]
    outlines: tuple[tuple[str, float], ...]
    source: str
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A typeset label: outlines, bars (of fractions) and what they cover around the origin.

    `text` is set instead of outlines where the font has none; `source` is what was typeset;
    `digits` tell how it looks at another time that is as long.
    """

    source: str
    box: Box
    glyphs: tuple[Glyph, ...] = ()
    bars: tuple[Box, ...] = ()
    text: str = ""
    size: float = 0.0
    digits: Digits | None = field(default=None, compare=False, repr=False)

    def at(self, time: str) -> Run:
        """The same label at another time."""
        if self.digits is None:
            return self
        glyphs, count = list(self.glyphs), len(time)
        for number, (place, x) in enumerate(
            zip(self.digits.places, self.digits.cells, strict=True)
        ):
            key, shift = self.digits.outlines[int(time[number % count])]
            glyphs[place] = replace(glyphs[place], key=key, x=round(x + shift, 3))
        source = self.digits.source.replace(SLOT, time)
        return replace(self, source=source, glyphs=tuple(glyphs))


@dataclass(frozen=True, slots=True)
class Label:
    """A run moved to (x, y), the place of its origin; `ink` is its colour, "" that of its group."""

    x: float
    y: float
    run: Run
    ink: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line from (x, y) along relative moves ("l", "c" or "z"); pen "ink" fills it."""

    x: float
    y: float
    moves: Moves
    pen: Pen = "solid"


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle."""

    x: float
    y: float
    radius: float
    pen: Pen = "solid"


@dataclass(frozen=True, slots=True)
class Rect:
    """A box around (x, y) with round corners; pen "frame" draws it thin and pale."""

    x: float
    y: float
    half_width: float
    half_height: float
    corner: float
    pen: Pen = "solid"


@dataclass(frozen=True, slots=True)
class Patch:
    """A box around (x, y) of one colour, without a border."""

    x: float
    y: float
    half_width: float
    half_height: float
    color: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The groups of a symbol of the picture, moved by (x, y).

    In them, a `time` stands for SLOT, and its digits for those of labels.
    """

    x: float
    y: float
    symbol: str
    time: str = ""


Item = Label | Stroke | Disc | Rect | Patch | Stamp


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together: a node, a wire with its head and label, or a caption.

    It has the colours of the palette unless `paint` says otherwise.
    """

    kind: str
    items: tuple[Item, ...]
    signal: str = ""
    step: str = ""
    target: str = ""
    title: str = ""
    paint: Paint | None = None


@dataclass(frozen=True)
class Picture:
    """A figure; everything lies within the box at (left, top), in points.

    What repeats may be kept once, in `symbols`, and stand at its places as a Stamp. Lines are
    `stroke` wide; a group's paint may multiply that.
    """

    left: float
    top: float
    width: float
    height: float
    groups: tuple[Group, ...]
    title: str = ""
    description: str = ""
    outlines: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    palette: Palette = BLACK_ON_WHITE
    symbols: Mapping[str, tuple[Group, ...]] = field(default_factory=lambda: MappingProxyType({}))
    stroke: float = STROKE

    def dated(self, symbol: str) -> bool:
        """Whether a symbol looks different at other times: labels carry them, or titles."""
        return any(
            SLOT in group.title
            or any(isinstance(item, Label) and item.run.digits for item in group.items)
            for group in self.symbols[symbol]
        )

    def expanded(self, only_dated: bool = False) -> Iterator[Group]:
        """The groups with those of symbols in place of their stamps, which hold no other items.

        With `only_dated`, symbols that look the same at all their stamps stay.
        """
        kept = {s for s in self.symbols if not self.dated(s)} if only_dated else set[str]()
        for group in self.groups:
            stamps = [item for item in group.items if isinstance(item, Stamp)]
            if not stamps or kept.issuperset(stamp.symbol for stamp in stamps):
                yield group
                continue
            for stamp in stamps:
                for part in self.symbols[stamp.symbol]:
                    found = at_time(moved(part, stamp.x, stamp.y), stamp.time)
                    yield replace(found, step=group.step or found.step)


def moved(group: Group, dx: float, dy: float = 0.0) -> Group:
    """The group further to the right, and down."""
    items = (replace(item, x=item.x + dx, y=item.y + dy) for item in group.items)
    return replace(group, items=tuple(items))


def at_time(group: Group, time: str) -> Group:
    """A group of a symbol at the time of a stamp."""
    if not time:
        return group
    items = (
        replace(item, run=item.run.at(time)) if isinstance(item, Label) else item
        for item in group.items
    )
    step, title = (text.replace(SLOT, time) for text in (group.step, group.title))
    return replace(group, items=tuple(items), step=step, title=title)
