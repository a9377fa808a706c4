"""Compiled runs and gradients against loops written by hand, other engines, and the bound."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

from benchmarks.measure import in_new_process, ratios
from benchmarks.rivals.case import EQUATIONS, Case, Shape
from benchmarks.table import Goal, Row, seconds

SHAPES = (
    Shape(100, 1, 32, 32),
    Shape(100, 1, 256, 256),
    Shape(100, 32, 128, 128),
    Shape(100, 64, 256, 512),
    Shape(1000, 16, 64, 128),
)
SMALLEST, WIDEST = SHAPES[0], SHAPES[3]
TINY = Shape(3, 2, 4, 5)
SPAN = 0.02  # seconds that each side of a round takes at least
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

Run = Callable[[], Any]


def rows(quick: bool) -> list[Row]:
    """With one thread, by processor time."""
    return _with_threads(Bench(1, 1), [TINY]) if quick else _with_threads(Bench(1, 7), SHAPES)


def slow_rows() -> list[Row]:
    """With a thread for each core, by the clock: on a busy machine they wait for one another."""
    return _with_threads(Bench(os.cpu_count() or 1, 7), [SMALLEST, WIDEST])


@dataclass(frozen=True)
class Bench:
    """How it is measured."""

    threads: int
    rounds: int

    def in_turns(self, runs: Sequence[Run]) -> list[list[float]]:
        """Seconds of a call of each in each round, the order turned from round to round."""
        clock = process_time if self.threads == 1 else perf_counter
        counts = [self._count(run, clock) for run in runs]
        found: list[list[float]] = [[] for _ in runs]
        for number in range(self.rounds):
            places = [(number + k) % len(runs) for k in range(len(runs))]
            for place in places[::-1] if number % 2 else places:
                start = clock()
                for _ in range(counts[place]):
                    runs[place]()
                found[place].append((clock() - start) / counts[place])
        return found

    def _count(self, run: Run, clock: Callable[[], float]) -> int:
        """How often a call is repeated, after a first one."""
        run()
        start = clock()
        run()
        return 1 if self.rounds == 1 else max(1, int(SPAN / max(clock() - start, 1e-6)))


def _with_threads(bench: Bench, shapes: Sequence[Shape]) -> list[Row]:
    """Measure in a process whose libraries hear of their threads before they are imported."""
    one = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if bench.threads == 1 else {}
    told = dict.fromkeys(THREADS, str(bench.threads)) | one
    before = dict(os.environ)
    os.environ.update(told)
    try:
        return in_new_process(_rows_of, bench, shapes)
    finally:
        for name in told:
            del os.environ[name]
        os.environ.update(before)


def _rows_of(bench: Bench, shapes: Sequence[Shape]) -> list[Row]:
    try:
        import torch
    except ImportError:
        pass
    else:
        torch.set_num_threads(bench.threads)
    cases = [Case(model, shape) for shape in shapes for model in EQUATIONS]
    return [row for case in cases for row in (*_runs(case, bench), *_gradients(case, bench))]


# -- runs -----------------------------------------------------------------------------------------


def _runs(case: Case, bench: Bench) -> list[Row]:
    from benchmarks.rivals import by_hand, jax_scan, onnx_runtime, pytorch

    wide = case.shape.hidden == WIDEST.hidden
    rivals: list[tuple[str, Callable[[Case], Run | None], Goal | None]] = [
        ("a plain loop in NumPy", by_hand.plain, Goal(0.333) if case.shape == SMALLEST else None),
        ("a careful loop in NumPy", by_hand.careful, Goal(1)),
        ("its matrix products alone", by_hand.products, Goal(1.15) if wide else None),
        (f"PyTorch, nn.{case.model}Cell in a loop" if case.model in pytorch.ORDER else
         "PyTorch, a cell in a loop", pytorch.loop, Goal(0.769)),
        (f"PyTorch, nn.{case.model}", pytorch.layer, None),
        ("ONNX Runtime", lambda case: onnx_runtime.operator(case, bench.threads), None),
        ("JAX, scan in jit", jax_scan.scan, None),
    ]  # fmt: skip
    plan, values = _plan(case), case.values
    expected = plan.run(values)["h"]
    return _compare(_title(case, bench), lambda: plan.run(values), expected, bench,
                    [(name, _made(make, case), goal) for name, make, goal in rivals])  # fmt: skip


def _plan(case: Case) -> Any:
    import graphfold as gf

    return gf.compile(gf.loads(case.text()))


def _made(make: Callable[[Case], Run | None], case: Case) -> Run | str | None:
    """A run, or None where there is no such network, or what is missing."""
    try:
        return make(case)
    except ImportError as error:
        return f"{error.name} is not installed"


def _title(case: Case, bench: Bench) -> str:
    sizes = "×".join(map(str, case.shape))
    return f"{case.model} {sizes}, {bench.threads} thread{'s' if bench.threads > 1 else ''}"


Rival = tuple[str, Run | str | None, Goal | None]


def _compare(
    title: str, ours: Run, expected: Any, bench: Bench, rivals: Sequence[Rival]
) -> list[Row]:
    """A row for each rival that is there; what it gives is compared first."""
    runs = {name: run for name, run, _ in rivals if callable(run)}
    for name, run in runs.items():
        _ensure_equal(f"{title}: {name}", expected, run())
    first, *others = bench.in_turns([ours, *runs.values()])
    times = dict(zip(runs, others, strict=True))
    found = []
    for name, run, goal in rivals:
        if name in times:
            theirs = f"{seconds(times[name])}: {name}"
            found.append(Row(title, seconds(first), theirs, ratios(first, times[name]), goal))
        elif isinstance(run, str):
            found.append(Row(title, seconds(first), f"{name}: {run}", ()))
    return found


def _ensure_equal(what: str, expected: Any, got: Any) -> None:
    import numpy as np

    if got is not None:
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4 * scale, err_msg=what)


# -- gradients ------------------------------------------------------------------------------------


def _gradients(case: Case, bench: Bench) -> list[Row]:
    """The derivatives of the loss by all parameters."""
    from benchmarks.rivals import jax_scan, pytorch

    gradient, expected = _our_gradient(case)
    values, plan = case.values, _plan(case)
    rivals: list[Rival] = [
        ("the run alone", lambda: (plan.run(values), None)[1], Goal(3.2)),
        ("PyTorch, autograd of the loop", _made(pytorch.gradients, case), Goal(1)),
        ("JAX, grad of the scan in jit", _made(jax_scan.gradients, case), None),
    ]
    few = Bench(bench.threads, min(bench.rounds, 5))
    return _compare(f"gradients of {_title(case, bench)}", gradient, expected, few, rivals)


def _our_gradient(case: Case) -> tuple[Run, Any]:
    """The call, compiled where that is there, and the derivative by the matrices of the state."""
    import numpy as np

    import graphfold as gf

    circuit, values = gf.loads(case.text(loss=True)), case.values
    wrt = [name for name in values if name != "x"]
    plan = gf.compile(circuit)
    if hasattr(plan, "grad"):

        def run() -> Any:
            return plan.grad(values, "Loss", wrt)
    else:

        def run() -> Any:
            return gf.grad(circuit, "Loss", values, wrt)

    found = run()
    return run, np.concatenate([found[name] for name in wrt if name.startswith("W")])
