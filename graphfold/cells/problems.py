"""What can be wrong with the uses of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphfold.cells.seams import Seam, axes_of
from graphfold.circuit import Cell, Circuit, Signal, Use
from graphfold.errors import Diagnostic, Mark, shorten, suggest
from graphfold.expression import Expression, Read


def _problem(code: str, message: str, mark: Mark | None, use: str | None = None) -> Diagnostic:
    return Diagnostic("names", code, message, mark, use)


def use_problems(circuit: Circuit, cells: Mapping[str, Circuit]) -> list[Diagnostic]:
    """Everything that is wrong with the uses of a circuit, its cells being flat."""
    found: list[Diagnostic] = []
    for use in circuit.uses:
        found += _use(circuit, use, cells)
    found += _dotted(circuit)
    found += (p for cell in circuit.cells for p in _modes(circuit, cell, cells[cell.name]))
    if not found:
        found += _shared_in_a_ring(circuit, cells)
    return found


def _dotted(circuit: Circuit) -> Iterator[Diagnostic]:
    """Equations for what a use has an equation for."""
    uses = {use.name: use for use in circuit.uses}
    for equation in circuit.equations:
        head = equation.signal.partition(".")[0]
        if head != equation.signal and head in uses:
            mark = uses[head].mark
            where = f" ({mark.words})" if mark else ""
            message = f"'{shorten(equation.signal)}' is defined within '{head}'{where}"
            cure = "give your own signal a name without a dot"
            yield _problem("duplicate", f"{message}; {cure}", equation.mark, equation.signal)


def _modes(circuit: Circuit, cell: Cell, flat: Circuit) -> Iterator[Diagnostic]:
    """The modes of a cell are those of the model that uses it."""
    own, names = {m.name for m in circuit.modes}, [m.name for m in flat.modes]
    if not names or own == set(names):
        return
    message = f"the cell '{shorten(cell.name)}' has the modes {', '.join(names)}"
    if own:
        message += f", the model {', '.join(m.name for m in circuit.modes)}; let them be the same"
    else:
        message += f"; add `modes: [{', '.join(names)}]` to the model"
    yield Diagnostic("names", "mode", message, cell.mark)


def _use(circuit: Circuit, use: Use, cells: Mapping[str, Circuit]) -> Iterator[Diagnostic]:
    if use.cell not in cells:
        hint = suggest(use.cell, cells) or "; name it under `cells`"
        message = f"unknown cell '{shorten(use.cell)}'{hint}"
        yield _problem("unknown-cell", message, use.mark_of(""), use.name)
        return
    seam = Seam(circuit, use, cells[use.cell])
    if use.axis is not None and use.axis not in circuit.length_of:
        hint = suggest(use.axis, circuit.length_of) or f"; there is {', '.join(circuit.length_of)}"
        message = f"unknown axis '{shorten(use.axis)}'{hint}"
        yield _problem("index", message, use.mark_of("over"), use.name)
        return
    trees = [*_trees(seam)]
    yield from trees
    if trees:
        return
    yield from _arguments(seam)
    yield from _missing(seam)
    for signal in seam.cell.inputs:
        wire = dict(use.wires).get(signal.name)
        if wire is not None:
            yield from _kind(seam, signal, wire)
    for name, value in use.parameters:
        if axes_of(value, circuit):
            message = f"'{name}' is a parameter of {use.cell}: it takes a static value"
            yield _problem("wire", message, use.mark_of(name), use.name)
    yield from _like(seam, cells)


def _trees(seam: Seam) -> Iterator[Diagnostic]:
    """A cell over a tree runs over a tree with as many children, and not backward."""
    use = seam.use
    if use.reverse and any(seam.clocks.get(a) in seam.outer.trees for a in seam.cell.length_of):
        message = f"'{use.name}' runs over a tree, which has no way back; leave out reverse"
        yield _problem("tree", message, use.mark, use.name)
    for name, inner in seam.cell.trees.items():
        over = seam.clocks.get(name)
        outer = seam.outer.trees.get(over or "")
        if over is None or name not in seam.cell.axis_of.values():
            continue
        if outer is None:
            children = ", ".join(inner.children)
            message = f"'{use.name}' runs over {over}, but {use.cell} over a tree; declare"
            message += f" `{over}: {{length: …, children: [{children}], leaves: …}}`"
            yield _problem("tree", message, use.mark, use.name)
        elif len(outer.children) != len(inner.children):
            counts = f"{len(inner.children)} children in {use.cell} but {len(outer.children)}"
            message = f"'{use.name}': a node has {counts} in the tree {over}"
            yield _problem("tree", message, use.mark, use.name)


def _arguments(seam: Seam) -> Iterator[Diagnostic]:
    use, cell = seam.use, seam.cell
    known = [*cell.declared, *(d.name for d in cell.dims)]
    for name, _ in use.wires:
        if name not in {s.name for s in cell.inputs}:
            names = [s.name for s in cell.inputs if s.name not in dict(use.wires)]
            hint = suggest(name, names) or suggest(name, known) or f"; it has {_list(known)}"
            message = f"{use.cell} has no input '{shorten(name)}'{hint}"
            yield _problem("wire", message, use.mark_of(name), use.name)
    symbols = {d.name for d in seam.outer.dims}
    for name, size in use.sizes:
        for symbol in size.symbols:
            if symbol not in symbols:
                hint = suggest(symbol, symbols) or "; add it to the list `dims`"
                message = f"dimension '{shorten(symbol)}' is not declared{hint}"
                yield _problem("unknown-dimension", message, use.mark_of(name), use.name)


def _missing(seam: Seam) -> Iterator[Diagnostic]:
    use, cell = seam.use, seam.cell
    given = dict(use.wires)
    missing = [s for s in cell.inputs if s.name not in given]
    inputs = [s.name for s in cell.inputs]
    for name in given:  # what is but misspelt is told there
        missing = [s for s in missing if f"'{s.name}'" not in suggest(name, inputs)]
    if missing:
        names = _list([f"'{s.name}'" for s in missing])
        cure = ", ".join(f"{s.name}=…" for s in missing[:3])
        noun = "wire" if len(missing) == 1 else "wires"
        message = f"{use.cell} needs the {noun} {names}; write {use.cell}({cure})"
        yield _problem("wire", message, use.mark, use.name)
    for dim in cell.dims:
        if dim.name not in seam.sizes:
            message = (
                f"nothing tells the dimension '{dim.name}' of {use.cell}; write "
                f"{use.cell}(…, {dim.name}=…) or add {dim.name} to the list `dims`"
            )
            yield _problem("unknown-dimension", message, use.mark, use.name)
    for axis in cell.length_of:
        if axis not in seam.clocks and axis in cell.axis_of.values():
            legal = " or ".join(f"over={a}" for a in seam.outer.length_of)
            message = f"nothing tells the axis that '{use.name}' runs over; write {legal}"
            yield _problem("index", message, use.mark, use.name)


def _kind(seam: Seam, signal: Signal, wire: Expression) -> Iterator[Diagnostic]:
    """A wire moves as its input does: along the axis of the use, or not at all."""
    use, axes = seam.use, axes_of(wire, seam.outer)
    name, mark = signal.name, seam.use.mark_of(signal.name)
    wanted = seam.axis(signal.axis)
    if any(seam.outer.axis_of.get(r.signal, "") is None and r.index for _, r in wire.reads()):
        return  # a static signal with a step: told where the wire is checked as an equation
    if (signal.axis is None and not axes) or axes == [wanted]:
        return
    if signal.axis is None:
        length = seam.outer.length_of[axes[0]]
        message = (
            f"'{name}' is static in {use.cell} but its wire runs over {axes[0]}; read one step, "
            f"such as [{length}], or sum(… for {axes[0]})"
        )
    elif not axes:
        message = f"'{name}' is a sequence in {use.cell} but its wire is static"
        message += _with_index(seam, wire, wanted)
    elif len(axes) > 1:
        message = f"the wire '{name}' runs over {' and '.join(axes)}: it can run over one axis only"
    else:
        message = f"'{use.name}' runs over {wanted} but its wire '{name}' over {axes[0]}"
    yield _problem("wire", message, mark, use.name)


def _with_index(seam: Seam, wire: Expression, axis: str | None) -> str:
    """The cure for a sequence that is read without its step."""
    node = wire.nodes[0]
    if len(wire.nodes) == 1 and isinstance(node, Read) and axis is not None:
        head = node.signal.partition(".")[0]
        dotted = head != node.signal and head in {u.name for u in seam.outer.uses}
        if node.index is None and (dotted or seam.outer.axis_of.get(node.signal) == axis):
            return f"; write {node.signal}[{axis}]"
    return f"; give it a value for each step, as e[{axis}]"


def _like(seam: Seam, cells: Mapping[str, Circuit]) -> Iterator[Diagnostic]:
    use, uses = seam.use, {u.name: u for u in seam.outer.uses}
    if use.like is None:
        return
    other = uses.get(use.like)
    mark = use.mark_of(";")
    if other is None:
        alike = [u.name for u in uses.values() if u.cell == use.cell and u is not use]
        hint = suggest(use.like, alike) or f"; name a use of {use.cell}"
        yield _problem("unknown-use", f"unknown use '{shorten(use.like)}'{hint}", mark, use.name)
    elif other.cell in cells and cells[other.cell] != seam.cell:
        message = (
            f"'{use.name}' uses {use.cell} and cannot share the parameters of '{other.name}', "
            f"which uses {other.cell}"
        )
        yield _problem("wire", message, mark, use.name)


def _shared_in_a_ring(circuit: Circuit, cells: Mapping[str, Circuit]) -> Iterator[Diagnostic]:
    """Parameters that uses share with each other only: nobody has them."""
    sources = {
        f"{use.name}.{param.name}": (source, mark)
        for use in circuit.uses
        for param in cells[use.cell].params
        if (source := _source(use, param.name)) is not None
        for mark in [use.mark_of(param.name if param.name in dict(use.parameters) else ";")]
    }
    done, told = set[str](), set[Mark | None]()
    for name in sources:
        path, current = dict[str, None](), name
        while current in sources and current not in done and current not in path:
            path[current] = None
            current = sources[current][0]
        done.update(path)
        if current in path:
            ring = list(path)[list(path).index(current) :]
            names = " <- ".join([*ring, ring[0]])
            message = f"a parameter is shared by all and owned by none: {names}; let one be its own"
            mark = sources[ring[0]][1]
            if mark not in told:
                yield _problem("wire", message, mark)
            told.add(mark)


def _source(use: Use, param: str) -> str | None:
    """The name that a parameter of a use is but another name of."""
    value = dict(use.parameters).get(param)
    if value is None:
        return None if use.like is None else f"{use.like}.{param}"
    node = value.nodes[0]
    return node.signal if len(value.nodes) == 1 and isinstance(node, Read) else None


def _list(words: list[str]) -> str:
    if not words:
        return "none"
    return ", ".join(words) if len(words) < 8 else f"{', '.join(words[:7])}, …"
