"""`graphfold draw`: the folded circuit."""

from __future__ import annotations

from typing import Any

import click

from .feed import ensure_no_values
from .figures import FORMATS, asked_of, drawn, figure_options, format_option
from .modes import captions, each_mode, modes_option
from .options import (
    json_option,
    load_model,
    model_argument,
    output_option,
    stem,
)


@click.command("draw")
@model_argument
@output_option("The figure's file; - is standard output.  [default: MODEL-folded.svg]")
@format_option()
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
    graphfold draw model.yaml -o model.pdf
    graphfold draw model.yaml --mode all
    graphfold draw model.yaml --open lower --open upper
    """
    import graphfold as gf

    from .output import choose_format, ensure_writable, suffix_of, tell, write

    chosen = choose_format(output, format_, FORMATS)
    ensure_no_values(options)
    ensure_writable(output or "circuit")
    circuit = load_model(model)
    target = output or f"{stem(model, circuit.name)}-folded.{suffix_of(chosen)}"
    shown = circuit if mode is None else each_mode(circuit, mode, gf.in_mode)
    beneath = captions(circuit, mode)
    as_json = options["_json"]
    drawing, facts = drawn(shown, as_json, captions=beneath, **asked_of(options))
    write(target, drawing.encode(chosen))
    tell(target, facts, "", as_json)
