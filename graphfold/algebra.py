"""Write the equation of one instance: its steps as numbers, its reads as names or as algebra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from graphfold.expression import REDUCTIONS, Apply, Expression, Read, beneath_outside_reductions
from graphfold.instances import Instance
from graphfold.language.printer import SUM, Piece, TooLongError
from graphfold.notations import Unicode
from graphfold.unfolding import Unfolding

LONGEST = 1000  # characters of all the sides together


@dataclass(frozen=True)
class _At:
    """Where an expression is written: its unfolding, the step of each axis, and what reads are."""

    unfolding: Unfolding
    notation: Unicode
    replaced: Callable[[Instance], Piece | None]
    steps: Mapping[str, int]


def unreplaced(_: Instance) -> None:
    """Every read is written by its name."""


def write_instance(
    unfolding: Unfolding,
    notation: Unicode,
    instance: Instance,
    replaced: Callable[[Instance], Piece | None],
) -> Piece:
    """Write the right side of an instance's equation, with `replaced` in place of its reads."""
    found = definition(unfolding, instance)
    assert found is not None
    expression, steps = found
    return _write_node(_At(unfolding, notation, replaced, steps), expression, expression.root)


def definition(
    unfolding: Unfolding, instance: Instance
) -> tuple[Expression, Mapping[str, int]] | None:
    """What defines an instance, and the step of its axis; None for inputs and other boundaries.

    At a leaf of a tree that is what init tells, at the step of the leaf.
    """
    signal, step = instance
    if not unfolding.is_boundary(signal, step):
        equation = unfolding.circuit.equation.get(signal)
        if equation is None:
            return None
        steps = {} if equation.axis is None or step is None else {equation.axis: step}
        return equation.expression, steps
    boundary, tree = unfolding.boundary_value(signal, step), unfolding.circuit.tree_of(signal)
    if tree is None or boundary is None or boundary.value is None or step is None:
        return None
    reads = any(boundary.value.reads())
    return (boundary.value, {str(tree.leaves): 1 - step}) if reads else None


def _write_node(at: _At, expression: Expression, root: int) -> Piece:
    """Write the nodes beneath `root`; a reduction writes its body once a step."""
    pieces: dict[int, Piece] = {}
    for number in beneath_outside_reductions(expression, root):
        node = expression.nodes[number]
        if isinstance(node, Read):
            piece = _read(at, node)
        elif isinstance(node, Apply) and node.operation in REDUCTIONS:
            piece = _reduce(at, expression, node)
        elif isinstance(node, Apply) and node.operation in ("step", "length"):
            piece = _clock(at, node)
        elif isinstance(node, Apply):
            piece = at.notation.apply(node, [pieces[o] for o in node.operands])
        else:
            piece = at.notation.constant(node.value)
        if len(piece.text) > 20 * LONGEST:
            raise TooLongError
        pieces[number] = piece
    return pieces[root]


def _clock(at: _At, node: Apply) -> Piece:
    axis = str(node.attribute("axis"))
    if node.operation == "length":
        return Piece(str(at.unfolding.length(axis)))
    return Piece(str(at.steps[axis]))


def _read(at: _At, node: Read) -> Piece:
    axis = at.unfolding.circuit.axis_of[node.signal]
    step: int | None = None
    if axis is not None and node.index is not None:
        step = at.unfolding.step_read(node.index, axis, at.steps)
    found = at.replaced((node.signal, step))
    if found is not None:
        return found
    named = at.notation.read(node)
    text = at.notation.instance(node.signal, None if step is None else str(step))
    return replace(named, text=text)


def _at(at: _At, axis: str, step: int) -> _At:
    return replace(at, steps={**at.steps, axis: step})


def _reduce(at: _At, expression: Expression, node: Apply) -> Piece:
    axis, (body,) = str(node.attribute("axis")), node.operands
    length = at.unfolding.length(axis)
    shown = [*range(1, length + 1)] if length <= 8 else [1, 2, length]
    if length == 1:  # mean(x[1]) would be the mean of a vector's elements
        return _write_node(_at(at, axis, 1), expression, body)
    parts = [_write_node(_at(at, axis, step), expression, body) for step in shown]
    texts = [p.text for p in parts]
    if node.operation == "sum_over":
        texts = [p.at(SUM + (place > 0)) for place, p in enumerate(parts)]
    if len(shown) < length:
        texts.insert(2, at.notation.dots)
    if node.operation != "sum_over":
        return Piece(f"{node.operation.removesuffix('_over')}({', '.join(texts)})")
    if not texts:
        return Piece("0")
    return Piece(" + ".join(texts), SUM)
