"""ONNX models whose recurrence was unrolled, folded and compared with onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import graphfold as gf

SIZE = 3


class Graph:
    """An ONNX graph being written."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.rng = np.random.default_rng(0)

    def __call__(self, op: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def weight(self, name: str, *shape: int) -> str:
        return self.array(name, self.rng.normal(size=shape).astype(np.float32))

    def array(self, name: str, value: Any) -> str:
        if name not in {w.name for w in self.weights}:
            self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def element(self, step: int) -> str:
        return self("Gather", "x", self.array(f"i{step}", np.int64(step)), axis=0)

    def gather(self, states: list[str]) -> str:
        axes = self.array("axes", np.array([0]))
        return self("Concat", *(self("Unsqueeze", s, axes) for s in states), axis=0)

    def model(self, output: str) -> onnx.ModelProto:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [self.steps, 1, SIZE])
        y = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "net", [x], [y], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def lstm(steps: int) -> onnx.ModelProto:
    g = Graph(steps)
    h = c = g.array("zeros", np.zeros((1, SIZE), np.float32))
    states = []
    for step in range(steps):
        x, gates = g.element(step), {}
        for k in "ifgo":
            U, W, b = (
                g.weight(f"U{k}", SIZE, SIZE),
                g.weight(f"W{k}", SIZE, SIZE),
                g.weight(f"b{k}", SIZE),
            )
            z = g("Add", g("Add", g("MatMul", x, U), g("MatMul", h, W)), b)
            gates[k] = g("Tanh" if k == "g" else "Sigmoid", z)
        c = g("Add", g("Mul", gates["f"], c), g("Mul", gates["i"], gates["g"]))
        h = g("Mul", gates["o"], g("Tanh", c))
        states.append(h)
    return g.model(g.gather(states))


def fused(steps: int) -> onnx.ModelProto:
    """An LSTM of one matrix: Gemm and Split."""
    g = Graph(steps)
    W, b = g.weight("W", 2 * SIZE, 4 * SIZE), g.weight("b", 4 * SIZE)
    h = c = g.array("zeros", np.zeros((1, SIZE), np.float32))
    states = []
    for step in range(steps):
        z = g("Gemm", g("Concat", g.element(step), h, axis=1), W, b)
        names = [f"s{step}{k}" for k in "ifgo"]
        g.nodes.append(helper.make_node("Split", [z], names, axis=1))
        i, f, o = (g("Sigmoid", n) for n in (names[0], names[1], names[3]))
        c = g("Add", g("Mul", f, c), g("Mul", i, g("Tanh", names[2])))
        h = g("Mul", o, g("Tanh", c))
        states.append(h)
    return g.model(g.gather(states))


def implement(op: str, attributes: Any) -> Callable[..., Any]:
    if op == "getitem":
        return lambda a: np.split(a, 4, 1)[attributes["index"]]
    return {
        "Unsqueeze": lambda a: a[None],
        "Gemm": lambda a, b, c: a @ b + c,
        "Split": lambda a: a,
    }[op]


@pytest.mark.parametrize(("write", "size"), [(lstm, 26), (fused, 17)])
def test_an_unrolled_model_folds_and_computes_what_onnxruntime_does(write: Any, size: int) -> None:
    model = write(6)
    found = gf.fold(model)
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", 6)]
    assert found.size == size == gf.fold(write(9)).size
    x = np.random.default_rng(1).normal(size=(6, 1, SIZE)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    expected = session.run(None, {"x": x})[0]
    given = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer} | {"x": x}
    functions = {name: implement(*meant) for name, meant in found.functions.items()}
    values = gf.evaluate(found.unfold(), found.values(given), functions=functions)
    (output,) = found.circuit.outputs
    stacked = values.signal(output.name).reshape(expected.shape)
    np.testing.assert_allclose(stacked, expected, rtol=1e-5, atol=1e-6)


def test_a_file_is_read_and_a_cut_one_refused(tmp_path: Any) -> None:
    path = tmp_path / "net.onnx"
    data = lstm(4).SerializeToString()
    path.write_bytes(data)
    assert gf.fold(str(path)).steps == {"t": 4}
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(gf.ModelError, match="cut short"):
        gf.fold(path)
    path.write_bytes(b"")
    with pytest.raises(gf.ModelError, match="no graph"):
        gf.fold(path)


def test_weights_kept_elsewhere_are_not_needed() -> None:
    model = lstm(4)
    for tensor in model.graph.initializer:
        if tensor.name.startswith("W"):
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="missing.bin")
    assert gf.fold(model).steps == {"t": 4}


def test_unknown_operators_and_control_flow_stay_opaque() -> None:
    g = Graph(5)
    h = g.array("start", np.zeros((1, SIZE), np.float32))
    body = helper.make_graph(
        [helper.make_node("Identity", ["outer"], ["r"])], "body", [],
        [helper.make_tensor_value_info("r", TensorProto.FLOAT, None)],
    )  # fmt: skip
    for step in range(5):
        mixed = g("Mystery", g.element(step), h, domain="own.ops", level=3)
        body.node[0].input[0] = mixed
        h = g("If", g.array("yes", np.array(True)), then_branch=body, else_branch=body)
    found = gf.fold(gf.read_trace(g.model(h)))
    assert found.trace.op_names.count("own.ops::Mystery") == 1
    assert "If" in found.trace.op_names
    operands = [
        found.trace.operands_of(n) for n in range(len(found.trace)) if found.trace.op(n) == "If"
    ]
    assert all(len(read) == 2 for read in operands)


def test_values_that_no_node_gives_are_told() -> None:
    g = Graph(3)
    h = g("Tanh", "nowhere")
    with pytest.raises(gf.ModelError, match="'nowhere', which no node gives"):
        gf.read_trace(g.model(h))
    g = Graph(3)
    g.nodes = [helper.make_node("Tanh", ["b"], ["a"]), helper.make_node("Tanh", ["a"], ["b"])]
    with pytest.raises(gf.ModelError, match="cycle"):
        gf.read_trace(g.model("a"))
