"""SVG to PNG."""

from __future__ import annotations

import math

from graphfold.errors import DrawingError

MOST_PIXELS = 120_000_000
LEAST_SCALE = 0.1


def png(svg: str, width: float, scale: float) -> bytes:
    """Return the SVG, `width` points wide, as PNG, `scale` pixels per point."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=max(1, round(width * scale))))


def ensure_small(width: float, height: float, scale: float, about: bool = False) -> None:
    """Refuse a figure with more pixels than fit, and tell a scale that would fit.

    DrawingError says so; a size known only `about` is one that the figure has at least.
    """
    pixels = width * scale * height * scale
    if not 0 < scale < math.inf:
        raise DrawingError(f"a scale of {scale:g} makes no PNG; it is a number above 0, such as 2")
    if pixels <= MOST_PIXELS:
        return
    least = " or more" if about else ""
    raise DrawingError(
        f"a PNG of {width * scale:,.0f} by {height * scale:,.0f} pixels{least} is too large"
        f" (at most {MOST_PIXELS:,} pixels in all); {_cure(width * height, about)}"
    )


def _cure(area: float, about: bool) -> str:
    fits = math.floor(math.sqrt(MOST_PIXELS / area) * 100) / 100
    other = "write SVG or PDF, which have no pixels"
    if about or fits < LEAST_SCALE:
        return f"{other}, or show fewer steps"
    return f"{other}, or choose a scale of {fits:g} or less"
