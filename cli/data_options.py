"""The options that tell what a circuit is evaluated on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from .lengths import RowLengths
from .options import Sizes, Steps, mode_option, tree_option

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--inputs",
        "-i",
        type=click.Path(allow_dash=True),
        help="Arrays by name: .npz, .safetensors or .json; x.npy is the array x alone, maybe "
        "larger than memory; - is .npz on standard input.",
    ),
    click.option(
        "--params", "-p", type=click.Path(), help="More arrays by name, such as the parameters."
    ),
    click.option(
        "--seed", type=click.IntRange(min=0), help="Draw the parameters that are missing at random."
    ),
    click.option(
        "--size",
        "sizes",
        type=Sizes(),
        multiple=True,
        help="With --seed, the size of a dimension that no array tells: n_h=8; may be repeated.",
    ),
    click.option(
        "--steps",
        type=Steps(),
        help="How many steps: 3, or t=3,u=2.  [default: as long as the inputs]",
    ),
    tree_option,
    mode_option,
    click.option(
        "--lengths",
        type=RowLengths(),
        multiple=True,
        help="How many steps each row of a batch has: 3,5,2 or the name of an array; t=3,5,2 by "
        "axis.  [default: the array 'lengths', if there is one]",
    ),
    click.option(
        "--batch-first", is_flag=True, help="Sequences are (B, T, …) instead of (T, B, …)."
    ),
    click.option(
        "--allow-nan", is_flag=True, help="Take NaN and infinities in the data as they are."
    ),
    click.option(
        "--check-finite",
        is_flag=True,
        help="Tell the first value that is NaN or infinite, and where it arose.",
    ),
)


def data_options(command: Any) -> Any:
    """Give a command the options for data, in the order of their help."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
