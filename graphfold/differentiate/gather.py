"""Every equation and boundary that a gradient passes, swept once."""

from __future__ import annotations

from collections.abc import Mapping

from graphfold.circuit import Boundary, Circuit
from graphfold.differentiate.adjoints import Delivery, Source
from graphfold.differentiate.sweep import Equal, live_nodes, sweep, terms_of
from graphfold.differentiate.uses import unbroadcast
from graphfold.expression import Expression, Index, Read
from graphfold.reach import reached, reads_of
from graphfold.shape_rules import Known
from graphfold.shape_solver import Solver, Walk
from graphfold.terms import Term


def live_signals(circuit: Circuit, loss: str, wanted: frozenset[str]) -> frozenset[str]:
    """The signals on the way from what is wanted to the loss."""
    pairs = reads_of(circuit)
    above = reached([loss], [(target, source) for source, target in pairs])
    return frozenset(above & reached(wanted, pairs))


class Gathering:
    """The circuit, its shapes, and the names of gradients by signal and by boundary."""

    def __init__(self, circuit: Circuit, live: frozenset[str], names: Mapping[Source, str]) -> None:
        self.circuit, self.live, self.names = circuit, live, names
        self.solver = Solver(circuit)
        self.solver.settle()
        self.deliveries: list[Delivery] = []

    def run(self) -> list[Delivery]:
        """Sweep all that is live; NoTermsError where the language has no derivative."""
        for equation in self.circuit.equations:
            if equation.signal in self.live:
                index = None if equation.axis is None else Index(equation.axis)
                root = Term(Read(equation.signal, index))
                gradient = Term(Read(self.names[equation.signal, None], index))
                self._sweep((equation.signal, None), equation.expression, (root, gradient))
        for boundary in self.circuit.boundaries:
            if live_boundary(boundary, self.live):
                self._boundary(boundary)
        return self.deliveries

    def _boundary(self, boundary: Boundary) -> None:
        assert boundary.value is not None
        source = (boundary.signal, boundary.index)
        gradient = Term(Read(self.names[source]))
        shape = self._shapes(boundary.value)[-1] or ()
        own = self.solver.shapes[boundary.signal] or ()
        gradient = unbroadcast(gradient, own, shape)
        self._sweep(source, boundary.value, (None, gradient))

    def _shapes(self, expression: Expression) -> tuple[Known, ...]:
        return Walk(self.solver, expression).run()[0]

    def _sweep(
        self, source: Source, expression: Expression, ends: tuple[Term | None, Term]
    ) -> None:
        root, gradient = ends
        equal = Equal(
            self.circuit,
            expression,
            terms_of(expression, root),
            self._shapes(expression),
            live_nodes(expression, self.live),
        )
        axis = None if source[1] is not None else self.circuit.axis_of[source[0]]

        def deliver(read: Read, term: Term, around: frozenset[str]) -> None:
            if read.signal in self.live:
                self.deliveries.append(Delivery(source, read, term, around))

        sweep(equal, gradient, axis, deliver)


def live_boundary(boundary: Boundary, live: frozenset[str]) -> bool:
    """Whether a boundary is an expression that a gradient passes."""
    if boundary.value is None or boundary.signal not in live:
        return False
    return any(read.signal in live for _, read in boundary.value.reads())
