"""An attempt: write the circuit of some parts, and prove it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graphfold.check import check
from graphfold.errors import Diagnostic
from graphfold.fold.find.part import Part
from graphfold.fold.graph import Graph
from graphfold.fold.items import Items, make_items
from graphfold.fold.plan import Plan, make_plan
from graphfold.fold.prove import Outside, find_flaw
from graphfold.fold.report import result_of
from graphfold.fold.result import Fold
from graphfold.fold.writing.sheet import ShapesAre
from graphfold.fold.writing.write import Draft, write_circuit
from graphfold.traces.operation_level import operation_level
from graphfold.unfold import unfold


@dataclass(frozen=True)
class Attempt:
    """What came of it: a fold, and the nodes that it leaves as they were; else the flaw."""

    found: Fold | None = None
    left: frozenset[int] = frozenset()
    flaw: str = ""


def attempt(graph: Graph, parts: list[Part]) -> Attempt:
    """Write the circuit of some parts and unfold it again."""
    try:
        plan = make_plan(graph, parts)
        items = make_items(plan)
        draft, problem = _draft(items)
    except (AssertionError, KeyError, StopIteration) as error:
        return Attempt(flaw=f"the repetitions do not fit together ({error})")
    if problem is not None:
        return Attempt(flaw=f"the circuit would not be well formed: {problem.message}")
    level = operation_level(unfold(draft.circuit, dict(draft.lengths)))
    nodes = [*plan.prologue, *plan.epilogue, *plan.gathered, *_reads(plan, draft)]
    merged = np.flatnonzero(graph.once != np.arange(len(graph.trace)))
    outside = Outside(
        np.concatenate([np.array(nodes, np.int64), merged]), np.array(plan.roots, np.int64)
    )
    flaw = find_flaw(graph, draft, level, outside)
    if flaw is not None:
        return Attempt(flaw=flaw)
    left = frozenset([*plan.statics, *plan.prologue, *plan.epilogue])
    return Attempt(result_of(plan, items, draft), left)


def _draft(items: Items) -> tuple[Draft, Diagnostic | None]:
    """The circuit, or what is wrong with it; told shapes first, then unknown ones, if need be."""
    draft = write_circuit(items)
    problem = found = _problem(draft)
    ways: tuple[ShapesAre, ...] = ("declared", "unknown")
    for shapes in ways:
        if found is not None and found.stage == "shapes":
            draft = write_circuit(items, shapes)
            found = _problem(draft)
    return draft, found and problem


def _problem(draft: Draft) -> Diagnostic | None:
    return next((p for p in check(draft.circuit) if p.severity == "error"), None)


def _reads(plan: Plan, draft: Draft) -> Iterator[int]:
    """The reads of elements: leaves of the circuit, not operations."""
    for nodes in draft.leaves.values():
        there = nodes[nodes >= 0]
        yield from there[~plan.graph.leaf[there]].tolist()
    yield from plan.stray
