"""Tables on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: int = -1) -> None:
    """Print a table to standard output; `right` is the number of the column set flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if sys.stdout is None:
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, head in enumerate(heads):
        justify = "right" if place == right else "left"
        table.add_column(Text(head), justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(Text, row))
    width = None if sys.stdout.isatty() else 10_000  # in a pipe, lines are not folded
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())
