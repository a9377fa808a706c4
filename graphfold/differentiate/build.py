"""The equations of gradients, put together from what arrives at each signal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from graphfold.circuit import Boundary, Circuit, Equation
from graphfold.differentiate.adjoints import Arrivals, Source
from graphfold.differentiate.clock import Clock, index_name
from graphfold.differentiate.moving import keeps_zero, shifted, summed
from graphfold.differentiate.names import Names
from graphfold.expression import Index, Read, constant
from graphfold.terms import Term, apply, flatten
from graphfold.unfold import unfold

Sizes = Mapping[str, int]


@dataclass
class Building:
    """New equations and boundaries; `names` are those of gradients, `fresh` makes more."""

    circuit: Circuit
    clocks: Mapping[str, Clock]
    names: Mapping[Source, str]
    fresh: Names
    equations: list[Equation] = field(default_factory=list)
    boundaries: list[Boundary] = field(default_factory=list)

    def add(self, name: str, axis: str | None, term: Term) -> Term:
        """Add an equation; returns a read of the new signal at the same step."""
        self.equations.append(Equation(name, axis, flatten(term)))
        return Term(Read(name, None if axis is None else Index(axis)))

    def static(self, signal: str, arrivals: Arrivals) -> dict[str, str]:
        """The gradient of a static signal, a sum over its uses; parts by axis, if asked for."""
        parts: dict[str, str] = {}
        terms = [] if arrivals.static is None else [arrivals.static]
        for axis, term in arrivals.each.items():
            parts[axis] = self.fresh.new(self.names[signal, None], "each", axis)
            terms.append(summed(self.add(parts[axis], axis, term), {axis}))
        if terms:
            self.add(self.names[signal, None], None, _sum(terms))
        return parts

    def sequence(self, signal: str, arrivals: Arrivals, places: Iterable[Index]) -> str:
        """The gradient of a sequence; `places` are its boundaries that have gradients.

        Returns the signal that holds it at all steps, pinned ones included.
        """
        axis = str(self.circuit.axis_of[signal])
        clock, name = self.clocks[axis], self.names[signal, None]
        outside = [p for p in places if not clock.inside(p)]
        reads, terms = dict[int, str](), list[Term]()
        for offset, arriving in arrivals.moving.items():
            term = arriving
            if offset and (outside or not keeps_zero(term, axis, self.is_adjoint)):
                reads[offset] = self.fresh.new(name, index_name(Index(axis, offset)))
                term = self.add(reads[offset], axis, term)
            terms.append(shifted(term, axis, -offset))
        for index, term in arrivals.fixed.items():
            if clock.inside(index):
                terms.append(apply("where", clock.is_step(index), term, 0))
        whole = self._pinned(signal, clock, terms)
        for place in places:
            self._boundary((signal, place), arrivals, (whole, reads))
        return whole

    def _pinned(self, signal: str, clock: Clock, terms: list[Term]) -> str:
        """Add the gradient; where the signal is pinned nothing goes on to its equation."""
        name = self.names[signal, None]
        pins = [b.index for b in self.circuit.boundaries_of.get(signal, ())]
        pins = [index for index in pins if clock.inside(index)]
        whole = self.fresh.new(name, "whole") if pins and terms else name
        if terms:
            read = self.add(whole, clock.axis, _sum(terms))
            if pins:
                self.add(name, clock.axis, read)
                self.boundaries += [Boundary(name, pin, constant(0)) for pin in pins]
        return whole

    def _boundary(
        self, place: Source, arrivals: Arrivals, found: tuple[str, Mapping[int, str]]
    ) -> None:
        """The gradient of a history, far boundary or pin: a static signal."""
        signal, index = place
        assert index is not None
        (whole, reads), clock = found, self.clocks[str(self.circuit.axis_of[signal])]
        step = clock.fix(index)
        terms: list[Term] = []
        if clock.inside(step):
            if any(e.signal == whole for e in self.equations):
                terms.append(Term(Read(whole, step)))
        else:
            terms += [arrivals.fixed[step]] if step in arrivals.fixed else []
            for offset, name in reads.items():
                at = Index(step.base, step.offset - offset)
                if clock.inside(at):
                    terms.append(Term(Read(name, at)))
        if terms:
            self.add(self.names[place], None, _sum(terms))

    def is_adjoint(self, signal: str) -> bool:
        """Whether a signal is a gradient, and so 0 where there is no step."""
        return signal not in self.circuit.axis_of

    def close(self) -> None:
        """Let be 0 what is read outside of 1..T: gradients, and what no forward equation reads.

        The latter stand beside a gradient that is 0, since the equation they are of is pinned.
        """
        axis_of = {**self.circuit.axis_of, **{e.signal: e.axis for e in self.equations}}
        found: dict[tuple[str, Index], None] = {}
        for equation in self.equations:
            for _, read in equation.expression.reads():
                axis = axis_of.get(read.signal)
                if axis is not None and read.index is not None and read.index.base == axis:
                    found.update(((read.signal, i), None) for i in self._beyond(axis, read.index))
        told = {place for place, own in self.circuit.boundary.items() if own.value is not None}
        known = told | set(_read_boundaries(self.circuit, self.clocks))
        self.boundaries += [
            Boundary(signal, index, constant(0))
            for signal, index in found
            if (signal, self._fixed(signal, index)) not in known
        ]

    def _fixed(self, signal: str, index: Index) -> Index:
        axis = self.circuit.axis_of.get(signal)
        return index if axis is None else self.clocks[axis].fix(index)

    def _beyond(self, axis: str, index: Index) -> Iterator[Index]:
        """The steps outside of 1..T where a read t + k looks."""
        clock = self.clocks[axis]
        steps = abs(index.offset) if clock.steps is None else min(clock.steps, abs(index.offset))
        for place in range(steps):
            if index.offset < 0:
                yield Index("", 1 + place + index.offset)
            else:
                yield Index(clock.length, index.offset - place)


def _read_boundaries(circuit: Circuit, clocks: Mapping[str, Clock]) -> Iterator[tuple[str, Index]]:
    """The instances outside of 1..T that the equations read, pins taken into account."""
    reach = 2 + max((abs(link.delay) for link in circuit.links), default=0)
    steps = {name: reach if c.steps is None else c.steps for name, c in clocks.items()}
    for signal, step in unfold(circuit, steps).boundaries:
        clock = clocks[str(circuit.axis_of[signal])]
        far = clock.steps is None and step > 0
        yield signal, Index(clock.length, step - steps[clock.axis]) if far else Index("", step)


def _sum(terms: list[Term]) -> Term:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
