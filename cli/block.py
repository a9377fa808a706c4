"""`graphfold block`: a model that computes J steps at a tick."""

from __future__ import annotations

import click

from .options import json_option, load_model, model_argument, output_option


@click.command("block")
@model_argument
@click.argument("steps", type=click.IntRange(min=1))
@click.option("--axis", metavar="NAME", help="Which axis is cut, where there are several.")
@output_option("The blocked model's file; - is standard output.  [default: -]")
@json_option
def command(model: str, steps: int, axis: str | None, output: str | None, _json: bool) -> None:
    """Unfold a circuit by a factor into a circuit.

    The new model computes STEPS steps at each tick of its clock (J-unfolding) and is cyclic as
    before: h becomes h_0, h_1, and so on.

    \b
    graphfold block model.yaml 2 -o pairs.yaml
    graphfold block model.yaml 3 | graphfold draw - -o folded.svg
    """
    import graphfold as gf

    from .messages import CallError, count
    from .output import ensure_writable, tell, write

    target = output or "-"
    ensure_writable(target)
    circuit = load_model(model)
    if circuit.uses:
        message = "blocks of a model made of cells have no file; gf.block gives the circuit"
        raise CallError(f"{model}: {message}")
    blocked = gf.block(circuit, steps, axis)
    write(target, gf.dumps(blocked).encode())
    facts: dict[str, object] = {
        "signals": len(blocked.circuit.signals),
        "delays": len(blocked.circuit.delays),
    }
    text = ", ".join(count(int(str(n)), name.rstrip("s")) for name, n in facts.items())
    tell(target, facts, text, _json)
