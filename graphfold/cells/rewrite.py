"""Expressions of a cell as expressions of the circuit that uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from graphfold.cells.seams import Seam
from graphfold.errors import Mark
from graphfold.expression import (
    Apply,
    AttributeValue,
    Const,
    Expression,
    ExpressionBuilder,
    Node,
    Read,
)
from graphfold.sizes import Size

Reads = Callable[[Read], Read]


def rename_reads(expression: Expression, reads: Reads) -> Expression:
    """The expression with other reads; itself when none changes."""
    if all(reads(read) == read for _, read in expression.reads()):
        return expression
    builder, numbers = ExpressionBuilder(), list[int]()
    for number, node in enumerate(expression.nodes):
        moved: Node = reads(node) if isinstance(node, Read) else node
        if isinstance(node, Apply):
            moved = replace(node, operands=_renumbered(node, numbers))
        numbers.append(builder.add(moved, expression.mark(number)))
    return builder.finish(numbers[expression.root])


def _at(seam: Seam, name: str) -> Read:
    return Read(seam.name(name))


def _renumbered(node: Apply, numbers: list[int]) -> tuple[int, ...]:
    return tuple(numbers[operand] for operand in node.operands)


class Rewriter:
    """Carries expressions over a seam; `functions` are the names outside of its functions."""

    def __init__(self, seam: Seam, functions: dict[str, str], reads: Reads) -> None:
        self.seam, self.functions, self.reads = seam, functions, reads
        through = (
            s.name for s in seam.cell.inputs if reads(_at(seam, s.name)) != _at(seam, s.name)
        )
        self.wires = {name: seam.use.mark_of(name) for name in through}

    def expression(self, expression: Expression) -> Expression:
        """The same value, written outside."""
        return self._carried(expression, self._read)

    def body(self, expression: Expression) -> Expression:
        """The body of a function, whose arguments keep their names."""
        return self._carried(expression, lambda read: read)

    def _read(self, read: Read) -> Read:
        seam = self.seam
        index = None if read.index is None else seam.index(read.signal, read.index)
        return self.reads(Read(seam.name(read.signal), index))

    def _carried(self, expression: Expression, reads: Reads) -> Expression:
        builder, numbers = ExpressionBuilder(), list[int]()
        for number, node in enumerate(expression.nodes):
            mark = self.seam.mark(expression.mark(number))
            if isinstance(node, Apply):
                numbers.append(self._apply(builder, node, _renumbered(node, numbers), mark))
            elif isinstance(node, Read):
                given = self.wires.get(node.signal) if reads == self._read else None
                numbers.append(builder.add(reads(node), given or mark))
            else:
                numbers.append(builder.add(node, mark))
        return builder.finish(numbers[expression.root])

    def _apply(
        self, builder: ExpressionBuilder, node: Apply, operands: tuple[int, ...], mark: Mark | None
    ) -> int:
        if node.operation == "size":
            size = node.attribute("size")
            assert isinstance(size, Size)
            return _add_size(builder, size.substitute(self.seam.sizes), mark)
        attributes = tuple((name, self._attribute(name, v)) for name, v in node.attributes)
        number = builder.add(Apply(node.operation, operands, attributes), mark)
        if node.operation != "step" or not self.seam.use.reverse:
            return number
        # backward in time, step t of the cell is step T + 1 - t
        length = builder.add(Apply("length", (), attributes), mark)
        end = builder.add(Apply("add", (length, builder.add(Const(1), mark))), mark)
        return builder.add(Apply("sub", (end, number)), mark)

    def _attribute(self, name: str, value: AttributeValue) -> AttributeValue:
        if isinstance(value, Size):
            return value.substitute(self.seam.sizes)
        if isinstance(value, tuple):
            return tuple(self._attribute(name, item) for item in value)
        if name == "axis" and isinstance(value, str):
            return self.seam.clocks.get(value, value)
        return self.functions.get(str(value), value) if name == "function" else value


def _add_size(builder: ExpressionBuilder, size: Size, mark: Mark | None) -> int:
    """A size as it would be written: one node for a symbol, operations for a sum or product."""
    if size.constant is not None:
        return builder.add(Const(size.constant), mark)
    total: int | None = None
    for monomial, coefficient in size.terms:
        factors = [builder.add(_symbol(s), mark) for s in monomial]
        if abs(coefficient) != 1 or not factors:
            factors.insert(0, builder.add(Const(abs(coefficient)), mark))
        term = factors[0]
        for factor in factors[1:]:
            term = builder.add(Apply("mul", (term, factor)), mark)
        if total is None:
            total = term if coefficient > 0 else builder.add(Apply("neg", (term,)), mark)
        else:
            total = builder.add(Apply("add" if coefficient > 0 else "sub", (total, term)), mark)
    assert total is not None
    return total


def _symbol(name: str) -> Apply:
    return Apply("size", (), (("size", Size.of(name)),))
