"""Any unfolding as a trace, instance by instance: over trees, pruned, with sums within sequences.

Unfoldings over chains are read much faster as whole blocks; see `operation_level`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphfold.circuit import Circuit
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    Const,
    Constant,
    Expression,
    Read,
    beneath_outside_reductions,
)
from graphfold.inline import inline_functions
from graphfold.instances import Instance, format_id
from graphfold.shapes import Shapes, solve_shapes
from graphfold.sizes import Shape
from graphfold.traces.build import TraceBuilder
from graphfold.traces.spelled import floats, lists, operation_of, sizes_of
from graphfold.traces.trace import Trace
from graphfold.unfolding import Unfolding

Steps = Mapping[str, int]


def walk_unfolding(unfolding: Unfolding) -> Trace:
    """Return an unfolding as a trace; linear in its operations."""
    circuit = inline_functions(unfolding.circuit)
    walk = _Walk(unfolding, circuit, solve_shapes(circuit), TraceBuilder(circuit.name))
    for instance in unfolding.instances():
        walk.reach(instance)
    outputs = {output.name for output in circuit.outputs}
    inside = (i for i in unfolding.instances() if i[0] in outputs and unfolding.is_inside(*i))
    walk.builder.outputs += [walk.nodes[instance] for instance in inside]
    return walk.builder.finish()


@dataclass
class _Walk:
    unfolding: Unfolding
    circuit: Circuit
    shapes: Shapes
    builder: TraceBuilder
    nodes: dict[Instance, int] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)

    def reach(self, instance: Instance) -> None:
        """Write an instance, and first what it reads and is not written yet."""
        pending = [instance]
        while pending:
            current = pending[-1]
            missing = [] if current in self.nodes else [*self.missing(current)]
            if not missing:
                pending.pop()
                if current not in self.nodes:
                    self.nodes[current] = self.write(current)
            pending += missing

    def missing(self, instance: Instance) -> Iterator[Instance]:
        """What an instance reads that is not written yet."""
        expression = self.expression(instance)
        if expression is not None:
            found = dict.fromkeys(self.reads(expression, expression.root, self.steps(instance)))
            yield from (read for read in found if read not in self.nodes)

    def reads(self, expression: Expression, root: int, steps: Steps) -> Iterator[Instance]:
        """All instances that an expression reads at some steps."""
        for number in beneath_outside_reductions(expression, root):
            node = expression.nodes[number]
            if isinstance(node, Read):
                yield self.instance(node, steps)
            elif isinstance(node, Apply) and node.operation in REDUCTIONS:
                for each in self.each(node, steps):
                    yield from self.reads(expression, node.operands[0], each)

    def write(self, instance: Instance) -> int:
        """Write the operations of an instance whose reads are written."""
        signal, step = instance
        expression = self.expression(instance)
        if expression is None:
            declared = self.circuit.declared.get(signal)
            boundary = self.unfolding.is_boundary(signal, step)
            kind = declared.kind if declared and not boundary else "input"
            shape = sizes_of(self.shapes.signals[signal])
            return self.builder.add(kind, shape=shape, name=format_id(signal, step))
        equation = not self.unfolding.is_boundary(signal, step)
        root = expression.nodes[expression.root]
        if isinstance(root, Const) and not equation:
            return self.constant(root.value, self.shapes.signals[signal])
        shapes = self.shapes.nodes.get(signal, ()) if equation else ()
        return self.value(expression, expression.root, self.steps(instance), shapes, instance)

    def value(
        self,
        expression: Expression,
        root: int,
        steps: Steps,
        shapes: tuple[Shape | None, ...],
        named: Instance | None = None,
    ) -> int:
        """Write the operations of an expression at some steps; the root may have a name."""
        found: dict[int, int] = {}
        for number in beneath_outside_reductions(expression, root):
            node = expression.nodes[number]
            if isinstance(node, Read):
                found[number] = self.nodes[self.instance(node, steps)]
            elif not isinstance(node, Apply):
                found[number] = self.constant(node.value)
            elif node.operation == "step":
                found[number] = self.constant(steps[str(node.attribute("axis"))])
            elif node.operation == "length":
                found[number] = self.constant(self.unfolding.length(str(node.attribute("axis"))))
            else:
                operands = [found[o] for o in node.operands if o in found]
                if node.operation in REDUCTIONS:
                    body, each = node.operands[0], self.each(node, steps)
                    operands = [self.value(expression, body, at, shapes) for at in each]
                shape = shapes[number] if number < len(shapes) else None
                name = format_id(*named) if named and number == root else ""
                told = None if shape is None else sizes_of(shape)
                op, attributes = operation_of(node)
                found[number] = self.builder.add(op, operands, attributes, told, name)
        return found[root]

    # -- where things are --------------------------------------------------------------------

    def expression(self, instance: Instance) -> Expression | None:
        """What an instance is computed by; None for an input, a parameter, a given history."""
        signal, step = instance
        if self.unfolding.is_boundary(signal, step):
            told = self.unfolding.boundary_value(signal, step)
            return None if told is None else told.value
        equation = self.circuit.equation.get(signal)
        return None if equation is None else equation.expression

    def steps(self, instance: Instance) -> dict[str, int]:
        """The step of the axis of an instance; of a history at a leaf, which leaf it is."""
        signal, step = instance
        axis = self.circuit.axis_of[signal]
        if step is None or axis is None:
            return {}
        tree = self.circuit.trees.get(axis)
        leaf = {tree.leaves: 1 - step} if tree and tree.leaves and step <= 0 else {}
        return {axis: step, **leaf}

    def instance(self, read: Read, steps: Steps) -> Instance:
        """What a read looks at."""
        axis = self.circuit.axis_of[read.signal]
        if axis is None or read.index is None:
            return read.signal, None
        return read.signal, self.unfolding.step_read(read.index, axis, steps)

    def each(self, reduction: Apply, steps: Steps) -> Iterator[Steps]:
        """The steps of a reduction's axis, beside those of the axes outside."""
        axis = str(reduction.attribute("axis"))
        for step in range(1, self.unfolding.length(axis) + 1):
            yield {**steps, axis: step}

    def constant(self, value: Constant, shape: Shape = ()) -> int:
        """The node of a constant; equal ones are one."""
        known = sizes_of(shape) if shape else None
        key = f"{known} {floats(value)!r}"
        if key not in self.constants:
            told = {"value": lists(value)}
            self.constants[key] = self.builder.add("const", (), told, known)
        return self.constants[key]
