"""PyTorch graphs as traces: of `torch.export` and `torch.fx`.

Only reading a file imports torch; a graph brings it along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from io import BytesIO
from typing import Any

from graphfold.errors import Diagnostic, GraphfoldError, ModelError, shorten
from graphfold.operations import OPERATIONS
from graphfold.traces.build import TraceBuilder, plain
from graphfold.traces.trace import ShapeLike, Trace

_SAME = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "div", "truediv": "div", "neg": "neg",
    "tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu", "softplus": "softplus", "exp": "exp",
    "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "abs": "abs", "sign": "sign",
    "pow": "pow", "maximum": "maximum", "minimum": "minimum", "where": "where", "lt": "lt",
    "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne", "square": "square",
}  # fmt: skip
_ARITY = dict.fromkeys(
    ("neg", "tanh", "sigmoid", "relu", "softplus", "exp", "log", "sqrt", "sin", "cos", "abs",
     "sign", "square"), 1) | {"where": 3}  # fmt: skip
_PRODUCTS = ("mm", "matmul", "mv", "dot")
_TURNED = ("t", "numpy_T", "transpose", "permute", "adjoint", "mT")
_PASSED = ("alias", "clone", "detach", "contiguous", "to", "_to_copy", "lift_fresh_copy", "expand")
_FILLED = {"zeros": 0.0, "zeros_like": 0.0, "new_zeros": 0.0, "ones": 1.0, "ones_like": 1.0}
_SPLITS = ("chunk", "split", "split_with_sizes", "unbind")
_SHAPED = ("view", "reshape", "_unsafe_view", "unsqueeze", "squeeze", "flatten")


def trace_of_torch(source: Any) -> Trace:
    """Read an `ExportedProgram` or a `GraphModule`; operators we do not know stay opaque."""
    graph = getattr(source, "graph", None)
    if graph is None or not hasattr(graph, "nodes"):
        cure = "trace the module first: torch.export.export(module, inputs)"
        raise GraphfoldError(f"expected a traced graph, not {type(source).__name__}; {cure}")
    return _Reader(source).read(graph)


def parse_pt2(data: bytes, source: str | None = None) -> Trace:
    """Read what `torch.export.save` wrote; ModelError when it is nothing of that kind.

    GraphfoldError without the package torch.
    """
    try:
        torch = import_module("torch")
    except ImportError:
        message = "reading .pt2 needs the package torch: pip install 'graphfold[torch]'"
        raise GraphfoldError(message) from None
    try:
        program = torch.export.load(BytesIO(data))
    except Exception as error:  # of many kinds, which differ by version
        told = shorten(str(error).partition("\n")[0], 80) or type(error).__name__
        message = f"no program saved by torch.export.save, or cut short: {told}"
        raise ModelError([Diagnostic("file", "torch", message, source=source)]) from None
    return trace_of_torch(program)


class _Reader:
    def __init__(self, source: Any) -> None:
        self.source, self.modules = source, dict[str, int]()
        signature = getattr(source, "graph_signature", None)
        self.parameters: dict[str, str] = {}
        for told in ("inputs_to_parameters", "inputs_to_buffers",
                     "inputs_to_lifted_tensor_constants"):  # fmt: skip
            self.parameters |= dict(getattr(signature, told, None) or {})
        self.builder = TraceBuilder("torch")
        self.numbers: dict[Any, int] = {}

    def read(self, graph: Any) -> Trace:
        for node in graph.nodes:
            if node.op == "output":
                self.builder.outputs += [self.numbers[n] for n in _nodes(node.args)]
            elif not _is_split(node) and not _is_assertion(node):  # parts are read as slices
                self.numbers[node] = self.node(node)
        return self.builder.finish()

    def node(self, node: Any) -> int:
        shape = _shape(node)
        if node.op == "placeholder":
            name = self.parameters.get(node.target, node.name)
            kind = "param" if node.target in self.parameters else "input"
            return self.builder.add(kind, shape=shape, name=_word(name))
        if node.op == "get_attr":
            return self.builder.add("param", shape=shape, name=_word(str(node.target)))
        name = _name(node)
        form = _FORMS.get(name)
        found = form(self, name, node) if form else None
        return self.opaque(name, node) if found is None else found

    def add(self, op: str, node: Any, operands: Sequence[Any], **attributes: Any) -> int:
        """A node with the shape of a torch node."""
        return self.builder.add(op, [self.number(o) for o in operands], attributes, _shape(node))

    def number(self, value: Any) -> int:
        """The node of an argument; numbers are constants."""
        if _number(value):
            return self.builder.add("const", (), {"value": value}, ())
        return self.numbers[value]

    def opaque(self, name: str, node: Any) -> int:
        """An operation with its arguments as they stand; those that are no nodes are attributes."""
        told = [*enumerate(node.args), *node.kwargs.items()]
        settings = {str(k): plain(v) for k, v in told if not _nodes(v) and v is not None}
        if node.op == "call_module":
            settings["module"] = str(node.target)
        operands = [self.numbers[n] for _, value in told for n in _nodes(value)]
        known = name in OPERATIONS  # by name only: its settings make it another operation
        return self.builder.add(
            f"torch_{name}" if known else name, operands, settings, _shape(node)
        )

    # -- operations of the language ---------------------------------------------------------------

    def same(self, name: str, node: Any) -> int | None:
        """Only with the operands of the language: no alpha, rounding or other settings."""
        settings = any(v not in (1, None) for v in node.kwargs.values())
        if settings or not _are_values(node.args) or len(node.args) != _ARITY.get(name, 2):
            return None
        return self.add(_SAME[name], node, node.args)

    def product(self, _: str, node: Any) -> int | None:
        ranks = [len(_shape(n) or ()) for n in node.args[:2]]
        return self.add("matmul", node, node.args[:2]) if max(ranks) <= 2 and min(ranks) else None

    def linear(self, _: str, node: Any) -> int | None:
        """X Wᵀ + b, as `torch.nn.Linear` has it."""
        x, weight, *bias = node.args
        if len(_shape(x) or (0, 0, 0)) > 2:
            return None
        turned = self.builder.add("transpose", [self.numbers[weight]], None, _turned(weight))
        made = self.builder.add("matmul", [self.numbers[x], turned], None, _shape(node))
        if not bias or bias[0] is None:
            return made
        return self.builder.add("add", [made, self.numbers[bias[0]]], None, _shape(node))

    def addmm(self, _: str, node: Any) -> int | None:
        if node.kwargs:
            return None
        bias, left, right = node.args
        made = self.add("matmul", node, (left, right))
        return self.builder.add("add", [self.numbers[bias], made], None, _shape(node))

    def turned(self, _: str, node: Any) -> int | None:
        told = [axis % 2 for axis in _flat(node.args[1:])]
        whole = len(_shape(node) or ()) == 2 and told in ([], [0, 1], [1, 0])
        if not whole or (told == [0, 1] and _name(node) == "permute"):
            return None
        return self.add("transpose", node, node.args[:1])

    def passed(self, _: str, node: Any) -> int | None:
        first, *rest = node.args
        if (rest or node.kwargs) and not _alike(first, node):
            return None  # another type or shape
        return self.numbers[first]

    def dropout(self, _: str, node: Any) -> int | None:
        training = node.kwargs.get("training", (*node.args, None, None, None)[2])
        return self.numbers[node.args[0]] if training is False else None

    def filled(self, name: str, node: Any) -> int | None:
        return self.builder.add("const", (), {"value": _FILLED[name]}, _shape(node))

    def full(self, _: str, node: Any) -> int | None:
        value = node.args[1]
        return (
            self.builder.add("const", (), {"value": value}, _shape(node))
            if _number(value)
            else None
        )

    def module(self, _: str, node: Any) -> int | None:
        """A module left whole: an operation of its class, whose parameters are one operand."""
        told = [v for value in node.args for v in (_nodes(value) or [value])]
        if node.kwargs or not _are_values(told):
            return None
        path = str(node.target)
        if path not in self.modules:
            self.modules[path] = self.builder.add("param", (), None, None, _word(path))
        kind = type(self.source.get_submodule(path)).__name__
        operands = [self.number(value) for value in told]
        return self.builder.add(kind, [*operands, self.modules[path]], None, _shape(node))

    def select(self, _: str, node: Any) -> int | None:
        shape = _shape(node.args[0])
        if shape is None or len(node.args) != 3:
            return None
        whole, axis, index = node.args[0], node.args[1] % len(shape), node.args[2]
        if not isinstance(index, int) or not isinstance(shape[axis], int):
            return None
        index = index % int(shape[axis])
        return self.add("getitem", node, [whole], index=index, **({"axis": axis} if axis else {}))

    def item(self, _: str, node: Any) -> int | None:
        whole, index = node.args
        if not isinstance(index, int) or index < 0:
            return None
        if not _is_split(whole):
            return self.add("getitem", node, [whole], index=index)
        axis = _axis(whole)
        if _name(whole) == "unbind":
            axes = {"axis": axis} if axis else {}
            return self.add("getitem", node, whole.args[:1], index=index, **axes)
        sizes = [part.shape[axis] for part in whole.meta["val"]]
        start = sum(sizes[:index])
        return self.add(
            "slice", node, whole.args[:1], start=start, stop=start + sizes[index], axis=axis
        )

    def cut(self, _: str, node: Any) -> int | None:
        whole, axis, start, stop = (*node.args, None, None, None)[:4]
        shape = _shape(whole)
        if shape is None or len(node.args) > 4 or not isinstance(shape[axis or 0], int):
            return None
        size = int(shape[axis or 0])
        low, high = (_end(v, size, d) for v, d in ((start, 0), (stop, size)))
        if (low, high) == (0, size):
            return self.numbers[whole]
        return self.add("slice", node, [whole], start=low, stop=high, axis=axis or 0)

    def joined(self, name: str, node: Any) -> int | None:
        parts, *axis = node.args
        told, shape = axis[0] if axis else node.kwargs.get("dim", 0), _shape(node)
        if told and shape is None:
            return None
        rank = max(1, len(shape or (0,)))
        op = "stack" if name == "stack" else "concat"
        return self.add(op, node, parts, axis=told % rank)

    def shaped(self, _: str, node: Any) -> int | None:
        shape = _shape(node)
        if shape is None or not all(isinstance(size, int) for size in shape):
            return None
        if shape == _shape(node.args[0]):
            return self.numbers[node.args[0]]
        return self.add("reshape", node, node.args[:1], shape=list(shape))


_Form = Callable[[_Reader, str, Any], int | None]
_FORMS: Mapping[str, _Form] = {
    **dict.fromkeys(_SAME, _Reader.same),
    **dict.fromkeys(_PRODUCTS, _Reader.product),
    **dict.fromkeys(_TURNED, _Reader.turned),
    **dict.fromkeys(_PASSED, _Reader.passed),
    **dict.fromkeys(_FILLED, _Reader.filled),
    **dict.fromkeys(_SHAPED, _Reader.shaped),
    **dict.fromkeys(("cat", "concat", "stack"), _Reader.joined),
    "linear": _Reader.linear,
    "addmm": _Reader.addmm,
    "dropout": _Reader.dropout,
    "full": _Reader.full,
    "module": _Reader.module,
    "select": _Reader.select,
    "getitem": _Reader.item,
    "slice": _Reader.cut,
}


def _name(node: Any) -> str:
    """The name of an operator without its overload: "tanh" of aten.tanh.default."""
    if node.op == "call_module":
        return "module"
    told = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return str(told or node.target).partition(".")[0].strip("_") or str(node.target)


def _nodes(value: Any) -> list[Any]:
    """The nodes among arguments, which may be lists of them."""
    found, pending = [], [value]
    while pending:
        one = pending.pop()
        if isinstance(one, tuple | list):
            pending += reversed(one)
        elif hasattr(one, "op") and hasattr(one, "target"):
            found.append(one)
    return found


def _is_split(node: Any) -> bool:
    """Whether a node cuts its first argument into parts of known sizes along one axis."""
    if node.op == "output" or _name(node) not in _SPLITS:
        return False
    parts = node.meta.get("val")
    if not isinstance(parts, tuple | list) or not all(hasattr(p, "shape") for p in parts):
        return False
    if _name(node) == "unbind":
        return True
    return all(type(p.shape[_axis(node)]) is int for p in parts)


def _is_assertion(node: Any) -> bool:
    return not node.users and _name(node).startswith("assert")


def _axis(split: Any) -> int:
    unbinds = _name(split) == "unbind"
    told = split.args[2 - unbinds :] or [split.kwargs.get("dim", 0)]
    return int(told[0]) % max(1, len(split.meta["val"][0].shape) + unbinds)


def _are_values(values: Sequence[Any]) -> bool:
    return all(_nodes(v) == [v] or _number(v) for v in values)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shape(node: Any) -> ShapeLike | None:
    value = getattr(node, "meta", {}).get("val")
    sizes = getattr(value, "shape", None)
    if sizes is None:
        return None
    return tuple(size if type(size) is int else str(size) for size in sizes)


def _alike(left: Any, right: Any) -> bool:
    """Whether two nodes are known to have one shape and one type."""
    one, other = (getattr(node, "meta", {}).get("val") for node in (left, right))
    if one is None or other is None:
        return False
    return bool(one.shape == other.shape and one.dtype == other.dtype)


def _flat(values: Any) -> list[int]:
    return [v for value in values for v in (value if isinstance(value, tuple | list) else (value,))]


def _turned(node: Any) -> ShapeLike | None:
    shape = _shape(node)
    return None if shape is None else shape[::-1]


def _end(value: Any, size: int, default: int) -> int:
    if not isinstance(value, int):
        return default
    return min(size, value + size if value < 0 else value)


def _word(name: str) -> str:
    return name.replace(".", "_")
