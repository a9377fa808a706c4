"""What the section draw asks for besides rows and labels: groups, colours, a theme, modes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphfold.circuit import ROLES, THEMES, Circuit
from graphfold.errors import Diagnostic, Mark, shorten, suggest


def check_looks(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what is wrong with groups, colours, the theme and what modes hide."""
    theme, marks = circuit.style.theme, dict(circuit.style.marks)
    if theme and theme not in THEMES:
        hint = suggest(theme, THEMES) or f"; there are {', '.join(THEMES)}"
        yield _problem("theme", f"unknown theme '{shorten(theme)}'{hint}", marks.get(theme))
    yield from _groups(circuit, marks)
    yield from _colors(circuit, marks)
    yield from _modes(circuit, marks)


def _groups(circuit: Circuit, marks: dict[str, Mark]) -> Iterator[Diagnostic]:
    uses, first = {group.name for group in circuit.groups}, dict[str, str]()
    for title, names in circuit.style.groups:
        mark = marks.get(title)
        if not title.strip() or title in circuit.axis_of or title in uses or title in ROLES:
            message = f"a group needs a title of its own; '{shorten(title)}' is something else"
            yield _problem("group", message, mark)
        if not names:
            yield _problem("group", f"group '{shorten(title)}' holds no signals", mark)
        for name in names:
            message = _misfit(circuit, name, uses) or _twice(name, title, first)
            code = "unknown-signal" if message.startswith("unknown") else "group"
            if message:
                yield _problem(code, message, marks.get(name))
            first.setdefault(name, title)
        known = [name for name in names if name in circuit.axis_of]
        if len({circuit.axis_of[name] for name in known}) > 1:
            over = ", ".join(f"{n} over {circuit.axis_of[n]}" for n in known)
            message = f"group '{shorten(title)}' has one axis; its signals have several: {over}"
            yield _problem("group", message, mark)
        apart = _apart(circuit.style.rows, names)
        if apart:
            message = f"group '{shorten(title)}' has to stand in rows next to each other; {apart}"
            yield _problem("group", message, mark)


def _misfit(circuit: Circuit, name: str, uses: set[str]) -> str:
    """Why a name cannot stand in a group, or ""."""
    if name in uses:
        return "" if "." not in name else f"'{name}' stands within a use; name the outer one"
    if name not in circuit.axis_of:
        return f"unknown signal '{shorten(name)}'{suggest(name, circuit.signals)}"
    if circuit.kind_of(name) == "param":
        return f"'{name}' is a parameter: it has no node that could stand in a group"
    if circuit.axis_of[name] is None:
        return f"'{name}' is static: a group is drawn at every step"
    return f"'{name}' stands within a use; name the use" if "." in name else ""


def _twice(name: str, title: str, first: dict[str, str]) -> str:
    where = f"in group '{shorten(first[name])}'" if name in first else ""
    return f"'{shorten(name)}' stands {where} already" if where else ""


def _apart(rows: Sequence[Sequence[str]], names: Sequence[str]) -> str:
    """Which row stands between those of a group, in words."""
    own = [r for r, row in enumerate(rows) if not set(names).isdisjoint(row)]
    for r in range(own[0], own[-1]) if own else ():
        if r not in own:
            return f"{', '.join(rows[r])} stands between them under rows"
    return ""


def _colors(circuit: Circuit, marks: dict[str, Mark]) -> Iterator[Diagnostic]:
    uses = [group.name for group in circuit.groups]
    titles = [title for title, _ in circuit.style.groups]
    legal = [*circuit.signals, *uses, *titles, *ROLES]
    for name, _ in circuit.style.colors:
        if name not in legal:
            message = f"nothing is called '{shorten(name)}'"
            hint = suggest(name, legal) or f"; name a signal, a group, or {', '.join(ROLES)}"
            yield _problem("unknown-signal", message + hint, marks.get(name))
        elif name in circuit.axis_of and circuit.kind_of(name) == "param":
            message = f"'{name}' is a parameter; all have one colour: write `parameters: …`"
            yield _problem("color", message, marks.get(name))


def _modes(circuit: Circuit, marks: dict[str, Mark]) -> Iterator[Diagnostic]:
    modes = [mode.name for mode in circuit.modes]
    for mode, names in circuit.style.hide_in:
        if mode not in modes:
            told = f"; there are {', '.join(modes)}" if modes else "; the model has no modes"
            message = f"unknown mode '{shorten(mode)}'{suggest(mode, modes) or told}"
            yield _problem("unknown-mode", message, marks.get(mode))
        for name in names:
            if name not in circuit.axis_of:
                message = f"unknown signal '{shorten(name)}'{suggest(name, circuit.signals)}"
                yield _problem("unknown-signal", message, marks.get(name))


def _problem(code: str, message: str, mark: Mark | None) -> Diagnostic:
    return Diagnostic("names", code, message, mark)
