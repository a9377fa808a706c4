"""Sizes of a figure, in points at scale 1, and its colours."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from graphfold.errors import DrawingError, shorten
from graphfold.render.paint import BLACK_ON_WHITE, Palette


@dataclass(frozen=True)
class Theme:
    """All lengths that the layout and the back-ends use, and the palette.

    `upward`: what is laid out is then reflected, so that time runs upwards; a figure sets it.
    """

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
    loop: float = 64.0
    caption_gap: float = 5.5
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
    upward: bool = False


_OF_BOOK = {f.name: f.default for f in fields(Theme) if isinstance(f.default, float)}
LIMITS = {name: (round(size / 2, 2), 3 * size) for name, size in _OF_BOOK.items()}
"""The least and the most that each length may be: half, and three times that of the book."""

BOOK = Theme()


def ensure_drawable(theme: Theme) -> Theme:
    """Return the theme; DrawingError for lengths out of all measure, and for what is no colour."""
    found = []
    for name, (low, high) in LIMITS.items():
        size = getattr(theme, name)
        if isinstance(size, bool | str) or not low <= size <= high:
            found.append(f"{name} is {size}; it goes from {low:g} to {high:g}")
    palette = theme.palette
    plain = {f.name: getattr(palette, f.name) for f in fields(palette) if f.name != "roles"}
    for role, paint in palette.roles.items():
        parts = {"fill": paint.fill, "line": paint.line, "ink": paint.ink}
        plain |= {f"{role} {part}": color for part, color in parts.items() if color}
    for name, color in plain.items():
        if not re.fullmatch("#[0-9a-f]{6}", color):
            found.append(f"{name} is '{shorten(str(color))}'; write it as #rrggbb, in lower case")
    if found:
        raise DrawingError("\n".join(f"theme '{shorten(theme.name)}': {line}" for line in found))
    return theme
