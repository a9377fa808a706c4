"""`compile`: a circuit to a plan, kept for reuse; `run`: a plan made and used at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any, Unpack

import numpy as np

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable
from graphfold.errors import UnfoldingError, ValuesError, suggest
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.compiled.differentiable import Differentiable
from graphfold.evaluate.compiled.engine import Engine, outputs, results
from graphfold.evaluate.compiled.explain import explained
from graphfold.evaluate.compiled.fitting import Fitting, signature
from graphfold.evaluate.compiled.gradient import GradientPlans
from graphfold.evaluate.compiled.params import Params
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.reference import batches, evaluate
from graphfold.evaluate.stream.long_runs import LongOptions, LongRun, is_long
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.stream.streaming import Streaming
from graphfold.evaluate.value import Array
from graphfold.inline import inline_functions
from graphfold.modes import in_mode
from graphfold.recurrence import find_components
from graphfold.shapes import Shapes, solve_shapes
from graphfold.unfold import unfold
from graphfold.unfolding import Unfolding


class Plan(Streaming, Differentiable):
    """A circuit ready to run; it keeps what it compiled for the shapes it has met.

    Signals over trees, and recurrences with delays of both signs, run as the reference does, and so
    does a run with lengths.
    """

    def __init__(
        self,
        circuit: Circuit,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        keep: Iterable[str] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        shapes: Shapes | None = None,
        totals: Mapping[str, str] | None = None,
    ) -> None:
        self.circuit, self.functions = circuit, dict(functions or {})
        self.totals = dict(totals or {})
        self.keep, self.params = tuple(outputs(circuit, keep)), Params(circuit, params)
        self._inlined = inline_functions(circuit)
        self._shapes = shapes or solve_shapes(self._inlined)
        self._whole, self._streams = (self._inlined, self._shapes), {}
        self._engines: dict[object, Engine] = {}
        self._unfoldings: dict[object, Unfolding] = {}
        self._batches: dict[object, dict[str, int]] = {}
        self._fitting = Fitting()
        self._gradients = GradientPlans(self._inlined, self._shapes.signals, self._of_gradients)
        self.by_reference = bool(circuit.trees) or any(
            component.potentials for component in find_components(circuit)[0]
        )

    def run(
        self,
        values: Mapping[str, Any],
        *,
        steps: int | Mapping[str, int] | None = None,
        lengths: Any = None,
        batch_first: bool = False,
        fill: float = 0,
        **options: Unpack[LongOptions],
    ) -> dict[str, Array]:
        """Return what the plan keeps, by name: sequences as (T, …) or (T, B, …).

        Inputs may also be iterators of steps or of blocks of steps, and arrays that stand in files,
        such as numpy.memmap. Such a run, and one with `out`, goes in blocks and needs memory for
        these only. `out` is an array, or maps names of outputs to arrays, to write into; `batch`
        tells that the steps of iterators are batches of that size; `progress` is called with the
        number of steps done, and that of all steps or None. A circuit that needs all steps at once
        runs in memory; UnfoldingError when an iterator gives them.
        """
        if is_long(self.circuit, values, options):
            asked = LongRun(values, steps, options, batch_first)
            some = {"steps": steps, "lengths": lengths, "batch_first": batch_first, "fill": fill}
            return self._run_long(asked, partial(self.run, **some), lengths is None)
        given, values = values, self.params.beside(values)
        unfolding = self._unfolding(steps, values, batch_first)
        if self.by_reference or lengths is not None:
            known = evaluate(
                unfolding,
                values,
                functions=self.functions,
                lengths=lengths,
                batch_first=batch_first,
                fill=fill,
            )
            return {name: known.signal(name) for name in self.keep}
        bound = self._bind(unfolding, values, batch_first)
        scope = self._scope(unfolding, bound)
        engine = self._engine(scope)
        self.params.share(scope, engine, given)
        engine.run(scope, bound)
        found = results(scope, self.keep)
        return {name: _first(a, scope, name) if batch_first else a for name, a in found.items()}

    def with_params(self, params: Mapping[str, Any]) -> Plan:
        """The same plan with other values of its own; what is compiled is shared."""
        plan = copy(self)
        plan.params, plan._streams = Params(self.circuit, params), {}
        return plan

    def _make(self, part: Part, keep: Iterable[str]) -> Plan:
        """A plan for a part of a stream."""
        return Plan(part.circuit, self.functions, keep, shapes=part.shapes)

    def _of_gradients(
        self, circuit: Circuit, keep: Sequence[str], totals: Mapping[str, str]
    ) -> Plan:
        return Plan(circuit, self.functions, keep, totals=totals)

    def explain(self, sizes: Mapping[str, int]) -> str:
        """Tell what is done at once and what step by step, for unbatched values of these sizes."""
        if self.by_reference:
            return "instance by instance, as the reference does"
        unfolding = unfold(self.circuit, {axis.name: 1 for axis in self.circuit.axes})
        scope = Scope(unfolding, sizes, np.dtype(float), {}, {})
        return "\n".join(explained(Engine(self._inlined, self._shapes, self.keep), scope))

    def _bind(self, unfolding: Unfolding, values: Mapping[str, Any], batch_first: bool) -> Bound:
        key = signature(values, unfolding.steps, batch_first)
        bound = None if batch_first else self._fitting.find(key, values)
        if bound is None:
            bound = bind(
                unfolding,
                self._shapes.signals,
                values,
                problems=function_problems(self.circuit, self.functions),
                batch_first=batch_first,
            )
            self._fitting.add(key, values, bound)
        return bound

    def _scope(self, unfolding: Unfolding, bound: Bound) -> Scope:
        function = self.circuit.function
        wrapped = {
            n: wrap(function[n], f, bound.sizes, bound.dtype) for n, f in self.functions.items()
        }
        flags = (bound.batch, *(name for name, value in bound.values.items() if value.batched))
        if flags not in self._batches:
            self._batches[flags] = batches(self.circuit, bound, None, self.totals)
        batch = self._batches[flags]
        totals = frozenset(self.totals) - batch.keys()
        return Scope(unfolding, bound.sizes, bound.dtype, wrapped, batch, totals)

    def _engine(self, scope: Scope) -> Engine:
        key = (tuple(scope.sizes.items()), scope.dtype, tuple(scope.batch.items()))
        if key not in self._engines:
            self._engines[key] = Engine(self._inlined, self._shapes, self.keep)
        return self._engines[key]

    def _unfolding(self, steps: Any, values: Mapping[str, Any], batch_first: bool) -> Unfolding:
        told = steps if steps is not None else self._lengths(values, batch_first)
        key = tuple(told.items()) if isinstance(told, Mapping) else told
        if key not in self._unfoldings:
            self._unfoldings[key] = unfold(self.circuit, told)
        return self._unfoldings[key]

    def _lengths(self, values: Mapping[str, Any], batch_first: bool) -> dict[str, int]:
        """The number of steps of each axis, as the inputs tell."""
        found: dict[str, int] = {}
        for signal in self.circuit.inputs:
            if signal.axis is None or signal.name not in values:
                continue
            shape = np.shape(values[signal.name])
            place = int(batch_first and len(shape) > len(signal.shape) + 1)
            if len(shape) > place:
                found.setdefault(signal.axis, shape[place])
        missing = [a.name for a in self.circuit.axes if a.name not in found]
        if missing and not self.circuit.trees:
            raise UnfoldingError(f"no input tells how many steps {missing[0]} has: give steps=")
        return found


def _first(array: Array, scope: Scope, name: str) -> Array:
    moving = scope.unfolding.circuit.axis_of[name] is not None
    return array.swapaxes(0, 1) if moving and name in scope.batch else array


def compile(
    circuit: Freezable,
    *,
    mode: str | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    keep: Iterable[str] | None = None,
    engine: Any = "numpy",
    params: Mapping[str, Any] | None = None,
) -> Plan:
    """Return a plan that runs the circuit fast, and again.

    `keep` names the signals that a run gives back, by default the model's outputs. `functions`
    binds a callable to each opaque function. `params` are values by name that stay with the plan;
    a value of the same name given to a run wins. `engine` is "numpy", "jax" or an array namespace
    of the Python array API standard, such as the module torch; arrays of that kind come out.
    ModelError when the circuit is not well formed; ValuesError for an unknown name in `keep` or
    an unknown engine, and for what an engine other than NumPy cannot run.
    """
    flat = in_mode(ensure_well_formed(circuit), mode)
    for name in keep or ():
        if name not in flat.axis_of:
            raise ValuesError(f"unknown signal '{name}'{suggest(name, flat.axis_of)}")
    if engine == "numpy":
        return Plan(flat, functions, keep, params=params)
    from graphfold.evaluate.engines.plan import plan_on

    return plan_on(engine, flat, functions, keep, params=params)


def run(
    circuit: Freezable,
    values: Mapping[str, Any],
    lengths: Any = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    mode: str | None = None,
    keep: Iterable[str] | None = None,
    **options: Any,
) -> dict[str, Array]:
    """Return the outputs of a circuit by name, or what to `keep`, compiled for the occasion."""
    return compile(circuit, mode=mode, functions=functions, keep=keep).run(
        values, lengths=lengths, **options
    )
