"""Which signals a gradient passes, and whether it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphfold.differentiate.sweep import live_nodes
from graphfold.errors import ValuesError
from graphfold.evaluate.backward.derivative import Derivative
from graphfold.evaluate.backward.program import derivative_of
from graphfold.evaluate.backward.request import Request
from graphfold.evaluate.backward.walk import BackwardWalk
from graphfold.evaluate.walk import Walk
from graphfold.expression import REDUCTIONS, Apply
from graphfold.instances import Instance, format_id
from graphfold.reach import reached, reads_of


def turn_round(walk: Walk, request: Request, functions: Mapping[str, Derivative]) -> BackwardWalk:
    """Prepare the walk back; ValuesError when a derivative is missing on the way."""
    circuit = walk.setting.unfolding.circuit
    pairs = reads_of(circuit)
    above = reached([request.loss[0]], [(target, source) for source, target in pairs])
    signals = request.signals
    live = above if signals is None else above & reached(signals, pairs)
    ensure_influence(request, lambda instance: instance[0] in above)
    _ensure_derivatives(walk, frozenset(live), functions)
    kept = frozenset(circuit.signals if signals is None else signals)
    by_step = frozenset(request.part_axes)
    return BackwardWalk(walk, frozenset(live), kept, functions, by_step)


def _ensure_derivatives(
    walk: Walk, live: frozenset[str], functions: Mapping[str, Derivative]
) -> None:
    circuit = walk.inlined
    pairs = [(e.signal, e.expression) for e in circuit.equations]
    pairs += [(b.signal, b.value) for b in circuit.boundaries if b.value is not None]
    problems: dict[str, None] = {}
    for signal, expression in pairs:
        if signal not in live:
            continue
        nodes = zip(expression.nodes, live_nodes(expression, live), strict=True)
        for node, counts in nodes:
            if counts and isinstance(node, Apply) and node.operation not in REDUCTIONS:
                try:
                    derivative_of(node, functions)
                except ValuesError as error:
                    problems[f"{signal}: {error}"] = None
    if problems:
        raise ValuesError("\n".join(problems))


def ensure_influence(request: Request, has: Callable[[Instance], bool]) -> None:
    """Raise a ValuesError that lists what was asked for although the loss does not depend on it."""
    loss = format_id(*request.loss)
    wanted = request.wanted or {}
    without = [name for name, found in wanted.items() if not any(map(has, found))]
    if without:
        why = "or only where the derivative is 0, as of a comparison, sign or one_hot"
        raise ValuesError(f"{loss} does not depend on {', '.join(without)}, {why}")
