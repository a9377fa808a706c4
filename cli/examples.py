"""`graphfold examples`: the models that come along."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from .messages import CallError


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    import graphfold as gf

    return [name for name in gf.example_names() if name.startswith(incomplete)]


@click.command("examples")
@click.argument("name", required=False, shell_complete=_complete)
@click.option(
    "--save",
    is_flag=True,
    help="Write the model, its cells and its data, if there are some, into this folder.",
)
def command(name: str | None, save: bool) -> None:
    """List the built-in models, or print one.

    With --save, a model, its cells and its data are written into this folder.

    \b
    graphfold examples
    graphfold examples lstm > lstm.yaml
    graphfold examples rnn_loss --save
    """
    import graphfold as gf

    from .output import ensure_writable, write

    if name is None:
        if save:
            raise CallError("say which example to save")
        _list()
        return
    path = gf.example_path(name)
    if save:
        _save(path)
    else:
        ensure_writable("-")
        write("-", path.read_bytes())


def _list() -> None:
    import graphfold as gf

    from .tables import print_table

    rows: dict[bool, list[list[Any]]] = {True: [], False: []}
    for example in gf.list_examples():
        title = gf.load(example.path).name
        rows[example.in_book].append(
            [example.name, title, example.source, "yes" if example.data else ""]
        )
    for in_book, heading in ((True, "the book"), (False, "beyond the book")):
        print_table([heading, "what it is", "where", "data"], rows[in_book])
        click.echo()


def _save(path: Path) -> None:
    import graphfold as gf

    from .messages import say
    from .output import write

    cells = [path.parent / cell.path for cell in gf.load(path).cells if cell.path is not None]
    files = [file for file in (path, *cells, path.with_suffix(".npz")) if file.exists()]
    for file in files:
        if os.path.lexists(file.name):
            raise CallError(f"{file.name} exists already; it is left as it is")
    for file in files:
        write(file.name, file.read_bytes())
        say(file.name)
