"""Frames around the sites of open uses, and rows in which their sites keep together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphfold.circuit import Circuit
from graphfold.labels import escape
from graphfold.render.blocks import Order
from graphfold.render.contract import Tie
from graphfold.render.rows import Row, arrange, levels
from graphfold.render.scene import Frame
from graphfold.render.uses import Uses, renamed, stand_in


def frames(circuit: Circuit, shown: Iterable[str], uses: Uses) -> tuple[Frame, ...]:
    """Return the frames, outer ones first, of the sequences that are shown."""
    members: dict[str, list[str]] = {name: [] for name in uses.framed}
    for name in shown:
        frame = uses.holder(name, uses.framed) if circuit.axis_of.get(name) else None
        while frame is not None:
            members[frame].append(name)
            frame = uses.holder(frame, uses.framed)
    return tuple(
        Frame(name, word(uses.label(name)), tuple(sites), uses.holder(name, uses.framed))
        for name, sites in members.items()
        if sites
    )


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
    rows = arrange(stand_in(circuit, top), renamed(ties, top), names, order)
    return tuple(Row(names, row.static) for row in rows for names in nest.opened(row.names))


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
        rows = self.uses.framed[frame.name].style.rows
        whole = ([self.uses.shown(f"{frame.name}.{name}") for name in row] for row in rows)
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
