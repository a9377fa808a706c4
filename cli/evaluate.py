"""`graphfold eval`: values in, values out."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import click

from .lengths import RowLengths, first_lengths, take_lengths
from .messages import CallError, count, say
from .options import (
    Sizes,
    Steps,
    free_axes,
    json_option,
    load_model,
    mode_option,
    model_argument,
    output_option,
    read_tree,
    standard_input,
    tree_option,
)

if TYPE_CHECKING:
    from graphfold.circuit import Circuit
    from graphfold.unfolding import Unfolding


@click.command("eval")
@model_argument
@click.option(
    "--inputs",
    "-i",
    type=click.Path(allow_dash=True),
    help="Arrays by name: .npz, .safetensors or .json; - is .npz on standard input.",
)
@click.option(
    "--params", "-p", type=click.Path(), help="More arrays by name, such as the parameters."
)
@click.option(
    "--seed", type=click.IntRange(min=0), help="Draw the parameters that are missing at random."
)
@click.option(
    "--size",
    "sizes",
    type=Sizes(),
    multiple=True,
    help="With --seed, the size of a dimension that no array tells: n_h=8; may be repeated.",
)
@click.option(
    "--steps",
    type=Steps(),
    help="How many steps: 3, or t=3,u=2.  [default: as long as the inputs]",
)
@tree_option
@mode_option
@click.option(
    "--lengths",
    type=RowLengths(),
    multiple=True,
    help="How many steps each row of a batch has: 3,5,2 or the name of an array; t=3,5,2 by axis.  "
    "[default: the array 'lengths', if there is one]",
)
@click.option(
    "--fill", type=float, default=0.0, show_default=True, help="What stands beyond a row's length."
)
@click.option("--batch-first", is_flag=True, help="Sequences are (B, T, …) instead of (T, B, …).")
@click.option("--all", "everything", is_flag=True, help="All signals instead of the outputs.")
@click.option("--allow-nan", is_flag=True, help="Take NaN and infinities in the data as they are.")
@output_option("A .npz file for the values; - is standard output.  [default: a table]")
@json_option
def command(model: str, **options: Any) -> None:
    """Evaluate a circuit on data.

    Values come as a table, as .npz with -o, or as JSON (null where a value is not finite).

    \b
    graphfold eval model.yaml --inputs data.npz --seed 0
    graphfold eval model.yaml --inputs x.npz --params trained.safetensors -o values.npz
    graphfold eval recursive.yaml --inputs x.npz --tree "((the cat) (sat down))"
    """
    import graphfold as gf

    from .output import ensure_writable
    from .progress import working

    if options["sizes"] and options["seed"] is None:
        raise CallError("--size tells the sizes of random parameters: give --seed too")
    output = options["output"]
    if output not in (None, "-") and not str(output).endswith(".npz"):
        raise CallError(f"{output}: values are written as .npz")
    if output is not None:
        ensure_writable(output)
    if model == options["inputs"] == "-":
        raise CallError("standard input holds the model or the inputs, not both")
    circuit = gf.flatten(load_model(model))
    first = {"batch_first": options["batch_first"]}
    _ensure_defined(circuit)
    with working("evaluating"):
        tree = read_tree(circuit, options["tree"])
        values = _read_values(options)
        lengths = take_lengths(circuit, values, options["lengths"])
        steps = _steps(circuit, values, options)
        unfolding = gf.unfold(circuit, steps, tree=tree, mode=options["mode"])
        _ensure_finite(gf.without_padding(unfolding, values, lengths, **first), options)
        if options["seed"] is not None:
            sizes = dict(options["sizes"])
            values |= gf.random_values(unfolding, options["seed"], values, sizes=sizes)
        result = gf.evaluate(unfolding, values, lengths=lengths, fill=options["fill"], **first)
    names = [e.signal for e in circuit.equations] if options["everything"] else None
    found = {n: result.signal(n) for n in names} if names else result.outputs()
    _deliver(unfolding, found, {**options, "rows": first_lengths(circuit, lengths)})


def _ensure_defined(circuit: Circuit) -> None:
    """Refuse a circuit with functions that a model file cannot define."""
    opaque = [function.name for function in circuit.functions if function.body is None]
    if opaque:
        bound = ", ".join(f"'{name}': …" for name in opaque)
        message = f"{', '.join(opaque)}: opaque, so only Python can evaluate it: "
        raise CallError(f"{message}gf.evaluate(…, functions={{{bound}}})")


def _read_values(options: dict[str, Any]) -> dict[str, Any]:
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


def _ensure_finite(values: dict[str, Any], options: dict[str, Any]) -> None:
    import graphfold as gf

    odd = gf.find_non_finite(values)
    if odd and not options["allow_nan"]:
        raise gf.ValuesError("\n".join(odd) + "; --allow-nan takes such values as they are")


def _steps(circuit: Circuit, values: dict[str, Any], options: dict[str, Any]) -> Any:
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


def _deliver(unfolding: Unfolding, found: dict[str, Any], options: dict[str, Any]) -> None:
    import graphfold as gf

    from .output import tell, write

    output = options["output"]
    if unfolding.mode and not options["_json"]:
        say(f"mode {unfolding.mode}")
    if output is not None:
        write(output, gf.encode_npz(found))
        shapes: dict[str, object] = {n: list(array.shape) for n, array in found.items()}
        text = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        tell(output, {"shapes": shapes}, text, options["_json"])
    elif options["_json"]:
        click.echo(json.dumps({name: _finite(array.tolist()) for name, array in found.items()}))
    else:
        from .values import print_values

        print_values(unfolding.circuit, found, options["batch_first"], options["rows"])


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: null."""
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
