"""How things are measured: in turns, each in a process of its own."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from shutil import which
from statistics import fmean
from time import perf_counter, process_time
from typing import Any

Times = list[float]


def in_turns(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> list[Times]:
    """Call both in turns and return what they say, ours and theirs.

    The order changes from round to round, so that a machine that speeds up or slows down favours
    neither. With more than one round, a first call of each fills caches and is not counted.
    """
    if rounds > 1:
        ours(), theirs()
    pairs = []
    for number in range(rounds):
        if number % 2:
            second = theirs()
            pairs.append((ours(), second))
        else:
            pairs.append((ours(), theirs()))
    return [list(column) for column in zip(*pairs, strict=True)]


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """The ratio of each round."""
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


def cpu_time(work: Callable[[], object]) -> float:
    """Processor seconds of one call; other programs on the machine do not count."""
    start = process_time()
    work()
    return process_time() - start


def wall_time(command: Sequence[str]) -> float:
    """Seconds on the clock from the start of a command to its end."""
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def graphfold_command() -> list[str]:
    """The `graphfold` that stands beside this Python, as a user would call it."""
    script = which("graphfold", path=str(Path(sys.executable).parent))
    return [script] if script else [sys.executable, "-m", "graphfold"]


def in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own: no warm caches, no memory left by others."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def peak_memory() -> int:
    """The most memory, in bytes, that this process has held so far."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The p of the least-squares fit time = c · size**p: 1 is linear."""
    xs, ys = [math.log(n) for n in sizes], [math.log(t) for t in times]
    x, y = fmean(xs), fmean(ys)
    above = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return above / sum((a - x) ** 2 for a in xs)
