"""The order of a trace: operands before those that read them, and how deep each node stands."""

from __future__ import annotations

from collections import deque

import numpy as np

from graphfold.traces.trace import Numbers, Trace


def readers(trace: Trace) -> tuple[Numbers, Numbers, Numbers]:
    """Who reads each node: starts, readers and the place of the operand, by the node read."""
    targets = np.repeat(np.arange(len(trace)), np.diff(trace.starts))
    places = np.arange(len(trace.operands)) - trace.starts[targets]
    order = np.argsort(trace.operands, kind="stable")
    counts = np.bincount(trace.operands, minlength=len(trace))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts, targets[order], places[order]


def is_ordered(trace: Trace) -> bool:
    """Whether operands stand before their readers already."""
    targets = np.repeat(np.arange(len(trace)), np.diff(trace.starts))
    return bool((trace.operands < targets).all())


def topological_order(trace: Trace) -> Numbers | None:
    """The nodes, operands first; None when there is a cycle."""
    if is_ordered(trace):
        return np.arange(len(trace))
    starts, targets, _ = (a.tolist() for a in readers(trace))
    missing = np.diff(trace.starts).tolist()
    ready = deque(i for i, count in enumerate(missing) if not count)
    order = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for target in targets[starts[node] : starts[node + 1]]:
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return np.array(order, np.int64) if len(order) == len(trace) else None


def levels(trace: Trace) -> Numbers:
    """The longest path of operations that leads to each node."""
    order = topological_order(trace)
    assert order is not None, "a trace has no cycle"
    starts, operands = trace.starts.tolist(), trace.operands.tolist()
    level = [0] * len(trace)
    for node in order.tolist():
        first, last = starts[node], starts[node + 1]
        if first < last:
            level[node] = 1 + max(level[o] for o in operands[first:last])
    return np.array(level, np.int64)


def find_cycle(trace: Trace) -> list[int]:
    """The nodes of a cycle, each an operand of the one before; [] when there is none."""
    starts, operands = trace.starts.tolist(), trace.operands.tolist()
    state = bytearray(len(trace))  # 1 on the path, 2 done
    for root in range(len(trace)):
        if state[root]:
            continue
        path, places = [root], [starts[root]]
        state[root] = 1
        while path:
            node, place = path[-1], places[-1]
            if place == starts[node + 1]:
                state[node] = 2
                path.pop()
                places.pop()
                continue
            places[-1] += 1
            operand = operands[place]
            if state[operand] == 1:
                return path[path.index(operand) :]
            if not state[operand]:
                state[operand] = 1
                path.append(operand)
                places.append(starts[operand])
    return []
