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
    if max(steps.values(), default=0) >= MANY:
        options: dict[str, Any] = {"progress": tell} if len(steps) == 1 else {}
        return plan.run(values, steps=steps, batch_first=batch_first, **options)
    try:
        return plan.run(values, steps=steps, batch_first=batch_first)
    except gf.ValuesError:
        return gf.evaluate(unfolding, values, batch_first=batch_first).outputs()
