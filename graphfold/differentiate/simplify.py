"""Equations of gradients put in a form that is fast to run; their values stay the same.

A gradient that only one other reads, at the same step, is put in its place; of a product the
factors that no gradient is in come together, so that a recurrence takes them from outside as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graphfold.circuit import Equation
from graphfold.differentiate.moving import in_order
from graphfold.differentiate.sweep import terms_of
from graphfold.expression import Index, Read
from graphfold.terms import Term, apply, flatten


def simplify(equations: Iterable[Equation], held: frozenset[str]) -> list[Equation]:
    """Return equations without those that one other takes the place of; `held` ones stay."""
    own = {equation.signal: equation for equation in equations}
    inner = {name: own[name] for name in own if name not in held}
    single = _read_once(own.values(), inner)
    terms: dict[str, Term] = {}
    for name in _inner_first(own, single):
        term = terms_of(own[name].expression)[-1]
        term = _put_in(term, {s: terms.pop(s) for s in _reads(own[name]) if s in single})
        terms[name] = _gathered(term, frozenset(own))
    kept = (equation for name, equation in own.items() if name in terms)
    return [replace(e, expression=flatten(terms[e.signal])) for e in kept]


def _reads(equation: Equation) -> list[str]:
    return list(dict.fromkeys(read.signal for _, read in equation.expression.reads()))


def _read_once(equations: Iterable[Equation], inner: Mapping[str, Equation]) -> set[str]:
    """The signals that one equation reads once, at its own step."""
    readers: dict[str, list[bool]] = {}
    for equation in equations:
        uses = _use_counts(equation)
        for number, read in equation.expression.reads():
            here = read.index is not None and read.index == Index(equation.axis or "")
            readers.setdefault(read.signal, []).append(here and uses[number] == 1)
    return {name for name in inner if readers.get(name) == [True] and inner[name].axis is not None}


def _use_counts(equation: Equation) -> list[int]:
    counts = [0] * len(equation.expression.nodes)
    for node in equation.expression.nodes:
        for operand in getattr(node, "operands", ()):
            counts[operand] += 1
    counts[equation.expression.root] += 1
    return counts


def _inner_first(own: Mapping[str, Equation], single: set[str]) -> list[str]:
    """The signals in an order in which those put in the place of a read come before."""
    order: dict[str, None] = {}
    pending = [(name, False) for name in reversed(list(own))]
    while pending:
        name, ready = pending.pop()
        if ready:
            order.setdefault(name)
        elif name not in order:
            pending.append((name, True))
            pending += [(s, False) for s in _reads(own[name]) if s in single]
    return list(order)


def _put_in(term: Term, instead: Mapping[str, Term]) -> Term:
    if not instead:
        return term
    found: dict[int, Term] = {}
    for part in in_order(term):
        head = part.head
        if isinstance(head, Read) and head.signal in instead:
            found[id(part)] = instead[head.signal]
        elif any(id(o) in found for o in part.operands):
            operands = tuple(found.get(id(o), o) for o in part.operands)
            found[id(part)] = Term(head, operands, part.attributes)
    return found.get(id(term), term)


def _gathered(term: Term, adjoints: frozenset[str]) -> Term:
    """The factors of each product that no gradient is in, multiplied first."""
    new: dict[int, Term] = {}
    moves: dict[int, bool] = {}
    factors: dict[int, tuple[list[Term], list[Term]]] = {}
    for part in in_order(term):
        head, operands = part.head, tuple(new[id(o)] for o in part.operands)
        moves[id(part)] = any(moves[id(o)] for o in part.operands) or (
            isinstance(head, Read) and head.signal in adjoints
        )
        made = Term(head, operands, part.attributes) if operands else part
        if head in ("mul", "neg") and moves[id(part)]:
            factors[id(part)] = _factors(part, factors, new, moves)
            made = _product(*factors[id(part)])
        new[id(part)] = made
    return new[id(term)]


def _factors(
    part: Term,
    factors: Mapping[int, tuple[list[Term], list[Term]]],
    new: Mapping[int, Term],
    moves: Mapping[int, bool],
) -> tuple[list[Term], list[Term]]:
    inside: list[Term] = []
    outside: list[Term] = []
    for operand in part.operands:
        if id(operand) in factors:
            inside += factors[id(operand)][0]
            outside += factors[id(operand)][1]
        else:
            (inside if moves[id(operand)] else outside).append(new[id(operand)])
    if part.head == "neg":
        outside = [-outside[0], *outside[1:]] if outside else outside
        inside = inside if outside else [-inside[0], *inside[1:]]
    return inside, outside


def _product(inside: list[Term], outside: list[Term]) -> Term:
    parts = [part for part in (_multiplied(inside), _multiplied(outside)) if part is not None]
    return parts[0] if len(parts) == 1 else apply("mul", *parts)


def _multiplied(terms: list[Term]) -> Term | None:
    found: Term | None = None
    for term in terms:
        found = term if found is None else found * term
    return found
