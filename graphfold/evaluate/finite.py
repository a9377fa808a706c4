"""Find where the first value that is not finite arose, and from what."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from graphfold.errors import Diagnostic, FiniteWarning
from graphfold.evaluate.blocks import block_of
from graphfold.evaluate.program import Compiler, Registers, Steps
from graphfold.evaluate.rows.program import RowCompiler
from graphfold.evaluate.rows.walk import RowWalk
from graphfold.evaluate.spelled import node_text
from graphfold.evaluate.value import Array, Value
from graphfold.evaluate.walk import Walk
from graphfold.expression import REDUCTIONS, Apply, Node, Read
from graphfold.instances import Instance, format_id
from graphfold.reach import reached, reads_of
from graphfold.recurrence import BOUNDARY, find_components


@dataclass(frozen=True)
class Place:
    """A node of an expression whose value is not finite, at certain steps."""

    number: int
    steps: Steps
    value: Value


@dataclass(frozen=True)
class Known:
    """The values of an expression's nodes at certain steps."""

    registers: Registers
    steps: Steps


@dataclass
class Search:
    """Looks through a finished walk; padding does not count."""

    walk: Walk

    def suspects(self) -> Iterator[Instance]:
        """Instances that are not finite, the first of each signal among them."""
        for instance, value in self.walk.setting.store.items():
            if self.wrong(instance, value) is not None:
                yield instance

    def report(self) -> FiniteWarning | None:
        """What to warn of; None when all is finite."""
        first = min(self.suspects(), key=self._order(), default=None)
        return None if first is None else self._origin(first)

    def _order(self) -> _Order:
        return _Order.of(self.walk)

    def wrong(self, instance: Instance, value: Value) -> Array | None:
        """Which numbers of a value are not finite; None when there are none."""
        signal, step = instance
        axis = self.walk.setting.unfolding.circuit.axis_of[signal]
        return self._wrong(value, {} if axis is None or step is None else {axis: step})

    def _wrong(self, value: Value, steps: Steps) -> Array | None:
        mask: Array = ~np.isfinite(value.array)
        if isinstance(self.walk, RowWalk) and value.batched:
            for axis, step in steps.items():
                lengths = self.walk.lengths.axes.get(axis)
                if lengths is not None:
                    mask = mask & lengths.valid(step).reshape(-1, *[1] * value.rank)
        return mask if mask.any() else None

    # -- from a value back to where it comes from ------------------------------------------------

    @np.errstate(all="ignore")
    def _origin(self, instance: Instance) -> FiniteWarning:
        """Follow operands that are not finite, until there are none."""
        while True:
            compiler, steps = self._compiler(instance)
            if compiler is None:
                return self._warning(instance, None, None)
            place = self._first(compiler, steps)
            node = None if place is None else compiler.expression.nodes[place.number]
            if place is None or not isinstance(node, Read):
                return self._warning(instance, compiler, place)
            instance = self._read(compiler, node, place)

    def _compiler(self, instance: Instance) -> tuple[Compiler | None, Steps]:
        """What computes an instance, None when it was given; and its steps."""
        signal, step = instance
        walk, unfolding = self.walk, self.walk.setting.unfolding
        axis = unfolding.circuit.axis_of[signal]
        if step is not None and unfolding.is_boundary(signal, step):
            declared = unfolding.boundary_value(signal, step)
            if declared is None or declared.value is None:
                return None, {}
            tree = unfolding.circuit.tree_of(signal)
            leaf = signal in unfolding.leaf_signals and tree is not None
            steps = {str(tree.leaves): 1 - step} if leaf and tree is not None else {}
            return walk.compiler(signal, declared), steps
        if signal in unfolding.circuit.declared:
            return None, {}
        steps = {} if axis is None or step is None else {axis: step}
        if isinstance(walk, RowWalk):
            if step is not None and not 1 <= step <= unfolding.length(str(axis)):
                return None, {}
            equation, shapes = walk.inlined.equation[signal], walk.shapes.nodes[signal]
            active = walk.active(signal, axis)
            return RowCompiler(equation.expression, walk.setting, shapes, active), steps
        return walk.compiler(signal), steps

    def _first(self, compiler: Compiler, steps: Steps) -> Place | None:
        """A read that is not finite, or else the first operation whose operands are."""
        registers = compiler.program().fill(steps)
        root = compiler.expression.root
        outside = block_of(compiler.expression, compiler.free, root)
        known = Known(registers, steps)
        reads = self._among(compiler, outside, known, Read)
        return reads or self._among(compiler, outside, known, Apply)

    def _among(
        self, compiler: Compiler, numbers: Sequence[int], known: Known, kind: type[Node]
    ) -> Place | None:
        for number in sorted(numbers):
            value, node = known.registers[number], compiler.expression.nodes[number]
            if value is None or self._wrong(value, known.steps) is None:
                continue
            if isinstance(node, Apply) and node.operation in REDUCTIONS:
                place = self._inside(compiler, node, known, kind)
                if place is not None:
                    return place
            if isinstance(node, kind):
                return Place(number, known.steps, value)
        return None

    def _inside(
        self, compiler: Compiler, node: Apply, known: Known, kind: type[Node]
    ) -> Place | None:
        """The same beneath a reduction over time; as deep as there are axes."""
        axis, (body,) = str(node.attribute("axis")), node.operands
        steps = known.steps
        numbers = compiler.inside(axis, body)
        runs = [(n, compiler.run(compiler.expression.nodes[n])) for n in numbers]
        for step in range(1, compiler.setting.unfolding.length(axis) + 1):
            own, at = list(known.registers), {**steps, axis: step}
            for number, run in runs:
                own[number] = run(own, at)
            place = self._among(compiler, numbers, Known(own, at), kind)
            if place is not None:
                return place
        return None

    def _read(self, compiler: Compiler, node: Read, place: Place) -> Instance:
        """The instance that a read reads; from the end, that of the first row that is wrong."""
        index, axis = node.index, compiler.circuit.axis_of[node.signal] or ""
        lengths = compiler.axes.get(axis) if isinstance(compiler, RowCompiler) else None
        if lengths is None or index is None or index.base != compiler.circuit.length_of[axis]:
            return compiler.locate(node)(place.steps)
        mask = ~np.isfinite(place.value.array)
        row = int(np.argwhere(mask)[0][0]) if place.value.batched else 0
        return node.signal, int(lengths.counts[row]) + index.offset

    # -- in words --------------------------------------------------------------------------------

    def _warning(
        self, instance: Instance, compiler: Compiler | None, place: Place | None
    ) -> FiniteWarning:
        circuit, name = self.walk.setting.unfolding.circuit, format_id(*instance)
        value = self.walk.setting.store[instance]
        rows = self._rows(instance, value)
        of = "" if rows is None else f", in {rows[0]:,} of {rows[1]:,} rows"
        what, mark, text = "as it was given", None, ""
        if compiler is not None and place is not None:
            text = node_text(compiler.expression, place.number, circuit)
            mark = compiler.expression.mark(place.number)
            what = f"{text} gives {self._number(place.value, place.steps)} from finite operands"
            more = {a: s for a, s in place.steps.items() if a != circuit.axis_of[instance[0]]}
            what += "".join(f", at {a} = {s}" for a, s in more.items())
        elif compiler is not None:
            what, text = "from its equation", "equation"
        message = f"{name} is the first value that is not finite"
        axis, step = circuit.axis_of[instance[0]], instance[1]
        steps = {} if axis is None or step is None else {axis: step}
        message += f" ({self._number(value, steps)}{of}): {what}"
        diagnostic = Diagnostic(
            "values", "not-finite", message, mark, instance[0], "warning"
        ).placed(circuit.source)
        return FiniteWarning(diagnostic, name, text, rows)

    def _number(self, value: Value, steps: Steps) -> str:
        mask = self._wrong(value, steps)
        wrong = value.array[~np.isfinite(value.array) if mask is None else mask]
        return str(wrong.flat[0]) if wrong.size else "not finite"

    def _rows(self, instance: Instance, value: Value) -> tuple[int, int] | None:
        mask = self.wrong(instance, value)
        if not value.batched or mask is None:
            return None
        return int(mask.any(axis=tuple(range(1, mask.ndim))).sum()), len(mask)


@dataclass(frozen=True)
class _Order:
    """Sorts instances: first in time, then in the order in which signals are computed."""

    walk: Walk
    position: dict[str, int]
    backward: frozenset[str]
    late: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, walk: Walk) -> _Order:
        circuit = walk.setting.unfolding.circuit
        components = find_components(walk.inlined)[0]
        names = [s.removeprefix(BOUNDARY) for c in components for s in c.signals]
        position: dict[str, int] = {}
        for name in names:
            position.setdefault(name, len(position))
        backward = {s for c in components if c.direction == "anti-causal" for s in c.signals}
        moving = [signal for signal, axis in circuit.axis_of.items() if axis is not None]
        late = reached(moving, reads_of(circuit))
        return cls(walk, position, frozenset(backward), frozenset(late))

    def __call__(self, instance: Instance) -> tuple[float, int]:
        signal, step = instance
        unfolding = self.walk.setting.unfolding
        axis = unfolding.circuit.axis_of[signal]
        time: float = np.inf if signal in self.late else -np.inf
        if step is not None and axis is not None:
            time = unfolding.length(axis) + 1 - step if signal in self.backward else step
        return time, self.position.get(signal, 0)


def warn_of_first(search: Search) -> bool:
    """Warn of the first value that is not finite, if there is one; tell whether there is."""
    found = search.report()
    if found is not None:
        warn_caller(found)
    return found is not None


def warn_caller(warning: FiniteWarning) -> None:
    """Warn where graphfold was called."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("graphfold."):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
