"""The figure of an unfolded LSTM with every step, against Graphviz's `dot` on the same graph.

`dot` gets boxes of one size without text, which is all that it needs to place them; building its
graph and reading its answer are not counted. Ours is the whole way to the text of an SVG file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from benchmarks.measure import cpu_time, exponent, in_new_process, ratios
from benchmarks.table import Goal, Row, seconds, size

if TYPE_CHECKING:
    from graphfold import Unfolding

Pairs = list[tuple[str, str]]
STEPS = (100, 1_000, 10_000)
COMPARED = {"signals": (100, 300), "operations": (100,)}
SLOW = {"signals": (1_000,), "operations": (300,)}  # a minute of `dot` each
GOALS = {300: Goal(5, at_least=True), 1_000: Goal(50, at_least=True)}


@dataclass(frozen=True)
class Figure:
    """What one figure cost, and what it holds."""

    time: float
    bytes: int


def rows(quick: bool) -> list[Row]:
    lengths, rounds = ((10, 20, 40), 1) if quick else (STEPS, 5)
    found = []
    for detail in _details():
        compared = (5,) if quick else COMPARED[detail]
        found += [_compared(detail, steps, min(rounds, 3)) for steps in compared]
        found += _growth(detail, lengths, rounds)
    return found


def slow_rows() -> list[Row]:
    """Rows that take minutes, of `dot`."""
    return [_compared(detail, steps, 1) for detail in _details() for steps in SLOW[detail]]


def _details() -> list[str]:
    """The levels of detail that figures have."""
    import graphfold as gf

    told = any(field.name == "detail" for field in fields(gf.DrawOptions))
    return ["signals", "operations"] if told else ["signals"]


def _compared(detail: str, steps: int, rounds: int) -> Row:
    ours = [in_new_process(_draw, detail, steps).time for _ in range(rounds)]
    theirs = [in_new_process(_lay_out, detail, steps) for _ in range(rounds)]
    what = f"LSTM figure of {detail}, {steps:,} steps"
    return Row(
        what, seconds(ours), f"{seconds(theirs)}: `dot`", ratios(theirs, ours), GOALS.get(steps)
    )


def _growth(detail: str, lengths: tuple[int, ...], rounds: int) -> Iterator[Row]:
    found = [[in_new_process(_draw, detail, steps) for steps in lengths] for _ in range(rounds)]
    powers = [exponent(lengths, [f.time for f in few]) for few in found]
    what = f"… {lengths[0]} to {lengths[-1]:,} steps: time"
    yield Row(what, "steps**p", "p = 1: linear", powers, Goal(1.1))
    for place, steps in enumerate(lengths):
        column = [few[place] for few in found]
        each = column[0].bytes / steps
        ours = f"{seconds([f.time for f in column])}, {size(each)} a step"
        times = [f.time / few[0].time for f, few in zip(column, found, strict=True)]
        yield Row(f"… {steps:,} steps", ours, f"time of {lengths[0]} steps", times)


def _draw(detail: str, steps: int) -> Figure:
    """Draw every step as SVG, after a small figure that pays for imports and glyphs."""
    import graphfold as gf
    from graphfold.examples import example_path

    circuit, found = gf.load(example_path("lstm")), list[int]()
    options: dict[str, Any] = {"elide": False}
    if detail != "signals":
        options["detail"] = detail
    len(gf.draw(gf.unfold(circuit, 3), **options).svg)

    def work() -> None:
        found.append(len(gf.draw(gf.unfold(circuit, steps), **options).svg.encode()))

    return Figure(cpu_time(work), found[0])


def _lay_out(detail: str, steps: int) -> float:
    """Seconds that `dot` takes, in process."""
    from pygraphviz import AGraph

    import graphfold as gf
    from graphfold.examples import example_path

    unfolding = gf.unfold(gf.load(example_path("lstm")), steps)
    pairs = _reads(unfolding) if detail == "signals" else list(_operations(unfolding))
    graph = AGraph(directed=True, strict=False, rankdir="LR")
    graph.node_attr.update(label="", shape="box", fixedsize="true", width="0.5", height="0.4")
    graph.add_edges_from(pairs)
    return cpu_time(lambda: graph.layout(prog="dot"))


def _shown(unfolding: Unfolding) -> list[tuple[str, int | None]]:
    """The instances that a figure shows: all but parameters."""
    params = {param.name for param in unfolding.circuit.params}
    return [instance for instance in unfolding.instances() if instance[0] not in params]


def _reads(unfolding: Unfolding) -> Pairs:
    """Which instance is read by which."""
    import graphfold as gf

    shown = _shown(unfolding)
    known = set(shown)
    return [
        (f"{source}", f"{target}")
        for target in shown
        for source in gf.predecessors(unfolding, *target)
        if source in known
    ]


def _operations(unfolding: Unfolding) -> Iterator[tuple[str, str]]:
    """Which operation, or instance, is an operand of which."""
    equations = unfolding.circuit.equation
    params = {param.name for param in unfolding.circuit.params}
    for signal, step in _shown(unfolding):
        equation = equations.get(signal)
        if equation is None or step is None or unfolding.is_boundary(signal, step):
            continue
        nodes, names = equation.expression.nodes, list[str]()
        for number, node in enumerate(nodes):
            read, index = getattr(node, "signal", None), getattr(node, "index", None)
            delayed = f"{(read, step + index.offset)}" if index is not None else ""
            inner = f"{(signal, step)}.{number}" if hasattr(node, "operands") else ""
            names.append("" if read in params else delayed or inner)
            for operand in getattr(node, "operands", ()):
                if names[operand]:
                    yield names[operand], names[number]
        yield names[-1], f"{(signal, step)}"
