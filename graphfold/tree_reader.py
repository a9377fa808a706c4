"""Read trees: nested tuples, a bracketed string such as "((the cat) (sat down))", or networkx."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphfold.errors import TooLargeError, UnfoldingError, shorten
from graphfold.trees import Tree, write_node

MOST_NODES = 20_000_000
_MOST_PROBLEMS = 10
_TOKEN = re.compile(r"[()]|[^()\s]+")
_EXAMPLE = "((the cat) (sat down))"


class _Event(NamedTuple):
    """A step on the way round a tree: "(", ")" or a leaf; `place` tells where it was written."""

    kind: str
    word: str = ""
    place: str = ""


def parse_tree(tree: Any, children: Sequence[str] | None = None) -> Tree:
    """Read a tree from nested tuples (or lists), a bracketed string or a networkx.DiGraph.

    Leaves are words: texts, whole numbers or None. In a DiGraph edges run from parents to
    children, in the order of the edge attribute `order`, else as inserted; a leaf's word is its
    node attribute `word`, else its name. With `children`, the names of the children of an axis,
    every node must have as many; without, all nodes have as many as the first one.

    UnfoldingError lists what is wrong; TooLargeError for tens of millions of nodes.

    >>> parse_tree((("the", "cat"), "sat")) == parse_tree("((the cat) sat)")
    True
    >>> parse_tree("(the cat sat)", children=("a", "b"))
    Traceback (most recent call last):
    ...
    graphfold.errors.UnfoldingError: column 1: (the cat sat) has 3 children, but the axis has a, b
    """
    names = None if children is None else tuple(children)
    if isinstance(tree, Tree):
        _check_arity(tree, names)
        return tree
    growth = _Growth(names)
    for event in _events(tree):
        growth.take(event)
    return growth.finish()


def _check_arity(tree: Tree, names: Sequence[str] | None) -> None:
    if names is not None and tree.inner_count and tree.arity != len(names):
        text = shorten(write_node(tree.rows, tree.words, 1, 60), 40)
        raise UnfoldingError(f"{text} has {_children(tree.arity)}, but the axis has {_all(names)}")


def _children(count: int) -> str:
    return f"{count} child{'' if count == 1 else 'ren'}"


def _all(names: Sequence[str]) -> str:
    return ", ".join(names)


class _Growth:
    """A tree that grows from events: a closing bracket gives a node the next number."""

    def __init__(self, names: Sequence[str] | None) -> None:
        self.names = names
        self.arity = None if names is None else len(names)
        self.rows: list[list[int]] = []
        self.words: list[str] = []
        self.open: list[tuple[list[int], str]] = [([], "")]
        self.problems: list[str] = []
        self.first = ""

    def take(self, event: _Event) -> None:
        if event.kind == "(":
            self.open.append(([], event.place))
        elif event.kind == ")":
            self.close(*self.open.pop())
        else:
            self.words.append(event.word)
            self.open[-1][0].append(1 - len(self.words))
        if len(self.rows) + len(self.words) > MOST_NODES:
            raise TooLargeError(f"the tree has more than {MOST_NODES:,} nodes")

    def close(self, row: list[int], place: str) -> None:
        if self.arity is None:
            self.arity = len(row)
            self.first = shorten(
                write_node([*self.rows, row], self.words, len(self.rows) + 1, 60), 40
            )
        self.rows.append(row)
        if not row or len(row) != self.arity:
            self.blame(place)
        self.open[-1][0].append(len(self.rows))

    def blame(self, place: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            text = shorten(write_node(self.rows, self.words, len(self.rows), 60), 40)
            count = len(self.rows[-1])
            message = f"{text} has {_children(count)}" if count else "() holds nothing"
            wanted = f"the axis has {_all(self.names)}" if self.names else self._like_first()
            self.problems.append(f"{place}{message}, but {wanted}")

    def _like_first(self) -> str:
        return f"{self.first} has {self.arity}" if self.arity else "a node has children"

    def finish(self) -> Tree:
        if self.problems:
            raise UnfoldingError("\n".join(self.problems))
        rows = np.array(self.rows, np.int64).reshape(len(self.rows), self.arity or 0)
        return Tree(rows, tuple(self.words))


def _events(tree: Any) -> Iterator[_Event]:
    if isinstance(tree, str):
        return _string_events(tree)
    if hasattr(tree, "is_directed") and hasattr(tree, "adj"):
        return _graph_events(tree)
    return _nested_events(tree)


# -- bracketed strings -----------------------------------------------------------------------


def _string_events(text: str) -> Iterator[_Event]:
    depth, roots = list[int](), 0
    for match in _TOKEN.finditer(text):
        token, column = match.group(), match.start() + 1
        if token == ")":
            if not depth:
                raise UnfoldingError(f"column {column}: ')' closes nothing")
            depth.pop()
            yield _Event(")")
            continue
        roots += not depth
        if roots > 1:
            cure = "put brackets around the whole tree"
            raise UnfoldingError(f"column {column}: a second tree begins here; {cure}")
        if token == "(":
            depth.append(column)
            yield _Event("(", place=f"column {column}: ")
        else:
            yield _Event("leaf", token)
    if depth:
        raise UnfoldingError(f"column {depth[-1]}: '(' is never closed")
    if not roots:
        raise UnfoldingError(f"the tree is empty; write it as {_EXAMPLE}")


# -- nested tuples ---------------------------------------------------------------------------


def _nested_events(tree: Any) -> Iterator[_Event]:
    yield _begin(tree)
    if not isinstance(tree, tuple | list):
        return
    path, within = [(tree, iter(tree))], {id(tree)}
    while path:
        node, rest = path[-1]
        for child in rest:
            yield _begin(child)
            if isinstance(child, tuple | list):
                if id(child) in within:
                    raise UnfoldingError("a list holds itself: that is no tree")
                within.add(id(child))
                path.append((child, iter(child)))
                break
        else:
            path.pop()
            within.discard(id(node))
            yield _Event(")")


def _begin(value: Any) -> _Event:
    if isinstance(value, tuple | list):
        return _Event("(")
    if value is None:
        return _Event("leaf")
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return _Event("leaf", str(value))
    kind = type(value).__name__
    message = "a tree is nested tuples of words, a text or a networkx.DiGraph"
    raise UnfoldingError(f"{message}; {kind} is none of them: write {_EXAMPLE!r}")


# -- networkx --------------------------------------------------------------------------------


def _graph_events(graph: Any) -> Iterator[_Event]:
    if not graph.is_directed() or graph.is_multigraph():
        message = "a tree is a networkx.DiGraph with edges from parents to children"
        raise UnfoldingError(f"{message}, not a {type(graph).__name__}")
    root = _root(graph)
    yield from _around(graph, root)


def _around(graph: Any, root: Any) -> Iterator[_Event]:
    waiting: list[tuple[Any, bool]] = [(root, True)]
    while waiting:
        node, enter = waiting.pop()
        if not enter:
            yield _Event(")")
            continue
        children = _ordered(graph, node)
        if children:
            yield _Event("(", place=f"node {_name(node)}: ")
            waiting.append((node, False))
            waiting += [(child, True) for child in reversed(children)]
        else:
            yield _Event("leaf", str(graph.nodes[node].get("word", node)))


def _ordered(graph: Any, node: Any) -> list[Any]:
    """The children of a node, by the attribute `order` of the edges if they have it."""
    edges = graph.adj[node]
    orders = [data.get("order") for data in edges.values()]
    if all(order is None for order in orders):
        return list(edges)
    if None in orders or len(set(orders)) < len(orders):
        cure = "give every edge an `order` of its own, or none"
        message = f"node {_name(node)}: the order of its children is not clear"
        raise UnfoldingError(f"{message}; {cure}")
    return sorted(edges, key=lambda child: edges[child]["order"])


def _name(node: Any) -> str:
    return f"'{shorten(str(node))}'"


def _root(graph: Any) -> Any:
    """The one node without a parent, everything being beneath it; else all that is wrong."""
    if not len(graph):
        raise UnfoldingError(f"the tree is empty; write it as {_EXAMPLE}")
    parents = {node: list(graph.pred[node]) for node in graph}
    problems = [
        f"{_name(node)} has {len(found)} parents: {', '.join(map(_name, found[:3]))}"
        for node, found in parents.items()
        if len(found) > 1
    ][:_MOST_PROBLEMS]
    roots = [node for node, found in parents.items() if not found]
    if len(roots) > 1:
        named = ", ".join(map(_name, roots[:3])) + (", …" if len(roots) > 3 else "")
        problems.append(f"a tree has one root; here are {len(roots)}: {named}")
    cycle = _cycle(graph, parents, roots)
    if cycle:
        problems.append(f"the graph runs in a circle: {' -> '.join(map(_name, cycle))}")
    if problems:
        raise UnfoldingError("\n".join(problems))
    return roots[0]


def _cycle(graph: Any, parents: dict[Any, list[Any]], roots: list[Any]) -> list[Any]:
    """A cycle among the nodes that no root reaches; [] when there are none."""
    reached, waiting = set(roots), list(roots)
    while waiting:
        fresh = [child for child in graph.adj[waiting.pop()] if child not in reached]
        reached.update(fresh)
        waiting += fresh
    left = [node for node in graph if node not in reached]
    if not left:
        return []
    walk, place = [left[0]], {left[0]: 0}
    while True:
        before = parents[walk[-1]][0]
        if before in place:
            return [before, *reversed(walk[place[before] + 1 :]), before]
        place[before] = len(walk)
        walk.append(before)
