"""Wires of the gallery's figures do not come to cross more often than they did."""

from __future__ import annotations

import json

from benchmarks.crossings import BASELINE, counted, crossings
from graphfold.render.picture import Group, Picture, Stroke


def picture(*wires: tuple[str, float, float, tuple[float, ...]]) -> Picture:
    groups = (Group("wire", (Stroke(x, y, (("l", d),)),), signal=s) for s, x, y, d in wires)
    return Picture(0.0, 0.0, 10.0, 10.0, tuple(groups))


def test_wires_of_two_sources_cross_and_those_of_one_do_not() -> None:
    level, steep = ("a", 0.0, 5.0, (10.0, 0.0)), (5.0, 0.0, (0.0, 10.0))
    assert crossings(picture(level, ("b", *steep))) == 1
    assert crossings(picture(level, ("a", *steep))) == 0


def test_branches_of_one_wire_on_one_track_cross_but_once() -> None:
    branches = [("b", 5.0, 0.0, (0.0, length)) for length in (8.0, 10.0)]
    assert crossings(picture(("a", 0.0, 5.0, (10.0, 0.0)), *branches)) == 1


def test_no_figure_has_more_crossings_than_the_baseline() -> None:
    known = json.loads(BASELINE.read_text(encoding="utf-8"))
    grown = {
        f"{name}, {kind}": (known.get(name, {}).get(kind), count)
        for name, row in counted().items()
        for kind, count in row.items()
        if count > known.get(name, {}).get(kind, -1)
    }
    assert not grown, "python -m benchmarks.crossings --update, when it must be so"
