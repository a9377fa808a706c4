"""`read_trace`: any graph of operations as a flat trace, each kind by a reader of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphfold.errors import Diagnostic, GraphfoldError, ModelError
from graphfold.traces.trace import Trace
from graphfold.unfolding import Unfolding


def read_trace(source: Any) -> Trace:
    r"""Return the trace of a file, an unfolding, an ONNX model, a jaxpr, or of a trace's JSON data.

    A path (or an open binary file) ending in .onnx is read as ONNX, any other as JSON of traces.
    ModelError lists what is wrong with a file; GraphfoldError for what has no trace.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> read_trace(unfold(loads(text), 10))
    <trace 'circuit': 12 nodes>
    """
    if isinstance(source, Trace):
        return source
    if isinstance(source, Unfolding):
        from graphfold.traces.operation_level import operation_level

        return operation_level(source).trace
    if isinstance(source, Mapping):
        from graphfold.traces.json_reader import trace_from

        return trace_from(source)
    if isinstance(source, str | os.PathLike) or hasattr(source, "read"):
        return _read_file(source)
    if type(source).__module__.partition(".")[0] == "onnx":
        from graphfold.traces.onnx_reader import trace_of_model

        return trace_of_model(source)
    if type(source).__module__.partition(".")[0] == "jax":
        from graphfold.traces.jaxpr_reader import trace_of_jaxpr

        return trace_of_jaxpr(source)
    kinds = "a path, an unfolding, an ONNX model, a jaxpr, or the data of a trace's JSON"
    raise GraphfoldError(f"expected {kinds}, not {type(source).__name__}")


def _read_file(source: Any) -> Trace:
    name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    path = os.fspath(name) if isinstance(name, str | os.PathLike) else None
    try:
        data = source.read() if hasattr(source, "read") else Path(source).read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise ModelError([Diagnostic("file", "file", message, source=path)]) from None
    if path and path.lower().endswith(".onnx"):
        from graphfold.traces.onnx_reader import parse_onnx

        return parse_onnx(data, path)
    from graphfold.traces.json_reader import parse_trace

    return parse_trace(data, path)
