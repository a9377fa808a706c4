"""One step of a recurrence on a namespace: its operations, products with one state as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.fuse import Product, fuse
from graphfold.evaluate.compiled.ready import Values
from graphfold.evaluate.compiled.step import Operation, Ref, Step
from graphfold.evaluate.engines.flows import apply, steps_first
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.vector import on_arrays

Read = Callable[[Ref], Flow]


@dataclass(frozen=True)
class Weights:
    """The matrices of a fused product side by side, turned so that a vector stands before them."""

    product: Product
    array: Any


class Body:
    """A step with all that does not recur at hand, what moves with the steps first."""

    def __init__(self, space: Space, step: Step, values: Values) -> None:
        self.space, self.step = space, step
        self.still: dict[Ref, Flow] = {}
        self.flows: dict[Ref, Flow] = {}
        self.scope = on_arrays(values.scope)
        for ref in step.facts:
            if ref.kind in ("static", "hoisted"):
                self._outside(ref, values)
        self.weights: dict[int, Weights] = {}
        for product in fuse(step, step.signals, ()).products:
            self._fuse(product)

    @property
    def moving(self) -> dict[Ref, Any]:
        """The arrays that have a row for each step."""
        return {ref: flow.array for ref, flow in self.flows.items()}

    def _outside(self, ref: Ref, values: Values) -> None:
        outside = self.step.outside[ref.number]
        flow = values.of(outside.signal, outside.node)
        if ref.kind == "static":
            self.still[ref] = flow
        else:
            self.flows[ref] = steps_first(self.space, flow, self.step.axis)

    def _fuse(self, product: Product) -> None:
        if len(product.members) < 2:
            return
        xp, parts = self.space.xp, []
        for member in product.members:
            matrix = self.still[member.weight].array
            parts.append(matrix if member.turned else xp.permute_dims(matrix, (1, 0)))
        weights = Weights(product, xp.concat(parts, axis=1))
        for member in product.members:
            self.weights[member.product] = weights

    def run(self, moving: Mapping[Ref, Any], state: Read) -> dict[str, Flow]:
        """The value of each signal, given a row of what moves and a way to read states."""

        def read(ref: Ref) -> Flow:
            if ref.kind == "operation":
                return done[ref.number]
            if ref.kind == "static":
                return self.still[ref]
            if ref.kind == "hoisted":
                flow = self.flows[ref]
                return Flow(moving[ref], flow.axes[1:], flow.batched)
            return state(ref)

        done: dict[int, Flow] = {}
        for number, operation in enumerate(self.step.operations):
            if number in done:
                continue
            if number in self.weights:
                done.update(self._product(self.weights[number], read))
            else:
                done[number] = self._apply(operation, [read(ref) for ref in operation.operands])
        return {signal: read(ref) for signal, ref in self.step.roots.items()}

    def _apply(self, operation: Operation, flows: list[Flow]) -> Flow:
        attributes = dict(operation.attributes)
        if operation.kernel is None:
            return self.scope.reduce(operation.name, flows[0], attributes["axis"])
        return apply(self.space, operation.kernel, flows, attributes)

    def _product(self, weights: Weights, read: Read) -> dict[int, Flow]:
        vector, start = read(weights.product.vector), 0
        whole, found = self.space.xp.matmul(vector.array, weights.array), {}
        for member in weights.product.members:
            part = whole[..., start : start + member.rows]
            found[member.product] = Flow(part, (), vector.batched)
            start += member.rows
        return found
