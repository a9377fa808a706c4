"""A step with frames: what each holds is placed first, then it is moved as one piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphfold.render.layout.columns import Link, columns
from graphfold.render.layout.enclosures import Asked, Sides, Span, spans_of
from graphfold.render.layout.grid import DUMMY, Cell, Enclosure, links_of
from graphfold.render.layout.measure import Sizes, title_run
from graphfold.render.layout.order import order
from graphfold.render.scene import Frame, Scene
from graphfold.render.theme import Theme

ROOT = ""
TITLE_LEFT, TITLE_RIGHT = 9.0, 8.0  # room beside the name of a frame


Edges = tuple[float, float, float, float]  # of a frame, left and right, and of what it holds


@dataclass
class Piece:
    """What moves as one: a site, a bend, or a frame; `parts` tell where its names are in it."""

    left: float
    right: float
    parts: dict[str, float]
    frames: dict[str, Edges] = field(default_factory=dict)

    def middle(self, name: str) -> float:
        """The middle of what the piece, by its name, holds."""
        *_, left, right = self.frames.get(name, (0.0, 0.0))
        return (left + right) / 2


@dataclass(frozen=True)
class Wants:
    """The sizes of sites, the room beside those with loops, and the room of frames."""

    sizes: Sizes
    extra: Mapping[str, float]
    sides: Asked
    theme: Theme


def nested_cell(scene: Scene, number: int, wants: Wants) -> Cell:
    """Order the sites of a block's step and place them, each frame apart from all else."""
    nest = _Nest(scene, scene.blocks[number].names, wants)
    root = nest.place()
    rows = [[n for n in root.parts if nest.row_of[n] == r] for r in range(len(scene.rows))]
    ordered = tuple(tuple(sorted(row, key=lambda n: root.parts[n])) for row in rows)
    enclosures = {
        name: Enclosure(frozenset(nest.frames[name].sites), a, b, (c, d), nest.spans[name])
        for name, (a, b, c, d) in root.frames.items()
    }
    return Cell(ordered, nest.bends, root.parts, -root.left, root.right, enclosures)


class _Nest:
    def __init__(self, scene: Scene, names: Sequence[str], wants: Wants) -> None:
        own = set(names)
        self.wants = wants
        self.spans: Mapping[str, Span] = spans_of(scene, wants.sides)
        self.frames: dict[str, Frame] = {f.name: f for f in scene.frames if own >= set(f.sites)}
        self.row_of = {n: r for r, row in enumerate(scene.rows) for n in row.names if n in own}
        self.home = dict.fromkeys(self.row_of, ROOT)
        self.home.update((site, f.name) for f in self.frames.values() for site in f.sites)
        self.home.update((f.name, f.within or ROOT) for f in self.frames.values())
        self.bends: dict[tuple[str, str], tuple[str, ...]] = {}
        self.chains: list[list[str]] = []
        filled = set(self.row_of.values())
        for source, target in links_of(scene):
            if {source, target} <= own:
                self._bend(source, target, filled)

    # -- bends --------------------------------------------------------------------------------

    def _bend(self, source: str, target: str, filled: set[int]) -> None:
        low, high = sorted((source, target), key=lambda name: self.row_of[name])
        if self.row_of[low] == self.row_of[high]:
            return
        names = []
        for row in range(self.row_of[low] + 1, self.row_of[high]):
            if row in filled:
                name = f"{source}{DUMMY}{target}{DUMMY}{row}"
                self.home[name] = self._holder(low, high, row)
                self.row_of[name] = row
                names.append(name)
        self.bends[source, target] = tuple(names if low == source else names[::-1])
        self.chains.append([low, *names, high])

    def _holder(self, low: str, high: str, row: int) -> str:
        """The frame that a wire is still in, already in, or in from end to end."""
        below, above = list(self._around(low)), list(self._around(high))
        for frame in (f for f in below if f not in above):
            if row <= self.spans[frame].high:
                return frame
        for frame in (f for f in above if f not in below):
            if row >= self.spans[frame].low:
                return frame
        return next((frame for frame in below if frame in above), ROOT)

    def _around(self, name: str) -> Iterator[str]:
        """The frames around a name, inner ones first."""
        while (name := self.home[name]) != ROOT:
            yield name

    # -- places -------------------------------------------------------------------------------

    def place(self) -> Piece:
        """Place all, inner frames first."""
        pieces: dict[str, Piece] = {}
        for frame in reversed(self.frames):
            pieces[frame] = self._framed(frame, self._held(frame, pieces))
        return self._held(ROOT, pieces)

    def _held(self, holder: str, pieces: Mapping[str, Piece]) -> Piece:
        """What a frame holds, in one piece."""
        bands = _bands(self._spans(holder))
        inside = self._pieces(holder, pieces, bands)
        band_of = {name: self._band(name, bands) for name in inside}
        rows = [[name for name in inside if band_of[name] == b] for b in range(len(bands))]
        steps = list(self._steps(inside, band_of))
        ordered = order(rows, [(a, b) for a, b, _, _ in steps])
        x = columns(ordered, steps, lambda a, b: self._apart(a, b, inside))
        left = max((piece.left - x[n] for n, piece in inside.items()), default=0.0)
        right = max((x[n] + piece.right for n, piece in inside.items()), default=0.0)
        parts = {part: x[n] + dx for n, p in inside.items() for part, dx in p.parts.items()}
        frames = {
            frame: (x[n] + a, x[n] + b, x[n] + c, x[n] + d)
            for n, piece in inside.items()
            for frame, (a, b, c, d) in piece.frames.items()
        }
        return Piece(left, right, parts, frames)

    def _framed(self, frame: str, held: Piece) -> Piece:
        """What a frame holds with the frame around it."""
        sides = self.wants.sides.get(frame, Sides())
        title = title_run(self.frames[frame].latex, self.wants.theme)
        width = title.box[2] - title.box[0] + TITLE_LEFT + TITLE_RIGHT
        high = self.spans[frame].high
        first = min(dx for name, dx in held.parts.items() if self.row_of[name] == high)
        left = min(-held.left - sides.left, first - width)
        right = max(held.right + sides.right, left + width + TITLE_LEFT)
        frames = {frame: (left, right, -held.left, held.right), **held.frames}
        return Piece(-left, right, held.parts, frames)

    def _spans(self, holder: str) -> dict[str, tuple[int, int]]:
        """The sites and frames right within a frame, and their rows."""
        found = {}
        for name, home in self.home.items():
            if home == holder and DUMMY not in name:
                span = self.spans.get(name)
                row = self.row_of.get(name, 0)
                found[name] = (span.low, span.high) if name in self.frames and span else (row, row)
        return found

    def _band(self, name: str, bands: Sequence[tuple[int, int]]) -> int:
        row = self.spans[name].low if name in self.frames else self.row_of[name]
        return next(b for b, (low, high) in enumerate(bands) if low <= row <= high)

    def _pieces(
        self, holder: str, pieces: Mapping[str, Piece], bands: Sequence[tuple[int, int]]
    ) -> dict[str, Piece]:
        """The pieces right within a frame; a bend beside what it comes from belongs to that."""
        inside = {n: pieces.get(n) or self._site(n) for n in self._spans(holder)}
        slim = self.wants.theme.clearance
        for chain in self.chains:
            ways = itertools.pairwise(chain), itertools.pairwise(reversed(chain))
            for before, name in itertools.chain(*ways):
                self._join(before, name, inside, bands)
            for before, name in itertools.pairwise(chain):
                self._join(before, name, inside, bands)
                if self._bends_in(name, holder) and _find(name, inside) is None:
                    inside[name] = Piece(slim, slim, {name: 0.0})
        return inside

    def _bends_in(self, name: str, holder: str) -> bool:
        return DUMMY in name and self.home[name] == holder

    def _join(
        self,
        before: str,
        name: str,
        inside: dict[str, Piece],
        bands: Sequence[tuple[int, int]],
    ) -> None:
        """Put a bend straight above or below what comes before it when both are in one band."""
        owner = _find(before, inside)
        if owner is None or not self._bends_in(name, self.home[owner]):
            return
        alike = self._band(owner, bands) == self._band(name, bands)
        if alike and _find(name, inside) is None:
            inside[owner].parts[name] = inside[owner].parts[before]

    def _site(self, name: str) -> Piece:
        half = self.wants.sizes.half(name, 0.0)
        return Piece(half, half, {name: 0.0})

    def _apart(self, left: str, right: str, inside: Mapping[str, Piece]) -> float:
        extra, gap = self.wants.extra, self.wants.theme.site_gap
        room = extra.get(left, 0.0) + extra.get("<" + right, 0.0)
        return inside[left].right + inside[right].left + gap + room

    def _steps(self, inside: Mapping[str, Piece], band_of: Mapping[str, int]) -> Iterator[Link]:
        """The links between pieces in different bands."""
        owner = {part: name for name, piece in inside.items() for part in piece.parts}
        found: dict[tuple[str, str], list[Link]] = {}
        for chain in self.chains:
            weight = 4.0 if len(chain) == 2 else 1.0
            for a, b in itertools.pairwise(chain):
                p, q = owner.get(a), owner.get(b)
                if p is not None and q is not None and band_of[p] != band_of[q]:
                    shift = inside[p].parts[a] - inside[q].parts[b]
                    found.setdefault((p, q), []).append((p, q, weight, shift))
        for (p, q), links in found.items():
            if len(links) == 1:
                yield links[0]
            else:  # they cannot all be straight: the middles stand above each other
                shift = inside[p].middle(p) - inside[q].middle(q)
                yield (p, q, sum(link[2] for link in links), shift)


def _find(name: str, inside: Mapping[str, Piece]) -> str | None:
    return next((owner for owner, piece in inside.items() if name in piece.parts), None)


def _bands(spans: Mapping[str, tuple[int, int]]) -> list[tuple[int, int]]:
    """Rows that belong together because something reaches over them, from bottom to top."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(spans.values()):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found
