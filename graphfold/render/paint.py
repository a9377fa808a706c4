"""Colours, "#rrggbb": those of a figure, and those of a group that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Paint:
    """How a group differs from its palette; "" is as there, and `width` multiplies its strokes."""

    fill: str = ""
    line: str = ""
    ink: str = ""
    width: float = 1.0


@dataclass(frozen=True)
class Palette:
    """The colours of a figure: of its paper, nodes, wires and letters, and of frames.

    `roles` are what inputs, states and others look like.
    """

    paper: str = "#ffffff"
    fill: str = "#ffffff"
    line: str = "#000000"
    ink: str = "#000000"
    frame_fill: str = "#f6f6f6"
    frame_line: str = "#999999"
    roles: Mapping[str, Paint] = field(default_factory=lambda: MappingProxyType({}))

    def resolved(self, paint: Paint | None) -> Paint:
        """The colours of a group, none left open."""
        if paint is None:
            return Paint(self.fill, self.line, self.ink)
        return Paint(
            paint.fill or self.fill, paint.line or self.line, paint.ink or self.ink, paint.width
        )


BLACK_ON_WHITE = Palette()
