"""Terms in time: along which axes they move, and the same term some steps away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphfold.circuit import Circuit
from graphfold.expression import REDUCTIONS, Index, Read
from graphfold.terms import Term, apply


def in_order(term: Term) -> Iterator[Term]:
    """The distinct terms that a term is made of, operands first; depth costs nothing."""
    done: set[int] = set()
    pending = [(term, False)]
    while pending:
        current, ready = pending.pop()
        if id(current) in done:
            continue
        if ready:
            done.add(id(current))
            yield current
            continue
        pending.append((current, True))
        pending += [(operand, False) for operand in current.operands]


def reduced_axis(term: Term) -> str:
    """The axis that a sum, mean or maximum over time takes away, else ""."""
    return str(dict(term.attributes)["axis"]) if term.head in REDUCTIONS else ""


def shifted(term: Term, axis: str, steps: int) -> Term:
    """The term as it is some steps of an axis later."""
    if not steps:
        return term

    def moved(index: Index) -> Index:
        return Index(index.base, index.offset + steps)

    return _replaced(term, axis, moved, lambda step: step + steps)


def _replaced(
    term: Term, axis: str, index: Callable[[Index], Index], step: Callable[[Term], Term]
) -> Term:
    """Other reads along an axis, and another number of its step; sums over it stay as they are."""
    found: dict[int, Term] = {}
    bound = _beneath_reductions(term, axis)
    for part in in_order(term):
        if id(part) in bound:
            continue
        head = part.head
        if isinstance(head, Read) and head.index is not None and head.index.base == axis:
            found[id(part)] = Term(Read(head.signal, index(head.index)))
        elif head == "step" and dict(part.attributes)["axis"] == axis:
            found[id(part)] = step(part)
        elif reduced_axis(part) == axis or not any(id(o) in found for o in part.operands):
            continue
        else:
            operands = tuple(found.get(id(o), o) for o in part.operands)
            found[id(part)] = Term(head, operands, part.attributes)
    return found.get(id(term), term)


def _beneath_reductions(term: Term, axis: str) -> set[int]:
    """The terms that stand nowhere but beneath a reduction over the axis."""
    free: set[int] = set()
    pending = [term]
    while pending:
        current = pending.pop()
        if id(current) in free:
            continue
        free.add(id(current))
        if reduced_axis(current) != axis:
            pending += current.operands
    return {id(part) for part in in_order(term)} - free


def moves_along(term: Term, circuit: Circuit, axis: str) -> bool:
    """Whether the value of a term depends on the step of an axis."""
    moves: dict[int, bool] = {}
    for part in in_order(term):
        head = part.head
        if isinstance(head, Read):
            moves[id(part)] = head.index is not None and circuit.clock_of(head.index) == axis
        elif head == "step":
            moves[id(part)] = dict(part.attributes)["axis"] == axis
        else:
            below = any(moves[id(operand)] for operand in part.operands)
            moves[id(part)] = below and reduced_axis(part) != axis
    return moves[id(term)]


def summed(term: Term, axes: frozenset[str] | set[str]) -> Term:
    """The sum over all steps of some axes; what does not move counts once for every step."""
    for axis in sorted(axes):
        term = apply("sum_over", term, axis=axis)
    return term


_LINEAR = ("add", "sub", "neg", "sum", "transpose", "reshape", "concat", "stack", "slice")


def keeps_zero(term: Term, axis: str, is_adjoint: Callable[[str], bool]) -> bool:
    """Whether a term is sure to be zero at steps where the adjoints it reads are.

    It reads other things along the axis nowhere, so that it may be read past the last step.
    """
    zero: dict[int, bool] = {}
    still: dict[int, bool] = {}
    for part in in_order(term):
        head, below = part.head, [id(operand) for operand in part.operands]
        still[id(part)] = all(still[o] for o in below)
        if isinstance(head, Read):
            along = head.index is not None and head.index.base == axis
            zero[id(part)] = along and is_adjoint(head.signal)
            still[id(part)] = not along
        elif head == "step" or reduced_axis(part) == axis:
            zero[id(part)] = False
            still[id(part)] = head != "step"
        elif head in _LINEAR:
            zero[id(part)] = bool(below) and all(zero[o] for o in below)
        elif head in ("matmul", "mul", "outer", "dot"):
            one, two = below
            zero[id(part)] = (zero[one] and still[two]) or (still[one] and zero[two])
        else:
            zero[id(part)] = False
    return zero[id(term)]
