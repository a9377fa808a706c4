"""A compiled circuit in words: what is computed for all steps at once, and each loop's code."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.evaluate.compiled.emit import Code
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.scope import Scope
from graphfold.recurrence import BOUNDARY, Component, find_components


def explained(engine: Engine, scope: Scope) -> Iterator[str]:
    """Tell of every component, in the order in which they are computed."""
    for component in find_components(engine.circuit)[0]:
        first = component.signals[0]
        if first.startswith(BOUNDARY) or first in engine.circuit.declared:
            continue
        if engine.circuit.axis_of[first] is None:
            yield f"{first}: once"
        elif component.direction is None:
            yield f"{first}: all steps at once"
        else:
            yield from _loop(engine, scope, component)


def _loop(engine: Engine, scope: Scope, component: Component) -> Iterator[str]:
    loop = engine.loop(scope, component)
    code = loop.body(scope).code
    way = "step by step, " + ("backward" if loop.backward else "forward")
    if loop.axis in engine.circuit.trees:
        way = "all nodes of a height at once"
    yield f"{', '.join(loop.signals)}: {way}"
    for product in code.products:
        name = product.vector.signal or "a value of the step"
        count = len(product.members)
        yield f"  {count} {'matrices' if count > 1 else 'matrix'} in one product with {name}"
    yield from _written(code)


def _written(code: Code) -> Iterator[str]:
    """The lines of a loop."""
    yield from (f"  {line.strip()}" for line in code.source.splitlines()[2:])
