"""What a figure shows: sites, columns of nodes, and edges; no coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from graphfold.render.paint import Paint
from graphfold.render.rows import Row
from graphfold.render.values.marks import Mark

NodeKind = Literal["node", "boundary", "pinned", "stub", "dots"]
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
    """A signal as it stands in every step, or a use of a cell: a box.

    `under` its name stands that of the cell. `paint` is what the model asks for this one; else a
    theme paints it by its `role`.
    """

    name: str
    latex: str
    kind: str
    box: bool = False
    under: str = ""
    role: Role = "signal"
    paint: Paint | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One step, or what stands for steps that are cut away.

    `time` is the superscript, `step` the same as data; `labels` are those of sites that are called
    otherwise here.
    """

    time: str
    sites: Mapping[str, NodeKind]
    gap: bool = False
    step: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


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


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a tree's node, as it is marked beside its square; `side` is -1 on the left."""

    name: str
    side: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire between instances (site, column of its block); STATIC is the column of the others.

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

    Sites in no block are static; `between` says which of them stand left of which block. `marks`
    tell what instances, by site and step, show of their values.
    """

    rows: tuple[Row, ...]
    sites: Mapping[str, Site]
    blocks: tuple[Block, ...]
    edges: tuple[Edge, ...]
    between: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    frames: tuple[Frame, ...] = ()
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
        return self.blocks[self.block_of[place[0]]].columns[place[1]]
