"""Golden figures, reviewed by eye; `pytest --update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

from golden_figures import draw_all

GOLDEN = Path(__file__).parent / "golden"


def test_figures_are_as_reviewed(update_golden: bool) -> None:
    drawn = draw_all()
    if update_golden:
        for name, svg in drawn.items():
            (GOLDEN / name).write_text(svg, encoding="utf-8", newline="\n")
    assert {path.name for path in GOLDEN.glob("*.svg")} == set(drawn)
    for name, svg in drawn.items():
        assert (GOLDEN / name).read_text(encoding="utf-8") == svg, name
