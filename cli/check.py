"""`graphfold check`: every problem of a model, or one line when all is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .messages import count
from .options import json_option, load_model, model_argument

if TYPE_CHECKING:
    from graphfold.analyze import Analysis
    from graphfold.circuit import Circuit


@click.command("check")
@model_argument
@click.option("--shapes", is_flag=True, help="Show the symbolic shape of every signal.")
@json_option
def command(model: str, shapes: bool, _json: bool) -> None:
    """Check a model and list all its problems.

    Each problem is told with its place and its cure.

    \b
    graphfold check model.yaml
    graphfold examples lstm | graphfold check -
    """
    import graphfold as gf

    from .messages import print_diagnostics

    circuit = load_model(model)
    problems = gf.check(circuit)
    if problems:
        print_diagnostics(problems, _json)
    if any(p.severity == "error" for p in problems):
        raise click.exceptions.Exit(2)
    circuit, uses = gf.flatten(circuit), len(circuit.uses)
    if shapes:
        _show_shapes(circuit, _json)
    elif _json:
        click.echo(json.dumps(_facts(circuit, gf.analyze(circuit))))
    else:
        click.echo(f"{model}: {_summary(circuit, gf.analyze(circuit), uses)}")


def _summary(circuit: Circuit, analysis: Analysis, uses: int) -> str:
    inputs, params, equations = map(len, (circuit.inputs, circuit.params, circuit.equations))
    kinds = (
        f"{count(inputs, 'input')}, {count(params, 'parameter')}, {count(equations, 'equation')}"
    )
    parts = [
        f"{count(len(circuit.signals), 'signal')} ({kinds})",
        count(len(circuit.delays), "delay"),
        count(len(analysis.recurrences), "recurrence"),
    ]
    if uses:
        parts.insert(1, count(uses, "use") + " of cells")
    ways = [f"{', '.join(r.signals)}: {r.direction}" for r in analysis.recurrences]
    return "ok: " + ", ".join(parts) + (f" ({'; '.join(ways)})" if ways else "")


def _facts(circuit: Circuit, analysis: Analysis) -> dict[str, object]:
    return {
        "signals": len(circuit.signals),
        "delays": [{"signal": d.signal, "steps": d.steps} for d in circuit.delays],
        "recurrences": [
            {"signals": list(r.signals), "direction": r.direction} for r in analysis.recurrences
        ],
    }


def _show_shapes(circuit: Circuit, as_json: bool) -> None:
    import graphfold as gf

    from .tables import print_table

    shapes = gf.infer_shapes(circuit)
    rows = [
        [
            name,
            circuit.kind_of(name),
            axis or "static",
            ", ".join(map(str, shapes[name])) or "scalar",
        ]
        for name, axis in circuit.axis_of.items()
    ]
    if as_json:
        click.echo(json.dumps({row[0]: [str(s) for s in shapes[row[0]]] for row in rows}))
    else:
        print_table(["signal", "kind", "axis", "shape"], rows)
