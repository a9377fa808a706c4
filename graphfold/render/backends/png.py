"""SVG to PNG."""

from __future__ import annotations

from graphfold.errors import DrawingError

MOST_PIXELS = 120_000_000


def png(svg: str, width: float, height: float, scale: float) -> bytes:
    """Return the SVG as PNG, `scale` pixels per point; DrawingError when it grows too large."""
    pixels = width * scale * height * scale
    if not 0 < pixels <= MOST_PIXELS:
        raise DrawingError(
            f"a PNG of {width * scale:.0f} by {height * scale:.0f} pixels is too large;"
            " write SVG, or choose a smaller scale"
        )
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=max(1, round(width * scale))))
