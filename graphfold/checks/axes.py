"""Axes and indices: a sequence is read at a step, a static signal without one."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.checks.trees import (
    beneath_reductions,
    check_leaves,
    leaf_value_problem,
    reduced_child,
    tree_boundary_problem,
    tree_read_problem,
)
from graphfold.circuit import Boundary, Circuit, Equation
from graphfold.clocks import free_axes
from graphfold.errors import Diagnostic, Mark, shorten, suggest
from graphfold.expression import REDUCTIONS, Apply, Expression, Index, Read

FARTHEST = 1_000_000  # steps; each one is a history to be given


def _problem(message: str, mark: Mark | None, signal: str | None = None) -> Diagnostic:
    return Diagnostic("axes", "index", message, mark, signal)


def check_axes(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what is wrong with axes and indices."""
    yield from _unused_axes(circuit)
    for axis in circuit.trees.values():
        yield from check_leaves(circuit, axis)
    for signal in (*circuit.inputs, *circuit.params):
        yield from _known_axis(circuit, signal.axis, signal.mark)
    for equation in circuit.equations:
        unknown = [*_known_axis(circuit, equation.axis, equation.mark)]
        yield from unknown or _reads(circuit, equation)
    for boundary in circuit.boundaries:
        yield from _boundary(circuit, boundary)


def _unused_axes(circuit: Circuit) -> Iterator[Diagnostic]:
    """Axes that nothing runs over or measures, unless the one axis is there by default.

    The leaves of a tree are used with it.
    """
    used = {*circuit.axis_of.values(), *_measured(circuit)}
    used |= {axis.leaves for axis in circuit.trees.values()}
    for axis in circuit.axes:
        if axis.name not in used and (axis.mark is not None or len(circuit.axes) > 1):
            message = f"no signal runs over axis '{shorten(axis.name)}'; remove it"
            yield Diagnostic("axes", "unused-axis", message, axis.mark)


def _measured(circuit: Circuit) -> Iterator[str]:
    """The axes whose step or length is a value somewhere."""
    for equation in circuit.equations:
        for node in equation.expression.nodes:
            if isinstance(node, Apply) and node.operation in ("step", "length", *REDUCTIONS):
                yield str(node.attribute("axis"))


def _known_axis(circuit: Circuit, axis: str | None, mark: Mark | None) -> Iterator[Diagnostic]:
    if axis is not None and axis not in circuit.length_of:
        names = list(circuit.length_of)
        if axis in circuit.tree_of_child:
            over = circuit.tree_of_child[axis]
            yield _problem(f"'{axis}' is a child, no axis: define it over {over}", mark)
            return
        told = f"the axis is {names[0]}" if len(names) == 1 else f"there are {', '.join(names)}"
        hint = suggest(axis, names) or f"; {told}"
        yield _problem(f"unknown axis '{shorten(axis)}'{hint}", mark)


def _reads(circuit: Circuit, equation: Equation) -> Iterator[Diagnostic]:
    expression = equation.expression
    free = free_axes(expression, circuit)
    good = True
    beneath = beneath_reductions(expression) if circuit.trees else frozenset()
    for number, node in enumerate(expression.nodes):
        mark = expression.mark(number)
        if isinstance(node, Read):
            message = _read_problem(circuit, node)
            if not message and number in beneath:
                message = reduced_child(circuit, node)
            if message:
                good = False
                yield _problem(message, mark, equation.signal)
        elif isinstance(node, Apply) and node.operation in REDUCTIONS:
            axis = str(node.attribute("axis"))
            if axis not in free[node.operands[0]]:
                message = f"nothing in this {node.operation[:-5]} depends on {axis}"
                yield _problem(message, mark, equation.signal)
    if good and free[-1] - {equation.axis}:
        yield from _loose_step(circuit, equation)


def _loose_step(circuit: Circuit, equation: Equation) -> Iterator[Diagnostic]:
    """A static equation that reads a step, or an equation that reads another axis."""
    free = free_axes(equation.expression, circuit)
    for number, node in enumerate(equation.expression.nodes):
        loose = free[number] - {equation.axis}
        if not loose or not _reaches_root(equation, number):
            continue
        axis, mark = sorted(loose)[0], equation.expression.mark(number)
        if isinstance(node, Read):
            name, length = node.signal, circuit.length_of.get(axis, "T")
            message = (
                f"'{equation.signal}' does not run over {axis}: "
                f"define {equation.signal}[{axis}], "
                f"or write {name}[{length}] or sum({name}[{axis}] for {axis})"
            )
            yield _problem(message, mark, equation.signal)
        elif isinstance(node, Apply) and node.operation == "step":
            message = f"'{axis}' has no value here: '{equation.signal}' does not run over {axis}"
            yield _problem(message, mark, equation.signal)


def _reaches_root(equation: Equation, number: int) -> bool:
    """Whether a node is used outside every reduction."""
    expression = equation.expression
    outside = {expression.root}
    for place in range(expression.root, number, -1):
        node = expression.nodes[place]
        if place in outside and isinstance(node, Apply) and node.operation not in REDUCTIONS:
            outside.update(node.operands)
    return number in outside


def _read_problem(circuit: Circuit, read: Read) -> str:
    axis = circuit.axis_of[read.signal]
    child = read.index is not None and read.index.base in circuit.tree_of_child
    if axis in circuit.length_of and (axis in circuit.trees or child):
        return tree_read_problem(circuit, read, str(axis))
    return _plain_read_problem(circuit, read)


def _plain_read_problem(circuit: Circuit, read: Read) -> str:
    axis, name, index = circuit.axis_of[read.signal], read.signal, read.index
    if axis is None:
        return f"'{name}' is static and takes no time index" if index is not None else ""
    if axis not in circuit.length_of:
        return ""  # told where the axis stands
    length = circuit.length_of[axis]
    if index is None:
        return (
            f"'{name}' is a sequence over {axis}: "
            f"write {name}[{axis}], {name}[{length}] or sum({name}[{axis}] for {axis})"
        )
    if index.base not in ("", axis, length):
        hint = suggest(index.base, [axis, length])
        cure = f"; write {name}[{axis}], {name}[{axis}-1] or {name}[{length}]"
        return f"'{name}' has no index '{shorten(index.base)}'{hint or cure}"
    if abs(index.offset) > FARTHEST and index.base:
        return f"{name}[{index}] is too far away: at most {FARTHEST:,} steps"
    return ""


def _boundary(circuit: Circuit, boundary: Boundary) -> Iterator[Diagnostic]:
    name, index = boundary.signal, boundary.index
    axis = circuit.axis_of[name]
    if axis is None:
        cure = "" if name in circuit.declared else f"; define {name}[{circuit.axes[0].name}]"
        yield _problem(f"'{name}' is static and has no history{cure}", boundary.mark, name)
    elif axis in circuit.trees:
        message = tree_boundary_problem(circuit, boundary)
        if message:
            yield _problem(message, boundary.mark, name)
            return
    elif axis not in circuit.tree_of_child:  # told where the equation stands
        yield from _boundary_index(circuit, boundary, axis, index)
    if boundary.value is not None:
        yield from _boundary_value(circuit, boundary, boundary.value)


def _boundary_value(
    circuit: Circuit, boundary: Boundary, value: Expression
) -> Iterator[Diagnostic]:
    name, index = boundary.signal, boundary.index
    for number, read in value.reads():
        message = _read_problem(circuit, read)
        moving = read.index is not None and circuit.clock_of(read.index) is not None
        if not message and moving and read.index != index:
            message = leaf_value_problem(circuit, boundary, read) or (
                f"{name}[{index}] is one value: it cannot read {read.signal}[{read.index}]"
            )
        if message:
            yield _problem(message, value.mark(number) or boundary.mark, name)
    for number, node in enumerate(value.nodes):
        if isinstance(node, Apply) and _moves(node, index):
            message = f"{name}[{index}] must be static; give its value a name of its own"
            yield _problem(message, value.mark(number), name)
        elif isinstance(node, Read) and _is_fixed(circuit, node):
            message = f"write a static equation for {node.signal}[{node.index}] first"
            yield _problem(message, value.mark(number), name)


def _moves(node: Apply, index: Index) -> bool:
    """Whether an operation needs a clock that the value of a boundary has not."""
    if node.operation == "step":
        return str(node.attribute("axis")) != index.base  # the number of the leaf
    return node.operation in REDUCTIONS


def _is_fixed(circuit: Circuit, read: Read) -> bool:
    return read.index is not None and circuit.clock_of(read.index) is None


def _boundary_index(
    circuit: Circuit, boundary: Boundary, axis: str, index: Index
) -> Iterator[Diagnostic]:
    length = circuit.length_of.get(axis, "T")
    if index.base not in ("", length):
        name = boundary.signal
        message = f"{name}[{index}] names no single step; write {name}[0] or {name}[{length}+1]"
        yield _problem(message, boundary.mark, name)
