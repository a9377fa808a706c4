"""A circuit ready to run: it keeps what it compiled for the shapes it has met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any, Unpack

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import TooLargeError, ValuesError, shorten
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.checkpoints.run import Checkpoints
from graphfold.evaluate.compiled.assumed import Assumed
from graphfold.evaluate.compiled.differentiable import Differentiable
from graphfold.evaluate.compiled.engine import Engine, outputs, results
from graphfold.evaluate.compiled.explain import Page, explained, over_trees
from graphfold.evaluate.compiled.finite import TrackSearch
from graphfold.evaluate.compiled.fitting import Fitting, signature
from graphfold.evaluate.compiled.gradient import GradientPlans
from graphfold.evaluate.compiled.levels.run import Span, TreeRuns
from graphfold.evaluate.compiled.params import Params
from graphfold.evaluate.compiled.remade import Remade
from graphfold.evaluate.compiled.room import Need, need_of
from graphfold.evaluate.compiled.rows.run import RowRuns, Wish
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.finite import warn_of_first
from graphfold.evaluate.reference import More, batches, evaluate, read_more
from graphfold.evaluate.stream.long_runs import LongOptions, LongRun, is_long
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.stream.streaming import Streaming, streamed
from graphfold.evaluate.told import told_steps
from graphfold.evaluate.value import Array
from graphfold.inline import inline_functions
from graphfold.shapes import Shapes, solve_shapes
from graphfold.unfold import unfold
from graphfold.unfolding import Unfolding


class RunOptions(LongOptions, More, total=False):
    """The further settings of a run."""

    tree: Any


class Plan(Remade, Streaming, Differentiable):
    """A circuit ready to run; it keeps what it compiled for the shapes it has met."""

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
        self.keep, self.params = tuple(outputs(circuit, keep)), Params(circuit, params)
        self.totals = dict(totals or {})
        self._inlined = inline_functions(circuit)
        self._shapes = shapes or solve_shapes(self._inlined)
        self._whole, self._streams = (self._inlined, self._shapes), {}
        self._engines: dict[object, Engine] = {}
        self._unfoldings: dict[object, Unfolding] = {}
        self._batches: dict[object, dict[str, int]] = {}
        self._fitting, self._needs = Fitting(), dict[object, Need]()
        self._gradients = GradientPlans(self._inlined, self._shapes.signals, self._of_gradients)
        self._checking: Plan | None = None
        self._blocks: dict[str, Checkpoints] = {}
        parts = (circuit, self._inlined, self._shapes, self.keep, self.functions)
        self._rows, self._trees = RowRuns(*parts), TreeRuns(*parts)

    def run(
        self,
        values: Mapping[str, Any],
        *,
        steps: int | Mapping[str, int] | None = None,
        lengths: Any = None,
        batch_first: bool = False,
        **options: Unpack[RunOptions],
    ) -> dict[str, Array]:
        """Return what the plan keeps, by name: sequences as (T, …) or (T, B, …).

        `lengths`, `fill` and errors are those of `evaluate`. With `check_finite` all signals are
        looked through, kept or not, which takes the memory of them all. A circuit over a tree is
        told which one: `tree` is as for `unfold`.

        Inputs may also be iterators of steps or of blocks of steps, and arrays that stand in files,
        such as numpy.memmap. Such a run, and one with `out`, goes in blocks and needs memory for
        these only. `out` is an array, or maps names of outputs to arrays, to write into; `batch`
        tells that the steps of iterators are batches of that size; `progress` is called with the
        number of steps done, and that of all steps or None. A circuit that needs all steps at once
        runs in memory; UnfoldingError when an iterator gives them.
        """
        more, tree = More(), options.pop("tree", None)
        for name in [name for name in More.__annotations__ if name in options]:
            more[name] = options.pop(name)  # type: ignore[literal-required,misc]
        fill, check = read_more("run", more)
        if is_long(self.circuit, values, options):
            asked = LongRun(values, steps, options, batch_first)
            some: dict[str, Any] = {"steps": steps, "lengths": lengths, "batch_first": batch_first}
            blocks = lengths is None and not check
            return self._run_long(asked, partial(self.run, **some, **more), blocks)
        if not isinstance(values, Mapping):
            raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
        given, values = values, self.params.beside(values)
        if check and (self.circuit.trees or lengths is not None):
            whole = unfold(self.circuit, steps, tree=tree) if self.circuit.trees else None
            unfolding = whole or self._unfolding(steps, values, batch_first)
            known = evaluate(unfolding, values, functions=self.functions, lengths=lengths,
                             batch_first=batch_first, **more)  # fmt: skip
            return {name: np.array(known.signal(name)) for name in self.keep}
        if self.circuit.trees or tree is not None:
            return self._trees.run(Span(steps, tree), values, lengths, batch_first)
        unfolding = self._unfolding(steps, values, batch_first)
        if lengths is not None:
            return self._rows.run(unfolding, values, Wish(lengths, batch_first, fill))
        bound = self._bind(unfolding, values, batch_first)
        scope = self._scope(unfolding, bound)
        engine = self._checked(scope) if check else self._engine(scope)
        self.params.share(scope, engine, given)
        engine.run(scope, bound)
        if check:
            warn_of_first(TrackSearch.of(scope, bound, self._inlined, self._shapes))
        found = results(scope, self.keep)
        return {name: _first(a, scope, name) if batch_first else a for name, a in found.items()}

    def with_params(self, params: Mapping[str, Any]) -> Plan:
        """The same plan with other values of its own; what is compiled is shared."""
        plan = copy(self)
        plan.params, plan._streams = Params(self.circuit, params), {}
        plan._checking, plan._arguments = None, self._with(params=params)
        return plan

    def _make(self, part: Part, keep: Iterable[str]) -> Plan:
        """A plan for a part of a stream."""
        return Plan(part.circuit, self.functions, keep, shapes=part.shapes)

    def _of_gradients(
        self, circuit: Circuit, keep: Sequence[str], totals: Mapping[str, str]
    ) -> Plan:
        return Plan(circuit, self.functions, keep, totals=totals)

    def _checkpoints(self, loss: str) -> Checkpoints:
        if loss not in self._blocks:
            stream = streamed(self._whole, self._make, (loss,), {})
            self._blocks[loss] = Checkpoints(stream, self._pulling, loss)
        return self._blocks[loss]

    def _pulling(self, part: Part) -> Plan:
        """A plan for the gradients of a part of a stream."""
        return Plan(part.circuit, self.functions, shapes=part.shapes)

    def _checked(self, scope: Scope) -> Engine:
        """The engine of a run that keeps the values of all signals."""
        if self._checking is None:
            every = list(self.circuit.axis_of)
            self._checking = Plan(self.circuit, self.functions, every, totals=self.totals)
        return self._checking._engine(scope)

    def explain(
        self,
        sizes: Mapping[str, int] | None = None,
        *,
        batch: int | None = None,
        dtype: Any = "float64",
        code: bool = False,
    ) -> str:
        """Tell what is done for all steps at once, what step by step, and what each costs.

        `sizes` are those of dimensions, by default as the model says; `batch` is how many examples
        there are, None for values without a batch. `code` adds the code of each loop. ValuesError
        lists sizes that are missing or wrong.
        """
        if self.circuit.trees:
            return "\n".join(over_trees(*self._trees.explained(sizes or {}), code=code))
        scope = Assumed(sizes or {}, batch, dtype).scope(self.circuit)
        try:
            page = Page(Engine(self._inlined, self._shapes, self.keep), scope).fill()
        except MemoryError as error:
            raise TooLargeError("a step of these sizes does not fit into memory") from error
        return "\n".join(explained(page, code=code))

    def __repr__(self) -> str:
        return f"<plan of {self.circuit.name!r}: keeps {shorten(', '.join(self.keep), 60)}>"

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
        engine, steps = self._engines[key], scope.unfolding.steps
        if (key, steps) not in self._needs:
            self._needs[key, steps] = need_of(engine, scope)
        self._needs[key, steps].ensure()
        return engine

    def _unfolding(self, steps: Any, values: Mapping[str, Any], batch_first: bool) -> Unfolding:
        told = steps if steps is not None else told_steps(self.circuit, values, batch_first)
        pairs = tuple(told.items()) if isinstance(told, Mapping) else ((None, told),)
        if not all(type(number) is int for _, number in pairs):
            return unfold(self.circuit, told)
        if pairs not in self._unfoldings:
            self._unfoldings[pairs] = unfold(self.circuit, told)
        return self._unfoldings[pairs]


def _first(array: Array, scope: Scope, name: str) -> Array:
    moving = scope.unfolding.circuit.axis_of[name] is not None
    return array.swapaxes(0, 1) if moving and name in scope.batch else array
