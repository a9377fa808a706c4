"""The outputs of a circuit by the compiled run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

    from .progress import Tell

MANY = 2_000  # steps from which on a run goes in blocks and tells how far it is


def run_compiled(
    unfolding: Unfolding, values: dict[str, Any], tell: Tell, batch_first: bool
) -> dict[str, Any]:
    """Return the outputs by name; what is wrong with few steps is told of the first instance."""
    import graphfold as gf

    plan = gf.compile(unfolding.circuit)
    steps = dict(unfolding.steps)
    if _many(unfolding, values, batch_first):
        return plan.run(values, steps=steps, batch_first=batch_first, progress=tell)
    try:
        return plan.run(values, steps=steps, batch_first=batch_first)
    except gf.ValuesError:
        return gf.evaluate(unfolding, values, batch_first=batch_first).outputs()


def _many(unfolding: Unfolding, values: dict[str, Any], batch_first: bool) -> bool:
    """Whether there are many steps, along one axis, and all inputs have them."""
    if len(unfolding.steps) != 1:
        return False
    ((axis, steps),) = unfolding.steps
    for signal in unfolding.circuit.inputs:
        if signal.axis == axis:
            shape = getattr(values.get(signal.name), "shape", ())
            surplus = len(shape) - len(signal.shape)  # axes of time and batch
            if surplus not in (1, 2) or shape[surplus == 2 and batch_first] != steps:
                return False
    return steps >= MANY
