"""The table of operations: a name, how many operands, which attributes.

What an operation means stands in tables over the same names: its shape rule (`shapes`), its
NumPy kernel (`evaluate.kernels`), its LaTeX (`expand`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AttributeKind = Literal["axis", "size", "sizes", "text", "texts", "number"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A setting of an operation that is no signal: `axis=0`, or a size such as n_h."""

    name: str
    kind: AttributeKind
    default: int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: `least` to `most` operands (None: any number), then its attributes.

    `infix` is how it is written between or before its operands; `internal` operations have a
    notation of their own and cannot be called by name.
    """

    name: str
    least: int
    most: int | None
    attributes: tuple[Attribute, ...] = ()
    infix: str | None = None
    internal: bool = False


OPERATIONS: dict[str, Operation] = {}


def register(operation: Operation) -> None:
    """Add an operation to the table; ValueError when the name is taken."""
    if operation.name in OPERATIONS:
        raise ValueError(f"operation '{operation.name}' exists already")
    OPERATIONS[operation.name] = operation


def _elementwise(count: int, *names: str) -> None:
    for name in names:
        register(Operation(name, count, count))


def _infix(count: int, **symbols: str) -> None:
    for name, symbol in symbols.items():
        register(Operation(name, count, count, infix=symbol, internal=True))


def _internal(name: str, least: int, most: int | None, *attributes: Attribute) -> None:
    register(Operation(name, least, most, attributes, internal=True))


_ANY_AXIS = Attribute("axis", "axis")
_LAST_AXIS = Attribute("axis", "axis", default=-1)
_FIRST_AXIS = Attribute("axis", "axis", default=0)

_infix(2, add="+", sub="-", mul="*", div="/", matmul="@", pow="**", mod="%")
_infix(2, lt="<", le="<=", gt=">", ge=">=", eq="==", ne="!=")
_infix(1, neg="-")

_elementwise(1, "tanh", "sigmoid", "relu", "softplus", "exp", "log", "sqrt", "sin", "cos")
_elementwise(1, "abs", "sign", "square")
_elementwise(2, "maximum", "minimum")
_elementwise(3, "where", "clip")

for _name in ("sum", "mean", "max", "norm"):
    register(Operation(_name, 1, 1, (_ANY_AXIS,)))
for _name in ("softmax", "log_softmax", "layer_norm"):
    register(Operation(_name, 1, 1, (_LAST_AXIS,)))
for _name in ("concat", "stack"):
    register(Operation(_name, 1, None, (_FIRST_AXIS,)))
register(Operation("dot", 2, 2))
register(Operation("outer", 2, 2))
register(Operation("transpose", 1, 1))
register(Operation("reshape", 1, 1, (Attribute("shape", "sizes", required=True),)))
register(
    Operation(
        "slice",
        1,
        1,
        (
            Attribute("start", "size", required=True),
            Attribute("stop", "size", required=True),
            _FIRST_AXIS,
        ),
    )
)
register(Operation("one_hot", 1, 1, (Attribute("size", "size", required=True),)))

_axis_name = Attribute("axis", "text", required=True)
for _name in ("sum_over", "mean_over", "max_over"):  # sum(L[t] for t)
    _internal(_name, 1, 1, _axis_name)
_internal("step", 0, 0, _axis_name)  # t itself, as a value
_internal("length", 0, 0, _axis_name)  # T, as a value
_internal("size", 0, 0, Attribute("size", "size", required=True))  # n_h, as a value
_internal("switch", 1, None, Attribute("modes", "texts", required=True))  # switch(mode, train: a)
_internal("call", 0, None, Attribute("function", "text", required=True))  # f(h, x; theta)


def callable_names() -> list[str]:
    """The names a model can call, in order of the table."""
    return [o.name for o in OPERATIONS.values() if not o.internal]
