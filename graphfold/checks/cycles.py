"""Cycles: every one must pass a delay, and the delays of a component must agree in direction."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.circuit import Circuit, Link
from graphfold.errors import Diagnostic, Mark
from graphfold.recurrence import BOUNDARY, CycleProblem, find_components

_MOST_LINKS = 20


def check_cycles(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield one problem for each component that breaks the rule."""
    for problem in find_components(circuit)[1]:
        yield _report(circuit, problem)


def _report(circuit: Circuit, problem: CycleProblem) -> Diagnostic:
    links = _from_first(problem.links)
    first = links[0]
    path = _path(links)
    if problem.message:
        message = f"{problem.message}: {path}" + (f"; {problem.cure}" if problem.cure else "")
    else:
        message = f"delay-free cycle: {path}; {_cure(circuit, links)}"
    return Diagnostic("cycles", "cycle", message, first.mark, first.target)


def _from_first(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """Turn the cycle so that it starts at the read that stands first in the file."""
    place = min(range(len(links)), key=lambda i: links[i].mark or Mark(0, 0))
    return links[place:] + links[:place]


def _path(links: tuple[Link, ...]) -> str:
    """The links in words, the middle left out when they are very many."""
    if len(links) <= _MOST_LINKS:
        return ", ".join(map(_describe, links))
    first = ", ".join(map(_describe, links[: _MOST_LINKS - 2]))
    return f"{first}, …, {_describe(links[-1])} ({len(links):,} reads)"


def _describe(link: Link) -> str:
    source, target = (s.removeprefix(BOUNDARY) for s in (link.source, link.target))
    if link.source.startswith(BOUNDARY) and source == target:
        return f"{target} <- its history"
    if link.child:
        source += f"[{link.child}]"
    delay = f" {-link.delay:+d}" if link.delay and not link.child else ""
    return f"{target} <- {source}{delay}" + (f" ({link.mark})" if link.mark else "")


def _cure(circuit: Circuit, links: tuple[Link, ...]) -> str:
    if any(link.delay for link in links):
        return "its delays add up to zero: use delays of one sign"
    source, tree = links[0].source, circuit.tree_of(links[0].source)
    if tree is not None:
        return f"to use a child write {source}[{tree.children[0]}]"
    return f"to use the previous step write {source}[{circuit.axis_of.get(source)}-1]"
