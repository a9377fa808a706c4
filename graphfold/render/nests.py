"""Frames around the sites of open uses and of groups, and rows in which these keep together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphfold.circuit import Circuit
from graphfold.errors import DrawingError, shorten
from graphfold.labels import escape
from graphfold.render.blocks import Order
from graphfold.render.contract import Tie
from graphfold.render.rows import Row, arrange, levels
from graphfold.render.scene import Frame
from graphfold.render.uses import Uses, renamed, stand_in


def frames(circuit: Circuit, shown: Iterable[str], uses: Uses) -> tuple[Frame, ...]:
    """Return the frames, outer ones first, of the sequences that are shown."""
    around = _Around(uses, {n: title for title, names in circuit.style.groups for n in names})
    titles = [title for title, _ in circuit.style.groups if not circuit.trees]
    members: dict[str, list[str]] = {name: [] for name in (*titles, *uses.framed)}
    for name in shown:
        frame = around.of(name) if circuit.axis_of.get(name) else None
        while frame is not None:
            members[frame].append(name)
            frame = around.of(frame)
    labels = {title: _title(title) for title in titles}
    return tuple(
        Frame(name, labels.get(name) or word(uses.label(name)), tuple(sites), around.of(name))
        for name, sites in members.items()
        if sites
    )


@dataclass(frozen=True)
class _Around:
    """Which frame is the next one around a site or a frame: that of a use, or of a group."""

    uses: Uses
    group_of: Mapping[str, str]

    def of(self, name: str) -> str | None:
        holder = self.uses.holder(name, self.uses.framed)
        return self.group_of.get(name) if holder is None else holder


def _title(text: str) -> str:
    """Words in upright letters."""
    return r"\;".join(map(word, text.split()))


def word(name: str) -> str:
    """A name, or words, in upright letters."""
    return r"\;".join(rf"\mathrm{{{escape(part)}}}" for part in name.split())


def arrange_nested(
    circuit: Circuit, ties: Sequence[Tie], shown: Sequence[str], order: Order, uses: Uses
) -> tuple[Row, ...]:
    """Return the rows, from bottom to top: each frame is put in as a whole, then opened."""
    found = frames(circuit, shown, uses)
    if not found:
        return arrange(circuit, ties, shown, order)
    nest = _Nest(circuit, ties, found, uses)
    top = {site: frame.name for frame in found if frame.within is None for site in frame.sites}
    names = list(dict.fromkeys(top.get(name, name) for name in shown))
    moved = renamed(ties, top)
    _ensure_apart(moved, {title for title, _ in circuit.style.groups} & {*top.values()})
    rows = arrange(_once(stand_in(circuit, top)), moved, names, order)
    return tuple(Row(names, row.static) for row in rows for names in nest.opened(row.names))


def _once(circuit: Circuit) -> Circuit:
    """The circuit with every name in one row only: a group has several in the model."""
    seen, rows = set[str](), []
    for row in circuit.style.rows:
        rows.append(tuple(name for name in row if name not in seen))
        seen.update(row)
    return replace(circuit, style=replace(circuit.style, rows=tuple(row for row in rows if row)))


def _ensure_apart(ties: Sequence[Tie], groups: set[str]) -> None:
    """Refuse a group when what reads it is read by it at the same step: it has no place."""
    free = [(t.source, t.target) for t in ties if t.reach == "step" and not t.delay]
    for group in sorted(groups):
        above, below = (_reached(free, group, way) for way in (1, -1))
        between = sorted((above & below) - {group})
        if between:
            names = ", ".join(between)
            raise DrawingError(
                f"group '{shorten(group)}' reads {names} and is read by it at the same step:"
                f" no frame fits around the rest; put {names} into the group"
            )


def _reached(pairs: Sequence[tuple[str, str]], start: str, way: int) -> set[str]:
    readers: dict[str, list[str]] = {}
    for pair in pairs:
        source, target = pair[::way]
        readers.setdefault(source, []).append(target)
    found, pending = set[str](), [start]
    while pending:
        fresh = [name for name in readers.get(pending.pop(), ()) if name not in found]
        found.update(fresh)
        pending += fresh
    return found


@dataclass(frozen=True)
class _Nest:
    circuit: Circuit
    ties: Sequence[Tie]
    frames: tuple[Frame, ...]
    uses: Uses

    def opened(self, row: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The rows that a row becomes when all its frames are opened."""
        by_name = {frame.name: frame for frame in self.frames}
        pending, done = [row], list[tuple[str, ...]]()
        while pending:
            row = pending.pop()
            inside = {name: self._inside(by_name[name]) for name in row if name in by_name}
            if inside:
                pending += reversed(_side_by_side(row, inside))
            else:
                done.append(row)
        return done

    def _inside(self, frame: Frame) -> list[list[str]]:
        """The rows of a frame, the frames in it not opened."""
        children = [f for f in self.frames if f.within == frame.name]
        names = {site: child.name for child in children for site in child.sites}
        inner = dict.fromkeys(names.get(site, site) for site in frame.sites)
        circuit = stand_in(self.circuit, names)
        own = set(inner)
        ties = [t for t in renamed(self.ties, names) if {t.source, t.target} <= own]
        return levels(circuit, ties, list(inner), self._asked(frame, inner))

    def _asked(self, frame: Frame, inner: Mapping[str, None]) -> list[list[str]]:
        use = self.uses.framed.get(frame.name)
        if use is None:  # a group: the rows are those of the whole figure
            whole = [list(row) for row in self.circuit.style.rows]
        else:
            rows = use.style.rows
            whole = [[self.uses.shown(f"{frame.name}.{name}") for name in row] for row in rows]
        return [[name for name in row if name in inner] for row in whole]


def _side_by_side(
    row: Sequence[str], inside: Mapping[str, Sequence[Sequence[str]]]
) -> list[tuple[str, ...]]:
    """The rows of several frames beside each other, and what stands between, at half height."""
    tall = max(map(len, inside.values()))
    found: list[list[str]] = [[] for _ in range(tall)]
    for name in row:
        rows = inside.get(name, [[name]])
        first = (tall - len(rows)) // 2
        for r, names in enumerate(rows, start=first):
            found[r] += names
    return [tuple(names) for names in found]
