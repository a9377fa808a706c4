"""`graphfold unfold`: the main job, a circuit and its unfolding side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .feed import shown_values
from .figures import FORMATS, asked_of, drawn, figure_options, format_option
from .messages import CallError, count
from .modes import captions, each_mode, ensure_one, modes_option
from .options import (
    Steps,
    Width,
    free_axes,
    json_option,
    load_model,
    model_argument,
    output_option,
    read_tree,
    stem,
    tree_option,
)

if TYPE_CHECKING:
    from graphfold.circuit import Circuit
    from graphfold.eliminate import Elimination
    from graphfold.unfolding import Unfolding, Window

    Graph = Unfolding | Elimination | Window

DATA = "json"


@click.command("unfold")
@model_argument
@click.option("--steps", type=Steps(), help="How many steps: 3, or t=3,u=2.  [default: 3]")
@tree_option
@click.option("--window", type=Width(), help="Symbolic columns before and after t instead: 1,1.")
@output_option("The file; - is standard output.  [default: MODEL-unfolded.svg]")
@format_option(DATA)
@click.option("--only-unfolded", is_flag=True, help="Leave out the folded circuit and the arrow.")
@click.option("--all-steps", is_flag=True, help="Draw every step, however many there are.")
@click.option(
    "--keep",
    multiple=True,
    metavar="STEPS",
    help="Steps that are not cut away in a long figure: 50, 40:44 or u=7; may be repeated.",
)
@click.option(
    "--first",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="How many of a long figure's first steps are drawn.",
)
@click.option(
    "--last",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How many of its last steps are drawn.",
)
@click.option(
    "--untie",
    multiple=True,
    metavar="NAME",
    help="One copy of this parameter a step; may be repeated.",
)
@modes_option
@click.option(
    "--eliminate",
    multiple=True,
    metavar="NAME",
    help="Leave this signal out and connect what it reads to its readers; may be repeated.",
)
@click.option("--prune", is_flag=True, help="Keep only what the outputs need.")
@figure_options
@json_option
def command(model: str, **options: Any) -> None:
    """Unfold a circuit over time and draw it.

    The figure shows both, the circuit and its unfolding; mermaid and dot hold what the figure shows
    of the unfolding, json all of it.

    \b
    graphfold unfold model.yaml --steps 3
    graphfold unfold model.yaml --window 1,1 -o figure.png
    graphfold unfold recursive.yaml --tree "((the cat) (sat down))"
    graphfold unfold model.yaml --steps 1000 --format json -o graph.json
    graphfold unfold model.yaml --eliminate h -o complete.dot
    """
    from .output import choose_format, ensure_writable, suffix_of, tell, write
    from .progress import working

    output = options["output"]
    chosen = choose_format(output, options["format_"], (*FORMATS, DATA))
    ensure_writable(output or "circuit")
    circuit = load_model(model)
    if chosen == DATA:
        ensure_one(options["mode"], chosen)
    values = shown_values(circuit, options)
    with working("unfolding"):
        found = each_mode(circuit, options["mode"], lambda c, mode: _unfold(c, options, mode))
        told = [_facts(unfolding) for unfolding in found]
    with working("writing" if chosen == DATA else "drawing"):
        shown = {"captions": captions(circuit, options["mode"]), "shown": values}
        data, warned = _encode(found, chosen, options | shown)
    target = str(output or f"{stem(model, circuit.name)}-unfolded.{suffix_of(chosen)}")
    write(target, data)
    text = "; ".join(_text(*pair) for pair in zip(found, told, strict=True))
    facts = told[0] if len(told) == 1 else {"modes": told}
    tell(target, facts | warned, text, options["_json"])


def _unfold(circuit: Circuit, options: dict[str, Any], mode: str | None) -> Graph:
    import graphfold as gf

    if options["window"] is not None:
        _ensure_no_steps(options)
        before, after = options["window"]
        return gf.window(circuit, before=before, after=after, mode=mode)
    tree, steps = read_tree(circuit, options["tree"]), options["steps"]
    if steps is None and free_axes(circuit):
        steps = 3
    chosen = {name: options[name] for name in ("untie", "prune")}
    unfolding = gf.unfold(circuit, steps, tree=tree, mode=mode, **chosen)
    if not options["eliminate"]:
        return unfolding
    return gf.eliminate(unfolding, options["eliminate"])


def _ensure_no_steps(options: dict[str, Any]) -> None:
    """Refuse what a window, which has no fixed steps, cannot take."""
    given = [n for n in ("steps", "tree") if options[n] is not None]
    given += [n for n in ("prune", "untie", "eliminate", "keep") if options[n]]
    if given:
        raise CallError(f"--window shows no fixed steps; leave out --{given[0]}")


def _encode(
    found: list[Graph], chosen: str, options: dict[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """The bytes of the file, and what there is to tell of the figure."""
    if chosen == DATA:
        return _data(found[0]), {}
    drawing, warned = drawn(
        found,
        options["_json"],
        captions=options["captions"],
        pair=not options["only_unfolded"],
        elide=not options["all_steps"],
        **{name: options[name] for name in ("keep", "first", "last")},
        **options["shown"],
        **asked_of(options),
    )
    return drawing.encode(chosen), warned


def _data(unfolding: Graph) -> bytes:
    import json

    import graphfold as gf

    if isinstance(unfolding, gf.Window):
        raise CallError(f"a window has no end: give --steps to write {DATA}")
    return json.dumps(gf.to_node_link(unfolding)).encode()


def _facts(unfolding: Graph) -> dict[str, Any]:
    import graphfold as gf

    chosen = {"mode": unfolding.mode} if unfolding.mode else {}
    if isinstance(unfolding, gf.Window):
        return {"before": unfolding.before, "after": unfolding.after, **chosen}
    if isinstance(unfolding, gf.Elimination):
        edges, gone = unfolding.edge_count, unfolding.names
    else:
        edges, gone = gf.edge_count(unfolding), ()
    shared = sum(p.axis is None and p.name not in gone for p in unfolding.circuit.params)
    nodes = unfolding.node_count
    return {"nodes": nodes, "edges": edges, "shared parameters": shared, **chosen}


def _text(unfolding: Graph, facts: dict[str, Any]) -> str:
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
