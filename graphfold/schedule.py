"""The order of an unfolding, found on the circuit alone: levels of static values and sweeps.

A sweep walks its axis once, forward or backward, and computes all its signals at each step.
Levels alternate static, forward, backward, static, ...; a signal stands on the lowest level
that comes after everything it reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphfold.circuit import Circuit, Link
from graphfold.graphs import topological_order
from graphfold.recurrence import BOUNDARY, Component, dependencies, find_components

STATIC, FORWARD, BACKWARD = range(3)


@dataclass(frozen=True)
class Statics:
    """Static signals in order; a name that starts with `BOUNDARY` stands for boundaries."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """Signals over one axis in their order within a step.

    `lags[i]` shifts signal i against the others: it is computed in column t + lag, counted in
    the direction of the sweep (non-zero only where delays of both signs meet in one component).
    """

    axis: str
    backward: bool
    signals: tuple[str, ...]
    lags: tuple[int, ...]


Level = Statics | Sweep


def schedule(circuit: Circuit) -> tuple[Level, ...]:
    """Return the levels of a well-formed circuit, first to last; the first is static."""
    return circuit.remember("schedule", lambda: _schedule(circuit))


def _schedule(circuit: Circuit) -> tuple[Level, ...]:
    components, problems = find_components(circuit)
    if problems:
        raise ValueError("the circuit is not well formed")  # check() reports why
    planner = _Planner(circuit)
    for component in components:
        planner.place(component)
    return planner.levels()


class _Planner:
    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.incoming: dict[str, list[Link]] = {}
        for link in dependencies(circuit):
            self.incoming.setdefault(link.target, []).append(link)
        self.level: dict[str, int] = {}
        self.skewed: set[str] = set()
        self.lag: dict[str, int] = {}
        self.rank: dict[str, int] = {}

    def axis(self, signal: str) -> str | None:
        return self.circuit.axis_of.get(signal)

    def place(self, component: Component) -> None:
        members = set(component.signals)
        if self.axis(component.signals[0]) is None:
            kinds: tuple[int, ...] = (STATIC,)
        elif component.direction is None:
            kinds = (FORWARD, BACKWARD)
        else:
            kinds = (FORWARD,) if component.direction == "causal" else (BACKWARD,)
        outside = [
            link
            for signal in component.signals
            for link in self.incoming.get(signal, ())
            if link.source not in members
        ]
        skewed = bool(component.potentials)
        level = min(self._lowest(kind, outside, skewed) for kind in kinds)
        for signal in component.signals:
            self.level[signal] = level
        if skewed:
            self._skew(component)

    def _lowest(self, kind: int, outside: list[Link], skewed: bool) -> int:
        level = kind
        for link in outside:
            while not self._follows(level, link, skewed):
                level += 3
        return level

    def _follows(self, level: int, link: Link, skewed: bool) -> bool:
        """Whether a reader on `level` finds what the link reads computed before it."""
        below = self.level[link.source]
        if below != level:
            return below < level
        if level % 3 == STATIC:
            return True
        if skewed or link.source in self.skewed or link.reach != "step":
            return False
        return link.delay >= 0 if level % 3 == FORWARD else link.delay <= 0

    def _skew(self, component: Component) -> None:
        scale = len(component.signals) + 1
        self.skewed.update(component.signals)
        for signal, potential in zip(component.signals, component.potentials, strict=True):
            self.lag[signal], self.rank[signal] = divmod(potential, scale)

    def levels(self) -> tuple[Level, ...]:
        groups: dict[tuple[int, str, str], list[str]] = {(STATIC, "", ""): []}
        first: dict[int, str] = {}  # skewed signals of a level stay together
        for signal in self.skewed:
            name = first.setdefault(self.level[signal], signal)
            first[self.level[signal]] = min(name, signal)
        order = [*self.circuit.signals, *(n for n in self.level if n.startswith(BOUNDARY))]
        for signal in order:
            apart = first[self.level[signal]] if signal in self.skewed else ""
            key = (self.level[signal], self.axis(signal) or "", apart)
            groups.setdefault(key, []).append(signal)
        return tuple(self._make(key, groups[key]) for key in sorted(groups))

    def _make(self, key: tuple[int, str, str], names: list[str]) -> Level:
        level, axis, apart = key
        if level % 3 == STATIC:
            return Statics(tuple(self._sorted(names)))
        if apart:
            names = sorted(names, key=lambda s: self.rank[s])
            low = min(self.lag[s] for s in names)
            lags = tuple(self.lag[s] - low for s in names)
        else:
            names, lags = self._sorted(names), (0,) * len(names)
        return Sweep(axis, level % 3 == BACKWARD, tuple(names), lags)

    def _sorted(self, names: list[str]) -> list[str]:
        known = set(names)
        edges = [
            (link.source, link.target)
            for name in names
            for link in self.incoming.get(name, ())
            if link.source in known and not link.delay and link.reach in ("step", "static")
        ]
        return topological_order(names, edges)
