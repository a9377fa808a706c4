"""The outputs of a circuit by the compiled run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

    from .progress import Tell

MANY = 2_000  # steps from which on a run goes in blocks and tells how far it is


def run_compiled(
    unfolding: Unfolding, values: dict[str, Any], tell: Tell, options: dict[str, Any]
) -> dict[str, Any]:
    """Return the outputs by name; what is wrong with few steps is told of the first instance."""
    import graphfold as gf

    plan = gf.compile(unfolding.circuit)
    steps = dict(unfolding.steps)
    how = {name: options[name] for name in ("batch_first", "check_finite")}
    if max(steps.values(), default=0) >= MANY:
        more: dict[str, Any] = {"progress": tell} if len(steps) == 1 else {}
        return plan.run(values, steps=steps, **how, **more)
    try:
        return plan.run(values, steps=steps, **how)
    except gf.ValuesError:
        return gf.evaluate(unfolding, values, **how).outputs()
