"""Well-formedness, stage by stage; every problem of a stage is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from graphfold.checks.axes import check_axes
from graphfold.checks.cycles import check_cycles
from graphfold.checks.history import check_history
from graphfold.checks.modes import check_modes
from graphfold.checks.names import check_names
from graphfold.circuit import Circuit, Freezable, freeze
from graphfold.errors import Diagnostic, Mark, ModelError
from graphfold.modes import each_mode
from graphfold.shapes import solve_shapes


def check_shapes(circuit: Circuit) -> Iterable[Diagnostic]:
    """Shapes that do not fit."""
    return solve_shapes(circuit).problems


Stage = Callable[[Circuit], Iterable[Diagnostic]]


def _in_every_mode(stage: Stage) -> Stage:
    """Run a stage for the circuit in each mode; what is wrong in some is told with them."""

    def check_each(circuit: Circuit) -> Iterable[Diagnostic]:
        found: dict[Diagnostic, list[str]] = {}
        for mode, chosen in each_mode(circuit):
            for problem in stage(chosen):
                found.setdefault(problem, []).append(mode)
        for problem, modes in found.items():
            everywhere = len(modes) == max(1, len(circuit.modes))
            where = "" if everywhere else f"in mode {', '.join(modes)}: "
            yield replace(problem, message=where + problem.message)

    return check_each


STAGES: tuple[Stage, ...] = (
    check_names,
    check_axes,
    check_shapes,
    check_modes,
    _in_every_mode(check_cycles),
    _in_every_mode(check_history),
)


def check(circuit: Freezable) -> list[Diagnostic]:
    r"""Return the problems of the first stage that has any, by place; [] when all is well.

    Stages in order: names, axes, shapes, modes, cycles, history.

    >>> from graphfold.formats.model_reader import parse_model
    >>> for problem in check(parse_model("graphfold: 1\nequations: |\n  h[t] = h[t-1]")):
    ...     print(problem)
    3:10: history: h[t-1] at t = 1 reads h[0], which has no value; add `h[0]: zeros` under init
    """
    frozen = freeze(circuit)
    for stage in STAGES:
        problems = [replace(p, source=frozen.source) for p in stage(frozen)]
        if problems:
            return sorted(problems, key=lambda p: p.mark or Mark(0, 0))
    return []


def ensure_well_formed(circuit: Circuit) -> None:
    """Raise ModelError for errors; missing history alone is no obstacle to an unfolding."""
    errors = [p for p in check(circuit) if p.severity == "error" and p.stage != "history"]
    if errors:
        raise ModelError(errors)
