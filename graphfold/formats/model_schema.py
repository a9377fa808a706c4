"""The JSON Schema of a model file, with which editors complete and check it.

It says what a section may hold; what the names and equations mean, only `check` knows.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from graphfold.circuit import ROLES, THEMES
from graphfold.looks import PARTS

Schema = dict[str, Any]

_OTHER = r"\s!-/:-@\[-^`{-~"  # white space and the signs of ASCII, but _
_NAME = rf"[^\d{_OTHER}][^{_OTHER}]*"
_DOTTED = rf"{_NAME}(\.{_NAME})*"  # a signal within a use of a cell
_OVER = rf"{_NAME}(\[\s*{_NAME}\s*\])?"
_STEP = rf"([-+]?\d+|{_NAME}(\s*[-+]\s*\d+)?)"
_NAMES = rf"(\s*{_NAME}\s*(,\s*{_NAME}\s*)*)?"


def _whole(pattern: str) -> str:
    return f"^{pattern}$"


def _keyed(pattern: str, value: Schema) -> Schema:
    """A mapping, which may be left empty, whose keys look like a pattern."""
    return {
        "type": ["object", "null"],
        "patternProperties": {_whole(pattern): value},
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string", "pattern": _whole(_NAME)}
_MENTION: Schema = {"type": "string", "pattern": _whole(_DOTTED)}
_SIZE: Schema = {
    "description": "A whole number, a dimension, or a sum of products such as 4*n_h + 1.",
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": rf"^[-+]?\s*({_NAME}|\d+)(\s*[-+*]\s*({_NAME}|\d+))*$"},
    ],
}
_NUMBERS: Schema = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/numbers"}]},
}
_SHAPE: Schema = {"type": "array", "items": {"$ref": "#/$defs/size"}}
_VALUE: Schema = {
    "description": "zeros, ones, given, a number, a nested list, or a static expression.",
    "anyOf": [{"type": ["string", "number"]}, {"$ref": "#/$defs/numbers"}],
}
_TREE: Schema = {
    "type": "object",
    "properties": {
        "length": {**_TEXT, "description": "The symbol of the number of inner nodes."},
        "children": {
            "type": "array",
            "items": _TEXT,
            "minItems": 1,
            "description": "The names by which a node reads its children, as in h[left].",
        },
        "leaves": {**_TEXT, "description": "The axis that the leaves run over."},
    },
    "required": ["length", "children", "leaves"],
    "additionalProperties": False,
}
_CODE = "#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?"
_COLOR: Schema = {"type": "string", "pattern": rf"^\s*({_CODE}|[A-Za-z]+)\s*$"}
_TINT: Schema = {
    "description": "#rgb, #rrggbb or a name of CSS; or those of fill, line, ink, incoming wires.",
    "anyOf": [
        _COLOR,
        {
            "type": "object",
            "properties": dict.fromkeys(PARTS, _COLOR),
            "additionalProperties": False,
        },
    ],
}
_DRAW: Schema = {
    "type": ["object", "null"],
    "properties": {
        "rows": {
            "type": "array",
            "items": {"anyOf": [_MENTION, {"type": "array", "items": _MENTION}]},
            "description": "Signals from bottom to top; a list in the list shares a row.",
            "examples": [["x", "h", ["o", "y"]]],
        },
        "hide": {
            "type": ["array", "null"],
            "items": _MENTION,
            "description": "Signals that are left out; their wires are joined.",
            "examples": [["a", "Loss"]],
        },
        "open": {
            "type": ["array", "null"],
            "items": _MENTION,
            "description": "Uses of cells whose inside is shown; or all.",
            "examples": [["lower", "upper"]],
        },
        "theme": {
            "enum": list(THEMES),
            "description": "The theme of figures, unless another is asked for.",
            "examples": ["color"],
        },
        "groups": {
            "type": ["object", "null"],
            "additionalProperties": {"type": "array", "items": _MENTION, "minItems": 1},
            "description": "Signals within a frame, by its title.",
            "examples": [{"encoder": ["e", "c"]}],
        },
        "colors": {
            "type": ["object", "null"],
            "additionalProperties": _TINT,
            "description": "Colours of signals, groups, or roles: " + ", ".join(ROLES) + ".",
            "examples": [{"h": "orange", "inputs": {"fill": "#dbe9f8", "line": "#2166ac"}}],
        },
        "modes": {
            **_keyed(
                _NAME,
                {
                    "type": "object",
                    "properties": {"hide": {"type": ["array", "null"], "items": _MENTION}},
                    "additionalProperties": False,
                },
            ),
            "description": "What is hidden in one mode.",
            "examples": [{"test": {"hide": ["L", "y"]}}],
        },
        "labels": {
            **_keyed(_DOTTED, {"type": ["string", "number"]}),
            "description": "LaTeX for a signal or function.",
            "examples": [{"Wf": "W^f"}],
        },
    },
    "additionalProperties": False,
}

PROPERTIES: Schema = {
    "graphfold": {
        "const": 1,
        "description": "The version of the language.",
        "examples": [1],
    },
    "name": {
        "type": ["string", "number", "boolean", "null"],
        "maxLength": 200,
        "description": "A text for the title.",
        "examples": ["rnn with output and loss"],
    },
    "axes": {
        **_keyed(_NAME, {"anyOf": [_TEXT, _TREE]}),
        "description": "Clocks and the symbols of their lengths; t: T unless said otherwise.",
        "examples": [{"t": "T"}],
    },
    "modes": {
        "type": ["array", "null"],
        "items": _TEXT,
        "description": "Ways to run the model, between which switch(mode, …) chooses.",
        "examples": [["train", "test"]],
    },
    "dims": {
        "anyOf": [
            {"type": ["array", "null"], "items": _TEXT},
            _keyed(_NAME, {"type": ["integer", "null"], "minimum": 0}),
        ],
        "description": "Symbols of sizes: a list, or a mapping with default sizes.",
        "examples": [["n_x", "n_h"], {"n_x": 3, "n_h": 4}],
    },
    "inputs": {
        **_keyed(rf"\s*{_OVER}(\s*,\s*{_OVER})*\s*", {"$ref": "#/$defs/shape"}),
        "description": "x[t]: [n_x] is a sequence, x: [n_x] is static, x[t]: [] a scalar a step.",
        "examples": [{"x[t]": ["n_x"], "y[t]": []}],
    },
    "params": {
        **_keyed(rf"\s*{_OVER}(\s*,\s*{_OVER})*\s*", {"$ref": "#/$defs/shape"}),
        "description": "Static values and their shapes; several names may share a key.",
        "examples": [{"U, Uf": ["n_h", "n_x"], "b": ["n_h"]}],
    },
    "functions": {
        **_keyed(
            rf"\s*{_NAME}\s*\({_NAMES}(;{_NAMES})?\)\s*",
            {"anyOf": [{"$ref": "#/$defs/shape"}, {"type": ["string", "number"]}]},
        ),
        "description": "A shape makes a function opaque, an expression defines it; "
        "parameters stand after the semicolon.",
        "examples": [{"f(h, x; theta)": ["n"]}, {"half(x)": "x / 2"}],
    },
    "cells": {
        **_keyed(_NAME, {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/model"}]}),
        "description": "Circuits used inside this one: a model file beside it, or sections.",
        "examples": [
            {"lstm": "lstm.yaml"},
            {"sum": {"inputs": {"x[t]": []}, "equations": "s[t] = s[t-1] + x[t]\n"}},
        ],
    },
    "init": {
        "type": ["object", "null"],
        "patternProperties": {
            rf"^\s*{_DOTTED}\s*\[\s*{_STEP}\s*\]\s*$": {"$ref": "#/$defs/value"},
            rf"^\s*{_DOTTED}\s*$": {"type": "array", "items": {"$ref": "#/$defs/value"}},
        },
        "additionalProperties": False,
        "description": "Histories h[0], far boundaries g[T+1], pinned steps s[1]; "
        "h: [zeros, zeros] lists a history, the oldest first.",
        "examples": [{"h[0]": "zeros", "g[T+1]": [0, 1]}, {"x": ["zeros", 0.5]}],
    },
    "equations": {
        "type": ["string", "null"],
        "description": "A | block, one equation a line: name[t] = expression.",
        "examples": ["a[t] = b + W @ h[t-1] + U @ x[t]\nh[t] = tanh(a[t])\n"],
    },
    "outputs": {
        "type": ["array", "null"],
        "items": _MENTION,
        "description": "The signals that an evaluation returns.",
        "examples": [["o", "Loss"]],
    },
    "draw": {
        **_DRAW,
        "description": "How the circuit is drawn.",
        "examples": [{"rows": ["x", "h", "o"], "hide": ["a"]}],
    },
}


def model_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a model file, ready for JSON.

    >>> schema = model_schema()
    >>> schema["required"], schema["$defs"]["model"]["properties"]["graphfold"]["const"]
    (['graphfold'], 1)
    """
    schema: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "graphfold model",
        "description": "A circuit with delays: signals, equations, and how it is drawn.",
        "$ref": "#/$defs/model",
        "required": ["graphfold"],
        "$defs": {
            "model": {"type": "object", "properties": PROPERTIES, "additionalProperties": False},
            "shape": _SHAPE,
            "size": _SIZE,
            "numbers": _NUMBERS,
            "value": _VALUE,
        },
    }
    return deepcopy(schema)
