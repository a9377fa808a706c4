"""`fold`: an unrolled graph of operations back into the circuit it came from, with a proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from graphfold.check import check
from graphfold.errors import Diagnostic, shorten
from graphfold.fold.find.anchors import FEWEST_STEPS
from graphfold.fold.find.part import Part
from graphfold.fold.find.search import find_parts
from graphfold.fold.graph import Graph, make_graph
from graphfold.fold.items import Items, make_items
from graphfold.fold.plan import Plan, make_plan
from graphfold.fold.prove import Outside, find_flaw
from graphfold.fold.result import Fold, Form, Repetition
from graphfold.fold.writing.sheet import ShapesAre
from graphfold.fold.writing.write import Draft, write_circuit
from graphfold.traces.operation_level import operation_level
from graphfold.traces.read import read_trace
from graphfold.unfold import unfold


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
    reason = _why(graph, parts, failed)
    while parts:
        try:
            found, flaw = _attempt(graph, parts)
        except _Refusal as refusal:
            found, flaw = None, str(refusal)
        if found is not None:
            return _with_reason(found, reason)
        reason = flaw or reason
        parts = parts[:-1]
    return Fold(read, reason=reason)


class _Refusal(Exception):
    """These parts make no circuit."""


def _attempt(graph: Graph, parts: list[Part]) -> tuple[Fold | None, str | None]:
    try:
        plan = make_plan(graph, parts)
        items = make_items(plan)
        draft, problem = _draft(items)
    except (AssertionError, KeyError, StopIteration) as error:
        raise _Refusal(f"the repetitions do not fit together ({error})") from None
    if problem is not None:
        raise _Refusal(f"the circuit would not be well formed: {problem.message}")
    level = operation_level(unfold(draft.circuit, dict(draft.lengths)))
    nodes = [*plan.prologue, *plan.epilogue, *plan.gathered, *_reads(plan, draft)]
    merged = np.flatnonzero(graph.once != np.arange(len(graph.trace)))
    outside = Outside(
        np.concatenate([np.array(nodes, np.int64), merged]), np.array(plan.roots, np.int64)
    )
    flaw = find_flaw(graph, draft, level, outside)
    if flaw is not None:
        return None, flaw
    return _result(plan, items, draft), None


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


def _result(plan: Plan, items: Items, draft: Draft) -> Fold:
    roots = {s: draft.circuit.equation[s].expression.root for s in draft.circuit.equation}
    places = {
        place: nodes
        for (place, number), nodes in draft.blocks.items()
        if number == roots.get(place[0])
    }
    names = {pair: items.items[items.of_kind[pair]].name for pair in plan.gathered.values()}
    sequences = {**draft.leaves}
    for (signal, step), node in draft.given.items():
        sequences[f"{signal}[{step}]"] = np.array([node])
    return Fold(
        plan.graph.trace,
        draft.circuit,
        draft.lengths,
        tuple(_repetitions(plan, items, draft)),
        prologue=tuple(plan.prologue),
        epilogue=tuple(plan.epilogue),
        gathered={node: names[pair] for node, pair in plan.gathered.items()},
        functions=draft.functions,
        places=places,
        sequences=sequences,
        size=len(items.items) + len(plan.prologue) + len(plan.epilogue),
    )


def _repetitions(plan: Plan, items: Items, draft: Draft) -> Iterator[Repetition]:
    for number, part in enumerate(plan.parts):
        own = [i for i in items.items if i.part == number]
        nodes = sum(int((i.nodes >= 0).sum()) for i in own)
        signals = tuple(i.name for i in own if i.signal)
        weights = tuple(dict.fromkeys(_own_weights(plan, items, draft, number)))
        form: Form = "map" if not part.cyclic else "repeat" if weights else "recurrence"
        axis = draft.axis_of_part[number]
        yield Repetition(
            form, axis, part.steps, signals, len(own), nodes, part.period, _direction(part), weights
        )


def _own_weights(plan: Plan, items: Items, draft: Draft, number: int) -> Iterator[str]:
    names = {n.tobytes(): name for name, n in draft.leaves.items()}
    for part, place in items.sequences:
        kind = plan.parts[part].kinds[place]
        node = int(kind.nodes[kind.nodes >= 0][0])
        if part == number and plan.graph.trace.op(node) == "param":
            yield names[kind.nodes.tobytes()]


def _direction(part: Part) -> str:
    delays = [s.delay for k in part.kinds for s in k.slots if s.kind >= 0 and s.delay]
    ahead, late = any(d < 0 for d in delays), any(d > 0 for d in delays)
    if not part.cyclic:
        return ""
    return "both" if ahead and late else "anti-causal" if ahead else "causal"


def _with_reason(found: Fold, reason: str) -> Fold:
    """The reason is told only where something stays as it was."""
    whole = not found.prologue and not found.epilogue
    return found if whole else replace(found, reason=reason)


def _why(graph: Graph, parts: list[Part], failed: Part | None) -> str:
    """Why not more is folded: the first operation that differs, and where."""
    troubles = [t for part in (*parts, *([failed] if failed else ())) for t in part.troubles]
    if not troubles:
        return "nothing repeats here" if not parts else ""
    first = min(troubles, key=lambda t: (t.stop, t.node, t.place))
    node = graph.trace.label(first.node)
    operand = int(graph.operands[graph.starts[first.node] + first.place])
    read = graph.trace.label(operand)
    differs = f"operand {first.place + 1} of {node} is {read}, unlike in the other repetitions"
    few = f"; nothing repeats {FEWEST_STEPS} times" if not parts else ""
    return shorten(differs + few, 400)
