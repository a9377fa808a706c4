"""What a fold reports: what repeats, and how the circuit corresponds with the trace."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from graphfold.fold.find.part import Part
from graphfold.fold.items import Items
from graphfold.fold.plan import Plan
from graphfold.fold.result import Fold, Form, Repetition
from graphfold.fold.writing.write import Draft


def result_of(plan: Plan, items: Items, draft: Draft) -> Fold:
    """The fold that a proved draft is."""
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
