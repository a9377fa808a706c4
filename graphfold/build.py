"""Circuits in Python: `h[t] = tanh(W @ h[t - 1] + U @ x[t] + b)`.

Operators make terms; assigning one to `h[t]` flattens it into an equation. Nothing is checked
here that `check` can report with the whole circuit in view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn, Unpack, overload

from graphfold.cells.arguments import Arguments, make_use
from graphfold.cells.flatten import flatten as flatten_circuit
from graphfold.circuit import (
    Axis,
    Boundary,
    Cell,
    Circuit,
    Delay,
    Dimension,
    Equation,
    Freezable,
    Function,
    Mode,
    Output,
    Signal,
    Style,
    Use,
    freeze,
    sort_boundaries,
)
from graphfold.errors import GraphfoldError, suggest
from graphfold.expression import Index, Read
from graphfold.looks import Looks, styled
from graphfold.sizes import Size
from graphfold.terms import (
    AxisHandle,
    ChildHandle,
    Term,
    TreeHandle,
    apply,
    as_term,
    axis_name,
    flatten,
    shape_or_error,
    whole,
)

SizeLike = Size | int | str


class SignalHandle(Term):
    """A signal of a circuit: itself when static, `h[t]`, `h[t - 1]`, `h[1]` when a sequence."""

    __slots__ = ("circuit", "name")

    def __init__(self, circuit: CircuitBuilder, name: str) -> None:
        super().__init__(Read(name))
        self.circuit, self.name = circuit, name

    def __getitem__(self, step: AxisHandle | ChildHandle | int) -> Term:
        return Term(Read(self.name, _index(self.name, step)))

    def __setitem__(self, step: AxisHandle, value: Any) -> None:
        if not isinstance(step, AxisHandle) or step.offset or step.at_end:
            message = f"define {self.name}[t] and shift the reads; single steps go to init()"
            raise GraphfoldError(message)
        self.circuit.add_equation(self.name, step.name, as_term(value))

    def __iter__(self) -> NoReturn:
        raise GraphfoldError(f"{self.name} has no end to run through; read {self.name}[t]")

    def __repr__(self) -> str:
        return f"<signal {self.name}>"


class UseHandle:
    """The use of a cell: its signals are attributes, `lower.h[t]`, or items, `lower["h"]`."""

    def __init__(self, builder: CircuitBuilder, name: str, cell: Circuit) -> None:
        self._builder, self._name, self._cell = builder, name, cell

    def __getitem__(self, signal: str) -> SignalHandle | UseHandle:
        name = f"{self._name}.{signal}"
        for use in self._cell.uses:
            if use.name == signal:
                definitions = {cell.name: cell.circuit for cell in self._cell.cells}
                return UseHandle(self._builder, name, definitions[use.cell])
        if signal in self._cell.axis_of:
            return SignalHandle(self._builder, name)
        names = [*self._cell.axis_of, *(use.name for use in self._cell.uses)]
        hint = suggest(signal, names) or f"; it has {', '.join(names)}"
        raise GraphfoldError(f"'{self._name}' has no signal '{signal}'{hint}")

    def __getattr__(self, signal: str) -> SignalHandle | UseHandle:
        if signal.startswith("__"):
            raise AttributeError(signal)
        try:
            return self[signal]
        except GraphfoldError as error:
            raise AttributeError(str(error)) from None

    def __repr__(self) -> str:
        return f"<use {self._name}>"


def _use_name(use: UseHandle | str) -> str:
    if isinstance(use, UseHandle):
        return use._name
    if isinstance(use, str):
        return use
    raise GraphfoldError(f"like takes a use of a cell, not {use!r}")


def _named_cell(circuit: Circuit) -> Cell:
    """Name a cell after its circuit: "lstm cell" is lstm_cell."""
    return Cell(re.sub(r"\W+", "_", circuit.name).strip("_") or "cell", circuit)


def _index(name: str, step: AxisHandle | ChildHandle | int) -> Index:
    if isinstance(step, AxisHandle):
        return step.index
    if isinstance(step, ChildHandle):
        return Index(step.name)
    number = whole(step)
    if number is not None:
        return Index("", number)
    raise GraphfoldError(f"{name} takes an index such as t, t - 1, t.last or 1, not {step!r}")


def _name_of(signal: Any) -> str:
    if isinstance(signal, SignalHandle):
        return signal.name
    raise GraphfoldError(f"expected a signal of the circuit, not {signal!r}")


def _dimensions(dims: Iterable[str] | Mapping[str, int]) -> tuple[Dimension, ...]:
    if isinstance(dims, str):
        raise GraphfoldError(f"dims is a list of symbols: dims=[{dims!r}]")
    if not isinstance(dims, Mapping):
        return tuple(Dimension(symbol) for symbol in dict.fromkeys(dims))
    for symbol, size in dims.items():
        if size is not None and (whole(size) is None or size < 0):
            raise GraphfoldError(f"the size of {symbol} must be a whole number, not {size!r}")
    return tuple(Dimension(symbol, whole(size)) for symbol, size in dims.items())


class CircuitBuilder:
    """Builds a circuit equation by equation; every verb of graphfold takes it as it is.

    >>> c = CircuitBuilder("leaky sum")
    >>> t = c.axis("t")
    >>> x, s = c.input("x", over=t), c.signal("s", over=t, init=0)
    >>> s[t] = 0.9 * s[t - 1] + x[t]
    >>> c.delays
    (Delay(signal='s', steps=1),)
    """

    def __init__(
        self,
        name: str = "circuit",
        dims: Iterable[str] | Mapping[str, int] = (),
        modes: Iterable[str] = (),
    ) -> None:
        if isinstance(modes, str):
            raise GraphfoldError(f"modes is a list of names: modes=[{modes!r}]")
        self.name = name
        self._dims = _dimensions(dims)
        self._modes = tuple(Mode(mode) for mode in modes)
        self._axes: list[Axis] = []
        self._inputs: list[Signal] = []
        self._params: list[Signal] = []
        self._functions: list[Function] = []
        self._boundaries: list[Boundary] = []
        self._equations: list[Equation] = []
        self._cells: dict[str, Cell] = {}
        self._uses: list[Use] = []
        self._outputs: list[Output] = []
        self._style = Style()

    @overload
    def axis(self, name: str = "t", length: str = "T") -> AxisHandle: ...
    @overload
    def axis(
        self, name: str, length: str, *, children: Iterable[str], leaves: AxisHandle
    ) -> TreeHandle: ...
    def axis(
        self,
        name: str = "t",
        length: str = "T",
        *,
        children: Iterable[str] = (),
        leaves: AxisHandle | None = None,
    ) -> AxisHandle:
        """Declare a clock, `name` = 1..`length`.

        With `children`, their names, it is a tree: its steps are the inner nodes, and `leaves` is
        the axis of its leaves.

        >>> c = CircuitBuilder("recursive")
        >>> k = c.axis("k", "K")
        >>> t = c.axis("t", "T", children=("left", "right"), leaves=k)
        >>> left, right = t.children
        >>> x, s = c.input("x", over=k), c.signal("s", over=t)
        >>> c.init(s, k, x[k])
        >>> s[t] = s[left] + 2 * s[right]
        >>> c.delays
        (Delay(signal='s', steps=1, child='left'), Delay(signal='s', steps=1, child='right'))
        """
        names = (children,) if isinstance(children, str) else tuple(children)
        if (leaves is None) != (not names):
            raise GraphfoldError(f"a tree has children and leaves: give '{name}' both, or neither")
        known = {a.name: a for a in self._axes}
        if name not in known:
            over = None if leaves is None else axis_name(leaves)
            known[name] = Axis(name, length, children=names, leaves=over)
            self._axes.append(known[name])
        axis = known[name]
        if length not in (axis.length, "T"):
            raise GraphfoldError(f"axis '{name}' has the length {axis.length} already")
        if names and (names, axis_name(leaves)) != (axis.children, axis.leaves):
            raise GraphfoldError(
                f"axis '{name}' is declared already, with other children or leaves"
            )
        if not axis.children:
            return AxisHandle(name, axis.length)
        over = str(axis.leaves)
        if leaves is None:
            leaves = AxisHandle(over, known[over].length)
        return TreeHandle(axis, leaves)

    def input(self, name: str, *sizes: SizeLike, over: AxisHandle | None = None) -> SignalHandle:
        """Declare an input: a sequence over an axis, or static; no sizes make a scalar."""
        axis = None if over is None else axis_name(over)
        self._inputs.append(Signal(name, "input", axis, shape_or_error(sizes)))
        return SignalHandle(self, name)

    def param(self, name: str, *sizes: SizeLike) -> SignalHandle:
        """Declare a parameter."""
        self._params.append(Signal(name, "param", None, shape_or_error(sizes)))
        return SignalHandle(self, name)

    def signal(self, name: str, over: AxisHandle | None = None, init: Any = None) -> SignalHandle:
        """Name a signal that an equation will define.

        `init` is its history: one value for step 0 (a number, array, static term or "given"), or
        a list of values, the oldest first. Over a tree it is one value for all leaves.
        """
        handle = SignalHandle(self, name)
        if isinstance(over, TreeHandle):
            if init is not None:
                self.init(handle, over.leaves, init)
            return handle
        values = init if isinstance(init, list | tuple) else [] if init is None else [init]
        for place, value in enumerate(values):
            self.init(handle, place - len(values) + 1, value)
        return handle

    def init(self, signal: SignalHandle, step: AxisHandle | int, value: Any) -> None:
        """Set a history, a far boundary (`t.last + 1`) or a pinned step; "given" asks for it.

        Over a tree, `step` is the axis of the leaves, and `value` may read what runs over it.
        """
        expression = None
        if not (isinstance(value, str) and value == "given"):
            expression = flatten(as_term(value))
        name = _name_of(signal)
        self._boundaries.append(Boundary(name, _index(name, step), expression))

    def define(self, name: str, value: Any) -> SignalHandle:
        """Define a static signal."""
        self.add_equation(name, None, as_term(value))
        return SignalHandle(self, name)

    def add_equation(self, name: str, axis: str | None, value: Term) -> None:
        """Add an equation; `h[t] = …` and `define` call this."""
        self._equations.append(Equation(name, axis, flatten(value)))

    def function(
        self,
        name: str,
        arguments: Sequence[str],
        parameters: Sequence[str] = (),
        shape: Sequence[SizeLike] | None = None,
        body: Callable[..., Any] | None = None,
    ) -> Callable[..., Term]:
        """Declare a function: opaque with a `shape`, or defined by a `body` of terms."""
        if (shape is None) == (body is None):
            raise GraphfoldError(f"give {name} either a shape or a body")
        names = (*arguments, *parameters)
        expression = (
            None if body is None else flatten(as_term(body(*(Term(Read(n)) for n in names))))
        )
        sizes = None if shape is None else shape_or_error(shape)
        self._functions.append(
            Function(name, tuple(arguments), tuple(parameters), sizes, expression)
        )
        return lambda *operands: apply("call", *operands, function=name)

    def cell(
        self,
        name: str,
        circuit: Freezable | Cell,
        *,
        like: UseHandle | str | None = None,
        over: AxisHandle | None = None,
        reverse: bool = False,
        **given: Any,
    ) -> UseHandle:
        """Use a circuit as a cell: `lower = c.cell("lower", lstm, x=x[t], n_x="n_h")`.

        `given` holds its inputs, parameters that are not its own and dimensions, by name. `like`
        is a use whose parameters it shares; `reverse` runs it backward in time. The cell is named
        after the circuit; `gf.Cell("lstm", circuit)` names it otherwise.
        """
        cell = self._define(circuit)
        flat = flatten_circuit(cell.circuit)
        arguments = Arguments(like=None if like is None else _use_name(like), reverse=reverse)
        arguments.over = None if over is None else axis_name(over)
        for key, value in given.items():
            if key in {d.name for d in flat.dims}:
                arguments.sizes[key] = shape_or_error([value])[0]
            else:
                arguments.values[key] = flatten(as_term(value))
        use = make_use(name, cell.name, flat, arguments)
        self._uses.append(replace(use, after=len(self._equations)))
        return UseHandle(self, name, cell.circuit)

    def _define(self, circuit: Freezable | Cell) -> Cell:
        """Name a definition; equal ones share it."""
        if circuit is self:
            raise GraphfoldError("a circuit cannot be a cell of itself")
        named = circuit if isinstance(circuit, Cell) else None
        cell = named or _named_cell(freeze(circuit))  # type: ignore[arg-type]
        name, number = cell.name, 1
        while name in self._cells and self._cells[name] != replace(cell, name=name):
            if named is not None:
                raise GraphfoldError(f"the cell '{name}' is another circuit already")
            number += 1
            name = f"{cell.name}_{number}"
        return self._cells.setdefault(name, replace(cell, name=name))

    def output(self, *signals: SignalHandle) -> None:
        """Name outputs."""
        self._outputs += [Output(_name_of(signal)) for signal in signals]

    def draw(
        self,
        rows: Sequence[str | Sequence[str]] = (),
        hide: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
        open: Sequence[str] = (),
        **looks: Unpack[Looks],
    ) -> None:
        """Say how the circuit is drawn: rows from bottom to top, hidden signals, LaTeX labels.

        `open` names the uses of cells whose inside is shown. `groups` are signals within a frame,
        by its title; `colors` belong to signals, groups or roles (inputs, states, outputs, losses,
        signals, parameters, boundaries): one, or a mapping of fill, line, ink and wires; `theme`
        is the name of one, and `hide_in` what is hidden in a mode. GraphfoldError for what is no
        colour.
        """
        tall = tuple((row,) if isinstance(row, str) else tuple(row) for row in rows)
        style = Style(tall, tuple(hide), tuple((labels or {}).items()), tuple(open))
        self._style = replace(style, **styled(looks))  # type: ignore[arg-type]

    def freeze(self) -> Circuit:
        """Return the circuit built so far as frozen data."""
        return Circuit(
            name=self.name,
            axes=tuple(self._axes) or (Axis("t", "T"),),
            modes=self._modes,
            dims=self._dims,
            inputs=tuple(self._inputs),
            params=tuple(self._params),
            functions=tuple(self._functions),
            boundaries=sort_boundaries(self._boundaries),
            equations=tuple(self._equations),
            outputs=tuple(self._outputs),
            style=self._style,
            cells=tuple(self._cells.values()),
            uses=tuple(self._uses),
        )

    @property
    def delays(self) -> tuple[Delay, ...]:
        """The delays of the circuit built so far."""
        return flatten_circuit(self).delays

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Circuit | CircuitBuilder):
            return NotImplemented
        return self.freeze() == other.freeze()

    __hash__ = None  # type: ignore[assignment]
