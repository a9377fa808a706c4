"""The sheet: what a folded circuit has so far, and what each thing in it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from graphfold.circuit import Axis, Boundary, Equation, Function, Signal
from graphfold.expression import Index
from graphfold.fold.graph import Graph
from graphfold.fold.items import Items
from graphfold.fold.plan import Plan
from graphfold.fold.writing.names import Names
from graphfold.traces.trace import Numbers, Trace

Place = tuple[str, int | None]
ShapesAre = Literal["inferred", "declared", "unknown"]


@dataclass
class Sheet:
    """What is written of the circuit of some items.

    `alone` are the inputs that stay histories from outside. `lengths` has the steps of each axis;
    `leaf_names` are by node, `sequence_names` by the number of the sequence; `function_names`,
    `clock_names` and `aliases` by what they stand for, so that nothing is written twice.
    `boundaries` are by signal and step; `meanings` has the operation of each function. `leaves`,
    `blocks`, `given` and `clocks` are as a draft has them.
    """

    items: Items
    shapes: ShapesAre
    alone: set[int]
    names: Names = field(default_factory=Names)
    axes: list[Axis] = field(default_factory=list)
    axis_of_part: list[Axis] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    inputs: list[Signal] = field(default_factory=list)
    params: list[Signal] = field(default_factory=list)
    leaves: dict[str, Numbers] = field(default_factory=dict)
    leaf_names: dict[int, str] = field(default_factory=dict)
    sequence_names: dict[int, str] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    function_names: dict[tuple[int, int, int, int], str] = field(default_factory=dict)
    meanings: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    clocks: dict[str, tuple[float, float]] = field(default_factory=dict)
    clock_names: dict[tuple[int | None, tuple[float, float]], str] = field(default_factory=dict)
    aliases: dict[tuple[bool, int], str] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    blocks: dict[tuple[Place, int], Numbers] = field(default_factory=dict)
    boundaries: dict[tuple[str, int], Boundary] = field(default_factory=dict)
    given: dict[tuple[str, int], int] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """The plan of the items."""
        return self.items.plan

    @property
    def graph(self) -> Graph:
        """The graph that is folded."""
        return self.plan.graph

    @property
    def trace(self) -> Trace:
        """The trace that is folded."""
        return self.graph.trace

    @property
    def gathered(self) -> set[int]:
        """The items whose steps are gathered outside the circuit."""
        return {self.items.of_kind[pair] for pair in self.plan.gathered.values()}

    def axis(self, part: int | None) -> Axis:
        """The axis of a part."""
        assert part is not None
        return self.axis_of_part[part]

    def late(self, part: int | None, delay: int) -> Index:
        """The index some steps ago."""
        return Index(self.axis(part).name, -delay)

    def fixed(self, part: int | None, step: int) -> Index:
        """The index of one step: T for the last."""
        axis = self.axis(part)
        last = step == self.lengths[axis.name]
        return Index(axis.length) if last else Index("", step)

    def beyond(self, axis: Axis, step: int) -> Index:
        """The index of a step before the first or after the last."""
        if step < 1:
            return Index("", step)
        return Index(axis.length, step - self.lengths[axis.name])
