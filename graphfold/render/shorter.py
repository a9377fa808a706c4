"""A shorter elimination whose figure is that of a long one, but for the numbers of its steps.

Whether a way through eliminated signals leads from one step to another depends on how far apart
they are; beyond some distance, only on the rest of that by the cycles' common divisors.
"""

from __future__ import annotations

import math
from dataclasses import replace

from graphfold.circuit import Link
from graphfold.eliminate import Elimination
from graphfold.graphs import strong_components
from graphfold.render.options import DrawOptions


def shorter(x: Elimination, options: DrawOptions) -> Elimination:
    """Return an elimination over fewer steps, cut at the same places; else the same one."""
    if not options.elide or options.keep or x.unfolding.kept is not None:
        return x
    steps = dict(x.unfolding.steps)
    for axis, length in steps.items():
        steps[axis] = _enough(x, axis, length, options)
    if steps == dict(x.unfolding.steps):
        return x
    return Elimination(replace(x.unfolding, steps=tuple(steps.items())), x.names)


def _enough(x: Elimination, axis: str, length: int, options: DrawOptions) -> int:
    """A number of steps at which ways are as at `length`: as many less as periods twice fit in."""
    circuit = x.circuit
    links = [
        k for k in circuit.links if axis in (circuit.axis_of[k.source], circuit.axis_of[k.target])
    ]
    total = sum(abs(link.delay) for link in links) + 1
    named = [abs(link.index.offset) for link in links if link.index is not None]
    named += [abs(b.index.offset) for b in circuit.boundaries if circuit.axis_of[b.signal] == axis]
    ends = options.most + options.first + options.last + 2 * max(named, default=0)
    gone = set(x.names)
    period = 2 * _period([k for k in links if k.reach == "step" and {k.source, k.target} <= gone])
    least = 4 * (total * total + total) + 2 * ends + period
    return length - max(0, length - least) // period * period


def _period(links: list[Link]) -> int:
    """What the lengths of ways repeat by: the common multiple of the components' divisors."""
    after: dict[str, list[str]] = {}
    for link in links:
        after.setdefault(link.source, []).append(link.target)
        after.setdefault(link.target, [])
    found = 1
    for component in strong_components(list(after), after):
        inside = set(component)
        found = math.lcm(found, _divisor([k for k in links if {k.source, k.target} <= inside]) or 1)
    return found


def _divisor(links: list[Link]) -> int:
    """The common divisor of the delays of all cycles of a component."""
    far: dict[str, int] = {}
    pending = [links[0].source] if links else []
    for name in pending:
        far.setdefault(name, 0)
        for link in links:
            if link.source == name and link.target not in far:
                far[link.target] = far[name] + link.delay
                pending.append(link.target)
    return math.gcd(*(far[k.source] + k.delay - far[k.target] for k in links))
