"""Operations of one's own: a name, its shape and its NumPy function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphfold.errors import GraphfoldError, shorten
from graphfold.evaluate.backward.functions import by_arrays, by_example
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.elementwise import Kernel, elementwise
from graphfold.evaluate.engines.along import along_cores as repeated_on
from graphfold.evaluate.engines.elementwise import elementwise as elementwise_on
from graphfold.evaluate.engines.table import OPERATIONS as ON_NAMESPACES
from graphfold.evaluate.kernels import KERNELS
from graphfold.evaluate.value import Array, Value, spread
from graphfold.expression import Apply
from graphfold.operations import OPERATIONS, Operation, register
from graphfold.shape_rules import SHAPE_RULES, Known
from graphfold.sizes import Shape

ShapeOf = Callable[..., Shape]


def register_operation(
    name: str,
    operands: int,
    function: Callable[..., Any],
    shape: ShapeOf | None = None,
    derivative: Callable[..., Any] | None = None,
    namespace: Callable[..., Any] | None = None,
) -> None:
    r"""Add an operation to the language, in model files and as `gf.name`.

    `function` takes that many arrays. Without `shape` the operation is elementwise and `function`
    must broadcast as NumPy does; with it, `shape` gives the result's shape from the operands'
    shapes (tuples of `Size`), and `function` is called with the arrays of one example.

    `derivative` takes the gradient of the result and then what `function` takes, and gives for each
    operand its gradient: for an elementwise operation before broadcasting is undone.

    `namespace` is `function` for other engines: it takes an array namespace of the Python array API
    standard, such as `jax.numpy`, and then the arrays. Elementwise, it gets arrays that broadcast;
    with `shape`, arrays whose leading axes, of clocks and batch, are all there.

    GraphfoldError when the name is taken or is no name.

    >>> from graphfold import evaluate, gradients, loads, unfold
    >>> register_operation("cube", 1, lambda x: x**3, derivative=lambda g, x: g * 3 * x**2)
    >>> c = loads("graphfold: 1\ninputs: {x: []}\nequations: |\n  y = cube(x) + 1")
    >>> evaluate(unfold(c, 0), {"x": 2.0})["y"]
    array(9.)
    >>> gradients(unfold(c, 0), {"x": 2.0}, "y")["x"]
    array(12.)
    """
    if not name.isidentifier() or name.startswith("_"):
        raise GraphfoldError(f"'{shorten(name)}' is not a name for an operation")
    if name in OPERATIONS:
        raise GraphfoldError(f"operation '{name}' exists already")
    KERNELS[name] = elementwise(function) if shape is None else _by_example(function)
    SHAPE_RULES[name] = SHAPE_RULES["add"] if shape is None else _rule(shape)
    if derivative is not None:
        what = f"operation '{name}'"
        DERIVATIVES[name] = (by_arrays if shape is None else by_example)(what, derivative)
    if namespace is not None:
        on_namespaces = elementwise_on if shape is None else repeated_on
        ON_NAMESPACES[name] = on_namespaces(namespace)
    register(Operation(name, operands, operands))


def _rule(shape: ShapeOf) -> Callable[[Apply, Sequence[Known]], Known]:
    return lambda _node, shapes: None if None in shapes else shape(*shapes)


def _by_example(function: Callable[..., Any]) -> Kernel:
    def kernel(*values: Value) -> Value:
        arrays, batched = spread(values)
        if not batched:
            return Value(_result(function, arrays))
        rows = [_result(function, list(row)) for row in zip(*arrays, strict=True)]
        if not rows:  # one example of zeros tells the shape of none
            example = _result(function, [np.zeros(a.shape[1:], a.dtype) for a in arrays])
            return Value(np.zeros((0, *example.shape), example.dtype), True)
        return Value(np.stack(rows), True)

    return kernel


def _result(function: Callable[..., Any], arrays: list[Array]) -> Array:
    return np.asarray(function(*arrays), dtype=np.result_type(*arrays))
