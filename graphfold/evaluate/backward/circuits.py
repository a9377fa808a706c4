"""Gradients of a circuit: unfolded over as many steps as its inputs have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from graphfold.circuit import Freezable, freeze
from graphfold.errors import ValuesError
from graphfold.evaluate.backward.gradients import Asked, gradients
from graphfold.evaluate.told import told_steps
from graphfold.evaluate.value import Array
from graphfold.unfold import unfold


class Span(Asked, total=False):
    """The further settings of `grad`: those of `gradients`, and what to unfold over."""

    steps: int | Mapping[str, int] | None
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

    The circuit is unfolded over `steps`, by default as many as its inputs have, or a `tree`, in a
    `mode`. Further settings, and errors, are those of `gradients`.

    >>> from graphfold import loads
    >>> text = "graphfold: 1\ninputs: {'x[t]': []}\nparams: {w: []}\nequations: |\n"
    >>> c = loads(text + "  Loss = sum(w * x[t] * x[t] for t)")
    >>> g = grad(c, "Loss", {"x": [1.0, 2.0], "w": 3.0}, wrt=["w", "x"])
    >>> float(g["w"]), g["x"].tolist()
    (5.0, [6.0, 12.0])
    """
    if not isinstance(values, Mapping):
        raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
    frozen = freeze(circuit)
    tree, mode, steps = asked.pop("tree", None), asked.pop("mode", None), asked.pop("steps", None)
    if steps is None and not frozen.trees:
        steps = told_steps(frozen, values, bool(asked.get("batch_first")))
    unfolding = unfold(frozen, steps, tree=tree, mode=mode)
    names = [wrt] if isinstance(wrt, str) else wrt
    rest: Asked = asked
    found = gradients(unfolding, values, loss, names, **rest)
    wanted = [p.name for p in frozen.params] if names is None else list(names)
    return {name: found.given(name) for name in wanted}
