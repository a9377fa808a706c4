"""Gradients of a circuit: unfolded over as many steps as its inputs have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from graphfold.circuit import Circuit, Freezable, freeze
from graphfold.errors import GraphfoldError, ValuesError
from graphfold.evaluate.backward.gradients import Asked, gradients
from graphfold.evaluate.compiled.compile import compile as compile_circuit
from graphfold.evaluate.told import told_steps
from graphfold.evaluate.value import Array
from graphfold.unfold import unfold


class Span(Asked, total=False):
    """The further settings of `grad`: those of `gradients`, and what to unfold over."""

    steps: int | Mapping[str, int] | None
    truncate: int | None
    checkpoints: bool | int
    tree: Any
    mode: str | None


def grad(
    circuit: Freezable,
    loss: str,
    values: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    **asked: Unpack[Span],
) -> dict[str, Array]:
    r"""Return ∂loss/∂value by name, in the shape the value was given in: all parameters, or `wrt`.

    There are `steps`, by default as many as the inputs have, or a `tree`; `mode` is one of the
    circuit's. With `truncate` no gradient goes back past every so many steps: truncated
    back-propagation through time (Williams and Peng, 1990). Further settings, and errors, are those
    of `gradients`. With `checkpoints` memory grows as the square root of the steps, as for
    `Plan.grad`.

    The circuit of gradients is compiled where there is one; `compile(circuit).grad` keeps it for
    other values. Else the unfolding is walked back.

    >>> from graphfold import loads
    >>> text = "graphfold: 1\ninputs: {'x[t]': []}\nparams: {w: []}\nequations: |\n"
    >>> c = loads(text + "  Loss = sum(w * x[t] * x[t] for t)")
    >>> g = grad(c, "Loss", {"x": [1.0, 2.0], "w": 3.0}, wrt=["w", "x"])
    >>> float(g["w"]), g["x"].tolist()
    (5.0, [6.0, 12.0])
    """
    if not isinstance(values, Mapping):
        raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
    names = [wrt] if isinstance(wrt, str) else wrt if wrt is None else list(wrt)
    frozen = freeze(circuit)
    own = [name for name in ("truncate", "checkpoints") if asked.get(name)]
    if asked.get("steps") is None and not frozen.trees:
        asked["steps"] = told_steps(frozen, values, bool(asked.get("batch_first")))
    none = asked.get("steps") == 0 or _has_none(asked.get("steps"))
    if not frozen.trees and asked.keys() <= _COMPILED and not none:
        try:
            return _compiled(frozen, loss, values, names, **asked)
        except GraphfoldError:
            if own:
                raise
    if own:
        cure = "leave out functions, lengths, per_step and check_finite, and trees"
        raise ValuesError(f"{own[0]}= is for compiled gradients: {cure}")
    asked.pop("truncate", None)
    asked.pop("checkpoints", None)
    tree, mode, steps = asked.pop("tree", None), asked.pop("mode", None), asked.pop("steps", None)
    unfolding = unfold(frozen, steps, tree=tree, mode=mode)
    rest: Asked = asked
    found = gradients(unfolding, values, loss, names, **rest)
    wanted = [p.name for p in frozen.params] if names is None else list(names)
    return {name: found.given(name) for name in wanted}


def _has_none(steps: Any) -> bool:
    """Whether an axis has no steps: then nothing depends on what stands in its equations."""
    return isinstance(steps, Mapping) and 0 in steps.values()


_COMPILED = {"steps", "mode", "cotangent", "batch_first", "truncate", "checkpoints"}


def _compiled(
    circuit: Circuit,
    loss: str,
    values: Mapping[str, Any],
    names: list[str] | None,
    **asked: Any,
) -> dict[str, Array]:
    plan = compile_circuit(circuit, mode=asked.pop("mode", None))
    return plan.grad(values, loss, names, **asked)
