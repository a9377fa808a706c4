"""Parts of a stream with one number to differentiate: their results, each weighed by an input.

The gradient of that number is the weights times the derivatives of the results, so that gradients
go from the part after a stream through its blocks to the part before, the last block first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from graphfold.circuit import Circuit, Equation, Signal
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.value import Array
from graphfold.expression import Index, Read
from graphfold.shapes import solve_shapes
from graphfold.sizes import Shape
from graphfold.terms import Term, apply, as_term, flatten

LOSS = "loss@"


@dataclass(frozen=True)
class Result:
    """A read, at all steps of an axis or at one, and the name of its weight, of the same shape."""

    weight: str
    read: Read
    shape: Shape
    axis: str | None = None


def with_inputs(part: Part, names: Iterable[str], shapes: Mapping[str, Shape]) -> Part:
    """The part with inputs of given shapes in the place of some equations."""
    circuit, taken = part.circuit, list(names)
    inputs = [Signal(n, "input", circuit.axis_of[n], shapes[n]) for n in taken]
    equations = tuple(e for e in circuit.equations if e.signal not in taken)
    return replace(
        part, circuit=replace(circuit, inputs=(*circuit.inputs, *inputs), equations=equations)
    )


def weighed(part: Part, results: Iterable[Result]) -> Part:
    """The part with an equation for the sum of its results times their weights."""
    total, inputs = as_term(0), list(part.circuit.inputs)
    for result in results:
        index = None if result.axis is None else Index(result.axis)
        term = Term(Read(result.weight, index)) * Term(result.read)
        term = apply("sum", term) if result.shape else term
        if result.axis is not None:
            term = apply("sum_over", term, axis=result.axis)
        total = total + term
        inputs.append(Signal(result.weight, "input", result.axis, result.shape))
    equations = (*part.circuit.equations, Equation(LOSS, None, flatten(total)))
    whole = replace(part.circuit, inputs=tuple(inputs), equations=equations)
    whole.notes["sound"] = True
    return Part(whole, solve_shapes(whole))


def shared_out(circuit: Circuit, weights: Mapping[str, Array]) -> dict[str, Array]:
    """The weights, those of what all examples share divided among the examples of the others.

    The sum is one number for each example where any result is, and these are added up.
    """
    ranks = {n: len(circuit.declared[n].shape) + (circuit.axis_of[n] is not None) for n in weights}
    lead = {n: int(circuit.axis_of[n] is not None) for n in weights}
    sizes = [a.shape[lead[n]] for n, a in weights.items() if a.ndim > ranks[n]]
    if not sizes or not sizes[0]:
        return dict(weights)
    share = 1 / sizes[0]
    return {
        n: a if a.ndim > ranks[n] else np.asarray(a * a.dtype.type(share), a.dtype)
        for n, a in weights.items()
    }
