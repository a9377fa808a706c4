"""Join products with several states: `V @ a[t+1] + W @ b[t+1]` is one product.

The states' values stand side by side, and their matrices too. Gradients of gated cells are such
sums, with a matrix for each gate.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.step import Fact, Ref, Step


@dataclass(frozen=True)
class Sum:
    """An operation as a sum; each term with its sign."""

    number: int
    terms: tuple[tuple[int, Ref], ...]


Factor = tuple[Ref, Ref, bool]  # vector, matrix, whether it is vector @ matrix


@dataclass(frozen=True)
class Joined:
    """A sum of products with the signals of a bundle, `delay` steps ago, and other terms.

    `matrices` stand in the order of the bundle, each with whether it is vector @ matrix.
    """

    sum: int
    bundle: Bundle
    delay: int
    products: tuple[int, ...]
    matrices: tuple[tuple[Ref, bool], ...]
    rest: tuple[tuple[int, Ref], ...]

    @property
    def vector(self) -> Ref:
        """The values of the bundle."""
        return Ref("state", self.delay, self.bundle.name)


class Joining:
    """Finds bundles, sum by sum; a signal belongs to one of them."""

    def __init__(self, step: Step, kept: Container[str], bundles: Sequence[Bundle] | None) -> None:
        self.step, self.kept, self.fixed = step, kept, bundles is not None
        self.bundles: list[Bundle] = list(bundles or ())
        self.joined: list[Joined] = []

    def add(self, total: Sum, factors: Sequence[tuple[int, Factor]]) -> None:
        """Join the products of a sum, if there are some with states of the same delay."""
        groups: dict[tuple[int, bool], dict[str, tuple[int, Factor]]] = {}
        for number, factor in factors:
            state = factor[0]
            if state.kind == "state" and state.number and state.signal in self.kept:
                key = (state.number, self.step.facts[state].batched)
                groups.setdefault(key, {}).setdefault(state.signal, (number, factor))
        if not groups:
            return
        (delay, batched), group = max(groups.items(), key=lambda pair: len(pair[1]))
        bundle = self._bundle(group) if len(group) > 1 else None
        if bundle is None:
            return
        own = [group[signal] for signal in bundle.signals]
        products = tuple(number for number, _ in own)
        gone = {Ref("operation", number) for number in products}
        rest = tuple(term for term in total.terms if term[1] not in gone)
        matrices = tuple((weight, turned) for _, (_, weight, turned) in own)
        joined = Joined(total.number, bundle, delay, products, matrices, rest)
        self.step.facts[joined.vector] = Fact((sum(bundle.sizes),), batched)
        self.joined.append(joined)

    def _bundle(self, group: dict[str, tuple[int, Factor]]) -> Bundle | None:
        for bundle in self.bundles:
            if set(bundle.signals) == group.keys():
                return bundle
            if group.keys() & set(bundle.signals):
                return None
        if self.fixed:
            return None
        sizes = (self.step.facts[factor[0]].core[0] for _, factor in group.values())
        self.bundles.append(Bundle(tuple(group), tuple(sizes)))
        return self.bundles[-1]
