"""Picture to PDF: one page as large as the figure, all of it paths, the same bytes each time.

The few kinds of objects that paths need are written here: ISO 32000-1, sections 7.3, 7.5 and 8.5.
Outlines of letters and symbols of the picture are form objects (8.10), kept once.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from graphfold.render.backends.looks import ROUND, Look, look
from graphfold.render.backends.numbers import number
from graphfold.render.paint import Palette
from graphfold.render.picture import (
    Box,
    Disc,
    Group,
    Item,
    Label,
    Moves,
    Patch,
    Picture,
    Point,
    Rect,
    Run,
    Stamp,
)

LONGEST_SIDE = 14_400.0  # of a page, as far as readers go: ISO 32000-1, annex C


def pdf(picture: Picture) -> bytes:
    """Return the picture as a PDF of one page; white paper is left as it is.

    Characters that the font of labels lacks are boxes.
    """
    file = _File()
    catalog, pages, page, content, info, resources = (file.reserve() for _ in range(6))
    forms = {f"g{key}": _outline(d) for key, d in picture.outlines.items()}
    alike = [symbol for symbol in picture.symbols if not picture.dated(symbol)]
    names = {symbol: f"s{n}" for n, symbol in enumerate(alike)}
    writer = _Writer(picture.palette, names, picture.stroke)
    for symbol in alike:
        forms[names[symbol]] = " ".join(writer.groups(picture.symbols[symbol]))
    drawn = {name: file.add(_form(text, resources)) for name, text in forms.items()}
    references = " ".join(f"/{name} {place} 0 R" for name, place in drawn.items())
    unit, size = _page(picture)
    file.put(catalog, f"<< /Type /Catalog /Pages {pages} 0 R >>".encode())
    file.put(pages, f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>".encode())
    file.put(
        page,
        f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {size}]{unit}"
        f" /Resources {resources} 0 R /Contents {content} 0 R >>".encode(),
    )
    file.put(content, _stream(" ".join(_content(picture, writer))))
    file.put(resources, f"<< /XObject << {references} >> >>".encode())
    file.put(info, _about(picture))
    return file.written(catalog, info)


def _page(picture: Picture) -> tuple[str, str]:
    """The unit of a page that is too long for points, and its size."""
    unit = max(1.0, picture.width / LONGEST_SIDE, picture.height / LONGEST_SIDE)
    size = f"{number(picture.width / unit)} {number(picture.height / unit)}"
    return (f" /UserUnit {number(unit, 6)}" if unit > 1 else ""), size


def _content(picture: Picture, writer: _Writer) -> Iterator[str]:
    unit = max(1.0, picture.width / LONGEST_SIDE, picture.height / LONGEST_SIDE)
    s = number(1 / unit, 8)
    left, bottom = -picture.left / unit, (picture.top + picture.height) / unit
    yield f"{s} 0 0 -{s} {number(left)} {number(bottom)} cm"
    if picture.palette.paper != "#ffffff":
        box = (picture.left, picture.top, picture.width, picture.height)
        yield f"{_color(picture.palette.paper)} rg {_numbers(box)} re f"
    yield from writer.groups(picture.expanded(only_dated=True))


class _Writer:
    """Groups to operators, each set of colours told once until it changes."""

    def __init__(self, palette: Palette, symbols: dict[str, str], stroke: float) -> None:
        self.palette, self.stroke = palette, stroke
        self.symbols = symbols
        self.now: Look | None = None

    def groups(self, groups: Iterable[Group]) -> Iterator[str]:
        """Yield the operators of groups."""
        self.now = None
        for group in groups:
            for item in group.items:
                found = look(item, group.paint, self.palette, self.stroke)
                if found != self.now:
                    yield _set(found)
                    self.now = found
                yield from self._item(item, found)

    def _item(self, item: Item, found: Look) -> Iterator[str]:
        if isinstance(item, Stamp):
            yield f"q 1 0 0 1 {_numbers((item.x, item.y))} cm /{self.symbols[item.symbol]} Do Q"
        elif isinstance(item, Label):
            yield f"q 1 0 0 1 {_numbers((item.x, item.y))} cm {_run(item.run)} Q"
        else:
            yield f"{_path(item)} {_painted(found)}"


def _set(found: Look) -> str:
    parts = [f"{_color(found.fill)} rg"] if found.fill else []
    if found.line:
        dashes = _numbers(found.dashes)
        parts += [f"{_color(found.line)} RG", f"{number(found.width)} w", f"[{dashes}] 0 d"]
    return " ".join(parts)


def _painted(found: Look) -> str:
    return "B" if found.fill and found.line else "f" if found.fill else "S"


def _path(item: Item) -> str:
    if isinstance(item, Disc):
        return _round((item.x, item.y), item.radius, item.radius, item.radius)
    if isinstance(item, Rect):
        return _round((item.x, item.y), item.half_width, item.half_height, item.corner)
    if isinstance(item, Patch):
        dx, dy = item.half_width, item.half_height
        return f"{_numbers((item.x - dx, item.y - dy, 2 * dx, 2 * dy))} re"
    assert not isinstance(item, Label | Stamp)
    return _stroke((item.x, item.y), item.moves)


def _stroke(start: Point, moves: Moves) -> str:
    x, y = start
    parts = [f"{_numbers((x, y))} m"]
    for kind, steps in moves:
        if kind == "z":
            parts.append("h")
            continue
        points = [n + (x, y)[place % 2] for place, n in enumerate(steps)]
        parts.append(f"{_numbers(points)} {kind}")
        x, y = points[-2:]
    return " ".join(parts)


def _round(middle: Point, half_width: float, half_height: float, corner: float) -> str:
    """A box with round corners, clockwise from the end of the upper left one."""
    (x, y), r = middle, min(corner, half_width, half_height)
    k, w, h = r * (1 - ROUND), half_width, half_height
    path = [f"{_numbers((x - w + r, y - h))} m"]
    for sx, sy in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        cx, cy = x + sx * w, y + sy * h
        level, upright = (cx - sx * r, cy), (cx, cy - sy * r)
        flat, steep = (cx - sx * k, cy), (cx, cy - sy * k)
        ends = (level, flat, steep, upright) if sx == -sy else (upright, steep, flat, level)
        if max(w, h) > r:
            path.append(f"{_numbers(ends[0])} l")
        path.append(f"{_numbers((*ends[1], *ends[2], *ends[3]))} c")
    return " ".join([*path, "h"])


@lru_cache(maxsize=65536)
def _run(run: Run) -> str:
    glyphs = [
        f"q {number(g.scale, 4)} 0 0 {number(g.scale, 4)} {_numbers((g.x, g.y))} cm /g{g.key} Do Q"
        for g in run.glyphs
    ]
    bars = [f"{_numbers((a, b, c - a, d - b))} re f" for a, b, c, d in run.bars]
    return " ".join(glyphs + bars)


def _outline(path: str) -> str:
    """The outline of a letter, in absolute lines and parabolas, filled."""
    found: list[str] = []
    x = y = 0.0
    for kind, text in re.findall(r"([MLQCZ])([^MLQCZ]*)", path):
        n = [float(part) for part in text.replace(",", " ").split()]
        if kind == "Z":
            found.append("h")
            continue
        if kind == "Q":
            n = [x + (n[0] - x) / 1.5, y + (n[1] - y) / 1.5,
                 n[2] + (n[0] - n[2]) / 1.5, n[3] + (n[1] - n[3]) / 1.5, *n[2:]]  # fmt: skip
        x, y = n[-2:]
        found.append(f"{_numbers(n, 3)} {'c' if kind in 'QC' else kind.lower()}")
    return " ".join([*found, "f"])


def _form(content: str, resources: int) -> bytes:
    box = "-32768 -32768 32768 32768"  # nothing is cut off
    return _stream(
        content, f" /Type /XObject /Subtype /Form /BBox [{box}] /Resources {resources} 0 R"
    )


def _stream(content: str, entries: str = "") -> bytes:
    packed = zlib.compress(content.encode("ascii"), 6)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode{entries} >>"
    return head.encode() + b"\nstream\n" + packed + b"\nendstream"


def _about(picture: Picture) -> bytes:
    entries = {"Title": picture.title, "Subject": picture.description, "Creator": "graphfold"}
    parts = [b"/%s %s" % (key.encode(), _text(value)) for key, value in entries.items() if value]
    return b"<< " + b" ".join(parts) + b" >>"


def _text(text: str) -> bytes:
    """A text string in UTF-16, as hexadecimal digits: no character is special."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return b"<FEFF" + shown.encode("utf-16-be").hex().upper().encode() + b">"


@lru_cache(maxsize=4096)
def _color(color: str) -> str:
    return _numbers([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)], 3)


def _numbers(values: Sequence[float] | Box, digits: int = 2) -> str:
    return " ".join(number(value, digits) for value in values)


class _File:
    """Numbered objects and, at the end, the table that tells where each begins."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def reserve(self) -> int:
        """Take a number for what is put later."""
        return self.add(b"")

    def add(self, body: bytes) -> int:
        """Append an object and return its number."""
        self.objects.append(body)
        return len(self.objects)

    def put(self, place: int, body: bytes) -> None:
        """Fill what was reserved."""
        self.objects[place - 1] = body

    def written(self, catalog: int, info: int) -> bytes:
        """The file: header, objects, table, trailer."""
        data = bytearray(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for place, body in enumerate(self.objects, 1):
            places.append(len(data))
            data += b"%d 0 obj\n%s\nendobj\n" % (place, body)
        table = len(data)
        data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        data += b"".join(b"%010d 00000 n \n" % place for place in places)
        data += b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\n" % (
            len(places) + 1, catalog, info,
        )  # fmt: skip
        return bytes(data + b"startxref\n%d\n%%%%EOF\n" % table)
