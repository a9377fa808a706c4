"""Picture to TikZ: a line for every item, styles at the top, labels as the LaTeX that they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from graphfold.errors import DrawingError, shorten
from graphfold.render.backends.looks import DASHES, FRAME, look
from graphfold.render.backends.numbers import number
from graphfold.render.mathtext import safe_latex, text_latex
from graphfold.render.paint import Palette
from graphfold.render.picture import (
    Disc,
    Group,
    Item,
    Label,
    Patch,
    Picture,
    Rect,
    Run,
    Stamp,
    Stroke,
)

LARGEST = 16_000.0  # points, about as far as TeX can measure
OTHER = r'\providecommand\gfchar[1]{\ifdefined\Umathchar\char"#1 \else?\fi}'
NEEDS = r"\usepackage{amsmath,amssymb,tikz}"


def document(picture: Picture) -> str:
    """Return a document of the class standalone that is the figure; DrawingError when too large."""
    lines = [
        *_about(picture),
        r"\RequirePackage{fix-cm}",
        r"\documentclass[border=0pt]{standalone}",
        NEEDS,
        r"\begin{document}",
        *_picture(picture),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def tikz(picture: Picture) -> str:
    r"""Return the figure as a tikzpicture for \input; DrawingError when it is too large for TeX."""
    needs = f"% \\input this file; the preamble needs {NEEDS}"
    return "\n".join([*_about(picture), needs, *_picture(picture)]) + "\n"


def ensure_small(width: float, height: float) -> None:
    """Refuse a figure, at least this many points large, that TeX cannot measure."""
    if max(width, height) > LARGEST:
        raise DrawingError(
            f"a figure of {width:,.0f} by {height:,.0f} points is larger than TeX can measure"
            f" ({LARGEST:,.0f}); show fewer steps, or write PDF or SVG"
        )


def _about(picture: Picture) -> Iterator[str]:
    for text in (picture.title, picture.description):
        if text:
            yield f"% {shorten(text, 200)}"


def _picture(picture: Picture) -> Iterator[str]:
    ensure_small(picture.width, picture.height)
    writer = _Writer(picture.palette, picture.stroke)
    body = [line for group in picture.expanded() for line in writer.group(group)]
    yield r"\begin{tikzpicture}[x=1bp, y=-1bp,"
    yield from writer.preamble()
    if any(r"\gfchar" in line for line in body):
        yield OTHER
    x, y = picture.left, picture.top
    box = f"{_at(x, y)} rectangle {_at(x + picture.width, y + picture.height)}"
    fill = (
        ""
        if picture.palette.paper == "#ffffff"
        else f", fill={writer.color(picture.palette.paper)}"
    )
    yield f"\\path[use as bounding box{fill}] {box};"
    yield from body
    yield r"\end{tikzpicture}"


class _Writer:
    """Items to lines; keeps the colours, kinds and names that they use."""

    def __init__(self, palette: Palette, stroke: float) -> None:
        self.palette, self.stroke = palette, stroke
        self.colors: dict[str, str] = {}
        self.kinds: dict[str, None] = {}
        self.names: set[str] = set()
        self.roles = {
            "gfline": palette.line, "gffill": palette.fill, "gfink": palette.ink,
            "gfframe": palette.frame_fill, "gfborder": palette.frame_line,
        }  # fmt: skip

    def color(self, color: str) -> str:
        """The name of a colour that is none of the palette's."""
        return self.colors.setdefault(color, f"gfcolor{len(self.colors) + 1}")

    def preamble(self) -> Iterator[str]:
        """The styles that lines use and the colours of both.

        The styles of kinds are empty: for whoever wants to tell them apart.
        """
        width, border = number(self.stroke), "inner sep=0pt, outer sep=0pt"
        on, off = (number(length * self.stroke) for length in DASHES)
        thin = number(FRAME * self.stroke)
        dashes = f"on {on}bp off {off}bp"
        styles = {
            "node": f"draw=gfline, fill=gffill, line width={width}bp, {border}",
            "wire": f"draw=gfline, line width={width}bp",
            "head": "fill=gfline",
            "delay": "fill=gfline",
            "frame": f"draw=gfborder, fill=gfframe, line width={thin}bp, {border}",
            "dashed": f"dash pattern={dashes}",
            "label": f"anchor=base, {border}, text=gfink",
            "size": r"font={\fontsize{#1bp}{#1bp}\selectfont}",
        }
        known = styles | dict.fromkeys(self.kinds, "")
        yield from (f"  gf {name}/.style={{{style}}}," for name, style in known.items())
        yield "]"
        colors = [*self.roles.items(), *((name, color) for color, name in self.colors.items())]
        for name, color in colors:
            yield f"\\definecolor{{{name}}}{{HTML}}{{{color[1:].upper()}}}"

    def group(self, group: Group) -> Iterator[str]:
        """The lines of a group, after a comment that names it."""
        yield f"% {_named(group)}"
        for item in group.items:
            yield self.item(item, group)

    def item(self, item: Item, group: Group) -> str:
        """The line of an item."""
        if isinstance(item, Label):
            return self.label(item, group)
        if isinstance(item, Disc | Rect):
            return self.shape(item, group)
        options = ", ".join(self.options(item, group))
        if isinstance(item, Patch):
            return f"\\path[{options}] {_rectangle(item)};"
        assert not isinstance(item, Stamp)
        return f"\\path[{options}] {_path(item)};"

    def options(self, item: Item, group: Group) -> Iterator[str]:
        """The styles of an item, and how it differs from them."""
        if isinstance(item, Patch):
            yield f"fill={self.color(item.color)}"
            return
        palette, stroke = self.palette, self.stroke
        usual_item = replace(item, ink="") if isinstance(item, Label) else item
        found = look(item, group.paint, palette, stroke)
        usual = look(usual_item, None, palette, stroke)
        if not isinstance(item, Label):
            yield f"gf {_style(item, group)}"
        if found.fill != usual.fill:
            yield f"{'text' if isinstance(item, Label) else 'fill'}={self.color(found.fill)}"
        if found.line != usual.line:
            yield f"draw={self.color(found.line)}"
        if found.width != usual.width:
            yield f"line width={number(found.width)}bp"
        if found.dashes:
            yield "gf dashed"

    def shape(self, item: Disc | Rect, group: Group) -> str:
        """A circle or box; those of nodes have names that other lines of an author may use."""
        options = list(self.options(item, group))
        for kind in group.kind.split()[1:]:
            self.kinds.setdefault(kind)
            options.append(f"gf {kind}")
        if isinstance(item, Disc):
            size = f"circle, minimum size={number(2 * item.radius)}bp"
        else:
            size = (
                f"rectangle, minimum width={number(2 * item.half_width)}bp, minimum"
                f" height={number(2 * item.half_height)}bp, rounded corners={number(item.corner)}bp"
            )
        name = self.name(group)
        return f"\\node[{', '.join([*options, size])}]{name} at {_at(item.x, item.y)} {{}};"

    def name(self, group: Group) -> str:
        """A name for a node, once each, when its signal can be one."""
        parts = [group.signal.replace(".", "-"), group.step.replace("+", "-plus-")]
        name = "-".join(filter(None, parts))
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name in self.names:
            return ""
        self.names.add(name)
        return f" ({name})"

    def label(self, item: Label, group: Group) -> str:
        """A label: its middle above its base line."""
        run = item.run
        middle = item.x + (run.box[0] + run.box[2]) / 2
        options = ["gf label", f"gf size={number(run.size or 10.0)}", *self.options(item, group)]
        return f"\\node[{', '.join(options)}] at {_at(middle, item.y)} {{{_label(run)}}};"


def _style(item: Item, group: Group) -> str:
    if isinstance(item, Stroke):
        filled = "delay" if group.kind == "delay" else "head"
        return filled if item.pen == "ink" else "wire"
    return "frame" if isinstance(item, Rect) and item.pen == "frame" else "node"


def _label(run: Run) -> str:
    """The label as mathematics; as text when it is none, or holds what is not on our lists."""
    found = None if run.text else safe_latex(run.source)
    if found is None:
        return text_latex(run.text or shorten(run.source, 60))
    return f"${found}$" if found else ""


def _named(group: Group) -> str:
    arrow = f" -> {group.target}" if group.target else ""
    step = "" if group.title else f", step {group.step}" if group.step else ""
    return shorten(f"{group.kind}: {group.title or group.signal + arrow}{step}".rstrip(": "), 120)


def _path(item: Stroke) -> str:
    x, y = item.x, item.y
    parts = [_at(x, y)]
    for kind, steps in item.moves:
        points = [_at(x + dx, y + dy) for dx, dy in zip(steps[::2], steps[1::2], strict=True)]
        if kind == "z":
            parts.append("-- cycle")
            continue
        if kind == "c":
            parts.append(f".. controls {points[0]} and {points[1]} .. {points[2]}")
        else:
            parts += [f"-- {point}" for point in points[-1:]]
        x, y = x + steps[-2], y + steps[-1]
    return " ".join(parts)


def _rectangle(item: Patch) -> str:
    dx, dy = item.half_width, item.half_height
    return f"{_at(item.x - dx, item.y - dy)} rectangle {_at(item.x + dx, item.y + dy)}"


def _at(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"
