"""Where static signals stand: above or below the columns they touch, however far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.layout.columns import offsets_of, settled
from graphfold.render.scene import STATIC, Edge

Place = tuple[str, int]


@dataclass(frozen=True)
class Touch:
    """What each static signal touches: places of nodes in columns, and static signals."""

    spots: Mapping[str, list[float]]
    fellows: Mapping[str, list[str]]

    def wish(self, name: str, placed: Mapping[str, float], middle: float) -> tuple[float, float]:
        """Where a signal wants to stand, and how much."""
        near = [*self.spots.get(name, ()), *(placed[f] for f in self._of(name) if f in placed)]
        if near:
            return (min(near) + max(near)) / 2, 4.0 if name in self.spots else 2.0
        far = self._further(name, placed)
        return ((min(far) + max(far)) / 2 if far else middle), 1.0

    def _of(self, name: str) -> list[str]:
        return self.fellows.get(name, [])

    def _further(self, name: str, placed: Mapping[str, float]) -> list[float]:
        """The places that the nearest fellows of fellows touch."""
        seen, ring = {name}, [name]
        while ring:
            ring = [f for n in ring for f in self._of(n) if f not in seen]
            seen.update(ring)
            found = [x for n in ring for x in self.spots.get(n, ())]
            found += [placed[n] for n in ring if n in placed]
            if found:
                return found
        return []


def touches(
    edges: Sequence[Edge], x: Callable[[str, int], float], placed: Mapping[str, float]
) -> Touch:
    """Read off the edges what the static signals touch; `x` tells where a node is.

    Static signals that are `placed` already count as nodes.
    """
    spots: dict[str, list[float]] = {}
    fellows: dict[str, list[str]] = {}
    for (name, column), (other, there) in _both_ways(edges):
        if name in placed:
            continue
        if other in placed:
            spots.setdefault(name, []).append(placed[other])
        elif column == STATIC and there == STATIC:
            fellows.setdefault(name, []).append(other)
        elif column == STATIC:
            spots.setdefault(name, []).append(x(other, there))
    return Touch(spots, fellows)


def stands(
    rows: Sequence[Sequence[str]],
    moving: Sequence[int],
    touch: Touch,
    apart: Callable[[str, str], float],
    middle: float,
) -> dict[str, float]:
    """Return x of every static signal, row by row away from the `moving` rows of the columns."""
    placed: dict[str, float] = {}
    for row in _outward(rows, moving):
        wishes = {name: touch.wish(name, placed, middle) for name in row}
        names = sorted(row, key=lambda name: wishes[name])
        wanted = {name: [(name, weight, 0.0)] for name, (_, weight) in wishes.items()}
        x = {name: wish for name, (wish, _) in wishes.items()}
        placed |= settled(names, offsets_of(names, apart), wanted, x)
    return placed


def _outward(rows: Sequence[Sequence[str]], moving: Sequence[int]) -> Iterator[Sequence[str]]:
    """The static rows, those next to the columns first."""
    first, last = (moving[0], moving[-1]) if moving else (0, -1)
    yield from filter(None, rows[last + 1 :])
    yield from filter(None, reversed(rows[:first]))


def _both_ways(edges: Sequence[Edge]) -> Iterator[tuple[Place, Place]]:
    for edge in edges:
        yield edge.source, edge.target
        yield edge.target, edge.source
