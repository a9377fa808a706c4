"""What becomes of each node: a step of a repetition, an operation by itself, or none of both.

Sequences that are read element by element cut off what computes them (the prologue); sequences
that are gathered cut off what is computed of the whole (the epilogue).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from graphfold.fold.find.part import Part
from graphfold.fold.graph import Graph, nodes_of
from graphfold.traces.trace import Numbers

GATHERS = frozenset(
    ["stack", "concat", "cat", "Concat", "ConcatFromSequence", "SequenceConstruct", "tuple", "list"]
)


@dataclass
class Plan:
    """The parts, and where each node stands.

    `part`, `kind` and `step` place the operations of parts (-1 elsewhere); `elements` the leaves
    and reads that are elements of a part's sequence. `statics` are the operations by themselves, in
    order. `roots` are the nodes whose values must come out, `idle` those
    that nobody reads; `gathered` maps gathering nodes to
    (part, kind).
    """

    graph: Graph
    parts: list[Part]
    part: Numbers
    kind: Numbers
    step: Numbers
    elements: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    stray: set[int] = field(default_factory=set)
    statics: list[int] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    idle: list[int] = field(default_factory=list)
    gathered: dict[int, tuple[int, int]] = field(default_factory=dict)
    prologue: list[int] = field(default_factory=list)
    epilogue: list[int] = field(default_factory=list)


def make_plan(graph: Graph, parts: list[Part]) -> Plan:
    """Place every node of a trace."""
    count = len(graph.trace)
    nowhere = np.full(count, -1, np.int64)
    plan = Plan(graph, parts, nowhere, nowhere.copy(), nowhere.copy())
    for number, part in enumerate(parts):
        _place(plan, number, part)
    _gather(plan)
    _find_roots(plan)
    _find_statics(plan)
    return plan


def _place(plan: Plan, number: int, part: Part) -> None:
    for place, kind in enumerate(part.kinds):
        there = np.flatnonzero(kind.nodes >= 0)
        nodes = kind.nodes[there]
        if kind.leaf:
            for node, step in zip(nodes.tolist(), (there + 1).tolist(), strict=True):
                plan.elements.setdefault(node, (number, place, step))
            if kind.family >= 0:
                plan.stray.update(plan.graph.families[kind.family].nodes.tolist())
        else:
            plan.part[nodes], plan.kind[nodes], plan.step[nodes] = number, place, there + 1
    plan.stray.difference_update(n for n in [*plan.stray] if plan.graph.trace.is_leaf[n])


def _gather(plan: Plan) -> None:
    """Find the nodes that gather all steps of an operation, and what is computed of them only."""
    graph = plan.graph
    for node in nodes_of(graph.trace, *GATHERS).tolist():
        operands = graph.operands[graph.starts[node] : graph.starts[node + 1]]
        if plan.part[node] >= 0 or not operands.size:
            continue
        part, kind = int(plan.part[operands[0]]), int(plan.kind[operands[0]])
        if part < 0 or len(operands) != plan.parts[part].steps:
            continue
        if (operands == plan.parts[part].kinds[kind].nodes).all():
            after = _after(plan, node)
            if after is not None:
                plan.gathered[node] = (part, kind)
                plan.epilogue += after
    gathered = set(plan.gathered)
    plan.epilogue = [n for n in dict.fromkeys(plan.epilogue) if n not in gathered]


def _after(plan: Plan, node: int) -> list[int] | None:
    """All that depends on a node; None when a part does."""
    graph, found, pending = plan.graph, {node}, [node]
    while pending:
        current = pending.pop()
        following = graph.out_targets[graph.out_starts[current] : graph.out_starts[current + 1]]
        if (plan.part[following] >= 0).any() or len(found) > 100_000:
            return None
        fresh = set(following.tolist()) - found
        found |= fresh
        pending += fresh
    return sorted(found - {node})


def _find_roots(plan: Plan) -> None:
    """The outputs, or the operations that nobody reads where the trace names none."""
    graph = plan.graph
    own = graph.once == np.arange(len(graph.trace))
    plan.idle = np.flatnonzero((np.diff(graph.out_starts) == 0) & ~graph.leaf & own).tolist()
    outputs = graph.once[graph.trace.outputs].tolist() or plan.idle
    outside = {*plan.gathered, *plan.epilogue}
    plan.roots = [n for n in dict.fromkeys(outputs) if n not in outside]


def _find_statics(plan: Plan) -> None:
    """The operations that stand by themselves and that something inside the circuit needs."""
    found: dict[int, None] = {}
    outside = {*plan.gathered, *plan.epilogue}
    ends = [n for n in (*plan.roots, *plan.idle) if n not in outside]
    pending = [n for n in ends if _is_static(plan, n)]
    for part in plan.parts:
        pending += [n for n in part.histories.values() if _is_static(plan, n)]
        wanted = [s.node for k in part.kinds for s in k.slots if s.node >= 0]
        pending += [n for n in wanted if _is_static(plan, n)]
    while pending:
        node = pending.pop()
        if node not in found:
            found[node] = None
            pending += [o for o in plan.graph.trace.operands_of(node) if _is_static(plan, o)]
    for node in plan.epilogue:
        read = plan.graph.trace.operands_of(node)
        plan.roots += [o for o in read if (o in found or plan.part[o] >= 0) and o not in plan.roots]
    own = plan.graph.once == np.arange(len(plan.graph.trace))
    inside = plan.graph.leaf | (plan.part >= 0) | ~own
    inside[[*found, *outside, *plan.elements, *plan.stray]] = True
    plan.prologue = np.flatnonzero(~inside).tolist()
    plan.statics = sorted(found)


def _is_static(plan: Plan, node: int) -> bool:
    """Whether a node is an operation by itself, not a leaf, an element or a step of a part."""
    if plan.graph.leaf[node] or plan.part[node] >= 0:
        return False
    return node not in plan.elements and node not in plan.stray
