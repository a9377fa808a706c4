"""Infer shapes along the equations and around every recurrence.

Shapes that are not known yet are skipped at first, so a recurrence learns its shape from its
other operands; then from its history, then by taking an unknown for a vector beside a matrix or
within a slice, and at last for a scalar.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from graphfold.circuit import Boundary, Circuit, Equation, Function
from graphfold.expression import Apply, Const, Constant, Expression, Read
from graphfold.graphs import strong_components
from graphfold.shape_rules import SHAPE_RULES, Known, Misfit, guess_matmul, guess_slice
from graphfold.sizes import Shape, Size

Readers = Mapping[str, Sequence[Equation]]

_MOST_CHANGES = 12


class Solver:
    """What is known of shapes so far."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.guess = False
        self.calls: dict[tuple[str, tuple[Known, ...], bool], Known | Misfit] = {}
        self.shapes: dict[str, Known] = dict.fromkeys(circuit.signals)
        self.shapes.update((s.name, s.shape) for s in circuit.declared.values())
        self.assumed: dict[str, str] = {}  # whose history could have told more than a scalar

    def settle(self) -> None:
        """Find the shape of every signal, component by component."""
        for part in strong_components(list(self.circuit.equation), _leads(self.circuit)):
            self._settle([self.circuit.equation[signal] for signal in part])

    def _settle(self, equations: Sequence[Equation]) -> None:
        readers = _readers(equations)
        self._spread(equations, readers)
        if self._unknown(equations):
            self._learn_from_boundaries(equations, literal=False)
            self.guess = True
            self._spread(equations, readers)
            self.guess = False
        if self._unknown(equations):
            self._learn_from_boundaries(equations, literal=True)
            self._spread(equations, readers)
        while unknown := [s for s in self._unknown(equations) if not self._misfits(s)]:
            self.shapes.update(dict.fromkeys(unknown, ()))  # what is more than a scalar corrects it
            self._assume(equations, unknown[0])
            self._spread(equations, readers)
        self._reconsider(equations, readers)

    def _reconsider(self, equations: Sequence[Equation], readers: Readers) -> None:
        """Begin with the histories where the rest leads to a misfit, as with a bias for a batch."""
        before = {e.signal: self.shapes[e.signal] for e in equations}
        if not self._is_doubtful(equations):
            return
        self.shapes.update(dict.fromkeys(before))
        self._learn_from_boundaries(equations, literal=False)
        self._spread(equations, readers)
        if self._unknown(equations) or self._is_doubtful(equations):
            self.shapes.update(before)

    def _is_doubtful(self, equations: Sequence[Equation]) -> bool:
        """Whether an equation does not fit, or an input that is a history has more dimensions."""
        told = self.circuit.boundaries_of
        boundaries = [b for e in equations for b in told.get(e.signal, ()) if b.value is not None]
        shapes = [(b, boundary_shape(self, b), self.shapes[b.signal]) for b in boundaries]
        more = any(
            known is not None and shape is not None and len(shape) > len(known)
            for boundary, shape, known in shapes
            if boundary.value and self._is_input(boundary.value)
        )
        return bool(boundaries) and (more or any(self._misfits(e.signal) for e in equations))

    def _is_input(self, value: Expression) -> bool:
        root = value.nodes[value.root]
        declared = self.circuit.declared.get(root.signal) if isinstance(root, Read) else None
        return declared is not None and declared.kind == "input"

    def _assume(self, equations: Sequence[Equation], scalar: str) -> None:
        """Note for a whole component that a shape was only assumed, and who could tell it."""
        bounded = self.circuit.boundaries_of
        teller = next((e.signal for e in equations if e.signal in bounded), scalar)
        for equation in equations:
            self.assumed.setdefault(equation.signal, teller)

    def _spread(self, start: Sequence[Equation], readers: Readers) -> None:
        """Infer along some equations, then along those that read what has changed."""
        waiting = deque(start)
        changes: Counter[str] = Counter()
        while waiting:
            equation = waiting.popleft()
            shape = Walk(self, equation.expression).run()[0][-1]
            if shape in (None, self.shapes[equation.signal]):
                continue
            changes[equation.signal] += 1
            if changes[equation.signal] <= _MOST_CHANGES:  # h[t] = stack(h[t-1], …) never ends
                self.shapes[equation.signal] = shape
                waiting.extend(readers[equation.signal])

    def _misfits(self, signal: str) -> bool:
        """Whether the signal's own equation is wrong: then nothing is concluded from its shape."""
        return bool(Walk(self, self.circuit.equation[signal].expression).run()[1])

    def _unknown(self, equations: Sequence[Equation]) -> list[str]:
        return [e.signal for e in equations if self.shapes[e.signal] is None]

    def _learn_from_boundaries(self, equations: Sequence[Equation], literal: bool) -> None:
        """Take shapes from histories; a list of numbers, which has no symbols, only if asked."""
        told = self.circuit.boundaries_of
        for boundary in (b for name in self._unknown(equations) for b in told.get(name, ())):
            if boundary.value is not None:
                shape = boundary_shape(self, boundary)
                symbolic = not all(isinstance(n, Const) for n in boundary.value.nodes)
                if shape and (literal or symbolic or len(shape) > 1):
                    self.shapes[boundary.signal] = shape


def _leads(circuit: Circuit) -> Mapping[str, list[str]]:
    """Which equations read each signal, its histories included: these have its shape."""
    found: dict[str, list[str]] = {name: [] for name in circuit.equation}
    pairs = [(link.source, link.target) for link in circuit.links]
    for boundary in circuit.boundaries:
        if boundary.value is not None:
            pairs += [(read.signal, boundary.signal) for _, read in boundary.value.reads()]
    for source, target in pairs:
        if source in found and target in found:
            found[source].append(target)
    return found


def _readers(equations: Sequence[Equation]) -> Readers:
    """For each signal of a component, the equations of the component that read it."""
    readers: dict[str, list[Equation]] = {e.signal: [] for e in equations}
    for equation in equations:
        for name in dict.fromkeys(read.signal for _, read in equation.expression.reads()):
            if name in readers:
                readers[name].append(equation)
    return readers


class Walk:
    """One pass over the nodes of an expression."""

    def __init__(
        self,
        solver: Solver,
        expression: Expression,
        formals: Mapping[str, Known] | None = None,
    ) -> None:
        self.solver, self.expression, self.circuit = solver, expression, solver.circuit
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
                    shape = self._read(node)
                else:
                    shape = self._apply(node, [shapes[o] for o in node.operands])
            except Misfit as misfit:
                misfits.append((number, misfit))
            shapes.append(shape)
        return tuple(shapes), misfits

    def _read(self, node: Read) -> Known:
        if self.formals is not None:
            return self.formals.get(node.signal)
        return self.solver.shapes.get(node.signal)

    def _apply(self, node: Apply, shapes: list[Known]) -> Known:
        if node.operation == "call":
            return self._call(self.circuit.function[str(node.attribute("function"))], shapes)
        if node.operation == "matmul" and self.solver.guess and None in shapes:
            return guess_matmul(*shapes)
        if node.operation == "slice" and self.solver.guess and None in shapes:
            return guess_slice(node)
        return SHAPE_RULES[node.operation](node, shapes)

    def _call(self, function: Function, shapes: list[Known]) -> Known:
        if function.body is None:
            return function.shape
        key = (function.name, tuple(shapes), self.solver.guess)  # a guess tells more
        if key not in self.solver.calls:
            self.solver.calls[key] = self._body(function, function.body, shapes)
        result = self.solver.calls[key]
        if isinstance(result, Misfit):
            raise result
        return result

    def _body(self, function: Function, body: Expression, shapes: list[Known]) -> Known | Misfit:
        names = (*function.arguments, *function.parameters)
        formals = dict(zip(names, shapes, strict=True))
        found, misfits = Walk(self.solver, body, formals).run()
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


def boundary_shape(solver: Solver, boundary: Boundary) -> Known:
    """The shape of a boundary's value, or None when it is given or does not fit."""
    if boundary.value is None:
        return None
    shapes, misfits = Walk(solver, boundary.value).run()
    return None if misfits else shapes[-1]
