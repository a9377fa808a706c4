"""A plan on another engine: a pure function of arrays, compiled where the engine is JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
from graphfold.evaluate.engines.row_lengths import edges_of, forbid_empty, read_counts
from graphfold.evaluate.engines.row_scope import RowScope
from graphfold.evaluate.engines.scope import ArrayScope
from graphfold.evaluate.engines.space import Namespace
from graphfold.evaluate.reference import batches, fill_problems
from graphfold.evaluate.rows.needs import Rows
from graphfold.unfolding import Unfolding

Run = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Wish:
    """How a run is to be done."""

    steps: int | Mapping[str, int] | None = None
    lengths: Any = None
    batch_first: bool = False
    fill: float = 0


@dataclass(frozen=True)
class Job:
    """A lowered circuit and its arrays; `key` tells it from others that are compiled."""

    key: object
    lowered: Lowered
    arrays: Mapping[str, Any]
    lengths: Mapping[str, Any]


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
        lengths: Any = None,
        batch_first: bool = False,
        fill: float = 0,
        **options: Any,
    ) -> dict[str, Any]:
        """Return what the plan keeps, by name: sequences as (T, …) or (T, B, …).

        ValuesError lists all that does not fit, and names options that only NumPy has.
        """
        refused = [n for n, value in options.items() if value is not None and value is not False]
        if refused:
            self._refuse(", ".join(refused))
        wish = Wish(steps, lengths, batch_first, fill)
        job = self._job(self.params.beside(values), wish)
        act: Run = job.lowered.run
        if self.namespace.jax:
            from jax import jit

            act = self._compiled.setdefault(job.key, jit(act))
        found = act(job.arrays, job.lengths)
        return self._turned(found, job.lowered.scope) if batch_first else found

    def function(
        self,
        values: Mapping[str, Any],
        steps: int | Mapping[str, int] | None = None,
        lengths: Any = None,
    ) -> dict[str, Any]:
        """Return what `run` returns, as a pure function that is not compiled.

        It can be differentiated, mapped and compiled with other code, as by `jax.grad`, `jax.vmap`
        and `jax.jit`; with PyTorch, gradients flow back to the values. Lengths may be traced: then
        they are not checked, and the mean or maximum over no steps is 0.
        """
        job = self._job(self.params.beside(values), Wish(steps, lengths))
        return job.lowered.run(job.arrays, job.lengths)

    def explain(self, sizes: Mapping[str, int] | None = None, **_options: Any) -> str:
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

    def _job(self, values: Mapping[str, Any], wish: Wish) -> Job:
        """What is to be run on what."""
        if not isinstance(values, Mapping):
            raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
        unfolding = self._unfolding(wish.steps, self._fitter.blank(values), wish.batch_first)
        counts = read_counts(self.namespace, unfolding, wish.lengths)
        wrong = [*fill_problems(wish.fill), *counts.wrong]
        fit = self._fitter.fit(unfolding, values, wish.batch_first, counts.rows, wrong)
        key: tuple[object, ...] = (tuple(unfolding.steps), fit.key)
        if counts.rows is not None:
            axes, names = counts.rows.lengths.axes, counts.rows.names
            key = (*key, repr(wish.fill), tuple(axes), tuple(names.items()))
            if not counts.traced:
                forbid_empty(self._inlined, counts.rows.lengths)
        if key not in self._lowered:
            self._lowered[key] = self._lower(unfolding, fit, counts.rows, wish.fill)
        return Job(key, self._lowered[key], fit.arrays(values), counts.arrays(fit.space))

    def _lower(self, unfolding: Unfolding, fit: Fit, rows: Rows | None, fill: float) -> Lowered:
        bound, space = fit.bound, fit.space
        calls = wrapped(space, self.circuit.function, self.functions, bound.sizes)
        batch = batches(self.circuit, bound, rows)
        known = (unfolding, bound.sizes, bound.dtype, calls, batch)
        scope = ArrayScope(*known, space=space)
        if rows is not None:
            scope = RowScope(*known, space=space, edges=edges_of(self._inlined, rows), fill=fill)
        engine = ArrayEngine(self._inlined, self._shapes, self.keep, space=space)
        flags = {name: value.batched for name, value in bound.values.items()}
        return Lowered(engine, scope, flags)

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
