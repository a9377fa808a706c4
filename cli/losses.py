"""What to differentiate when nobody says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .messages import CallError

if TYPE_CHECKING:
    from graphfold.circuit import Circuit


def only_loss(circuit: Circuit) -> str:
    """The signal Loss, else the only output that is one number without steps."""
    import graphfold as gf

    if "Loss" in circuit.axis_of:
        return "Loss"
    shapes, still = gf.infer_shapes(circuit), [e.signal for e in circuit.equations if not e.axis]
    named = [o.name for o in circuit.outputs if o.name in still] or still
    scalars = [name for name in named if not shapes[name]]
    if len(scalars) == 1:
        return scalars[0]
    told = ", ".join(scalars) or "a signal without shape, at a step: --loss 's[3]'"
    raise CallError(f"say what to differentiate with --loss: {told}")
