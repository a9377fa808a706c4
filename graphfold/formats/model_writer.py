"""Write a circuit as a model file that reads back equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import yaml

from graphfold.cells.levels import levels, statements
from graphfold.circuit import (
    Axis,
    Boundary,
    Circuit,
    Freezable,
    Function,
    Signal,
    Style,
    Tint,
    freeze,
)
from graphfold.errors import GraphfoldError
from graphfold.expression import Const, Expression
from graphfold.formats.cell_paths import moved_to
from graphfold.formats.cell_writer import statement_text
from graphfold.language.arguments import signature
from graphfold.language.printer import TooLongError, constant_text, write_expression
from graphfold.sizes import shape_text

_LONGEST_KEY = 80  # characters
_MOST_LINES = 1_000_000
_PATH = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._/-]*")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,.()_+-]*(?<! )")


def dumps(circuit: Freezable) -> str:
    r"""Write a circuit in the model language; GraphfoldError when an equation is too long.

    Cells in files of their own are named from the working directory.

    >>> from graphfold import loads
    >>> print(dumps(loads("graphfold: 1\nequations: |\n  y[t]=(x[t])+1\ninputs: {'x[t]': []}")))
    graphfold: 1
    name: circuit
    inputs:
      x[t]: []
    equations: |
      y[t] = x[t] + 1
    <BLANKLINE>
    """
    return model_text(moved_to(freeze(circuit), "."))


def model_text(frozen: Circuit) -> str:
    """Write a circuit as it stands; GraphfoldError when it is flat or an equation is too long."""
    if frozen.groups:
        raise GraphfoldError("a flat circuit has no file; write the circuit with its cells")
    try:
        head = ["graphfold: 1", f"name: {_text(frozen.name)}"]
        return "\n".join([*head, *_lines_by_level(frozen)]) + "\n"
    except TooLongError:
        message = "an equation is too long to write; give its parts names of their own"
        raise GraphfoldError(message) from None


def _lines_by_level(circuit: Circuit) -> list[str]:
    """The lines of a circuit; those of its inline cells are written before, without recursion."""
    written: dict[int, list[str]] = {}
    inline = {id(c.circuit) for d in levels(circuit) for c in d.cells if c.path is None}
    for level in levels(circuit):
        if level is circuit or id(level) in inline:
            written[id(level)] = list(_lines(level, written))
            if len(written[id(level)]) > _MOST_LINES:
                raise GraphfoldError("cells within cells are too many to write; give them files")
    return written[id(circuit)]


def _cells(circuit: Circuit, written: Mapping[int, list[str]]) -> Iterator[str]:
    for cell in circuit.cells:
        if cell.path is not None:
            yield f"{cell.name}: {cell.path if _PATH.fullmatch(cell.path) else _quoted(cell.path)}"
            continue
        yield f"{cell.name}:"
        if cell.circuit.name != cell.name:
            yield f"  name: {_text(cell.circuit.name)}"
        yield from (f"  {line}" for line in written[id(cell.circuit)])


def _lines(circuit: Circuit, written: Mapping[int, list[str]]) -> Iterator[str]:
    if circuit.axes != (Axis("t", "T"),):
        yield from _section("axes", map(_axis, circuit.axes))
    if circuit.modes:
        yield f"modes: [{', '.join(m.name for m in circuit.modes)}]"
    if any(d.default is not None for d in circuit.dims):
        sizes = ("" if d.default is None else f" {d.default}" for d in circuit.dims)
        names = (f"{d.name}:" for d in circuit.dims)
        yield from _section("dims", (a + b for a, b in zip(names, sizes, strict=True)))
    elif circuit.dims:
        yield f"dims: [{', '.join(d.name for d in circuit.dims)}]"
    yield from _section("inputs", _signals(circuit.inputs))
    yield from _section("params", _signals(circuit.params))
    yield from _section("functions", (_function(circuit, f) for f in circuit.functions))
    yield from _section("cells", _cells(circuit, written))
    yield from _section("init", (_boundary(circuit, b) for b in circuit.boundaries))
    yield from _section("equations", (statement_text(s, circuit) for s in statements(circuit)))
    if circuit.outputs:
        yield f"outputs: [{', '.join(o.name for o in circuit.outputs)}]"
    yield from _section("draw", _style(circuit.style))


def _section(name: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"{name}:{' |' if name == 'equations' else ''}"
        yield f"  {line}"


def _axis(axis: Axis) -> str:
    if not axis.children:
        return f"{axis.name}: {axis.length}"
    children = ", ".join(axis.children)
    return f"{axis.name}: {{length: {axis.length}, children: [{children}], leaves: {axis.leaves}}}"


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _signals(signals: tuple[Signal, ...]) -> Iterator[str]:
    for (axis, shape), group in groupby(signals, key=lambda s: (s.axis, s.shape)):
        index = f"[{axis}]" if axis else ""
        for names in _short_lists(s.name + index for s in group):
            yield f"{names}: {shape_text(shape)}"


def _short_lists(names: Iterable[str]) -> Iterator[str]:
    """Join names with commas, as many as go on a line; YAML allows 1,024 characters in a key."""
    line = ""
    for name in names:
        if line and len(line) + len(name) > _LONGEST_KEY:
            yield line
            line = ""
        line += f", {name}" if line else name
    yield line


def _function(circuit: Circuit, function: Function) -> str:
    if function.body is None:
        return f"{signature(function)}: {shape_text(function.shape or ())}"
    return f"{signature(function)}: {_scalar(circuit, function.body)}"


def _scalar(circuit: Circuit, expression: Expression) -> str:
    text = write_expression(expression, circuit)
    return _quoted(text) if text.startswith("[") or ": " in text else text  # as YAML asks


def _boundary(circuit: Circuit, boundary: Boundary) -> str:
    value = boundary.value
    if value is None:
        text = "given"
    elif isinstance(value.nodes[-1], Const):
        constant = value.nodes[-1].value
        text = constant_text(constant)
        text = "zeros" if text == "0" else text
    else:
        text = _scalar(circuit, value)
    return f"{boundary.signal}[{boundary.index}]: {text}"


def _style(style: Style) -> Iterator[str]:
    if style.rows:
        rows = (row[0] if len(row) == 1 else f"[{', '.join(row)}]" for row in style.rows)
        yield f"rows: [{', '.join(rows)}]"
    if style.hide:
        yield f"hide: [{', '.join(style.hide)}]"
    if style.labels:
        yield f"labels: {{{', '.join(f'{n}: {_quoted(t)}' for n, t in style.labels)}}}"
    if style.open:
        yield f"open: [{', '.join(style.open)}]"
    if style.theme:
        yield f"theme: {_text(style.theme)}"
    if style.groups:
        groups = (f"{_text(title)}: [{', '.join(names)}]" for title, names in style.groups)
        yield from _section("groups", groups)
    if style.colors:
        yield from _section("colors", (f"{_text(n)}: {_tint(t)}" for n, t in style.colors))
    if style.hide_in:
        modes = (f"{mode}: {{hide: [{', '.join(names)}]}}" for mode, names in style.hide_in)
        yield from _section("modes", modes)


def _tint(tint: Tint) -> str:
    if tint.color:
        return _quoted(tint.color)
    parts = (("fill", tint.fill), ("line", tint.line), ("ink", tint.ink), ("wires", tint.wires))
    return f"{{{', '.join(f'{part}: {_quoted(color)}' for part, color in parts if color)}}}"


def _quoted(text: str) -> str:
    return yaml.dump(text, default_style='"', allow_unicode=True, width=2**31).strip()
