"""Names of a folded circuit: those of the trace where it has some, else short and stable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from graphfold.checks.names import LONGEST_NAME, RESERVED
from graphfold.operations import callable_names


class Names:
    """Gives every thing a name of its own that a model file can hold."""

    def __init__(self) -> None:
        self.used = {*RESERVED, *callable_names()}

    def take(self, wanted: str, fallback: str = "v") -> str:
        """The name as wanted, or as close to it as is legal and free."""
        legal = legal_name(wanted) or fallback
        name, number = legal, 1
        if name in RESERVED or name in callable_names():
            legal = name = f"{name}_"
        while name in self.used:
            number += 1
            name = f"{legal}{number}" if not legal[-1].isdigit() else f"{legal}_{number}"
        self.used.add(name)
        return name

    def first_free(self, wanted: Iterable[str], fallback: str) -> str:
        """The first of some names that is free."""
        free = next((name for name in wanted if name not in self.used), None)
        return self.take(fallback) if free is None else self.take(free)


def legal_name(text: str) -> str:
    """The letters, digits and _ of a text as a name; "" when none is left.

    >>> legal_name("layers.0/weight_ih"), legal_name("x[1]"), legal_name("/")
    ('layers_0_weight_ih', 'x_1', '')
    """
    text = unicodedata.normalize("NFKC", text)
    name = re.sub(r"_{2,}", "_", re.sub(r"\W+", "_", text)).strip("_")[: LONGEST_NAME - 8]
    if name and name[0].isdigit():
        name = f"v{name}"
    return name if name.isidentifier() and re.fullmatch(r"[^\W\d]\w*", name) else ""


def base_of(names: Iterable[str | None]) -> str:
    """The signal that nodes named h[1], h[2] … are steps of; "" when they are not.

    >>> base_of(["h[1]", "h[2]"]), base_of(["h[1]", "g[2]"]), base_of(["add_1", "add_2"])
    ('h', '', '')
    """
    found = set()
    for name in names:
        match = re.fullmatch(r"([^\W\d][\w.]*)\[-?\d+\]", name or "")
        found.add(match[1] if match else "")
    return found.pop() if len(found) == 1 else ""
