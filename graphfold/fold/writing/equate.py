"""Equations: the expression of each signal, and which nodes its operations stand for."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Equation
from graphfold.expression import Apply, Expression, ExpressionBuilder
from graphfold.fold.items import Items, Ref
from graphfold.fold.writing.apply import apply
from graphfold.fold.writing.reads import read_of
from graphfold.fold.writing.sheet import Sheet


def write_equations(sheet: Sheet) -> None:
    """Write the equations of all signals."""
    for number, item in enumerate(sheet.items.items):
        if item.signal:
            axis = None if item.part is None else sheet.axis(item.part).name
            expression = _expression(sheet, number)
            sheet.equations.append(Equation(item.name, axis, expression))
            _keep_blocks(sheet, number, expression)


def _expression(sheet: Sheet, number: int) -> Expression:
    """The operation of an item, applied to all that has no name."""
    builder, numbers = ExpressionBuilder(), dict[int, int]()
    for current in _nameless(sheet.items, number):
        item = sheet.items.items[current]
        operands = tuple(
            numbers[ref.item]
            if _is_within(sheet.items, ref, number)
            else builder.add(read_of(sheet, ref, item.part))
            for ref in item.refs
        )
        numbers[current] = builder.add(apply(sheet, item, operands))
    return builder.finish(numbers[number])


def _nameless(items: Items, number: int) -> Iterator[int]:
    """The items of one equation, operands before their readers."""
    done, pending = set[int](), [(number, False)]
    while pending:
        current, ready = pending.pop()
        if current in done:
            continue
        if ready:
            done.add(current)
            yield current
        else:
            refs = reversed(items.items[current].refs)
            pending.append((current, True))
            pending += [(ref.item, False) for ref in refs if _is_within(items, ref, number)]


def _is_within(items: Items, ref: Ref, owner: int) -> bool:
    """Whether a read is part of the owner's equation."""
    if ref.what != "item" or ref.delay:
        return False
    item = items.items[ref.item]
    return not item.signal and item.owner == owner


def _keep_blocks(sheet: Sheet, number: int, expression: Expression) -> None:
    """Keep the nodes that each operation of an equation stands for."""
    items = sheet.items.items
    pending = [(expression.root, number)]
    while pending:
        node, current = pending.pop()
        applied = expression.nodes[node]
        assert isinstance(applied, Apply)
        sheet.blocks[(items[number].name, None), node] = items[current].nodes
        for operand, ref in zip(applied.operands, items[current].refs, strict=True):
            if _is_within(sheet.items, ref, number):
                pending.append((operand, ref.item))
