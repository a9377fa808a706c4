"""The borders of nodes: circles, and boxes with rounded corners; where lines meet them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from graphfold.render.layout.paths import Line, along, polar, unit
from graphfold.render.picture import Point

AIMED = 0.75  # of the flat part of a box: wires from straight below go straight up there


@dataclass(frozen=True, slots=True)
class Border:
    """A circle, or a box: a circle's height, drawn out by `core` to both sides of its middle.

    A box with a core below zero is that much narrower than it is high.
    """

    radius: float
    core: float = 0.0
    corner: float | None = None

    @property
    def half(self) -> float:
        """Half its width."""
        return self.radius + self.core

    @property
    def box(self) -> bool:
        """Whether it has corners."""
        return self.corner is not None

    @property
    def upended(self) -> Border:
        """The border with width and height swapped."""
        return Border(self.half, -self.core, self.corner)

    def toward(self, start: float, heading: Point) -> float:
        """How far the border is from the point `start` right of the middle, in a direction."""
        dx, dy = heading
        if self.corner is None or not (dx or dy):
            return self.radius
        ends = [(math.copysign(self.half, dx) - start) / dx] if dx else []
        ends += [self.radius / abs(dy)] if dy else []
        length = min(ends)
        x, y = start + length * dx, length * dy
        flat, low = self.half - self.corner, self.radius - self.corner
        if abs(x) <= flat or abs(y) <= low:
            return length
        cx, cy = math.copysign(flat, x) - start, math.copysign(low, y)
        middle = cx * dx + cy * dy
        rest = self.corner**2 - (cx * cx + cy * cy - middle * middle)
        return middle + math.sqrt(max(rest, 0.0))

    def gap(self, dx: float, dy: float) -> float:
        """How far a point is outside, by its distances from the middle; negative inside."""
        if self.corner is None:
            return math.hypot(dx, dy) - self.radius
        x, y = abs(dx) - self.half + self.corner, abs(dy) - self.radius + self.corner
        return math.hypot(max(x, 0.0), max(y, 0.0)) + min(max(x, y), 0.0) - self.corner

    def aim(self, dx: float) -> float:
        """The point of the core, right of the middle, that a line from `dx` right of it aims at."""
        reach = AIMED * max(self.core, 0.0)
        return max(-reach, min(reach, dx))

    def shoulder(self, share: float) -> Point:
        """The point of the border at a share of half its width: how far aside, and how high."""
        aside = share * self.half
        if self.corner is None:
            return (aside, self.radius * math.sqrt(1 - share * share))
        over = max(0.0, abs(aside) - self.half + self.corner)
        return (aside, self.radius - self.corner + math.sqrt(self.corner**2 - over * over))


DOT = Border(0.0)


@dataclass(frozen=True, slots=True)
class End:
    """A node where a line ends: its middle and its border."""

    center: Point
    border: Border = DOT

    def edge(self, toward: Point) -> Point:
        """Where a line towards a point leaves the border."""
        (x, y), border = self.center, self.border
        start = border.aim(toward[0] - x) if toward[1] != y else 0.0
        core = (x + start, y)
        return along(core, toward, border.toward(start, unit(core, toward)))

    def at(self, degrees: float) -> Point:
        """The point of the border in a direction, from the nearer end of the core."""
        (x, y), border = self.center, self.border
        if not border.box:
            return polar(self.center, border.radius, degrees)
        angle = math.radians(degrees)
        heading = (math.cos(angle), -math.sin(angle))
        start = math.copysign(max(border.core, 0.0), heading[0])
        return polar((x + start, y), border.toward(start, heading), degrees)


def link(a: End, b: End) -> Line:
    """A straight line between the borders of two nodes, upright where both boxes allow it."""
    (ax, ay), (bx, by) = a.center, b.center
    if ay != by:
        ax += a.border.aim(bx - ax)
        bx += b.border.aim(ax - bx)
        ax = a.center[0] + a.border.aim(bx - a.center[0])
    p, q = (ax, ay), (bx, by)
    start = a.border.toward(ax - a.center[0], unit(p, q))
    end = b.border.toward(bx - b.center[0], unit(q, p))
    return Line(along(p, q, start), ((along(q, p, end),),))
