"""How a circuit is drawn, as Python gives it: groups, colours, a theme, what modes hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from graphfold.circuit import Tint
from graphfold.colors import read_color
from graphfold.errors import GraphfoldError, suggest

PARTS = ("fill", "line", "ink", "wires")


class Looks(TypedDict, total=False):
    """What `draw` takes besides rows, hide, labels and open."""

    groups: Mapping[str, Sequence[str]]
    colors: Mapping[str, str | Mapping[str, str]]
    theme: str
    hide_in: Mapping[str, Sequence[str]]


def styled(looks: Looks) -> dict[str, object]:
    """Return the fields of a style; TypeError for a name that is none of them."""
    for name in looks:
        if name not in Looks.__annotations__:
            hint = suggest(name, Looks.__annotations__)
            raise TypeError(f"draw() takes no '{name}'{hint}")
    return {
        "groups": _lists(looks.get("groups", {})),
        "colors": tuple((n, _tint(n, value)) for n, value in looks.get("colors", {}).items()),
        "theme": looks.get("theme", ""),
        "hide_in": _lists(looks.get("hide_in", {})),
    }


def _lists(lists: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(names)) for name, names in lists.items())


def _tint(name: str, value: str | Mapping[str, str]) -> Tint:
    for part in value if not isinstance(value, str) else ():
        if part not in PARTS:
            hint = suggest(part, PARTS) or f"; there is {', '.join(PARTS)}"
            raise GraphfoldError(f"the colour of {name}: unknown part '{part}'{hint}")
    try:
        if isinstance(value, str):
            return Tint(read_color(value))
        return Tint(**{part: read_color(color) for part, color in value.items()})
    except ValueError as error:
        raise GraphfoldError(f"the colour of {name}: {error}") from None
