"""From guessed labels to a part that repeats exactly: one period, aligned, over its longest run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.align import TAKEN, Alignment, most
from graphfold.fold.find.grow import grow
from graphfold.fold.find.join import join, trim
from graphfold.fold.find.kinds import connected, kinds_of, places_of, with_slots
from graphfold.fold.find.mirror import forward
from graphfold.fold.find.part import Kind, Part
from graphfold.fold.find.run import longest
from graphfold.fold.find.shift import edges_of, shifted
from graphfold.fold.find.sound import is_sound
from graphfold.fold.graph import Graph

_ROUNDS = 4  # of completing kinds


def make_part(alignment: Alignment) -> Part | None:
    """The longest run of exact repetition among the labels; None when there is none.

    Where kinds could be completed, the alignment goes on from them once more.
    """
    graph, taken = alignment.graph, alignment.classes == TAKEN
    kinds, period = kinds_of(alignment)
    groups = connected(with_slots(graph, kinds))
    found = [part for group in groups for part in _parts(graph, group, period)]
    whole = _all_completed(graph, groups, taken)
    changed = [group for group in whole if not any(group is old for old in groups)]
    for group in changed:
        found += _parts(graph, group, period)
    if changed:
        further = Alignment(graph, taken)
        further.go_on([k for group in whole for k in group])
        kinds, times = kinds_of(further)
        groups = connected(with_slots(graph, kinds))
        for group in _all_completed(graph, groups, taken):
            found += _parts(graph, group, period * times)
    found.sort(key=lambda p: (-p.rank, len(p.histories)))
    sound = next((p for p in found if is_sound(graph, p)), None)
    if sound is not None:
        return forward(graph, sound)
    return replace(found[0], saved=-1) if found else None


def _all_completed(
    graph: Graph, groups: list[list[Kind]], taken: NDArray[np.bool_]
) -> list[list[Kind]]:
    """Groups of kinds, each completed, large ones first; what a larger one needs falls to it."""
    found, used = [], taken.copy()
    for group in sorted(groups, key=lambda kinds: -sum(len(k.nodes) for k in kinds)):
        own = places_of(graph, group)[0] >= 0
        if not (own & used).any():
            found.append(_completed(graph, group, used))
            used |= places_of(graph, found[-1])[0] >= 0
    return found


def _completed(graph: Graph, kinds: list[Kind], taken: NDArray[np.bool_]) -> list[Kind]:
    """The kinds, trimmed, joined and grown as far as they go."""
    for _ in range(_ROUNDS):
        joined = join(graph, trim(graph, kinds))
        grown = grow(graph, joined, taken)
        if joined is kinds and grown is joined:
            break
        kinds = with_slots(graph, grown)
    return kinds


def _parts(graph: Graph, kinds: list[Kind], period: int) -> Iterator[Part]:
    """The longest runs of some kinds, moved in several ways."""
    lengths = [len(k.nodes) for k in kinds if not k.leaf]
    if not lengths:
        return
    usual, most_steps = most(np.array(lengths))[0], max(lengths)
    tried = [(most_steps, ""), (usual, ""), (usual, "long"), (most_steps, "short")]
    edges = edges_of(graph, kinds)
    ways = (shifted(kinds, edges, *way) for way in tried)
    once = {tuple(k.first for k in way): way for way in ways}
    found = (longest(graph, Part(0, way, period=period)) for way in once.values())
    yield from (part for part in found if part is not None)
