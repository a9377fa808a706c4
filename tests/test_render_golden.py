"""Golden figures, reviewed by eye; `pytest --update-golden` writes them anew.

SVG is compared byte for byte. PNG is compared block by block, in sixteen greys: another version of
the renderer may place its shades elsewhere on an edge, but draws nothing elsewhere.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_figures import MORE, figures
from PIL import Image

from graphfold.examples import example_names

GOLDEN = Path(__file__).parent / "golden"
BLOCK = 4  # pixels
TOLERANCE = 24  # of 255, for the mean of a block
Pixels = np.ndarray[Any, np.dtype[Any]]


@pytest.mark.parametrize("name", [*example_names(), *MORE])
def test_figures_are_as_reviewed(name: str, update_golden: bool) -> None:
    for stem, draw in figures(name).items():
        drawing = draw()
        svg, png = GOLDEN / f"{stem}.svg", GOLDEN / f"{stem}.png"
        if update_golden:
            svg.write_text(drawing.svg, encoding="utf-8", newline="\n")
            _save(drawing.png, png)
        assert svg.read_text(encoding="utf-8") == drawing.svg, stem
        assert _differences(png.read_bytes(), drawing.png) == [], stem


def test_no_other_figures_lie_around(update_golden: bool) -> None:
    wanted = {
        f"{stem}.{kind}"
        for name in (*example_names(), *MORE)
        for stem in figures(name)
        for kind in ("svg", "png")
    }
    if update_golden:
        for path in GOLDEN.iterdir():
            if path.name not in wanted:
                path.unlink()
    assert {path.name for path in GOLDEN.iterdir()} == wanted


def test_the_golden_figures_stay_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 7_000_000


def test_a_moved_label_is_a_difference_and_a_softer_edge_is_none() -> None:
    before = np.full((80, 80), 255, np.uint8)
    before[20:30, 20:30] = 0
    moved = np.roll(before, 3, axis=1)
    softer = before.copy()
    softer[20:30, 19] = 190
    assert _differences(_encode(before), _encode(moved)) != []
    assert _differences(_encode(before), _encode(softer)) == []
    assert _differences(_encode(before), _encode(before[:76])) == ["80×80 is now 80×76"]


def _save(png: bytes, path: Path) -> None:
    grey = Image.open(BytesIO(png)).convert("L")
    grey.quantize(16).save(path, optimize=True)


def _encode(pixels: Pixels) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _differences(golden: bytes, drawn: bytes) -> list[str]:
    """Where two pictures differ, block by block, or how their sizes do."""
    old, new = (Image.open(BytesIO(png)).convert("L") for png in (golden, drawn))
    if old.size != new.size:
        return ["{}×{} is now {}×{}".format(*old.size, *new.size)]
    far = np.abs(_blocks(old) - _blocks(new)) > TOLERANCE
    return [f"at {BLOCK * x}, {BLOCK * y}" for y, x in np.argwhere(far)][:5]


def _blocks(image: Image.Image) -> Pixels:
    pixels = np.asarray(image, np.float64)
    rows, columns = (size - size % BLOCK for size in pixels.shape)
    cut = pixels[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return np.asarray(cut.mean(axis=(1, 3)))
