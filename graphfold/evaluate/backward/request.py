"""What is asked of `gradients`: a loss, what to differentiate by, and parts by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, shorten, suggest
from graphfold.instances import Instance
from graphfold.unfolding import Unfolding


@dataclass(frozen=True)
class Request:
    """What is asked for: a loss, instances by the name they were asked by, parts by step."""

    loss: Instance
    wanted: Mapping[str, list[Instance]] | None
    part_axes: Mapping[str, str | None]

    @property
    def signals(self) -> set[str] | None:
        """The signals that are wanted, None for all."""
        if self.wanted is None:
            return None
        return {signal for found in self.wanted.values() for signal, _ in found}


def read_request(
    unfolding: Unfolding, loss: str, wrt: Iterable[str] | None, per_step: Iterable[str]
) -> Request:
    """Read what is asked for; UnfoldingError, with suggestions, for what there is not."""
    if isinstance(wrt, str):
        wrt = [wrt]
    source = _find_loss(unfolding, loss)
    by_step = [per_step] if isinstance(per_step, str) else per_step
    part_axes = _part_axes(unfolding.circuit, by_step)
    names = None if wrt is None else dict.fromkeys([*wrt, *part_axes])
    return Request(source, None if names is None else _wanted(unfolding, names), part_axes)


def _find_loss(unfolding: Unfolding, loss: str) -> Instance:
    circuit = unfolding.circuit
    signal = loss.partition("[")[0].strip() if isinstance(loss, str) else None
    if signal in circuit.axis_of:
        return unfolding.find(str(loss))
    names = [o.name for o in circuit.outputs] or [e.signal for e in circuit.equations]
    cure = suggest(str(signal), circuit.axis_of) or f"; name one, as {', '.join(names[:4])}"
    raise UnfoldingError(f"there is no loss '{shorten(str(loss))}' in the model{cure}")


def _wanted(unfolding: Unfolding, names: Iterable[str]) -> dict[str, list[Instance]]:
    whole = [name for name in names if name in unfolding.circuit.axis_of]
    moving = {name: list[Instance]() for name in whole}
    for instance in unfolding.instances() if moving else ():
        if instance[0] in moving:
            moving[instance[0]].append(instance)
    wanted, problems = dict[str, list[Instance]](), []
    for name in names:
        try:
            wanted[name] = moving.get(name) or [unfolding.find(name)]
        except UnfoldingError as error:
            problems.append(f"wrt: {error}")
    if problems:
        raise UnfoldingError("\n".join(problems))
    return wanted


def _part_axes(circuit: Circuit, names: Iterable[str]) -> dict[str, str | None]:
    """Read "W" or "W[s]": the parameters whose parts are wanted, and along which axis."""
    found: dict[str, str | None] = {}
    legal = [p.name for p in circuit.params if p.axis is None]
    for given in names:
        text = str(given)
        name, bracket, axis = text.partition("[")
        axis = axis.removesuffix("]").strip()
        if name not in legal:
            raise UnfoldingError(
                f"per_step: '{shorten(text)}' is no shared parameter{suggest(name, legal)}"
            )
        if bracket and axis not in circuit.length_of:
            raise UnfoldingError(
                f"per_step: unknown axis '{axis}'{suggest(axis, circuit.length_of)}"
            )
        found[name] = axis or None
    return found


def part_axes(
    circuit: Circuit, asked: Mapping[str, str | None], parts: Iterable[tuple[str, str, int]]
) -> dict[str, str]:
    """The axis along which the parts of each parameter go: the one named, or the only one."""
    used: dict[str, dict[str, None]] = {}
    for name, axis, _ in parts:
        used.setdefault(name, {})[axis] = None
    found: dict[str, str] = {}
    for name, told in asked.items():
        axes = list(used.get(name, ())) or [axis.name for axis in circuit.axes]
        if told is None and len(axes) != 1:
            spelt = ", ".join(f"'{name}[{axis}]'" for axis in axes) or "none"
            raise UnfoldingError(f"per_step: {name} has parts along several axes; say {spelt}")
        found[name] = told or axes[0]
    return found
