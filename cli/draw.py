"""`graphfold draw`: the folded circuit."""

from __future__ import annotations

import click

from .options import (
    json_option,
    load_model,
    model_argument,
    output_option,
    scale_option,
    stem,
)

FORMATS = ("svg", "png", "dot")


@click.command("draw")
@model_argument
@output_option("The figure's file; - is standard output.  [default: MODEL-folded.svg]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Instead of the suffix; dot is for Graphviz.",
)
@scale_option
@json_option
def command(model: str, output: str | None, format_: str | None, scale: float, _json: bool) -> None:
    """Draw the folded circuit.

    Every delay is a black square on its wire.

    \b
    graphfold draw model.yaml
    graphfold draw model.yaml -o model.png --scale 3
    """
    import graphfold as gf

    from .output import choose_format, ensure_writable, tell, write

    chosen = choose_format(output, format_, FORMATS)
    ensure_writable(output or "circuit")
    circuit = load_model(model)
    target = output or f"{stem(model, circuit.name)}-folded.{chosen}"
    if chosen == "dot":
        data = gf.to_graphviz(circuit).source.encode()
    else:
        data = gf.draw(circuit, scale=scale).encode(chosen)
    write(target, data)
    tell(target, {}, "", _json)
