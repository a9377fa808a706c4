"""What a back-end writes: strokes, discs, boxes and labels at fixed places, y downwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Move = tuple[str, tuple[float, ...]]
Moves = tuple[Move, ...]
Pen = Literal["solid", "dashed", "ink", "frame"]


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
    """A run moved to (x, y), the place of its origin."""

    x: float
    y: float
    run: Run


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


Item = Label | Stroke | Disc | Rect


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together: a node, a wire with its head and label, or a caption."""

    kind: str
    items: tuple[Item, ...]
    signal: str = ""
    step: str = ""
    target: str = ""
    title: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure; everything lies within the box at (left, top), in points."""

    left: float
    top: float
    width: float
    height: float
    groups: tuple[Group, ...]
    title: str = ""
    description: str = ""
    outlines: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
