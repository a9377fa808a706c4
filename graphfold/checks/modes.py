"""Modes: every switch has one branch for each mode of the model, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Circuit
from graphfold.errors import Diagnostic, Mark, shorten, suggest
from graphfold.expression import Apply, Expression


def check_modes(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what is wrong with modes and switches."""
    for signal, expression in _expressions(circuit):
        for number, node in enumerate(expression.nodes):
            if isinstance(node, Apply) and node.operation == "switch":
                yield from _switch(circuit, node, expression.mark(number), signal)


def _expressions(circuit: Circuit) -> Iterator[tuple[str, Expression]]:
    yield from ((e.signal, e.expression) for e in circuit.equations)
    yield from ((b.signal, b.value) for b in circuit.boundaries if b.value is not None)
    yield from ((f.name, f.body) for f in circuit.functions if f.body is not None)


def _switch(circuit: Circuit, node: Apply, mark: Mark | None, signal: str) -> Iterator[Diagnostic]:
    names, branches = [m.name for m in circuit.modes], node.attribute("modes")
    assert isinstance(branches, tuple)
    if not names:
        message = f"the model has no modes; add `modes: [{', '.join(dict.fromkeys(branches))}]`"
        yield Diagnostic("modes", "mode", message, mark, signal)
        return
    for name in dict.fromkeys(branches):
        if name not in names:
            hint = suggest(name, names) or f"; there are {', '.join(names)}"
            message = f"unknown mode '{shorten(name)}'{hint}"
            yield Diagnostic("modes", "mode", message, mark, signal)
        elif branches.count(name) > 1:
            message = f"mode '{name}' has two branches in one switch; keep one"
            yield Diagnostic("modes", "mode", message, mark, signal)
    if set(branches) <= set(names):
        missing = [name for name in names if name not in branches]
        if missing:
            message = f"switch says nothing for mode '{missing[0]}'; add `{missing[0]}: …`"
            yield Diagnostic("modes", "mode", message, mark, signal)
