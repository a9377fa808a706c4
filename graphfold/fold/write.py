"""Write items as a circuit, and keep which nodes each operation of each equation stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from graphfold.circuit import (
    Axis,
    Boundary,
    Circuit,
    Dimension,
    Equation,
    Function,
    Output,
    Signal,
    sort_boundaries,
)
from graphfold.expression import Apply, Const, Constant, Expression, ExpressionBuilder, Index, Read
from graphfold.fold.beneath import parts_beneath
from graphfold.fold.graph import identity
from graphfold.fold.items import Item, Items, Ref
from graphfold.fold.leaf_shapes import leaf_shape
from graphfold.fold.meaning import settings
from graphfold.fold.names import Names, base_of, legal_name
from graphfold.terms import constant_of
from graphfold.traces.trace import Numbers

_LARGEST_LIST = 64  # numbers of a history

Place = tuple[str, int | None]
ShapesAre = Literal["inferred", "declared", "unknown"]

_ELEMENTWISE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "pow",
        "mod",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "neg",
        "tanh",
        "sigmoid",
        "relu",
        "softplus",
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "abs",
        "sign",
        "square",
        "maximum",
        "minimum",
        "where",
        "clip",
    ]
)


@dataclass(frozen=True)
class Draft:
    """A circuit and the nodes of the trace that it stands for.

    `blocks` gives the nodes, by step, of each operation of the expression of each place; `leaves`
    those of inputs and parameters, `given` those of histories from outside; `clocks` the constants
    that a signal computes from the step; `outputs` what each output of the circuit is.
    """

    circuit: Circuit
    lengths: Mapping[str, int]
    blocks: Mapping[tuple[Place, int], Numbers]
    leaves: Mapping[str, Numbers]
    given: Mapping[tuple[str, int], int]
    clocks: Mapping[str, tuple[float, float]]
    functions: Mapping[str, tuple[str, Mapping[str, Any]]]
    axis_of_part: tuple[str, ...]
    signals: Mapping[str, int]


def write_circuit(items: Items, shapes: ShapesAre = "inferred") -> Draft:
    """Write the circuit of some items.

    Where shapes are "declared", histories from outside are inputs with their shapes; where they are
    "unknown", all that needs known ones is an opaque function.
    """
    return _Writer(items, shapes).write()


class _Writer:
    def __init__(self, items: Items, shapes: ShapesAre) -> None:
        self.items, self.plan, self.shapes = items, items.plan, shapes
        self.graph, self.trace = items.plan.graph, items.plan.graph.trace
        self.names = Names()
        self.leaf_names: dict[int, str] = {}
        self.sequence_names: dict[int, str] = {}
        self.inputs: list[Signal] = []
        self.params: list[Signal] = []
        self.leaves: dict[str, Numbers] = {}
        self.functions: dict[str, Function] = {}
        self.meanings: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self.function_names: dict[tuple[int, int, int, int], str] = {}
        self.clock_names: dict[tuple[int | None, tuple[float, float]], str] = {}
        self.aliases: dict[tuple[int, int], str] = {}
        self.equations: list[Equation] = []
        self.boundaries: dict[tuple[str, int], Boundary] = {}
        self.blocks: dict[tuple[Place, int], Numbers] = {}
        self.given: dict[tuple[str, int], int] = {}
        self.clocks: dict[str, tuple[float, float]] = {}
        self.outputs: list[str] = []
        self.axes: list[Axis] = []
        self.axis_of_part: list[Axis] = []
        self.lengths: dict[str, int] = {}

    def write(self) -> Draft:
        leaves = self.leaf_reads()
        plain = {n for n in leaves if self.graph.family[n] < 0 and self.trace.op(n) != "const"}
        self.name_leaves(plain)
        self.choose_axes()
        self.name_sequences()
        self.name_leaves(leaves - plain)
        self.name_signals()
        for number, item in enumerate(self.items.items):
            if item.signal:
                self.equation(number, item)
        self.histories()
        self.roots()
        self.fill_histories()
        return Draft(
            self.circuit(), self.lengths, self.blocks, self.leaves, self.given, self.clocks,
            self.meanings, tuple(a.name for a in self.axis_of_part),
            {i.name: n for n, i in enumerate(self.items.items) if i.signal},
        )  # fmt: skip

    def circuit(self) -> Circuit:
        shapes = [s.shape for s in (*self.inputs, *self.params)]
        shapes += [f.shape or () for f in self.functions.values()]
        symbols = dict.fromkeys(symbol for shape in shapes for s in shape for symbol in s.symbols)
        return Circuit(
            self.trace.name,
            tuple(self.axes) or (Axis("t", "T"),),
            dims=tuple(Dimension(symbol) for symbol in symbols),
            inputs=tuple(self.inputs),
            params=tuple(self.params),
            functions=tuple(self.functions.values()),
            boundaries=sort_boundaries(self.boundaries.values()),
            equations=tuple(self.equations),
            outputs=tuple(Output(name) for name in dict.fromkeys(self.outputs)),
        )

    # -- names -------------------------------------------------------------------------------

    def refs(self) -> Iterator[Ref]:
        """All reads of the circuit."""
        for item in self.items.items:
            yield from item.refs
        for part in self.plan.parts:
            yield from (self.items.ref(node, True) for node in part.histories.values())
        yield from (self.items.ref(root) for root in self.plan.roots)

    def leaf_reads(self) -> set[int]:
        """The leaves and single elements that become static inputs and parameters."""
        found = {ref.node for ref in self.refs() if ref.what == "leaf"}
        return found - set(self.given_alone())

    def name_leaves(self, nodes: set[int]) -> None:
        names = {n: self.leaf_name(n) for n in nodes}
        for node in sorted(nodes, key=lambda n: (names[n], identity(self.trace, n))):
            name = self.leaf_names[node] = self.names.take(names[node], "x")
            self.declare(name, node, None, np.array([node]))

    def leaf_name(self, node: int) -> str:
        if self.trace.op(node) == "const":
            return "constant"
        if node in self.trace.names:
            return self.trace.names[node]
        family = self.graph.families[self.graph.family[node]]
        return f"{family.name}_{int(self.graph.index[node])}"

    def declare(self, name: str, node: int, axis: str | None, nodes: Numbers) -> None:
        if self.trace.op(node) == "param" and axis is None:
            self.params.append(Signal(name, "param", axis, leaf_shape(self.trace, node)))
        else:
            self.inputs.append(Signal(name, "input", axis, leaf_shape(self.trace, node)))
        self.leaves[name] = nodes

    def given_alone(self) -> Iterator[int]:
        """Inputs that are nothing but one history: they stay `given`."""
        if self.shapes == "declared":
            return
        reads: dict[int, int] = {}
        for part in self.plan.parts:
            for node in part.histories.values():
                if self.trace.op(node) == "input" and node not in self.plan.elements:
                    reads[node] = reads.get(node, 0) + 1
        fans = np.diff(self.graph.out_starts)
        outputs = set(self.trace.outputs.tolist())
        for part in self.plan.parts:
            for (kind, step), node in part.histories.items():
                if reads.get(node) != 1 or node in outputs:
                    continue
                delays = sum(
                    s.kind == kind and (k.at(np.array([step + s.delay])) >= 0).any()
                    for k in part.kinds for s in k.slots
                )  # fmt: skip
                if fans[node] == delays:
                    yield node

    def choose_axes(self) -> None:
        """An axis for each part; parts of one length that do not depend on each other share it."""
        beneath = parts_beneath(self.items)
        for number, part in enumerate(self.plan.parts):
            for other, axis in enumerate(self.axis_of_part):
                apart = other in beneath[number] or number in beneath[other]
                clash = any(
                    m in beneath[number] or number in beneath[m]
                    for m in range(number) if self.axis_of_part[m] is axis
                )  # fmt: skip
                if self.lengths[axis.name] == part.steps and not apart and not clash:
                    self.axis_of_part.append(axis)
                    break
            else:
                name = self.names.first_free(("t", "u", "v", "w", "r"), "t")
                length = self.names.first_free(("T",) if not self.axes else (), f"T_{name}")
                self.axes.append(Axis(name, length))
                self.axis_of_part.append(self.axes[-1])
                self.lengths[name] = part.steps

    def name_sequences(self) -> None:
        same: dict[tuple[str, bytes], str] = {}
        for (part, place), number in self.items.sequences.items():
            kind, axis = self.plan.parts[part].kinds[place], self.axis_of_part[part].name
            key = (axis, kind.nodes.tobytes())
            if key not in same:
                wanted = self.sequence_name(kind.nodes, kind.family)
                same[key] = self.names.take(wanted, "x")
                node = int(kind.nodes[kind.nodes >= 0][0])
                self.declare(same[key], node, axis, kind.nodes)
            self.sequence_names[number] = same[key]

    def sequence_name(self, nodes: Numbers, family: int) -> str:
        if family >= 0:
            return self.graph.families[family].name
        names = [self.trace.names.get(int(n), "") for n in nodes[nodes >= 0]]
        first, last = min(names), max(names)
        common = next((i for i, c in enumerate(first) if last[i : i + 1] != c), len(first))
        return first[:common].rstrip("0123456789.[_-")

    def name_signals(self) -> None:
        wanted: dict[int, str] = {}
        for number, item in enumerate(self.items.items):
            if item.signal:
                wanted[number] = self.wanted(number, item)
        given = {n: w for n, w in wanted.items() if w}
        for number in [*given, *(n for n in wanted if n not in given)]:
            item = self.items.items[number]
            item.name = self.names.take(wanted[number] or self.short(number, item))

    def wanted(self, number: int, item: Item) -> str:
        names = [self.trace.names.get(int(n)) for n in item.nodes[item.nodes >= 0][:8]]
        base = base_of(names)
        if base and item.part is not None:
            return base
        return names[0] or "" if item.part is None else ""

    def short(self, number: int, item: Item) -> str:
        """A letter that tells the part a signal plays: a state, an output, anything else."""
        if item.part is None:
            return "c"
        late = any(
            ref.what == "item" and ref.item == number and ref.delay
            for other in self.items.items for ref in other.refs
        )  # fmt: skip
        if late:
            return "h"
        gathered = {self.items.of_kind[pair] for pair in self.plan.gathered.values()}
        roots = {ref.item for ref in map(self.items.ref, self.plan.roots) if ref.what == "fixed"}
        return "y" if number in gathered | roots else "a"

    # -- equations ---------------------------------------------------------------------------

    def equation(self, number: int, item: Item) -> None:
        axis = None if item.part is None else self.axis_of_part[item.part].name
        expression = self.expression(number)
        place = (item.name, None)
        self.equations.append(Equation(item.name, axis, expression))
        pending = [(expression.root, number)]
        while pending:
            node, current = pending.pop()
            applied = expression.nodes[node]
            assert isinstance(applied, Apply)
            self.blocks[place, node] = self.items.items[current].nodes
            for operand, ref in zip(applied.operands, self.items.items[current].refs, strict=True):
                if self.is_within(ref, number):
                    pending.append((operand, ref.item))

    def is_within(self, ref: Ref, owner: int) -> bool:
        """Whether a read is part of the owner's equation."""
        return (
            ref.what == "item"
            and not self.items.items[ref.item].signal
            and not ref.delay
            and (self.items.items[ref.item].owner == owner)
        )

    def expression(self, number: int) -> Expression:
        builder, numbers = ExpressionBuilder(), dict[int, int]()
        pending = [(number, False)]
        while pending:
            current, ready = pending.pop()
            if current in numbers:
                continue
            item = self.items.items[current]
            if not ready:
                pending.append((current, True))
                pending += [
                    (r.item, False) for r in reversed(item.refs) if self.is_within(r, number)
                ]
                continue
            operands = tuple(
                numbers[r.item] if self.is_within(r, number) else self.read(builder, r, item.part)
                for r in item.refs
            )  # fmt: skip
            numbers[current] = builder.add(self.operation(item, operands))
        return builder.finish(numbers[number])

    def operation(self, item: Item, operands: tuple[int, ...]) -> Apply:
        node = item.node
        op, attributes = self.trace.op(node), self.trace.attributes_of(node)
        if item.refs and item.refs[0].what == "all":
            part = self.items.items[item.refs[0].item].part
            assert part is not None
            return Apply(op, operands, (("axis", self.axis_of_part[part].name),))
        known = settings(op, attributes, len(operands))
        if known is not None and (self.shapes != "unknown" or op in _ELEMENTWISE):
            return Apply(op, operands, known)
        return Apply("call", operands, (("function", self.function(node)),))

    def function(self, node: int) -> str:
        """The opaque function that stands for an operation."""
        count = int(self.graph.arity[node])
        key = (
            int(self.trace.ops[node]),
            int(self.trace.attrs[node]),
            count,
            int(self.trace.shapes[node]),
        )
        if key not in self.function_names:
            op = self.trace.op(node)
            name = self.names.take(op, "f")
            arguments = tuple(
                "abcdefghijklmnopqrsuvwxyz"[i] if count <= 25 else f"a{i}" for i in range(count)
            )
            self.functions[name] = Function(name, arguments, shape=leaf_shape(self.trace, node))
            self.meanings[name] = (op, self.trace.attributes_of(node))
            self.function_names[key] = name
        return self.function_names[key]

    def read(self, builder: ExpressionBuilder, ref: Ref, part: int | None) -> int:
        """Add the node of a read that is no operation of this equation."""
        return builder.add(self.read_node(ref, part))

    def read_node(self, ref: Ref, part: int | None) -> Const | Read | Apply:
        if ref.what == "const":
            return Const(self.constant(ref.node))
        if ref.what == "leaf":
            return Read(self.leaf_names[ref.node])
        if ref.what == "clock":
            return self.clock_read(ref, part)
        if ref.what in ("sequence", "element"):
            return self.sequence_read(ref, part)
        item = self.items.items[ref.item]
        if ref.what == "fixed":
            return Read(item.name, self.fixed(item.part, ref.step))
        return Read(item.name, None if item.part is None else self.late(item.part, ref.delay))

    def clock_read(self, ref: Ref, part: int | None) -> Read | Apply:
        axis = self.axis(part).name
        slope, start = ref.clock
        if slope == 1 and not start:
            return Apply("step", (), (("axis", axis),))
        return Read(self.clock(part, ref.clock), Index(axis))

    def sequence_read(self, ref: Ref, part: int | None) -> Read:
        name = self.sequence_names[ref.item]
        if ref.what == "sequence":
            return Read(name, self.late(part, ref.delay))
        own = next(p for (p, _), n in self.items.sequences.items() if n == ref.item)
        return Read(name, self.fixed(own, ref.step))

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

    def constant(self, node: int) -> Constant:
        return constant_of(self.trace.attributes_of(node)["value"])

    def initial(self, node: int) -> Constant:
        """A constant history; a number becomes a list where shapes must be told, and are small."""
        value, shape = self.trace.attributes_of(node)["value"], self.trace.shape_of(node)
        sizes = [size for size in shape or () if isinstance(size, int)]
        small = bool(sizes) and len(sizes) == len(shape or ()) and 0 < prod(sizes) <= _LARGEST_LIST
        if self.shapes == "declared" and small:
            return constant_of(np.broadcast_to(value, sizes))
        return constant_of(value)

    def clock(self, part: int | None, clock: tuple[float, float]) -> str:
        """The signal a·t + b."""
        if (part, clock) not in self.clock_names:
            axis = self.axis(part).name
            name = self.clock_names[part, clock] = self.names.take("k")
            builder = ExpressionBuilder()
            value = builder.add(Apply("step", (), (("axis", axis),)))
            if clock[0] != 1:
                value = builder.add(Apply("mul", (builder.add(Const(clock[0])), value)))
            if clock[1]:
                op = "add" if clock[1] > 0 else "sub"
                value = builder.add(Apply(op, (value, builder.add(Const(abs(clock[1]))))))
            self.equations.append(Equation(name, axis, builder.finish(value)))
            self.clocks[name] = clock
        return self.clock_names[part, clock]

    # -- boundaries --------------------------------------------------------------------------

    def histories(self) -> None:
        alone = set(self.given_alone())
        for number, part in enumerate(self.plan.parts):
            for (kind, step), node in part.histories.items():
                name = self.kind_name(number, kind)
                if (name, step) in self.boundaries:
                    continue
                index = self.boundary_index(number, step)
                value = None if node in alone else self.history(node)
                self.boundaries[name, step] = Boundary(name, index, value)
                if value is None:
                    self.given[name, step] = node

    def kind_name(self, part: int, kind: int) -> str:
        if (part, kind) in self.items.sequences:
            return self.sequence_names[self.items.sequences[part, kind]]
        return self.items.items[self.items.of_kind[part, kind]].name

    def boundary_index(self, part: int, step: int) -> Index:
        length = self.plan.parts[part].steps
        return Index("", step) if step < 1 else Index(self.axis_of_part[part].length, step - length)

    def history(self, node: int) -> Expression:
        ref = self.items.ref(node, history=True)
        if ref.what == "const":
            return Expression((Const(self.initial(node)),))
        if ref.what == "leaf":
            return Expression((Read(self.leaf_names[node]),))
        if ref.what == "item":
            return Expression((Read(self.items.items[ref.item].name),))
        return Expression((Read(self.alias(node, ref)),))

    def alias(self, node: int, ref: Ref) -> str:
        """A static signal that is one step of a sequence, or one leaf."""
        key = (0 if ref.what == "fixed" else 1, node)
        if key not in self.aliases:
            wanted = legal_name(self.trace.names.get(node, ""))
            read = self.read_node(ref, None)
            name = self.names.take(
                wanted
                if wanted and "[" not in self.trace.names.get(node, "")
                else self.alias_name(read, ref)
            )
            self.equations.append(Equation(name, None, Expression((read,))))
            self.aliases[key] = name
        return self.aliases[key]

    def alias_name(self, read: Any, ref: Ref) -> str:
        if not isinstance(read, Read) or read.index is None:
            return "y"
        return f"{read.signal}_{'last' if read.index.base else read.index.offset}"

    def fill_histories(self) -> None:
        """Zeros where a step that nobody needs reads before the first step."""
        for equation in self.equations:
            for _, read in equation.expression.reads():
                if read.index is None or equation.axis != read.index.base or not read.index.offset:
                    continue
                length = self.lengths[read.index.base]
                axis = next(a for a in self.axes if a.name == read.index.base)
                late = -read.index.offset
                steps = range(1 - late, 1) if late > 0 else range(length + 1, length - late + 1)
                for step in steps[:length] if late > 0 else steps[-length:]:
                    if (read.signal, step) not in self.boundaries:
                        index = Index("", step) if step < 1 else Index(axis.length, step - length)
                        zero = Expression((Const(0),))
                        self.boundaries[read.signal, step] = Boundary(read.signal, index, zero)

    # -- outputs -----------------------------------------------------------------------------

    def roots(self) -> None:
        steps: dict[int, set[int]] = {}
        refs = {root: self.items.ref(root) for root in self.plan.roots}
        for ref in refs.values():
            if ref.what == "fixed":
                steps.setdefault(ref.item, set()).add(ref.step)
        whole = {n for n, those in steps.items() if len(those) == len(self.items.items[n].nodes)}
        gathered = {self.items.of_kind[pair] for pair in self.plan.gathered.values()}
        for number in gathered:
            if (self.items.items[number].nodes >= 0).all():
                whole.add(number)
        self.outputs += [self.items.items[n].name for n in sorted(whole)]
        order = sorted(
            refs,
            key=lambda r: (refs[r].what, refs[r].item, refs[r].step, self.trace.names.get(r, "")),
        )
        for root in order:
            ref = refs[root]
            if ref.what == "item":
                self.outputs.append(self.items.items[ref.item].name)
            elif not (ref.what == "fixed" and ref.item in whole):
                if ref.what == "leaf" and root in self.leaf_names:
                    self.outputs.append(self.leaf_names[root])
                else:
                    self.outputs.append(self.alias(root, ref))
