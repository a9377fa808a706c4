"""Unfolded algebra: s[3] = f(s[2]; θ) = f(f(s[1]; θ); θ), and the unfolded function g.

Each equals sign puts the equations in for one more layer of signals. When the text grows past a
limit, the sub-expressions keep their names and are written beneath.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import chain, count

from graphfold.algebra import LONGEST, unreplaced, write_instance
from graphfold.cells.flatten import flatten
from graphfold.circuit import Circuit, Freezable
from graphfold.edges import predecessors
from graphfold.errors import GraphfoldError, UnfoldingError, shorten, suggest
from graphfold.instances import Instance, format_id
from graphfold.language.printer import Piece, TooLongError, write_nodes
from graphfold.modes import in_mode
from graphfold.notations import Latex, Unicode
from graphfold.unfold import unfold
from graphfold.unfolding import Unfolding

NOTATIONS = ("brackets", "parentheses", "superscripts", "latex")
_MOST_LINES = 24  # of named sub-expressions
_FARTHEST = 64  # steps unfolded to tell which inputs count
_MOST_VISITS = 50_000  # reads looked at for the unfolded function

_SYMBOLIC = re.compile(r"([^\W\d][\w.]*)\s*[\[(]\s*([^\W\d]\w*)\s*[\])]")
_POWER = re.compile(r"\^\{?\((.*?)\)\}?")
_LOWERED = str.maketrans("⁽⁾⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵗ", "()-0123456789t")
_NUMBERED = re.compile(r"([^\W\d][\w.]*)\s*[\[(]\s*(-?\d{1,15})\s*[\])]")


def expand(
    circuit: Freezable | Unfolding,
    signal: str,
    *,
    steps: int | Mapping[str, int] | None = None,
    notation: str | None = None,
    mode: str | None = None,
) -> str:
    """Write the algebra of an instance: "s[3]", "s(3)", "h[t]", or "Loss" with `steps`.

    `steps` and `mode` are as for `unfold`; an unfolding has them already.

    `notation` is brackets, parentheses, superscripts or latex; left out, it is that of the
    question. UnfoldingError for an instance that does not exist.

    >>> from graphfold import load
    >>> from graphfold.examples import example_path
    >>> print(expand(load(example_path("classical")), "s(3)"))
    s(3) = f(s(2); θ) = f(f(s(1); θ); θ)
    """
    if notation not in (None, *NOTATIONS):
        raise GraphfoldError(f"unknown notation '{notation}'{suggest(str(notation), NOTATIONS)}")
    chosen = notation or _notation_of(signal)
    frozen = circuit.circuit if isinstance(circuit, Unfolding) else in_mode(flatten(circuit), mode)
    writer = Latex(frozen) if chosen == "latex" else Unicode(frozen, chosen)
    name, step = _read_question(frozen, signal)
    if isinstance(step, str):
        return _symbolic(frozen, writer, name)
    unfolding = circuit if isinstance(circuit, Unfolding) else _unfolding(frozen, name, step, steps)
    axis = frozen.axis_of[name]
    if axis is not None and step is None:
        step = unfolding.length(axis)
    return _Expander(unfolding, writer).text(unfolding.find(format_id(name, step)))


def _notation_of(question: str) -> str:
    if "⁽" in question or "^" in question:
        return "superscripts"
    return "parentheses" if "(" in question else "brackets"


def _read_question(circuit: Circuit, question: str) -> tuple[str, int | str | None]:
    text = _plain(question.strip())
    symbolic, numbered = _SYMBOLIC.fullmatch(text), _NUMBERED.fullmatch(text)
    name = symbolic[1] if symbolic else numbered[1] if numbered else text
    if name not in circuit.axis_of:
        raise UnfoldingError(f"unknown signal '{shorten(name)}'{suggest(name, circuit.signals)}")
    if numbered:
        return name, int(numbered[2])
    axis = circuit.axis_of[name]
    if symbolic and symbolic[2] == circuit.length_of.get(str(axis)):
        return name, None
    if symbolic and symbolic[2] != axis:
        raise UnfoldingError(f"'{name}' has no index '{symbolic[2]}'; write {name}[3]")
    return name, symbolic[2] if symbolic else None


def _plain(question: str) -> str:
    """Read s⁽³⁾, s^(3) and s^{(3)} as s(3)."""
    return _POWER.sub(r"(\1)", question.translate(_LOWERED))


def _unfolding(
    frozen: Circuit, name: str, step: int | None, steps: int | Mapping[str, int] | None
) -> Unfolding:
    if steps is not None:
        return unfold(frozen, steps)
    ancestors = _ancestors(frozen, name)
    links = [link for link in frozen.links if link.target in ancestors]
    fixed = any(link.delay < 0 or link.index or link.reach == "all" for link in links)
    if fixed or (step is None and frozen.axis_of[name] is not None):
        message = f"'{name}' depends on the number of steps: give one (--steps 3, or steps=3)"
        raise UnfoldingError(message)
    longest = max((link.delay for link in frozen.links), default=0)
    return unfold(frozen, longest if step is None or step < 1 else step)


def _ancestors(circuit: Circuit, name: str) -> set[str]:
    """A signal and all that it depends on."""
    found, pending = {name}, [name]
    while pending:
        for link in circuit.links_into.get(pending.pop(), ()):
            if link.source not in found:
                found.add(link.source)
                pending.append(link.source)
    return found


class _Expander:
    def __init__(self, unfolding: Unfolding, notation: Unicode) -> None:
        self.unfolding, self.circuit = unfolding, unfolding.circuit
        self.notation = notation

    def name(self, instance: Instance) -> str:
        signal, step = instance
        return self.notation.instance(signal, None if step is None else str(step))

    def is_leaf(self, instance: Instance) -> bool:
        signal, step = instance
        return signal not in self.circuit.equation or self.unfolding.is_boundary(signal, step)

    def inner(self, instance: Instance) -> list[Instance]:
        """What an instance reads, as far as it is shown, and an equation defines."""
        found: dict[Instance, None] = {}
        self.side(instance, found.setdefault)
        return [i for i in found if not self.is_leaf(i)]

    def side(self, instance: Instance, replaced: Callable[[Instance], Piece | None]) -> str:
        """The right side of an instance's equation; dots when that alone is too long."""
        try:
            return write_instance(self.unfolding, self.notation, instance, replaced).text
        except TooLongError:
            return self.notation.dots

    def text(self, root: Instance) -> str:
        if self.is_leaf(root):
            return f"{self.name(root)} is {self._leaf_kind(root)}"
        sides, whole = self._sides(root)
        sides = sides or [self.notation.dots]
        lines = [self.notation.equation([self.name(root), *sides])]
        if not whole:
            lines += self._named_parts(root)
        lines += self._unfolded_function(root)
        return "\n".join(lines)

    def _leaf_kind(self, root: Instance) -> str:
        if self.unfolding.is_boundary(*root):
            boundary = self.unfolding.boundary_value(*root)
            if boundary is None or boundary.value is None:
                return "given"
            return write_nodes(boundary.value, self.notation)[-1].text
        return _kind(self.circuit, root[0])

    def _sides(self, root: Instance) -> tuple[list[str], bool]:
        """The right sides, one layer deeper each; the first alone, and False, past the limit."""
        sides: list[str] = []
        frontier = [{root}]
        while frontier[-1]:
            try:
                sides.append(self._layers(frontier)[root].text)
            except TooLongError:
                return sides[:1], False
            deeper = {inner for instance in frontier[-1] for inner in self.inner(instance)}
            if sum(map(len, sides)) > LONGEST or len(deeper) > LONGEST:
                return sides[:1], False
            frontier.append(deeper)
        return sides, True

    def _layers(self, frontier: list[set[Instance]]) -> dict[Instance, Piece]:
        pieces: dict[Instance, Piece] = {}
        for layer in reversed(frontier):
            pieces = {
                i: write_instance(self.unfolding, self.notation, i, pieces.get) for i in layer
            }
        return pieces

    def _named_parts(self, root: Instance) -> list[str]:
        """One line for each sub-expression, nearest first, the middle left out when many."""
        order, seen = [root], {root}
        for instance in order:
            fresh = [i for i in self.inner(instance) if i not in seen]
            seen.update(fresh)
            order += fresh
            if len(order) > _MOST_LINES + 1:
                break
        shown = order[1 : _MOST_LINES + 1]
        lines = []
        for i in shown:
            lines.append(self.notation.equation([self.name(i), self.side(i, unreplaced)]))
        return [*lines, self.notation.dots] if len(order) > len(shown) + 1 else lines

    def _unfolded_function(self, root: Instance) -> list[str]:
        """h[3] = g⁽³⁾(x[3], x[2], x[1]), when the instance depends on a sequence input."""
        step, inputs = root[1], self._inputs(root)
        if step is None or not inputs:
            return []
        names = [self.name(i) for i in sorted(inputs, key=self._newest_first)]
        if len(names) > 8:
            names = [*names[:3], self.notation.dots, names[-1]]
        g = self.notation.whole(self._free_letter, str(step))
        return [self.notation.equation([self.name(root), f"{g}({', '.join(names)})"])]

    def _newest_first(self, instance: Instance) -> tuple[int, int]:
        return -(instance[1] or 0), self.circuit.signals.index(instance[0])

    @cached_property
    def _free_letter(self) -> str:
        return free_letter(self.circuit)

    def _inputs(self, root: Instance) -> set[Instance]:
        reduced = any(link.reach == "all" for link in self.circuit.links)
        if reduced and max(length for _, length in self.unfolding.steps) > _MOST_VISITS:
            return set()
        seen, pending, visits = {root}, [root], 0
        while pending:
            read = predecessors(self.unfolding, *pending.pop())
            pending += [i for i in read if i not in seen]
            seen.update(read)
            visits += len(read)
            if visits > _MOST_VISITS:
                return set()
        inputs = {s.name for s in self.circuit.inputs if s.axis is not None}
        return {i for i in seen if i[0] in inputs and not self.unfolding.is_boundary(*i)}


def _kind(circuit: Circuit, signal: str) -> str:
    return "an input" if circuit.kind_of(signal) == "input" else "a parameter"


def free_letter(circuit: Circuit) -> str:
    """A name for the unfolded function that the model does not use: g, as in the book."""
    taken = {*circuit.signals, *circuit.function}
    letters = chain(("g", "G", "phi"), (f"g{number}" for number in count(1)))
    return next(letter for letter in letters if letter not in taken)


def _symbolic(circuit: Circuit, notation: Unicode, name: str) -> str:
    """h[t] by its equation, and as the unfolded function of all inputs up to t."""
    axis = circuit.axis_of[name]
    left = notation.instance(name, axis)
    equation = circuit.equation.get(name)
    if equation is None:
        return f"{left} is {_kind(circuit, name)}"
    side = write_nodes(equation.expression, notation)[-1].text
    lines = [notation.equation([left, side])]
    arguments = _all_arguments(circuit, notation, name) if axis else []
    if axis and arguments:
        g = notation.whole(free_letter(circuit), axis)
        lines.append(notation.equation([left, f"{g}({', '.join(arguments)})"]))
    return "\n".join(lines)


def _all_arguments(circuit: Circuit, notation: Unicode, name: str) -> list[str]:
    """The inputs that h[t] depends on, newest first: x[t], x[t-1], …, x[1].

    Empty unless some input counts at every step: told from a step far enough from the first.
    """
    ancestors = _ancestors(circuit, name)
    links = [link for link in circuit.links if link.target in ancestors]
    if any(link.delay < 0 or link.reach not in ("step", "static") for link in links):
        return []
    far = 4 + 2 * sum({(link.source, link.delay): link.delay for link in links}.values())
    if far > _FARTHEST:
        return []
    step = far + max((b.index.offset for b in circuit.boundaries), default=0)
    found = _Expander(unfold(circuit, step), notation)._inputs((name, step))
    lags: dict[str, list[int]] = {}
    for signal, at in sorted(found, key=lambda i: circuit.signals.index(i[0])):
        lags.setdefault(signal, []).append(step - (at or 0))
    whole = {s for s, seen in lags.items() if max(seen) >= far // 2}
    if any(len(seen) <= max(seen) if s in whole else max(seen) > 1 for s, seen in lags.items()):
        return []
    axis = str(circuit.axis_of[name])
    newest = [
        notation.instance(s, i)
        for lag, i in enumerate((axis, f"{axis}-1"))
        for s in lags
        if lag in lags[s]
    ]
    oldest = [notation.instance(s, str(step - max(lags[s]))) for s in lags if s in whole]
    return [*newest, notation.dots, *oldest] if whole else []
