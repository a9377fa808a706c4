"""Why not more is folded: the first operation that differs, and where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphfold.errors import shorten
from graphfold.fold.find.part import FEWEST_STEPS, Part, no_troubles
from graphfold.fold.graph import Graph


def why(
    graph: Graph, failed: Part | None, parts: Sequence[Part], left: frozenset[int] | None = None
) -> str:
    """The first operation that is unlike its others, among those `left` as they were; else ""."""
    told = [part.troubles for part in (*parts, *([failed] if failed else ()))]
    troubles = np.concatenate([no_troubles(), *told])
    if left is not None:
        read = graph.operands[graph.starts[troubles[:, 2]] + troubles[:, 3]]
        alone = np.array([*left], np.int64)
        troubles = troubles[np.isin(troubles[:, 2], alone) | np.isin(read, alone)]
    if not len(troubles):
        return ""
    _, stop, number, place = (column.tolist() for column in troubles.T)
    _, number, place = min(zip(stop, number, place, strict=True))
    node = graph.trace.label(number)
    operand = graph.trace.label(int(graph.operands[graph.starts[number] + place]))
    differs = f"operand {place + 1} of {node} is {operand}, unlike in the other repetitions"
    few = f"; nothing repeats {FEWEST_STEPS} times" if left is None else ""
    return shorten(differs + few, 400)
