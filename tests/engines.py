"""Independent engines: one operator of ONNX, run by ONNX Runtime in float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

Array = np.ndarray[Any, np.dtype[Any]]


def run_operator(
    name: str, inputs: Mapping[str, Any], outputs: int = 1, **attributes: Any
) -> list[Array]:
    """Run an operator on its inputs, in order; None leaves an optional one out."""
    arrays = {k: np.asarray(a, np.float32) for k, a in inputs.items() if a is not None}
    slots = [k if k in arrays else "" for k in inputs]
    results = [f"result{i}" for i in range(outputs)]
    node = helper.make_node(name, slots, results, **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, a.shape) for k, a in arrays.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, None) for k in results],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, arrays))
