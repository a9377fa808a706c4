"""Unfoldings and windows to scenes: columns, and edges between instances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphfold.labels import latex_of
from graphfold.render.contract import Tie
from graphfold.render.factors import products
from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Block, Caption, Column, Edge, NodeKind, Scene
from graphfold.render.view import View, join

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

TOGETHER = 2
Visible = int | range  # a step, or a range of steps that are cut away


@dataclass
class Board:
    """The columns while edges are drawn; a cut column learns which sites it needs."""

    seen: View
    visible: list[Visible]
    sites: list[dict[str, NodeKind]]
    absorb_at_target: bool = False
    column_of: dict[int, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    gaps: list[tuple[int, range]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gaps = [(c, s) for c, s in enumerate(self.visible) if isinstance(s, range)]
        self.column_of = {s: c for c, s in enumerate(self.visible) if isinstance(s, int)}

    def cut(self, step: int) -> int | None:
        """The column that stands for a step that is cut away."""
        return next((c for c, span in self.gaps if step in span), None)

    def place(self, name: str, step: int) -> tuple[str, int] | None:
        """Where an instance is drawn, or what stands for it; None when it does not exist."""
        column = self.column_of.get(step)
        if column is not None:
            return (name, column) if name in self.sites[column] else None
        column = self.cut(step)
        if column is None:
            return None
        self.sites[column].setdefault(name, "stub" if self.absorb_at_target else "dots")
        return (name, column)


def unfolded(seen: View, unfolding: Unfolding, options: DrawOptions) -> Scene:
    """Return the scene of an unfolding of one axis; long times are cut in the middle."""
    axis = _axis(seen)
    length = unfolding.length(axis) if axis else 0
    ends = [step for name, step in unfolding.boundaries if name in seen.sites]
    visible = _visible(length, min([1, *ends]), max([length, *ends]), options)
    board = Board(seen, visible, [_sites(seen, unfolding, length, s) for s in visible])
    _draw_steps(board, length)
    _draw_static(board, unfolding, length)
    _draw_boundaries(board, unfolding)
    symbol = seen.circuit.length_of[axis] if axis else ""
    columns = [
        Column("", sites, True)
        if isinstance(s, range)
        else Column(_time(s, length, symbol), sites, step=str(s))
        for s, sites in zip(board.visible, board.sites, strict=True)
    ]
    return Scene(seen.rows, seen.sites, (Block(seen.moving, tuple(columns)),), join(board.edges))


def _time(step: int, length: int, symbol: str) -> str:
    """A step as a superscript: long numbers near the end are told from the end."""
    if abs(step) < 10**4 or step < length - 100:
        return str(step)
    return f"{latex_of(symbol, 0)}{step - length:+d}" if step != length else latex_of(symbol, 0)


def window(seen: View, before: int, after: int) -> Scene:
    """Return the scene of the columns t - before … t + after between dashed stubs."""
    axis = _axis(seen) or "t"
    far = 10**6
    span = range(-before, after + 1)
    visible = [range(-far, -before), *span, range(after + 1, far)]
    whole: dict[str, NodeKind] = dict.fromkeys(seen.moving, "node")
    board = Board(seen, visible, [{}, *(dict(whole) for _ in span), {}], absorb_at_target=True)
    for tie in seen.ties:
        if tie.reach == "step":
            _draw_window(board, tie, span)
    _draw_static(board, None, after)
    columns = _columns(board, axis)
    return Scene(seen.rows, seen.sites, (Block(seen.moving, columns),), join(board.edges))


def _columns(board: Board, axis: str) -> tuple[Column, ...]:
    first, *middle, last = board.sites
    times = [f"{axis}{s:+d}" if s else axis for s in board.visible if isinstance(s, int)]
    found = [Column("\\ldots", first, True, "…")] if first else []
    found += [Column(time, sites, step=time) for time, sites in zip(times, middle, strict=True)]
    shift = 0 if first else -1
    if shift:
        board.edges = [_shifted(edge, shift) for edge in board.edges]
    return (*found, Column("\\ldots", last, True, "…")) if last else tuple(found)


def _shifted(edge: Edge, shift: int) -> Edge:
    ends = [(n, c if c == STATIC else c + shift) for n, c in (edge.source, edge.target)]
    return Edge(ends[0], ends[1], edge.caption, edge.delay, edge.dashed)


def _draw_window(board: Board, tie: Tie, span: range) -> None:
    caption = board.seen.caption(tie)
    for step in range(min(span) - abs(tie.delay), max(span) + 1 + abs(tie.delay)):
        inside = [s in span for s in (step - tie.delay, step)]
        if any(inside):
            _add(board, tie, step - tie.delay, step, caption, dashed=not all(inside))


def _axis(seen: View) -> str | None:
    return next((a for n in seen.moving if (a := seen.circuit.axis_of[n])), None)


def _visible(length: int, low: int, high: int, options: DrawOptions) -> list[Visible]:
    if not options.elide:
        return list(range(low, high + 1))
    before = _end(range(low, 1), options.last)
    after = [_flip(s) for s in reversed(_end(range(-high, -length), options.last))]
    if length <= max(options.most, options.first + options.last + 1):
        return [*before, *range(1, length + 1), *after]
    kept = range(1, options.first + 1), range(length - options.last + 1, length + 1)
    return [*before, *kept[0], range(options.first + 1, kept[1][0]), *kept[1], *after]


def _end(steps: range, keep: int) -> list[Visible]:
    """The last steps of a range, what comes before them cut when it is long."""
    if len(steps) <= keep + 2:
        return list(steps)
    return [steps[:-keep], *steps[-keep:]]


def _flip(span: Visible) -> Visible:
    return -span if isinstance(span, int) else range(1 - span.stop, 1 - span.start)


def _sites(seen: View, unfolding: Unfolding, length: int, step: Visible) -> dict[str, NodeKind]:
    if isinstance(step, range):
        return {}
    if not 1 <= step <= length:
        ends = {name for name, at in unfolding.boundaries if at == step}
        return {n: "boundary" for n in seen.moving if n in ends}
    return {
        name: "pinned" if unfolding.is_pinned(name, step) else "node"
        for name in seen.moving
        if unfolding.contains(name, step)
    }


def _draw_steps(board: Board, length: int) -> None:
    for tie in board.seen.ties:
        if tie.reach != "step":
            continue
        caption = board.seen.caption(tie)
        for step in sorted(board.column_of):
            if 1 <= step <= length and board.sites[board.column_of[step]].get(tie.target) == "node":
                _add(board, tie, step - tie.delay, step, caption)
            if 1 <= step + tie.delay <= length and board.cut(step + tie.delay) is not None:
                _add(board, tie, step, step + tie.delay, caption)


def _add(
    board: Board, tie: Tie, start: int, end: int, caption: Caption, dashed: bool = False
) -> None:
    """Draw one wire; what is cut away is stood for by dots.

    A state goes on in its own row; any other wire ends at the dots of the signal that reads it.
    """
    into = None if board.absorb_at_target else board.cut(end)
    if into is not None and start not in board.column_of:
        return
    source = board.place(tie.source, start)
    if source is None:
        return
    if into is not None:
        goes_on = tie.source in board.seen.recurrent
        target = board.place(tie.source if goes_on else tie.target, end)
        caption = caption if _is_plain(board, tie) else ()
    else:
        target = board.place(tie.target, end)
    if target is not None and source != target:
        board.edges.append(Edge(source, target, caption, 0, dashed))


def _is_plain(board: Board, tie: Tie) -> bool:
    """Whether few enough wires run together into a cut for their captions to stand there."""
    return len({t.key for t in board.seen.ties if t.source == tie.source and t.delay}) <= TOGETHER


def _draw_static(board: Board, unfolding: Unfolding | None, length: int) -> None:
    for tie in board.seen.ties:
        if tie.reach != "step":
            ends = _static_ends(board, tie, unfolding, length)
            for source, target in ends:
                board.edges.append(Edge(source, target, board.seen.caption(tie)))


def _static_ends(
    board: Board, tie: Tie, unfolding: Unfolding | None, length: int
) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    steady = board.seen.static
    targets = [(tie.target, STATIC)] if tie.target in steady else _nodes(board, tie.target)
    for target in targets:
        if tie.reach == "static":
            yield (tie.source, STATIC), target
        elif tie.reach == "fixed" and tie.index is not None:
            step = tie.index.offset + (length if tie.index.base else 0)
            source = board.place(tie.source, step)
            if source:
                yield source, target
        else:
            yield from ((source, target) for source in _nodes(board, tie.source))


def _nodes(board: Board, name: str) -> list[tuple[str, int]]:
    cut = [c for c, span in board.gaps if 1 in (span.start, span.start > 1)]
    if cut and not board.absorb_at_target:
        board.sites[cut[0]].setdefault(name, "dots")
    wanted = ("node", "pinned", "dots")
    return [(name, c) for c, sites in enumerate(board.sites) if sites.get(name) in wanted]


def _draw_boundaries(board: Board, unfolding: Unfolding) -> None:
    """Wires into boundaries and pinned instances, from the static signals that give them."""
    seen, circuit = board.seen, board.seen.circuit
    for boundary in circuit.boundaries:
        axis = circuit.axis_of[boundary.signal]
        if boundary.value is None or boundary.signal not in seen.sites or axis is None:
            continue
        step = unfolding.resolve(boundary.index, axis)
        place = (boundary.signal, board.column_of.get(step, STATIC))
        if place[1] == STATIC or boundary.signal not in board.sites[place[1]]:
            continue
        ways = products(circuit, boundary.value)
        for number, read in boundary.value.reads():
            if read.signal in seen.static:
                caption = seen.caption_of(ways.get(number, ()))
                board.edges.append(Edge((read.signal, STATIC), place, caption))
