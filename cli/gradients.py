"""`graphfold grad`: how a loss changes with every state and parameter, back through time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .data_options import data_options
from .feed import chosen_steps, ensure_defined, ensure_finite, read_values
from .finite import telling_of_non_finite
from .lengths import take_lengths
from .losses import only_loss
from .messages import CallError, say
from .options import json_option, load_model, model_argument, output_option, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    import graphfold as gf
    from graphfold.circuit import Circuit


@click.command("grad")
@model_argument
@data_options
@click.option(
    "--loss",
    metavar="ID",
    help="The scalar to differentiate: Loss, or L[3].  [default: Loss, or the only one]",
)
@click.option(
    "--wrt",
    metavar="NAME",
    multiple=True,
    help="A signal, or h[3], to differentiate by; may be repeated.  [default: states, parameters]",
)
@output_option("A .npz file for the gradients; - is standard output.  [default: a table]")
@json_option
def command(model: str, **options: Any) -> None:
    """Differentiate a loss by back-propagation through time.

    The table has the norm of the gradient with respect to each recurrent state, step by step, and
    to each parameter; -o writes the gradients themselves.

    \b
    graphfold grad rnn_loss.yaml --inputs rnn_loss.npz
    graphfold grad model.yaml --inputs x.npz --seed 0 --loss "L[3]" --wrt h --wrt W
    graphfold grad model.yaml --inputs x.npz --params trained.npz -o gradients.npz
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
    ensure_defined(circuit)
    with telling_of_non_finite(options["_json"]), working("differentiating"):
        unfolding, values, lengths = _read(circuit, options)
        found = gf.gradients(
            unfolding,
            values,
            options["loss"] or only_loss(unfolding.circuit),
            options["wrt"] or None,
            lengths=lengths,
            batch_first=options["batch_first"],
            check_finite=options["check_finite"],
        )
    if unfolding.mode and not options["_json"]:
        say(f"mode {unfolding.mode}")
    if options["output"] is not None:
        _write(found, options)
    elif options["_json"]:
        click.echo(json.dumps(_facts(found, options["wrt"])))
    else:
        from .gradient_table import print_gradients

        print_gradients(found, _moving(found, options["wrt"]), _still(found, options["wrt"]))


def _read(circuit: Circuit, options: dict[str, Any]) -> tuple[gf.Unfolding, dict[str, Any], Any]:
    """The unfolding, its values and the lengths of rows, as the options tell."""
    import graphfold as gf

    tree = read_tree(circuit, options["tree"])
    values = read_values(options)
    lengths = take_lengths(circuit, values, options["lengths"])
    steps = chosen_steps(circuit, values, options)
    unfolding = gf.unfold(circuit, steps, tree=tree, mode=options["mode"])
    first = options["batch_first"]
    ensure_finite(gf.without_padding(unfolding, values, lengths, batch_first=first), options)
    if options["seed"] is not None:
        sizes = dict(options["sizes"])
        values |= gf.random_values(unfolding, options["seed"], values, sizes=sizes)
    return unfolding, values, lengths


# -- what is shown ------------------------------------------------------------------------------


def _moving(found: gf.Gradients, wrt: tuple[str, ...]) -> list[str]:
    """The sequences whose gradients are shown: what is asked for, else the recurrent states."""
    circuit = found.evaluation.unfolding.circuit
    if wrt:
        return [name for name in dict.fromkeys(wrt) if circuit.axis_of.get(name) is not None]
    computed = [e.signal for e in circuit.equations if e.axis is not None]
    delayed = {delay.signal for delay in circuit.delays}
    return [name for name in computed if name in delayed] or computed


def _still(found: gf.Gradients, wrt: tuple[str, ...]) -> list[str]:
    """What has one gradient: what is asked for, else the parameters."""
    circuit = found.evaluation.unfolding.circuit
    if wrt:
        return [name for name in dict.fromkeys(wrt) if circuit.axis_of.get(name) is None]
    return [p.name for p in circuit.params if p.axis is None and p.name in found]


def _facts(found: gf.Gradients, wrt: tuple[str, ...]) -> Mapping[str, Any]:
    """Norms as JSON: null where one is not finite."""
    from .output import finite

    def norms(name: str) -> Any:
        return finite(found.norms(name).tolist())

    return {
        "loss": found.loss,
        "value": finite(found.evaluation[found.loss].tolist()),
        "states": {name: norms(name) for name in _moving(found, wrt)},
        "parameters": {name: norms(name) for name in _still(found, wrt)},
    }


def _write(found: gf.Gradients, options: dict[str, Any]) -> None:
    """Write all gradients: sequences with all their steps, everything else by its id."""
    import graphfold as gf

    from .output import tell, write

    arrays = {name: found.given(name) for name in _together(found)}
    for text in found:
        signal = text.partition("[")[0]
        if signal not in arrays or _outside(found, text):
            arrays[text] = found[text]
    write(options["output"], gf.encode_npz(arrays))
    shapes: dict[str, object] = {name: list(array.shape) for name, array in arrays.items()}
    told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    text = f"gradients of {found.loss}: {told}"
    tell(options["output"], {"shapes": shapes}, text, options["_json"])


def _together(found: gf.Gradients) -> list[str]:
    """The signals all of whose steps have a gradient."""
    unfolding = found.evaluation.unfolding
    names: list[str] = []
    for name, axis in unfolding.circuit.axis_of.items():
        steps = range(1, unfolding.length(axis) + 1) if axis is not None else ()
        ids = [f"{name}[{step}]" for step in steps] if axis is not None else [name]
        if ids and all(text in found for text in ids):
            names.append(name)
    return names


def _outside(found: gf.Gradients, text: str) -> bool:
    unfolding = found.evaluation.unfolding
    signal, step = unfolding.find(text)
    axis = unfolding.circuit.axis_of[signal]
    return axis is not None and step is not None and not 1 <= step <= unfolding.length(axis)
