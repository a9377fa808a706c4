"""Write the equation of one instance: its steps as numbers, its reads as names or as algebra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from graphfold.circuit import REDUCTIONS, Apply, Expression, Index, Read, nodes_beneath
from graphfold.instances import Instance
from graphfold.language.printer import SUM, Piece, TooLongError
from graphfold.notations import Unicode
from graphfold.unfolding import Unfolding

LONGEST = 1000  # characters of all the sides together


@dataclass(frozen=True)
class _At:
    """Where an expression is written: its unfolding, the step, and what stands for reads."""

    unfolding: Unfolding
    notation: Unicode
    replaced: Callable[[Instance], Piece | None]
    step: int | None


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
    expression, step = found
    return _write_node(_At(unfolding, notation, replaced, step), expression, expression.root)


def definition(unfolding: Unfolding, instance: Instance) -> tuple[Expression, int | None] | None:
    """What defines an instance, and at which step; None for inputs and other boundaries.

    At a leaf of a tree that is what init tells, at the step of the leaf.
    """
    signal, step = instance
    if not unfolding.is_boundary(signal, step):
        equation = unfolding.circuit.equation.get(signal)
        return None if equation is None else (equation.expression, step)
    boundary = unfolding.boundary_value(signal, step)
    moves = boundary is not None and signal in unfolding.leaf_signals
    if not moves or boundary is None or boundary.value is None or step is None:
        return None
    return (boundary.value, 1 - step) if any(boundary.value.reads()) else None


def _write_node(at: _At, expression: Expression, root: int) -> Piece:
    """Write the nodes beneath `root`; a reduction writes its body once a step."""
    pieces: dict[int, Piece] = {}
    for number in _beneath(expression, root):
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


def _beneath(expression: Expression, root: int) -> list[int]:
    """The nodes that one writes on the way to `root`: a reduction writes its own body."""

    def operands(number: int) -> tuple[int, ...]:
        node = expression.nodes[number]
        if isinstance(node, Apply) and node.operation not in REDUCTIONS:
            return node.operands
        return ()

    return nodes_beneath(root, operands)


def _clock(at: _At, node: Apply) -> Piece:
    if node.operation == "length":
        return Piece(str(at.unfolding.length(str(node.attribute("axis")))))
    return Piece(str(at.step))


def _read(at: _At, node: Read) -> Piece:
    axis = at.unfolding.circuit.axis_of[node.signal]
    step: int | None = None
    if axis is not None and node.index is not None:
        step = _step(at, node.index, axis)
    found = at.replaced((node.signal, step))
    if found is not None:
        return found
    named = at.notation.read(node)
    text = at.notation.instance(node.signal, None if step is None else str(step))
    return replace(named, text=text)


def _step(at: _At, index: Index, axis: str) -> int:
    """The step that a read looks at."""
    if index.base in at.unfolding.circuit.tree_of_child:
        return at.unfolding.child(index.base, at.step or 0)
    if index.base == axis:
        return (at.step or 0) + index.offset
    return at.unfolding.resolve(index, axis)


def _reduce(at: _At, expression: Expression, node: Apply) -> Piece:
    length = at.unfolding.length(str(node.attribute("axis")))
    shown = [*range(1, length + 1)] if length <= 8 else [1, 2, length]
    if length == 1:  # mean(x[1]) would be the mean of a vector's elements
        return _write_node(replace(at, step=1), expression, node.operands[0])
    parts = [_write_node(replace(at, step=step), expression, node.operands[0]) for step in shown]
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
