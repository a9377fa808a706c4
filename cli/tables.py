"""Tables on the terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: int = -1) -> None:
    """Print a table to standard output; `right` is the number of the column set flush right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, head in enumerate(heads):
        justify = "right" if place == right else "left"
        table.add_column(head, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    width = None if os.isatty(1) else 200  # in a pipe, lines are not folded
    Console(width=width, highlight=False).print(table)
