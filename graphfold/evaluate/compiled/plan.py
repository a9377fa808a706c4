"""`compile`: a circuit to a plan, kept for reuse; `run`: a plan made and used at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable
from graphfold.errors import UnfoldingError, ValuesError, suggest
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.compiled.engine import Engine, outputs, results
from graphfold.evaluate.compiled.explain import explained
from graphfold.evaluate.compiled.fitting import Fitting, signature
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.inline import inline_functions
from graphfold.evaluate.reference import batches, evaluate
from graphfold.evaluate.value import Array
from graphfold.modes import in_mode
from graphfold.recurrence import find_components
from graphfold.shapes import solve_shapes
from graphfold.unfold import unfold
from graphfold.unfolding import Unfolding


class Plan:
    """A circuit ready to run; it keeps what it compiled for the shapes it has met.

    Signals over trees, and recurrences with delays of both signs, run as the reference does, and so
    does a run with lengths.
    """

    def __init__(
        self,
        circuit: Circuit,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        keep: Iterable[str] | None = None,
    ) -> None:
        self.circuit, self.functions = circuit, dict(functions or {})
        self.keep = tuple(outputs(circuit, keep))
        self._inlined = inline_functions(circuit)
        self._shapes = solve_shapes(self._inlined)
        self._engines: dict[object, Engine] = {}
        self._unfoldings: dict[object, Unfolding] = {}
        self._batches: dict[object, dict[str, int]] = {}
        self._fitting = Fitting()
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
    ) -> dict[str, Array]:
        """Return what the plan keeps, by name: sequences as (T, …) or (T, B, …)."""
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
        self._engine(scope).run(scope, bound)
        found = results(scope, self.keep)
        return {name: _first(a, scope, name) if batch_first else a for name, a in found.items()}

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
            self._batches[flags] = batches(self.circuit, bound, None)
        batch = self._batches[flags]
        return Scope(unfolding, bound.sizes, bound.dtype, wrapped, batch)

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
) -> Plan:
    """Return a plan that runs the circuit fast, and again.

    `keep` names the signals that a run gives back, by default the model's outputs. `functions`
    binds a callable to each opaque function. `engine` is "numpy", "jax" or an array namespace of
    the Python array API standard, such as the module torch; arrays of that kind come out.
    ModelError when the circuit is not well formed; ValuesError for an unknown name in `keep` or
    an unknown engine, and for what an engine other than NumPy cannot run.
    """
    flat = in_mode(ensure_well_formed(circuit), mode)
    for name in keep or ():
        if name not in flat.axis_of:
            raise ValuesError(f"unknown signal '{name}'{suggest(name, flat.axis_of)}")
    if isinstance(engine, str) and engine == "numpy":
        return Plan(flat, functions, keep)
    from graphfold.evaluate.engines.plan import plan_on

    return plan_on(engine, flat, functions, keep)


def run(
    circuit: Freezable,
    values: Mapping[str, Any],
    lengths: Any = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    mode: str | None = None,
    **options: Any,
) -> dict[str, Array]:
    """Return the outputs of a circuit by name, compiled for the occasion."""
    return compile(circuit, mode=mode, functions=functions).run(values, lengths=lengths, **options)
