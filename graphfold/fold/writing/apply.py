"""Operations of a folded circuit: as the language has them, or calls of opaque functions."""

from __future__ import annotations

from graphfold.circuit import Function
from graphfold.evaluate.elementwise import ELEMENTWISE
from graphfold.expression import Apply
from graphfold.fold.items import Item
from graphfold.fold.meaning import settings
from graphfold.fold.writing.leaf_shapes import leaf_shape
from graphfold.fold.writing.sheet import Sheet

_LETTERS = "abcdefghijklmnopqrsuvwxyz"  # t is a step


def apply(sheet: Sheet, item: Item, operands: tuple[int, ...]) -> Apply:
    """The operation of an item on earlier nodes of an expression."""
    op, attributes = sheet.trace.op(item.node), sheet.trace.attributes_of(item.node)
    if item.refs and item.refs[0].what == "all":
        axis = sheet.axis(sheet.items.items[item.refs[0].item].part)
        return Apply(op, operands, (("axis", axis.name),))
    known = settings(op, attributes, len(operands))
    if known is not None and (sheet.shapes != "unknown" or op in ELEMENTWISE):
        return Apply(op, operands, known)
    return Apply("call", operands, (("function", _function(sheet, item.node)),))


def _function(sheet: Sheet, node: int) -> str:
    """The opaque function that stands for an operation."""
    trace, count = sheet.trace, int(sheet.graph.arity[node])
    key = (int(trace.ops[node]), int(trace.attrs[node]), count, int(trace.shapes[node]))
    if key not in sheet.function_names:
        op = trace.op(node)
        name = sheet.function_names[key] = sheet.names.take(op, "f")
        shape = leaf_shape(trace, node)
        sheet.functions[name] = Function(name, _arguments(count), shape=shape)
        sheet.meanings[name] = (op, trace.attributes_of(node))
    return sheet.function_names[key]


def _arguments(count: int) -> tuple[str, ...]:
    if count <= len(_LETTERS):
        return tuple(_LETTERS[:count])
    return tuple(f"a{number}" for number in range(count))
