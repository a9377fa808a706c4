"""Where instances are drawn: one board of columns for each axis, or a folded cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphfold.render.blocks import clock
from graphfold.render.contract import Tie
from graphfold.render.scene import STATIC, Block, Column, Edge, NodeKind, Scene
from graphfold.render.view import View, join

Visible = int | range  # a step, or a range of steps that are cut away
Place = tuple[str, int]
FAR = 10**6  # beyond every step of a window


@dataclass
class Board:
    """The columns of an axis while edges are drawn; a cut column learns which sites it needs."""

    names: tuple[str, ...]
    visible: list[Visible]
    sites: list[dict[str, NodeKind]]
    length: int
    symbolic: bool = False
    column_of: dict[int, int] = field(default_factory=dict)
    gaps: list[tuple[int, range]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gaps = [(c, s) for c, s in enumerate(self.visible) if isinstance(s, range)]
        self.column_of = {s: c for c, s in enumerate(self.visible) if isinstance(s, int)}

    def cut(self, step: int) -> int | None:
        """The column that stands for a step that is cut away."""
        return next((c for c, span in self.gaps if step in span), None)

    def place(self, name: str, step: int) -> Place | None:
        """Where an instance is drawn, or what stands for it; None when it does not exist."""
        column = self.column_of.get(step)
        if column is not None:
            return (name, column) if name in self.sites[column] else None
        column = self.cut(step)
        if column is None:
            return None
        self.sites[column].setdefault(name, "stub" if self.symbolic else "dots")
        return (name, column)

    def nodes(self, name: str) -> list[Place]:
        """Every place of a signal within 1..length."""
        for c, span in self.gaps:
            if 1 <= span.start <= self.length and not self.symbolic:
                self.sites[c].setdefault(name, "dots")
        wanted = ("node", "pinned", "dots")
        return [(name, c) for c, sites in enumerate(self.sites) if sites.get(name) in wanted]

    def resolve(self, offset: int, from_end: bool) -> int:
        """The step that a fixed index names; in a window, one that is cut away."""
        if self.symbolic:
            return FAR - 1 if from_end else -FAR
        return offset + (self.length if from_end else 0)


@dataclass
class Cell:
    """The signals of an axis that stay folded."""

    names: tuple[str, ...]

    def place(self, name: str, step: int) -> Place | None:
        """The one place of a signal."""
        return (name, 0)

    def nodes(self, name: str) -> list[Place]:
        """The one place of a signal."""
        return [(name, 0)]

    def resolve(self, offset: int, from_end: bool) -> int:
        """Any step: it has one place."""
        return 0

    def block(self) -> Block:
        """The cell as a block of one column."""
        everything: dict[str, NodeKind] = dict.fromkeys(self.names, "node")
        return Block(self.names, (Column("", everything),), folded=True)


@dataclass
class Desk:
    """The boards of all axes, and the edges that are drawn on them."""

    seen: View
    boards: Mapping[str, Board | Cell]
    edges: list[Edge] = field(default_factory=list)

    def of(self, name: str) -> Board | Cell | None:
        """The board of a signal; None when it is static."""
        return self.boards.get(clock(self.seen.circuit, name))

    def moves(self, tie: Tie) -> bool:
        """Whether a tie joins what stands beside one clock, step by step."""
        leaf = tie.reach == "leaf" and self.of(tie.source) is not None
        return leaf or tie.reach in ("step", "child")

    def nodes(self, name: str) -> list[Place]:
        """Every place of a signal."""
        board = self.of(name)
        return board.nodes(name) if board else [(name, STATIC)]

    def draw_static(self) -> None:
        """Draw every wire into, or out of, a static signal."""
        for tie in self.seen.ties:
            if self.moves(tie):
                continue
            sources, dashed = self.nodes(tie.source), False
            board = self.of(tie.source)
            if tie.reach == "fixed" and tie.index is not None and board is not None:
                step = board.resolve(tie.index.offset, bool(tie.index.base))
                place = board.place(tie.source, step)
                sources = [place] if place else []
                dashed = isinstance(board, Board) and board.symbolic
            folded = isinstance(board, Cell)
            caption = self.seen.dated(tie) if folded else self.seen.caption(tie)
            for target in self.nodes(tie.target):
                self.edges += [
                    Edge(source, target, caption, tie.delay if folded else 0, dashed)
                    for source in sources
                ]

    def scene(self, blocks: tuple[Block, ...]) -> Scene:
        """Return the scene of what is drawn."""
        order = self.seen.order.between
        between = {name: b for name, b in order.items() if name in self.seen.sites}
        seen = self.seen
        return Scene(
            seen.rows,
            seen.sites,
            blocks,
            join(self.edges),
            between,
            seen.frames,
            seen.flow,
            seen.step_edges,
        )
