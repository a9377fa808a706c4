"""Groups that many steps have in common: made once, and stamped at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from graphfold.render.picture import SLOT, Group, Label, Stamp, moved

Make = Callable[[int], Iterable[Group]]  # the groups of the step at a place


@dataclass(frozen=True)
class Series:
    """Groups of a step, as they would stand at place 0, and the places where they stand.

    A place is a pitch from the next; `first` is the time at the first of them.
    """

    groups: tuple[Group, ...]
    places: range
    pitch: float
    first: int

    def stamps(self, symbol: str) -> tuple[Stamp, ...]:
        """The groups, by the name of their symbol, at all places."""
        pitch, later = self.pitch, self.first - self.places.start
        return tuple(Stamp(round(p * pitch, 3), 0.0, symbol, str(p + later)) for p in self.places)


Tiled = Group | Series


@dataclass(frozen=True)
class Stretch:
    """Places of steps that look alike, the time of the first, and how far they are apart."""

    places: range
    first: int
    pitch: float

    def part(self, places: range) -> Stretch:
        """Some of the places."""
        return Stretch(places, self.first + places.start - self.places.start, self.pitch)

    def alike(self) -> Iterator[Stretch]:
        """The places whose times have as many digits."""
        start, time = self.places.start, self.first
        while start < self.places.stop:
            count = min(10 ** len(str(time)) - time, self.places.stop - start)
            yield Stretch(range(start, start + count), time, self.pitch)
            start, time = start + count, time + count


def repeated(make: Make, stretch: Stretch) -> Iterator[Series]:
    """Return what stands at all places: what is always the same, then what tells its time."""
    if not stretch.places:
        return
    groups = list(make(stretch.places.start))
    yield from _series([group for group in groups if not _dated(group)], stretch)
    if not any(map(_dated, groups)):
        return
    for part in stretch.alike():
        yield from _series(filter(_dated, make(part.places.start)), part)


def _series(groups: Iterable[Group], stretch: Stretch) -> Iterator[Series]:
    """Groups at the first place as series; one for each step they tell, which may be another."""
    start, later = stretch.places.start, dict[int, list[Group]]()
    for group in groups:
        late = int(group.step or stretch.first) - stretch.first
        later.setdefault(late, []).append(_open(moved(group, -start * stretch.pitch)))
    for late, found in later.items():
        yield Series(tuple(found), stretch.places, stretch.pitch, stretch.first + late)


def _dated(group: Group) -> bool:
    """Whether a group tells its time, in a label or in its title."""
    if group.step and group.title.endswith(f"[{group.step}]"):
        return True
    return any(isinstance(item, Label) and item.run.digits for item in group.items)


def _open(group: Group) -> Group:
    """The group with its step left open."""
    if not group.step:
        return group
    name = group.title.removesuffix(f"[{group.step}]")
    title = group.title if name == group.title else f"{name}[{SLOT}]"
    return replace(group, step=SLOT, title=title)


def stamped(tiled: Sequence[Tiled], symbols: dict[str, tuple[Group, ...]]) -> list[Group]:
    """Return the groups with stamps in place of series, whose groups become `symbols`."""
    found: list[Group] = []
    for one in tiled:
        if isinstance(one, Group):
            found.append(one)
            continue
        name = f"s{len(symbols)}"
        symbols[name] = one.groups
        found.append(Group("steps", one.stamps(name)))
    return found
