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
class Run:
    """A typeset label: outlines, bars (of fractions) and what they cover around the origin.

    `text` is set instead of outlines where the font has none; `source` is what was typeset.
    """

    source: str
    box: Box
    glyphs: tuple[Glyph, ...] = ()
    bars: tuple[Box, ...] = ()
    text: str = ""
    size: float = 0.0


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
    """The groups of a symbol of the picture, moved by (x, y)."""

    x: float
    y: float
    symbol: str


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
    stroke: float = STROKE
    symbols: Mapping[str, tuple[Group, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def expanded(self) -> Iterator[Group]:
        """The groups with those of symbols in place of their stamps, which hold no other items."""
        for group in self.groups:
            stamps = [item for item in group.items if isinstance(item, Stamp)]
            if not stamps:
                yield group
            for stamp in stamps:
                for part in self.symbols[stamp.symbol]:
                    found = moved(part, stamp.x, stamp.y)
                    yield replace(found, step=group.step or found.step)


def moved(group: Group, dx: float, dy: float = 0.0) -> Group:
    """The group further to the right, and down."""
    items = (replace(item, x=item.x + dx, y=item.y + dy) for item in group.items)
    return replace(group, items=tuple(items))
