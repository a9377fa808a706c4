"""How frames lie around rows, and how much room they want at each side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphfold.render.scene import Scene

APART = 4.0  # between a frame and the lanes beside it


@dataclass(frozen=True, slots=True)
class Sides:
    """Room between what a frame holds and its border."""

    left: float = 18.0
    top: float = 21.0
    right: float = 18.0
    bottom: float = 18.0

    def grown(self, other: Sides) -> Sides:
        """The larger room at each side."""
        return Sides(
            max(self.left, other.left),
            max(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


Pads = tuple[tuple[float, ...], tuple[float, ...]]  # above and below each row
Asked = Mapping[str, Sides]  # by the name of the frame; those that ask for nothing are absent


@dataclass(frozen=True)
class Span:
    """The rows of a frame, and the room above and below them; frames in it included."""

    low: int
    high: int
    top: float
    bottom: float


def spans_of(scene: Scene, asked: Asked) -> dict[str, Span]:
    """Return the rows and the height of every frame, outer ones first."""
    row_of = {name: r for r, row in enumerate(scene.rows) for name in row.names}
    found: dict[str, Span] = {}
    for frame in reversed(scene.frames):  # inner ones before those around them
        rows = [row_of[site] for site in frame.sites]
        low, high = min(rows), max(rows)
        within = [found[f.name] for f in scene.frames if f.within == frame.name]
        top = max((span.top for span in within if span.high == high), default=0.0)
        bottom = max((span.bottom for span in within if span.low == low), default=0.0)
        sides = asked.get(frame.name, Sides())
        found[frame.name] = Span(low, high, top + sides.top, bottom + sides.bottom)
    return {frame.name: found[frame.name] for frame in scene.frames}


def paddings(scene: Scene, asked: Asked) -> Pads:
    """Return the room that frames take above, and below, each row."""
    above, below = [0.0] * len(scene.rows), [0.0] * len(scene.rows)
    for span in spans_of(scene, asked).values() if scene.frames else ():
        above[span.high] = max(above[span.high], span.top + APART)
        below[span.low] = max(below[span.low], span.bottom + APART)
    return tuple(above), tuple(below)
