"""`graphfold eval`: values in, values out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .compiled import find_outputs
from .data_options import data_options
from .feed import chosen_steps, ensure_defined, ensure_finite, read_values
from .finite import telling_of_non_finite
from .lengths import first_lengths, take_lengths
from .messages import CallError, say
from .options import json_option, load_model, model_argument, output_option, read_tree

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding


@click.command("eval")
@model_argument
@data_options
@click.option(
    "--fill", type=float, default=0.0, show_default=True, help="What stands beyond a row's length."
)
@click.option("--all", "everything", is_flag=True, help="All signals instead of the outputs.")
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

    from .output import ensure_npz
    from .progress import working

    if options["sizes"] and options["seed"] is None:
        raise CallError("--size tells the sizes of random parameters: give --seed too")
    ensure_npz(options["output"])
    if model == options["inputs"] == "-":
        raise CallError("standard input holds the model or the inputs, not both")
    circuit = gf.flatten(load_model(model))
    first = {"batch_first": options["batch_first"]}
    ensure_defined(circuit)
    with telling_of_non_finite(options["_json"]), working("evaluating") as tell_steps:
        tree = read_tree(circuit, options["tree"])
        values = read_values(options)
        lengths = take_lengths(circuit, values, options["lengths"])
        steps = chosen_steps(circuit, values, options)
        unfolding = gf.unfold(circuit, steps, tree=tree, mode=options["mode"])
        ensure_finite(gf.without_padding(unfolding, values, lengths, **first), options)
        if options["seed"] is not None:
            sizes = dict(options["sizes"])
            values |= gf.random_values(unfolding, options["seed"], values, sizes=sizes)
        if lengths is None and not circuit.trees and not options["everything"]:
            found = find_outputs(unfolding, values, tell_steps, options)
        else:
            wish = {"fill": options["fill"], "check_finite": options["check_finite"]}
            result = gf.evaluate(unfolding, values, lengths=lengths, **first, **wish)
            names = [e.signal for e in circuit.equations] if options["everything"] else None
            found = {n: result.signal(n) for n in names} if names else result.outputs()
    _deliver(unfolding, found, {**options, "rows": first_lengths(circuit, lengths)})


def _deliver(unfolding: Unfolding, found: dict[str, Any], options: dict[str, Any]) -> None:
    import graphfold as gf

    from .output import finite, tell, write

    output = options["output"]
    if unfolding.mode and not options["_json"]:
        say(f"mode {unfolding.mode}")
    if output is not None:
        write(output, gf.encode_npz(found))
        shapes: dict[str, object] = {n: list(array.shape) for n, array in found.items()}
        text = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        tell(output, {"shapes": shapes}, text, options["_json"])
    elif options["_json"]:
        click.echo(json.dumps({name: finite(array.tolist()) for name, array in found.items()}))
    else:
        from .values import print_values

        print_values(unfolding.circuit, found, options["batch_first"], options["rows"])
