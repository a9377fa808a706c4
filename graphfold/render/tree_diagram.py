"""An unfolding over a tree as nodes and edges: leaves, inner nodes, and what stands above."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.render.compose import stamped
from graphfold.render.diagram import Arrow, Diagram, Ids, Node, caption_words
from graphfold.render.mathtext import words_of
from graphfold.render.scene import Edge
from graphfold.render.tree_scene import Branch, Part, TreeScene

Place = tuple[str, int | None]


def tree_diagram(scene: TreeScene) -> Diagram:
    """Return the diagram of a tree; words are told with the lowest node of their leaf."""
    scribe = _Scribe(scene)
    arrows = tuple(dict.fromkeys(scribe.arrows()))
    return Diagram(tuple(scribe.nodes.values()), arrows, upward=True)


class _Scribe:
    """Gives each instance a node when an edge, or its place, asks for it."""

    def __init__(self, scene: TreeScene) -> None:
        self.scene, self.circuit = scene, scene.unfolding.circuit
        self.ids = Ids()
        self.nodes: dict[Place, Node] = {}
        self.leaves = range(1, scene.tree.leaf_count + 1)
        for leaf in self.leaves:
            self._stand(scene.leaf, leaf, leaf=True)
        for step in range(1, scene.tree.inner_count + 1):
            self._stand(scene.inner, step)
        self._stand(scene.top, None)

    def arrows(self) -> Iterator[Arrow]:
        """All edges."""
        scene, root = self.scene, self.scene.tree.inner_count
        for leaf in self._columns():
            for edge in scene.leaf.edges:
                end = leaf + edge.target[1]
                if end in self.leaves:
                    ends = (
                        self._leaf_step(edge.source[0], leaf),
                        self._leaf_step(edge.target[0], end),
                    )
                    yield from self._edge(edge, *ends)
        for step in range(1, root + 1):
            for edge in scene.inner.edges:
                yield from self._edge(edge, step, step)
            for branch in scene.branches:
                child = scene.tree.rows[step - 1][branch.place]
                yield from self._branch(branch, child, step)
        for edge in scene.top.edges:
            yield from self._edge(edge, None, None)
        for branch in scene.crown:
            yield from self._branch(branch, root, None)

    def _columns(self) -> list[int]:
        """The leaves, and the steps beside them that signals over them read."""
        leaves = self.circuit.trees[self.scene.axis].leaves
        beside = (step for n, step in self.scene.unfolding.boundaries if self._over(n) == leaves)
        return sorted({*self.leaves, *beside})

    def _over(self, name: str) -> str | None:
        return self.circuit.axis_of.get(name)

    def _leaf_step(self, name: str, leaf: int) -> int:
        """The step of a site at a leaf: a signal over the tree counts downwards."""
        return 1 - leaf if self._over(name) == self.scene.axis else leaf

    def _stand(self, part: Part, step: int | None, leaf: bool = False) -> None:
        word = self.scene.tree.words[step - 1] if leaf and step and self.scene.words else ""
        for name in (name for row in part.rows for name in row):
            own = self._leaf_step(name, step) if leaf and step is not None else step
            place = self._place(name, own)
            if place and place not in self.nodes:
                self._node(place, word)
                word = ""

    def _place(self, name: str, step: int | None) -> Place | None:
        """The instance, when it exists; what looks the same everywhere is one."""
        scene = self.scene
        if name in scene.fixed:
            exists = name not in self.circuit.axis_of or scene.unfolding.contains(name, None)
            return (name, None) if exists else None
        return (name, step) if scene.unfolding.contains(name, step) else None

    def _node(self, place: Place, word: str = "") -> str:
        if place not in self.nodes:
            (name, step), site = place, self.scene.sites[place[0]]
            time = ""
            if step is not None:
                along = self._over(name) == self.scene.axis
                time = self.scene.time_of_node(step) if along else str(step)
            label = words_of(stamped(site.latex, time) if time else site.latex)
            id = self.ids.new(name if step is None else f"{name}[{step}]")
            told = f"{label} {word}" if word else label
            self.nodes[place] = Node(id, told, "box" if site.box else "circle", site.kind)
        return self.nodes[place].id

    def _edge(self, edge: Edge, start: int | None, end: int | None) -> Iterator[Arrow]:
        source, target = self._place(edge.source[0], start), self._place(edge.target[0], end)
        if source and target:
            label = caption_words(edge.caption, "")
            yield Arrow(self._node(source), self._node(target), label, edge.dashed)

    def _branch(self, branch: Branch, child: int, step: int | None) -> Iterator[Arrow]:
        source, target = self._place(branch.source, child), self._place(branch.target, step)
        if source and target:
            yield Arrow(self._node(source), self._node(target), caption_words(branch.caption, ""))
