"""SVG, PNG and files: escaping, the same bytes, sizes that stay linear, writing whole."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from gallery import unfolded
from golden_figures import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Axis, Circuit, Equation, Style
from graphfold.expression import Expression, Index, Read
from graphfold.render.backends.png import ensure_small
from graphfold.render.sheet import least_size

SVG = "{http://www.w3.org/2000/svg}"
NASTY = [
    "<script>alert(1)</script>",
    "a & b",
    "\"double\" 'single'",
    "100% %s",
    "x" * 10_000,
    "\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    "\U0001f600",
    "]]>",
    "\\frac{",
    "a\x00b\x1b[31m\ud800",
    "",
]


def circuit(name: str = "x", label: str | None = None) -> Circuit:
    """One signal that reads itself, with any name, axis and label."""
    read = Expression((Read(name, Index("t", -1)),))
    labels = ((name, label),) if label is not None else ()
    equations = (Equation(name, "t", read),)
    return Circuit("c", (Axis("t", "T"),), equations=equations, style=Style(labels=labels))


def drawn(c: Circuit, **options: str) -> list[gf.Drawing]:
    """The folded figure and the pair with a window."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gf.LabelWarning)
        return [gf.draw(c, **options), gf.draw(gf.Window(c, "t", 1, 1), **options)]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_is_escaped(text: str) -> None:
    figures = [*drawn(circuit(), title=text), *drawn(circuit(), word=text)]
    if text.count("{") == text.count("}"):
        figures += drawn(circuit("x", text))
    else:
        with pytest.raises(gf.ModelError, match="brace"):
            drawn(circuit("x", text))
    for figure in figures:
        root = ET.fromstring(figure.svg.encode())
        assert not list(root.iter(f"{SVG}script"))
        assert figure.picture.width < 5000


@settings(max_examples=40)
@given(st.text())
def test_the_title_comes_back(text: str) -> None:
    kept = "".join(c if c.isprintable() or c in " \n\t" else "\ufffd" for c in text)
    root = ET.fromstring(gf.draw(circuit(), title=text).svg.encode())
    assert (root.findtext(f"{SVG}title") or "") == kept


def test_nodes_tell_what_they_are() -> None:
    root = ET.fromstring(gf.draw(gf.unfold(shipped("rnn_loss"), 2), pair=False).svg)
    found = {
        (g.get("class"), g.get("data-signal"), g.get("data-step"))
        for g in root.iter(f"{SVG}g")
        if (g.get("class") or "").startswith("node")
    }
    assert ("node input", "x", "2") in found
    assert ("node boundary equation", "h", "0") in found
    assert root.findtext(f"{SVG}desc")


def test_the_same_bytes_under_any_hash_seed() -> None:
    code = (
        "import sys; from golden_figures import draw_some;"
        "sys.stdout.buffer.write(draw_some().encode())"
    )
    seen = set()
    for seed in ("0", "1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".:tests"},
        )
        seen.add(run.stdout)
        assert run.stderr == b""
    assert len(seen) == 1


def test_all_steps_take_linear_room() -> None:
    lstm = shipped("lstm")
    sizes = [
        len(gf.draw(gf.unfold(lstm, steps), pair=False, elide=False).svg)
        for steps in (100, 200, 400)
    ]
    assert 1.9 < (sizes[2] - sizes[1]) / (sizes[1] - sizes[0]) < 2.2


def test_steps_are_cut_in_the_middle() -> None:
    figure = gf.draw(gf.unfold(shipped("rnn_loss"), 100), pair=False)
    steps = {g.step for g in figure.picture.groups if g.signal == "x" and "node" in g.kind}
    assert steps == {"1", "2", "3", "99", "100"}


@pytest.mark.parametrize("steps", [0, 1])
def test_no_steps_and_one_step_can_be_drawn(steps: int) -> None:
    for circuit in map(shipped, ("classical", "driven", "rnn_loss", "lstm", "bidirectional")):
        ET.fromstring(gf.draw(gf.unfold(circuit, steps)).svg)


def test_png_has_the_size_asked_for() -> None:
    figure = gf.draw(shipped("rnn_loss"), scale=3.0)
    assert figure.png.startswith(b"\x89PNG")
    width = int.from_bytes(figure.png[16:20], "big")
    assert abs(width - 3 * figure.picture.width) <= 1


def test_a_png_that_would_not_fit_is_refused() -> None:
    figure = gf.draw(shipped("rnn_loss"), scale=100.0)
    width, height = (round(100 * side) for side in (figure.picture.width, figure.picture.height))
    refused = rf"{width:,} by {height:,} pixels.*write SVG or PDF.*a scale of (\d+\.\d+) or less"
    with pytest.raises(gf.DrawingError, match=refused) as error:
        figure.png  # noqa: B018
    fits = re.search(refused, str(error.value))
    assert fits
    ensure_small(figure.picture.width, figure.picture.height, float(fits[1]))
    with pytest.raises(gf.DrawingError, match="too large"):
        ensure_small(figure.picture.width, figure.picture.height, float(fits[1]) + 0.02)


def test_a_png_of_very_many_steps_is_refused_before_the_figure_is_laid_out() -> None:
    figure = gf.draw(gf.unfold(shipped("lstm"), 10_000), elide=False)
    began = time.process_time()
    with pytest.raises(gf.DrawingError, match=r"960,\d+ by 384 pixels or more is too large"):
        figure.png  # noqa: B018
    with pytest.raises(gf.DrawingError, match="larger than TeX can measure"):
        figure.tex  # noqa: B018
    assert "picture" not in vars(figure)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("name", gf.example_names())
def test_no_figure_is_smaller_than_was_said_before(name: str) -> None:
    circuit = shipped(name)
    for thing in (circuit, unfolded(circuit, 3)):
        figure = gf.draw(thing)
        width, height = least_size(figure.sheet)
        assert width < figure.picture.width
        assert height < figure.picture.height


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf"), float("nan")])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(gf.DrawingError, match=r"makes no PNG; it is a number above 0"):
        gf.draw(shipped("rnn_loss"), scale=scale).png  # noqa: B018


def test_files_are_written_by_their_suffix(tmp_path: Path) -> None:
    figure = gf.draw(shipped("rnn_loss"))
    figure.save(tmp_path / "f.svg")
    figure.save(tmp_path / "g", "png")
    assert (tmp_path / "f.svg").read_text(encoding="utf-8") == figure.svg
    assert (tmp_path / "g").read_bytes() == figure.png
    assert figure._repr_svg_() == figure.svg


def test_an_unknown_suffix_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(gf.DrawingError, match="mermaid or dot; did you mean 'svg'"):
        gf.draw(shipped("rnn_loss")).save(tmp_path / "f.sgv")
    assert not list(tmp_path.iterdir())
