"""`graphfold draw`: the folded circuit."""

from __future__ import annotations

from typing import Any

import click

from .figures import asked_of, figure_options
from .modes import captions, each_mode, ensure_one, modes_option
from .options import (
    json_option,
    load_model,
    model_argument,
    output_option,
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
@modes_option
@figure_options
@json_option
def command(
    model: str, output: str | None, format_: str | None, mode: str | None, **options: Any
) -> None:
    """Draw the folded circuit.

    Every delay is a black square on its wire. Of a model with modes, the figure shows the branches
    of all; --mode shows one, and --mode all each beside the other. A use of a cell is a box;
    --open shows what is in it.

    \b
    graphfold draw model.yaml
    graphfold draw model.yaml -o model.png --scale 3
    graphfold draw model.yaml --mode all
    graphfold draw model.yaml --open lower --open upper
    """
    import graphfold as gf

    from .output import choose_format, ensure_writable, tell, write

    chosen = choose_format(output, format_, FORMATS)
    ensure_writable(output or "circuit")
    circuit = load_model(model)
    target = output or f"{stem(model, circuit.name)}-folded.{chosen}"
    if chosen == "dot":
        ensure_one(mode, chosen)
        data = gf.to_graphviz(gf.in_mode(circuit, mode) if mode else circuit).source.encode()
    else:
        shown = circuit if mode is None else each_mode(circuit, mode, gf.in_mode)
        beneath = captions(circuit, mode)
        data = gf.draw(shown, captions=beneath, **asked_of(options)).encode(chosen)
    write(target, data)
    tell(target, {}, "", options["_json"])
