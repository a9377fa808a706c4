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
    """Return what stands at all places: a series, or several when labels carry times."""
    if not stretch.places:
        return
    groups = tuple(make(stretch.places.start))
    if not groups:
        return
    parts = stretch.alike() if any(map(_dated, groups)) else (stretch,)
    for part in parts:
        start = part.places.start
        found = tuple(_open(moved(group, -start * part.pitch)) for group in make(start))
        yield Series(found, part.places, part.pitch, part.first)


def _dated(group: Group) -> bool:
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
