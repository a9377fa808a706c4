"""Terms: values in an equation being written in Python, until `flatten` makes nodes of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from graphfold.circuit import Axis
from graphfold.errors import GraphfoldError, suggest
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    AttributeValue,
    Const,
    Constant,
    Expression,
    ExpressionBuilder,
    Index,
    Read,
)
from graphfold.operations import OPERATIONS, Attribute
from graphfold.sizes import Shape, shape_of


class Term:
    """A value in an equation being written; operators and functions make new terms of it."""

    __slots__ = ("attributes", "head", "operands")
    __hash__ = object.__hash__

    def __init__(
        self,
        head: str | Const | Read,
        operands: tuple[Term, ...] = (),
        attributes: tuple[tuple[str, AttributeValue], ...] = (),
    ) -> None:
        self.head, self.operands, self.attributes = head, operands, attributes

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Any:
        """Let `array @ term` ask the term; a function of NumPy takes no terms."""
        infix = _UFUNCS.get(ufunc.__name__)
        if infix is None or method != "__call__" or settings:
            raise _no_numpy(ufunc.__name__)
        left, right = operands
        if left is self:
            return getattr(self, infix[0])(right)
        return getattr(self, infix[1])(left)

    def __array_function__(self, function: Any, *_: Any) -> NoReturn:
        raise _no_numpy(function.__name__)

    @property
    def T(self) -> Term:
        """The transpose."""
        return Term("transpose", (self,))

    def __add__(self, other: Any) -> Term:
        return apply("add", self, other)

    def __radd__(self, other: Any) -> Term:
        return apply("add", other, self)

    def __sub__(self, other: Any) -> Term:
        return apply("sub", self, other)

    def __rsub__(self, other: Any) -> Term:
        return apply("sub", other, self)

    def __mul__(self, other: Any) -> Term:
        return apply("mul", self, other)

    def __rmul__(self, other: Any) -> Term:
        return apply("mul", other, self)

    def __truediv__(self, other: Any) -> Term:
        return apply("div", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return apply("div", other, self)

    def __matmul__(self, other: Any) -> Term:
        return apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Term:
        return apply("matmul", other, self)

    def __pow__(self, other: Any) -> Term:
        return apply("pow", self, other)

    def __rpow__(self, other: Any) -> Term:
        return apply("pow", other, self)

    def __mod__(self, other: Any) -> Term:
        return apply("mod", self, other)

    def __rmod__(self, other: Any) -> Term:
        return apply("mod", other, self)

    def __neg__(self) -> Term:
        return apply("neg", self)

    def __abs__(self) -> Term:
        return apply("abs", self)

    def __lt__(self, other: Any) -> Term:
        return apply("lt", self, other)

    def __le__(self, other: Any) -> Term:
        return apply("le", self, other)

    def __gt__(self, other: Any) -> Term:
        return apply("gt", self, other)

    def __ge__(self, other: Any) -> Term:
        return apply("ge", self, other)

    def __eq__(self, other: object) -> Term:  # type: ignore[override]
        return apply("eq", self, other)

    def __ne__(self, other: object) -> Term:  # type: ignore[override]
        return apply("ne", self, other)

    def __repr__(self) -> str:
        return f"<term {self.head}>"

    def __bool__(self) -> bool:
        raise GraphfoldError("a term has no truth value; choose with gf.where(c, a, b)")


_UFUNCS = {  # of NumPy: the methods of a term on the left, on the right
    "add": ("__add__", "__radd__"),
    "subtract": ("__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "matmul": ("__matmul__", "__rmatmul__"),
    "power": ("__pow__", "__rpow__"),
    "remainder": ("__mod__", "__rmod__"),
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "equal": ("__eq__", "__eq__"),
    "not_equal": ("__ne__", "__ne__"),
}


def _no_numpy(name: str) -> GraphfoldError:
    cure = f"write gf.{name}(…)" if name in OPERATIONS else "use the operations of graphfold"
    return GraphfoldError(f"numpy.{name} takes no terms; {cure}")


def apply(operation: str, *operands: Any, **attributes: AttributeValue) -> Term:
    """Make the term of an operation; numbers, lists and arrays become constants."""
    return Term(operation, tuple(as_term(o) for o in operands), tuple(attributes.items()))


def switch(**branches: Any) -> Term:
    """Choose by the circuit's mode: `switch(train=y[t], test=o[t])`, one branch for each mode."""
    if not branches:
        raise GraphfoldError("switch has no branches; write gf.switch(train=a, test=b)")
    return apply("switch", *branches.values(), modes=tuple(branches))


def as_term(value: Any) -> Term:
    """Turn a number, nested list, array or term into a term."""
    if isinstance(value, Term):
        return value
    return Term(Const(constant_of(value)))


_LARGEST = 2**1023  # what a float holds; a model file reads larger whole numbers as floats too


def constant_of(value: Any) -> Constant:
    """Turn a number, nested list or array into a constant; GraphfoldError for anything else."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple) and value:
        return tuple(constant_of(item) for item in value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float) and abs(value) < _LARGEST:
        return value if isinstance(value, float) or abs(value) < 2**53 else float(value)
    raise GraphfoldError(f"{value!r} is neither a term nor a finite number nor a list of them")


def function_of(name: str) -> Callable[..., Term]:
    """Return the Python function that makes terms of an operation, as `gf.tanh`."""
    operation = OPERATIONS[name]

    def function(*operands: Any, over: AxisHandle | None = None, **attributes: Any) -> Term:
        if over is not None:
            return _reduction(name, operands, over, attributes)
        count = len(operands) if operation.most is None else operation.most
        settings = _settings(name, operands[count:], attributes)
        return Term(name, tuple(as_term(o) for o in operands[:count]), settings)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "graphfold"  # where it is found, also by pickle
    function.__doc__ = f"The operation `{name}` of the model language."
    return function


def _reduction(
    name: str, operands: tuple[Any, ...], over: AxisHandle, attributes: Mapping[str, Any]
) -> Term:
    if f"{name}_over" not in REDUCTIONS or len(operands) != 1:
        raise GraphfoldError(f"only sum, mean and max of one term go over an axis, not {name}")
    if attributes:
        message = f"{name} over {axis_name(over)} has no setting '{next(iter(attributes))}'"
        raise GraphfoldError(f"{message}; give the inner {name} a call of its own")
    return apply(f"{name}_over", operands[0], axis=axis_name(over))


def axis_name(over: Any) -> str:
    """Return the name of an axis; GraphfoldError for anything else."""
    if isinstance(over, AxisHandle):
        return over.name
    raise GraphfoldError(f"over takes an axis, as in t = c.axis('t'), not {over!r}")


def shape_or_error(sizes: Sequence[Any]) -> Shape:
    """Make a shape; GraphfoldError for what is no size."""
    numbers = [whole(size) for size in sizes]
    try:
        return shape_of(*(s if n is None else n for s, n in zip(sizes, numbers, strict=True)))
    except (ValueError, TypeError, AttributeError):
        message = "a size is a whole number, a dimension or a text such as '4*n_h'"
        raise GraphfoldError(f"{message}, not {sizes!r}") from None


def _settings(
    name: str, positional: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[tuple[str, AttributeValue], ...]:
    specs = OPERATIONS[name].attributes
    if len(positional) > 1 and specs and specs[0].kind == "sizes":
        positional = (positional,)  # reshape(x, 2, 3) is reshape(x, (2, 3))
    if len(positional) > len(specs):
        least = OPERATIONS[name].least
        takes = f"{least} argument" + "s" * (least != 1)
        raise GraphfoldError(f"{name} takes {takes}, not {least + len(positional)}")
    given = dict(zip((s.name for s in specs), positional, strict=False))
    for keyword, value in keywords.items():
        if keyword not in {s.name for s in specs}:
            legal = [s.name for s in specs]
            known = f"; it has {', '.join(legal)}" if legal else ""
            hint = suggest(keyword, legal) or known
            raise GraphfoldError(f"{name} has no setting '{keyword}'{hint}")
        if keyword in given:
            raise GraphfoldError(f"{name} is given its {keyword} twice")
        given[keyword] = value
    missing = [s.name for s in specs if s.required and s.name not in given]
    if missing:
        raise GraphfoldError(f"{name} needs its {missing[0]}")
    return tuple(
        (s.name, _setting(s, given[s.name]))
        for s in specs
        if s.name in given and given[s.name] != s.default
    )


def _setting(spec: Attribute, value: Any) -> AttributeValue:
    if spec.kind == "sizes":
        return shape_or_error(value if isinstance(value, list | tuple) else [value])
    if spec.kind == "size":
        return shape_or_error([value])[0]
    number = whole(value)
    if number is None:
        raise GraphfoldError(f"{spec.name} must be a whole number, not {value!r}")
    return number


def flatten(term: Term) -> Expression:
    """Turn a term into flat nodes, without recursion; equal sub-terms become one node."""
    builder, numbers = ExpressionBuilder(), dict[int, int]()
    pending: list[tuple[Term, bool]] = [(term, False)]
    while pending:
        current, ready = pending.pop()
        if id(current) in numbers:
            continue
        if not ready:
            pending.append((current, True))
            pending += [(operand, False) for operand in reversed(current.operands)]
            continue
        node: Const | Read | Apply
        if isinstance(current.head, str):
            operands = tuple(numbers[id(o)] for o in current.operands)
            node = Apply(current.head, operands, current.attributes)
        else:
            node = current.head
        numbers[id(current)] = builder.add(node)
    return builder.finish(numbers[id(term)])


class AxisHandle(Term):
    """An axis, or a step beside it: `t`, `t - 1`; `t.last` is the last step.

    As a value it is the number of the step.
    """

    __slots__ = ("at_end", "length", "name", "offset")

    def __init__(self, name: str, length: str, offset: int = 0, at_end: bool = False) -> None:
        operation, attributes = "length" if at_end else "step", (("axis", name),)
        if offset:
            operands = (Term(operation, (), attributes), as_term(abs(offset)))
            super().__init__("add" if offset > 0 else "sub", operands)
        else:
            super().__init__(operation, (), attributes)
        self.name, self.length, self.offset, self.at_end = name, length, offset, at_end

    @property
    def last(self) -> AxisHandle:
        """The last step of the axis, for reads such as `h[t.last]`."""
        return AxisHandle(self.name, self.length, 0, True)

    @property
    def index(self) -> Index:
        """The index this stands for."""
        return Index(self.length if self.at_end else self.name, self.offset)

    def __add__(self, other: Any) -> Term:
        steps = whole(other)
        if steps is None:
            return super().__add__(other)
        return AxisHandle(self.name, self.length, self.offset + steps, self.at_end)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Term:
        steps = whole(other)
        return super().__sub__(other) if steps is None else self + -steps


class ChildHandle:
    """A child of a tree's node, for reads such as `h[left]`; it is no value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __add__(self, other: Any) -> NoReturn:
        raise GraphfoldError(f"a child takes no offset: read h[{self.name}]")

    __sub__ = __add__

    def __repr__(self) -> str:
        return f"<child {self.name}>"


class TreeHandle(AxisHandle):
    """An axis that is a tree: `t.children` are its children, `t.leaves` the axis of its leaves."""

    __slots__ = ("children", "leaves")

    def __init__(self, axis: Axis, leaves: AxisHandle) -> None:
        super().__init__(axis.name, axis.length)
        self.leaves = leaves
        self.children = tuple(ChildHandle(name) for name in axis.children)


def whole(value: Any) -> int | None:
    """Return a whole number of Python or NumPy as int; None for anything else.

    >>> whole(3), whole(True), whole(0.5)
    (3, None, None)
    """
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
