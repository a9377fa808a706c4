"""What a figure in SVG draws at many places: defined once, and used by its name.

A name is made from what it names: figures that stand in one page may have names in common.
"""

from __future__ import annotations

from base64 import b32encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from graphfold.render.backends.numbers import number
from graphfold.render.backends.writing import clean, path_of, use
from graphfold.render.picture import SLOT, Digits, Group, Label, Moves, Run, Stroke

OVERHEAD = len('<use href="#abcdefgh" x="" y=""/>') - len('<path d="M "/>')


@dataclass(frozen=True)
class Numerals:
    """The digits of times of one size and look: their outlines, each with its place in a cell."""

    name: str
    attributes: str
    scale: str
    outlines: tuple[tuple[str, float], ...]
    cell: float


@dataclass
class Shelf:
    """The definitions of a figure, in order; `worth` are the strokes that have a name."""

    worth: frozenset[tuple[Moves, str]] = frozenset()
    lines: list[str] = field(default_factory=list)
    open: dict[str, Numerals] = field(default_factory=dict)
    _looks: dict[object, Numerals] = field(default_factory=dict)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _contents: dict[str, str] = field(default_factory=dict)

    def keep(self, content: str, attributes: str, element: str = "<g{}>{}</g>") -> str:
        """Define something and return its name."""
        key = (content, attributes)
        if key not in self._names:
            self._names[key] = name = self._name(content + attributes)
            self.lines.append(element.format(f' id="{name}"{attributes}', content))
        return self._names[key]

    def stroke(self, item: Stroke, attributes: str) -> str:
        """A stroke."""
        path = path_of(item.moves)
        if (item.moves, item.pen) in self.worth:
            return use(self.keep(path, attributes, '<path{} d="M0 0{}"/>'), item.x, item.y)
        return f'<path d="M{number(item.x)} {number(item.y)}{path}"{attributes}/>'

    def label(self, item: Label, attributes: str, time: str = "") -> Iterator[str]:
        """A label: what is the same at other times, then the digits; `time` may be open."""
        run, digits = item.run, item.run.digits
        if time == SLOT:
            yield use(self.keep(_still(run, item.x, item.y), attributes), 0.0, 0.0)
        else:
            yield use(self.keep(_still(run), attributes), item.x, item.y)
        if digits is None:
            return
        found = self._numerals(run, digits, attributes)
        size = len(digits.places) // digits.pieces
        shown = time or _time(run, digits, size)
        self.time(found, shown)
        for cell, place in zip(digits.cells[::size], digits.places[::size], strict=True):
            yield use(found.name + shown, item.x + cell, item.y + run.glyphs[place].y)

    def time(self, numerals: Numerals, time: str) -> None:
        """Define a time; of one that is open, note the look of its digits."""
        key = (numerals.name, time)
        if time == SLOT:
            self.open[numerals.name] = numerals
        elif key not in self._names:
            self._names[key] = ""
            each = (numerals.outlines[int(digit)] for digit in time)
            names = ((self._scaled(outline, numerals.scale), shift) for outline, shift in each)
            uses = [use(n, numerals.cell * i + shift, 0.0) for i, (n, shift) in enumerate(names)]
            element = f'<g id="{numerals.name}{time}"{numerals.attributes}>'
            self.lines.append(f"{element}{''.join(uses)}</g>")

    def _numerals(self, run: Run, digits: Digits, attributes: str) -> Numerals:
        scale, cells = number(run.glyphs[digits.places[0]].scale, 4), digits.cells
        cell = cells[1] - cells[0] if len(cells) > digits.pieces else 0.0
        key = (scale, round(cell, 4), digits.outlines, attributes)
        if key not in self._looks:
            name = self._name(repr(key))
            self._looks[key] = Numerals(name, attributes, scale, digits.outlines, cell)
        return self._looks[key]

    def _name(self, content: str) -> str:
        """A name that nothing else has."""
        name = "s" + b32encode(sha256(content.encode()).digest())[:6].decode().lower()
        taken = self._contents.setdefault(name, content)
        return name if taken == content else self._name(content + " ")

    def _scaled(self, key: str, scale: str) -> str:
        """The name of an outline at a scale."""
        return self.keep(f'<use href="#g{key}" transform="scale({scale})"/>', "")


def shelf_for(groups: Iterable[Group]) -> Shelf:
    """Return the shelf of a figure: strokes have a name where that makes it shorter."""
    strokes = (item for group in groups for item in group.items if isinstance(item, Stroke))
    counts = Counter((stroke.moves, stroke.pen) for stroke in strokes)
    return Shelf(frozenset(key for key, count in counts.items() if _is_worth(*key, count)))


def _is_worth(moves: Moves, pen: str, count: int) -> bool:
    length = len(path_of(moves)) + (28 if pen == "ink" else 0)
    return (count - 1) * length > count * OVERHEAD + 30


def _still(run: Run, x: float = 0.0, y: float = 0.0) -> str:
    """What a label at a place looks like without its time."""
    if run.text:
        place = f' x="{number(x)}" y="{number(y)}"' if x or y else ""
        size = f'font-family="serif" font-size="{number(run.size)}"{place}'
        width = number(run.box[2] - run.box[0])
        return f'<text {size} textLength="{width}">{clean(run.text)}</text>'
    digits = set(run.digits.places) if run.digits else ()
    uses = "".join(
        f'<use href="#g{g.key}" transform="translate({number(x + g.x)} {number(y + g.y)})'
        f' scale({number(g.scale, 4)})"/>'
        for place, g in enumerate(run.glyphs)
        if place not in digits
    )
    bars = "".join(
        f'<rect x="{number(x + left)}" y="{number(y + top)}"'
        f' width="{number(right - left)}" height="{number(bottom - top)}"/>'
        for left, top, right, bottom in run.bars
    )
    return uses + bars


def _time(run: Run, digits: Digits, size: int) -> str:
    """The time that a label tells."""
    keys = [key for key, _ in digits.outlines]
    return "".join(str(keys.index(run.glyphs[place].key)) for place in digits.places[:size])
