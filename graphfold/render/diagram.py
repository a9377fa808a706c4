"""Scene to diagram: nodes, edges and clusters with labels in Unicode, for tools that lay out.

It shows what the figure shows: hidden signals are contracted, delays of folded circuits are nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphfold.render.compose import stamped
from graphfold.render.mathtext import words_of
from graphfold.render.scene import STATIC, Caption, Column, Edge, Scene

if TYPE_CHECKING:
    from graphfold.render.tree_scene import TreeScene

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Node:
    """A node; its shape is circle, box, delay, stub or dots."""

    id: str
    label: str
    shape: str
    kind: str = ""
    cluster: int | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge between two nodes, by their ids."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """What stands together: a step, or the inside of a cell within one."""

    label: str
    within: int | None = None


@dataclass(frozen=True)
class Diagram:
    """A figure without places."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    clusters: tuple[Cluster, ...] = ()
    upward: bool = False
    caption: str = ""


def diagram(scene: Scene | TreeScene) -> Diagram:
    """Return the diagram of a scene."""
    if isinstance(scene, Scene):
        return _Scribe(scene).diagram()
    from graphfold.render.tree_diagram import tree_diagram

    return tree_diagram(scene)


def caption_words(caption: Caption, time: str) -> str:
    """A caption in Unicode; its stepped pieces carry the time."""
    pieces = [stamped(p.latex, time) if p.stepped and time else p.latex for p in caption]
    return " ".join(map(words_of, pieces)).replace(" ,", ",")


class Ids:
    """Ids that are given once: a second h[3] becomes h[3]'."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def new(self, wanted: str) -> str:
        """The id, with marks when it is taken."""
        while wanted in self._known:
            wanted += "'"
        self._known.add(wanted)
        return wanted


@dataclass
class _Scribe:
    """Writes down a scene: nodes first, then what joins them."""

    scene: Scene
    ids: Ids = field(default_factory=Ids)
    at: dict[Place, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    clusters: list[Cluster] = field(default_factory=list)
    delays: dict[object, str] = field(default_factory=dict)

    def diagram(self) -> Diagram:
        """All of it."""
        placed = self.scene.block_of
        in_rows = [name for row in self.scene.rows for name in row.names]
        names = dict.fromkeys([*in_rows, *self.scene.sites])
        for name in names:
            if name not in placed:
                self._add((name, STATIC), Column("", {name: "node"}), None)
        for block in self.scene.blocks:
            for c, column in enumerate(block.columns):
                clusters = self._clusters(column, block.folded)
                for name in names:
                    if name in column.sites:
                        self._add((name, c), column, clusters.get(name))
        arrows = [arrow for edge in self.scene.edges for arrow in self._arrows(edge)]
        return Diagram(
            tuple(self.nodes), tuple(arrows), tuple(self.clusters), upward=self.scene.folded
        )

    def _clusters(self, column: Column, folded: bool) -> dict[str, int | None]:
        """The innermost cluster of every site of a column."""
        step = None
        if not folded and any(kind in ("node", "pinned") for kind in column.sites.values()):
            time = words_of(column.time)
            step = self._cluster(f"step {time}" if time.isdigit() else time, None)
        found: dict[str, int | None] = dict.fromkeys(column.sites, step)
        numbers: dict[str | None, int | None] = {None: step}
        for frame in self.scene.frames:  # outer ones come first
            inside = [n for n in frame.sites if column.sites.get(n) in ("node", "pinned")]
            if inside:
                within = numbers.get(frame.within, step)
                numbers[frame.name] = self._cluster(words_of(frame.latex), within)
                found.update(dict.fromkeys(inside, numbers[frame.name]))
        return found

    def _cluster(self, label: str, within: int | None) -> int:
        self.clusters.append(Cluster(label, within))
        return len(self.clusters) - 1

    def _add(self, place: Place, column: Column, cluster: int | None) -> None:
        name, kind = place[0], column.sites[place[0]]
        site = self.scene.sites[name]
        step = column.step or ("…" if column.gap else "")
        self.at[place] = self.ids.new(f"{name}[{step}]" if step else name)
        latex = stamped(site.latex, column.time) if column.time else site.latex
        label = words_of(column.labels.get(name, site.latex if site.box else latex))
        shape = kind if kind in ("stub", "dots") else "box" if site.box else "circle"
        if kind == "dots":
            label = "⋯"
        if site.under and name not in column.labels:
            label += f", {words_of(site.under)}"
        outer = None if kind in ("dots", "stub") else cluster
        kinds = "boundary" if kind == "boundary" else site.kind
        self.nodes.append(Node(self.at[place], label, shape, kinds, outer))

    def _arrows(self, edge: Edge) -> Iterator[Arrow]:
        time = "" if edge.target[1] == STATIC else self.scene.column(edge.target).time
        label = caption_words(edge.caption, time)
        source, target = self.at[edge.source], self.at[edge.target]
        if not edge.delay:
            yield Arrow(source, target, label, edge.dashed)
            return
        key = (edge.source, edge.delay, edge.child)
        if key not in self.delays:
            self.delays[key] = self._delay(edge)
            yield Arrow(source, self.delays[key])
        yield Arrow(self.delays[key], target, label, edge.dashed)

    def _delay(self, edge: Edge) -> str:
        """The square of a delay; beside it stands how many steps when not one, or the child."""
        steps = "" if edge.delay == 1 else str(edge.delay) if edge.delay > 0 else f"+{-edge.delay}"
        named = edge.child.name if edge.child else f"{-edge.delay:+d}"
        id = self.ids.new(f"{edge.source[0]}[{named}]")
        label = edge.child.name if edge.child else steps
        self.nodes.append(Node(id, label, "delay", "delay"))
        return id
