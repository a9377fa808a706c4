"""Well-formedness, stage by stage; every problem of a stage is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from graphfold.cells.flatten import flat_cells, flatten
from graphfold.cells.levels import levels
from graphfold.cells.problems import use_problems
from graphfold.checks.axes import check_axes
from graphfold.checks.cycles import check_cycles
from graphfold.checks.history import check_history
from graphfold.checks.modes import check_modes
from graphfold.checks.names import check_definitions, check_names
from graphfold.checks.wires import check_shapes
from graphfold.circuit import Circuit, Freezable, freeze
from graphfold.errors import Diagnostic, Mark, ModelError, shorten
from graphfold.modes import each_mode

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
)
HISTORY = _in_every_mode(check_history)
_START = Mark(0, 0)


def check(circuit: Freezable) -> list[Diagnostic]:
    r"""Return the problems of the first stage that has any, by place; [] when all is well.

    Stages in order: names, axes, shapes, modes, cycles, history. The cells that a circuit uses
    come first, each on its own.

    >>> from graphfold.formats.model_reader import parse_model
    >>> for problem in check(parse_model("graphfold: 1\nequations: |\n  h[t] = h[t-1]")):
    ...     print(problem)
    3:10: history: h[t-1] at t = 1 reads h[0], which has no value; add `h[0]: zeros` under init
    """
    frozen = freeze(circuit)
    faults = _faults(frozen)
    return faults or list(frozen.remember("history", lambda: _first_problems(frozen, (HISTORY,))))


def check_cells(circuit: Circuit) -> list[Diagnostic]:
    """What is wrong with the cells of a circuit, each on its own, and with how they are used."""
    found: list[Diagnostic] = []
    wrong = set[int]()
    for level in levels(circuit):
        if any(id(cell.circuit) in wrong for cell in level.cells):
            wrong.add(id(level))
            continue
        problems = _uses(level)
        if not problems and level is not circuit:
            problems = _first_problems(level, STAGES)
        if level is not circuit:
            problems = [_named(level, p) for p in problems]
        if any(p.severity == "error" for p in problems):
            wrong.add(id(level))
        found += problems
    return found


def _uses(level: Circuit) -> list[Diagnostic]:
    if not (level.cells or level.uses):
        return []
    problems = [*check_definitions(level)] or use_problems(level, flat_cells(level))
    return _sorted(problems, level.source)


def _first_problems(level: Circuit, stages: Iterable[Stage]) -> list[Diagnostic]:
    for stage in stages:
        problems = list(stage(level if stage is check_shapes else flatten(level)))
        if problems:
            return _sorted(problems, level.source)
    return []


def _sorted(problems: Iterable[Diagnostic], source: str | None) -> list[Diagnostic]:
    """By place, what stands in the files of cells last."""
    by_place = sorted(problems, key=lambda p: (p.mark.source, p.mark) if p.mark else ("", _START))
    return [p.placed(source) for p in by_place]


def _named(level: Circuit, problem: Diagnostic) -> Diagnostic:
    """A problem of a cell that no file tells the place of."""
    if problem.mark is not None:
        return problem
    return replace(problem, message=f"in the cell '{shorten(level.name)}': {problem.message}")


def ensure_well_formed(circuit: Freezable) -> Circuit:
    """Return the flat circuit; ModelError for errors.

    Missing history alone is no obstacle to an unfolding.
    """
    frozen = freeze(circuit)
    errors = [p for p in _faults(frozen) if p.severity == "error"]
    if errors:
        raise ModelError(errors)
    return flatten(frozen)


def _faults(circuit: Circuit) -> list[Diagnostic]:
    """The problems of the first stage that has any, history left aside.

    That there are none is remembered: new operations may mend a circuit, but they break none.
    """
    if "sound" in circuit.notes:
        return []
    problems = check_cells(circuit) or _first_problems(circuit, STAGES)
    if not problems:
        circuit.notes["sound"] = True
    return problems
