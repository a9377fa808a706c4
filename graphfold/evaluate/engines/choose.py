"""Which engine is meant: NumPy, JAX, or an array namespace of the standard."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.engines.space import Namespace

NAMES = ("numpy", "jax")


def choose(engine: Any) -> Namespace:
    """Return the namespace of an engine other than "numpy".

    ValuesError for anything else, and where a package is missing.
    """
    if isinstance(engine, str):
        if engine not in NAMES:
            cure = suggest(engine, NAMES) or f"; there are {', '.join(NAMES)}"
            cure += ", or an array namespace, as engine=torch"
            raise ValuesError(f"unknown engine '{shorten(engine)}'{cure}")
        return _jax()
    name = getattr(engine, "__name__", "")
    if not isinstance(name, str) or not hasattr(engine, "asarray"):
        told = shorten(repr(engine)) if not isinstance(engine, ModuleType) else f"module {name}"
        raise ValuesError(f"engine {told} is no array namespace: it has no asarray")
    if name in ("jax.numpy", "jax"):
        return _jax()
    return _namespace(engine, name)


def named(name: str) -> Namespace:
    """Return "jax", or the namespace of a module of that name."""
    return _jax() if name == "jax" else choose(import_module(name))


def _jax() -> Namespace:
    try:
        import jax
    except ImportError as error:
        raise ValuesError("engine='jax' needs JAX: pip install 'graphfold[jax]'") from error
    return Namespace("jax", jax.numpy, jax.Array, jax.nn.sigmoid, jax=True)


def _namespace(engine: Any, name: str) -> Namespace:
    try:
        from array_api_compat import array_namespace
    except ImportError as error:
        cure = "pip install 'graphfold[array-api]'"
        raise ValuesError(f"an array namespace needs array-api-compat: {cure}") from error
    example = engine.asarray([0.0])
    try:
        xp = array_namespace(example)
    except TypeError as error:
        message = f"engine {name} is no array namespace of the Python array API standard"
        raise ValuesError(message) from error
    short = name.rpartition("array_api_compat.")[2]
    return Namespace(short, xp, type(example), getattr(xp, "sigmoid", None))
