"""`graphfold expand`: the algebra of one instance."""

from __future__ import annotations

import click

from .options import Steps, json_option, load_model, model_argument

NOTATIONS = ("brackets", "parentheses", "superscripts")


@click.command("expand")
@model_argument
@click.argument("signal")
@click.option("--steps", type=Steps(), help="How many steps the axis has: 3.")
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
    model: str, signal: str, steps: object, format_: str, notation: str | None, _json: bool
) -> None:
    """Write out what an instance computes, layer by layer, and the unfolded function g.

    \b
    graphfold expand model.yaml "s[3]"
    graphfold expand model.yaml "h(t)"
    graphfold expand model.yaml Loss --steps 3 --format latex
    """
    import graphfold as gf

    circuit = load_model(model)
    if isinstance(steps, dict):
        unknown = [name for name in steps if name not in circuit.length_of]
        if unknown:
            raise click.UsageError(f"unknown axis '{unknown[0]}'")
        steps = next(iter(steps.values()))
    if format_ == "latex" and notation is not None:
        raise click.UsageError("LaTeX writes steps as superscripts; leave out --notation")
    chosen = "latex" if format_ == "latex" else notation
    click.echo(gf.expand(circuit, signal, steps=steps, notation=chosen))  # type: ignore[arg-type]
