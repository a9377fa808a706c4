"""`graphfold expand`: the algebra of one instance."""

from __future__ import annotations

import json
from typing import Any

import click

from .messages import CallError
from .options import (
    Steps,
    json_option,
    load_model,
    model_argument,
    read_tree,
    tree_option,
)

NOTATIONS = ("brackets", "parentheses", "superscripts")


@click.command("expand")
@model_argument
@click.argument("signal")
@click.option("--steps", type=Steps(), help="How many steps: 3.  [default: up to SIGNAL's]")
@tree_option
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
def command(model: str, signal: str, **options: Any) -> None:
    """Write out the algebra of an instance.

    Each equals sign puts in one more layer of equations; the last line is the unfolded function g.

    \b
    graphfold expand model.yaml "s[3]"
    graphfold expand model.yaml "h(t)"
    graphfold expand model.yaml Loss --steps 3 --format latex
    graphfold expand recursive.yaml o --tree "((the cat) (sat down))"
    """
    import graphfold as gf

    circuit, notation = load_model(model), options["notation"]
    latex = options["format_"] == "latex"
    if latex and notation is not None:
        raise CallError("LaTeX writes steps as superscripts; leave out --notation")
    chosen = "latex" if latex else notation
    steps, tree = options["steps"], options["tree"]
    if isinstance(steps, dict):
        steps = _of_the_only_axis(steps, list(circuit.length_of))
    tree = None if tree is None else read_tree(circuit, tree)
    text = gf.expand(circuit, signal, steps=steps, tree=tree, notation=chosen)
    lines = {"signal": signal, "lines": text.splitlines()}
    click.echo(json.dumps(lines) if options["_json"] else text)


def _of_the_only_axis(steps: dict[str, int], axes: list[str]) -> int:
    from graphfold.errors import suggest

    for name in steps:
        if name not in axes:
            raise CallError(f"unknown axis '{name}'{suggest(name, axes)}")
    return next(iter(steps.values()))
