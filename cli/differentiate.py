"""`graphfold differentiate`: the model of a loss's gradients."""

from __future__ import annotations

import json
from typing import Any

import click

from .losses import only_loss
from .messages import say, say_mode
from .options import json_option, load_model, mode_option, model_argument, output_option


@click.command("differentiate")
@model_argument
@click.option(
    "--loss",
    metavar="ID",
    help="The scalar to differentiate: Loss, or L[T].  [default: Loss, or the only one]",
)
@click.option(
    "--wrt",
    metavar="NAME",
    multiple=True,
    help="A signal to differentiate by; may be repeated.  [default: all parameters]",
)
@click.option(
    "--per-step",
    metavar="NAME",
    multiple=True,
    help="A parameter whose gradient is shown as a sum of one part a step; may be repeated.",
)
@mode_option
@output_option("The model file; - is standard output.  [default: -]")
@json_option
def command(model: str, **options: Any) -> None:
    """Write the model with an equation for each gradient.

    Gradients are a recurrence backward in time: back-propagation through time as a circuit, to be
    unfolded, drawn, expanded and evaluated like any other.

    \b
    graphfold differentiate rnn_loss.yaml
    graphfold differentiate rnn_loss.yaml --wrt W -o gradients.yaml
    graphfold differentiate rnn_loss.yaml --wrt W | graphfold unfold - --steps 3
    """
    import graphfold as gf

    from .output import tell, write

    whole = gf.flatten(load_model(model))
    circuit = gf.in_mode(whole, options["mode"])
    loss = options["loss"] or only_loss(circuit)
    asked = options["wrt"] or [p.name for p in circuit.params]
    wrt = dict.fromkeys([*asked, *options["per_step"]])
    made = gf.differentiate(circuit, loss, wrt, per_step=options["per_step"])
    without = [name for name in options["wrt"] if name not in made.gradients]
    text = gf.dumps(made.circuit)
    if not options["_json"]:
        say_mode(whole, options["mode"])
    if without:
        say(f"{loss} does not depend on {', '.join(without)}")
    output = options["output"] or "-"
    facts: dict[str, object] = {"loss": loss, "gradients": dict(made.gradients)}
    if output == "-":
        click.echo(json.dumps({**facts, "model": text}) if options["_json"] else text, nl=False)
    else:
        write(output, text.encode())
        tell(output, facts, ", ".join(made.gradients.values()), options["_json"])
