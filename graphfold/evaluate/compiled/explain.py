"""A compiled circuit as a page: what is done for all steps at once, each loop, and the costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphfold.errors import shorten
from graphfold.evaluate.calls import called_functions
from graphfold.evaluate.compiled.costs import Cost, StepCosts, total
from graphfold.evaluate.compiled.emit import Code
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.fuse import Fused, Product, kind_of
from graphfold.evaluate.compiled.join import Joined
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.step import Ref, Step
from graphfold.evaluate.compiled.tally import Axes, Nodes, hoisted
from graphfold.evaluate.sizing import need
from graphfold.recurrence import BOUNDARY, Component, find_components

LABEL, ROWS = 48, 12  # characters of a label, lines of a section
COUNTED = (
    "FLOPs: 2 m k n for a product of m × k by k × n, 1 for each element of any other operation",
    "bytes: what operations read and write; above a loop, what stands still is not counted",
)


@dataclass
class Section:
    """A heading and rows of a label with what it costs."""

    head: str
    rows: list[tuple[str, Cost]] = field(default_factory=list)

    def add(self, label: str, cost: Cost) -> None:
        """Add a row, unless it costs nothing."""
        if cost != Cost():
            self.rows.append((shorten(label, LABEL), cost))

    def short(self) -> list[tuple[str, Cost]]:
        """The rows, the last ones together where they are many."""
        if len(self.rows) <= ROWS:
            return self.rows
        rest = self.rows[ROWS - 1 :]
        return [*self.rows[: ROWS - 1], (f"{len(rest):,} more", total([c for _, c in rest]))]


@dataclass
class Page:
    """What is found on the way through a circuit."""

    engine: Engine
    scope: Scope
    loops: list[tuple[Loop, Section]] = field(default_factory=list)
    above: dict[Axes, Section] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    aside: int = 0

    def fill(self) -> Page:
        """Look at every component, in the order in which they are computed."""
        for component in find_components(self.engine.circuit)[0]:
            first = component.signals[0]
            if first.startswith(BOUNDARY) or first in self.engine.circuit.declared:
                continue
            if component.direction is None:
                self._equation(first)
            else:
                self._loop(component)
        return self

    def _equation(self, signal: str) -> None:
        nodes = Nodes.of(self.engine.vector(self.scope, signal), self.scope)
        axis = self.engine.circuit.axis_of[signal]
        label = signal if axis is None else f"{signal}[{axis}]"
        numbers = range(len(nodes.vector.expression.nodes))
        self._above(label, nodes.costs(numbers))
        if axis is not None:
            self._keep(signal)

    def _above(self, label: str, costs: dict[Axes, Cost]) -> None:
        for axes, cost in costs.items():
            if axes not in self.above:
                names = " and ".join(sorted(axes))
                each = "each pair of steps" if len(axes) > 1 else "each step"
                head = f"all steps of {names} at once, for {each}" if axes else "once"
                self.above[axes] = Section(head)
            self.above[axes].add(label, cost)

    def _keep(self, signal: str) -> None:
        count = self.scope.batch.get(signal, 1)
        for size in self.engine.shapes.signals[signal]:
            count *= need(size, self.scope.sizes)
        self.kept[signal] = count

    def _loop(self, component: Component) -> None:
        loop = self.engine.loop(self.scope, component)
        body = loop.body(self.scope)
        nodes = {s: Nodes.of(vector, self.scope) for s, vector in loop.vectors.items()}
        for label, costs in hoisted(body.step, nodes):
            self._above(label, costs)
        way = f"{loop.axis} = T … 1" if loop.backward else f"{loop.axis} = 1 … T"
        way = way.replace("T", self.engine.circuit.length_of[loop.axis])
        names = shorten(", ".join(loop.signals), 60)
        section = Section(f"step by step, {way}: {names}")
        batch = next(iter(self.scope.batch.values()), 1)
        for label, cost in loop_rows(body.fused, StepCosts(body.fused, batch), nodes):
            section.add(label, cost)
        self.loops.append((loop, section))
        for signal in loop.signals:
            if signal in loop.kept:
                self._keep(signal)
        self.aside += sum(a.size for a in body.code.memory.values() if a.base is None)

    def sections(self) -> list[Section]:
        """What is done once, for all steps at once, and step by step."""
        above = [self.above[axes] for axes in sorted(self.above, key=lambda a: (len(a), sorted(a)))]
        found = [s for s in (*above, *(section for _, section in self.loops)) if s.rows]
        if len(found) <= ROWS:
            return found
        rest = found[ROWS - 1 :]
        more = Section(f"{len(rest):,} more loops")
        more.add("in all", total([cost for section in rest for _, cost in section.rows]))
        return [*found[: ROWS - 1], more]


def loop_rows(
    fused: Fused, costs: StepCosts, nodes: dict[str, Nodes]
) -> Iterator[tuple[str, Cost]]:
    """The rows of a loop: each product and what follows it, then the other operations."""
    for product in fused.products:
        yield _product_text(fused.step, product, nodes), costs.of_product(product)
        yield _after_text(fused.step, product), costs.after(product)
    for joined in fused.joined:
        yield _joined_text(fused.step, joined), costs.of_joined(joined)
    names = Counter(fused.step.operations[number].name for number in costs.other_numbers())
    text = ", ".join(f"{count} {name.removesuffix('_over')}" for name, count in names.items())
    yield text, costs.others()


def _product_text(step: Step, product: Product, nodes: dict[str, Nodes]) -> str:
    names = []
    for member in product.members:
        outside = step.outside[member.weight.number]
        names.append(nodes[outside.signal].text(outside.node))
    rows, columns = sum(m.rows for m in product.members), step.facts[product.vector].core[0]
    vector = _vector_text(step, product.vector)
    return f"{rows} × {columns} product with {vector}: {', '.join(names)}"


def _joined_text(step: Step, joined: Joined) -> str:
    rows = step.operations[joined.sum].fact.core[0]
    vectors = (_vector_text(step, Ref("state", joined.delay, s)) for s in joined.bundle.signals)
    return f"{rows} × {sum(joined.bundle.sizes)} product with {', '.join(vectors)}, side by side"


def _vector_text(step: Step, ref: Ref) -> str:
    """What a product multiplies, as a model reads it: h[t-1]."""
    if ref.kind == "state":
        delay = f"{-ref.number:+}" if ref.number else ""
        return f"{ref.signal}[{step.axis}{delay}]"
    named = (signal for signal, root in step.roots.items() if root == ref)
    signal = next(named, None)
    return "a value of the step" if signal is None else f"{signal}[{step.axis}]"


def _after_text(step: Step, product: Product) -> str:
    adds = any(member.ready or member.rest for member in product.members)
    kinds = Counter(kind for m in product.members if (kind := kind_of(step, m)) is not None)
    parts = [f"{count} {kind}" for kind, count in kinds.items()]
    return ", ".join(["sums", *parts] if adds else parts) + ", in place"


def explained(page: Page, *, code: bool = False) -> Iterator[str]:
    """The lines of the page, with the code of loops if asked for."""
    width, sections = page.scope.dtype.itemsize, page.sections()
    yield _head(page)
    yield from _table(sections, width)
    yield from _memory(page, width)
    yield from ("", *COUNTED)
    if any(o.fact.axes for loop, _ in page.loops for o in loop.body(page.scope).step.operations):
        yield "in a loop, operations over another clock are counted for one of its steps"
    if called_functions(page.engine.circuit):
        yield "opaque functions are called, and not counted"
    for loop, _ in page.loops if code else ():
        yield f"\ncode of {', '.join(loop.signals)}"
        yield from _written(loop.body(page.scope).code)


def over_trees(engine: Engine, scope: Scope, *, code: bool = False) -> Iterator[str]:
    """What is done with signals over trees; nothing is counted, for trees differ."""
    yield f"plan of {engine.circuit.name or 'a circuit'}"
    for component in find_components(engine.circuit)[0]:
        first = component.signals[0]
        if first.startswith(BOUNDARY) or first in engine.circuit.declared:
            continue
        names = ", ".join(component.signals)
        if component.direction is None:
            yield f"{names}: {'once' if engine.circuit.axis_of[first] is None else 'all at once'}"
            continue
        yield f"{names}: all nodes of a height at once"
        if code:
            yield from _written(engine.loop(scope, component).body(scope).code)


def _table(sections: list[Section], width: int) -> Iterator[str]:
    """The sections, their numbers in columns."""
    lines: list[tuple[str, Cost | None]] = []
    for section in sections:
        lines.append((section.head, None))
        rows = section.short()
        lines += [(f"  {label}", cost) for label, cost in rows]
        if len(rows) > 1:
            lines.append(("  together", total([cost for _, cost in rows])))
    label = max((len(text) for text, cost in lines if cost), default=0)
    numbers = [number for _, cost in lines if cost for number in (cost.flops, cost.moved * width)]
    room = max([5, *(len(f"{number:,}") for number in numbers)]) + 3
    yield f"\n{'':{label}}{'FLOPs':>{room}}{'bytes':>{room}}" if lines else "\nnothing to compute"
    for text, cost in lines:
        if cost is None:
            yield text
        else:
            yield f"{text:{label}}{cost.flops:>{room},}{cost.moved * width:>{room},}"


def _head(page: Page) -> str:
    scope = page.scope
    sizes = ", ".join(f"{name} = {size}" for name, size in scope.sizes.items())
    batch = next(iter(scope.batch.values()), None)
    rows = "no batch" if batch is None else f"batch {batch}"
    parts = [part for part in (sizes, rows, str(scope.dtype)) if part]
    return f"plan of {page.engine.circuit.name or 'a circuit'}: {', '.join(parts)}"


def _memory(page: Page, width: int) -> Iterator[str]:
    yield "\nmemory"
    if page.kept:
        names = shorten(", ".join(page.kept), 60)
        yield f"  {sum(page.kept.values()) * width:,} bytes for each step: {names}"
    yield f"  {page.aside * width:,} bytes set aside for loops"


def _written(code: Code) -> Iterator[str]:
    """The lines of a loop."""
    yield from (f"  {line.strip()}" for line in code.source.splitlines()[2:])
