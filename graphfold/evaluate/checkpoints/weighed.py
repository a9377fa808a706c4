"""Parts of a stream with one number to differentiate: their results, each weighed by an input.

The gradient of that number is the weights times the derivatives of the results, so that gradients
go from the part after a stream through its blocks to the part before, the last block first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from graphfold.circuit import Equation, Signal
from graphfold.evaluate.stream.rewrite import Part
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
