"""graphfold: circuits with delays, unfolded over time, evaluated and drawn.

Every public name is loaded on first use, so that `import graphfold` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from graphfold.build import CircuitBuilder as Circuit
    from graphfold.check import check
    from graphfold.errors import (
        Diagnostic,
        DrawingError,
        GraphfoldError,
        ModelError,
        TooLargeError,
        UnfoldingError,
        ValuesError,
    )
    from graphfold.evaluate import Evaluation, evaluate
    from graphfold.expand import expand
    from graphfold.files import load, loads
    from graphfold.unfold import unfold, window

_HOME = {
    "Circuit": "build:CircuitBuilder",
    "check": "check",
    "unfold": "unfold",
    "window": "unfold",
    "infer_shapes": "shapes",
    "edge_arrays": "edges",
    "edge_count": "edges",
    "predecessors": "edges",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graphfold' has no attribute '{name}'")
    home, _, attribute = _HOME[name].partition(":")
    value = getattr(import_module(f"graphfold.{home}"), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME, "__version__"])
