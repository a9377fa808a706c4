"""The unfolding over a tree as a scene: what stands at a leaf, at an inner node and on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphfold.errors import DrawingError
from graphfold.render.compose import stamped
from graphfold.render.contract import Tie
from graphfold.render.scene import Caption, Edge, Piece, Site
from graphfold.render.view import View, join
from graphfold.trees import Tree
from graphfold.unfolding import Unfolding

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Part:
    """What stands at one kind of place: rows from bottom to top, and the wires among them.

    An edge of the leaves may go to a leaf some columns to the right.
    """

    rows: Rows = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A wire from a child (the one at `place`) to its parent, or from the root to the top."""

    place: int
    source: str
    target: str
    caption: Caption = ()


@dataclass(frozen=True)
class TreeScene:
    """A tree before it has places.

    `fixed` are the sites that look the same at every place.
    """

    unfolding: Unfolding
    axis: str
    tree: Tree
    sites: Mapping[str, Site]
    leaf: Part
    inner: Part
    top: Part
    branches: tuple[Branch, ...]
    crown: tuple[Branch, ...]
    fixed: frozenset[str]
    words: bool = True

    def time_of_node(self, step: int) -> str:
        """The superscript of an inner node, or, from 0 down, of a leaf."""
        return label(self.tree, step)


def label(tree: Tree, step: int) -> str:
    """The superscript of a node or leaf: the leaves it spans, or its step where nodes have one."""
    if tree.arity == 1:
        return str(step)
    if step <= 0:
        return str(1 - step)
    first, last = tree.spans[step - 1]
    return f"{first}:{last}"


def tree_scene(seen: View, unfolding: Unfolding, words: bool) -> TreeScene:
    """Return the scene of an unfolding over one tree; DrawingError for other axes beside it."""
    axis, leaves = _axes(seen, unfolding)
    sorter = _Sorter(seen, unfolding, axis, leaves)
    tree = unfolding.tree(axis)
    leaf, inner, top = sorter.leaf(), sorter.inner(), sorter.top()
    return TreeScene(
        unfolding,
        axis,
        tree,
        {**seen.sites, **sorter.copies},
        leaf,
        inner,
        top,
        tuple(sorter.branches()),
        tuple(_joined(sorter.crown)),
        frozenset({*seen.static, *sorter.copies}),
        words=words,
    )


def _axes(seen: View, unfolding: Unfolding) -> tuple[str, str]:
    circuit = seen.circuit
    axes = dict.fromkeys(str(circuit.axis_of.get(name)) for name in seen.moving)
    trees = [name for name in circuit.trees if name in axes] or [*circuit.trees]
    axis = circuit.trees[trees[0]]
    others = [name for name in axes if name not in (axis.name, axis.leaves)]
    if others:
        over = [name for name in seen.moving if circuit.axis_of.get(name) == others[0]]
        cure = f"hide what runs over {others[0]}: {', '.join(over)}"
        raise DrawingError(f"the figure of a tree shows one tree and its leaves; {cure}")
    return axis.name, str(axis.leaves)


class _Sorter:
    """Sorts the sites and ties of a view to leaves, inner nodes and the top."""

    def __init__(self, seen: View, unfolding: Unfolding, axis: str, leaves: str) -> None:
        self.seen, self.unfolding, self.axis, self.leaves = seen, unfolding, axis, leaves
        self.copies: dict[str, Site] = {}
        self.crown: list[Branch] = []
        self.states = [s for s in unfolding.leaf_signals if s in seen.sites]

    def over(self, name: str) -> str | None:
        return self.seen.circuit.axis_of.get(name)

    def edge(self, tie: Tie, distance: int = 0) -> Edge:
        return Edge((tie.source, 0), (tie.target, distance), self.seen.caption(tie))

    # -- leaves -----------------------------------------------------------------------------

    def leaf(self) -> Part:
        ties = [t for t in self.seen.ties if self._at_leaf(t)]
        edges = [self.edge(t, t.delay if self.over(t.target) == self.leaves else 0) for t in ties]
        rows = self._rows([n for n in self.seen.moving if self.over(n) == self.leaves], ties)
        return Part(rows, join(edges))

    def _at_leaf(self, tie: Tie) -> bool:
        if tie.reach == "leaf":
            return tie.target in self.states
        return self.over(tie.target) == self.leaves and tie.reach in ("step", "static")

    def _rows(self, names: Sequence[str], ties: Sequence[Tie]) -> Rows:
        """The rows of a place; static signals that are read there stand beneath."""
        here = {*names, *(self.states if self.over(names[0] if names else "") != self.axis else ())}
        rows = [tuple(n for n in row.names if n in here) for row in self.seen.rows]
        beneath = [t.source for t in ties if self.over(t.source) is None]
        return tuple(row for row in (tuple(dict.fromkeys(beneath)), *rows) if row)

    # -- inner nodes ------------------------------------------------------------------------

    def inner(self) -> Part:
        reaches = ("step", "static")
        ties = [t for t in self.seen.ties if self.over(t.target) == self.axis]
        ties = [t for t in ties if t.reach in reaches]
        names = [n for n in self.seen.moving if self.over(n) == self.axis]
        return Part(self._rows(names, ties) if names else (), join([self.edge(t) for t in ties]))

    def branches(self) -> Iterator[Branch]:
        children = self.seen.circuit.trees[self.axis].children
        found = (t for t in self.seen.ties if t.reach == "child" and t.index)
        yield from _joined(
            Branch(children.index(str(t.index)), t.source, t.target, self.seen.caption(t))
            for t in found
        )

    # -- the top ----------------------------------------------------------------------------

    def top(self) -> Part:
        """Static signals that are no mere copies at the nodes; what they read, but the root."""
        edges, read = [], list[str]()
        shown = [n for n in self.seen.static if not self._only_at_nodes(n)]
        for tie in self.seen.ties:
            if tie.target not in shown or tie.reach in ("leaf", "child"):
                continue
            if tie.reach == "static":
                edges.append(self.edge(tie))
            elif self._is_root(tie):
                self.crown.append(Branch(0, tie.source, tie.target, self.seen.caption(tie)))
            else:
                name = self._copy(tie)
                read.append(name)
                edges.append(Edge((name, 0), (tie.target, 0), self.seen.caption(tie)))
        rows = [tuple(n for n in row.names if n in shown) for row in self.seen.rows if row.static]
        beneath = tuple(dict.fromkeys(read))
        return Part(tuple(row for row in (beneath, *rows) if row), join(edges))

    def _only_at_nodes(self, name: str) -> bool:
        """Whether a static signal is drawn beside its readers at the nodes, and nowhere else."""
        if any(tie.target == name for tie in self.seen.ties):
            return name not in self.unfolding.circuit.axis_of  # a copy of what all nodes read
        readers = [tie.target for tie in self.seen.ties if tie.source == name]
        return bool(readers) and all(self.over(r) is not None for r in readers)

    def _is_root(self, tie: Tie) -> bool:
        if tie.index is None or self.over(tie.source) != self.axis:
            return False
        root = self.unfolding.length(self.axis)
        return self.unfolding.resolve(tie.index, self.axis) == root

    def _copy(self, tie: Tie) -> str:
        """A site for what is read of other nodes: one step, or all of them."""
        axis = str(self.over(tie.source))
        time = str(tie.index) if tie.index else f"1:{self.seen.circuit.length_of[axis]}"
        name, old = f"{tie.source}[{time}]", self.seen.sites[tie.source]
        if tie.index and axis == self.axis:
            time = label(self.unfolding.tree(axis), self.unfolding.resolve(tie.index, axis))
        self.copies[name] = replace(old, name=name, latex=stamped(old.latex, time))
        return name


def _joined(found: Iterable[Branch]) -> Iterator[Branch]:
    """One wire between the same two sites, with the captions of all."""
    groups: dict[tuple[int, str, str], list[Caption]] = {}
    for branch in found:
        captions = groups.setdefault((branch.place, branch.source, branch.target), [])
        if branch.caption and branch.caption not in captions:
            captions.append(branch.caption)
    for key, captions in groups.items():
        pieces = [p for c in captions for p in (Piece(","), *c)]
        yield Branch(*key, _short(tuple(pieces[1:])))


def _short(caption: Caption) -> Caption:
    """Of three products and more, the first and the last."""
    commas = [i for i, piece in enumerate(caption) if piece.latex == ","]
    if len(commas) < 2:
        return caption
    return (*caption[: commas[0]], Piece(r"\ldots"), *caption[commas[-1] + 1 :])
