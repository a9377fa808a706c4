"""`compile`: a circuit to a plan, kept for reuse; `run`: a plan made and used at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphfold.check import ensure_well_formed
from graphfold.circuit import Freezable
from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.calls import function_problems
from graphfold.evaluate.compiled.plan import Plan
from graphfold.evaluate.value import Array
from graphfold.modes import in_mode


def compile(
    circuit: Freezable,
    *,
    mode: str | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    keep: Iterable[str] | None = None,
    engine: Any = "numpy",
    params: Mapping[str, Any] | None = None,
) -> Plan:
    """Return a plan that runs the circuit fast, and again.

    `keep` names the signals that a run gives back, by default the model's outputs. `functions`
    binds a callable to each opaque function. `params` are values by name that stay with the plan;
    a value of the same name given to a run wins. `engine` is "numpy", "jax" or an array namespace
    of the Python array API standard, such as the module torch; arrays of that kind come out.
    ModelError when the circuit is not well formed; ValuesError for an unknown name in `keep` or
    an unknown engine, and for what an engine other than NumPy cannot run.
    """
    flat = in_mode(ensure_well_formed(circuit), mode)
    kept = _named(keep)
    given: Any = functions or {}
    if not isinstance(given, Mapping):
        raise ValuesError("\n".join(function_problems(flat, given)))
    unknown = [str(n) for n in kept or () if not isinstance(n, str) or n not in flat.axis_of]
    if unknown:
        lines = (f"unknown signal '{shorten(n)}'{suggest(n, flat.axis_of)}" for n in unknown)
        raise ValuesError("\n".join(lines))
    if isinstance(engine, str) and engine == "numpy":
        return Plan(flat, functions, kept, params=params)
    from graphfold.evaluate.engines.plan import plan_on

    return plan_on(engine, flat, functions, kept, params=params)


def run(
    circuit: Freezable,
    values: Mapping[str, Any],
    lengths: Any = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    mode: str | None = None,
    keep: Iterable[str] | None = None,
    **options: Any,
) -> dict[str, Array]:
    """Return the outputs of a circuit by name, or what to `keep`, compiled for the occasion."""
    return compile(circuit, mode=mode, functions=functions, keep=keep).run(
        values, lengths=lengths, **options
    )


def _named(keep: Any) -> list[str] | None:
    """The names to keep as a list; one alone may come without."""
    if keep is None or isinstance(keep, str):
        return None if keep is None else [keep]
    if not isinstance(keep, Iterable):
        raise ValuesError(f"keep takes names of signals, not {shorten(repr(keep))}")
    return list(keep)
