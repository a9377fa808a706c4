"""The reference evaluation: walk the unfolding, instance by instance, in topological order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Boundary, Circuit
from graphfold.errors import TooLargeError, UnfoldingError, ValuesError
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.evaluation import Evaluation, no_steps
from graphfold.evaluate.inline import inline_functions
from graphfold.evaluate.program import Program, Setting, compile_expression
from graphfold.evaluate.sizing import known, need
from graphfold.evaluate.slots import leaves_id
from graphfold.evaluate.value import Value, fit
from graphfold.instances import format_id
from graphfold.memory import ensure_fits
from graphfold.recurrence import BOUNDARY
from graphfold.shapes import Shapes, solve_shapes
from graphfold.sizes import Shape
from graphfold.unfolding import Unfolding

_OVERHEAD = 400  # bytes of an instance beside its numbers: key, value, array header


def evaluate(
    unfolding: Unfolding,
    values: Mapping[str, Any],
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    batch_first: bool = False,
) -> Evaluation:
    r"""Return the value of every instance of an unfolding.

    `values` maps names to arrays: an input x[t] to (T, *shape), or (T, B, *shape) for a batch; a
    static input to *shape or (B, *shape); a parameter to *shape, untied to (T, *shape); a given
    history such as "h[0]" to *shape or (B, *shape), and of a tree's leaves, "h[k]", to (K, *shape)
    or (K, B, *shape). With `batch_first`, sequences are
    (B, T, *shape), in and out. `functions` binds a callable to each opaque function; it is called
    with the arrays of one example. All is computed in the dtype of the floating arrays.

    ValuesError lists, a line each, all that does not fit; TooLargeError when all the instances
    would not fit into memory.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> evaluate(unfold(loads(text), 10), {}).signal("F").tolist()
    [1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0]
    """
    if not isinstance(unfolding, Unfolding):
        raise UnfoldingError("evaluate takes an unfolding: evaluate(unfold(circuit, 3), values)")
    circuit = unfolding.circuit
    inlined = inline_functions(circuit)
    shapes = solve_shapes(inlined)
    callables = functions or {}
    problems = function_problems(circuit, callables)
    bound = bind(unfolding, shapes.signals, values, problems=problems, batch_first=batch_first)
    batch = _batches(circuit, bound)
    _ensure_fits(unfolding, shapes.signals, bound, batch)
    walk = _Walk(_setting(unfolding, bound, callables, batch), bound, inlined, shapes)
    walk.run()
    return Evaluation(unfolding, walk.setting.store, walk.empty(), batch_first)


def _setting(
    unfolding: Unfolding,
    bound: Bound,
    callables: Mapping[str, Callable[..., Any]],
    batch: Mapping[str, int],
) -> Setting:
    function = unfolding.circuit.function
    wrapped = {n: wrap(function[n], f, bound.sizes, bound.dtype) for n, f in callables.items()}
    return Setting(unfolding, bound.sizes, bound.dtype, wrapped, batch)


def _batches(circuit: Circuit, bound: Bound) -> dict[str, int]:
    """Return the batch size for each signal that depends on a batched value."""
    if bound.batch is None:
        return {}
    found = {name.partition("[")[0] for name, value in bound.values.items() if value.batched}
    pairs = [(link.source, link.target) for link in circuit.links]
    for boundary in circuit.boundaries:
        if boundary.value is not None:
            pairs += [(read.signal, boundary.signal) for _, read in boundary.value.reads()]
    waiting = list(found)
    while waiting:
        source = waiting.pop()
        new = {b for a, b in pairs if a == source} - found
        found |= new
        waiting += new
    return dict.fromkeys(found, bound.batch)


def _ensure_fits(
    unfolding: Unfolding, shapes: Mapping[str, Shape], bound: Bound, batch: Mapping[str, int]
) -> None:
    total = unfolding.node_count * _OVERHEAD
    for equation in unfolding.circuit.equations:
        numbers = batch.get(equation.signal, 1)
        for size in shapes[equation.signal]:
            numbers *= known(size, bound.sizes) or 0
        steps = 1 if equation.axis is None else unfolding.length(equation.axis)
        if equation.signal in unfolding.leaf_signals:
            steps += unfolding.tree(str(equation.axis)).leaf_count
        total += numbers * steps * bound.dtype.itemsize
    ensure_fits(total, f"the values of {unfolding.node_count:,} instances")


@dataclass
class _Walk:
    setting: Setting
    bound: Bound
    inlined: Circuit
    shapes: Shapes
    programs: dict[str, Program] = field(default_factory=dict)

    @np.errstate(all="ignore")  # infinities and NaN are values here, and shown as such
    def run(self) -> None:
        for instance in self.setting.unfolding.instances():
            try:
                value = self.value(*instance)
            except MemoryError as error:
                raise TooLargeError(f"{format_id(*instance)} does not fit into memory") from error
            except (ValuesError, ValueError, IndexError, OverflowError) as error:
                raise ValuesError(f"{format_id(*instance)}: {error}") from error
            self.setting.store[instance] = _frozen(value, self.setting.dtype)

    def value(self, signal: str, step: int | None) -> Value:
        unfolding = self.setting.unfolding
        if step is not None and unfolding.is_boundary(signal, step):
            return self.boundary(signal, step)
        if signal in unfolding.circuit.declared:
            value = self.bound.values[signal]
            return value if step is None else Value(value.array[step - 1], value.batched)
        program = self.programs.get(signal)
        if program is None:
            program = self.programs[signal] = self.program(signal)
        axis = unfolding.circuit.axis_of[signal]
        return program.run({} if axis is None or step is None else {axis: step})

    def program(self, signal: str) -> Program:
        expression = self.inlined.equation[signal].expression
        return compile_expression(expression, self.setting, self.shapes.nodes[signal])

    def boundary(self, signal: str, step: int) -> Value:
        declared = self.setting.unfolding.boundary_value(signal, step)
        if signal in self.setting.unfolding.leaf_signals:
            return self.leaf(signal, 1 - step, declared)
        if declared is None or declared.value is None:
            return self.bound.values[format_id(signal, step)]
        expression = self.inlined.boundary[signal, declared.index].value or declared.value
        value = compile_expression(expression, self.setting, ()).run({})
        return fit(value, self.core(signal))

    def leaf(self, signal: str, leaf: int, declared: Boundary | None) -> Value:
        """A signal over a tree at a leaf."""
        tree = self.setting.unfolding.circuit.tree_of(signal)
        assert tree is not None
        if declared is None or declared.value is None:
            value = self.bound.values[leaves_id(self.setting.unfolding, signal)]
            return Value(value.array[leaf - 1], value.batched)
        program = self.programs.get(BOUNDARY + signal)
        if program is None:
            expression = self.inlined.boundary[signal, declared.index].value or declared.value
            program = compile_expression(expression, self.setting, ())
            self.programs[BOUNDARY + signal] = program
        return fit(program.run({str(tree.leaves): leaf}), self.core(signal))

    def core(self, signal: str) -> tuple[int, ...]:
        return tuple(need(s, self.setting.sizes) for s in self.shapes.signals[signal])

    def empty(self) -> dict[str, Value]:
        """Return the sequences of an axis that has no steps."""
        axes = self.setting.unfolding.circuit.axis_of
        return {
            signal: no_steps(self.core(signal), self.setting.batch.get(signal), self.setting.dtype)
            for signal, axis in axes.items()
            if axis is not None and self.setting.unfolding.length(axis) == 0
        }


def _frozen(value: Value, dtype: np.dtype[Any]) -> Value:
    """Protect an instance's numbers, which others may share; a user's operation may widen them."""
    array = np.asarray(value.array, dtype)
    array.flags.writeable = False
    return Value(array, value.batched)
