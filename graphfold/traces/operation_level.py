"""An unfolding at operation level: one node for each operation of each equation and step.

A signal that only hands on another one is no node; equal numbers are one constant. Nodes are
filled in whole blocks, one for each operation of an equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import GraphfoldError
from graphfold.expression import REDUCTIONS, Apply, Const, Expression, Read
from graphfold.inline import inline_functions
from graphfold.instances import format_id
from graphfold.shapes import solve_shapes
from graphfold.sizes import Shape
from graphfold.traces.spelled import floats, lists, operation_of, sizes_of
from graphfold.traces.trace import AttributeCodes, Codes, Numbers, Trace
from graphfold.unfolding import Unfolding

Place = tuple[str, int | None]
"""A signal, and None for its equation or the step of a boundary."""


@dataclass(frozen=True)
class OperationLevel:
    """The trace of an unfolding, and the nodes of each operation of each place, by step - 1."""

    trace: Trace
    blocks: Mapping[tuple[Place, int], Numbers]
    leaves: Mapping[str, Numbers]
    given: Mapping[tuple[str, int], int]


class NoBlocksError(GraphfoldError):
    """An unfolding whose operations are no whole blocks over one axis."""


def operation_level(unfolding: Unfolding) -> OperationLevel:
    """Return an unfolding as a trace, with where each node came from.

    NoBlocksError for trees, for reductions inside sequences, and for pruned unfoldings.
    """
    if unfolding.trees or unfolding.kept is not None:
        what = "over a tree" if unfolding.trees else "that is pruned"
        raise NoBlocksError(f"an unfolding {what} is no whole blocks")
    return _Writer(unfolding, inline_functions(unfolding.circuit)).write()


@dataclass
class _Rows:
    """The columns of the trace being written, in blocks of equal operations."""

    count: int = 0
    ops: list[Numbers] = field(default_factory=list)
    attrs: list[Numbers] = field(default_factory=list)
    shapes: list[Numbers] = field(default_factory=list)

    def add(self, count: int, op: int, attrs: Any, shape: int) -> Numbers:
        for column, value in ((self.ops, op), (self.attrs, attrs), (self.shapes, shape)):
            column.append(np.broadcast_to(np.asarray(value, np.int64), count))
        self.count += count
        return np.arange(self.count - count, self.count)


class _Writer:
    def __init__(self, unfolding: Unfolding, circuit: Circuit) -> None:
        self.unfolding, self.circuit = unfolding, circuit
        self.node_shapes = solve_shapes(circuit)
        self.rows = _Rows()
        self.ops, self.shapes, self.attributes = Codes(), Codes(None), AttributeCodes()
        self.names: dict[int, str] = {}
        self.leaves: dict[str, Numbers] = {}
        self.blocks: dict[tuple[Place, int], Numbers] = {}
        self.given: dict[tuple[str, int], int] = {}
        self.constants: dict[str, int] = {}
        self.clocks: dict[str, Numbers] = {}
        self.edges: list[tuple[Numbers, list[Numbers]]] = []
        self.bound: dict[Place, list[str | None]] = {}

    # -- the whole ---------------------------------------------------------------------------

    def write(self) -> OperationLevel:
        for signal in self.circuit.declared:
            self.declare(signal)
        places = list(self.places())
        for place, expression in places:
            self.allot(place, expression)
        for place, expression in places:
            self.connect(place, expression)
        for place, expression in places:
            self.name(place, expression)
        outputs = [self.instances(output.name) for output in self.circuit.outputs]
        return OperationLevel(self.trace(outputs), self.blocks, self.leaves, self.given)

    def trace(self, outputs: list[Numbers]) -> Trace:
        starts, operands = self.wires()
        ops, attrs, shapes = (
            np.concatenate(c) if c else np.zeros(0, np.int64)
            for c in (self.rows.ops, self.rows.attrs, self.rows.shapes)
        )
        ends = np.concatenate(outputs) if outputs else np.zeros(0, np.int64)
        table, shape_table = self.attributes.table, tuple(self.shapes.items)
        op_names, name = tuple(self.ops.items), self.circuit.name
        return Trace(
            op_names, ops, starts, operands, table, attrs, shape_table, shapes,
            ends, self.names, (), name,
        )  # fmt: skip

    def wires(self) -> tuple[Numbers, Numbers]:
        counts = np.zeros(self.rows.count + 1, np.int64)
        for numbers, columns in self.edges:
            counts[numbers + 1] = len(columns)
        starts = np.cumsum(counts)
        operands = np.zeros(int(starts[-1]), np.int64)
        for numbers, columns in self.edges:
            for place, column in enumerate(columns):
                operands[starts[numbers] + place] = column
        return starts, operands

    # -- nodes -------------------------------------------------------------------------------

    def leaf(self, op: str, name: str, shape: Shape) -> int:
        number = int(self.rows.add(1, self.ops.code(op, op), 0, self.shape(shape))[0])
        self.names[number] = name
        return number

    def declare(self, signal: str) -> None:
        declared = self.circuit.declared[signal]
        if declared.axis is None:
            self.leaves[signal] = np.array([self.leaf(declared.kind, signal, declared.shape)])
            return
        numbers = np.full(self.unfolding.length(declared.axis), -1, np.int64)
        steps, op = self.active(signal), self.ops.code(declared.kind, declared.kind)
        numbers[steps - 1] = self.rows.add(len(steps), op, 0, self.shape(declared.shape))
        for step, number in zip(steps.tolist(), numbers[steps - 1].tolist(), strict=True):
            self.names[number] = format_id(signal, step)
        self.leaves[signal] = numbers

    def active(self, signal: str) -> Numbers:
        """The steps at which a sequence is not pinned."""
        length = self.unfolding.length(str(self.circuit.axis_of[signal]))
        steps = np.arange(1, length + 1)
        return np.setdiff1d(steps, self.unfolding.pins.get(signal, ()))

    def places(self) -> Iterator[tuple[Place, Expression]]:
        """The equations, and the boundaries that have values; those given become inputs."""
        for equation in self.circuit.equations:
            yield (equation.signal, None), equation.expression
        pins = [(s, t) for s, steps in self.unfolding.pins.items() for t in steps]
        for signal, step in (*self.unfolding.boundaries, *pins):
            told = self.unfolding.boundary_value(signal, step)
            if told is None or told.value is None:
                shape = self.node_shapes.signals[signal]
                self.given[signal, step] = self.leaf("input", format_id(signal, step), shape)
            else:
                value = self.circuit.boundary[signal, told.index].value or told.value
                yield (signal, step), value

    def allot(self, place: Place, expression: Expression) -> None:
        """Give numbers to the operations of an expression."""
        axis = self.circuit.axis_of[place[0]] if place[1] is None else None
        bound = self.bound[place] = _bound_axes(expression, axis, place[0])
        shapes = self.node_shapes.nodes.get(place[0], ()) if place[1] is None else ()
        for number, node in enumerate(expression.nodes):
            if not isinstance(node, Apply) or node.operation in ("step", "length"):
                continue
            over = bound[number]
            steps = self.active(place[0]) if axis else self.steps(over)
            length = self.unfolding.length(over) if over else 1
            numbers = np.full(length, -1, np.int64)
            op, attributes = operation_of(node)
            known = shapes[number] if number < len(shapes) else None
            shape = 0 if known is None else self.shape(known)
            code = self.attributes.code(attributes)
            numbers[steps - 1] = self.rows.add(len(steps), self.ops.code(op, op), code, shape)
            self.blocks[place, number] = numbers

    def steps(self, axis: str | None) -> Numbers:
        return np.arange(1, (self.unfolding.length(axis) if axis else 1) + 1)

    def constant(self, value: Any, shape: Shape = ()) -> int:
        known = self.shape(shape) if shape else 0
        key = f"{known} {floats(value)!r}"
        if key not in self.constants:
            code, op = (
                self.attributes.code({"value": lists(value)}),
                self.ops.code("const", "const"),
            )
            self.constants[key] = int(self.rows.add(1, op, code, known)[0])
        return self.constants[key]

    def clock(self, axis: str) -> Numbers:
        """The numbers of the steps as constants."""
        if axis not in self.clocks:
            length = self.unfolding.length(axis)
            found = [self.constant(step) for step in range(1, length + 1)]
            self.clocks[axis] = np.array(found, np.int64)
        return self.clocks[axis]

    def name(self, place: Place, expression: Expression) -> None:
        signal, step = place
        numbers = self.blocks.get((place, expression.root))
        if numbers is None:
            return
        if step is not None or self.circuit.axis_of[signal] is None:
            self.names[int(numbers[0])] = format_id(signal, step)
            return
        for step, number in enumerate(numbers.tolist(), 1):
            if number >= 0:
                self.names[number] = format_id(signal, step)

    def shape(self, shape: Shape) -> int:
        known = sizes_of(shape)
        return self.shapes.code(known, known)

    # -- edges -------------------------------------------------------------------------------

    def connect(self, place: Place, expression: Expression) -> None:
        for number, node in enumerate(expression.nodes):
            block = self.blocks.get((place, number))
            if block is None or not isinstance(node, Apply) or not node.operands:
                continue
            steps = np.flatnonzero(block >= 0) + 1
            if node.operation in REDUCTIONS:
                axis = str(node.attribute("axis"))
                operand = self.values(place, expression, node.operands[0], self.steps(axis))
                columns = [np.array([o]) for o in operand.tolist()]
            else:
                columns = [self.values(place, expression, o, steps) for o in node.operands]
            self.edges.append((block[steps - 1], columns))

    def values(self, place: Place, expression: Expression, number: int, steps: Numbers) -> Numbers:
        """The nodes that are the values of a node of an expression at some steps."""
        node = expression.nodes[number]
        if isinstance(node, Const):
            whole = place[1] is not None and number == expression.root
            shape: Shape = self.node_shapes.signals[place[0]] if whole else ()
            return np.full(len(steps), self.constant(node.value, shape))
        if isinstance(node, Read):
            return self.resolve(node.signal, self.read_steps(node, steps))
        if node.operation == "step":
            return self.clock(str(node.attribute("axis")))[steps - 1]
        if node.operation == "length":
            length = self.unfolding.length(str(node.attribute("axis")))
            return np.full(len(steps), self.constant(length))
        block = self.blocks[place, number]
        return block[steps - 1] if self.bound[place][number] else np.full(len(steps), block[0])

    def read_steps(self, read: Read, steps: Numbers) -> Numbers:
        """The steps at which a read looks."""
        if read.index is None:
            return np.ones_like(steps)
        if self.circuit.clock_of(read.index) is not None:
            return steps + read.index.offset
        axis = str(self.circuit.axis_of[read.signal])
        return np.full_like(steps, self.unfolding.resolve(read.index, axis))

    def instances(self, signal: str) -> Numbers:
        """The nodes that are the values of a signal."""
        return self.resolve(signal, self.steps(self.circuit.axis_of[signal]))

    def resolve(self, signal: str, steps: Numbers) -> Numbers:
        """The nodes that are the values of a signal at some steps, through whatever hands it on."""
        found = np.full(len(steps), -1, np.int64)
        pending = [(signal, np.arange(len(steps)), steps)]
        while pending:
            signal, at, steps = pending.pop()
            if self.circuit.axis_of[signal] is None:
                self.settle((signal, None), at, steps, found, pending)
                continue
            inside = np.isin(steps, self.active(signal), kind="table") if len(steps) else steps > 0
            if inside.any():
                self.settle((signal, None), at[inside], steps[inside], found, pending)
            for step in np.unique(steps[~inside]).tolist():
                chosen = ~inside & (steps == step)
                self.settle((signal, step), at[chosen], steps[chosen], found, pending)
        return found

    def settle(
        self, place: Place, at: Numbers, steps: Numbers, found: Numbers, pending: list[Any]
    ) -> None:
        signal, step = place
        if step is None and signal in self.leaves:
            leaves = self.leaves[signal]
            found[at] = leaves[steps - 1] if self.circuit.axis_of[signal] else leaves[0]
            return
        if step is not None and (signal, step) in self.given:
            found[at] = self.given[signal, step]
            return
        expression = self.expression(place)
        node = expression.nodes[expression.root]
        if isinstance(node, Read):
            pending.append((node.signal, at, self.read_steps(node, steps)))
        else:
            found[at] = self.values(place, expression, expression.root, steps)

    def expression(self, place: Place) -> Expression:
        signal, step = place
        if step is None:
            return self.circuit.equation[signal].expression
        told = self.unfolding.boundary_value(signal, step)
        assert told is not None
        value = self.circuit.boundary[signal, told.index].value
        assert value is not None
        return value


def _bound_axes(expression: Expression, axis: str | None, signal: str) -> list[str | None]:
    """The axis over which each node of an expression has values, None for one value."""
    if axis is not None:
        if any(isinstance(n, Apply) and n.operation in REDUCTIONS for n in expression.nodes):
            raise NoBlocksError(f"'{signal}' reduces a sequence inside a sequence")
        return [axis] * len(expression.nodes)
    found: list[str | None] = []
    for node in expression.nodes:
        axes: set[str] = set()
        if isinstance(node, Read) and node.index is not None and _moves(expression, node):
            axes.add(node.index.base)
        if isinstance(node, Apply) and node.operation == "step":
            axes.add(str(node.attribute("axis")))
        if isinstance(node, Apply) and node.operation not in REDUCTIONS:
            axes |= {str(found[o]) for o in node.operands if found[o]}
        if len(axes) > 1:
            raise NoBlocksError(f"'{signal}' reduces over two axes at once")
        found.append(next(iter(axes), None))
    return found


def _moves(expression: Expression, read: Read) -> bool:
    """Whether a read in a static equation moves along the axis of a reduction."""
    reductions = [n for n in expression.nodes if isinstance(n, Apply) and n.operation in REDUCTIONS]
    assert read.index is not None
    return read.index.base in {n.attribute("axis") for n in reductions}
