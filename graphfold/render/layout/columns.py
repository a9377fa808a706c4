"""Where the sites of one step stand, left to right: as straight above each other as can be."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence

SWEEPS = 12
Link = tuple[str, str, float, float]  # two names, the weight, how far the second is to the right


def columns(
    rows: Sequence[Sequence[str]],
    links: Sequence[Link],
    apart: Callable[[str, str], float],
    stacked: Collection[str] = (),
) -> dict[str, float]:
    """Return x of every name; `apart` is the least distance of two neighbours in a row.

    Those that are `stacked` begin above one another; of a row, one at most.
    """
    places = [offsets_of(row, apart) for row in rows]
    x = {}
    for row, offsets in zip(rows, places, strict=True):
        shift = next((o for n, o in zip(row, offsets, strict=True) if n in stacked), None)
        if shift is None:
            shift = offsets[-1] / 2 if offsets else 0.0
        x.update({n: o - shift for n, o in zip(row, offsets, strict=True)})
    near = _neighbours(links)
    for sweep in range(SWEEPS):
        order = range(len(rows)) if sweep % 2 else range(len(rows) - 1, -1, -1)
        for r in order:
            x.update(settled(rows[r], places[r], near, x))
    return x


def offsets_of(row: Sequence[str], apart: Callable[[str, str], float]) -> list[float]:
    """Return how far to the right of the first one each name of a row stands."""
    offsets = [0.0] if row else []
    for left, right in itertools.pairwise(row):
        offsets.append(offsets[-1] + apart(left, right))
    return offsets


def _neighbours(links: Sequence[Link]) -> Mapping[str, list[tuple[str, float, float]]]:
    near: dict[str, list[tuple[str, float, float]]] = {}
    for a, b, weight, shift in links:
        near.setdefault(a, []).append((b, weight, -shift))
        near.setdefault(b, []).append((a, weight, shift))
    return near


def settled(
    row: Sequence[str],
    offsets: Sequence[float],
    near: Mapping[str, list[tuple[str, float, float]]],
    x: Mapping[str, float],
) -> dict[str, float]:
    """Least absolute distances to the neighbours, the row's order and spacing kept."""
    blocks: list[tuple[list[int], list[tuple[float, float]]]] = []
    for i, name in enumerate(row):
        wishes = [(x[n] + shift - offsets[i], w) for n, w, shift in near.get(name, [])]
        blocks.append(([i], wishes or [(x[name] - offsets[i], 0.01)]))
        while len(blocks) > 1 and _median(blocks[-2][1]) >= _median(blocks[-1][1]):
            members, wishes = blocks.pop()
            blocks[-1] = (blocks[-1][0] + members, blocks[-1][1] + wishes)
    return {row[i]: _median(wishes) + offsets[i] for members, wishes in blocks for i in members}


def _median(wishes: Sequence[tuple[float, float]]) -> float:
    """The weighted median; the middle when it is a whole stretch."""
    ordered = sorted(wishes)
    half = sum(w for _, w in ordered) / 2
    total = 0.0
    for i, (value, weight) in enumerate(ordered):
        total += weight
        if total > half + 1e-9:
            return value
        if abs(total - half) <= 1e-9:
            return (value + ordered[min(i + 1, len(ordered) - 1)][0]) / 2
    return ordered[-1][0]
