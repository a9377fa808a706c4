"""Where a wire that comes along a lane enters a node from below."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from graphfold.render.layout.borders import End
from graphfold.render.picture import Point

SPREAD = (0.5, -0.5, 0.8, -0.8, 0.25, -0.25, 0.65, -0.65)
FINE = [f / 100 for f in range(-92, 93, 2)]  # where those are taken


@dataclass
class Ports:
    """The ports of every site, first come first served, away from straight wires' ends."""

    taken: dict[str, dict[Hashable, float]] = field(default_factory=dict)
    angles: Mapping[str, list[float]] = field(default_factory=dict)

    def ask(self, site: str, key: Hashable, side: int) -> None:
        """Reserve a port on the side a wire comes from: -1 left, 1 right."""
        ports = self.taken.setdefault(site, {})
        if key not in ports:
            free = [f * side for f in SPREAD if f * side not in ports.values()]
            if free:
                ports[key] = max(free, key=lambda f: self._room(site, f))
            else:
                ports[key] = max(FINE, key=lambda f: min(abs(f - g) for g in ports.values()))

    def _room(self, site: str, fraction: float) -> float:
        angle = -math.degrees(math.acos(max(-1.0, min(1.0, fraction))))
        rooms = [abs(angle - other) for other in self.angles.get(site, [])]
        return min([35.0, *rooms])

    def at(self, site: str, end: End, key: Hashable) -> Point:
        """The place on the node's lower edge."""
        (x, y), share = end.center, self.taken[site][key]
        dx, dy = end.border.shoulder(share)
        return (x + dx, y + dy)
