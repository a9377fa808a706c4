"""Well-formedness, stage by stage; every problem of a stage is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from graphfold.checks.axes import check_axes
from graphfold.checks.cycles import check_cycles
from graphfold.checks.history import check_history
from graphfold.checks.names import check_names
from graphfold.circuit import Circuit, Freezable, freeze
from graphfold.errors import Diagnostic, Mark, ModelError
from graphfold.shapes import solve_shapes


def check_shapes(circuit: Circuit) -> Iterable[Diagnostic]:
    """Shapes that do not fit."""
    return solve_shapes(circuit).problems


Stage = Callable[[Circuit], Iterable[Diagnostic]]

STAGES: tuple[Stage, ...] = (check_names, check_axes, check_shapes, check_cycles)


def check(circuit: Freezable) -> list[Diagnostic]:
    r"""Return the problems of the first stage that has any, by place; [] when all is well.

    Stages in order: names, axes, shapes, cycles, history.

    >>> from graphfold.formats.model_reader import parse_model
    >>> for problem in check(parse_model("graphfold: 1\nequations: |\n  h[t] = h[t-1]")):
    ...     print(problem)
    3:10: history: h[t-1] at t = 1 reads h[0], which has no value; add `h[0]: zeros` under init
    """
    frozen = freeze(circuit)
    faults = _faults(frozen)
    return faults or list(frozen.remember("history", lambda: _located(frozen, check_history)))


def ensure_well_formed(circuit: Circuit) -> None:
    """Raise ModelError for errors; missing history alone is no obstacle to an unfolding."""
    errors = [p for p in _faults(circuit) if p.severity == "error"]
    if errors:
        raise ModelError(errors)


def _faults(circuit: Circuit) -> list[Diagnostic]:
    """The problems of the first stage that has any, history left aside.

    That there are none is remembered: new operations may mend a circuit, but they break none.
    """
    if "sound" in circuit.notes:
        return []
    for stage in STAGES:
        if problems := _located(circuit, stage):
            return problems
    circuit.notes["sound"] = True
    return []


def _located(circuit: Circuit, stage: Stage) -> list[Diagnostic]:
    problems = [replace(p, source=circuit.source) for p in stage(circuit)]
    return sorted(problems, key=lambda p: p.mark or Mark(0, 0))
