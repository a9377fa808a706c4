"""A run in blocks of steps that a cache holds: of inputs and outputs that no memory need hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, ValuesError
from graphfold.evaluate.stream.sinks import sinks_for
from graphfold.evaluate.stream.sources import Source, is_iterator, is_stored, source_of
from graphfold.evaluate.stream.stream import Stream
from graphfold.evaluate.value import Array

FIRST = 32  # steps of the first block, which tells how many bytes a step has
WARM = 1 << 19  # bytes of the inputs and outputs of a block
MOST = 4096  # steps of a block

Progress = Callable[[int, int | None], None]


class LongOptions(TypedDict, total=False):
    """How a run goes on in blocks.

    `out` is what outputs are written into: an array, or a mapping of names to arrays. `batch` tells
    that the steps of iterators have a batch axis, of that size. `progress` is called with the steps
    done and the steps there are, None if that is not known.
    """

    out: Any
    batch: int | None
    progress: Progress | None


@dataclass(frozen=True)
class LongRun:
    """What a run is asked for."""

    values: Mapping[str, Any]
    steps: int | Mapping[str, int] | None
    options: LongOptions
    batch_first: bool = False

    def lengths(self, circuit: Circuit) -> dict[str, int]:
        """The steps asked for, by axis."""
        if self.steps is None:
            return {}
        if isinstance(self.steps, Mapping):
            return dict(self.steps)
        return dict.fromkeys((axis.name for axis in circuit.axes), self.steps)


def is_long(circuit: Circuit, values: Any, options: LongOptions) -> bool:
    """Whether a run goes in blocks: an input is an iterator or in a file, or options ask for it."""
    for name in options:
        if name not in LongOptions.__annotations__:
            raise TypeError(f"run() got an unexpected keyword argument '{name}'")
    if options:
        return True
    if not isinstance(values, Mapping):
        return False
    inputs = (values.get(signal.name) for signal in circuit.inputs if signal.axis is not None)
    return any(is_iterator(value) or is_stored(value) for value in inputs)


def axis_of_run(circuit: Circuit, asked: LongRun) -> str | None:
    """The axis along which blocks are cut: that of inputs which are not in memory."""
    values, found = asked.values, dict[str, None]()
    for signal in circuit.inputs:
        value = values.get(signal.name)
        if signal.axis is not None and (is_iterator(value) or is_stored(value)):
            found[signal.axis] = None
    out = asked.options.get("out")
    if not found and isinstance(out, Mapping):
        axes = (circuit.axis_of.get(name) for name in out)
        found = {axis: None for axis in axes if axis is not None}
    return next(iter(found)) if len(found) == 1 else None


def is_short(stream: Stream, asked: LongRun) -> bool:
    """Whether so few steps are there that they need fewer histories than a stream does."""
    cut = stream.parts.cut
    steps = asked.lengths(cut.circuit).get(cut.axis)
    counts = [] if steps is None else [steps]
    for signal in stream.parts.inputs:
        shape = np.shape(asked.values.get(signal.name, 0))
        second = asked.batch_first and len(shape) == len(signal.shape) + 2
        counts += shape[int(second) : int(second) + 1]
    return bool(counts) and min(counts) <= max([0, *cut.depth.values(), *cut.pins])


def run_long(stream: Stream, asked: LongRun) -> dict[str, Any]:
    """Run all steps of a stream; outputs come as the arrays they were written into."""
    parts, options = stream.parts, asked.options
    moving = {signal.name for signal in parts.streams}
    still = {name: value for name, value in asked.values.items() if name not in moving}
    feed = _feed(stream, asked)
    ranks = {name: parts.rank(name) for name in parts.streamed}
    sinks = sinks_for(
        ranks, set(parts.cut.keep) - ranks.keys(), options.get("out"), asked.batch_first
    )
    lengths = asked.lengths(parts.cut.circuit)
    others = {name: n for name, n in lengths.items() if name != parts.cut.axis}
    state = stream.start(still, options.get("batch"), others)
    total, count, progress = feed.length(), FIRST, options.get("progress")
    if total is None and not feed.sources:
        raise UnfoldingError("no input tells how many steps there are: give steps=")
    while True:
        left = count if total is None else min(count, total - state.step)
        block = feed.take(left)
        steps = len(next(iter(block.values()))) if block else left
        state, found = stream.advance(state, block, steps)
        for name, sink in sinks.items():
            sink.put(found[name], total)
        if progress is not None and steps:
            progress(state.step, total)
        if steps < count or state.step == total:
            break
        count = _count(steps, block, found)
    whole = {name: sink.whole() for name, sink in sinks.items()} | stream.finish(state)
    return {name: whole[name] for name in parts.cut.keep}


def write_out(found: dict[str, Array], asked: LongRun, ranks: Mapping[str, int]) -> dict[str, Any]:
    """Write the outputs of a run in memory where they were to go."""
    progress = asked.options.get("progress")
    still = found.keys() - ranks.keys()
    sinks = sinks_for(ranks, still, asked.options.get("out"), asked.batch_first)
    for name, sink in sinks.items():
        if sink.target is not None:
            turned = asked.batch_first and found[name].ndim == sink.rank + 2
            block = found[name].swapaxes(0, 1) if turned else found[name]
            sink.put(block, len(block))
            if progress is not None:
                progress(len(block), len(block))
    return {n: a if n in still or sinks[n].target is None else sinks[n].target
            for n, a in found.items()}  # fmt: skip


def _count(steps: int, block: Mapping[str, Any], found: Mapping[str, Array]) -> int:
    """How many steps the next block has: as many as fit into a cache."""
    size = sum(np.asarray(array).nbytes for array in (*block.values(), *found.values()))
    return max(FIRST, min(MOST, WARM * steps // max(1, size)))


@dataclass
class _Feed:
    """The inputs of a run, taken together; `steps` is at most how many there are."""

    sources: Mapping[str, Source]
    steps: int | None

    def length(self) -> int | None:
        """How many steps there are, if that is known; ValuesError when inputs disagree."""
        known = {n: s.length for n, s in self.sources.items() if s.length is not None}
        wrong = [n for n, count in known.items() if self.steps not in (None, count)]
        if wrong:
            told = f"{known[wrong[0]]:,} steps, but {self.steps:,} are asked for"
            raise ValuesError(f"{wrong[0]} has {told}")
        if len(set(known.values())) > 1:
            told = ", ".join(f"{name} has {count:,}" for name, count in known.items())
            raise ValuesError(f"the inputs differ in length: {told}")
        return next(iter(known.values()), self.steps)

    def take(self, count: int) -> dict[str, Any]:
        """The next steps of all inputs."""
        found = {name: source.take(count) for name, source in self.sources.items()}
        counts = {name: len(block) for name, block in found.items()}
        if len(set(counts.values())) > 1:
            short = min(counts, key=lambda name: counts[name])
            raise ValuesError(f"the inputs differ in length: {short} ends before the others")
        total = self.length()
        if total is not None and any(n < count for n in counts.values()):
            raise ValuesError(f"the inputs end before step {total:,}")
        return found


def _feed(stream: Stream, asked: LongRun) -> _Feed:
    parts, sources, problems = stream.parts, dict[str, Source](), list[str]()
    batch = asked.options.get("batch")
    for signal in parts.inputs:
        if signal.name not in asked.values:
            problems.append(f"input {signal.name} is missing")
            continue
        try:
            value = asked.values[signal.name]
            sources[signal.name] = source_of(signal, value, batch, asked.batch_first)
        except ValuesError as error:
            problems.append(str(error))
    if problems:
        raise ValuesError("\n".join(problems))
    return _Feed(sources, asked.lengths(parts.cut.circuit).get(parts.cut.axis))
