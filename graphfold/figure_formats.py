"""The forms in which figures are written, and the suffixes that mean them: one list for all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graphfold.errors import DrawingError, shorten, suggest

FIGURE_FORMATS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "svg": ("svg",),
        "png": ("png",),
        "pdf": ("pdf",),
        "tex": ("tex",),
        "tikz": ("tikz",),
        "mermaid": ("mmd", "mermaid"),
        "dot": ("dot", "gv"),
    }
)


def figure_format(name: str) -> str:
    """Return the format of a name or suffix; DrawingError, with a suggestion, for another one.

    >>> figure_format("svg"), figure_format(".MMD")
    ('svg', 'mermaid')
    """
    asked = name.removeprefix(".").lower()
    for format, suffixes in FIGURE_FORMATS.items():
        if asked == format or asked in suffixes:
            return format
    *most, last = FIGURE_FORMATS
    shown = f"'{shorten(name)}'" if name else "no format"
    hint = suggest(asked, [*FIGURE_FORMATS, *(suffixes[0] for suffixes in FIGURE_FORMATS.values())])
    raise DrawingError(f"{shown}: a figure is {', '.join(most)} or {last}{hint}")
