"""ONNX models as traces: initializers are parameters, unknown operators opaque operations."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from graphfold.errors import Diagnostic, GraphfoldError, ModelError, shorten
from graphfold.traces.build import TraceBuilder
from graphfold.traces.trace import ShapeLike, Trace

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

_SAME = {
    "Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "MatMul": "matmul", "Pow": "pow",
    "Neg": "neg", "Tanh": "tanh", "Sigmoid": "sigmoid", "Relu": "relu", "Softplus": "softplus",
    "Exp": "exp", "Log": "log", "Sqrt": "sqrt", "Sin": "sin", "Cos": "cos", "Abs": "abs",
    "Sign": "sign", "Where": "where", "Less": "lt", "LessOrEqual": "le", "Greater": "gt",
    "GreaterOrEqual": "ge", "Equal": "eq", "Concat": "concat", "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
}  # fmt: skip
_INLINE = 64  # numbers of a constant that is told in full
_FOLDED = {  # operators whose later operands are settings when they are constants
    "Unsqueeze": "axes", "Squeeze": "axes", "Reshape": "shape", "Expand": "shape",
    "ReduceSum": "axes", "ReduceMean": "axes", "Split": "split",
}  # fmt: skip


def parse_onnx(data: bytes, source: str | None = None) -> Trace:
    """Read the bytes of an ONNX file; ModelError when they are none.

    Weights kept in files of their own need not be there. GraphfoldError without the package onnx.
    """
    onnx = _onnx()
    try:
        model = onnx.load_model_from_string(data)
        problem = "" if model.HasField("graph") else "it holds no graph"
    except Exception as error:  # of protobuf, whose kinds of errors differ by version
        model, problem = None, shorten(str(error), 80) or "it cannot be parsed"
    if problem:
        message = f"no ONNX model, or cut short: {problem}"
        raise ModelError([Diagnostic("file", "onnx", message, source=source)])
    try:
        return trace_of_model(model)
    except ModelError as error:
        raise ModelError([d.placed(source) for d in error.diagnostics]) from None


def trace_of_model(model: ModelProto) -> Trace:
    """Read an ONNX model; ModelError for a value that no node gives, or a cycle."""
    onnx = _onnx()
    if not isinstance(model, onnx.ModelProto):
        raise GraphfoldError(f"expected an onnx.ModelProto, not {type(model).__name__}")
    try:
        inferred = onnx.shape_inference.infer_shapes(model)
    except Exception:  # shapes are welcome, not needed
        inferred = model
    return _Reader(inferred.graph).read()


def _onnx() -> Any:
    try:
        import onnx
        import onnx.shape_inference
    except ImportError:
        message = "reading ONNX needs the package onnx: pip install 'graphfold[onnx]'"
        raise GraphfoldError(message) from None
    return onnx


class _Reader:
    def __init__(self, graph: GraphProto) -> None:
        self.graph = graph
        self.builder = TraceBuilder(graph.name or "onnx")
        self.numbers: dict[str, int] = {}
        self.constants: dict[str, np.ndarray[Any, Any]] = {}
        self.shapes: dict[str, ShapeLike] = {}

    def read(self) -> Trace:
        for info in (*self.graph.input, *self.graph.value_info, *self.graph.output):
            shape = _shape(info)
            if shape is not None:
                self.shapes[info.name] = shape
        for tensor in self.graph.initializer:
            self.weight(tensor.name, tensor, float_is_param=True)
        for info in self.graph.input:
            if info.name not in self.numbers:
                self.numbers[info.name] = self.builder.add(
                    "input", shape=self.shapes.get(info.name), name=info.name
                )
        for node in self.in_order():
            self.node(node)
        for info in self.graph.output:
            if info.name not in self.numbers:
                raise _wrong(f"output '{shorten(info.name)}' is given by no node")
            self.builder.outputs.append(self.numbers[info.name])
        return self.builder.finish()

    def in_order(self) -> list[NodeProto]:
        """The nodes, what they read first; ONNX demands this order, not every writer keeps it."""
        known = {*self.numbers, ""}
        nodes, left = list(self.graph.node), list[Any]()
        order: list[NodeProto] = []
        while nodes:
            left = []
            for node in nodes:
                if all(name in known for name in _reads(node)):
                    order.append(node)
                    known.update(node.output)
                else:
                    left.append(node)
            if len(left) == len(nodes):
                self.complain(left, known)
            nodes = left
        return order

    def complain(self, left: list[NodeProto], known: set[str]) -> None:
        given = {name for node in left for name in node.output}
        for node in left:
            for name in _reads(node):
                if name not in known and name not in given:
                    who = node.name or node.op_type
                    raise _wrong(f"'{shorten(who)}' reads '{shorten(name)}', which no node gives")
        raise _wrong(f"the graph has a cycle through '{shorten(left[0].name or left[0].op_type)}'")

    # -- leaves ------------------------------------------------------------------------------

    def weight(self, name: str, tensor: TensorProto, float_is_param: bool) -> None:
        shape = tuple(tensor.dims)
        value = _value(tensor)
        if value is not None and value.size <= _INLINE:
            self.constants[name] = value
        floats = value is None or value.dtype.kind == "f"
        if value is None or (float_is_param and floats and shape):
            self.numbers[name] = self.builder.add("param", shape=shape, name=name)
        elif value.size and (value == value.flat[0]).all() and value.dtype.kind in "fiub":
            attributes = {"value": value.flat[0].item()}
            self.numbers[name] = self.builder.add("const", attributes=attributes, shape=shape)
        elif value.size <= _INLINE and value.dtype.kind in "fiub" and value.size:
            attributes = {"value": value.tolist()}
            self.numbers[name] = self.builder.add("const", attributes=attributes, shape=shape)
        else:
            self.numbers[name] = self.builder.add("param", shape=shape, name=name)

    # -- operations --------------------------------------------------------------------------

    def node(self, node: NodeProto) -> None:
        if node.op_type == "Constant":
            self.constant(node)
            return
        if node.op_type == "Identity" and len(node.input) == 1:
            self.numbers[node.output[0]] = self.numbers[node.input[0]]
            if node.input[0] in self.constants:
                self.constants[node.output[0]] = self.constants[node.input[0]]
            return
        op, operands, attributes = self.operation(node)
        names = [name for name in _reads(node) if name] if operands is None else operands
        used = [place for place, name in enumerate(node.output) if name]
        shape = self.shapes.get(node.output[0]) if used == [0] else None
        if op == "Split":  # its parts together
            shape = self.shapes.get(node.input[0])
        numbers = [self.numbers[name] for name in names]
        number = self.builder.add(op, numbers, attributes, shape)
        if used == [0]:
            self.numbers[node.output[0]] = number
            return
        for place in used:
            output = node.output[place]
            part = self.builder.add("getitem", [number], {"index": place}, self.shapes.get(output))
            self.numbers[output] = part

    def constant(self, node: NodeProto) -> None:
        found = {a.name: a for a in node.attribute}
        name = node.output[0]
        if "value" in found:
            self.weight(name, found["value"].t, float_is_param=False)
            return
        for kind in ("value_float", "value_int", "value_floats", "value_ints"):
            if kind in found:
                value = _attribute(found[kind])
                self.constants[name] = np.asarray(value)
                shape = np.shape(value)
                self.numbers[name] = self.builder.add("const", (), {"value": value}, shape)
                return
        attributes = {a.name: _attribute(a) for a in node.attribute}
        self.numbers[name] = self.builder.add("Constant", (), attributes)

    def operation(self, node: NodeProto) -> tuple[str, list[str] | None, dict[str, Any]]:
        """The operation's name in the trace, what it reads (None: all), and its attributes."""
        attributes = {a.name: _attribute(a) for a in node.attribute}
        absent = [place for place, name in enumerate(node.input) if not name]
        if absent:
            attributes["absent"] = absent
        if node.domain not in ("", "ai.onnx"):
            return f"{node.domain}::{node.op_type}", None, attributes
        special = getattr(self, f"_{node.op_type.lower()}", None)
        if special is not None:
            found = special(node, attributes)
            if found is not None:
                return found  # type: ignore[no-any-return]
        if node.op_type in _FOLDED and len(node.input) == 2 and node.input[1] in self.constants:
            setting = self.constants[node.input[1]].tolist()
            return node.op_type, [node.input[0]], attributes | {_FOLDED[node.op_type]: setting}
        return _SAME.get(node.op_type, node.op_type), None, attributes

    def _gather(self, node: NodeProto, attributes: dict[str, Any]) -> Any:
        """An element, or a slice of one, when the index is a constant."""
        index = self.constants.get(node.input[1])
        if index is None or index.size != 1 or index.ndim > 1:
            return None
        axis, at = int(attributes.get("axis", 0)), int(index.reshape(-1)[0])
        at = self._from_start(node.input[0], axis, at)
        if index.ndim == 0:
            return "getitem", [node.input[0]], {"index": at, **({"axis": axis} if axis else {})}
        return self._part(node.input[0], at, at + 1, axis)

    def _slice(self, node: NodeProto, attributes: dict[str, Any]) -> Any:
        """A slice along one axis, when its ends are constants."""
        settings = [self.constants.get(name) for name in node.input[1:]]
        if not 2 <= len(settings) <= 4 or any(s is None or s.size != 1 for s in settings):
            return None
        numbers = [int(s.reshape(-1)[0]) for s in settings if s is not None]
        start, stop, axis, step = [*numbers, *(0, 1)[len(numbers) - 2 :]]
        shape = self.shapes.get(node.input[0])
        if step != 1 or (shape is None and (min(start, stop) < 0 or stop > 2**30)):
            return None
        if shape is not None:
            size = shape[axis]
            if not isinstance(size, int):
                return (
                    None
                    if min(start, stop) < 0 or stop > 2**30
                    else self._part(node.input[0], start, stop, axis)
                )
            start, stop, _ = slice(start, stop).indices(size)
        return self._part(node.input[0], start, stop, axis)

    def _part(self, name: str, start: int, stop: int, axis: int) -> Any:
        attributes = {"start": start, "stop": stop, **({"axis": axis} if axis else {})}
        return "slice", [name], attributes

    def _from_start(self, name: str, axis: int, index: int) -> int:
        size = self.shapes.get(name, ())[axis : axis + 1]
        return index + size[0] if index < 0 and size and isinstance(size[0], int) else index

    def _transpose(self, node: NodeProto, attributes: dict[str, Any]) -> Any:
        perm = attributes.get("perm")
        if perm is None or perm == [1, 0]:
            return "transpose", None, {}
        return None

    def _max(self, node: NodeProto, attributes: dict[str, Any]) -> Any:
        return ("maximum", None, attributes) if len(node.input) == 2 else None

    def _min(self, node: NodeProto, attributes: dict[str, Any]) -> Any:
        return ("minimum", None, attributes) if len(node.input) == 2 else None


def _reads(node: NodeProto) -> list[str]:
    """What a node reads, also from within the graphs of control flow."""
    return [*node.input, *(n for n in _captured(node) if n not in node.input)]


def _captured(node: NodeProto) -> list[str]:
    """The values of the outer graph that the bodies of control flow read."""
    found: dict[str, None] = {}
    pending = [(g, frozenset[str]()) for g in _bodies(node)]
    while pending:
        graph, outer = pending.pop()
        own = {i.name for i in graph.input} | {t.name for t in graph.initializer} | outer
        own |= {name for inner in graph.node for name in inner.output}
        for inner in graph.node:
            found.update((name, None) for name in inner.input if name and name not in own)
            pending += [(g, frozenset(own)) for g in _bodies(inner)]
        found.update((o.name, None) for o in graph.output if o.name not in own)
    return list(found)


def _bodies(node: NodeProto) -> list[GraphProto]:
    return [g for a in node.attribute for g in ([a.g] if a.HasField("g") else list(a.graphs))]


def _attribute(attribute: AttributeProto) -> Any:
    """The value of an attribute as JSON has it; tensors and graphs by their digest."""
    import onnx

    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, int | float | str):
        return value
    if hasattr(value, "SerializeToString"):
        return blake2b(value.SerializeToString(deterministic=True), digest_size=8).hexdigest()
    return [
        v.decode(errors="replace") if isinstance(v, bytes)
        else v if isinstance(v, int | float) else blake2b(str(v).encode()).hexdigest()[:16]
        for v in value
    ]  # fmt: skip


def _value(tensor: TensorProto) -> np.ndarray[Any, Any] | None:
    """The numbers of a tensor; None when they are kept elsewhere or are no numbers."""
    import onnx.numpy_helper

    if tensor.data_location == tensor.EXTERNAL:
        return None
    try:
        return onnx.numpy_helper.to_array(tensor)
    except Exception:
        return None


def _shape(info: Any) -> ShapeLike | None:
    kind = info.type.tensor_type
    if not info.type.HasField("tensor_type") or not kind.HasField("shape"):
        return None
    found: list[int | str] = []
    for dim in kind.shape.dim:
        if dim.HasField("dim_value"):
            found.append(int(dim.dim_value))
        elif dim.dim_param:
            found.append(str(dim.dim_param))
        else:
            return None
    return tuple(found)


def _wrong(message: str) -> ModelError:
    return ModelError([Diagnostic("file", "onnx", message)])
