"""The models that come with graphfold."""

from __future__ import annotations

from pathlib import Path

from graphfold.errors import GraphfoldError, suggest

_FOLDER = Path(__file__).parent


def example_names() -> list[str]:
    """The names of the built-in models, in order."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def example_path(name: str) -> Path:
    """The model file of that name; GraphfoldError, with a suggestion, when there is none."""
    names = example_names()
    if name not in names:
        hint = suggest(name, names) or f"; there are {', '.join(names)}"
        raise GraphfoldError(f"no example is called '{name[:60]}'{hint}")
    return _FOLDER / f"{name}.yaml"
