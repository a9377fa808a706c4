"""Where a wire's caption stands: beside its own wire, clear of everything else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphfold.render.layout.paths import Line
from graphfold.render.layout.room import Room
from graphfold.render.picture import Box, Point, Run, grown
from graphfold.render.theme import BOOK

MARGINS = ((0.3, 5.0), (0.1, 10.0))  # a price for what is near, and how near
TIGHT = 1.0
EVERY = 4.0  # points between two places along a wire
AWAY = ((0, 0), (10, 2), (20, 4), (45, 7), (90, 12), (150, 20), (230, 32), (320, 46))  # price, way
FAR = 60.0  # a price at which more room is better


@dataclass(frozen=True)
class Wish:
    """A caption and where it would like to stand.

    `places` are along the line, the best one first; the side that faces `away` from a point is
    better; `owner` is the line's own number in the room; `shifts` tell how far to the right of
    there it stands, and its like in other columns; `near` is how far it keeps from the line.
    """

    run: Run
    owner: int
    places: Sequence[float]
    away: Point | None = None
    shifts: Sequence[float] = (0.0,)
    near: float = BOOK.caption_gap


@dataclass(frozen=True)
class Spot:
    """The middle of a caption, and whether it is crowded there."""

    middle: Point
    crowded: bool


def place(room: Room, line: Line, wish: Wish) -> Spot:
    """Return the best place for a caption and take it."""
    run, owner = wish.run, wish.owner
    width, height = run.box[2] - run.box[0], run.box[3] - run.box[1]
    best: tuple[float, Point] = (math.inf, line.end)
    for price, middle in _candidates(line, width / 2, height / 2, wish):
        if price >= best[0]:
            continue
        box = box_at(middle, width, height)
        cost = price + FAR * room.hits(grown(box, TIGHT), wish.shifts)
        for weight, margin in MARGINS:
            if cost < best[0]:
                cost += weight * room.hits(grown(box, margin), wish.shifts, owner)
        best = min(best, (cost, middle))
    box = box_at(best[1], width, height)
    crowded = best[0] >= FAR or room.hits(grown(box, TIGHT), wish.shifts) > 0
    room.add_box(box, shifts=wish.shifts)
    return Spot(best[1], crowded)


def box_at(middle: Point, width: float, height: float) -> Box:
    """A box around its middle."""
    (x, y), dx, dy = middle, width / 2, height / 2
    return (x - dx, y - dy, x + dx, y + dy)


def _candidates(
    line: Line, half_width: float, half_height: float, wish: Wish
) -> Iterator[tuple[float, Point]]:
    samples, away = line.samples(2.0), wish.away
    for rank, share in enumerate(wish.places):
        i = max(1, min(len(samples) - 2, round(share * (len(samples) - 1))))
        (ax, ay), (bx, by), (x, y) = samples[i - 1], samples[i + 1], samples[i]
        length = math.hypot(bx - ax, by - ay) or 1.0
        nx, ny = (by - ay) / length, -(bx - ax) / length
        if away is not None:
            inward = nx * (away[0] - x) + ny * (away[1] - y) > 0
        else:  # right of the wire, or above it when it lies flat
            inward = nx < -0.3 or (abs(nx) <= 0.3 and ny > 0)
        if inward:
            nx, ny = -nx, -ny
        for extra, further in AWAY:
            reach = wish.near + further + abs(nx) * half_width + abs(ny) * half_height
            for side, price in ((1, 0.0), (-1, 3.0)):
                yield 0.7 * rank + extra + price, (x + side * nx * reach, y + side * ny * reach)


def spread_from(middle: float, low: float, high: float, length: float) -> list[float]:
    """Places along a line of some length, the middle one first."""
    steps, every = [middle], EVERY / max(length, EVERY)
    for i in range(1, 24):
        steps += [s for s in (middle + i * every, middle - i * every) if low <= s <= high]
    return steps
