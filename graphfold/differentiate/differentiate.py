"""`differentiate`: a circuit to one that computes the gradients of a loss, too.

The gradient of h at a step is the sum of what the equations that read h hand back; one that reads
h[t-1] hands back at the next step, so that gradients are a recurrence backward in time:
back-propagation through time, written as a circuit (Goodfellow, Bengio and Courville, *Deep
Learning*, 10.2.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable, Output, Signal, sort_boundaries
from graphfold.differentiate.adjoints import Delivery, Source, arrivals_at, hits, reached_sources
from graphfold.differentiate.build import Building
from graphfold.differentiate.clock import Clock, index_name
from graphfold.differentiate.gather import Gathering, live_boundary, live_signals
from graphfold.differentiate.names import Names, label_of
from graphfold.differentiate.request import Wish, read_wish
from graphfold.differentiate.simplify import simplify
from graphfold.differentiate.style import style_with
from graphfold.differentiate.sweep import NoTermsError
from graphfold.errors import GraphfoldError, shorten, suggest
from graphfold.expression import Index, Read
from graphfold.inline import inline_functions
from graphfold.modes import in_mode
from graphfold.shapes import solve_shapes
from graphfold.terms import Term, as_term


@dataclass(frozen=True)
class Differentiated:
    """A circuit with gradients: `gradients` names the signal that holds each that was asked for.

    `parts` are those of a parameter by (name, axis), one a step. What the loss does not depend on
    has no gradient. `seed` is an input by which the numbers of the loss are weighed; `statics`
    tells which static signal each static gradient belongs to.
    """

    circuit: Circuit
    forward: Circuit
    gradients: Mapping[str, str]
    parts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    seed: str | None = None
    statics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """How to differentiate: `steps` where some axes are short, `per_step` parts, a `seed` input.

    `simplified` equations are fast to run, and fewer; else each signal has its gradient.
    """

    steps: Mapping[str, int] = field(default_factory=dict)
    per_step: tuple[str, ...] = ()
    seeded: bool = False
    simplified: bool = False


def differentiate(
    circuit: Freezable,
    loss: str = "Loss",
    wrt: Iterable[str] | None = None,
    *,
    mode: str | None = None,
    per_step: Iterable[str] = (),
) -> Differentiated:
    r"""Return the circuit with an equation for each gradient of a loss.

    `loss` is a scalar, "Loss" or a step such as "L[T]"; `wrt` names signals, steps and given
    histories, by default all parameters; those named by `per_step` have a part for each step (their
    gradient is the sum). GraphfoldError for unknown names and for what the model language cannot
    write: derivatives of opaque functions, and over trees.

    >>> from graphfold import dumps, loads
    >>> text = "graphfold: 1\nparams: {w: []}\ninit: {'h[0]': 1}\nequations: |\n  h[t] = w * h[t-1]"
    >>> made = differentiate(loads(text), "h[T]")
    >>> print(dumps(made.circuit).split("|")[1].split("outputs")[0].strip())
    h[t] = w * h[t-1]
      grad_w = sum(grad_h[t] * h[t-1] for t)
      grad_h[t] = grad_h[t+1] * w + where(t == T, 1, 0)
    """
    forward = in_mode(ensure_well_formed(circuit), mode)
    names = (per_step,) if isinstance(per_step, str) else tuple(per_step)
    return differentiated(forward, loss, wrt, Settings(per_step=names))


def differentiated(
    circuit: Circuit, loss: str, wrt: Iterable[str] | None, settings: Settings
) -> Differentiated:
    """Differentiate a flat, well-formed circuit without modes.

    NoTermsError, a GraphfoldError, where the model language cannot write a derivative.
    """
    forward = inline_functions(circuit)
    if forward.trees:
        raise NoTermsError("gradients over trees are no circuit: gf.gradients(…) finds them")
    clocks = {a.name: Clock(a.name, a.length, settings.steps.get(a.name)) for a in forward.axes}
    wish = read_wish(forward, loss, wrt, clocks)
    for name in settings.per_step:
        if name not in wish.wanted or circuit.axis_of.get(name, "") is not None:
            legal = [p.name for p in circuit.params if p.name in wish.wanted]
            hint = suggest(name, legal)
            raise GraphfoldError(f"per_step: '{shorten(name)}' is no parameter of wrt{hint}")
    return _Differentiation(forward, clocks, wish, settings).run()


class _Differentiation:
    def __init__(
        self, circuit: Circuit, clocks: Mapping[str, Clock], wish: Wish, settings: Settings
    ) -> None:
        self.circuit, self.clocks, self.wish, self.settings = circuit, clocks, wish, settings
        self.live = live_signals(circuit, wish.loss[0], wish.signals)
        self.shapes = solve_shapes(circuit)
        self.fresh = Names(circuit.axis_of)
        self.seed = self.fresh.new("seed") if settings.seeded else None
        self.names = self._names()
        self.building = Building(circuit, clocks, self.names, self.fresh)

    def _names(self) -> dict[Source, str]:
        found: dict[Source, str] = {}
        for signal in self.circuit.signals:
            if signal in self.live:
                found[signal, None] = self.fresh.new("grad", signal)
        for signal in self.circuit.signals:
            for index in self._places(signal):
                found[signal, index] = self.fresh.new("grad", signal, index_name(index))
        return found

    def _places(self, signal: str) -> list[Index]:
        """The boundaries and steps of a signal that want a gradient of their own."""
        axis = self.circuit.axis_of[signal]
        if axis is None or signal not in self.live:
            return []
        own = self.circuit.boundaries_of.get(signal, ())
        found = [b.index for b in own if live_boundary(b, self.live)]
        asked = [i for s, i in self.wish.wanted.values() if s == signal and i is not None]
        return list(dict.fromkeys([*found, *asked]))

    def run(self) -> Differentiated:
        """Put the gradients of all live signals together."""
        if self.wish.loss[0] not in self.live:
            return self._result({}, {})  # it depends on nothing that was asked for
        deliveries = Gathering(self.circuit, self.live, self.names).run()
        start = self._start()
        reached = reached_sources(deliveries, start, self._hits)
        arriving: dict[str, list[Delivery]] = {start.read.signal: [start]}
        for delivery in deliveries:
            if delivery.source in reached:
                arriving.setdefault(delivery.read.signal, []).append(delivery)
        held: dict[Source, str] = {}
        parts: dict[tuple[str, str], str] = {}
        for signal in self.circuit.signals:
            if signal in arriving:
                own = self._signal(signal, arriving[signal], held)
                parts |= {(signal, axis): name for axis, name in own.items()}
        if self.settings.simplified:
            self._simplify({held.get(place, "") for place in self.wish.wanted.values()})
        self.building.close()
        return self._result(held, parts)

    def _simplify(self, asked: set[str]) -> None:
        pinned = {boundary.signal for boundary in self.building.boundaries}
        self.building.equations = simplify(self.building.equations, frozenset(asked | pinned))

    def _hits(self, read: Read) -> list[Source]:
        axis = self.circuit.axis_of[read.signal]
        clock = None if axis is None else self.clocks[axis]
        return hits(read, clock, self._places(read.signal))

    def _start(self) -> Delivery:
        signal, index = self.wish.loss
        if self.seed is None and self.shapes.signals[signal]:
            raise NoTermsError(f"{signal} is no scalar: its numbers must be weighed")
        seed = as_term(1) if self.seed is None else Term(Read(self.seed))
        return Delivery((signal, None), Read(signal, index), seed, frozenset())

    def _signal(
        self, signal: str, deliveries: list[Delivery], held: dict[Source, str]
    ) -> dict[str, str]:
        axis = self.circuit.axis_of[signal]
        clock = None if axis is None else self.clocks[axis]
        apart = signal in self.settings.per_step
        arrivals = arrivals_at(self.circuit, clock, deliveries, apart)
        name = self.names[signal, None]
        if clock is None:
            held[signal, None] = name
            return self.building.static(signal, arrivals)
        places = self._places(signal)
        whole = self.building.sequence(signal, arrivals, places)
        held[signal, None] = name if signal in self.circuit.declared else whole
        held.update({(signal, index): self.names[signal, index] for index in places})
        return {}

    def _result(
        self, held: Mapping[Source, str], parts: Mapping[tuple[str, str], str]
    ) -> Differentiated:
        made = {e.signal for e in self.building.equations}
        found = {name: held.get(place, "") for name, place in self.wish.wanted.items()}
        gradients = {name: signal for name, signal in found.items() if signal in made}
        pairs = [(self.names[s, None], s) for s in self.circuit.signals if (s, None) in self.names]
        statics = {n: s for n, s in pairs if self.circuit.axis_of[s] is None and n in made}
        whole = self._circuit(gradients, parts)
        return Differentiated(whole, self.circuit, gradients, parts, self.seed, statics)

    def _circuit(
        self, gradients: Mapping[str, str], parts: Mapping[tuple[str, str], str]
    ) -> Circuit:
        signal, circuit = self.wish.loss[0], self.circuit
        shape = self.shapes.signals[signal]
        seed = [Signal(self.seed, "input", None, shape)] if self.seed is not None else []
        both = (*circuit.boundaries, *self.building.boundaries)
        boundaries = {(b.signal, b.index): b for b in both}
        outputs = dict.fromkeys([*(o.name for o in circuit.outputs), *gradients.values()])
        return replace(
            circuit,
            inputs=(*circuit.inputs, *seed),
            equations=(*circuit.equations, *self.building.equations),
            boundaries=sort_boundaries(boundaries.values()),
            outputs=tuple(Output(name) for name in outputs),
            style=style_with(circuit, self._shown(parts), frozenset(gradients.values())),
            source=None,
        )

    def _shown(self, parts: Mapping[tuple[str, str], str]) -> dict[str, tuple[str, str]]:
        """The new signals, each with the one it is a gradient of, and its label."""
        of = {name: signal for (signal, _), name in self.names.items()}
        of.update({name: signal for (signal, _), name in parts.items()})
        found: dict[str, tuple[str, str]] = {}
        for equation in self.building.equations:
            signal = of.get(equation.signal, "")
            shape = self.shapes.signals.get(signal)
            label = label_of(self.circuit, signal, shape) if signal else ""
            found[equation.signal] = (signal, label)
        return found
