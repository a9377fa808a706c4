"""Why not more is folded: the first operation that differs, and where."""

from __future__ import annotations

from collections.abc import Sequence

from graphfold.errors import shorten
from graphfold.fold.find.anchors import FEWEST_STEPS
from graphfold.fold.find.part import Part
from graphfold.fold.graph import Graph


def why(
    graph: Graph, failed: Part | None, parts: Sequence[Part], left: frozenset[int] | None = None
) -> str:
    """The first operation that is unlike its others, among those `left` as they were; else ""."""
    troubles = [t for part in (*parts, *([failed] if failed else ())) for t in part.troubles]
    if left is not None:
        troubles = [t for t in troubles if t.node in left]
    if not troubles:
        return ""
    first = min(troubles, key=lambda t: (t.stop, t.node, t.place))
    node = graph.trace.label(first.node)
    operand = int(graph.operands[graph.starts[first.node] + first.place])
    read = graph.trace.label(operand)
    differs = f"operand {first.place + 1} of {node} is {read}, unlike in the other repetitions"
    few = f"; nothing repeats {FEWEST_STEPS} times" if left is None else ""
    return shorten(differs + few, 400)
