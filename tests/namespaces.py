"""What the tests of engines share: the engines, and the comparison with the reference."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from agreement import assert_agrees

import graphfold as gf
from graphfold.circuit import Circuit

ENGINES = ("array_api_strict", "numpy", "torch", "jax")


def engine(name: str) -> Any:
    """What `compile` takes for an engine; the test is skipped where it is not installed."""
    module = pytest.importorskip(name)
    return "jax" if name == "jax" else module  # the module NumPy: one namespace among others


def doubles() -> AbstractContextManager[Any]:
    """Within this, JAX computes in float64 where it is installed."""
    try:
        jax = importlib.import_module("jax")
    except ImportError:
        return nullcontext()
    return jax.enable_x64(True)  # type: ignore[no-any-return]


def assert_the_same(
    circuit: Circuit, steps: Any, values: Any, on: Any, functions: Any = None
) -> None:
    """Every signal has the values, the shape and the dtype of the reference."""
    names = [equation.signal for equation in circuit.equations]
    plan: Any = gf.compile(circuit, keep=names, engine=on, functions=functions)
    found = plan.run(values, steps=steps)
    wanted = gf.evaluate(gf.unfold(circuit, steps), values, functions=functions)
    for name in names:
        assert_agrees(circuit, name, found[name], wanted.signal(name))
