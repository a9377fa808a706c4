"""Gradients of a loss with respect to the instances of an unfolding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

import numpy as np

from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.backward.evaluated import values_of
from graphfold.evaluate.backward.finite import Watch
from graphfold.evaluate.backward.functions import split_functions
from graphfold.evaluate.backward.request import Request, part_axes, read_request
from graphfold.evaluate.backward.result import Filled, Gradients, Pinned
from graphfold.evaluate.backward.route import ensure_influence, turn_round
from graphfold.evaluate.backward.rows import RowGroups, pinned_inputs
from graphfold.evaluate.backward.walk import BackwardWalk
from graphfold.evaluate.evaluation import Evaluation
from graphfold.evaluate.finite import Search, warn_caller, warn_of_first
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.reference import Given, prepare, view
from graphfold.evaluate.rows.needs import read_rows
from graphfold.evaluate.rows.walk import RowWalk
from graphfold.evaluate.value import Array, Value
from graphfold.evaluate.walk import Walk
from graphfold.instances import Instance, format_id
from graphfold.unfolding import Unfolding


class Asked(TypedDict, total=False):
    """The further settings of `gradients`."""

    functions: Mapping[str, Any] | None
    per_step: Iterable[str]
    cotangent: Any
    lengths: Any
    batch_first: bool
    check_finite: bool


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
    sum over its uses. `values`, `lengths` and `batch_first` are as for `evaluate`, or `values` are
    an evaluation. More settings:

    - `functions` binds opaque functions; where a gradient must pass one, to a pair (function,
      derivative), and `derivative(gradient, x, …)` gives an array per argument, for one example.
    - `per_step` names parameters whose parts are wanted: "W[1]", "W[2]", …, each from the uses at
      one step (Goodfellow, Bengio and Courville, *Deep Learning*, section 10.2.2). A parameter used
      along several axes is named with one of them, "W[s]".
    - `cotangent` weighs the numbers of the loss, (B,) for a batch; with it a loss may have any
      shape.
    - `check_finite` warns, with a FiniteWarning, of the first value or else gradient that is not
      finite, where it arose and from what.

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
    rows, problems = read_rows(unfolding, asked.get("lengths"))
    given, first = values, bool(asked.get("batch_first", False))
    if isinstance(values, Evaluation):
        given, first = values_of(unfolding, values), values.batch_first
    walk = prepare(unfolding, Given(given, callables, given is values and first, rows, problems))
    watch, check = Watch(), bool(asked.get("check_finite", False))
    turn = watch.turning(turn_round) if check else turn_round
    back = turn(walk, request, derivatives)
    seed = _seed(walk, request.loss, asked.get("cotangent"))
    walk.run()
    silent = check and not warn_of_first(Search(walk))
    evaluation = view(walk, first)
    start = _like(evaluation, request.loss, seed)
    if isinstance(walk, RowWalk):
        groups = RowGroups(walk, evaluation, derivatives, turn)
        groups.run(request, start)
        _warn(watch, silent)
        return _result(evaluation, request, groups, groups.pinned)
    back.run(request.loss, start)
    _warn(watch, silent)
    return _result(evaluation, request, back, pinned_inputs(unfolding))


def _warn(watch: Watch, silent: bool) -> None:
    """Warn of what was found on the way back, where nothing was wrong before."""
    if silent and watch.found is not None:
        warn_caller(watch.found)


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


def _like(evaluation: Evaluation, loss: Instance, seed: Array) -> Value:
    """The seed, repeated to the form of the loss: (B,) or one number serve a batch.

    A loss that is the same for all examples of a batch counts once for each.
    """
    array, batched = evaluation.instances[loss]
    shared = not batched and loss[0] in evaluation.batch
    shape = (evaluation.batch[loss[0]], *array.shape) if shared else array.shape
    if (batched or shared) and seed.ndim == 1 < len(shape):
        seed = seed.reshape(-1, *[1] * (len(shape) - 1))
    try:
        whole = np.array(np.broadcast_to(seed, shape))
    except ValueError:
        told = f"cotangent: expected {shape}, the shape of {format_id(*loss)}"
        raise ValuesError(f"{told}, found {seed.shape}") from None
    return Value(np.asarray(np.sum(whole, axis=0)) if shared else whole, batched)


def _result(
    evaluation: Evaluation,
    request: Request,
    found: BackwardWalk | RowGroups,
    pinned: Sequence[Pinned],
) -> Gradients:
    ensure_influence(request, found.gradients.__contains__)
    if request.wanted is None:
        only = list(evaluation.instances)
    else:
        only = [instance for instances in request.wanted.values() for instance in instances]
    filled = Filled(found.gradients, evaluation.instances, only)
    whole = replace(evaluation, instances=filled)
    axes = part_axes(evaluation.unfolding.circuit, request.part_axes, found.parts)
    return Gradients(evaluation, format_id(*request.loss), whole, found.parts, axes, pinned)
