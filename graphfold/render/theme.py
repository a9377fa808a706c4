"""Sizes of a figure, in points at scale 1, and its colours."""

from __future__ import annotations

from dataclasses import dataclass, fields

from graphfold.errors import DrawingError
from graphfold.render.paint import BLACK_ON_WHITE, Palette


@dataclass(frozen=True)
class Theme:
    """All lengths that the layout and the back-ends use, and the palette."""

    radius: float = 24.0
    row_gap: float = 37.0
    site_gap: float = 34.0
    column_gap: float = 52.0
    pair_gap: float = 50.0
    margin: float = 16.0
    stroke: float = 1.5
    square: float = 13.0
    head_length: float = 12.0
    head_width: float = 8.2
    clearance: float = 7.0
    lane: float = 13.0
    corner: float = 11.0
    box_corner: float = 12.0
    box_margin: float = 13.0
    folded_size: float = 23.0
    instance_size: float = 16.0
    wire_size: float = 17.0
    count_size: float = 13.0
    cell_size: float = 17.0
    under_size: float = 11.5
    title_size: float = 13.0
    word_size: float = 17.0
    arrow: float = 52.0
    palette: Palette = BLACK_ON_WHITE
    name: str = "book"

    def __post_init__(self) -> None:
        """Refuse lengths with which no figure can be laid out."""
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise DrawingError(f"theme: {name} is {value:g}; it goes from {low:g} to {high:g}")


_OF_BOOK = {f.name: f.default for f in fields(Theme) if isinstance(f.default, float)}
LIMITS = {name: (round(size / 2, 2), 3 * size) for name, size in _OF_BOOK.items()}
"""The least and the most that each length may be: half, and three times that of the book."""

BOOK = Theme()
