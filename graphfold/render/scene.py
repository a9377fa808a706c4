"""What a figure shows: sites, columns of nodes, and edges; no coordinates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Literal

from graphfold.render.paint import Paint
from graphfold.render.rows import Row
from graphfold.render.values.marks import Mark

NodeKind = Literal["node", "boundary", "pinned", "stub", "dots"]
SiteForm = Literal["circle", "box", "gain", "bare", "dot"]
Role = Literal["input", "state", "output", "loss", "signal"]
STATIC = -(10**9)  # no column and no distance of columns


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a caption; a stepped one carries the time of the edge's target."""

    latex: str
    stepped: bool = False


Caption = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A signal or an operation as it stands in every step, or a use of a cell: a box.

    `under` the name of a use stands that of its cell. A gain is a weight in a box, a bare letter a
    parameter or number beside its operation. `tag` is what the value that an operation makes is
    called, with the step as a superscript, and `of` the signal whose equation it stands in. `paint`
    is what the model asks for this one; else a theme paints it by its `role`.
    """

    name: str
    latex: str
    kind: str
    box: bool = False
    under: str = ""
    role: Role = "signal"
    paint: Paint | None = None
    form: SiteForm = "circle"
    tag: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One step, or what stands for steps that are cut away.

    `time` is the superscript, `step` the same as data; `labels` are those of sites that are called
    otherwise here. `span` is how many steps it stands for that look alike, one beside the other;
    time and step are then those of the first, and count on.
    """

    time: str
    sites: Mapping[str, NodeKind]
    gap: bool = False
    step: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    span: int = 1

    def at(self, number: int) -> Column:
        """One of the steps it stands for, from 0 on."""
        if self.span == 1:
            return self
        step = str(int(self.step) + number)
        return replace(self, time=step, step=step, span=1)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame around the sites of an open use of a cell, in every step; `within` is the next one.

    Its sites stand in rows next to each other, and nothing else stands among them.
    """

    name: str
    latex: str
    sites: tuple[str, ...]
    within: str | None = None
    paint: Paint | None = None


@dataclass(frozen=True)
class Block:
    """The columns of one clock, or a folded cell, and the sites that stand in them."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    folded: bool = False

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """How many steps stand left of each column, and of the end."""
        return tuple(accumulate((c.span for c in self.columns), initial=0))

    @property
    def count(self) -> int:
        """The number of steps, or of what stands for some."""
        return self.starts[-1]

    def placed(self) -> Iterator[tuple[int, Column]]:
        """Each column with its place."""
        return zip(self.starts, self.columns, strict=False)

    def column(self, place: int) -> Column:
        """The column at a place; one that spans some has them all."""
        return self.columns[bisect_right(self.starts, place) - 1]

    def step(self, place: int) -> Column:
        """The step at a place, as a column of its own."""
        number = bisect_right(self.starts, place) - 1
        return self.columns[number].at(place - self.starts[number])


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a tree's node, as it is marked beside its square; `side` is -1 on the left."""

    name: str
    side: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire between instances (site, place in its block); STATIC is the place of the others.

    A place counts the steps left of it; a wire from or to a column that spans several stands for
    all of its like, its target in the first.

    `delay` is drawn as a square when source and target stand in one folded column; it is marked
    with the `child` whose value it is, if any.
    """

    source: tuple[str, int]
    target: tuple[str, int]
    caption: Caption = ()
    delay: int = 0
    dashed: bool = False
    child: Child | None = None


@dataclass(frozen=True)
class Scene:
    """A figure before it has places; `rows` go from bottom to top, `blocks` from left to right.

    Sites in no block are static; `between` says which of them stand left of which block. Data flows
    up the rows of a step, or to the "right" within it; then `ties` are the wires of one step, with
    their delays. `marks` tell what instances, by site and step, show of their values.
    """

    rows: tuple[Row, ...]
    sites: Mapping[str, Site]
    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]
    between: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    frames: tuple[Frame, ...] = ()
    flow: Literal["up", "right"] = "up"
    ties: tuple[Edge, ...] = ()
    marks: Mapping[tuple[str, str], Mark] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def block_of(self) -> Mapping[str, int]:
        """The number of the block that a site stands in; static sites are absent."""
        return {name: b for b, block in enumerate(self.blocks) for name in block.names}

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of all blocks, from left to right."""
        return tuple(column for block in self.blocks for column in block.columns)

    @property
    def folded(self) -> bool:
        """Whether nothing is unfolded."""
        return all(block.folded for block in self.blocks)

    def column(self, place: tuple[str, int]) -> Column:
        """The column of an instance that is not static."""
        return self.blocks[self.block_of[place[0]]].column(place[1])

    def step(self, place: tuple[str, int]) -> Column:
        """The step of an instance that is not static, as a column of its own."""
        return self.blocks[self.block_of[place[0]]].step(place[1])
