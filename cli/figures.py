"""How a figure is asked for: one set of options for every command that draws."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from .messages import diagnostic_facts, print_diagnostics

if TYPE_CHECKING:
    import graphfold as gf

FORMATS = ("svg", "png", "pdf", "tex", "tikz", "mermaid", "dot")
"""The names of `gf.FIGURE_FORMATS`, told once more so that --help loads nothing."""


def _complete_theme(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    import graphfold as gf

    return [name for name in gf.themes() if name.startswith(incomplete)]


OPTIONS = (
    click.option(
        "--detail",
        type=click.Choice(["signals", "operations", "cells"]),
        default="signals",
        show_default=True,
        help="What is a node: a signal, every operation, or a cell or recurrence as a box.",
    ),
    click.option(
        "--direction",
        type=click.Choice(["right", "up"]),
        default="right",
        show_default=True,
        help="Where time runs.",
    ),
    click.option(
        "--open",
        "open_",
        multiple=True,
        metavar="NAME",
        help="Show the inside of this use of a cell, or of all; may be repeated.",
    ),
    click.option(
        "--theme",
        metavar="NAME",
        shell_complete=_complete_theme,
        help="book, color, dark or slides, or the file of an own theme (.yaml).  "
        "[default: as the model asks, else book]",
    ),
    click.option(
        "--values",
        type=click.Path(),
        help="Show these values in the nodes of an unfolding: .npz, as eval -o writes it.",
    ),
    click.option(
        "--inputs",
        type=click.Path(allow_dash=True),
        help="Evaluate these arrays and show the values: .npz, .safetensors or .json.",
    ),
    click.option("--params", type=click.Path(), help="With --inputs, more arrays by name."),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        help="With --inputs, draw the parameters that are missing at random.",
    ),
    click.option(
        "--color-by",
        type=click.Choice(("norm", "mean", "gradient")),
        help="Fill nodes and widen wires by their values, by one scale.",
    ),
    click.option(
        "--loss",
        default="Loss",
        show_default=True,
        metavar="NAME",
        help="With --color-by gradient, what is differentiated.",
    ),
    click.option("--shapes", is_flag=True, help="Tell shapes under the labels."),
    click.option(
        "--scale",
        type=click.FloatRange(0.1, 20),
        default=2.0,
        show_default=True,
        help="Pixels per point in PNG.",
    ),
)


def figure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of figures."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def format_option(*others: str) -> Callable[[Any], Any]:
    """`--format`, with what a command writes that is no figure."""
    choice = click.Choice((*FORMATS, *others))
    told = "Instead of the suffix; tex is a LaTeX document, tikz a picture to \\input."
    if "json" in others:
        told += " json is node-link data."
    return click.option("--format", "format_", type=choice, help=told)


def drawn(shown: Any, as_json: bool, **asked: Any) -> tuple[gf.Drawing, dict[str, Any]]:
    """Draw; tell what is wrong with labels, as facts where JSON is wanted."""
    import graphfold as gf

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", gf.LabelWarning)
        drawing = gf.draw(shown, **asked)
    problems = list(_problems(caught))
    if as_json:
        told = [diagnostic_facts(problem) for problem in problems]
        return drawing, {"warnings": told} if told else {}
    print_diagnostics(problems, False)
    return drawing, {}


def _problems(caught: Iterable[warnings.WarningMessage]) -> Iterable[gf.Diagnostic]:
    """What warnings of labels tell; all others are passed on."""
    import graphfold as gf

    for one in caught:
        if isinstance(one.message, gf.LabelWarning):
            yield one.message.diagnostic
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def asked_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options ask of `gf.draw`."""
    return {
        "detail": options["detail"],
        "direction": options["direction"],
        "scale": options["scale"],
        "open": options["open_"] or None,
        "theme": options["theme"] or None,
        "color_by": options["color_by"],
        "loss": options["loss"],
        "shapes": options["shapes"],
    }
