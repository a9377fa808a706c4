"""ONNX Runtime: its LSTM and GRU operators."""

from __future__ import annotations

from benchmarks.rivals.by_hand import Run
from benchmarks.rivals.case import Array, Case

ORDER = {"LSTM": "iofg", "GRU": "zrn"}


def operator(case: Case, threads: int) -> Run | None:
    """One operator over the whole sequence, its parameters constants of the graph."""
    if case.model not in ORDER:
        return None
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    order = ORDER[case.model]
    biases = [case.values["b" + gate] for gate in order]
    second = [np.zeros_like(b) for b in biases]
    if case.model == "GRU":
        second[-1] = case.values["cn"]
    constants = {
        "W": case.stacked("U", order)[None],
        "R": case.stacked("W", order)[None],
        "B": np.concatenate([*biases, *second])[None],
    }
    more = {"linear_before_reset": 1} if case.model == "GRU" else {}
    node = helper.make_node(
        case.model, ["x", *constants], ["h"], hidden_size=case.shape.hidden, **more
    )
    graph = helper.make_graph(
        [node],
        case.model,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, case.values["x"].shape)],
        [helper.make_tensor_value_info("h", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {"x": case.values["x"]}

    def run() -> Array:
        return session.run(None, feed)[0][:, 0]

    return run
