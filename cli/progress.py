"""A sign of life on standard error while long work goes on, when that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0  # seconds before anything is shown


Tell = Callable[[int, int | None], None]


@contextmanager
def working(what: str) -> Iterator[Tell]:
    """Show what is being done, and for how long, until it is done; short work shows nothing.

    The work may tell how many steps of how many are done, which a bar then shows.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    sign = _Sign(what)
    sign.start()
    try:
        yield sign.tell
    finally:
        sign.stop()


class _Sign:
    def __init__(self, what: str) -> None:
        self.what = what
        self.lock = threading.Lock()
        self.stopped = False
        self.progress: Progress | None = None
        self.told: tuple[int, int | None] = (0, None)
        self.timer = threading.Timer(PATIENCE, self._show)
        self.timer.daemon = True

    def start(self) -> None:
        self.timer.start()

    def stop(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.stopped = True
            if self.progress is not None:
                self.progress.stop()

    def tell(self, done: int, total: int | None) -> None:
        """Note how far the work is."""
        with self.lock:
            self.told = done, total
            if self.progress is not None:
                self._update(self.progress)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[steps]}"),
            TimeElapsedColumn(),
        )
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.add_task(f"{self.what} …", total=None, steps="")
        with self.lock:
            if not self.stopped:
                self._update(progress)
                progress.start()
                self.progress = progress

    def _update(self, progress: Progress) -> None:
        done, total = self.told
        steps = f"{done:,}{'' if total is None else f' of {total:,}'} steps" if done else ""
        progress.update(progress.task_ids[0], completed=done, total=total, steps=steps)
