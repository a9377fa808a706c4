"""Trees: children are read, leaves are given, and nothing else moves along a tree."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Axis, Boundary, Circuit
from graphfold.errors import Diagnostic, shorten, suggest
from graphfold.expression import REDUCTIONS, Apply, Expression, Index, Read


def check_leaves(circuit: Circuit, axis: Axis) -> Iterator[Diagnostic]:
    """Yield what is wrong with the axis of a tree's leaves."""
    name, leaves = shorten(axis.name), shorten(axis.leaves or "")
    others = [a.name for a in circuit.axes if not a.children]
    message = ""
    if not leaves:
        message = f"the tree {name} needs the axis of its leaves, as `leaves: k`"
    elif leaves in circuit.trees:
        message = f"the leaves of {name} cannot be '{leaves}', which is a tree"
    elif axis.leaves not in others:
        hint = suggest(leaves, others) or f"; declare `{leaves}: K` under axes"
        message = f"the leaves of {name} have no axis '{leaves}'{hint}"
    if message:
        yield Diagnostic("axes", "tree", message, axis.mark)


def tree_read_problem(circuit: Circuit, read: Read, axis: str) -> str:
    """Say what is wrong with a read over a tree, or with a child of what is over none."""
    name, index, tree = read.signal, read.index, circuit.trees.get(axis)
    if tree is None:
        assert index is not None
        over, length = circuit.tree_of_child[index.base], circuit.length_of[axis]
        cure = f"write {name}[{axis}] or {name}[{length}]"
        return f"'{name}' runs over {axis}, and only what runs over {over} has children; {cure}"
    children = " or ".join(f"{name}[{child}]" for child in tree.children)
    if index is None:
        return (
            f"'{name}' is a sequence over {axis}: write {name}[{axis}], {children}, "
            f"{name}[{tree.length}] for the root or sum({name}[{axis}] for {axis})"
        )
    return _index_problem(tree, name, index, children)


def _index_problem(tree: Axis, name: str, index: Index, children: str) -> str:
    """Say what is wrong with an index over a tree; `children` are the reads of its children."""
    moved = {
        tree.name: "a node cannot read what stands above it"
        if index.offset > 0
        else f"a tree has no step before; read a child, {children}",
        tree.length: f"the root is {name}[{tree.length}]; its children are {children}",
        **dict.fromkeys(tree.children, f"a child takes no offset: write {name}[{index.base}]"),
    }
    if index.base in moved:
        return f"{name}[{index}]: {moved[index.base]}" if index.offset else ""
    if not index.base:
        return ""
    what = f"'{name}' has no index '{shorten(index.base)}'"
    if index.base == tree.leaves:
        return f"{what}; over the leaves it is told under init, `{name}[{tree.leaves}]: …`"
    hint = suggest(index.base, [*tree.children, tree.name, tree.length])
    return what + (hint or f"; write {name}[{tree.name}], {children}")


def beneath_reductions(expression: Expression) -> frozenset[int]:
    """The nodes of an expression that stand beneath `sum(… for t)`."""
    found: set[int] = set()
    for number in range(expression.root, -1, -1):
        node = expression.nodes[number]
        if isinstance(node, Apply) and (number in found or node.operation in REDUCTIONS):
            found.update(node.operands)
    return frozenset(found)


def reduced_child(circuit: Circuit, read: Read) -> str:
    """Say that a child cannot be read beneath a reduction; "" when the read is of no child."""
    if read.index is None or read.index.base not in circuit.tree_of_child:
        return ""
    axis, child = circuit.tree_of_child[read.index.base], f"{read.signal}[{read.index}]"
    return f"{child} cannot stand in a sum over {axis}: give it a name, z[{axis}] = {child}"


def tree_boundary_problem(circuit: Circuit, boundary: Boundary) -> str:
    """Say that only the leaves are told under init; "" when they are."""
    name, tree = boundary.signal, circuit.tree_of(boundary.signal)
    if tree is None or boundary.index == Index(tree.leaves or ""):
        return ""
    cure = f"write `{name}[{tree.leaves}]: …` for all leaves"
    return f"{name}[{boundary.index}]: init tells what a tree has at its leaves; {cure}"


def leaf_value_problem(circuit: Circuit, boundary: Boundary, read: Read) -> str:
    """Say what the value at a leaf may read; "" for other boundaries."""
    if circuit.tree_of(boundary.signal) is None:
        return ""
    name, leaf = f"{boundary.signal}[{boundary.index}]", boundary.index.base
    told = f"{name} reads what the same leaf has, not {read.signal}[{read.index}]"
    return f"{told}; give that a name of its own, e[{leaf}] = {read.signal}[{read.index}]"
