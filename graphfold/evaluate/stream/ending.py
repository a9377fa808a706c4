"""What the part after a stream is given: the last values, and what was gathered."""

from __future__ import annotations

import numpy as np

from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.sizing import need
from graphfold.evaluate.stream.constants import Constants
from graphfold.evaluate.stream.parts import Parts, Total, at
from graphfold.evaluate.stream.state import State
from graphfold.evaluate.value import Array

Given = dict[str, Array]


def at_end(parts: Parts, state: State, constants: Constants) -> Given:
    """All that the part after a stream is given."""
    names, late = parts.after.circuit.declared, parts.cut.late
    histories = {n: a for n, a in constants.values.items() if n.partition("[")[0] in late}
    found = dict[str, Array]()
    length = f"{parts.cut.axis}@length"
    if length in names:
        found[length] = np.asarray(state.step, constants.dtype)
    for total in parts.totals:
        found[total.name] = _total(parts, state, constants, total)
    for signal, offset in parts.last_reads:
        name = at(signal, f"{parts.cut.length}{offset:+d}" if offset else parts.cut.length)
        found[name] = _last(parts, state, signal, offset)
    return {name: array for name, array in found.items() if name in names} | histories


def _total(parts: Parts, state: State, constants: Constants, total: Total) -> Array:
    known = state.totals.get(total.name)
    if total.how == "first":
        if known is None:
            read = f"{total.of}[{total.step}]"
            told = f"but {parts.cut.axis} runs over {state.step} steps only"
            raise UnfoldingError(f"{read} is read, {told}")
        return known
    if known is None and total.how == "sum_over":
        signal, _, number = total.name.rpartition("@")
        shape = parts.shapes.nodes[signal][int(number)] or ()
        return np.zeros(tuple(need(size, constants.sizes) for size in shape), constants.dtype)
    if known is None:
        signal, what = total.name.rpartition("@")[0], total.how.removesuffix("_over")
        raise ValuesError(f"{signal}: the {what} over no steps has no value")
    if total.how == "mean_over":
        known = known / state.step
    return np.asarray(known, constants.dtype)


def _last(parts: Parts, state: State, signal: str, offset: int) -> Array:
    """The value at the last step, or some steps before it."""
    step = state.step + offset
    if step <= 0 and step not in parts.cut.boundary_steps.get(signal, ()):
        read = f"{signal}[{parts.cut.length}{f'{offset:+d}' if offset else ''}]"
        message = f"after {state.step} steps {read} is {signal}[{step}], which has no value"
        raise ValuesError(message)
    return np.asarray(state.rows[signal][offset - 1])
