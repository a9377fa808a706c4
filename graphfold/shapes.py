"""Symbolic shapes: inferred along the equations, around every recurrence, then checked.

Shapes that are not known yet are skipped at first, so a recurrence learns its shape from its
other operands; the last pass, with everything known, reports what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from graphfold.cells.flatten import flatten
from graphfold.circuit import Circuit, Equation, Freezable
from graphfold.errors import Diagnostic, Mark, ModelError, shorten
from graphfold.expression import Apply, Expression, Read
from graphfold.language.printer import Notation, TooLongError, write_nodes
from graphfold.shape_rules import Known, Misfit, broadcast
from graphfold.shape_solver import Solver, Walk
from graphfold.sizes import Shape, shape_text


@dataclass(frozen=True)
class Shapes:
    """The shape of every signal, of every node of every equation, and what does not fit."""

    signals: Mapping[str, Shape]
    nodes: Mapping[str, tuple[Known, ...]]
    problems: tuple[Diagnostic, ...]
    unknown: frozenset[str] = frozenset()  # signals whose shape nothing tells, shown as scalars


def infer_shapes(circuit: Freezable) -> Mapping[str, Shape]:
    """Return every signal's symbolic shape; ModelError when shapes do not fit.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> str(infer_shapes(load(example_path("rnn_loss")))["h"][0])
    'n_h'
    """
    flat = flatten(circuit)
    shapes = solve_shapes(flat)
    if shapes.problems:
        raise ModelError([problem.placed(flat.source) for problem in shapes.problems])
    return shapes.signals


def solve_shapes(circuit: Circuit) -> Shapes:
    """Infer all shapes and collect every misfit."""
    solver = Solver(circuit)
    solver.settle()
    nodes: dict[str, tuple[Known, ...]] = {}
    problems: list[Diagnostic] = []
    for equation in circuit.equations:
        found, misfits = Walk(solver, equation.expression).run()
        nodes[equation.signal] = found
        problems += [_report(solver, equation, found, *misfit) for misfit in misfits]
        if not misfits:
            problems += _unsettled(solver, equation, found[-1])
    problems += _boundary_problems(solver)
    signals = {s: solver.shapes[s] or () for s in circuit.signals}
    unknown = frozenset(s for s in circuit.signals if solver.shapes[s] is None)
    return Shapes(MappingProxyType(signals), MappingProxyType(nodes), tuple(problems), unknown)


# -- reports ------------------------------------------------------------------------------------


def _report(
    solver: Solver, equation: Equation, shapes: Sequence[Known], number: int, misfit: Misfit
) -> Diagnostic:
    expression = equation.expression
    message = _describe(solver, expression, shapes, number, misfit)
    if unknown := solver.assumed.get(equation.signal):
        message += f"; nothing tells the shape of {unknown}: let {unknown}[0] be a parameter"
    mark = expression.mark(number)
    return Diagnostic("shapes", "shape", message, mark, equation.signal)


def _describe(
    solver: Solver, expression: Expression, shapes: Sequence[Known], number: int, misfit: Misfit
) -> str:
    try:
        texts = [p.text for p in write_nodes(expression, Notation(solver.circuit))]
    except TooLongError:
        texts = ["…"] * len(expression.nodes)
    node = expression.nodes[number]
    parts = []
    for operand in node.operands if isinstance(node, Apply) else ():
        shape, read = shapes[operand], expression.nodes[operand]
        if shape is not None:
            where = _declared_at(solver.circuit, read) if isinstance(read, Read) else ""
            name = read.signal if isinstance(read, Read) else shorten(texts[operand])
            parts.append(f"{name} is {shape_text(shape)}{where}")
    facts = " but ".join(dict.fromkeys(parts)) if len(parts) < 3 else ", ".join(parts)
    told = "; ".join(t for t in (misfit.what, facts) if t)
    return f"{shorten(texts[number])}: {told}"


def _declared_at(circuit: Circuit, read: Read) -> str:
    declared = circuit.declared.get(read.signal)
    mark: Mark | None = declared.mark if declared else None
    return f" ({mark.words})" if mark else ""


def _unsettled(solver: Solver, equation: Equation, shape: Known) -> Iterator[Diagnostic]:
    known = solver.shapes[equation.signal]
    if shape is not None and known is not None and shape != known:
        message = (
            f"the shape of '{equation.signal}' does not settle: "
            f"{shape_text(known)} gives {shape_text(shape)}"
        )
        yield Diagnostic("shapes", "shape", message, equation.mark, equation.signal)


def _boundary_problems(solver: Solver) -> Iterator[Diagnostic]:
    for boundary in solver.circuit.boundaries:
        if boundary.value is None:
            continue
        name = f"{boundary.signal}[{boundary.index}]"
        shapes, misfits = Walk(solver, boundary.value).run()
        message = ""
        if misfits:
            message = _describe(solver, boundary.value, shapes, *misfits[0])
        elif not _fits(shapes[-1], solver.shapes.get(boundary.signal)):
            given, wanted = shapes[-1] or (), solver.shapes.get(boundary.signal) or ()
            message = f"{name} is {shape_text(given)} but {boundary.signal} is {shape_text(wanted)}"
        if message:
            yield Diagnostic("shapes", "shape", message, boundary.mark, boundary.signal)


def _fits(value: Known, signal: Known) -> bool:
    if value is None or signal is None:
        return True
    try:
        joined = broadcast([value, signal])
    except Misfit:  # a list of numbers may stand for a symbolic size
        return len(value) == len(signal) and all(
            a == b or (a.constant is not None and b.constant is None)
            for a, b in zip(value, signal, strict=True)
        )
    return joined == signal
