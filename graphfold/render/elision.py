"""Which steps of a long axis have columns of their own: the first, the last, and those named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from graphfold.errors import DrawingError, shorten, suggest
from graphfold.render.board import Visible
from graphfold.render.options import DrawOptions

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

Kept = Mapping[str, Sequence[range]]

_SPAN = (
    r"\s*(?:(?P<axis>[^=]+?)\s*=)?\s*(?P<first>-?[0-9]{1,40})\s*(?::\s*(?P<last>-?[0-9]{1,40}))?\s*"
)


def visible(ends: range, length: int, options: DrawOptions, kept: Sequence[range]) -> list[Visible]:
    """Return what has columns: steps, and ranges of steps that are cut away.

    `ends` are all steps, with the histories before 1 and the far boundaries beyond `length`.
    """
    if not options.elide:
        return list(ends)
    before, after = range(ends.start, 1), range(length + 1, ends.stop)
    last = options.last
    shown = [before if len(before) <= last + 2 else before[-last:]]
    shown += [after if len(after) <= last + 2 else after[:last], *kept]
    if length <= max(options.most, options.first + last + 1):
        shown.append(range(1, length + 1))
    else:
        shown += range(1, options.first + 1), range(length - last + 1, length + 1)
    return list(_with_cuts(ends, sorted(filter(None, shown), key=lambda r: r.start)))


def _with_cuts(ends: range, shown: Iterable[range]) -> Iterator[Visible]:
    """The steps that are shown, in order, and between them what is not; one step is no cut."""
    following = ends.start
    for part in (*shown, range(ends.stop, ends.stop)):
        hole = range(following, part.start)
        if len(hole) > 1:
            yield hole
        else:
            yield from hole
        yield from range(max(part.start, following), part.stop)
        following = max(following, part.stop)


def kept_steps(unfolding: Unfolding, options: DrawOptions) -> Kept:
    """Return the steps that are named to be kept, by axis; DrawingError for all that are not there.

    Without an axis, a step is kept on every axis that has it.
    """
    named = options.keep
    several = isinstance(named, Iterable) and not isinstance(named, str)
    asked: list[object] = [*named] if several else [named]  # type: ignore[misc]
    texts = [part for one in asked for part in str(one).split(",")]
    found: dict[str, list[range]] = {}
    wrong = [_add(found, unfolding, text) for text in texts]
    problems = [told for told in dict.fromkeys(wrong) if told]
    if min(options.first, options.last) < 1:
        problems.append(f"first={options.first}, last={options.last}: both are from 1 on")
    if problems:
        raise DrawingError("\n".join(problems))
    return found


def _add(found: dict[str, list[range]], unfolding: Unfolding, text: str) -> str:
    """Add the steps of one name; return what is wrong with it, if anything."""
    match = re.fullmatch(_SPAN, text)
    if match is None:
        return f"keep: '{shorten(text)}' is not a step; write 50, 40:44 or t=50"
    axes = [axis for axis, _ in unfolding.steps]
    chosen = [match["axis"]] if match["axis"] else axes
    if chosen[0] not in axes:
        hint = suggest(chosen[0], axes) or f"; there is {', '.join(axes) or 'none'}"
        return f"keep: unknown axis '{shorten(chosen[0])}'{hint}"
    first = int(match["first"])
    wanted = range(first, int(match["last"] or first) + 1)
    if not wanted:
        return f"keep: '{shorten(text)}' ends before it begins"
    there = {axis: _steps(unfolding, axis) for axis in chosen}
    kept = {a: wanted for a, s in there.items() if s.start <= first and wanted.stop <= s.stop}
    for axis, steps in kept.items():
        found.setdefault(axis, []).append(steps)
    spans = " and ".join(f"{a} = {s.start}..{s.stop - 1}" for a, s in there.items())
    return "" if kept else f"keep: there is no step {shorten(text.strip())} ({spans})"


def most_columns(unfolding: Unfolding, options: DrawOptions) -> int:
    """The number of columns that a figure of an unfolding has at most."""
    kept = kept_steps(unfolding, options)
    whole = {axis: len(_steps(unfolding, axis)) for axis, _ in unfolding.steps}
    if not options.elide:
        return sum(whole.values())
    few = max(options.most, 3 * (options.first + options.last) + 4)  # of steps and boundaries
    return sum(min(n, few + sum(map(len, kept.get(axis, ())))) for axis, n in whole.items())


def _steps(unfolding: Unfolding, axis: str) -> range:
    """All steps of an axis, with the histories before it and the far boundaries beyond."""
    length, axis_of = unfolding.length(axis), unfolding.circuit.axis_of
    ends = [step for name, step in unfolding.boundaries if axis_of[name] == axis]
    return range(min([1, *ends]), max([length, *ends]) + 1)
