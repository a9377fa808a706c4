"""`graphfold unfold`: the main job, a circuit and its unfolding side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .messages import CallError, count
from .options import (
    Steps,
    Width,
    json_option,
    load_model,
    mode_option,
    model_argument,
    output_option,
    scale_option,
    stem,
)

if TYPE_CHECKING:
    from graphfold.circuit import Circuit
    from graphfold.unfolding import Unfolding, Window

FORMATS = ("svg", "png", "json", "dot")


@click.command("unfold")
@model_argument
@click.option("--steps", type=Steps(), help="How many steps: 3, or t=3,u=2.  [default: 3]")
@click.option("--window", type=Width(), help="Symbolic columns before and after t instead: 1,1.")
@output_option("The file; - is standard output.  [default: MODEL-unfolded.svg]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Instead of the suffix; json is node-link data.",
)
@click.option("--only-unfolded", is_flag=True, help="Leave out the folded circuit and the arrow.")
@click.option("--all-steps", is_flag=True, help="Draw every step, however many there are.")
@click.option(
    "--untie",
    multiple=True,
    metavar="NAME",
    help="One copy of this parameter a step; may be repeated.",
)
@mode_option
@click.option("--prune", is_flag=True, help="Keep only what the outputs need.")
@scale_option
@json_option
def command(model: str, **options: Any) -> None:
    """Unfold a circuit over time and draw it.

    The figure shows both, the circuit and its unfolding; json and dot hold the unfolding.

    \b
    graphfold unfold model.yaml --steps 3
    graphfold unfold model.yaml --window 1,1 -o figure.png
    graphfold unfold model.yaml --steps 1000 --format json -o graph.json
    """
    from .output import choose_format, ensure_writable, tell, write
    from .progress import working

    output = options["output"]
    chosen = choose_format(output, options["format_"], FORMATS)
    ensure_writable(output or "circuit")
    circuit = load_model(model)
    with working("unfolding"):
        unfolding = _unfold(circuit, options)
        facts = _facts(unfolding)
    with working("writing" if chosen in ("json", "dot") else "drawing"):
        data = _encode(unfolding, chosen, options)
    target = str(output or f"{stem(model, circuit.name)}-unfolded.{chosen}")
    write(target, data)
    tell(target, facts, _text(unfolding, facts), options["_json"])


def _unfold(circuit: Circuit, options: dict[str, Any]) -> Unfolding | Window:
    import graphfold as gf

    if options["window"] is not None:
        fixed = {n: options[n] for n in ("prune", "untie")}
        for name, given in {"steps": options["steps"] is not None, **fixed}.items():
            if given:
                raise CallError(f"--window shows no fixed steps; leave out --{name}")
        before, after = options["window"]
        return gf.window(circuit, before=before, after=after, mode=options["mode"])
    steps = 3 if options["steps"] is None else options["steps"]
    chosen = {name: options[name] for name in ("mode", "untie", "prune")}
    return gf.unfold(circuit, steps, **chosen)


def _encode(unfolding: Unfolding | Window, chosen: str, options: dict[str, Any]) -> bytes:
    import graphfold as gf

    if chosen in ("json", "dot"):
        if isinstance(unfolding, gf.Window):
            raise CallError(f"a window has no end: give --steps to write {chosen}")
        return _export(unfolding, chosen)
    drawing = gf.draw(
        unfolding,
        pair=not options["only_unfolded"],
        elide=not options["all_steps"],
        scale=options["scale"],
    )
    data: bytes = drawing.encode(chosen)
    return data


def _export(unfolding: Unfolding, chosen: str) -> bytes:
    import graphfold as gf

    if chosen == "dot":
        return str(gf.to_graphviz(unfolding).source).encode()
    import json

    return json.dumps(gf.to_node_link(unfolding)).encode()


def _facts(unfolding: Unfolding | Window) -> dict[str, Any]:
    import graphfold as gf

    chosen = {"mode": unfolding.mode} if unfolding.mode else {}
    if isinstance(unfolding, gf.Window):
        return {"before": unfolding.before, "after": unfolding.after, **chosen}
    shared = sum(p.axis is None for p in unfolding.circuit.params)
    nodes, edges = unfolding.node_count, gf.edge_count(unfolding)
    return {"nodes": nodes, "edges": edges, "shared parameters": shared, **chosen}


def _text(unfolding: Unfolding | Window, facts: dict[str, Any]) -> str:
    import graphfold as gf

    mode = f", mode {unfolding.mode}" if unfolding.mode else ""
    if isinstance(unfolding, gf.Window):
        spans = [_span(axis, unfolding) for axis in unfolding.axes]
        return ", ".join(spans) + mode
    counts = {name: number for name, number in facts.items() if name != "mode"}
    return ", ".join(count(number, name.rstrip("s")) for name, number in counts.items()) + mode


def _span(axis: str, window: Window) -> str:
    return f"{_column(axis, -window.before)} .. {_column(axis, window.after)}"


def _column(axis: str, offset: int) -> str:
    return f"{axis} {'-' if offset < 0 else '+'} {abs(offset)}" if offset else axis
