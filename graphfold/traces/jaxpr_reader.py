"""Jaxprs as traces, as `jax.make_jaxpr(f)(…)` gives them; jax itself is not imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.errors import GraphfoldError
from graphfold.traces.build import TraceBuilder, plain
from graphfold.traces.trace import Trace

_SAME = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "neg": "neg", "max": "maximum",
    "min": "minimum", "tanh": "tanh", "logistic": "sigmoid", "exp": "exp", "log": "log",
    "sin": "sin", "cos": "cos", "sqrt": "sqrt", "abs": "abs", "sign": "sign", "pow": "pow",
    "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne", "square": "square",
}  # fmt: skip
_CALLS = ("pjit", "jit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat")
_INLINE = 64  # numbers of a constant that is told in full


@dataclass(frozen=True)
class _Part:
    """A slice of width one along an axis, until it is known whether its axis goes, too."""

    whole: int
    start: int
    axis: int
    shape: tuple[int, ...]


def trace_of_jaxpr(closed: Any) -> Trace:
    """Read a ClosedJaxpr; calls of jitted functions are part of it, control flow stays opaque."""
    if not hasattr(closed, "jaxpr") or not hasattr(closed, "consts"):
        kind = type(closed).__name__
        raise GraphfoldError(f"expected what jax.make_jaxpr(f)(…) returns, not {kind}")
    return _Reader().read(closed)


class _Reader:
    def __init__(self) -> None:
        self.builder = TraceBuilder("jaxpr")
        self.numbers: dict[Any, int | _Part] = {}

    def read(self, closed: Any) -> Trace:
        jaxpr = closed.jaxpr
        for variable, name in zip(jaxpr.invars, _names(jaxpr), strict=True):
            self.numbers[variable] = self.builder.add("input", (), None, _shape(variable), name)
        for place, (variable, value) in enumerate(zip(jaxpr.constvars, closed.consts, strict=True)):
            self.numbers[variable] = self.constant(value, f"constant_{chr(97 + place % 26)}{place}")
        self.equations(jaxpr)
        self.builder.outputs += [self.number(v) for v in jaxpr.outvars]
        return self.builder.finish()

    def constant(self, value: Any, name: str = "") -> int:
        array = np.asarray(value)
        if array.size > _INLINE or array.dtype.kind not in "fiub" or not array.size:
            return self.builder.add("param", (), None, array.shape, name or "constant")
        alike = (array == array.flat[0]).all()
        told = array.flat[0].item() if alike else array.tolist()
        return self.builder.add("const", (), {"value": told}, array.shape)

    def number(self, variable: Any) -> int:
        """The node of a variable or a literal."""
        if hasattr(variable, "val"):
            return self.constant(variable.val)
        found = self.numbers[variable]
        if isinstance(found, _Part):
            attributes = {"start": found.start, "stop": found.start + 1, **_axis(found.axis)}
            found = self.builder.add("slice", (found.whole,), attributes, found.shape)
            self.numbers[variable] = found
        return found

    def equations(self, jaxpr: Any) -> None:
        """All equations in order, those of called functions in the place of the call."""
        pending: list[tuple[Iterator[Any], list[tuple[Any, Any]]]] = [(iter(jaxpr.eqns), [])]
        while pending:
            equations, results = pending[-1]
            equation = next(equations, None)
            if equation is None:
                pending.pop()
                for outer, inner in results:
                    self.numbers[outer] = self.number(inner)
                continue
            inner = _called(equation)
            if inner is None:
                self.equation(equation)
                continue
            body = getattr(inner, "jaxpr", inner)
            for variable, value in zip(body.constvars, getattr(inner, "consts", ()), strict=True):
                self.numbers[variable] = self.constant(value)
            for variable, operand in zip(body.invars, equation.invars, strict=True):
                self.numbers[variable] = self.number(operand)
            pending.append(
                (iter(body.eqns), list(zip(equation.outvars, body.outvars, strict=True)))
            )

    def equation(self, equation: Any) -> None:
        part = self.part(equation)
        if part is not None:
            self.numbers[equation.outvars[0]] = part
            return
        op, attributes = _operation(equation)
        operands = [self.number(v) for v in equation.invars]
        many = len(equation.outvars) != 1
        shape = None if many else _shape(equation.outvars[0])
        node = self.builder.add(op, operands, attributes, shape)
        if not many:
            self.numbers[equation.outvars[0]] = node
            return
        for place, variable in enumerate(equation.outvars):
            if type(variable).__name__ != "DropVar":
                shape = _shape(variable)
                one = self.builder.add("getitem", (node,), {"index": place}, shape)
                self.numbers[variable] = one

    def part(self, equation: Any) -> int | _Part | None:
        """A slice of width one, or what is left of one without its axis."""
        name, parameters = equation.primitive.name, equation.params
        if name not in ("slice", "squeeze") or hasattr(equation.invars[0], "val"):
            return None
        operand = equation.invars[0]
        if name == "slice" and not parameters["strides"]:
            ends = list(zip(parameters["start_indices"], parameters["limit_indices"], strict=True))
            cut = [i for i, e in enumerate(ends) if e != (0, operand.aval.shape[i])]
            if len(cut) == 1 and ends[cut[0]][1] - ends[cut[0]][0] == 1:
                shape = _shape(equation.outvars[0])
                return _Part(self.number(operand), int(ends[cut[0]][0]), cut[0], shape)
        if name == "squeeze" and operand in self.numbers:
            found = self.numbers[operand]
            if isinstance(found, _Part) and tuple(parameters["dimensions"]) == (found.axis,):
                attributes = {"index": found.start, **_axis(found.axis)}
                shape = _shape(equation.outvars[0])
                return self.builder.add("getitem", (found.whole,), attributes, shape)
        return None


def _axis(axis: int) -> dict[str, int]:
    return {"axis": axis} if axis else {}


def _names(jaxpr: Any) -> list[str]:
    """The names of the arguments, where the jaxpr still knows them, else letters."""
    known = getattr(getattr(jaxpr, "debug_info", None), "arg_names", None) or ()
    letters = [_letters(i) for i in range(len(jaxpr.invars))]
    if len(known) != len(letters) or not all(known) or len(set(known)) < len(known):
        return letters
    return [str(name) for name in known]


def _letters(number: int) -> str:
    text = ""
    while True:
        number, rest = divmod(number, 26)
        text = chr(97 + rest) + text
        if not number:
            return text
        number -= 1


def _shape(variable: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in variable.aval.shape)


def _called(equation: Any) -> Any:
    """The jaxpr that an equation calls once, or None."""
    if equation.primitive.name not in _CALLS:
        return None
    for name in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if name in equation.params:
            return equation.params[name]
    return None


def _operation(equation: Any) -> tuple[str, Mapping[str, Any]]:
    name, parameters = equation.primitive.name, equation.params
    if name in _SAME:
        return _SAME[name], {}
    if name == "concatenate":
        return "concat", {"axis": int(parameters["dimension"])}
    if name == "slice" and not parameters["strides"]:
        shape = equation.invars[0].aval.shape
        ends = list(zip(parameters["start_indices"], parameters["limit_indices"], strict=True))
        cut = [i for i, e in enumerate(ends) if e != (0, shape[i])]
        if len(cut) == 1:
            start, stop = ends[cut[0]]
            return "slice", {"start": int(start), "stop": int(stop), "axis": cut[0]}
    if name == "dot_general" and _is_product(equation):
        return "matmul", {}
    told = {n: plain(v) for n, v in parameters.items() if v is not None}
    return name, told


def _is_product(equation: Any) -> bool:
    """Whether a product sums over the last axis of the left and the first of the right."""
    (left, right), batch = equation.params["dimension_numbers"]
    ranks = [len(v.aval.shape) for v in equation.invars]
    if any(batch) or len(left) != 1 or max(ranks) > 2 or not min(ranks):
        return False
    return int(left[0]) == ranks[0] - 1 and int(right[0]) == 0
