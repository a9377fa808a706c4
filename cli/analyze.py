"""`graphfold analyze`: cycles and delays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from .options import json_option, load_model, model_argument

if TYPE_CHECKING:
    from graphfold.analyze import Analysis, Cycle
    from graphfold.circuit import Circuit


@click.command("analyze")
@model_argument
@json_option
def command(model: str, _json: bool) -> None:
    """List the delays and cycles of a circuit.

    A cycle is told by its signals, the steps it takes, and its direction in time.

    \b
    graphfold analyze model.yaml
    """
    import graphfold as gf

    circuit = gf.flatten(load_model(model))
    analysis = gf.analyze(circuit)
    if _json:
        click.echo(json.dumps(_plain(analysis), indent=2))
    else:
        _print(circuit, analysis)


def _plain(analysis: Analysis) -> dict[str, object]:
    return {
        "delays": [{"signal": d.signal, "steps": d.steps} for d in analysis.delays],
        "registers": analysis.registers,
        "recurrences": [
            {
                "signals": list(r.signals),
                "direction": r.direction,
                "cycles": [
                    {"signals": list(c.signals), "delays": list(c.delays), "total": c.total}
                    for c in r.cycles
                ],
                "complete": r.complete,
            }
            for r in analysis.recurrences
        ],
    }


def _print(circuit: Circuit, analysis: Analysis) -> None:
    from .tables import print_table

    if not analysis.delays:
        click.echo("no delays: nothing is remembered from step to step")
        return
    click.echo(f"delays (registers: {analysis.registers})\n")
    rows = []
    for delay in analysis.delays:
        axis = circuit.axis_of[delay.signal]
        read = f"{delay.signal}[{axis}{-delay.steps:+d}]"
        readers = {link.target for link in circuit.links if _is_read(link, delay)}
        ordered = [s for s in circuit.signals if s in readers]
        rows.append([read, str(delay.steps), ", ".join(ordered)])
    print_table(["delay", "steps", "read by"], rows, right=1)
    if not analysis.recurrences:
        click.echo("\nno recurrence: no signal depends on its own past")
    for recurrence in analysis.recurrences:
        more = "" if recurrence.complete else f" (the first {len(recurrence.cycles)})"
        click.echo(
            f"\n{recurrence.direction} recurrence of {', '.join(recurrence.signals)}{more}\n"
        )
        print_table(["cycle", "steps"], [_row(c) for c in recurrence.cycles], right=1)


def _is_read(link: object, delay: object) -> bool:
    return (link.source, link.delay) == (delay.signal, delay.steps)  # type: ignore[attr-defined]


def _row(cycle: Cycle) -> list[str]:
    path = " → ".join([*cycle.signals, cycle.signals[0]])
    return [path, str(cycle.total)]
