"""The leaves of a tree as steps of a signal: leaf k is the instance of step 1 - k.

In an unfolding the values of a signal at the leaves form a table over the leaves' axis, under the
name `BOUNDARY` + signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graphfold.circuit import Circuit, Link
from graphfold.recurrence import BOUNDARY
from graphfold.schedule import Sweep

if TYPE_CHECKING:
    from graphfold.trees import Tree


def read_leaves(circuit: Circuit, tree: Tree, signal: str) -> range | list[int]:
    """The leaves at which a signal over the tree is read, in order."""
    names = circuit.trees[str(circuit.axis_of[signal])].children
    links = [link for link in circuit.links if link.source == signal]
    children = {link.child for link in links if link.reach == "child"}
    if children == set(names) and tree.inner_count:
        return range(1, tree.leaf_count + 1)
    steps = {_step(link, tree) for link in links if link.index is not None}
    for place, name in enumerate(names if tree.inner_count else ()):
        if name in children:
            steps.update(tree.children[:, place].tolist())
    return sorted(1 - step for step in steps if step <= 0)


def _step(link: Link, tree: Tree) -> int:
    """The step of a fixed read; the root of a single leaf is that leaf."""
    assert link.index is not None
    return tree.inner_count if link.index.base else link.index.offset


def without_unread(circuit: Circuit, sweep: Sweep, trees: Sequence[tuple[str, Tree]]) -> Sweep:
    """Leave out of a sweep over leaves the signals that nothing reads there."""
    kept = [place for place, name in enumerate(sweep.signals) if _is_read(circuit, name, trees)]
    if len(kept) == len(sweep.signals):
        return sweep
    signals = tuple(sweep.signals[place] for place in kept)
    return replace(sweep, signals=signals, lags=tuple(sweep.lags[place] for place in kept))


def _is_read(circuit: Circuit, name: str, trees: Sequence[tuple[str, Tree]]) -> bool:
    signal = name.removeprefix(BOUNDARY)
    if name == signal:
        return True
    tree = dict(trees)[str(circuit.axis_of[signal])]
    return len(read_leaves(circuit, tree, signal)) > 0
