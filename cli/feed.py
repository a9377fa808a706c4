"""What an evaluation is given: arrays from files, and how many steps they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .messages import CallError, count
from .modes import ensure_one
from .options import free_axes, read_tree, standard_input

if TYPE_CHECKING:
    from collections.abc import Mapping

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


ASKED = ("values", "inputs", "params", "seed")


def shown_values(circuit: Circuit, options: dict[str, Any]) -> dict[str, Any]:
    """Return what a figure shows, as options of `gf.draw`: values of a file, or evaluated here.

    When evaluated, `options` learn how many steps there are.
    """
    import graphfold as gf

    evaluated = [name for name in ASKED[1:] if options[name] is not None]
    if options["values"] is not None:
        if evaluated:
            raise CallError(f"--values and --{evaluated[0]} both tell values; leave one out")
        return {"values": gf.read_arrays(options["values"])}
    if not evaluated:
        return {}
    if options.get("window") is not None:
        raise CallError(f"--window shows no fixed steps; leave out --{evaluated[0]}")
    return {"values": _evaluated(circuit, options)}


def ensure_no_values(options: dict[str, Any]) -> None:
    """Refuse values where nothing is unfolded."""
    given = [name for name in (*ASKED, "color_by") if options[name] is not None]
    if given:
        option = given[0].replace("_", "-")
        raise CallError(f"--{option} shows values of steps: graphfold unfold MODEL --{option} …")


def _evaluated(circuit: Circuit, options: dict[str, Any]) -> Mapping[str, Any]:
    """The values of all instances; figures show what is not finite."""
    import graphfold as gf

    flat = gf.flatten(circuit)
    ensure_defined(flat)
    values = read_values(options)
    steps = chosen_steps(flat, values, {**options, "batch_first": False})
    if options["mode"] is not None:
        ensure_one(options["mode"], "a figure with values")
    tree = read_tree(flat, options["tree"])
    unfolding = gf.unfold(flat, steps, tree=tree, mode=options["mode"])
    if options["seed"] is not None:
        values |= gf.random_values(unfolding, options["seed"], values)
    options["steps"] = steps
    return gf.evaluate(unfolding, values)
