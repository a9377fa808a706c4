"""How a figure is asked for: one set of options for every command that draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

OPTIONS = (
    click.option(
        "--detail",
        type=click.Choice(["signals", "cells"]),
        default="signals",
        show_default=True,
        help="What is a node: a signal, or a cell or recurrence as a box.",
    ),
    click.option(
        "--open",
        "open_",
        multiple=True,
        metavar="NAME",
        help="Show the inside of this use of a cell, or of all; may be repeated.",
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
        "detail": options["detail"],
        "scale": options["scale"],
        "open": options["open_"] or None,
    }
