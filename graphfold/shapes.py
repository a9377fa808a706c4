"""Symbolic shapes: inferred along the equations, around every recurrence, then checked.

Shapes that are not known yet are skipped at first, so a recurrence learns its shape from its
other operands; the last pass, with everything known, reports what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from graphfold.circuit import (
    Apply,
    Boundary,
    Circuit,
    Const,
    Constant,
    Equation,
    Expression,
    Freezable,
    Function,
    Read,
)
from graphfold.errors import Diagnostic, Mark, ModelError, shorten
from graphfold.language.printer import Notation, TooLongError, write_nodes
from graphfold.recurrence import BOUNDARY, find_components
from graphfold.shape_rules import SHAPE_RULES, Known, Misfit, broadcast, guess_matmul
from graphfold.sizes import Shape, Size, shape_text


@dataclass(frozen=True)
class Shapes:
    """The shape of every signal, of every node of every equation, and what does not fit."""

    signals: Mapping[str, Shape]
    nodes: Mapping[str, tuple[Known, ...]]
    problems: tuple[Diagnostic, ...]


def infer_shapes(circuit: Freezable) -> Mapping[str, Shape]:
    """Return every signal's symbolic shape; ModelError when shapes do not fit.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> str(infer_shapes(load(example_path("rnn_loss")))["h"][0])
    'n_h'
    """
    shapes = solve_shapes(circuit.freeze())
    if shapes.problems:
        raise ModelError(shapes.problems)
    return shapes.signals


def solve_shapes(circuit: Circuit) -> Shapes:
    """Infer all shapes and collect every misfit."""
    solver = _Solver(circuit)
    solver.settle()
    nodes: dict[str, tuple[Known, ...]] = {}
    problems: list[Diagnostic] = []
    for equation in circuit.equations:
        found, misfits = _Walk(solver, equation.expression, circuit).run()
        nodes[equation.signal] = found
        problems += [_report(solver, equation, found, *misfit) for misfit in misfits]
        if not misfits:
            problems += _unsettled(solver, equation, found[-1])
    problems += _boundary_problems(solver)
    signals = {s: solver.shapes[s] or () for s in circuit.signals}
    return Shapes(MappingProxyType(signals), MappingProxyType(nodes), tuple(problems))


class _Solver:
    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.guess = False
        self.calls: dict[tuple[str, tuple[Known, ...]], Known | Misfit] = {}
        self.shapes: dict[str, Known] = dict.fromkeys(circuit.signals)
        self.shapes.update((s.name, s.shape) for s in circuit.declared.values())

    def settle(self) -> None:
        components, _ = find_components(self.circuit)
        for component in components:
            names = [s for s in component.signals if not s.startswith(BOUNDARY)]
            equations = [self.circuit.equation[s] for s in names if s in self.circuit.equation]
            self._settle(equations)

    def _settle(self, equations: Sequence[Equation]) -> None:
        self._repeat(equations)
        if self._unknown(equations):
            self._learn_from_boundaries(equations, literal=False)
            self.guess = True
            self._repeat(equations)
            self.guess = False
        if self._unknown(equations):
            self._learn_from_boundaries(equations, literal=True)
            self._repeat(equations)
        while unknown := [s for s in self._unknown(equations) if not self._misfits(s)]:
            self.shapes[unknown[0]] = ()
            self._repeat(equations)

    def _misfits(self, signal: str) -> bool:
        """Whether the signal's own equation is wrong: then nothing is concluded from its shape."""
        return bool(_Walk(self, self.circuit.equation[signal].expression, self.circuit).run()[1])

    def _unknown(self, equations: Sequence[Equation]) -> list[str]:
        return [e.signal for e in equations if self.shapes[e.signal] is None]

    def _learn_from_boundaries(self, equations: Sequence[Equation], literal: bool) -> None:
        """Take shapes from histories; a list of numbers, which has no symbols, only if asked."""
        wanted = set(self._unknown(equations))
        for boundary in self.circuit.boundaries:
            if boundary.signal in wanted and boundary.value is not None:
                shape = boundary_shape(self, boundary)
                symbolic = not all(isinstance(n, Const) for n in boundary.value.nodes)
                if shape and (literal or symbolic or len(shape) > 1):
                    self.shapes[boundary.signal] = shape

    def _repeat(self, equations: Sequence[Equation]) -> None:
        for _ in range(len(equations) + 3):
            changed = False
            for equation in equations:
                shape = _Walk(self, equation.expression, self.circuit).run()[0][-1]
                old = self.shapes[equation.signal]
                if shape is not None and shape != old:
                    self.shapes[equation.signal] = shape
                    changed = True
            if not changed or (len(equations) == 1 and not self._reads_itself(equations[0])):
                return

    def _reads_itself(self, equation: Equation) -> bool:
        return any(read.signal == equation.signal for _, read in equation.expression.reads())


class _Walk:
    """One pass over the nodes of an expression."""

    def __init__(
        self,
        solver: _Solver,
        expression: Expression,
        circuit: Circuit,
        formals: Mapping[str, Known] | None = None,
    ) -> None:
        self.solver, self.expression, self.circuit = solver, expression, circuit
        self.formals = formals

    def run(self) -> tuple[tuple[Known, ...], list[tuple[int, Misfit]]]:
        """Return the node shapes and the misfits with their node numbers."""
        shapes: list[Known] = []
        misfits: list[tuple[int, Misfit]] = []
        for number, node in enumerate(self.expression.nodes):
            shape: Known = None
            try:
                if isinstance(node, Const):
                    shape = constant_shape(node.value)
                elif isinstance(node, Read):
                    shape = self.read(node)
                else:
                    shape = self.apply(node, [shapes[o] for o in node.operands])
            except Misfit as misfit:
                misfits.append((number, misfit))
            shapes.append(shape)
        return tuple(shapes), misfits

    def read(self, node: Read) -> Known:
        if self.formals is not None:
            return self.formals.get(node.signal)
        return self.solver.shapes.get(node.signal)

    def apply(self, node: Apply, shapes: list[Known]) -> Known:
        if node.operation == "call":
            return self.call(self.circuit.function[str(node.attribute("function"))], shapes)
        if node.operation == "matmul" and self.solver.guess and None in shapes:
            return guess_matmul(*shapes)
        return SHAPE_RULES[node.operation](node, shapes)

    def call(self, function: Function, shapes: list[Known]) -> Known:
        if function.body is None:
            return function.shape
        key = (function.name, tuple(shapes))
        if key not in self.solver.calls:
            self.solver.calls[key] = self.body(function, function.body, shapes)
        result = self.solver.calls[key]
        if isinstance(result, Misfit):
            raise result
        return result

    def body(self, function: Function, body: Expression, shapes: list[Known]) -> Known | Misfit:
        names = (*function.arguments, *function.parameters)
        formals = dict(zip(names, shapes, strict=True))
        found, misfits = _Walk(self.solver, body, self.circuit, formals).run()
        if misfits and all(s is not None for s in shapes):
            return Misfit(f"inside {function.name}: {misfits[0][1].what or 'shapes do not fit'}")
        return found[-1]


def constant_shape(value: Constant) -> Shape:
    """The shape of a number or nested tuple; Misfit when the tuple is ragged."""
    if not isinstance(value, tuple):
        return ()
    inner = {constant_shape(v) for v in value}
    if len(inner) != 1:
        raise Misfit("the rows of a list differ in length")
    return (Size.of(len(value)), *inner.pop())


def boundary_shape(solver: _Solver, boundary: Boundary) -> Known:
    """The shape of a boundary's value, or None when it is given or does not fit."""
    if boundary.value is None:
        return None
    shapes, misfits = _Walk(solver, boundary.value, solver.circuit).run()
    return None if misfits else shapes[-1]


# -- reports ------------------------------------------------------------------------------------


def _report(
    solver: _Solver, equation: Equation, shapes: Sequence[Known], number: int, misfit: Misfit
) -> Diagnostic:
    expression = equation.expression
    message = _describe(solver, expression, shapes, number, misfit)
    mark = expression.mark(number)
    return Diagnostic(
        "shapes", "shape", message, mark, equation.signal, source=solver.circuit.source
    )


def _describe(
    solver: _Solver, expression: Expression, shapes: Sequence[Known], number: int, misfit: Misfit
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
    return f" (line {mark.line})" if mark else ""


def _unsettled(solver: _Solver, equation: Equation, shape: Known) -> Iterator[Diagnostic]:
    known = solver.shapes[equation.signal]
    if shape is not None and known is not None and shape != known:
        message = (
            f"the shape of '{equation.signal}' does not settle: "
            f"{shape_text(known)} gives {shape_text(shape)}"
        )
        yield Diagnostic(
            "shapes", "shape", message, equation.mark, equation.signal, source=solver.circuit.source
        )


def _boundary_problems(solver: _Solver) -> Iterator[Diagnostic]:
    for boundary in solver.circuit.boundaries:
        if boundary.value is None:
            continue
        name = f"{boundary.signal}[{boundary.index}]"
        shapes, misfits = _Walk(solver, boundary.value, solver.circuit).run()
        message = ""
        if misfits:
            message = _describe(solver, boundary.value, shapes, *misfits[0])
        elif not _fits(shapes[-1], solver.shapes.get(boundary.signal)):
            given, wanted = shapes[-1] or (), solver.shapes.get(boundary.signal) or ()
            message = f"{name} is {shape_text(given)} but {boundary.signal} is {shape_text(wanted)}"
        if message:
            yield Diagnostic(
                "shapes",
                "shape",
                message,
                boundary.mark,
                boundary.signal,
                source=solver.circuit.source,
            )


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
