"""Gradients of a loss with respect to the instances of an unfolding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict, Unpack

import numpy as np

from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.backward.derivative import Derivative
from graphfold.evaluate.backward.functions import split_functions
from graphfold.evaluate.backward.program import derivative_of, live_nodes
from graphfold.evaluate.backward.request import Request, part_axes, read_request
from graphfold.evaluate.backward.result import Filled, Gradients
from graphfold.evaluate.backward.walk import BackwardWalk
from graphfold.evaluate.evaluation import Evaluation
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.reach import reached, reads_of
from graphfold.evaluate.reference import Given, prepare
from graphfold.evaluate.value import Array, Value
from graphfold.evaluate.walk import Walk
from graphfold.expression import REDUCTIONS, Apply
from graphfold.instances import Instance, format_id
from graphfold.unfolding import Unfolding


class Asked(TypedDict, total=False):
    """The further settings of `gradients`."""

    functions: Mapping[str, Any] | None
    per_step: Iterable[str]
    cotangent: Any
    batch_first: bool


def gradients(
    unfolding: Unfolding,
    values: Mapping[str, Any],
    loss: str = "Loss",
    wrt: Iterable[str] | None = None,
    **asked: Unpack[Asked],
) -> Gradients:
    r"""Return ∂loss/∂instance for the instances of an unfolding, by back-propagation through time.

    `loss` is the id of a scalar, such as "Loss" or "L[3]"; of a batch, its sum over the examples is
    differentiated. `wrt` names signals and instances, all when None; a parameter's gradient is the
    sum over its uses. `values` and `batch_first` are as for `evaluate`. Further settings:

    - `functions` binds opaque functions; where a gradient must pass one, to a pair (function,
      derivative), and `derivative(gradient, x, …)` gives an array per argument, for one example.
    - `per_step` names parameters whose parts are wanted: "W[1]", "W[2]", …, each from the uses at
      one step (Goodfellow, Bengio and Courville, *Deep Learning*, section 10.2.2). A parameter used
      along several axes is named with one of them, "W[s]".
    - `cotangent` weighs the numbers of the loss, (B,) for a batch; with it a loss may have any
      shape.

    Memory grows with the number of instances. ValuesError when something of `wrt` has no influence
    on the loss, when the loss is no scalar, and when an opaque function has no derivative.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\nparams: {w: []}\ninit: {'h[0]': 1}\nequations: |\n  h[t] = w * h[t-1]"
    >>> g = gradients(unfold(loads(text), 3), {"w": 2.0}, "h[3]", per_step=["w"])
    >>> float(g["w"]), g.signal("h").tolist(), g.steps("w").tolist()
    (12.0, [4.0, 2.0, 1.0], [4.0, 4.0, 4.0])
    """
    if not isinstance(unfolding, Unfolding):
        raise UnfoldingError("gradients takes an unfolding: gradients(unfold(circuit, 3), values)")
    unknown = [name for name in asked if name not in Asked.__annotations__]
    if unknown:
        raise TypeError(f"gradients() got an unexpected keyword argument '{unknown[0]}'")
    request = read_request(unfolding, loss, wrt, asked.get("per_step", ()))
    callables, derivatives = split_functions(asked.get("functions"))
    first = bool(asked.get("batch_first", False))
    walk = prepare(unfolding, Given(values, callables, first))
    back = _backward(walk, request, derivatives)
    seed = _seed(walk, request.loss, asked.get("cotangent"))
    walk.run()
    back.run(request.loss, _like(walk, request.loss, seed))
    return _result(back, request, first)


# -- which signals take part --------------------------------------------------------------------


def _backward(walk: Walk, request: Request, functions: Mapping[str, Derivative]) -> BackwardWalk:
    """Prepare the walk back; ValuesError when a derivative is missing on the way."""
    circuit = walk.setting.unfolding.circuit
    pairs = reads_of(circuit)
    above = reached([request.loss[0]], [(target, source) for source, target in pairs])
    signals = request.signals
    live = above if signals is None else above & reached(signals, pairs)
    _ensure_influence(request, lambda instance: instance[0] in above)
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


def _ensure_influence(request: Request, has: Callable[[Instance], bool]) -> None:
    """ValuesError lists what was asked for by name although the loss does not depend on it."""
    loss = format_id(*request.loss)
    wanted = request.wanted or {}
    without = [name for name, found in wanted.items() if not any(map(has, found))]
    if without:
        why = "or only where the derivative is 0, as of a comparison, sign or one_hot"
        raise ValuesError(f"{loss} does not depend on {', '.join(without)}, {why}")


# -- numbers ------------------------------------------------------------------------------------


def _seed(walk: Walk, loss: Instance, cotangent: Any) -> Array:
    """The gradient to start with; ValuesError for a loss that is no scalar, without weights."""
    shape, dtype = walk.core(loss[0]), walk.setting.dtype
    if cotangent is None and shape:
        cure = "differentiate a scalar, as sum(…) of it, or give its weights as cotangent"
        raise ValuesError(f"{format_id(*loss)} has shape {shape}; {cure}")
    try:
        return np.asarray(as_numbers(1 if cotangent is None else cotangent), dtype)
    except ValueError as error:
        raise ValuesError(f"cotangent: {error}") from error


def _like(walk: Walk, loss: Instance, seed: Array) -> Value:
    """The seed, repeated to the form of the loss: (B,) or one number serve a batch."""
    array, batched = walk.setting.store[loss]
    if batched and 0 < seed.ndim < array.ndim:
        seed = seed.reshape(*seed.shape, *[1] * (array.ndim - seed.ndim))
    try:
        return Value(np.array(np.broadcast_to(seed, array.shape)), batched)
    except ValueError:
        told = f"cotangent: expected {array.shape}, the shape of {format_id(*loss)}"
        raise ValuesError(f"{told}, found {seed.shape}") from None


def _result(back: BackwardWalk, request: Request, batch_first: bool) -> Gradients:
    unfolding, store = back.walk.setting.unfolding, back.walk.setting.store
    _ensure_influence(request, back.gradients.__contains__)
    if request.wanted is None:
        only = list(store)
    else:
        only = [instance for found in request.wanted.values() for instance in found]
    empty = back.walk.empty()
    whole = Evaluation(unfolding, Filled(back.gradients, store, only), empty, batch_first)
    values = Evaluation(unfolding, store, empty, batch_first)
    axes = part_axes(unfolding.circuit, request.part_axes, back.parts)
    return Gradients(values, format_id(*request.loss), whole, back.parts, axes)
