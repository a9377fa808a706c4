"""Rows of a figure, from bottom to top: as the model asks, or from the data flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphfold.circuit import Circuit
from graphfold.render.blocks import Order, clock, givers
from graphfold.render.contract import Tie


@dataclass(frozen=True, slots=True)
class Row:
    """Signals side by side; static ones stand in rows of their own."""

    names: tuple[str, ...]
    static: bool = False


def arrange(
    circuit: Circuit, ties: Sequence[Tie], shown: Sequence[str], order: Order
) -> tuple[Row, ...]:
    """Return the rows, from bottom to top, of the signals (and copies) that are shown."""
    still = [name for name in shown if circuit.axis_of.get(name) is None]
    static = [name for name in still if name not in order.between]
    moving = [name for name in shown if circuit.axis_of.get(name) is not None]
    late = {name for name in static if not _feeds(circuit, ties, name, moving)}
    late |= _fed_by(ties, moving)
    rows = _moving(circuit, ties, moving, order.axes)
    _fill(circuit, ties, rows, order)
    before = _static(circuit, ties, [n for n in static if n not in late])
    after = _static(circuit, ties, [n for n in static if n in late])
    return (*before, *(Row(tuple(names)) for names in rows if names), *after)


def _asked(circuit: Circuit, names: Sequence[str]) -> list[list[str]]:
    return [[n for n in row if n in names] for row in circuit.style.rows]


def _moving(
    circuit: Circuit, ties: Sequence[Tie], moving: Sequence[str], axes: Sequence[str]
) -> list[list[str]]:
    """The rows of the sequences; those of different axes begin where their equations do."""
    if len(axes) < 2:
        return levels(circuit, ties, moving, _asked(circuit, moving))
    rows = [row for row in _asked(circuit, moving) if row]
    placed = {name for row in rows for name in row}
    parts: list[tuple[int | None, list[list[str]]]] = []
    for axis in axes:
        own = [name for name in moving if clock(circuit, name) == axis]
        above = [r + 1 for r, row in enumerate(rows) if set(own) & {*row}]
        rest = levels(circuit, ties, [name for name in own if name not in placed], [])
        parts.append((above[-1] if above else None, rest))
    base = max((_feet(circuit, part) for start, part in parts if start is None), default=0)
    for start, part in parts:
        _put(rows, part, base - _feet(circuit, part) if start is None else start)
    return rows


def _feet(circuit: Circuit, rows: Sequence[Sequence[str]]) -> int:
    """How many rows hold inputs only before the first equation."""
    return next((r for r, row in enumerate(rows) if any(n in circuit.equation for n in row)), 0)


def _put(rows: list[list[str]], part: Sequence[Sequence[str]], start: int) -> None:
    rows += [[] for _ in range(start + len(part) - len(rows))]
    for row, names in zip(rows[start:], part, strict=False):
        row.extend(names)


def _fill(circuit: Circuit, ties: Sequence[Tie], rows: list[list[str]], order: Order) -> None:
    """Put what stands between the axes beside what it comes from, else what it goes to."""
    level = flow(circuit, ties, list(order.between))
    found = {name: r for r, row in enumerate(rows) for name in row}
    asked = {n: row for row in circuit.style.rows for n in row if n in order.between}
    pairs = [(t.source, t.target) for t in ties] + list(givers(circuit, [*found, *order.between]))
    for name in sorted(order.between, key=lambda n: (level[n], list(order.between).index(n))):
        sources = [found[a] for a, b in pairs if b == name and a in found]
        targets = [found[b] for a, b in pairs if a == name and b in found]
        wished = [found[n] for n in asked.get(name, ()) if n in found]
        row = (wished or [max(sources, default=min(targets, default=0))])[0]
        rows[row].append(name)
        found[name] = row


def _fed_by(ties: Sequence[Tie], moving: Sequence[str]) -> set[str]:
    """Static signals that come after some sequence, however far."""
    late = {t.target for t in ties if t.source in moving and t.reach in ("fixed", "all")}
    size = -1
    while size < len(late):
        size = len(late)
        late |= {t.target for t in ties if t.source in late and t.reach == "static"}
    return late - set(moving)


def _feeds(circuit: Circuit, ties: Sequence[Tie], name: str, moving: Sequence[str]) -> bool:
    """Whether a static signal goes into some sequence or its history, however far."""
    pairs = [(t.source, t.target) for t in ties] + list(givers(circuit, [name, *moving]))
    reached, size = {name}, 0
    while size < len(reached):
        size = len(reached)
        reached |= {b for a, b in pairs if a in reached}
    return not moving or not reached.isdisjoint(moving)


def _static(circuit: Circuit, ties: Sequence[Tie], names: list[str]) -> list[Row]:
    found = levels(circuit, ties, names, _asked(circuit, names))
    return [Row(tuple(row), True) for row in found]


def levels(
    circuit: Circuit, ties: Sequence[Tie], names: Sequence[str], asked: list[list[str]]
) -> list[list[str]]:
    """Return rows for some signals: those that are `asked` for, then along the data flow."""
    chosen = [row for row in asked if row]
    placed = {name for row in chosen for name in row}
    rest = [name for name in names if name not in placed]
    level = flow(circuit, ties, rest)
    by_level: dict[int, list[str]] = {}
    for name in rest:
        by_level.setdefault(level[name], []).append(name)
    tied = {(t.source, t.target) for t in ties}
    tied |= {(b, a) for a, b in tied}
    return chosen + [row for k in sorted(by_level) for row in _apart(by_level[k], tied)]


def _apart(names: list[str], tied: set[tuple[str, str]]) -> list[list[str]]:
    """Signals that read each other, or themselves, have rows of their own, for short wires."""
    rows: list[list[str]] = [[]]
    for name in (n for n in names if (n, n) not in tied):
        free = (row for row in rows if all((name, other) not in tied for other in row))
        row = next(free, None)
        if row is None:
            rows.append([name])
        else:
            row.append(name)
    rows += [[name] for name in names if (name, name) in tied]
    return [row for row in rows if row]


def flow(circuit: Circuit, ties: Sequence[Tie], names: Sequence[str]) -> dict[str, int]:
    """Return how high each signal stands: the longest delay-free way to it.

    An input stands right below its first reader; on top when no sequence reads it.
    """
    inside = set(names)
    links = [t for t in ties if {t.source, t.target} <= inside and t.source != t.target]
    free = [t for t in links if t.reach in ("step", "static", "leaf") and not t.delay]
    level = _longest(names, free)
    top = max((level[n] for n in names if circuit.kind_of(n) == "equation"), default=-1) + 2
    for name in names:
        if circuit.kind_of(name) != "equation":
            readers = [t.target for t in free if t.source == name]
            readers = readers or [t.target for t in links if t.source == name]
            level[name] = min((level[r] for r in readers), default=top) - 1
    return level


def _longest(names: Sequence[str], free: Sequence[Tie]) -> dict[str, int]:
    readers: dict[str, list[str]] = {name: [] for name in names}
    waiting = dict.fromkeys(names, 0)
    for tie in free:
        readers[tie.source].append(tie.target)
        waiting[tie.target] += 1
    level = dict.fromkeys(names, 0)
    ready = [name for name in names if not waiting[name]]
    for name in ready:
        for reader in readers[name]:
            level[reader] = max(level[reader], level[name] + 1)
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    return level
