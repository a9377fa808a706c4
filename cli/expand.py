"""`graphfold expand`: the algebra of one instance."""

from __future__ import annotations

import json
from typing import Any

import click

from .messages import CallError, say_mode
from .options import (
    Steps,
    json_option,
    load_model,
    mode_option,
    model_argument,
    read_tree,
    tree_option,
)

NOTATIONS = ("brackets", "parentheses", "superscripts")


@click.command("expand")
@model_argument
@click.argument("signal")
@click.option(
    "--steps",
    type=Steps(),
    help="How many steps: 3, or t=3,u=2.  [default: up to SIGNAL's]",
)
@tree_option
@mode_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(("unicode", "latex")),
    default="unicode",
    show_default=True,
    help="Plain text, or LaTeX for a paper.",
)
@click.option(
    "--notation",
    type=click.Choice(NOTATIONS),
    help="s[3], s(3) or s⁽³⁾.  [default: as SIGNAL is written]",
)
@json_option
def command(
    model: str,
    signal: str,
    format_: str,
    notation: str | None,
    **options: Any,
) -> None:
    """Write out the algebra of an instance.

    Each equals sign puts in one more layer of equations; the last line is the unfolded function g.

    \b
    graphfold expand model.yaml "s[3]"
    graphfold expand model.yaml "h(t)"
    graphfold expand model.yaml Loss --steps 3 --format latex
    graphfold expand recursive.yaml o --tree "((the cat) (sat down))"
    """
    import graphfold as gf

    circuit = load_model(model)
    if format_ == "latex" and notation is not None:
        raise CallError("LaTeX writes steps as superscripts; leave out --notation")
    chosen = "latex" if format_ == "latex" else notation
    asked = {"steps": options["steps"], "mode": options["mode"]}
    if options["tree"] is not None:
        asked["tree"] = read_tree(circuit, options["tree"])
    text = gf.expand(circuit, signal, notation=chosen, **asked)
    if not options["_json"]:
        say_mode(circuit, options["mode"])
    answer = json.dumps({"signal": signal, "lines": text.splitlines()})
    click.echo(answer if options["_json"] else text)
