"""What an evaluation is given: arrays from files, and how many steps they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .messages import CallError, count
from .options import free_axes, standard_input

if TYPE_CHECKING:
    from graphfold.circuit import Circuit


def ensure_defined(circuit: Circuit) -> None:
    """Refuse a circuit with functions that a model file cannot define."""
    opaque = [function.name for function in circuit.functions if function.body is None]
    if opaque:
        bound = ", ".join(f"'{name}': …" for name in opaque)
        message = f"{', '.join(opaque)}: opaque, so only Python can evaluate it: "
        raise CallError(f"{message}gf.evaluate(…, functions={{{bound}}})")


def read_values(options: dict[str, Any]) -> dict[str, Any]:
    """Read the arrays of --inputs and --params, which have no name in common."""
    import graphfold as gf

    if options["inputs"] == "-":
        values = dict(gf.decode_arrays(standard_input().read(), "<stdin>"))
    else:
        values = dict(gf.read_arrays(options["inputs"])) if options["inputs"] else {}
    more = dict(gf.read_arrays(options["params"])) if options["params"] else {}
    twice = sorted(values.keys() & more.keys())
    if twice:
        raise CallError(f"'{twice[0]}' is in both files; leave it in one")
    return values | more


def ensure_finite(values: dict[str, Any], options: dict[str, Any]) -> None:
    """Refuse NaN and infinities, unless they are allowed."""
    import graphfold as gf

    odd = gf.find_non_finite(values)
    if odd and not options["allow_nan"]:
        raise gf.ValuesError("\n".join(odd) + "; --allow-nan takes such values as they are")


def chosen_steps(circuit: Circuit, values: dict[str, Any], options: dict[str, Any]) -> Any:
    """The steps: as asked for, else as long as the inputs of each axis are."""
    asked = options["steps"]
    if isinstance(asked, int):
        return asked
    return {**_from_inputs(circuit, values, options, asked or {}), **(asked or {})}


def _from_inputs(
    circuit: Circuit, values: dict[str, Any], options: dict[str, Any], asked: dict[str, int]
) -> dict[str, int]:
    """As long as the inputs are, for the axes that nobody asked for."""
    lengths: dict[str, dict[str, int]] = {}
    free = free_axes(circuit)
    sequences = [signal for signal in circuit.inputs if signal.axis in free]
    for signal in sequences:
        shape = getattr(values.get(signal.name), "shape", ())
        surplus = len(shape) - len(signal.shape)  # axes of time and batch
        if surplus in (1, 2):
            steps = shape[surplus == 2 and options["batch_first"]]
            lengths.setdefault(str(signal.axis), {})[signal.name] = steps
    for axis, found in lengths.items():
        if axis not in asked and len(set(found.values())) > 1:
            told = ", ".join(f"{name} has {count(n, 'step')}" for name, n in found.items())
            raise CallError(f"the inputs differ in length: {told}")
    moving = {axis for axis in circuit.axis_of.values() if axis in free}
    unknown = [name for name in free if name in moving - lengths.keys() - asked.keys()]
    if unknown:
        names = [signal.name for signal in sequences if signal.axis in unknown]
        raise CallError(_say_steps(circuit, unknown[0], names))
    return {name: max(lengths.get(name, {"": 0}).values()) for name in free}


def _say_steps(circuit: Circuit, axis: str, sequences: list[str]) -> str:
    if sequences:
        return f"give the inputs {', '.join(sequences)}: --inputs FILE.npz"
    return f"say how many steps: --steps {'3' if len(circuit.axes) == 1 else f'{axis}=3'}"
