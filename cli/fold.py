"""`graphfold fold`: an unrolled graph of operations back into its circuit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, output_option

if TYPE_CHECKING:
    import graphfold as gf

_FORMS = {"recurrence": "recurrence", "repeat": "repeat × {}", "map": "map"}


@click.command("fold")
@click.argument("trace", type=click.Path(allow_dash=True, path_type=str))
@output_option("The model's file; - is standard output.")
@click.option(
    "--draw",
    "figure",
    type=click.Path(allow_dash=True),
    help="Draw the circuit, too: .svg, .png, .pdf …",
)
@json_option
def command(trace: str, output: str | None, figure: str | None, _json: bool) -> None:
    """Fold an unrolled graph back into its circuit, with a proof.

    TRACE is a JSON file of operations, an ONNX model, or a .pt2 file of torch.export. What repeats
    at least three times becomes a recurrence, a repeat with weights of its own, or a map. The model
    is written only when its unfolding is the trace, node for node; else the reason is told, and
    nothing is written.

    \b
    graphfold fold trace.json
    graphfold fold rnn.onnx -o model.yaml --draw figure.svg
    graphfold fold trace.json -o - | graphfold unfold - --steps 3
    """
    import graphfold as gf

    from .messages import CallError, say
    from .output import choose_format, ensure_writable, tell, write
    from .progress import working

    chosen = choose_format(figure, None, tuple(gf.FIGURE_FORMATS)) if figure else ""
    for path in (output, figure):
        if path is not None:
            ensure_writable(path)
    if output == figure == "-":
        raise CallError("the model and the figure cannot both go to standard output")
    with working("reading"):
        read = gf.read_trace(_source(trace))
    with working("folding"):
        found = gf.fold(read)
    facts = _facts(found)
    if output == "-" or figure == "-" or not _json:
        say(json.dumps(facts)) if _json else _say(found, facts)
    else:
        click.echo(json.dumps(facts, indent=2))
    if found.circuit is None:
        if output or figure:
            raise CallError(f"nothing was folded, and nothing written: {found.reason}")
        return
    if output is not None:
        write(output, gf.dumps(found.circuit).encode())
        tell(output, {}, "model", _json)
    if figure is not None:
        with working("drawing"):
            data = gf.draw(found.picture()).encode(chosen)
        write(figure, data)
        tell(figure, {}, "figure", _json)


def _source(path: str) -> Any:
    from .messages import CallError
    from .options import standard_input

    if not path:
        raise CallError("the name of the trace's file is empty")
    return standard_input() if path == "-" else path


def _facts(found: gf.Fold) -> dict[str, Any]:
    return {
        "folded": found.circuit is not None,
        "repetitions": [
            {
                "form": r.form,
                "axis": r.axis,
                "steps": r.steps,
                "direction": r.direction,
                "period": r.period,
                "signals": list(r.signals),
                "own": list(r.own),
                "operations": r.operations,
                "nodes": r.nodes,
            }
            for r in found.repetitions
        ],
        "nodes": found.trace.operation_count,
        "size": found.size,
        "prologue": len(found.prologue),
        "epilogue": len(found.epilogue),
        "reason": found.reason,
    }


def _say(found: gf.Fold, facts: dict[str, Any]) -> None:
    from .messages import count, say

    for one in found.repetitions:
        form = _FORMS[one.form].format(one.steps)
        way = f"{one.direction} " if one.direction == "anti-causal" else ""
        own = f"; own {', '.join(one.own)}" if one.own else ""
        span = f"{one.axis} = 1..{one.steps:,}"
        text = f"{way}{form} over {span}: {_shortened(one.signals)}{own}"
        say(f"{text} ({count(one.nodes, 'operation')} into {one.operations:,})")
    for name in ("prologue", "epilogue"):
        if facts[name]:
            say(f"{name}: {count(facts[name], 'operation')} outside the circuit")
    if found.circuit is not None:
        say(f"{count(facts['nodes'], 'operation')} became {facts['size']:,}")
    else:
        say(f"{count(facts['nodes'], 'operation')}, nothing folded")
    if found.reason:
        say(f"reason: {found.reason}" if found.circuit is None else f"beside: {found.reason}")


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
