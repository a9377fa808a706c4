"""`graphfold draw`: the folded circuit."""

from __future__ import annotations

import click

from .options import json_option, load_model, model_argument, output_option, stem

FORMATS = ("svg", "png", "dot")


@click.command("draw")
@model_argument
@output_option("The figure's file; - is standard output.  [default: MODEL-folded.svg]")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Instead of the suffix.")
@click.option(
    "--scale",
    type=click.FloatRange(0.1, 20),
    default=2.0,
    show_default=True,
    help="Pixels per point in PNG.",
)
@json_option
def command(model: str, output: str | None, format_: str | None, scale: float, _json: bool) -> None:
    """Draw the folded circuit: a black square on the wire of every delay.

    \b
    graphfold draw model.yaml
    graphfold draw model.yaml -o model.png --scale 3
    """
    import graphfold as gf

    from .messages import say
    from .output import choose_format, write

    chosen = choose_format(output, format_, FORMATS)
    circuit = load_model(model)
    target = output or f"{stem(model, circuit.name)}-folded.{chosen}"
    if chosen == "dot":
        data = gf.to_graphviz(circuit).source.encode()
    else:
        data = gf.draw(circuit, scale=scale).encode(chosen)
    write(target, data)
    if target != "-":
        say(target)
