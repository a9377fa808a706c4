"""The outputs of a circuit, fast where there is much to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

    from .progress import Tell

FEW = 2_000  # instances that are evaluated one by one, since compiling would take as long
MANY = 2_000  # steps from which on a run goes in blocks and tells how far it is


def find_outputs(
    unfolding: Unfolding, values: dict[str, Any], tell: Tell, options: dict[str, Any]
) -> dict[str, Any]:
    """Return the outputs by name."""
    import graphfold as gf

    how = {name: options[name] for name in ("batch_first", "check_finite")}
    if unfolding.node_count <= FEW:
        return gf.evaluate(unfolding, values, **how).outputs()
    plan, steps = gf.compile(unfolding.circuit), dict(unfolding.steps)
    if _many(unfolding, values, how["batch_first"]):
        return plan.run(values, steps=steps, progress=tell, **how)
    return plan.run(values, steps=steps, **how)


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
