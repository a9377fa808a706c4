"""The unfolding: a circuit and its numbers of steps; every node follows by arithmetic.

Nodes are numbered in topological order. Static values and boundaries are listed; a sweep of n
signals over T steps is a table of T columns, so that a number, a signal and a step convert into
each other without a list of nodes. Memory does not grow with T.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

from graphfold.caches import Recomputed
from graphfold.circuit import Boundary, Circuit, Link
from graphfold.errors import UnfoldingError, shorten, suggest
from graphfold.expression import Index
from graphfold.instances import Instance, parse_id
from graphfold.leaves import read_leaves, without_unread
from graphfold.recurrence import BOUNDARY
from graphfold.schedule import Level, Statics, Sweep, schedule
from graphfold.tables import Block, Listed, Table

if TYPE_CHECKING:
    from graphfold.trees import Tree


@dataclass(frozen=True, repr=False)
class Unfolding(Recomputed):
    """The acyclic graph of a circuit over some steps; make one with `unfold`.

    `steps` holds the length of each axis, `trees` the tree of each axis that is one; `mode` the
    mode whose branches the circuit has, or "". `kept`, when not None, lists the node numbers that
    pruning has left, in order; node numbers then count those.
    """

    circuit: Circuit
    steps: tuple[tuple[str, int], ...]
    untied: frozenset[str] = frozenset()
    kept: tuple[int, ...] | None = field(default=None, repr=False)
    mode: str = ""
    trees: tuple[tuple[str, Tree], ...] = ()

    def __repr__(self) -> str:
        steps = ", ".join(f"{axis} = 1..{count}" for axis, count in self.steps)
        return f"<unfolding of {self.circuit.name!r}, {steps}: {self.node_count:,} nodes>"

    def length(self, axis: str) -> int:
        """The number of steps of an axis; UnfoldingError for an unknown one."""
        lengths = dict(self.steps)
        if axis not in lengths:
            raise UnfoldingError(f"unknown axis '{axis}'{suggest(axis, lengths)}")
        return lengths[axis]

    def resolve(self, index: Index, axis: str) -> int:
        """The step that a fixed index names: T is the length of the axis."""
        return index.offset + (self.length(axis) if index.base else 0)

    def step_read(self, index: Index, axis: str, steps: Mapping[str, int]) -> int:
        """The step of an axis that a read looks at, from some step of each axis."""
        if index.base in self.circuit.tree_of_child:
            return self.child(index.base, steps[axis])
        if index.base == axis:
            return steps[axis] + index.offset
        return self.resolve(index, axis)

    def tree(self, axis: str) -> Tree:
        """The tree of an axis; KeyError when it is none."""
        return dict(self.trees)[axis]

    def child(self, name: str, step: int) -> int:
        """The step of a child of an inner node; up to 0 it is a leaf."""
        axis = self.circuit.tree_of_child[name]
        place = self.circuit.trees[axis].children.index(name)
        return self.tree(axis).rows[step - 1][place]

    @cached_property
    def declared_boundaries(self) -> Mapping[Instance, Boundary]:
        """The boundaries of the model by (signal, step), T being known; without those at leaves."""
        found: dict[Instance, Boundary] = {}
        for boundary in self.circuit.boundaries:
            axis = self.circuit.axis_of.get(boundary.signal)
            if axis is not None and axis not in self.circuit.trees:
                found[boundary.signal, self.resolve(boundary.index, axis)] = boundary
        return MappingProxyType(found)

    def boundary_value(self, signal: str, step: int | None) -> Boundary | None:
        """The boundary declared for an instance, or None."""
        if step is not None and step <= 0 and signal in self._leaf_tables:
            return self.circuit.leaf_history(signal)
        return self.declared_boundaries.get((signal, step))

    def is_pinned(self, signal: str, step: int | None) -> bool:
        """Whether a boundary takes the place of the signal's equation (or input) at that step."""
        return (signal, step) in self.declared_boundaries and self._inside(signal, step)

    def is_boundary(self, signal: str, step: int | None) -> bool:
        """Whether an instance is a history, a far boundary or pinned."""
        if step is None or self.circuit.axis_of.get(signal) is None:
            return False
        return not self._inside(signal, step) or self.is_pinned(signal, step)

    @cached_property
    def pins(self) -> Mapping[str, tuple[int, ...]]:
        """The pinned steps of each signal that has some, in order."""
        found: dict[str, list[int]] = {}
        for signal, step in self.declared_boundaries:
            if self.is_pinned(signal, step) and step is not None:
                found.setdefault(signal, []).append(step)
        return MappingProxyType({signal: tuple(sorted(steps)) for signal, steps in found.items()})

    def is_inside(self, signal: str, step: int | None) -> bool:
        """Whether an instance is static, or at one of the steps 1..T, pinned or not."""
        return self.circuit.axis_of.get(signal) is None or self._inside(signal, step)

    def _inside(self, signal: str, step: int | None) -> bool:
        axis = self.circuit.axis_of.get(signal)
        return axis is not None and step is not None and 1 <= step <= self.length(axis)

    # -- which boundaries are there ---------------------------------------------------------

    @cached_property
    def _boundary_steps(self) -> Mapping[str, tuple[int, ...]]:
        steps = {signal: set(found) for signal, found in self.pins.items()}
        for link in self.circuit.links:
            outside = self._steps_outside(link)
            if outside:
                steps.setdefault(link.source, set()).update(outside)
        return MappingProxyType({s: tuple(sorted(found)) for s, found in steps.items()})

    def _steps_outside(self, link: Link) -> list[int]:
        axis = self.circuit.axis_of.get(link.source)
        if axis is None or axis in self.circuit.trees or not self._has_readers(link.target):
            return []
        length = self.length(axis)
        if link.index is not None:
            step = self.resolve(link.index, axis)
            return [] if 1 <= step <= length else [step]
        if link.delay >= 0:
            readers = range(1, min(link.delay, length) + 1)
        else:
            readers = range(max(1, length + link.delay + 1), length + 1)
        reads = link.reach == "all"
        return [t - link.delay for t in readers if reads or not self.is_pinned(link.target, t)]

    def _has_readers(self, target: str) -> bool:
        """Whether the target's equation holds at any step at all."""
        axis = self.circuit.axis_of[target]
        if axis is None:
            return True
        return len(self.pins.get(target, ())) < self.length(axis)

    @cached_property
    def boundaries(self) -> tuple[tuple[str, int], ...]:
        """The boundary instances that exist outside 1..T, as (signal, step)."""
        pairs = ((s, t) for s in self.circuit.signals for t in self._outside_steps(s))
        outside = ((s, t) for s, t in pairs if not self._inside(s, t))
        return tuple((s, t) for s, t in outside if self.kept is None or self.contains(s, t))

    def _outside_steps(self, signal: str) -> Iterable[int]:
        if signal in self._leaf_tables:
            return (1 - leaf for leaf in self._read_leaves(signal))
        return self._boundary_steps.get(signal, ())

    def _read_leaves(self, signal: str) -> Sequence[int]:
        tree = self.tree(str(self.circuit.axis_of[signal]))
        return read_leaves(self.circuit, tree, signal)

    # -- numbers ------------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The runs of nodes, before pruning."""
        levels = schedule(self.circuit)
        blocks: list[Block] = []
        first = 0
        for level in levels:
            block: Block
            if isinstance(level, Statics):
                free = self._free_boundaries(levels) if not blocks else ()
                block = Listed(first, (*self._listed(level), *free))
            else:
                steps = self.length(level.axis)
                sweep = without_unread(self.circuit, level, self.trees)
                block = Table(first, sweep, steps, self._missing(sweep, steps))
            blocks.append(block)
            first += block.count
        return tuple(blocks)

    def _listed(self, level: Statics) -> Iterator[Instance]:
        for name in level.names:
            if name.startswith(BOUNDARY):
                signal = name.removeprefix(BOUNDARY)
                yield from ((signal, t) for t in self._boundary_steps.get(signal, ()))
            else:
                yield name, None

    def _free_boundaries(self, levels: tuple[Level, ...]) -> Iterator[Instance]:
        """Boundaries the model says nothing about: they depend on nothing and come first."""
        statics = (level for level in levels if isinstance(level, Statics))
        placed = {name for level in statics for name in level.names}
        for signal, steps in self._boundary_steps.items():
            if BOUNDARY + signal not in placed:
                yield from ((signal, t) for t in steps)

    def _missing(self, sweep: Sweep, steps: int) -> tuple[int, ...]:
        table = Table(0, sweep, steps, ())
        count, slots = len(sweep.signals), []
        for place, (signal, lag) in enumerate(zip(sweep.signals, sweep.lags, strict=True)):
            ragged = [*range(lag), *range(steps + lag, table.columns)] if steps else []
            slots += [column * count + place for column in ragged]
            if signal.startswith(BOUNDARY):
                read = set(self._read_leaves(signal.removeprefix(BOUNDARY)))
                slots += [table.slot(signal, k) for k in range(1, steps + 1) if k not in read]
            pins = self._boundary_steps.get(signal, ())
            slots += [table.slot(signal, t) for t in pins if 1 <= t <= steps]
        return tuple(sorted(slots))

    @cached_property
    def _listed_numbers(self) -> Mapping[Instance, int]:
        listed = (block for block in self.blocks if isinstance(block, Listed))
        return MappingProxyType(
            {pair: block.first + i for block in listed for i, pair in enumerate(block.instances)}
        )

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        tables = (block for block in self.blocks if isinstance(block, Table))
        return MappingProxyType({s: table for table in tables for s in table.sweep.signals})

    def table_of(self, signal: str) -> Table:
        """The table that holds a sequence signal, or, under `BOUNDARY` + signal, its leaves."""
        return self._tables[signal]

    @cached_property
    def _leaf_tables(self) -> Mapping[str, Table]:
        """The tables that hold the leaves of signals over trees, by signal."""
        leaves = ((s, self._tables.get(BOUNDARY + s)) for s in self.circuit.leaf_signals)
        return MappingProxyType({s: table for s, table in leaves if table is not None})

    @property
    def leaf_signals(self) -> tuple[str, ...]:
        """The signals over trees that have instances at leaves."""
        return tuple(self._leaf_tables)

    @property
    def whole_count(self) -> int:
        """The number of nodes before pruning."""
        return self.blocks[-1].first + self.blocks[-1].count

    @property
    def node_count(self) -> int:
        """The number of nodes.

        >>> from graphfold import load, unfold
        >>> from graphfold.examples import example_path
        >>> unfold(load(example_path("rnn_loss")), 3).node_count
        25
        """
        return self.whole_count if self.kept is None else len(self.kept)

    def whole_number(self, signal: str, step: int | None) -> int | None:
        """The number of an instance before pruning; None when there is no such instance."""
        listed = self._listed_numbers.get((signal, step))
        if listed is not None or step is None:
            return listed
        if step <= 0 and signal in self._leaf_tables:
            table, signal, step = self._leaf_tables[signal], BOUNDARY + signal, 1 - step
        elif signal in self._tables:
            table = self._tables[signal]
        else:
            return None
        return table.number(signal, step) if 1 <= step <= table.steps else None

    def number(self, signal: str, step: int | None) -> int | None:
        """The node number of an instance; None when there is no such instance."""
        whole = self.whole_number(signal, step)
        if self.kept is None or whole is None:
            return whole
        place = bisect_left(self.kept, whole)
        return place if place < len(self.kept) and self.kept[place] == whole else None

    def instance(self, number: int) -> Instance:
        """The instance with that node number; IndexError outside 0..node_count-1."""
        if not 0 <= number < self.node_count:
            raise IndexError(number)
        whole = number if self.kept is None else self.kept[number]
        block = self.blocks[bisect_right(self.blocks, whole, key=lambda b: b.first) - 1]
        if isinstance(block, Table):
            return block.instance(whole)
        return block.instances[whole - block.first]

    def contains(self, signal: str, step: int | None) -> bool:
        """Whether there is such an instance."""
        return self.number(signal, step) is not None

    def instances(self) -> Iterator[Instance]:
        """All instances in topological order."""
        if self.kept is None:
            return chain.from_iterable(self.blocks)
        return map(self.instance, range(self.node_count))

    def find(self, text: str) -> Instance:
        """The instance with that id; UnfoldingError, with a suggestion, when there is none."""
        signal, step = parse_id(text)
        if self.contains(signal, step):
            return signal, step
        raise UnfoldingError(self._absent(signal, step))

    def _absent(self, signal: str, step: int | None) -> str:
        axes = self.circuit.axis_of
        if signal not in axes:
            return f"unknown signal '{shorten(signal)}'{suggest(signal, axes)}"
        axis = axes[signal]
        if axis is None:
            return f"'{signal}' is static: write {signal}"
        if axis in self.circuit.trees and self.kept is None:
            return self._no_node(signal, step, axis)
        if step is None:
            last = self.length(axis)
            told = f"write {signal}[1] up to {signal}[{last}]" if last else "it has no steps here"
            return f"'{signal}' is a sequence: {told}"
        if not self._inside(signal, step) or self.kept is None:
            return f"{signal}[{step}] is not in this unfolding ({axis} = 1..{self.length(axis)})"
        return f"{signal}[{step}] was pruned: no output needs it"

    def _no_node(self, signal: str, step: int | None, axis: str) -> str:
        """Say which instances a signal over a tree has."""
        inner, leaves = self.length(axis), self.tree(axis).leaf_count
        told = [f"its nodes are {signal}[1] up to {signal}[{inner}]"] if inner else []
        if signal in self._leaf_tables:
            told.append(f"its leaves {signal}[0] down to {signal}[{1 - leaves}]")
        name = signal if step is None else f"{signal}[{step}]"
        return f"{name} is no node of this tree; {', '.join(told) or 'it has none'}"


@dataclass(frozen=True)
class Window:
    """A symbolic stretch of an unfolding: columns t - before .. t + after, cut at both sides.

    `axis` None means that every axis has such columns.
    """

    circuit: Circuit
    axis: str | None
    before: int = 1
    after: int = 1
    mode: str = field(default="", repr=False)

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes that have columns."""
        return (self.axis,) if self.axis else tuple(a.name for a in self.circuit.axes)
