"""Reads: how an expression reads what it does not compute, and the signals there for that only.

Such signals are clocks, which compute a number from the step, and aliases, which give a name to one
step of a sequence.
"""

from __future__ import annotations

from graphfold.circuit import Equation
from graphfold.expression import Apply, Const, Expression, ExpressionBuilder, Index, Node, Read
from graphfold.fold.items import Ref
from graphfold.fold.writing.names import legal_name
from graphfold.fold.writing.sheet import Sheet
from graphfold.terms import constant_of


def read_of(sheet: Sheet, ref: Ref, part: int | None) -> Node:
    """The node that reads something from within a part, or from outside all of them."""
    if ref.what == "const":
        return Const(constant_of(sheet.trace.attributes_of(ref.node)["value"]))
    if ref.what == "leaf":
        return Read(sheet.leaf_names[ref.node])
    if ref.what == "clock":
        return _clock_read(sheet, ref, part)
    if ref.what in ("sequence", "element"):
        return _sequence_read(sheet, ref, part)
    item = sheet.items.items[ref.item]
    if ref.what == "fixed":
        return Read(item.name, sheet.fixed(item.part, ref.step))
    return Read(item.name, None if item.part is None else sheet.late(item.part, ref.delay))


def alias(sheet: Sheet, node: int, ref: Ref) -> str:
    """The static signal that is one step of a sequence, or one leaf."""
    key = (ref.what == "fixed", node)
    if key not in sheet.aliases:
        read = read_of(sheet, ref, None)
        known = sheet.trace.names.get(node, "")
        wanted = "" if "[" in known else legal_name(known)
        name = sheet.aliases[key] = sheet.names.take(wanted or _alias_name(read))
        sheet.equations.append(Equation(name, None, Expression((read,))))
    return sheet.aliases[key]


def _alias_name(read: Node) -> str:
    if not isinstance(read, Read) or read.index is None:
        return "y"
    return f"{read.signal}_{'last' if read.index.base else read.index.offset}"


def _sequence_read(sheet: Sheet, ref: Ref, part: int | None) -> Read:
    name = sheet.sequence_names[ref.item]
    if ref.what == "sequence":
        return Read(name, sheet.late(part, ref.delay))
    own = next(p for (p, _), n in sheet.items.sequences.items() if n == ref.item)
    return Read(name, sheet.fixed(own, ref.step))


def _clock_read(sheet: Sheet, ref: Ref, part: int | None) -> Read | Apply:
    axis = sheet.axis(part).name
    slope, start = ref.clock
    if slope == 1 and not start:
        return Apply("step", (), (("axis", axis),))
    key = (part, ref.clock)
    if key not in sheet.clock_names:
        name = sheet.clock_names[key] = sheet.names.take("k")
        sheet.equations.append(Equation(name, axis, _clock(axis, slope, start)))
        sheet.clocks[name] = ref.clock
    return Read(sheet.clock_names[key], Index(axis))


def _clock(axis: str, slope: float, start: float) -> Expression:
    """The expression slope·t + start."""
    builder = ExpressionBuilder()
    value = builder.add(Apply("step", (), (("axis", axis),)))
    if slope != 1:
        value = builder.add(Apply("mul", (builder.add(Const(slope)), value)))
    if start:
        op = "add" if start > 0 else "sub"
        value = builder.add(Apply(op, (value, builder.add(Const(abs(start))))))
    return builder.finish(value)
