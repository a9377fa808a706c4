"""`graphfold analyze`: delays, cycles, and how long paths are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .check import plain_delay
from .messages import CallError
from .options import Sizes, json_option, load_model, mode_option, model_argument

if TYPE_CHECKING:
    from graphfold.analyze import Analysis, Cycle, Recurrence
    from graphfold.circuit import Circuit

BOUND, SHORTEST = "iteration bound", "shortest path per step"


@click.command("analyze")
@model_argument
@mode_option
@click.option("--plan", is_flag=True, help="Tell what a compiled run does, and what a step costs.")
@click.option(
    "--size",
    "sizes",
    type=Sizes(),
    multiple=True,
    help="With --plan, the size of a dimension: n_h=8; may be repeated.  [default: the model's]",
)
@click.option("--batch", type=click.IntRange(min=0), help="With --plan, the number of examples.")
@json_option
def command(model: str, mode: str | None, _json: bool, **options: Any) -> None:
    """Tell delays, cycles, and how long paths are.

    The iteration bound is the most signals that a cycle passes for each step: computing a step
    takes at least that long, one signal being one unit. The shortest path per step is the fewest:
    how far apart neighbouring steps are. The critical path is the longest one without a delay.

    \b
    graphfold analyze model.yaml
    graphfold analyze model.yaml --json
    graphfold analyze model.yaml --plan --size n_x=32 --size n_h=64 --batch 16
    """
    import graphfold as gf

    _ensure_together(_json, options)
    written = gf.flatten(load_model(model))
    circuit = gf.in_mode(written, mode)
    if options["plan"]:
        click.echo(gf.compile(circuit).explain(dict(options["sizes"]), batch=options["batch"]))
        return
    analysis = gf.analyze(circuit)
    if _json:
        click.echo(json.dumps(_plain(analysis), indent=2))
        return
    if written.modes:
        click.echo(f"mode {mode or written.modes[0].name}\n")
    _print(circuit, analysis)


def _ensure_together(_json: bool, options: dict[str, Any]) -> None:
    """Refuse options that have no meaning beside one another."""
    if options["plan"] and _json:
        raise CallError("--plan writes a page for reading; leave out --json")
    told = "--size" if options["sizes"] else "--batch" if options["batch"] is not None else None
    if told and not options["plan"]:
        raise CallError(f"{told} is for --plan; give --plan too")


def _plain(analysis: Analysis) -> dict[str, object]:
    return {
        "delays": [plain_delay(d) for d in analysis.delays],
        "registers": analysis.registers,
        "critical_path": list(analysis.critical_path),
        "iteration_bound": _plain_ratio(analysis.longest_cycle),
        "shortest_path": _plain_ratio(analysis.shortest_cycle),
        "recurrences": [
            {
                "signals": list(r.signals),
                "direction": r.direction,
                "iteration_bound": _plain_ratio(r.longest_cycle),
                "shortest_path": _plain_ratio(r.shortest_cycle),
                "cycles": [_plain_cycle(c) for c in r.cycles],
                "complete": r.complete,
            }
            for r in analysis.recurrences
        ],
    }


def _plain_cycle(cycle: Cycle) -> dict[str, object]:
    return {"signals": list(cycle.signals), "delays": list(cycle.delays), "total": cycle.total}


def _plain_ratio(cycle: Cycle | None) -> dict[str, object] | None:
    """A ratio as a fraction, "3/2", and as a number, with the cycle that has it."""
    if cycle is None:
        return None
    return {"ratio": str(cycle.ratio), "value": float(cycle.ratio), "cycle": _plain_cycle(cycle)}


def _print(circuit: Circuit, analysis: Analysis) -> None:
    if analysis.delays:
        _print_delays(circuit, analysis)
    else:
        click.echo("no delays: nothing is remembered from step to step")
    if analysis.delays and not analysis.recurrences:
        click.echo("\nno recurrence: no signal depends on its own past")
    for recurrence in analysis.recurrences:
        _print_recurrence(recurrence)
    if len(analysis.recurrences) > 1:
        click.echo("\nall recurrences\n")
        _print_ratios(analysis.longest_cycle, analysis.shortest_cycle)
    _print_critical_path(analysis)
    if analysis.recurrences:
        click.echo(f"\n{BOUND}: a step cannot be computed faster, a signal being one unit of time")
        click.echo(f"{SHORTEST}: how many signals apart two neighbouring steps are")


def _print_delays(circuit: Circuit, analysis: Analysis) -> None:
    from .tables import print_table

    click.echo(f"delays (registers: {analysis.registers})\n")
    readers: dict[tuple[str, int, str], dict[str, None]] = {}
    for link in circuit.links:
        readers.setdefault((link.source, link.delay, link.child), {})[link.target] = None
    rows = []
    for delay in analysis.delays:
        step = delay.child or f"{circuit.axis_of[delay.signal]}{-delay.steps:+d}"
        read_by = readers[delay.signal, delay.steps, delay.child]
        rows.append([f"{delay.signal}[{step}]", str(delay.steps), ", ".join(read_by)])
    print_table(["delay", "steps", "read by"], rows, right=1)


def _print_recurrence(recurrence: Recurrence) -> None:
    from .tables import print_table

    more = "" if recurrence.complete else f" (the first {len(recurrence.cycles)} cycles)"
    click.echo(f"\n{recurrence.direction} recurrence of {', '.join(recurrence.signals)}{more}\n")
    rows = [[_path(c), str(len(c.signals)), str(c.total)] for c in recurrence.cycles]
    print_table(["cycle", "signals", "steps"], rows, right=2)
    click.echo()
    _print_ratios(recurrence.longest_cycle, recurrence.shortest_cycle)


def _print_ratios(longest: Cycle | None, shortest: Cycle | None) -> None:
    from .messages import count
    from .tables import print_table

    rows = []
    for name, cycle in ((BOUND, longest), (SHORTEST, shortest)):
        if cycle is not None:
            signals, steps = count(len(cycle.signals), "signal"), count(abs(cycle.total), "step")
            rows.append([name, str(cycle.ratio), f"{signals} in {steps}", _path(cycle)])
    print_table(["measure", "ratio", "which is", "reached by"], rows, right=1)


def _print_critical_path(analysis: Analysis) -> None:
    from .messages import count

    path = analysis.critical_path
    if path:
        click.echo(f"\ncritical path, {count(len(path), 'signal')}: {' → '.join(path)}")


def _path(cycle: Cycle) -> str:
    return " → ".join([*cycle.signals, cycle.signals[0]])
