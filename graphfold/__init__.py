"""graphfold: circuits with delays, unfolded over time, evaluated and drawn.

Every public name is loaded on first use, so that `import graphfold` costs next to nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from graphfold.analyze import analyze as analyze
    from graphfold.block import block as block
    from graphfold.blocked import Blocked as Blocked
    from graphfold.build import CircuitBuilder
    from graphfold.cells.flatten import flatten as flatten
    from graphfold.check import check as check
    from graphfold.circuit import Cell as Cell
    from graphfold.differentiate import Differentiated as Differentiated
    from graphfold.differentiate import differentiate as differentiate
    from graphfold.edge_arrays import edge_arrays as edge_arrays
    from graphfold.edges import edge_count as edge_count
    from graphfold.edges import predecessors as predecessors
    from graphfold.eliminate import Elimination as Elimination
    from graphfold.eliminate import eliminate as eliminate
    from graphfold.errors import Diagnostic as Diagnostic
    from graphfold.errors import DrawingError as DrawingError
    from graphfold.errors import FiniteWarning as FiniteWarning
    from graphfold.errors import GraphfoldError as GraphfoldError
    from graphfold.errors import LabelWarning as LabelWarning
    from graphfold.errors import ModelError as ModelError
    from graphfold.errors import TooLargeError as TooLargeError
    from graphfold.errors import UnfoldingError as UnfoldingError
    from graphfold.errors import ValuesError as ValuesError
    from graphfold.evaluate import Evaluation as Evaluation
    from graphfold.evaluate import Gradients as Gradients
    from graphfold.evaluate import Plan as Plan
    from graphfold.evaluate import compile as compile
    from graphfold.evaluate import evaluate as evaluate
    from graphfold.evaluate import find_non_finite as find_non_finite
    from graphfold.evaluate import grad as grad
    from graphfold.evaluate import gradients as gradients
    from graphfold.evaluate import random_values as random_values
    from graphfold.evaluate import register_operation as register_operation
    from graphfold.evaluate import run as run
    from graphfold.evaluate import without_padding as without_padding
    from graphfold.examples import example_names as example_names
    from graphfold.examples import example_path as example_path
    from graphfold.examples import list_examples as list_examples
    from graphfold.exchange import to_graphviz as to_graphviz
    from graphfold.exchange import to_networkx as to_networkx
    from graphfold.exchange import to_node_link as to_node_link
    from graphfold.expand import expand as expand
    from graphfold.figure_formats import FIGURE_FORMATS as FIGURE_FORMATS
    from graphfold.fold import Fold as Fold
    from graphfold.fold import fold as fold
    from graphfold.formats.arrays import decode_arrays as decode_arrays
    from graphfold.formats.arrays import encode_npz as encode_npz
    from graphfold.formats.arrays import read_arrays as read_arrays
    from graphfold.formats.arrays import write_arrays as write_arrays
    from graphfold.formats.model_files import dump as dump
    from graphfold.formats.model_files import load as load
    from graphfold.formats.model_files import loads as loads
    from graphfold.formats.model_schema import model_schema as model_schema
    from graphfold.formats.model_writer import dumps as dumps
    from graphfold.modes import in_mode as in_mode
    from graphfold.render import Drawing as Drawing
    from graphfold.render import DrawOptions as DrawOptions
    from graphfold.render import Theme as Theme
    from graphfold.render import draw as draw
    from graphfold.render.themes import themes as themes
    from graphfold.shapes import infer_shapes as infer_shapes
    from graphfold.terms import switch as switch
    from graphfold.traces.read import read_trace as read_trace
    from graphfold.traces.trace import Trace as Trace
    from graphfold.tree_reader import parse_tree as parse_tree
    from graphfold.trees import Tree as Tree
    from graphfold.unfold import unfold as unfold
    from graphfold.unfold import window as window
    from graphfold.unfolding import Unfolding as Unfolding
    from graphfold.unfolding import Window as Window

    Circuit = CircuitBuilder  # `import … as` another name is no public name to type checkers

_HOMES = {
    "analyze": ("analyze",),
    "block": ("block",),
    "blocked": ("Blocked",),
    "build": ("Circuit",),
    "cells.flatten": ("flatten",),
    "check": ("check",),
    "circuit": ("Cell",),
    "differentiate": ("Differentiated", "differentiate"),
    "edge_arrays": ("edge_arrays",),
    "edges": ("edge_count", "predecessors"),
    "eliminate": ("Elimination", "eliminate"),
    "errors": (
        "Diagnostic",
        "DrawingError",
        "FiniteWarning",
        "GraphfoldError",
        "LabelWarning",
        "ModelError",
        "TooLargeError",
        "UnfoldingError",
        "ValuesError",
    ),
    "evaluate": (
        "Evaluation",
        "Gradients",
        "Plan",
        "compile",
        "run",
        "evaluate",
        "find_non_finite",
        "grad",
        "gradients",
        "random_values",
        "register_operation",
        "without_padding",
    ),
    "examples": ("example_names", "example_path", "list_examples"),
    "exchange": ("to_graphviz", "to_networkx", "to_node_link"),
    "expand": ("expand",),
    "figure_formats": ("FIGURE_FORMATS",),
    "fold": ("Fold", "fold"),
    "formats.arrays": ("decode_arrays", "encode_npz", "read_arrays", "write_arrays"),
    "formats.model_files": ("dump", "load", "loads"),
    "formats.model_schema": ("model_schema",),
    "formats.model_writer": ("dumps",),
    "modes": ("in_mode",),
    "render": ("DrawOptions", "Drawing", "Theme", "draw", "themes"),
    "shapes": ("infer_shapes",),
    "terms": ("switch",),
    "traces.read": ("read_trace",),
    "traces.trace": ("Trace",),
    "tree_reader": ("parse_tree",),
    "trees": ("Tree",),
    "unfold": ("unfold", "window"),
    "unfolding": ("Unfolding", "Window"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        home = import_module(f"graphfold.{_HOME[name]}")
        value = getattr(home, "CircuitBuilder" if name == "Circuit" else name)
    else:
        value = _operation(name)
    globals()[name] = value
    return value


def _operation(name: str) -> Any:
    """Return the function that makes terms of an operation, such as gf.tanh."""
    from graphfold.operations import callable_names

    if name.startswith("_") or name not in callable_names():
        raise AttributeError(f"module 'graphfold' has no attribute '{name}'")
    return import_module("graphfold.terms").function_of(name)


class _Package(ModuleType):
    """Keeps `gf.check` the function: importing graphfold.check would put the module there."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    from graphfold.operations import callable_names

    return sorted([*_HOME, *callable_names(), "__version__"])
