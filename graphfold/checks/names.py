"""Names: every one legal, defined once, and known where it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graphfold.cells.levels import statements
from graphfold.checks.looks import check_looks
from graphfold.circuit import Circuit, Function, Use
from graphfold.errors import Diagnostic, Mark, shorten, suggest
from graphfold.expression import Apply, Const, Expression, Index, Read
from graphfold.operations import OPERATIONS, callable_names
from graphfold.sizes import Shape

INIT_WORDS = ("zeros", "ones", "given")
RESERVED = frozenset({"for", *INIT_WORDS, "mode"})
_OTHER_NAMES = {"σ": "sigmoid", "sigma": "sigmoid", "logistic": "sigmoid", "ln": "log"}
LONGEST_NAME = 100
_DEEPEST = 50  # calls within calls
_NAME = re.compile(r"[^\W\d]\w*")  # what equations can hold: no combining accents


def _problem(code: str, message: str, mark: Mark | None, signal: str | None = None) -> Diagnostic:
    return Diagnostic("names", code, message, mark, signal)


def check_names(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what is wrong with names."""
    yield from check_definitions(circuit)
    yield from _dimensions(circuit)
    depths: dict[str, int] = {}
    for function in circuit.functions:
        yield from _function(circuit, function)
        yield from _depth(function, depths)
    yield from _boundaries(circuit)
    known = set(circuit.signals)
    for equation in circuit.equations:
        yield from _expression(circuit, equation.expression, known)
    for boundary in circuit.boundaries:
        if boundary.signal not in circuit.axis_of:
            hint = suggest(boundary.signal, circuit.signals)
            message = f"unknown signal '{shorten(boundary.signal)}'{hint}"
            if boundary.signal in {group.name for group in circuit.groups}:
                message = signals_of_use(circuit, boundary.signal)
            yield _problem("unknown-signal", message, boundary.mark)
        if boundary.value is not None:
            yield from _expression(circuit, boundary.value, known, words=INIT_WORDS)
    yield from _mentions(circuit)


def _boundaries(circuit: Circuit) -> Iterator[Diagnostic]:
    """The same instance given twice, as by h[0] and the shorthand h: [0]."""
    first: dict[tuple[str, Index], Mark | None] = {}
    for boundary in circuit.boundaries:
        key = boundary.signal, boundary.index
        if key in first:
            mark = first[key]
            where = f" (first at {mark.words})" if mark else ""
            name = f"{shorten(boundary.signal)}[{boundary.index}]"
            yield _problem("duplicate", f"{name} is given twice{where}", boundary.mark)
        first.setdefault(key, boundary.mark)


def _mentions(circuit: Circuit) -> Iterator[Diagnostic]:
    for output in circuit.outputs:
        if output.name in {group.name for group in circuit.groups}:
            message = signals_of_use(circuit, output.name)
            yield _problem("unknown-output", message, output.mark)
        elif output.name not in circuit.axis_of:
            hint = suggest(output.name.partition("[")[0], circuit.signals)
            message = f"unknown output '{shorten(output.name)}'{hint}"
            yield _problem("unknown-output", message, output.mark)
    yield from _style(circuit)


def _style(circuit: Circuit) -> Iterator[Diagnostic]:
    """What the section draw names: signals, in rows and labels also uses of cells."""
    marks = dict(circuit.style.marks)
    uses = [group.name for group in circuit.groups]
    rows = [name for row in circuit.style.rows for name in row]
    labels = [name for name, _ in circuit.style.labels]
    for name in dict.fromkeys([*rows, *circuit.style.hide, *labels]):
        if name in uses and name not in circuit.style.hide:
            continue
        if name not in circuit.axis_of and not (name in labels and name in circuit.function):
            message = f"unknown signal '{shorten(name)}'{suggest(name, circuit.signals)}"
            yield _problem("unknown-signal", message, marks.get(name))
    yield from check_looks(circuit)
    for name in circuit.style.open:
        if name not in (*uses, "all"):
            hint = suggest(name, uses) or "; open names uses of cells, or all"
            message = f"unknown use '{shorten(name)}'{hint}"
            yield _problem("unknown-use", message, marks.get(name))
    for name, label in circuit.style.labels:
        if not _balanced(label):
            message = f"the label of '{shorten(name)}' has a brace too many or too few"
            yield _problem("label", message, marks.get(name))


def _balanced(latex: str) -> bool:
    """Whether every brace of a label has its partner; \\{ and \\} are characters."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def check_definitions(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what is wrong with the names that a circuit gives, also to cells and their uses."""
    first: dict[str, tuple[str, Mark | None]] = {}
    named: list[tuple[str, str, Mark | None]] = []
    for axis in circuit.axes:
        named += [(axis.name, "an axis", axis.mark), (axis.length, "a length", axis.mark)]
        named += [(child, "a child", axis.mark) for child in axis.children]
    named += [(m.name, "a mode", m.mark) for m in circuit.modes]
    named += [(d.name, "a dimension", d.mark) for d in circuit.dims]
    named += [(c.name, "a cell", c.mark) for c in circuit.cells]
    named += [(s.name, "an input", s.mark) for s in circuit.inputs]
    named += [(s.name, "a parameter", s.mark) for s in circuit.params]
    named += [(f.name, "a function", f.mark) for f in circuit.functions]
    for statement in statements(circuit):
        name = statement.name if isinstance(statement, Use) else statement.signal
        named.append((name, "defined", statement.mark))
    within = {name for group in circuit.groups for name in (group.path[0], group.cell)}
    within |= {use.name for use in circuit.uses}
    for name, what, mark in named:
        head, dot, _ = name.partition(".")
        if not (dot and head in within):  # what a use brings has legal names in its cell
            yield from _legal(name, mark)
        if name in first:
            yield _again(name, what, mark, *first[name])
        else:
            first[name] = (what, mark)


def _again(name: str, what: str, mark: Mark | None, before: str, first: Mark | None) -> Diagnostic:
    where = f" at {first.words}" if first else ""
    if what == "defined" and before != "defined":
        message = f"'{name}' is {before} and cannot be redefined"
    else:
        message = f"'{name}' is already {before}{where}"
    return _problem("duplicate", message, mark, name)


def _legal(name: str, mark: Mark | None) -> Iterator[Diagnostic]:
    if len(name) > LONGEST_NAME:
        message = (
            f"'{shorten(name)}' has {len(name):,} characters; a name has at most {LONGEST_NAME}"
        )
        yield _problem("name", message, mark)
    elif not (name.isidentifier() and _NAME.fullmatch(name)):
        message = f"'{shorten(name)}' is not a name; use letters, digits and _"
        yield _problem("name", message, mark)
    elif name in RESERVED or (name in OPERATIONS and not OPERATIONS[name].internal):
        message = f"'{name}' is a word of the language; choose another name"
        yield _problem("name", message, mark)


def _dimensions(circuit: Circuit) -> Iterator[Diagnostic]:
    for signal in (*circuit.inputs, *circuit.params):
        yield from _sizes(circuit, signal.shape, signal.size_marks, signal.mark)
    for function in circuit.functions:
        yield from _sizes(circuit, function.shape or (), function.size_marks, function.mark)


def _sizes(
    circuit: Circuit, shape: Shape, marks: tuple[Mark, ...], mark: Mark | None
) -> Iterator[Diagnostic]:
    known = [d.name for d in circuit.dims]
    for place, size in enumerate(shape):
        where = marks[place] if place < len(marks) else mark
        for symbol in size.symbols:
            if symbol not in known:
                hint = suggest(symbol, known) or "; add it to the list `dims`"
                message = f"dimension '{shorten(symbol)}' is not declared{hint}"
                yield _problem("unknown-dimension", message, where)
        if (size.constant or 0) < 0:
            yield _problem("size", f"a size cannot be {size}", where)


def _function(circuit: Circuit, function: Function) -> Iterator[Diagnostic]:
    formals = (*function.arguments, *function.parameters)
    for name in dict.fromkeys(formals):
        if formals.count(name) > 1:
            message = f"{function.name} names its argument '{name}' twice"
            yield _problem("duplicate", message, function.mark)
        yield from _legal(name, function.mark)
        what = _meaning(circuit, name)
        if what:
            message = f"'{name}' is {what} and cannot be an argument of {function.name}"
            yield _problem("duplicate", f"{message}; choose another name", function.mark)
    if function.body is not None:
        yield from _expression(circuit, function.body, set(formals), function)


def _meaning(circuit: Circuit, name: str) -> str:
    """What a name means in every expression, so that no argument can have it."""
    if name in circuit.length_of:
        return "an axis"
    if name in circuit.length_of.values():
        return "a length"
    if name in circuit.tree_of_child:
        return "a child"
    return "a dimension" if name in {d.name for d in circuit.dims} else ""


def _depth(function: Function, depths: dict[str, int]) -> Iterator[Diagnostic]:
    """Functions that call functions that call functions …; `depths` holds those before."""
    nodes = function.body.nodes if function.body else ()
    calls = (n for n in nodes if isinstance(n, Apply) and n.operation == "call")
    deepest = max((depths.get(str(n.attribute("function")), 0) for n in calls), default=0)
    depths[function.name] = deepest + 1
    if deepest == _DEEPEST:
        message = f"{function.name} calls functions more than {_DEEPEST} deep; put some together"
        yield _problem("recursion", message, function.mark)


def _expression(
    circuit: Circuit,
    expression: Expression,
    known: set[str],
    inside: Function | None = None,
    words: Iterable[str] = (),
) -> Iterator[Diagnostic]:
    for number, node in enumerate(expression.nodes):
        mark = expression.mark(number)
        if isinstance(node, Read):
            if node.signal not in known:
                yield _unknown(circuit, node.signal, known, mark, inside, words)
            elif inside is not None and node.index is not None:
                message = f"'{node.signal}' is an argument here and takes no time index"
                yield _problem("index", message, mark)
        elif isinstance(node, Apply):
            yield from _call(circuit, node, expression, number, inside)


def _unknown(
    circuit: Circuit,
    name: str,
    known: set[str],
    mark: Mark | None,
    inside: Function | None,
    words: Iterable[str],
) -> Diagnostic:
    if inside is not None and name in circuit.axis_of:
        message = f"'{name}' is no argument of {inside.name}; add it behind the semicolon"
        return _problem("unknown-signal", message, mark)
    if name in circuit.tree_of_child:
        message = f"'{name}' is a child and has no value; read a signal there: h[{name}]"
        return _problem("unknown-signal", message, mark)
    if name == "mode":
        message = "the mode stands in a switch only: switch(mode, train: a, test: b)"
        return _problem("unknown-signal", message, mark)
    if name in OPERATIONS or name in circuit.function:
        return _problem("unknown-signal", f"'{name}' is a function; call it: {name}(…)", mark)
    if inside is None and name in {group.name for group in circuit.groups}:
        return _problem("unknown-signal", signals_of_use(circuit, name), mark)
    legal = [*known] if inside else [*words, *circuit.signals, *(d.name for d in circuit.dims)]
    message = f"unknown signal '{shorten(name)}'{suggest(name, sorted(legal, key=len))}"
    return _problem("unknown-signal", message, mark)


def signals_of_use(circuit: Circuit, use: str) -> str:
    """Say which signals the use of a cell has."""
    names = [n for n in circuit.equation if n.rpartition(".")[0] == use]
    return f"'{use}' is a use of a cell: say which of its signals, {_choice(names)}"


def _choice(names: list[str]) -> str:
    shown = names if len(names) < 6 else [*names[:5], "…"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _call(
    circuit: Circuit, node: Apply, expression: Expression, number: int, inside: Function | None
) -> Iterator[Diagnostic]:
    mark, name, given = expression.mark(number), node.operation, len(node.operands)
    if name == "call":
        called = str(node.attribute("function"))
        function = circuit.function.get(called)
        if function is None:
            yield _unknown_function(circuit, called, expression, number)
            return
        least = most = len(function.arguments) + len(function.parameters)
        name = called
        if inside is not None and circuit.functions.index(function) >= circuit.functions.index(
            inside
        ):
            message = f"{inside.name} calls '{called}', which must be declared before it"
            yield _problem("recursion", message, mark)
    elif name not in OPERATIONS:
        yield _unknown_function(circuit, name, expression, number)
        return
    else:
        operation = OPERATIONS[name]
        least, most = operation.least, given if operation.most is None else operation.most
    if inside is not None and name in ("step", "sum_over", "mean_over", "max_over"):
        yield _problem("index", f"{inside.name} has no clock: time is not known inside it", mark)
    if not least <= given <= most:
        takes = f"{least} argument" + "s" * (least != 1)
        yield _problem("arguments", f"{name} takes {takes}, not {given}", mark)


def _unknown_function(
    circuit: Circuit, name: str, expression: Expression, number: int
) -> Diagnostic:
    mark = expression.mark(number)
    if name in circuit.axis_of:
        index = _index_meant(circuit, expression, number) if circuit.axis_of[name] else None
        cure = f"{name}[{index}]" if index else f"{name} @ (…) or {name} * (…)"
        message = f"'{name}' is a signal, not a function; write {cure}"
        return _problem("unknown-function", message, mark)
    hint = suggest(_OTHER_NAMES.get(name, name), [*circuit.function, *callable_names()])
    return _problem("unknown-function", f"unknown function '{shorten(name)}'{hint}", mark)


def _index_meant(circuit: Circuit, expression: Expression, number: int) -> Index | None:
    """The index that was meant by `h(t-1)`, as books write it."""
    call = expression.nodes[number]
    if not isinstance(call, Apply) or len(call.operands) != 1:
        return None
    node, offset = expression.nodes[call.operands[0]], 0
    if isinstance(node, Const):
        return Index("", node.value) if isinstance(node.value, int) else None
    if isinstance(node, Apply) and node.operation in ("add", "sub"):
        left, right = (expression.nodes[o] for o in node.operands)
        if not (isinstance(right, Const) and isinstance(right.value, int)):
            return None
        offset, node = right.value if node.operation == "add" else -right.value, left
    if not isinstance(node, Apply) or node.operation not in ("step", "length"):
        return None
    axis = str(node.attribute("axis"))
    return Index(axis if node.operation == "step" else circuit.length_of[axis], offset)
