"""From guessed labels to a part that repeats exactly: one period, aligned, over its longest run."""

from __future__ import annotations

import numpy as np

from graphfold.fold.align import Alignment, most
from graphfold.fold.kinds import connected, kinds_of, with_slots
from graphfold.fold.part import Part
from graphfold.fold.run import longest
from graphfold.fold.shift import shifted


def make_part(alignment: Alignment) -> Part | None:
    """The longest run of exact repetition among the labels; None when there is none."""
    kinds, period = kinds_of(alignment)
    found = []
    for together in connected(with_slots(alignment.graph, kinds)):
        lengths = [len(k.nodes) for k in together if not k.leaf]
        if not lengths:
            continue
        usual = most(np.array(lengths))[0]
        most_steps = max(lengths)
        tried = [(most_steps, ""), (usual, ""), (usual, "long"), (most_steps, "short")]
        ways = (shifted(together, *way) for way in tried)
        once = {tuple(k.first for k in way): way for way in ways}
        found += [longest(alignment.graph, Part(0, way, period=period)) for way in once.values()]
    parts = [part for part in found if part is not None]
    return max(parts, key=lambda p: (p.score, -len(p.histories)), default=None)
