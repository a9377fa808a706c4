"""Independent engines: one operator of ONNX, run by ONNX Runtime or by ONNX's own reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from onnx import ModelProto, helper
from onnx.reference import ReferenceEvaluator

Array = np.ndarray[Any, np.dtype[Any]]


def run_operator(
    name: str, inputs: Mapping[str, Any], outputs: int = 1, **attributes: Any
) -> list[Array]:
    """Run an operator in float32 on its inputs, in order; None leaves an optional one out."""
    arrays = _arrays(inputs, np.float32)
    session = onnxruntime.InferenceSession(
        _model(name, inputs, arrays, outputs, attributes).SerializeToString(),
        providers=["CPUExecutionProvider"],
    )
    return list(session.run(None, arrays))


def run_reference(
    name: str, inputs: Mapping[str, Any], outputs: int = 1, **attributes: Any
) -> list[Array]:
    """The same in float64 by the definition that stands beside ONNX's standard, in NumPy."""
    arrays = _arrays(inputs, np.float64)
    model = _model(name, inputs, arrays, outputs, attributes)
    return list(ReferenceEvaluator(model).run(None, arrays))


def _arrays(inputs: Mapping[str, Any], dtype: Any) -> dict[str, Array]:
    """The inputs that are there; whole numbers stay as they are."""
    known = {name: np.asarray(array) for name, array in inputs.items() if array is not None}
    return {n: a if a.dtype == np.int32 else a.astype(dtype) for n, a in known.items()}


def _model(
    name: str,
    inputs: Mapping[str, Any],
    arrays: Mapping[str, Array],
    outputs: int,
    attributes: Mapping[str, Any],
) -> ModelProto:
    slots = [k if k in arrays else "" for k in inputs]
    results = [f"result{i}" for i in range(outputs)]
    node = helper.make_node(name, slots, results, **attributes)
    kinds = {k: helper.np_dtype_to_tensor_dtype(a.dtype) for k, a in arrays.items()}
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(k, kinds[k], a.shape) for k, a in arrays.items()],
        [helper.make_tensor_value_info(k, next(iter(kinds.values())), None) for k in results],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    return made
