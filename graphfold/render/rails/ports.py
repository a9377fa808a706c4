"""Where values enter and leave a step: one port for each state and delay, at its edges.

A value that is read k steps later passes the steps between: what enters as j steps old leaves as
j + 1 steps old, as in a shift register.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from graphfold.render.scene import Edge

Side = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Port:
    """Where the value of a site that is `age` steps old enters ("in") or leaves a step.

    A negative age is that of a value to come; it moves from right to left. Age 0 is a value of this
    step that leaves for good, or a static one that comes in.
    """

    side: Side
    site: str
    age: int

    @property
    def name(self) -> str:
        """Its name among the sites of a step."""
        return f"/{self.side}/{self.age}/{self.site}"

    @property
    def other(self) -> Port:
        """Its like on the other side of a step."""
        return Port("out" if self.side == "in" else "in", self.site, self.age)


@dataclass(frozen=True, slots=True)
class Lead:
    """A wire within a step, from a site or port to a site or port."""

    source: str
    target: str
    edge: Edge | None = None
    rail: str = ""


@dataclass(frozen=True)
class Ports:
    """The ports of a step, and its wires."""

    ports: tuple[Port, ...]
    leads: tuple[Lead, ...]


def ports_of(ties: Iterable[Edge], comes: Iterable[Edge], goes: Iterable[str]) -> Ports:
    """Return the ports of a step with these wires; what `comes` is static, what `goes` leaves."""
    ports: dict[Port, None] = {}
    leads: dict[Lead, None] = {}
    for edge in comes:
        port = Port("in", edge.source[0], 0)
        ports[port] = None
        leads[Lead(port.name, edge.target[0], edge)] = None
    for edge in ties:
        source, target, age = edge.source[0], edge.target[0], edge.delay
        if not age:
            leads[Lead(source, target, edge)] = None
        else:
            leads[Lead(Port("in", source, age).name, target, edge, source)] = None
            _register(ports, source, age)
    leads.update(dict.fromkeys(_passing(ports)))
    for name in goes:
        ports[Port("out", name, 0)] = None
        leads[Lead(name, Port("out", name, 0).name)] = None
    return Ports(tuple(ports), tuple(leads))


def _register(ports: dict[Port, None], source: str, age: int) -> None:
    sign = 1 if age > 0 else -1
    for j in range(1, abs(age) + 1):
        ports[Port("in", source, sign * j)] = None
        ports[Port("out", source, sign * j)] = None


def _passing(ports: Iterable[Port]) -> list[Lead]:
    """From a site to the port where its value leaves, and on from step to step."""
    found = []
    for port in ports:
        if port.side == "out" and port.age:
            sign = 1 if port.age > 0 else -1
            before = port.age - sign
            start = Port("in", port.site, before).name if before else port.site
            found.append(Lead(start, port.name, None, port.site))
    return found
