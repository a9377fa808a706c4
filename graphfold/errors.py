"""What can be wrong, and how it is said: marks, diagnostics and the exception tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]
Stage = Literal[
    "file", "names", "axes", "shapes", "modes", "cycles", "history", "values", "drawing"
]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a model file; lines and columns count from 1.

    `source` names the file of a cell, and is empty in the file of the model itself.
    """

    line: int
    column: int
    source: str = ""

    def __str__(self) -> str:
        return f"{self.source}{':' * bool(self.source)}{self.line}:{self.column}"

    @property
    def words(self) -> str:
        """The line as a message names it: "line 3", or "line 3 of lstm.yaml"."""
        return f"line {self.line} of {self.source}" if self.source else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: its stage, a stable code, what is wrong and how to mend it, and where."""

    stage: Stage
    code: str
    message: str
    mark: Mark | None = None
    signal: str | None = None
    severity: Severity = "error"
    source: str | None = None

    def placed(self, source: str | None) -> Diagnostic:
        """The same in a file: that of its mark, or else `source`."""
        if self.mark is None or not self.mark.source:
            return replace(self, source=source)
        return replace(self, source=self.mark.source, mark=replace(self.mark, source=""))

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.source, self.mark) if part is not None)
        kind = "" if self.severity == "error" else f"{self.severity}: "
        return f"{place + ': ' if place else ''}{self.code}: {kind}{self.message}"


class GraphfoldError(Exception):
    """The root of everything graphfold raises on purpose."""


class ModelError(GraphfoldError):
    """A model is not well formed; `diagnostics` lists every problem of the stage."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[ModelError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)  # an exception pickles its message otherwise


class UnfoldingError(GraphfoldError):
    """An unfolding cannot be made, or an instance asked for does not exist."""


class ValuesError(GraphfoldError):
    """The arrays given to an evaluation do not fit; one line a problem."""


class DrawingError(GraphfoldError):
    """A figure cannot be made as asked."""


class LabelWarning(UserWarning):
    """A label is shown as plain text; `diagnostic` tells whose label, where and why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)

    def __reduce__(self) -> tuple[type[LabelWarning], tuple[Diagnostic]]:
        return type(self), (self.diagnostic,)


class FiniteWarning(UserWarning):
    """A value is NaN or infinite; `diagnostic` tells the first one, where it arose and from what.

    `instance` is its id, `operation` what gave it, "" for a value that was given, and `rows` how
    many rows of how many are not finite there, None without a batch.
    """

    def __init__(
        self,
        diagnostic: Diagnostic,
        instance: str,
        operation: str = "",
        rows: tuple[int, int] | None = None,
    ) -> None:
        self.diagnostic, self.instance = diagnostic, instance
        self.operation, self.rows = operation, rows
        super().__init__(diagnostic.message)

    def __reduce__(self) -> tuple[type[FiniteWarning], tuple[Any, ...]]:
        return type(self), (self.diagnostic, self.instance, self.operation, self.rows)


class TooLargeError(GraphfoldError):
    """The answer would not fit into memory."""


def suggest(name: str, legal: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the legal name closest to `name`, or "".

    >>> suggest("tnah", ["tanh", "exp"])
    "; did you mean 'tanh'?"
    >>> suggest("zzz", ["tanh"])
    ''
    """
    if not name or len(name) > 100:
        return ""
    candidates = list(dict.fromkeys(legal))
    by_case = {c.lower(): c for c in candidates}
    if name.lower() in by_case:
        return f"; did you mean '{by_case[name.lower()]}'?"
    import difflib  # only those who mistype wait for it

    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if not close and len(name) <= 3:  # 'hh' for 'h': difflib rates short names too harshly
        close = [c for c in candidates if c and len(c) <= 3 and (c in name or name in c)][:1]
    return f"; did you mean '{close[0]}'?" if close else ""


def shorten(text: str, limit: int = 40) -> str:
    """Cut a text that a message quotes to `limit` characters, on one line.

    >>> shorten("a" * 50, 10)
    'aaaaaaaaa…'
    """
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"
