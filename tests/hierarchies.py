"""Random circuits made of cells, and what they mean: told without flattening anything.

As in `circuits`, the first letter of a signal's own name tells its shape. The sizes n and m are
called p and q in the middle level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from circuits import SHAPES, SIZES, circuits
from hypothesis import strategies as st
from simulator import Simulator

import graphfold as gf
from graphfold.circuit import Boundary, Circuit, Use
from graphfold.expression import Expression, Index, Read
from graphfold.sizes import Size

ALL_SIZES = {**SIZES, "p": SIZES["n"], "q": SIZES["m"]}
Draw = Any


def letter(name: str) -> str:
    """The letter that tells the shape of a signal, also of `outer.inner.u3`."""
    return name.rpartition(".")[2][0]


# -- random hierarchies -------------------------------------------------------------------------


class _Layer:
    """One level being made: uses of some definitions, wired to each other and to inputs."""

    def __init__(self, draw: Draw, sizes: tuple[str, str], causal: bool) -> None:
        self.draw, self.sizes, self.causal = draw, sizes, causal
        self.circuit = gf.Circuit("layer", dims={s: ALL_SIZES[s] for s in sizes})
        self.t = self.circuit.axis("t")
        self.moving: dict[str, list[Any]] = {}
        self.still: dict[str, list[Any]] = {}
        self.late: dict[str, Any] = {}
        self.used: list[tuple[Any, Circuit]] = []
        self.plain = False
        rename = dict(zip("nm", sizes, strict=True))
        for kind, shape in SHAPES.items():
            own = [rename[symbol] for symbol in shape]
            self.moving[kind] = [self.circuit.input(f"{kind}_x", *own, over=self.t)]
            self.still[kind] = [self.circuit.input(f"{kind}_c", *own)]
            self.late[kind] = self.circuit.signal(f"{kind}_late", over=self.t, init=0.5)

    def pick(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def use(self, cell: gf.Cell) -> None:
        flat, number = gf.flatten(cell.circuit), len(self.used)
        sizes = dict(zip([d.name for d in flat.dims], self.sizes, strict=True))
        given: dict[str, Any] = {a: b for a, b in sizes.items() if a != b}
        for signal in flat.inputs:
            wire = self.wire if signal.axis is not None else self.static_wire
            given[signal.name] = wire(letter(signal.name))
        for param in flat.params:
            if "." not in param.name and self.pick([False, False, False, True]):
                given[param.name] = self.parameter(f"w{number}{param.name}", param.shape, sizes)
        alike = [handle for handle, circuit in self.used if circuit is cell.circuit]
        like = self.pick([None, *alike])
        reverse = not self.causal and self.pick([False, True])
        handle = self.circuit.cell(f"part{number}", cell, like=like, reverse=reverse, **given)
        self.used.append((handle, cell.circuit))
        for signal in (s for s in flat.equation if letter(s) in SHAPES):
            self.offer(handle, signal, flat.axis_of[signal] is not None)

    def offer(self, handle: Any, signal: str, moves: bool) -> None:
        """Let later wires read a signal of a use; now and then its history is given here."""
        for part in signal.split("."):
            handle = handle[part]
        (self.moving if moves else self.still)[letter(signal)].append(handle)
        if moves and not self.plain and self.pick([False] * 9 + [True]):
            self.circuit.init(handle, self.pick([0, 0, -1]), self.pick(["given", 0.25]))

    def wire(self, kind: str) -> Any:
        read, t = self.pick(self.moving[kind]), self.t
        ways = [lambda: read[t], lambda: read[t], lambda: gf.tanh(2 * read[t - 1])]
        ways += [] if self.plain else [lambda: read[t - 1]]
        if self.causal:
            ways += [lambda: gf.sin(read[t] - self.late[kind][t - 1])]
        else:
            ways += [lambda: gf.sin(read[t + 1])]
        return self.pick(ways)()

    def static_wire(self, kind: str) -> Any:
        read = self.pick(self.still[kind])
        return self.pick([lambda: read, lambda: gf.tanh(2 * read)])()

    def parameter(self, name: str, shape: Any, sizes: Mapping[str, str]) -> Any:
        outside = {a: Size.of(b) for a, b in sizes.items()}
        param = self.circuit.param(name, *(size.substitute(outside) for size in shape))
        return self.pick([param, gf.tanh(param)])

    def finish(self) -> Circuit:
        for kind, late in self.late.items():
            late[self.t] = gf.tanh(
                self.pick(self.moving[kind])[self.t] + self.pick(self.still[kind])
            )
        self.circuit.output(self.late["s"])
        return self.circuit.freeze()


@st.composite
def hierarchies(
    draw: Draw, *, causal: bool = False, depth: int = 2, plain: bool = False
) -> Circuit:
    """Random circuits made of cells; with `depth` 2, of cells within cells.

    Causal ones also feed back what comes out of the cells. In `plain` ones no history of a cell
    is given from outside, and no wire reads but one earlier step.
    """
    count = st.integers(1, 2)
    cells = [gf.Cell(f"cell{i}", draw(circuits(causal=causal))) for i in range(draw(count))]
    for level in range(1, depth + 1):
        layer = _Layer(draw, ("n", "m") if level == depth else ("p", "q"), causal)
        layer.plain = plain
        for _ in range(draw(st.integers(1, 3 if level == 1 else 2))):
            layer.use(layer.pick(cells))
        if level == depth:
            return layer.finish()
        cells.append(gf.Cell("layer", layer.finish()))
    raise AssertionError


# -- their meaning ------------------------------------------------------------------------------


class Part(Simulator):
    """A level, or one use of a cell within one, over T steps of its own time.

    A name with a dot is asked of the part it is of; what is wired is asked of the level outside.
    """

    def __init__(
        self,
        circuit: Circuit,
        steps: int,
        given: Mapping[str, Any],
        use: Use | None = None,
        outer: Part | None = None,
    ) -> None:
        super().__init__(circuit, steps, given)
        self.T, self.use, self.outer = steps, use, outer
        definitions = {cell.name: cell.circuit for cell in circuit.cells}
        self.parts = {
            u.name: Part(definitions[u.cell], steps, given, u, self) for u in circuit.uses
        }

    def outside(self, step: int | None) -> int | None:
        """The step outside: backward in time, the first is the last."""
        assert self.use is not None
        return self.T + 1 - step if self.use.reverse and step is not None else step

    def inside(self, step: int | None) -> int | None:
        return self.outside(step)

    def identify(self, signal: str, step: int | None) -> tuple[str, int | None]:
        """The name and step in the outermost level."""
        if self.outer is None or self.use is None:
            return signal, step
        return self.outer.identify(f"{self.use.name}.{signal}", self.outside(step))

    def value(self, signal: str, step: int | None) -> Any:
        head, dot, rest = signal.partition(".")
        if not dot:
            return super().value(signal, step)
        part = self.parts[head]
        return part.value(rest, part.inside(step))

    def _value(self, signal: str, step: int | None) -> Any:
        if self.through(signal):
            return self.wired(signal, step)
        found = self.override(signal, step) or (self, self.declared.get((signal, step or 0)))
        if step is not None and (found[1] is not None or self.is_boundary(signal, step)):
            owner, boundary = found
            if boundary is None or boundary.value is None:
                return self.array(signal, step)
            value = owner._compute(boundary.value, boundary.value.root, {})
            shape = tuple(SIZES[symbol] for symbol in SHAPES[letter(signal)])
            return np.broadcast_to(value, shape)
        if signal in self.circuit.declared:
            return self.wired(signal, step) if self.outer else self.array(signal, step)
        expression = self.circuit.equation[signal].expression
        return self._compute(expression, expression.root, self.now(signal, step))

    def array(self, signal: str, step: int | None) -> Any:
        name, place = self.identify(signal, step)
        if place is None:
            return self.given[name]
        if signal in self.circuit.declared and not self.is_boundary(signal, step):
            return self.given[name][place - 1]
        return self.given[f"{name}[{place}]"]

    def override(self, signal: str, step: int | None) -> tuple[Part, Boundary] | None:
        """A boundary that a level outside has for this instance; the outermost counts."""
        if self.outer is None or self.use is None or step is None:
            return None
        name, place = f"{self.use.name}.{signal}", self.outside(step)
        further = self.outer.override(name, place)
        own = self.outer.declared.get((name, place or 0))
        return further or (None if own is None else (self.outer, own))

    def through(self, signal: str) -> bool:
        """Whether an input of a cell is only another name for what its wire reads."""
        if self.outer is None or self.use is None or signal not in dict(self.use.wires):
            return False
        wire, axis = dict(self.use.wires)[signal], self.circuit.axis_of[signal]
        bounded = any(b.signal == signal for b in self.circuit.boundaries)
        plain = len(wire.nodes) == 1 and isinstance(wire.nodes[0], Read)
        return plain and not bounded and (axis is None or wire.nodes[0].index == Index(axis))

    def wired(self, signal: str, step: int | None) -> Any:
        assert self.outer is not None
        assert self.use is not None
        given: dict[str, Expression] = dict((*self.use.wires, *self.use.parameters))
        if signal in given:
            now = {} if step is None else {"t": self.outside(step)}
            return self.outer._compute(given[signal], given[signal].root, now)
        return self.parameter(signal)

    def parameter(self, name: str) -> Any:
        """A parameter of this level or of a part of it, as far as it is its own."""
        if self.outer is None or self.use is None:
            return self.given[name]
        if self.use.like is not None:
            return self.outer.value(f"{self.use.like}.{name}", None)
        return self.outer.parameter(f"{self.use.name}.{name}")
