"""How often wires cross in the figures of the gallery; `--update` writes the baseline anew.

Counted are the crossings within one step of the unfolded figure, by how many there are more with
a step more, and those of the folded one. Wires of one source that meet are branches of one wire.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import graphfold as gf
from graphfold.render.picture import Group, Picture, Point, Stroke

BASELINE = Path(__file__).with_name("crossings.json")
STEPS = 5
PIECES = 12  # of a curve
CLOSE = 1e-6


def counted() -> dict[str, dict[str, int]]:
    """The crossings of every model of the gallery that has no tree."""
    found = {}
    for name in gf.example_names():
        circuit = gf.load(gf.example_path(name))
        if not circuit.trees:
            found[name] = {"step": _step(circuit), "folded": crossings(gf.draw(circuit).picture)}
    return found


def _step(circuit: gf.Circuit) -> int:
    """How many crossings one more step of every axis brings."""
    few, many = (
        crossings(gf.draw(gf.unfold(circuit, steps), pair=False, elide=False).picture)
        for steps in ({axis.name: n for axis in circuit.axes} for n in (STEPS, STEPS + 1))
    )
    return many - few


def crossings(picture: Picture) -> int:
    """The places where wires of different sources cross."""
    wires = [(group, _path(group)) for group in picture.expanded() if group.kind == "wire"]
    found: set[tuple[object, ...]] = set()
    for (a, one), (b, other) in combinations(wires, 2):
        if a.signal != b.signal and _near(one, other):
            sources = tuple(sorted((a.signal, b.signal)))
            found |= {(*sources, *place) for place in _meetings(one, other)}
    return len(found)


def _path(group: Group) -> list[Point]:
    """The corners of a wire; a curve in pieces."""
    body = group.items[0]
    assert isinstance(body, Stroke)
    x, y = body.x, body.y
    path = [(x, y)]
    for kind, numbers in body.moves:
        points = [(x, y)]
        points += [(x + dx, y + dy) for dx, dy in zip(numbers[::2], numbers[1::2], strict=True)]
        path += points[1:] if kind == "l" else _curve(points) if kind == "c" else []
        x, y = path[-1]
    return path


def _curve(points: Sequence[Point]) -> list[Point]:
    found = []
    for piece in range(1, PIECES + 1):
        t = piece / PIECES
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        pairs = [zip(weights, axis, strict=True) for axis in zip(*points, strict=True)]
        x, y = (sum(w * c for w, c in pair) for pair in pairs)
        found.append((x, y))
    return found


def _near(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether the boxes of two paths overlap."""
    axes = zip(zip(*one, strict=True), zip(*other, strict=True), strict=True)
    return all(min(a) <= max(b) and min(b) <= max(a) for a, b in axes)


def _meetings(one: Sequence[Point], other: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Where two paths cross, to the point: branches of a wire cross there but once."""
    for p, q in pairwise(one):
        for r, s in pairwise(other):
            place = _crossing((p, q), (r, s))
            if place is not None:
                yield round(place[0]), round(place[1])


def _crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> Point | None:
    (px, py), (qx, qy) = one
    (rx, ry), (sx, sy) = other
    ax, ay, bx, by = qx - px, qy - py, sx - rx, sy - ry
    across = ax * by - ay * bx
    if abs(across) < CLOSE:
        return None
    along = ((rx - px) * by - (ry - py) * bx) / across
    there = ((rx - px) * ay - (ry - py) * ax) / across
    if not (0 <= along < 1 and 0 <= there < 1):
        return None
    return (px + along * ax, py + along * ay)


def report(found: dict[str, dict[str, int]]) -> str:
    """A table of all models, and the total."""
    total = {kind: sum(row[kind] for row in found.values()) for kind in ("step", "folded")}
    rows = [(name, *row.values()) for name, row in [*found.items(), ("total", total)]]
    lines = ["| model | crossings per step | folded |", "|---|---:|---:|"]
    return "\n".join([*lines, *(f"| {n} | {step} | {folded} |" for n, step, folded in rows)])


def main() -> None:
    found = counted()
    if "--update" in sys.argv[1:]:
        BASELINE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(report(found))


if __name__ == "__main__":
    main()
