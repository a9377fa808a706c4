"""Inputs that are nothing but one history: a circuit can leave them `given`, without a name."""

from __future__ import annotations

from collections import Counter

import numpy as np

from graphfold.fold.find.part import Part
from graphfold.fold.plan import Plan


def given_alone(plan: Plan) -> set[int]:
    """The inputs that nothing reads but the delays of one history."""
    reads = _history_reads(plan)
    outputs = set(plan.graph.trace.outputs.tolist())
    fans = np.diff(plan.graph.out_starts)
    return {
        node
        for part in plan.parts
        for (kind, step), node in part.histories.items()
        if reads[node] == 1
        and node not in outputs
        and fans[node] == _delays_that_read(part, kind, step)
    }


def _history_reads(plan: Plan) -> Counter[int]:
    """How many histories each input is that is no element of a sequence."""
    trace = plan.graph.trace
    return Counter(
        node
        for part in plan.parts
        for node in part.histories.values()
        if trace.op(node) == "input" and node not in plan.elements
    )


def _delays_that_read(part: Part, kind: int, step: int) -> int:
    """How many operands of the part are this history of a kind."""
    return sum(
        slot.kind == kind and bool((reader.at(np.array([step + slot.delay])) >= 0).any())
        for reader in part.kinds
        for slot in reader.slots
    )
