"""J-unfolding: a circuit that computes J steps at each tick of its clock, and is cyclic as before.

K. Parhi, "VLSI Digital Signal Processing Systems" (1999), chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphfold.blocked import Blocked
from graphfold.check import ensure_well_formed
from graphfold.checks.names import LONGEST_NAME, RESERVED
from graphfold.circuit import (
    Boundary,
    Circuit,
    Equation,
    Freezable,
    Function,
    Signal,
    Style,
    sort_boundaries,
)
from graphfold.errors import GraphfoldError, suggest
from graphfold.memory import ensure_fits
from graphfold.operations import OPERATIONS
from graphfold.reblock import Blocking
from graphfold.terms import whole

_BYTES_PER_NODE = 500  # of an expression, roughly


def block(circuit: Freezable, factor: int, axis: str | None = None) -> Blocked:
    r"""Unfold a circuit by a factor J into a circuit that computes J steps at a tick.

    Every signal over the axis becomes J signals, h_0 to h_(J-1); static signals are shared. So
    unfolding the result over T ticks is unfolding the circuit over J T steps. Where there are
    several axes, name one. Parhi (1999), section 5.2. ModelError when the circuit is not well
    formed; GraphfoldError for a wrong factor or axis, a tree, or names that would be too long.

    >>> from graphfold import dumps, loads
    >>> text = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'y[0]': zeros}\n"
    >>> c = loads(text + "equations: |\n  y[t] = y[t-1] + t * x[t]")
    >>> print(dumps(block(c, 2)).partition("init:")[2])
    <BLANKLINE>
      y_1[0]: zeros
    equations: |
      y_0[t] = y_1[t-1] + (2 * t - 1) * x_0[t]
      y_1[t] = y_0[t] + 2 * t * x_1[t]
    <BLANKLINE>
    """
    frozen = ensure_well_formed(circuit)
    number, chosen = _factor(factor), _axis(frozen, axis)
    nodes = sum(len(e.expression.nodes) for e in frozen.equations)
    ensure_fits(max(nodes, 1) * number * _BYTES_PER_NODE, "the blocked circuit")
    names = _name_copies(frozen, chosen, number)
    blocking = Blocking(number, chosen, frozen.length_of[chosen], names)
    copies = tuple((c, s, i) for s, found in names.items() for i, c in enumerate(found))
    return Blocked(_rewrite(frozen, blocking), chosen, number, copies)


def _factor(factor: int) -> int:
    number = whole(factor)
    if number is None or number < 1:
        raise GraphfoldError(f"a block has a whole number of steps from 1 on, not {factor!r}")
    return number


def _axis(circuit: Circuit, axis: str | None) -> str:
    names = [name for name in circuit.length_of if not circuit.is_of_tree(name)]
    if not names or (axis is not None and circuit.is_of_tree(axis)):
        raise GraphfoldError(_over_tree(circuit, axis, names))
    if axis is None and len(names) == 1:
        return names[0]
    if axis is None:
        raise GraphfoldError(f"say which axis is cut into blocks: axis='{names[0]}'")
    if axis not in names:
        hint = suggest(str(axis), names) or f"; there is {', '.join(names)}"
        raise GraphfoldError(f"unknown axis '{axis}'{hint}")
    return axis


def _over_tree(circuit: Circuit, axis: str | None, names: list[str]) -> str:
    trees = [tree for tree in circuit.trees.values() if axis in (tree.name, tree.leaves)]
    tree = (trees or list(circuit.trees.values()))[0]
    what = (
        f"{axis} counts the leaves of a tree" if axis == tree.leaves else f"{tree.name} is a tree"
    )
    cure = "unfold it whole, with tree= (or --tree)"
    if names:
        cure = f"name another axis, axis='{names[0]}'"
    return f"{what}, which has no blocks of steps; {cure}"


def _name_copies(circuit: Circuit, axis: str, factor: int) -> dict[str, tuple[str, ...]]:
    """Name copies h_0, h_1, …, with as many underscores as make all of them new."""
    signals = [name for name, over in circuit.axis_of.items() if over == axis]
    taken = {*circuit.signals, *circuit.function, *(d.name for d in circuit.dims)}
    taken |= {*circuit.length_of, *circuit.length_of.values(), *OPERATIONS, *RESERVED}
    joint = "_"
    while any(f"{s}{joint}{place}" in taken for s in signals for place in range(factor)):
        joint += "_"
    found = {s: tuple(f"{s}{joint}{place}" for place in range(factor)) for s in signals}
    for signal, names in found.items():
        if len(names[-1]) > LONGEST_NAME:
            message = f"'{names[-1]}' would be longer than {LONGEST_NAME} characters"
            raise GraphfoldError(f"{message}; give {signal} a shorter name")
    return found


def _rewrite(circuit: Circuit, blocking: Blocking) -> Circuit:
    return replace(
        circuit,
        inputs=tuple(_signals(circuit.inputs, blocking)),
        params=tuple(_signals(circuit.params, blocking)),
        functions=tuple(_function(f, blocking) for f in circuit.functions),
        boundaries=sort_boundaries(_boundary(b, blocking) for b in circuit.boundaries),
        equations=tuple(copy for e in circuit.equations for copy in _equations(e, blocking)),
        outputs=tuple(
            replace(output, name=name)
            for output in circuit.outputs
            for name in blocking.names(output.name)
        ),
        style=_style(circuit.style, blocking),
    )


def _signals(signals: Iterable[Signal], blocking: Blocking) -> Iterator[Signal]:
    return (replace(s, name=name) for s in signals for name in blocking.names(s.name))


def _function(function: Function, blocking: Blocking) -> Function:
    if function.body is None:
        return function
    return replace(function, body=blocking.expression(function.body))  # it may hold T


def _boundary(boundary: Boundary, blocking: Blocking) -> Boundary:
    value = None if boundary.value is None else blocking.expression(boundary.value)
    if boundary.signal not in blocking.copies:
        return replace(boundary, value=value)
    signal, index = blocking.read(boundary.signal, boundary.index)
    return replace(boundary, signal=signal, index=index, value=value)


def _equations(equation: Equation, blocking: Blocking) -> Iterator[Equation]:
    moving = equation.signal in blocking.copies
    for place, name in enumerate(blocking.names(equation.signal)):
        written = blocking.expression(equation.expression, place if moving else None)
        yield replace(equation, signal=name, expression=written)


def _style(style: Style, blocking: Blocking) -> Style:
    """Copies share the row of their signal; a label gets the number of the copy."""
    labels = []
    for signal, label in style.labels:
        names = blocking.copies.get(signal)
        if names is None:
            labels.append((signal, label))
        else:
            labels += [(name, f"{{{label}}}_{{{i}}}") for i, name in enumerate(names)]
    return Style(
        tuple(tuple(n for s in row for n in blocking.names(s)) for row in style.rows),
        tuple(n for s in style.hide for n in blocking.names(s)),
        tuple(labels),
        style.open,
        tuple((n, mark) for s, mark in style.marks for n in blocking.names(s)),
        _copied(style.groups, blocking),
        tuple((n, tint) for s, tint in style.colors for n in blocking.names(s)),
        style.theme,
        _copied(style.hide_in, blocking),
    )


def _copied(
    lists: tuple[tuple[str, tuple[str, ...]], ...], blocking: Blocking
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Named lists of signals, with the copies of each in its place."""
    return tuple((key, tuple(n for s in names for n in blocking.names(s))) for key, names in lists)
