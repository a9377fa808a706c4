"""`graphfold eval`: values in, values out."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from graphfold_cli.options import Steps, json_option, load_model, model_argument, output_option

if TYPE_CHECKING:
    from graphfold.circuit import Circuit
    from graphfold.unfolding import Unfolding


@click.command("eval")
@model_argument
@click.option("--inputs", "-i", type=click.Path(allow_dash=True), help="Arrays by name: .npz, .safetensors or .json; - is .npz on standard input.")
@click.option("--params", "-p", type=click.Path(), help="More arrays by name, such as the parameters.")
@click.option("--seed", type=click.IntRange(min=0), help="Draw the parameters that are missing at random.")
@click.option("--steps", type=Steps(), help="How many steps.  [default: as long as the inputs]")
@click.option("--batch-first", is_flag=True, help="Sequences are (B, T, …) instead of (T, B, …).")
@click.option("--all", "everything", is_flag=True, help="All signals instead of the outputs.")
@click.option("--allow-nan", is_flag=True, help="Take NaN and infinities in the data as they are.")
@output_option("A .npz file for the values; - is standard output.  [default: a table]")
@json_option
def command(model: str, **options: Any) -> None:
    """Evaluate a circuit on data.

    \b
    graphfold eval model.yaml --inputs data.npz --seed 0
    graphfold eval model.yaml --inputs x.npz --params trained.safetensors -o values.npz
    """
    import graphfold as gf

    output = options["output"]
    if output not in (None, "-") and not str(output).endswith(".npz"):
        raise click.UsageError(f"{output}: values are written as .npz")
    circuit = load_model(model)
    values = _read_values(options)
    unfolding = gf.unfold(circuit, **_lengths(circuit, values, options))
    if options["seed"] is not None:
        values |= gf.random_values(unfolding, options["seed"], values)
    result = gf.evaluate(unfolding, values, batch_first=options["batch_first"])
    names = [e.signal for e in circuit.equations] if options["everything"] else None
    found = {n: result.signal(n) for n in names} if names else result.outputs()
    _deliver(unfolding, found, options)


def _read_values(options: dict[str, Any]) -> dict[str, Any]:
    import graphfold as gf

    if options["inputs"] == "-":
        values = dict(gf.decode_arrays(sys.stdin.buffer.read(), "<stdin>"))
    else:
        values = dict(gf.read_arrays(options["inputs"])) if options["inputs"] else {}
    more = dict(gf.read_arrays(options["params"])) if options["params"] else {}
    twice = sorted(values.keys() & more.keys())
    if twice:
        raise click.UsageError(f"'{twice[0]}' is in both files; leave it in one")
    values |= more
    odd = gf.find_non_finite(values)
    if odd and not options["allow_nan"]:
        raise gf.ValuesError("\n".join([*odd, "to take such values as they are, add --allow-nan"]))
    return values


def _lengths(circuit: Circuit, values: dict[str, Any], options: dict[str, Any]) -> dict[str, int]:
    """The steps of each axis: as asked for, else as long as the inputs are."""
    steps = options["steps"]
    if isinstance(steps, dict):
        return dict(steps)
    if steps is not None:
        return {axis.name: steps for axis in circuit.axes}
    place = 1 if options["batch_first"] else 0
    lengths: dict[str, int] = {}
    for signal in circuit.inputs:
        shape = getattr(values.get(signal.name), "shape", ())
        if signal.axis is not None and len(shape) > len(signal.shape):
            batched = len(shape) > len(signal.shape) + 1
            lengths.setdefault(signal.axis, shape[place if batched else 0])
    if any(circuit.axis_of.values()):
        missing = [a.name for a in circuit.axes if a.name not in lengths]
        sequences = [s.name for s in circuit.inputs if s.axis is not None]
        if missing and sequences:
            lengths |= dict.fromkeys(missing, 1)  # the evaluation says which inputs are missing
        elif missing:
            raise click.UsageError("say how many steps: --steps 3")
    return lengths | {a.name: 0 for a in circuit.axes if a.name not in lengths}


def _deliver(unfolding: Unfolding, found: dict[str, Any], options: dict[str, Any]) -> None:
    import graphfold as gf
    from graphfold_cli.messages import say
    from graphfold_cli.output import write

    if options["output"] is not None:
        write(options["output"], gf.encode_npz(found))
        if options["output"] != "-":
            shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in found.items())
            say(f"{shapes}: {options['output']}")
    elif options["_json"]:
        click.echo(json.dumps({name: array.tolist() for name, array in found.items()}))
    else:
        from graphfold_cli.values import print_values

        print_values(unfolding.circuit, found, options["batch_first"])
