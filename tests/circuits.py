"""Random circuits: one strategy for all laws, and one for the cycle rule alone.

A signal's first letter tells its shape: s is [], u is [n], v is [m], A is [m, n].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit, Equation
from graphfold.expression import REDUCTIONS, Apply, Const, ExpressionBuilder, Index, Read
from graphfold.instances import format_id

SIZES = {"n": 2, "m": 3}
SHAPES: dict[str, tuple[str, ...]] = {"s": (), "u": ("n",), "v": ("m",), "A": ("m", "n")}

Shape = tuple[str, ...]
Draw = Any


def core_shape(circuit: Circuit, name: str) -> tuple[int, ...]:
    """The shape a signal was meant to have, as numbers."""
    if name in circuit.declared:
        return tuple(size.evaluate(SIZES) for size in circuit.declared[name].shape)
    return tuple(SIZES[symbol] for symbol in SHAPES[name[0]])


def span(circuit: Circuit, steps: int) -> dict[str, Any]:
    """What a circuit is unfolded over: a number of steps, or a small tree."""
    return {"tree": "((the cat) (sat down))"} if circuit.trees else {"steps": steps}


class _Maker:
    """Makes a well-formed circuit stage by stage: a static equation, or a group of sequences.

    Inside a group, the read of `a` by `b` has the delay `direction * (e + skew(a) - skew(b))` with
    e >= 1 unless a stands before b: the skews cancel around each cycle, so its total delay has the
    sign of the direction, whatever the signs of the single delays.
    """

    def __init__(self, draw: Draw, causal: bool, clocks: bool = False) -> None:
        self.draw, self.causal = draw, causal
        self.circuit = gf.Circuit("random", dims=SIZES)
        self.t = self.circuit.axis("t")
        self.clocks = [self.t, self.circuit.axis("u", "U")] if clocks else [self.t]
        self.clock_of: dict[str, Any] = {}
        self.handles: dict[str, Any] = {}
        self.sequences: list[str] = []
        self.statics: list[str] = []
        self.counts = 0

    def pick(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def often(self) -> bool:
        return bool(self.draw(st.booleans()))

    # -- names ------------------------------------------------------------------------------

    def fresh(self) -> tuple[str, Shape]:
        letter = self.pick(SHAPES)
        self.counts += 1
        return f"{letter}{self.counts}", SHAPES[letter]

    def input(self) -> None:
        name, shape = self.fresh()
        static = self.draw(st.integers(0, 3)) == 3
        clock = self.t if len(self.clocks) == 1 else self.pick(self.clocks)
        self.handles[name] = self.circuit.input(name, *shape, over=None if static else clock)
        (self.statics if static else self.sequences).append(name)
        self.clock_of[name] = None if static else clock

    def input_over(self, clock: Any) -> None:
        name, shape = self.fresh()
        self.handles[name] = self.circuit.input(name, *shape, over=clock)
        self.sequences.append(name)
        self.clock_of[name] = clock

    def param(self, *shape: str) -> Any:
        self.counts += 1
        return self.circuit.param(f"p{self.counts}", *shape)

    # -- stages -----------------------------------------------------------------------------

    def static(self) -> None:
        name, shape = self.fresh()
        reads = [self.earlier(shape, None) for _ in range(self.draw(st.integers(0, 2)))]
        self.handles[name] = self.circuit.define(name, self.squashed(shape, reads))
        self.statics.append(name)

    def group(self, size: int) -> None:
        names = [self.fresh() for _ in range(size)]
        direction = 1 if self.causal else self.pick([1, -1])
        mixed = not self.causal and self.often()
        skews = [self.pick([0, 1, 2]) if mixed else 0 for _ in names]
        clock = self.t if len(self.clocks) == 1 else self.pick(self.clocks)
        for name, _ in names:
            self.handles[name] = self.circuit.signal(name, over=clock)
            self.clock_of[name] = clock
        for place, (name, shape) in enumerate(names):
            terms = []
            for _ in range(self.pick([1, 2, 3, 0])):
                if self.pick([True, True, False]):
                    source = self.pick(range(size))
                    e = self.pick([0, 1, 2]) + (source >= place)
                    delay = direction * (e + skews[source] - skews[place])
                    read = self.handles[names[source][0]][clock - delay]
                    terms.append(self.bridge(read, names[source][1], shape))
                else:
                    terms.append(self.earlier(shape, clock))
            self.handles[name][clock] = self.squashed(shape, terms)
        self.sequences += [name for name, _ in names]

    def earlier(self, shape: Shape, clock: Any) -> Any:
        """A term made of a signal of an earlier stage, the step, or a number."""
        kinds = [self.number] if clock is None else [self.time]
        kinds += [self.whole] if self.statics else []
        if any(self.clock_of[name] is clock for name in self.sequences):
            kinds += [self.step, self.step] if clock is not None else []
        if self.sequences:
            kinds += [] if self.causal else [self.fixed, self.reduced]
        term, source = self.pick(kinds)(clock)
        return self.bridge(term, source, shape)

    def time(self, clock: Any) -> tuple[Any, Shape]:
        return gf.sin(clock), ()

    def number(self, _: Any) -> tuple[Any, Shape]:
        values = [0.5, -2, 1e-3] if self.causal else [0.5, -2, 1e-3, self.t.last]
        return gf.tanh(self.pick(values)), ()

    def whole(self, _: Any) -> tuple[Any, Shape]:
        name = self.pick(self.statics)
        return self.handles[name], SHAPES[name[0]]

    def step(self, clock: Any) -> tuple[Any, Shape]:
        name = self.pick([name for name in self.sequences if self.clock_of[name] is clock])
        delay = self.draw(st.integers(0 if self.causal else -2, 3))
        return self.handles[name][clock - delay], SHAPES[name[0]]

    def fixed(self, _: Any) -> tuple[Any, Shape]:
        name = self.pick(self.sequences)
        last = self.clock_of[name].last
        return self.handles[name][self.pick([last, 1, last - 1, 0])], SHAPES[name[0]]

    def reduced(self, outer: Any) -> tuple[Any, Shape]:
        clock = self.clock_of[self.pick(self.sequences)]
        (term, shape), reduce = self.step(clock), self.pick([gf.sum, gf.mean, gf.max])
        if self.statics and self.often():
            term, shape = self.whole(clock)[0] * gf.sum(term), ()
            term = gf.sum(term)
        if (
            outer is not None and outer is not clock and self.often()
        ):  # one step of an axis, all of another
            term = gf.sin(outer) * term
            if any(self.clock_of[name] is outer for name in self.sequences):
                term = gf.sum(self.step(outer)[0]) * term
        return reduce(gf.sin(clock) * term, over=clock), shape

    # -- shapes -----------------------------------------------------------------------------

    def bridge(self, term: Any, source: Shape, target: Shape) -> Any:
        """A term of shape `target` made of a term of shape `source`."""
        if source == target:
            ways = [lambda: term, lambda: self.param() * term, lambda: -term / 2]
            ways += [lambda: self.param(*source, *source) @ term] if len(source) == 1 else []
            return self.pick(ways)()
        if target == ():
            ways = [lambda: gf.sum(term), lambda: gf.mean(term), lambda: gf.max(term)]
            ways += [lambda: gf.dot(term, self.param(*source))] if len(source) == 1 else []
            return self.pick(ways)()
        if source == ():
            return self.param(*target) * term
        if len(source) == len(target):
            return self.param(*target, *source) @ term
        if len(source) == 1:
            return (
                gf.outer(term, self.param("n"))
                if source == ("m",)
                else gf.outer(self.param("m"), term)
            )
        return term @ self.param("n") if target == ("m",) else term.T @ self.param("m")

    def squashed(self, shape: Shape, terms: list[Any]) -> Any:
        """A bias and the terms, kept within -1..1 so that no recurrence grows."""
        total = self.param(*shape)
        for term in terms:
            total = total + term
        ways = [gf.tanh, gf.sin, gf.sigmoid, lambda x: gf.where(x > 0, gf.tanh(x), -gf.sigmoid(x))]
        return self.pick(ways)(total)

    # -- boundaries --------------------------------------------------------------------------

    def boundaries(self) -> None:
        reads = {(d.signal, d.steps) for d in self.circuit.freeze().delays}
        for name in self.sequences:
            past = max((k for s, k in reads if s == name), default=0)
            ahead = -min((k for s, k in reads if s == name), default=0)
            for back in range(past):
                self.boundary(name, -back)
            for steps in range(1, ahead + 1):
                self.boundary(name, self.clock_of[name].last + steps)
            if self.draw(st.integers(0, 4)) == 4:
                ends = [] if self.causal else [self.clock_of[name].last]
                self.boundary(name, self.pick([1, 2, *ends]))

    def boundary(self, name: str, step: Any) -> None:
        shape = SHAPES[name[0]]
        kind = self.pick(["zeros", "absent", "number", "given", "static", "list"])
        value: Any = {"zeros": 0, "number": -0.75, "given": "given"}.get(kind)
        if kind == "static":
            value = gf.tanh(self.param(*shape)) * 2
        if kind == "list":
            value = 0.25 if shape == () else [0.5 - i for i in range(SIZES[shape[-1]])]
            value = [value] * SIZES["m"] if len(shape) == 2 else value
        if kind != "absent":
            self.circuit.init(self.handles[name], step, value)

    def finish(self) -> Circuit:
        self.boundaries()
        named = self.draw(st.lists(st.sampled_from(list(self.handles)), unique=True, max_size=3))
        self.circuit.output(*(self.handles[name] for name in named))
        circuit = self.circuit.freeze()
        order = self.draw(st.permutations(circuit.equations))
        return replace(circuit, equations=tuple(order))


@st.composite
def circuits(draw: Draw, *, causal: bool = False, clocks: bool = False) -> Circuit:
    """Random well-formed circuits over t, 1 to 6 equations, every value finite.

    With `clocks` there is a second axis, u. `causal` leaves out all that looks ahead or depends on
    the length: lookahead, reductions over t, reads and pins at fixed steps near the end.
    """
    maker = _Maker(draw, causal, clocks)
    for clock in maker.clocks if clocks else []:
        maker.input_over(clock)
    for _ in range(draw(st.integers(0, 3))):
        maker.input()
    left = draw(st.integers(1, 6))
    while left:
        size = min(left, draw(st.sampled_from([1, 2, 3, 0])))
        if size:
            maker.group(size)
        else:
            maker.static()
        left -= max(size, 1)
    return maker.finish()


@st.composite
def cases(draw: Draw, *, causal: bool = False) -> tuple[Circuit, int]:
    """Random circuits with a number of steps that they can be unfolded over."""
    circuit = draw(circuits(causal=causal))
    least = fewest_steps(circuit)
    return circuit, draw(st.integers(least, least + 5))


@st.composite
def clocked_cases(draw: Draw) -> tuple[Circuit, dict[str, int]]:
    """Random circuits over two axes, with a number of steps of each."""
    circuit = draw(circuits(clocks=True))
    least = fewest_steps(circuit)
    return circuit, {axis.name: draw(st.integers(least, least + 4)) for axis in circuit.axes}


def fewest_steps(circuit: Circuit) -> int:
    """From how many steps on every fixed read and every boundary is a step of its own."""
    nodes = [node for e in circuit.equations for node in e.expression.nodes]
    fixed = any(isinstance(n, Read) and n.index == Index("", 1) for n in nodes)
    empty = any(isinstance(n, Apply) and n.operation in REDUCTIONS[1:] for n in nodes)
    least = int(fixed or empty)  # the mean or maximum of no steps has no value
    for boundary in circuit.boundaries:
        if boundary.index.base:
            pins = (b.index for b in circuit.boundaries if b.signal == boundary.signal)
            least = max(least, 3 if any(not i.base and i.offset > 0 for i in pins) else 1)
    return least


# -- circuits that may be ill-formed ------------------------------------------------------------


def reading(reads: dict[str, list[tuple[str, int | None]]], static: str = "") -> Circuit:
    """A circuit whose signals just add up what they read, given as (source, delay).

    The signals named in `static` have no axis: they read all steps of a sequence, and are read
    without a step.
    """
    equations = []
    for target, sources in reads.items():
        builder = ExpressionBuilder()
        total = builder.add(Const(0))
        for source, delay in sources:
            if source in static:
                term = builder.add(Read(source))
            else:
                term = builder.add(Read(source, Index("t", -(delay or 0))))
                if target in static:
                    term = builder.add(Apply("sum_over", (term,), (("axis", "t"),)))
            total = builder.add(Apply("add", (total, term)))
        axis = None if target in static else "t"
        equations.append(Equation(target, axis, builder.finish(total)))
    return Circuit("reads", equations=tuple(equations))


def all_pairs(delays: tuple[int | None, ...]) -> Iterator[Circuit]:
    """Every circuit of two signals in which each pair has one delay of `delays` or no read."""
    for aa in delays:
        for ab in delays:
            for ba in delays:
                for bb in delays:
                    a = [(s, k) for s, k in (("a", aa), ("b", ab)) if k is not None]
                    b = [(s, k) for s, k in (("a", ba), ("b", bb)) if k is not None]
                    yield reading({"a": a, "b": b})


@st.composite
def any_circuits(draw: Draw) -> Circuit:
    """Circuits of up to four signals that read each other with any delay from -3 to 3."""
    names = "abcd"[: draw(st.integers(1, 4))]
    static = draw(st.sampled_from(["", "", "", names[-1]]))
    read = st.tuples(st.sampled_from(names), st.integers(-3, 3))
    return reading({name: draw(st.lists(read, max_size=3)) for name in names}, static)


@st.composite
def skewed_circuits(draw: Draw) -> Circuit:
    """Well-formed circuits of up to six signals with many reads and delays of both signs.

    Delays are made as in `_Maker.group`, so that all cycles agree in direction.
    """
    names = "abcdef"[: draw(st.integers(1, 6))]
    direction, skews = draw(st.sampled_from([1, -1])), [draw(st.integers(0, 3)) for _ in names]
    reads: dict[str, list[tuple[str, int | None]]] = {name: [] for name in names}
    for _ in range(draw(st.integers(0, 12))):
        source, target = (draw(st.integers(0, len(names) - 1)) for _ in range(2))
        delay = draw(st.integers(0, 3)) + (source >= target) + skews[source] - skews[target]
        reads[names[target]].append((names[source], direction * delay))
    return reading(reads)


@st.composite
def losses(draw: Draw) -> tuple[Circuit, dict[str, int], str | None]:
    """A circuit over one clock or two, its steps, and an instance to differentiate, if any."""
    circuit = draw(circuits(clocks=draw(st.booleans())))
    least = fewest_steps(circuit) + draw(st.integers(0, 2))
    steps = {axis.name: least + place for place, axis in enumerate(circuit.axes)}
    signals = [e.signal for e in circuit.equations]
    unfolding = gf.unfold(circuit, steps)
    instances = [format_id(*i) for i in unfolding.instances() if i[0] in signals]
    return circuit, steps, draw(st.sampled_from(instances)) if instances else None
