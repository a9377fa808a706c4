"""Find what one call can do: sums of many terms, products with one state, functions side by side.

`W @ h[t-1]`, `Wf @ h[t-1]`, … become one product with the matrices above one another. What is added
to each of them and does not recur is made ready for all steps and added at once; then every sigmoid
and tanh of such a sum is taken at once, since sigmoid(z) = (1 + tanh(z / 2)) / 2.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.join import Factor, Joined, Joining, Sum
from graphfold.evaluate.compiled.step import Operation, Ref, Step

SQUASHING = ("sigmoid", "tanh")  # in this order side by side


@dataclass(frozen=True)
class Member:
    """One matrix of a fused product: `product` is its operation, `sum` the one it is a term of.

    `squash` is the function applied to the sum, or to the product where there is no sum.
    """

    product: int
    weight: Ref
    turned: bool
    sum: int | None = None
    ready: tuple[tuple[int, Ref], ...] = ()
    rest: tuple[tuple[int, Ref], ...] = ()
    squash: int | None = None
    rows: int = 0

    @property
    def place(self) -> int:
        """The last operation whose value stands where the product was written."""
        return next(n for n in (self.squash, self.sum, self.product) if n is not None)


@dataclass(frozen=True)
class Product:
    """Matrices above one another, times one vector."""

    vector: Ref
    members: tuple[Member, ...]


@dataclass
class Fused:
    """A step with its sums and products; `absorbed` operations need no code of their own.

    `bundles` are signals whose values stand side by side, for `joined` products.
    """

    step: Step
    sums: Mapping[int, Sum]
    products: tuple[Product, ...]
    absorbed: frozenset[int] = field(default_factory=frozenset)
    joined: tuple[Joined, ...] = ()
    bundles: tuple[Bundle, ...] = ()


def fuse(step: Step, kept: Container[str], bundles: Sequence[Bundle] | None = None) -> Fused:
    """Return what can be done at once; signals that are `kept` need their values themselves.

    With `bundles` no others are made.
    """
    users = _users(step, kept)
    sums, inner = _sums(step, users)
    found: dict[Ref, list[Member]] = {}
    joining = Joining(step, kept, bundles)
    for total in sums.values():
        joining.add(total, _factors_in(step, total, users))
    taken = {one.sum for one in joining.joined}
    joint = {number for one in joining.joined for number in one.products}
    totals: dict[Ref, list[Sum]] = {}
    for total in sums.values():
        for _, term in dict.fromkeys(total.terms):
            totals.setdefault(term, []).append(total)
    for number, operation in enumerate(step.operations):
        factor = _factor(step, operation)
        if factor is None or number in joint:
            continue
        vector, weight, turned = factor
        member = _member(_Around(step, totals, users, inner, taken), number, weight, turned)
        if member.sum is not None:
            taken.add(member.sum)
        found.setdefault(vector, []).append(member)
    products = tuple(Product(vector, _ordered(step, members)) for vector, members in found.items())
    used = {n for p in products for m in p.members for n in (m.product, m.sum, m.squash)}
    together = (*used, *inner, *joint, *(one.sum for one in joining.joined))
    absorbed = frozenset(n for n in together if n is not None)
    rest = {n: s for n, s in sums.items() if n not in absorbed}
    joined = tuple(joining.joined)
    return Fused(step, rest, products, absorbed, joined, tuple(joining.bundles))


Users = Mapping[int, Sequence[int]]
VALUE = -1  # stands for the signal whose value an operation is


def _users(step: Step, kept: Container[str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {n: [] for n in range(len(step.operations))}
    for number, operation in enumerate(step.operations):
        for ref in operation.operands:
            if ref.kind == "operation":
                found[ref.number].append(number)
    for signal, ref in step.roots.items():
        if ref.kind == "operation" and signal in kept:
            found[ref.number].append(VALUE)
    return found


# -- sums -----------------------------------------------------------------------------------------


def _sums(step: Step, users: Users) -> tuple[dict[int, Sum], set[int]]:
    """The sums, and the operations that are a part of a larger one."""
    found: dict[int, deque[tuple[int, Ref]]] = {}
    inner: set[int] = set()
    for number, operation in enumerate(step.operations):
        if not _adds(operation):
            continue
        terms: deque[tuple[int, Ref]] = deque()
        for sign, ref in zip((1, -1 if operation.name == "sub" else 1), operation.operands,
                             strict=True):  # fmt: skip
            part = found.get(ref.number) if ref.kind == "operation" else None
            same = part is not None and step.facts[ref].core == operation.fact.core
            if part is not None and same and users[ref.number] == [number]:
                inner.add(ref.number)
                terms = _joined(terms, sign, found.pop(ref.number))
            else:
                terms.append((sign, ref))
        found[number] = terms
    return {n: Sum(n, tuple(terms)) for n, terms in found.items()}, inner


def _joined(
    terms: deque[tuple[int, Ref]], sign: int, more: deque[tuple[int, Ref]]
) -> deque[tuple[int, Ref]]:
    """The terms with more after them; the longer ones stay where they are."""
    if sign < 0:
        more = deque((-own, term) for own, term in more)
    if len(terms) < len(more):
        more.extendleft(reversed(terms))
        return more
    terms.extend(more)
    return terms


def _adds(operation: Operation) -> bool:
    return operation.name in ("add", "sub") and not operation.fact.axes


# -- products -------------------------------------------------------------------------------------


def _factor(step: Step, operation: Operation) -> Factor | None:
    """The vector and the matrix of a product with one that stands still; turned for `h @ W`."""
    if operation.name != "matmul" or operation.fact.axes:
        return None
    left, right = operation.operands
    for weight, vector, turned in ((left, right, False), (right, left, True)):
        matrix, fact = step.facts[weight], step.facts[vector]
        still = weight.kind == "static" and not matrix.batched and not matrix.axes
        inner = vector.kind in ("operation", "state") and not fact.axes
        if still and inner and len(matrix.core) == 2 and len(fact.core) == 1:
            return vector, weight, turned
    return None


def _factors_in(step: Step, total: Sum, users: Users) -> list[tuple[int, Factor]]:
    """The products among the terms of a sum that are used for nothing else."""
    found = []
    for sign, ref in total.terms:
        if sign < 0 or ref.kind != "operation" or len(users[ref.number]) != 1:
            continue
        factor = _factor(step, step.operations[ref.number])
        same = step.operations[ref.number].fact == step.operations[total.number].fact
        if factor is not None and same:
            found.append((ref.number, factor))
    return found


@dataclass(frozen=True)
class _Around:
    step: Step
    totals: Mapping[Ref, Sequence[Sum]]  # the sums that a value is a term of
    users: Users
    inner: set[int]
    taken: set[int]


def _member(around: _Around, number: int, weight: Ref, turned: bool) -> Member:
    step, own = around.step, Ref("operation", number)
    rows = step.facts[own].core[0]
    total = _sum_of(around, number)
    if total is None:
        return Member(number, weight, turned, None, (), (), _squash(around, number), rows)
    others = [term for term in total.terms if term != (1, own)]
    ready = tuple(t for t in others if _is_ready(step, t[1]))
    rest = tuple(t for t in others if t not in ready)
    squash = None if rest else _squash(around, total.number)
    return Member(number, weight, turned, total.number, ready, rest, squash, rows)


def _sum_of(around: _Around, number: int) -> Sum | None:
    """The sum that a product is a term of, when it is used for nothing else."""
    own = Ref("operation", number)
    for total in around.totals.get(own, ()):
        same = around.step.operations[total.number].fact == around.step.operations[number].fact
        if total.terms.count((1, own)) == 1 and same and total.number not in around.taken:
            return total if len(around.users[number]) == 1 else None
    return None


def _is_ready(step: Step, ref: Ref) -> bool:
    return ref.kind in ("hoisted", "static") and not step.facts[ref].axes


def _squash(around: _Around, number: int) -> int | None:
    (user, *more) = around.users[number] or [VALUE]
    if more or user == VALUE or around.step.operations[user].name not in SQUASHING:
        return None
    return user


def _ordered(step: Step, members: Sequence[Member]) -> tuple[Member, ...]:
    """Sigmoids first, then tanh, then the others."""
    return tuple(m for kind in (*SQUASHING, None) for m in members if kind_of(step, m) == kind)


def kind_of(step: Step, member: Member) -> str | None:
    """The function that a member's sum goes into, if it is taken at once with others."""
    return None if member.squash is None else step.operations[member.squash].name


def spans(product: Product) -> Iterator[tuple[Member, int, int]]:
    """The members with their first and last place in the product."""
    start = 0
    for member in product.members:
        yield member, start, start + member.rows
        start += member.rows
