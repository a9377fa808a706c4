"""`fold`: an unrolled graph of operations back into the circuit it came from, with a proof."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graphfold.fold.attempt import Attempt, attempt
from graphfold.fold.find.part import Part
from graphfold.fold.find.search import find_parts
from graphfold.fold.graph import Graph, make_graph
from graphfold.fold.result import Fold
from graphfold.fold.why import why
from graphfold.traces.read import read_trace


def fold(trace: Any) -> Fold:
    r"""Find the circuit that a graph of operations is the unfolding of, and prove it.

    `trace` is a `Trace` or anything that `read_trace` reads: a path, an unfolding, an ONNX model.
    What repeats at least three times becomes a recurrence, a repeat with weights of its own, or a
    map over a sequence; a first or last repetition that differs stays outside as operations of
    their own. The circuit is returned only when its unfolding is the trace, node for node and
    operand for operand; else `Fold.circuit` is None and `Fold.reason` tells why.

    ModelError or GraphfoldError for what cannot be read.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]\n"
    >>> fibonacci = loads(text + "outputs: [F]")
    >>> found = fold(unfold(fibonacci, 10))
    >>> found
    <fold of 'circuit': 10 operations into 1>
    >>> found.circuit == fibonacci, found.repetitions[0].steps
    (True, 10)
    """
    read = read_trace(trace)
    if not read.operation_count:
        return Fold(read, reason="the trace has no operations: nothing repeats here")
    graph = make_graph(read)
    parts, failed = find_parts(graph)
    kept, flaw = _most(graph, parts)
    if kept is None or kept.found is None:
        return Fold(read, reason=why(graph, failed, parts) or flaw or "nothing repeats here")
    return replace(kept.found, reason=why(graph, failed, parts, kept.left))


def _most(graph: Graph, parts: list[Part]) -> tuple[Attempt | None, str]:
    """All parts in one circuit; else as many as fit, large ones first, and the first flaw."""
    if not parts:
        return None, ""
    whole = attempt(graph, parts)
    if whole.found is not None:
        return whole, ""
    fitting: list[Part] = []
    kept: Attempt | None = None
    for part in parts:
        tried = attempt(graph, [*fitting, part])
        if tried.found is not None:
            fitting, kept = [*fitting, part], tried
    return kept, whole.flaw
