"""A plan on another engine: a pure function of arrays, compiled where the engine is JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.calls import function_problems
from graphfold.evaluate.compiled.plan import Plan
from graphfold.evaluate.engines.calls import wrapped
from graphfold.evaluate.engines.choose import choose
from graphfold.evaluate.engines.explain import explained
from graphfold.evaluate.engines.fitting import Fit, Fitter
from graphfold.evaluate.engines.lowered import ArrayEngine, Lowered
from graphfold.evaluate.engines.scope import ArrayScope
from graphfold.evaluate.engines.space import Namespace
from graphfold.evaluate.reference import batches
from graphfold.unfolding import Unfolding

Run = Callable[[Mapping[str, Any]], dict[str, Any]]


class ArrayPlan(Plan):
    """A circuit ready to run on an array namespace; arrays of the namespace come out.

    Arrays of the namespace stay where they are; lists and arrays of NumPy are brought to them.
    """

    def __init__(
        self,
        circuit: Circuit,
        namespace: Namespace,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        keep: Iterable[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(circuit, functions, keep, params=params)
        self.namespace = namespace
        _ensure_lowers(circuit, namespace)
        problems = tuple(function_problems(circuit, self.functions))
        self._fitter = Fitter(namespace, self._shapes, problems)
        self._lowered: dict[object, Lowered] = {}
        self._compiled: dict[object, Run] = {}

    def run(
        self,
        values: Mapping[str, Any],
        *,
        steps: int | Mapping[str, int] | None = None,
        batch_first: bool = False,
        **options: Any,
    ) -> dict[str, Any]:
        """Return what the plan keeps, by name: sequences as (T, …) or (T, B, …).

        ValuesError lists all that does not fit, and names options that only NumPy has.
        """
        refused = [name for name, value in options.items() if name != "fill" and value is not None]
        if refused:
            self._refuse(", ".join(refused))
        values = self.params.beside(values)
        unfolding = self._unfolding(steps, values, batch_first)
        fit = self._fitter.fit(unfolding, values, batch_first)
        key, lowered = self._lower(unfolding, fit)
        if self.namespace.jax and key not in self._compiled:
            from jax import jit

            self._compiled[key] = jit(lowered.run)
        found = self._compiled.get(key, lowered.run)(fit.arrays(values))
        return self._turned(found, lowered.scope) if batch_first else found

    def function(
        self, values: Mapping[str, Any], steps: int | Mapping[str, int] | None = None
    ) -> dict[str, Any]:
        """Return what `run` returns, as a pure function that is not compiled.

        It can be differentiated, mapped and compiled with other code, as by `jax.grad`, `jax.vmap`
        and `jax.jit`; with PyTorch, gradients flow back to the values.
        """
        values = self.params.beside(values)
        unfolding = self._unfolding(steps, values, False)
        fit = self._fitter.fit(unfolding, values, False)
        return self._lower(unfolding, fit)[1].run(fit.arrays(values))

    def explain(self, sizes: Mapping[str, int]) -> str:
        """Tell what is done at once and what step by step."""
        return "\n".join(explained(self._inlined, self.namespace.jax))

    def init(self, *_given: Any, **_options: Any) -> NoReturn:
        """One step at a time is done by NumPy only: ValuesError."""
        self._refuse("one step at a time")

    def step(self, *_given: Any, **_options: Any) -> NoReturn:
        """One step at a time is done by NumPy only: ValuesError."""
        self._refuse("one step at a time")

    def grad(self, *_given: Any, **_options: Any) -> NoReturn:
        """Gradients are those of the namespace, of `function`: ValuesError."""
        own = "jax.grad" if self.namespace.jax else "its own gradients"
        told = f"engine {self.namespace.name} has {own}: differentiate plan.function"
        raise ValuesError(f"{told}, or leave out engine=")

    def _refuse(self, what: str) -> NoReturn:
        cure = "leave out engine= for it, or write engine='numpy'"
        raise ValuesError(f"engine {self.namespace.name} does not do {what}; {cure}")

    def _lower(self, unfolding: Unfolding, fit: Fit) -> tuple[object, Lowered]:
        """The circuit lowered for such values, and what tells them from others."""
        bound, space = fit.bound, fit.space
        flags = tuple((name, value.batched) for name, value in bound.values.items())
        key = (
            tuple(unfolding.steps),
            tuple(bound.sizes.items()),
            (str(space.dtype), space.device, space.wide, bound.batch),
            flags,
        )
        if key not in self._lowered:
            calls = wrapped(space, self.circuit.function, self.functions, bound.sizes)
            batch = batches(self.circuit, bound, None)
            scope = ArrayScope(unfolding, bound.sizes, bound.dtype, calls, batch)
            engine = ArrayEngine(self._inlined, self._shapes, self.keep, space=space)
            self._lowered[key] = Lowered(engine, scope, dict(flags))
        return key, self._lowered[key]

    def _turned(self, found: Mapping[str, Any], scope: ArrayScope) -> dict[str, Any]:
        moveaxis, axis_of = self.namespace.xp.moveaxis, self.circuit.axis_of
        return {
            name: moveaxis(a, 0, 1) if name in scope.batch and axis_of[name] is not None else a
            for name, a in found.items()
        }


def _ensure_lowers(circuit: Circuit, namespace: Namespace) -> None:
    """Refuse, with a ValuesError, what only NumPy runs."""
    if circuit.trees:
        cure = "leave out engine=, or write engine='numpy'"
        raise ValuesError(f"engine {namespace.name} does not do signals over trees; {cure}")


def plan_on(
    engine: Any,
    circuit: Circuit,
    functions: Mapping[str, Callable[..., Any]] | None,
    keep: Iterable[str] | None,
    params: Mapping[str, Any] | None = None,
) -> Plan:
    """Return the plan of a circuit on an engine; ValuesError for an unknown one."""
    return ArrayPlan(circuit, choose(engine), functions, keep, params)
