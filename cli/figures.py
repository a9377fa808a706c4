"""How a figure is asked for: one set of options for every command that draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click


def _complete_theme(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    import graphfold as gf

    return [name for name in gf.themes() if name.startswith(incomplete)]


OPTIONS = (
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


def asked_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options ask of `gf.draw`."""
    return {
        "scale": options["scale"],
        "open": options["open_"] or None,
        "theme": options["theme"] or None,
    }
