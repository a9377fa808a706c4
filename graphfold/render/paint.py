"""Colours, "#rrggbb": those of a figure, and those of a group that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Paint:
    """How a group differs from its palette; "" is as there, and `width` multiplies its strokes.

    `wires` is the colour of the wires that come into a node.
    """

    fill: str = ""
    line: str = ""
    ink: str = ""
    width: float = 1.0
    wires: str = ""

    def over(self, other: Paint) -> Paint:
        """The paint with what another one says in its place."""
        fill, line, ink = other.fill or self.fill, other.line or self.line, other.ink or self.ink
        return Paint(fill, line, ink, self.width * other.width, other.wires or self.wires)


@dataclass(frozen=True)
class Palette:
    """The colours of a figure: of its paper, nodes, wires and letters, and of frames.

    `roles` are what an "input", a "state", an "output", a "loss" and any other "signal" look like;
    "parameter" is the ink of the letters beside wires, and "boundary" changes what stands before
    the first step and after the last.
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
            paint.fill or self.fill,
            paint.line or self.line,
            paint.ink or self.ink,
            paint.width,
            paint.wires,
        )

    def of_role(self, role: str, boundary: bool = False) -> Paint | None:
        """What a role looks like, before the first step and after the last as well."""
        paint, edge = self.roles.get(role), self.roles.get("boundary") if boundary else None
        if paint is None or edge is None:
            return paint or edge
        return paint.over(edge)


BLACK_ON_WHITE = Palette()
