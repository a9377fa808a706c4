"""A sign of life on standard error while long work goes on, when that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0  # seconds before anything is shown


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show what is being done, and for how long, until it is done; short work shows nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    sign = _Sign(what)
    sign.start()
    try:
        yield
    finally:
        sign.stop()


class _Sign:
    def __init__(self, what: str) -> None:
        self.what = what
        self.lock = threading.Lock()
        self.stopped = False
        self.progress: Progress | None = None
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

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.add_task(f"{self.what} …", total=None)
        with self.lock:
            if not self.stopped:
                progress.start()
                self.progress = progress
