"""`read_trace`: any graph of operations as a flat trace, each kind by a reader of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from graphfold.errors import Diagnostic, GraphfoldError, ModelError
from graphfold.traces.json_reader import parse_trace, trace_from
from graphfold.traces.operation_level import NoBlocksError, operation_level
from graphfold.traces.trace import Trace
from graphfold.traces.walk import walk_unfolding
from graphfold.unfolding import Unfolding

_PACKAGES = {
    "torch": ("graphfold.traces.torch_reader", "trace_of_torch"),
    "onnx": ("graphfold.traces.onnx_reader", "trace_of_model"),
    "jax": ("graphfold.traces.jaxpr_reader", "trace_of_jaxpr"),
}


def read_trace(source: Any) -> Trace:
    r"""Return the trace of a file, an unfolding, or a graph of ONNX, PyTorch or JAX.

    A path (or an open binary file) ending in .onnx is read as ONNX, one in .pt2 as a program saved
    by PyTorch, any other as JSON of traces. Open no .pt2 file that you do not trust.
    ModelError lists what is wrong with a file; GraphfoldError for what has no trace.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> read_trace(unfold(loads(text), 10))
    <trace 'circuit': 12 nodes>
    """
    if isinstance(source, Trace):
        return source
    reader = _reader(source)
    if reader is None:
        kinds = "a path, an unfolding, a model of ONNX or PyTorch, a jaxpr, or a trace's JSON data"
        raise GraphfoldError(f"expected {kinds}, not {type(source).__name__}")
    return reader(source)


def _reader(source: Any) -> Callable[[Any], Trace] | None:
    """The reader of a kind of graph; those of other packages are imported when needed."""
    packages = {kind.__module__.partition(".")[0] for kind in type(source).__mro__}
    for package, (module, function) in _PACKAGES.items():
        if package in packages:  # asked for first: a PyTorch module may have any attribute
            reader: Callable[[Any], Trace] = getattr(import_module(module), function)
            return reader
    if isinstance(source, Unfolding):
        return _of_unfolding
    if isinstance(source, Mapping):
        return trace_from
    return _read_file if isinstance(source, str | os.PathLike) or hasattr(source, "read") else None


def _of_unfolding(unfolding: Unfolding) -> Trace:
    try:
        return operation_level(unfolding).trace
    except NoBlocksError:
        return walk_unfolding(unfolding)


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
    if path and path.lower().endswith(".pt2"):
        from graphfold.traces.torch_reader import parse_pt2

        return parse_pt2(data, path)
    return parse_trace(data, path)
