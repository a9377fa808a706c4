"""Labels whose LaTeX cannot be set, and why they are shown as plain text instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphfold.circuit import Circuit
from graphfold.errors import Diagnostic, Mark, shorten, suggest
from graphfold.render.mathtext import known_commands
from graphfold.render.typeset import LONGEST, readable, typeset

_SIZE = 16.0


def check_labels(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield a warning for each label that a model gives and the typesetter cannot set.

    That of a cell is told once, with the first use.
    """
    told: dict[tuple[str, str], str] = {}
    for group in circuit.groups:
        for own, label in group.style.labels:
            if (group.title, own) not in told and _is_bad(label):
                told[group.title, own] = label
                mark = dict(group.style.marks).get(own)
                yield _problem(f"{group.name}.{own}", label, mark).placed(circuit.source)
    marks = dict(circuit.style.marks)
    for name, label in circuit.style.labels:
        if _is_bad(label) and not any(of_cell in label for of_cell in told.values()):
            yield _problem(name, label, marks.get(name)).placed(circuit.source)


def _is_bad(label: str) -> bool:
    return bool(label) and not readable(label, _SIZE)


def _problem(name: str, label: str, mark: Mark | None) -> Diagnostic:
    message = (
        f"the label of '{shorten(name)}', {shorten(label)}, is shown as plain text: "
        f"{_reason(label)}"
    )
    return Diagnostic("drawing", "label", message, mark, name, "warning")


def _reason(label: str) -> str:
    if len(label) > LONGEST:
        return f"it has {len(label):,} characters, more than {LONGEST}"
    if "$" in label:
        return "labels are mathematics already; leave out the $"
    special = re.search(r"(?<!\\)(?:\\\\)*([%#&])", label)
    if special:
        return f"write \\{special[1]} for the character {special[1]}"
    commands = dict.fromkeys(re.findall(r"\\([A-Za-z]+)", label))
    for command in commands:
        if command not in known_commands() and not readable(f"\\{command}{{x}}", _SIZE):
            hint = suggest(f"\\{command}", [f"\\{name}" for name in sorted(known_commands())])
            return f"\\{shorten(command)} is no command that labels know{hint}"
    if typeset(label, _SIZE).text:
        return "the font of mathematics lacks some of its characters"
    return "it is no LaTeX of mathematics"
