"""The models that come with graphfold."""

from __future__ import annotations

from pathlib import Path

from graphfold.errors import GraphfoldError, suggest
from graphfold.examples.catalogue import BEYOND, BOOK, FOLDER, Example


def example_names() -> list[str]:
    """The names of the built-in models, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def list_examples() -> tuple[Example, ...]:
    """Return the built-in models: those of the book as it goes, then those beyond it.

    >>> [(e.name, e.source) for e in list_examples()][:2]
    [('classical', 'figure 10.1'), ('driven', 'figure 10.2')]
    """
    listed = [Example(name, source, True) for name, source in BOOK.items()]
    listed += [Example(name, source) for name, source in BEYOND.items()]
    known = {*BOOK, *BEYOND}
    listed += [Example(name) for name in example_names() if name not in known]
    return tuple(example for example in listed if example.path.exists())


def example_path(name: str) -> Path:
    """The model file of that name; GraphfoldError, with a suggestion, when there is none."""
    names = example_names()
    if name not in names:
        hint = suggest(name, names) or "; `graphfold examples` lists them"
        raise GraphfoldError(f"no example is called '{name[:60]}'{hint}")
    return FOLDER / f"{name}.yaml"
