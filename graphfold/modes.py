"""Modes: a circuit with `switch(mode, …)` is one circuit for each mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graphfold.cells.flatten import flatten
from graphfold.circuit import Circuit, Style
from graphfold.errors import GraphfoldError, shorten, suggest
from graphfold.expression import Apply, Expression, ExpressionBuilder


def in_mode(circuit: Circuit, mode: str | None = None) -> Circuit:
    r"""Return the circuit in one mode, the first when none is named: each switch is one branch.

    A circuit without modes is returned as it is, one with modes and cells flat. GraphfoldError for
    an unknown mode.

    >>> from graphfold.formats.model_reader import parse_model
    >>> c = parse_model('''
    ... graphfold: 1
    ... modes: [train, test]
    ... inputs: {x: [], y: []}
    ... equations: |
    ...   z = switch(mode, train: x, test: 2 * y)
    ... ''')
    >>> in_mode(c, "test").equation["z"].expression.nodes[-1].operation
    'mul'
    """
    names = [m.name for m in circuit.modes]
    if mode is not None and mode not in names:
        told = f"; there are {', '.join(names)}" if names else "; the model has no modes"
        raise GraphfoldError(
            f"unknown mode '{shorten(str(mode))}'{suggest(str(mode), names) or told}"
        )
    if not names:
        return circuit
    chosen, circuit = names[0] if mode is None else mode, flatten(circuit)
    equations = tuple(
        replace(e, expression=_choose(e.expression, chosen)) for e in circuit.equations
    )
    boundaries = tuple(
        b if b.value is None else replace(b, value=_choose(b.value, chosen))
        for b in circuit.boundaries
    )
    functions = tuple(
        f if f.body is None else replace(f, body=_choose(f.body, chosen)) for f in circuit.functions
    )
    return replace(
        circuit,
        modes=(),
        functions=functions,
        boundaries=boundaries,
        equations=equations,
        style=_style(circuit.style, chosen),
    )


def _style(style: Style, mode: str) -> Style:
    """What is hidden in the mode is hidden."""
    hide = (*style.hide, *(n for name, names in style.hide_in if name == mode for n in names))
    return replace(style, hide=tuple(dict.fromkeys(hide)), hide_in=())


def each_mode(circuit: Circuit) -> Iterator[tuple[str, Circuit]]:
    """Yield every mode with the circuit in it; ("", circuit) alone when there are no modes."""
    if not circuit.modes:
        yield "", circuit
    for mode in circuit.modes:
        yield mode.name, in_mode(circuit, mode.name)


def _choose(expression: Expression, mode: str) -> Expression:
    """Put the branch of a mode in the place of every switch."""
    if not any(isinstance(n, Apply) and n.operation == "switch" for n in expression.nodes):
        return expression
    builder, numbers = ExpressionBuilder(), list[int]()
    for place, node in enumerate(expression.nodes):
        if isinstance(node, Apply) and node.operation == "switch":
            modes = node.attribute("modes")
            assert isinstance(modes, tuple)
            numbers.append(numbers[node.operands[modes.index(mode)]])
        elif isinstance(node, Apply):
            moved = replace(node, operands=tuple(numbers[o] for o in node.operands))
            numbers.append(builder.add(moved, expression.mark(place)))
        else:
            numbers.append(builder.add(node, expression.mark(place)))
    return builder.finish(numbers[-1])
