"""What a figure shows: sites, columns of nodes, and edges; no coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from graphfold.render.rows import Row

NodeKind = Literal["node", "boundary", "pinned", "stub", "dots"]
STATIC = -(10**9)  # no column and no distance of columns


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a caption; a stepped one carries the time of the edge's target."""

    latex: str
    stepped: bool = False


Caption = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A signal as it stands in every step."""

    name: str
    latex: str
    kind: str


@dataclass(frozen=True, slots=True)
class Column:
    """One step, or what stands for steps that are cut away.

    `time` is the superscript, `step` the same as data.
    """

    time: str
    sites: Mapping[str, NodeKind]
    gap: bool = False
    step: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """A child of a tree's node, as it is marked beside its square; `side` is -1 on the left."""

    name: str
    side: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire between instances (site, column); STATIC is the column of static signals.

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
    """A figure before it has places; `rows` go from bottom to top."""

    rows: tuple[Row, ...]
    sites: Mapping[str, Site]
    columns: tuple[Column, ...]
    edges: tuple[Edge, ...]
    folded: bool = False
