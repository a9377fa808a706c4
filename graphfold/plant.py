"""Which tree each tree axis of a circuit is unfolded over, and the lengths that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphfold.circuit import Axis, Circuit, Link
from graphfold.errors import UnfoldingError, suggest
from graphfold.unfolding import Unfolding

if TYPE_CHECKING:
    from graphfold.trees import Tree

_HOW = "unfold(circuit, tree=(('the', 'cat'), ('sat', 'down')))"


def choose_trees(circuit: Circuit, tree: Any) -> tuple[tuple[str, Tree], ...]:
    """Read the tree of each axis that is one; UnfoldingError when one is missing or too much."""
    axes = circuit.trees
    if not axes:
        if tree is not None:
            axis, length = circuit.axes[0].name, circuit.axes[0].length
            cure = f"declare `{axis}: {{length: {length}, children: [left, right], leaves: k}}`"
            message = f"no axis of this circuit is a tree; {cure} and `k: K` under axes"
            raise UnfoldingError(message)
        return ()
    given = tree if isinstance(tree, Mapping) and not hasattr(tree, "adj") else None
    if given is None:
        given = {} if tree is None else dict.fromkeys(axes, tree)
    for name in given:
        if name not in axes:
            message = f"axis '{name}' is no tree{suggest(str(name), axes)}"
            raise UnfoldingError(message)
    missing = [name for name in axes if given.get(name) is None]
    if missing:
        raise UnfoldingError(f"{missing[0]} is a tree: say which one, {_HOW}")
    return tuple((axis.name, _read(axis, given[axis.name])) for axis in axes.values())


def _read(axis: Axis, tree: Any) -> Tree:
    from graphfold.tree_reader import parse_tree

    try:
        return parse_tree(tree, axis.children)
    except UnfoldingError as error:
        message = str(error).replace("but the axis has", f"but {axis.name} has")
        raise UnfoldingError(message) from None


def tree_lengths(circuit: Circuit, trees: tuple[tuple[str, Tree], ...]) -> dict[str, int]:
    """The lengths of the tree axes and of their leaves; UnfoldingError when two trees disagree."""
    found: dict[str, int] = {}
    for name, tree in trees:
        leaves = str(circuit.trees[name].leaves)
        found[name] = tree.inner_count
        if found.setdefault(leaves, tree.leaf_count) != tree.leaf_count:
            message = f"trees over the same leaves {leaves} differ in their number"
            raise UnfoldingError(f"{message}: {found[leaves]} and {tree.leaf_count}")
    return found


def check_leaf_read(unfolding: Unfolding, link: Link) -> None:
    """Refuse to read a leaf, `h[-3]`, that the tree has not."""
    index = link.index
    assert index is not None
    leaves = unfolding.tree(str(unfolding.circuit.axis_of[link.source])).leaf_count
    if not index.base and 1 - index.offset > leaves:
        message = f"'{link.target}' reads {link.source}[{index}], the leaf {1 - index.offset}"
        raise UnfoldingError(f"{message}, but the tree has {leaves} only")
