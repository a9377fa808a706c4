"""Unfold a circuit over time: whole, as a symbolic window, pruned, or with untied parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Equation, Freezable
from graphfold.errors import UnfoldingError, suggest
from graphfold.expression import Expression, Index, Node, Read
from graphfold.modes import in_mode
from graphfold.plant import check_leaf_read, choose_trees, tree_lengths
from graphfold.unfolding import Unfolding, Window

_MOST_STEPS = 2**53


def unfold(
    circuit: Freezable,
    steps: int | Mapping[str, int] | None = None,
    *,
    mode: str | None = None,
    tree: Any = None,
    untie: str | Iterable[str] = (),
    prune: bool = False,
    **lengths: int,
) -> Unfolding:
    r"""Unfold a circuit over `steps` steps, or over a number for each axis: t=3, {"t": 3}.

    The result is arithmetic: it costs as much as the circuit, whatever the steps. An axis that is
    a tree is unfolded over `tree`, which tells its steps and those of its leaves: nested tuples, a
    text such as "((the cat) (sat down))", a networkx.DiGraph or a `Tree`; {"t": …} with several
    trees. `mode` chooses the branches of each `switch`, by default those of the model's first mode.
    `untie` names parameters that get one copy a step; `prune` keeps the ancestors of the outputs
    only.
    ModelError when the circuit is not well formed; UnfoldingError for wrong steps or trees.

    >>> from graphfold import loads
    >>> c = loads("graphfold: 1\ninit: {'h[0]': zeros}\nequations: |\n  h[t] = h[t-1] + 1")
    >>> unfold(c, 10**15).node_count
    1000000000000001
    """
    frozen, chosen = _resolved(ensure_well_formed(circuit), mode)
    names = (untie,) if isinstance(untie, str) else tuple(untie)
    if names:
        frozen = untie_parameters(frozen, names)
    trees = choose_trees(frozen, tree)
    axes = _lengths(frozen, steps, lengths, tree_lengths(frozen, trees))
    unfolding = Unfolding(frozen, axes, frozenset(names), mode=chosen, trees=trees)
    check_steps(unfolding)
    return prune_unfolding(unfolding) if prune else unfolding


def window(
    circuit: Freezable,
    axis: str | None = None,
    *,
    before: int = 1,
    after: int = 1,
    mode: str | None = None,
) -> Window:
    """Show the columns t - before .. t + after of an unfolding of any length.

    With several axes and none named, every axis has such columns; beside those of a named one,
    the others stay folded. `mode` is as for `unfold`. ModelError when the circuit is not well
    formed; UnfoldingError for a wrong axis or width.
    """
    frozen = ensure_well_formed(circuit)
    names = [a.name for a in frozen.axes]
    chosen = names[0] if axis is None and len(names) == 1 else axis
    if chosen is not None and chosen not in names:
        raise UnfoldingError(f"unknown axis '{chosen}'{suggest(chosen, names)}")
    if frozen.trees:
        raise UnfoldingError("a tree has no window: unfold it whole, with tree= (or --tree)")
    resolved, name = _resolved(frozen, mode)
    return Window(resolved, chosen, _whole("before", before), _whole("after", after), name)


def _resolved(circuit: Circuit, mode: str | None) -> tuple[Circuit, str]:
    """The circuit in a mode, the first by default, and that mode's name ("" without modes)."""
    names = [m.name for m in circuit.modes]
    return in_mode(circuit, mode), mode or (names[0] if names else "")


def _whole(name: str, value: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise UnfoldingError(f"{name} must be a whole number, not {value!r}") from None
    if isinstance(value, bool) or number < 0:
        raise UnfoldingError(f"{name} must be a whole number from 0 on, not {value!r}")
    if number > _MOST_STEPS:
        raise UnfoldingError(f"{name} can be at most {_MOST_STEPS:,}")
    return number


def _lengths(
    circuit: Circuit,
    steps: int | Mapping[str, int] | None,
    lengths: dict[str, int],
    known: Mapping[str, int],
) -> tuple[tuple[str, int], ...]:
    """The number of steps of each axis; `known` are those that follow from trees."""
    names = [a.name for a in circuit.axes]
    if isinstance(steps, Mapping):
        lengths, steps = {**steps, **lengths}, None
    for name in lengths:
        if name not in names:
            told = f"the axis is {names[0]}" if len(names) == 1 else f"there are {', '.join(names)}"
            hint = suggest(name, names) or f"; {told}"
            raise UnfoldingError(f"unknown axis '{name}'{hint}")
    free = [name for name in names if name not in known]
    for name in [n for n in lengths if n in known] or (
        [] if free or steps is None else [*circuit.trees]
    ):
        told = "a tree" if name in circuit.trees else "the leaves of a tree"
        message = f"{name} is {told}: its steps follow from the tree; leave out the steps"
        raise UnfoldingError(message)
    if steps is not None:
        lengths = dict.fromkeys(free, steps) | lengths
    lengths = {**lengths, **known}
    missing = [name for name in names if name not in lengths]
    if missing:
        every = ",".join(f"{name}=3" for name in free)
        message = f"say how many steps {missing[0]} has: --steps {every}, or {missing[0]}=3"
        raise UnfoldingError(message)
    return tuple((name, _whole(f"steps of {name}", lengths[name])) for name in names)


def check_steps(unfolding: Unfolding) -> None:
    """Raise an UnfoldingError when the circuit has no meaning for so many steps."""
    _check_fixed_reads(unfolding)
    _check_boundaries(unfolding)


def _check_fixed_reads(unfolding: Unfolding) -> None:
    for link in unfolding.circuit.links:
        if link.index is None or link.index.base:
            continue
        axis = unfolding.circuit.axis_of[link.source]
        if axis in unfolding.circuit.trees:
            check_leaf_read(unfolding, link)
        length = unfolding.length(str(axis))
        if (
            link.index.offset > length
            and (link.source, link.index.offset) not in unfolding.declared_boundaries
        ):
            read = f"{link.source}[{link.index}]"
            message = f"'{link.target}' reads {read}, but {axis} runs over {length} steps only"
            raise UnfoldingError(message)


def _check_boundaries(unfolding: Unfolding) -> None:
    """Two boundaries that T brings to the same step contradict each other."""
    found: dict[tuple[str, int], Index] = {}
    for boundary in unfolding.circuit.boundaries:
        signal, index = boundary.signal, boundary.index
        axis = str(unfolding.circuit.axis_of[signal])
        if axis in unfolding.circuit.trees:
            continue  # one for all leaves
        step = unfolding.resolve(index, axis)
        first = found.setdefault((signal, step), index)
        if first != index:
            lengths = ", ".join(f"{name} = 1..{steps}" for name, steps in unfolding.steps)
            message = f"{signal}[{first}] and {signal}[{index}] are the same step for {lengths}"
            raise UnfoldingError(f"{message}; give one of them")


def untie_parameters(circuit: Circuit, names: Iterable[str]) -> Circuit:
    """Give each parameter in `names` one copy a step (book 10.2.2): it becomes a sequence.

    UnfoldingError when a name is no parameter, or a static signal reads it.
    """
    chosen: dict[str, str] = {}
    for name in names:
        chosen[name] = _untied_axis(circuit, name)
    params = tuple(
        replace(p, axis=chosen[p.name]) if p.name in chosen else p for p in circuit.params
    )
    equations = tuple(_untie(e, chosen) for e in circuit.equations)
    return replace(circuit, params=params, equations=equations)


def _untied_axis(circuit: Circuit, name: str) -> str:
    params = {p.name: p for p in circuit.params}
    if name not in params:
        raise UnfoldingError(f"'{name}' is no parameter{suggest(name, params)}")
    readers = [link.target for link in circuit.links if link.source == name]
    axes = [circuit.axis_of[reader] for reader in readers]
    if name in {r.signal for b in circuit.boundaries if b.value for _, r in b.value.reads()}:
        raise UnfoldingError(f"'{name}' cannot be untied: a history reads it")
    if None in axes:
        reader = readers[axes.index(None)]
        raise UnfoldingError(f"'{name}' cannot be untied: '{reader}', which is static, reads it")
    if len(set(axes)) > 1:
        clocks = " and ".join(dict.fromkeys(map(str, axes)))
        raise UnfoldingError(f"'{name}' cannot be untied: it is read over {clocks}")
    return axes[0] or circuit.axes[0].name if axes else circuit.axes[0].name


def _untie(equation: Equation, chosen: dict[str, str]) -> Equation:
    def step(node: Node) -> Node:
        if isinstance(node, Read) and node.signal in chosen:
            return Read(node.signal, Index(chosen[node.signal]))
        return node

    old = equation.expression
    return replace(equation, expression=Expression(tuple(map(step, old.nodes)), old.marks))


def prune_unfolding(unfolding: Unfolding) -> Unfolding:
    """Keep the ancestors of the outputs only; UnfoldingError when there are no outputs."""
    from graphfold.prune import ancestors

    return replace(unfolding, kept=ancestors(unfolding))
