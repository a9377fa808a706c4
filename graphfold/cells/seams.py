"""A use and the cell it uses: what the names, steps and sizes of the cell are outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from graphfold.circuit import Axis, Circuit, Use
from graphfold.clocks import free_axes
from graphfold.errors import Mark
from graphfold.expression import Expression, Index
from graphfold.sizes import Shape, Size


@dataclass(frozen=True)
class Seam:
    """A use within `outer` of `cell`, which is flat."""

    outer: Circuit
    use: Use
    cell: Circuit

    def name(self, signal: str) -> str:
        """The name outside of a signal of the cell."""
        return f"{self.use.name}.{signal}"

    @cached_property
    def clocks(self) -> Mapping[str, str]:
        """For each axis of the cell the axis outside; those that nothing tells are absent."""
        clocks = ((axis, self._clock(axis)) for axis in self.cell.length_of)
        return {axis: outside for axis, outside in clocks if outside is not None}

    def _clock(self, axis: str) -> str | None:
        """The axis outside; a tree and its leaves go together."""
        told, trees = self._told(axis), self.outer.trees
        for tree in self.cell.trees.values():
            over = self._told(tree.name)
            if over is not None and axis == tree.leaves and over in trees:
                return trees[over].leaves
            if axis == tree.name and told is None:
                leaves = self._told(str(tree.leaves))
                found = [name for name, outer in trees.items() if outer.leaves == leaves]
                return found[0] if len(found) == 1 else None
        return told

    def _told(self, axis: str) -> str | None:
        axes = self.outer.length_of
        if self.use.axis is not None:
            return self.use.axis
        for signal in self.cell.inputs:
            wire = dict(self.use.wires).get(signal.name)
            if signal.axis == axis and wire is not None:
                moving = axes_of(wire, self.outer)
                if len(moving) == 1:
                    return moving[0]
        if axis in axes:
            return axis
        return next(iter(axes)) if len(axes) == 1 else None

    @cached_property
    def sizes(self) -> Mapping[str, Size]:
        """For each dimension of the cell the size outside; those that nothing tells are absent."""
        told = dict(self.use.sizes)
        symbols = {d.name for d in self.outer.dims}
        for dim in self.cell.dims:
            if dim.name in symbols:
                told.setdefault(dim.name, Size.of(dim.name))
            elif dim.default is not None:
                told.setdefault(dim.name, Size.of(dim.default))
        return told

    def shape(self, shape: Shape) -> Shape:
        """The shape outside."""
        return tuple(size.substitute(self.sizes) for size in shape)

    def axis(self, axis: str | None) -> str | None:
        """The axis outside."""
        return None if axis is None else self.clocks.get(axis, axis)

    def index(self, signal: str, index: Index) -> Index:
        """The index outside of a read of `signal`: backward in time, step s is step T + 1 - s."""
        inner = self.cell.axis_of.get(signal)
        if inner is None or inner not in self.clocks:
            return index
        axis, reverse = self.clocks[inner], self.use.reverse
        if inner in self.cell.trees and axis in self.outer.trees:
            return self._over_tree(self.cell.trees[inner], self.outer.trees[axis], index)
        length = self.outer.length_of[axis]
        if index.base == inner:
            return Index(axis, -index.offset if reverse else index.offset)
        if index.base == self.cell.length_of[inner]:
            return Index("", 1 - index.offset) if reverse else Index(length, index.offset)
        if index.base:
            return index
        return Index(length, 1 - index.offset) if reverse else index

    def _over_tree(self, inner: Axis, outer: Axis, index: Index) -> Index:
        """The index outside of a read over a tree: children by their places."""
        names = dict(zip(inner.children, outer.children, strict=False))
        names |= {inner.name: outer.name, inner.length: outer.length}
        names |= {str(inner.leaves): str(outer.leaves)}
        return replace(index, base=names.get(index.base, index.base))

    def mark(self, mark: Mark | None) -> Mark | None:
        """The mark as the outer file sees it: with the file of the cell, if it has its own."""
        source = self.cell.source
        if mark is None or mark.source or not source or source == self.outer.source:
            return mark
        return Mark(mark.line, mark.column, source)


def axes_of(expression: Expression, circuit: Circuit) -> list[str]:
    """The axes that the value of an expression moves along."""
    return sorted(free_axes(expression, circuit)[-1])
