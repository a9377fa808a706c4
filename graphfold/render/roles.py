"""What signals are for: inputs, states, outputs, losses, and all others."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graphfold.circuit import Circuit
from graphfold.recurrence import find_components
from graphfold.render.scene import Role


def roles(circuit: Circuit, ranks: Mapping[str, int]) -> Mapping[str, Role]:
    """Return the role of every signal; the first that fits, in this order.

    An "input" is declared as one. A "state" is read of another step by what it depends on. A
    "loss" is a scalar that comes last, static or compared with an input that nothing else reads, or
    a scalar that only losses read. An "output" is named as one. All else is a "signal".
    """
    states, losses = _states(circuit), _losses(circuit, ranks)
    outputs = {output.name for output in circuit.outputs}
    found: dict[str, Role] = {}
    for name in circuit.signals:
        if circuit.kind_of(name) == "input":
            found[name] = "input"
        elif name in states:
            found[name] = "state"
        elif name in losses:
            found[name] = "loss"
        else:
            found[name] = "output" if name in outputs else "signal"
    return found


def _states(circuit: Circuit) -> Collection[str]:
    """The signals on a cycle that are read through its delays."""
    components, _ = find_components(circuit)
    of = {s: c for c, found in enumerate(components) if found.direction for s in found.signals}
    links = (i for i in circuit.links if i.delay or i.reach == "child")
    return {i.source for i in links if i.source in of and of[i.source] == of.get(i.target)}


def _losses(circuit: Circuit, ranks: Mapping[str, int]) -> Collection[str]:
    """Scalars from the last one back: every reader of a loss is one."""
    readers: dict[str, set[str]] = {name: set() for name in circuit.signals}
    for link in circuit.links:
        readers[link.source].add(link.target)
    found: set[str] = set()
    ends = [e.signal for e in circuit.equations if not readers[e.signal]]
    pending = [
        name
        for name in ends
        if _computed_scalar(circuit, ranks, name)
        and (circuit.equation[name].axis is None or _compares(circuit, readers, name))
    ]
    while pending:
        name = pending.pop()
        found.add(name)
        pending += [
            link.source
            for link in circuit.links_into[name]
            if link.source not in found
            and readers[link.source] <= found
            and _computed_scalar(circuit, ranks, link.source)
        ]
    return found


def _compares(circuit: Circuit, readers: Mapping[str, set[str]], name: str) -> bool:
    """Whether a signal reads a target, an input of its own, and what was computed."""
    sources = {link.source for link in circuit.links_into[name]}
    targets = any(circuit.kind_of(s) == "input" and readers[s] == {name} for s in sources)
    return targets and any(s in circuit.equation for s in sources)


def _computed_scalar(circuit: Circuit, ranks: Mapping[str, int], name: str) -> bool:
    return name in circuit.equation and ranks.get(name) == 0
