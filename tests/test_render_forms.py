"""Figures as PDF, TikZ, Mermaid and DOT: the same picture, files that open whatever the text."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pygraphviz
import pypdfium2
import pytest
from gallery import unfolded
from golden_figures import shipped
from hostile import TEXTS, figures, looped, texts
from hypothesis import given, settings
from latex_files import problems_of
from PIL import Image, ImageChops, ImageFilter

import graphfold as gf
from graphfold.render.backends.pdf import pdf
from graphfold.render.backends.png import png
from graphfold.render.backends.svg import svg
from graphfold.render.backends.tikz import document
from graphfold.render.mathtext import safe_latex, text_latex
from graphfold.render.paint import Paint, Palette
from graphfold.render.picture import Disc, Group, Label, Patch, Picture, Rect, Stamp, Stroke
from graphfold.render.typeset import OUTLINES, typeset

FEW = 8  # pixels that two renderers may shade differently
PDFLATEX = shutil.which("pdflatex")


# -- PDF ------------------------------------------------------------------------------------------


@cache
def alone(name: str) -> gf.Drawing:
    """A model of the gallery over one step, drawn once for all tests."""
    return gf.draw(unfolded(shipped(name), 1), pair=False)


def page(data: bytes, scale: float) -> Image.Image:
    """The only page of a PDF as a picture."""
    found = pypdfium2.PdfDocument(data)
    assert len(found) == 1
    return found[0].render(scale=scale).to_pil().convert("RGB")


def pixels(picture: Picture, scale: float) -> Image.Image:
    """The PNG of a picture."""
    data = png(svg(picture), picture.width, scale)
    return Image.open(io.BytesIO(data)).convert("RGB")


def on_whole_points(picture: Picture) -> Picture:
    """The picture on a canvas whose pixels are the same to every renderer."""
    size = {"width": math.ceil(picture.width), "height": math.ceil(picture.height)}
    return replace(picture, **size)


def differing(a: Image.Image, b: Image.Image) -> int:
    """How many pixels have no like of their own in the other picture, one pixel around."""
    assert a.size == b.size
    found = 0
    for first, second in ((a, b), (b, a)):
        low = ImageChops.subtract(second.filter(ImageFilter.MinFilter(3)), first)
        high = ImageChops.subtract(first, second.filter(ImageFilter.MaxFilter(3)))
        far = ImageChops.lighter(low, high).convert("L").point(lambda value: 255 * (value > 120))
        found += far.histogram()[255]
    return found


@pytest.mark.parametrize("name", gf.example_names())
def test_a_pdf_looks_like_the_png(name: str) -> None:
    picture = on_whole_points(alone(name).picture)
    assert differing(page(pdf(picture), 2.0), pixels(picture, 2.0)) <= FEW


def test_a_letter_that_is_elsewhere_would_be_seen() -> None:
    picture = on_whole_points(gf.draw(shipped("rnn_loss")).picture)
    *others, last = picture.groups
    disc, label = last.items
    elsewhere = replace(last, items=(disc, replace(label, x=label.x + 3)))
    wrong = replace(picture, groups=(*others, elsewhere))
    assert differing(page(pdf(wrong), 2.0), pixels(picture, 2.0)) > 3 * FEW


def everything() -> Picture:
    """A picture with every kind of item, pen and paint, on coloured paper."""
    line = (("l", (30.0, 0.0)), ("c", (9.0, 0.0, 9.0, 9.0, 9.0, 30.0)))
    leaf = Group("node input", (Disc(0, 0, 9), Label(-4, 4, typeset("x", 14.0))), "x")
    groups = (
        Group("frame", (Rect(60, 30, 50, 24, 8, "frame"),)),
        Group("wire", (Stroke(10, 10, line),)),
        Group("wire", (Stroke(5, 50, (("l", (90.0, 0.0)),), "dashed"),), paint=Paint(width=2)),
        Group("delay", (Stroke(60, 20, (("l", (9.0, 0.0)), ("l", (0.0, 9.0)), ("z", ())), "ink"),)),
        Group("node", (Disc(90, 30, 12),), paint=Paint("#ffcc00", "#0000ff", "#ff0000", 2.0)),
        Group("cell", (Rect(30, 60, 20, 8, 4, "dashed"),), paint=Paint(fill="#00ff00")),
        Group("strip", (Patch(70, 62, 5, 4, "#ff0000"), Patch(80, 62, 5, 4, "#0000ff"))),
        Group("leaves", (Stamp(110, 60, "leaf"), Stamp(130, 60, "leaf"))),
    )
    return Picture(
        0, 0, 150, 80, groups, "everything", "", dict(OUTLINES),
        Palette("#ddeeff", "#ffffee", "#222222", "#880000"), MappingProxyType({"leaf": (leaf,)}),
    )  # fmt: skip


def test_every_kind_of_item_looks_the_same_in_pdf_and_png() -> None:
    picture = everything()
    assert differing(page(pdf(picture), 4.0), pixels(picture, 4.0)) <= FEW


def test_a_pdf_tells_its_title_and_what_it_shows() -> None:
    figure = gf.draw(shipped("rnn_loss"), title="θ (a) \\ %\n\x00 \U0001f600")
    found = pypdfium2.PdfDocument(figure.pdf)
    assert found.get_metadata_value("Title") == "θ (a) \\ %\ufffd\ufffd \U0001f600"
    assert found.get_metadata_value("Subject").startswith("The circuit rnn with output and loss")
    assert found.get_metadata_value("CreationDate") == ""
    assert found[0].get_size() == pytest.approx(
        (figure.picture.width, figure.picture.height), abs=0.1
    )


def test_a_pdf_of_many_steps_is_small_and_has_a_page_that_readers_open() -> None:
    sizes = []
    for steps in (100, 200):
        data = gf.draw(gf.unfold(shipped("lstm"), steps), elide=False, pair=False).pdf
        sizes.append(len(data))
        assert max(pypdfium2.PdfDocument(data)[0].get_size()) <= 14_400 + 1
    assert sizes[1] < 2.1 * sizes[0] < 250_000


# -- TikZ -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", gf.example_names())
def test_tikz_holds_known_lines_and_commands_only(name: str) -> None:
    figure = alone(name)
    for text in (figure.tex, figure.tikz):
        assert not list(problems_of(text))
    labels = [i for g in figure.picture.groups for i in g.items if isinstance(i, Label)]
    assert all(safe_latex(label.run.source) for label in labels if not label.run.text)
    assert len(re.findall(r"\\node\[gf label", figure.tikz)) == len(labels)


def test_the_reader_of_tikz_finds_what_does_not_belong_there() -> None:
    text = gf.draw(shipped("rnn_loss")).tikz
    for bad in (
        r"\input{x}",
        r"\node[gf label] at (0,0) {$\write18{x}$};",
        r"\node[a] at (0,0) {};}",
    ):
        assert list(problems_of(text + bad + "\n"))


def test_tikz_names_nodes_once_and_keeps_styles_apart() -> None:
    text = gf.draw(gf.unfold(shipped("rnn_loss"), 2)).tikz
    names = re.findall(r"\\node\[gf node.*\] \((.*?)\) at", text)
    assert len(set(names)) == len(names) == 16
    assert {"h", "h-0", "h-2", "x-1"} < set(names)
    assert "gf input/.style={}," in text


def test_every_kind_of_item_is_a_line_of_tikz() -> None:
    text = document(everything())
    assert not list(problems_of(text))
    assert text.count("{$x$};") == 2
    for told in ("fill=gfcolor", "line width=3bp", "gf dashed", "gf frame", "HTML}{FFCC00"):
        assert told in text


@given(texts)
@settings(max_examples=150)
def test_latex_of_any_text_is_known_commands_only(text: str) -> None:
    for found in (safe_latex(text), text_latex(text)):
        node = f"\\node[gf label] at (0,0) {{{found}}};\n"
        assert found is None or not list(problems_of(node))


@pytest.mark.skipif(PDFLATEX is None, reason="there is no pdflatex")
def test_latex_reads_figures_and_hostile_texts(tmp_path: Path) -> None:
    pictures = [gf.draw(unfolded(shipped(n), 2)).tikz for n in ("kalman", "recursive")]
    pictures += [next(figures(text)).tikz for text in TEXTS]
    body = "\\par\n".join(pictures)
    packages = r"\usepackage{amsmath,amssymb,tikz}"
    source = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    (tmp_path / "one.tex").write_text(gf.draw(shipped("rnn_loss")).tex, encoding="utf-8")
    for name in ("all.tex", "one.tex"):
        command = [str(PDFLATEX), "-interaction=nonstopmode", "-halt-on-error", name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]


# -- Mermaid and DOT ------------------------------------------------------------------------------

LABEL = r'"(?:[^"`{}<>%;#&\\\n]|#\d+;)+"'
NAME = r"[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]*"
MERMAID = (
    r"---", r'title: "[^%{}<>&\n]*"', r"flowchart (?:LR|BT)", r" +end",
    rf" +subgraph (?:step|figure)_\d+\[{LABEL}\]",
    rf" +{NAME}(?:\(\({LABEL}\)\)|\[{LABEL}\])(?::::[a-z]+)?",
    rf" +{NAME} (?:-->|-\.->)(?:\|{LABEL}\|)? {NAME}",
    r"  classDef (?:delay|stub|dots) [a-z#0-9:, -]+",
)  # fmt: skip


def ensure_mermaid(text: str) -> None:
    """Check every line against the few forms that we write, and that subgraphs are closed."""
    lines = text.splitlines()
    for line in lines:
        assert any(re.fullmatch(form, line) for form in MERMAID), line
    opened = sum(bool(re.match(r" +subgraph ", line)) for line in lines)
    assert opened == sum(line.strip() == "end" for line in lines)


@pytest.mark.parametrize("name", gf.example_names())
def test_diagrams_hold_the_nodes_of_the_figure(name: str) -> None:
    circuit = shipped(name)
    for figure in (gf.draw(circuit), alone(name)):
        ensure_mermaid(figure.mermaid)
        graph = pygraphviz.AGraph(string=figure.dot)
        kinds = [group.kind for group in figure.picture.groups]
        drawn = [kind for kind in kinds if kind.split()[0] in ("node", "cell", "delay", "dots")]
        if circuit.trees and figure is alone(name):
            drawn = sorted({g.title for g in figure.picture.groups if g.kind.startswith("node")})
        assert graph.number_of_nodes() == len(drawn)
        shapes = re.findall(rf"^ +{NAME}(?:\(\(|\[)", figure.mermaid, re.MULTILINE)
        assert len(shapes) == len(drawn)
        assert graph.number_of_edges() == len(re.findall(" (?:-->|-[.]->)", figure.mermaid))


def test_words_of_mermaid_can_name_signals() -> None:
    names = ("end", "graph", "subgraph", "click", "style", "o", "x", "default", "жук")
    equations = "\n".join(f"  {name} = 1" for name in names)
    text = gf.draw(gf.loads(f"graphfold: 1\nequations: |\n{equations}")).mermaid
    ensure_mermaid(text)
    assert 'end_(("end"))' in text
    assert 'n_(("жук"))' in text


def test_delays_are_squares_with_their_steps() -> None:
    figure = gf.draw(shipped("fibonacci"))
    graph = pygraphviz.AGraph(string=figure.dot)
    look = graph.get_node("F[-2]").attr
    assert (look["shape"], look["fillcolor"], look["xlabel"]) == ("square", "black", "2")
    assert '["2"]:::delay' in figure.mermaid


def test_steps_are_clusters_and_cells_within_them() -> None:
    figure = gf.draw(gf.unfold(shipped("stacked_lstm"), 2), open="upper")
    graph = pygraphviz.AGraph(string=figure.dot)
    steps = [part for part in graph.subgraphs() if part.name.startswith("cluster")]
    assert [part.graph_attr["label"] for part in steps] == ["step 1", "step 2"]
    assert [[inner.graph_attr["label"] for inner in part.subgraphs()] for part in steps] == [
        ["upper"]
    ] * 2
    assert re.search(r'\["step 1"\]\n(?:.*\n)*?    subgraph step_2\["upper"\]', figure.mermaid)


# -- hostile text ---------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {SVG + n for n in "svg title desc defs path g rect circle text use".split()}  # noqa: SIM905
ATTRIBUTES = {
    *("viewBox", "width", "height", "role", "id", "d", "x", "y", "fill", "stroke", "stroke-width"),
    *("stroke-dasharray", "class", "data-signal", "data-step", "data-target", "data-cell", "href"),
    *("transform", "cx", "cy", "r", "rx", "font-family", "font-size", "textLength"),
}


def ensure_harmless(figure: gf.Drawing) -> None:
    """Check that a figure is well formed in every form and holds nothing but ours."""
    for element in ET.fromstring(figure.svg.encode()).iter():
        assert element.tag in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
        assert element.get("href", "#").startswith("#")
    assert len(pypdfium2.PdfDocument(figure.pdf)) == 1
    for text in (figure.tex, figure.tikz):
        assert not list(problems_of(text))
    ensure_mermaid(figure.mermaid)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pygraphviz.AGraph(string=figure.dot).number_of_nodes() >= 2


def ensure_inside(picture: Picture) -> None:
    """Check that no label leaves the circle of its node."""
    for group in picture.groups:
        if group.kind.startswith("node"):
            disc, label = group.items
            assert isinstance(disc, Disc)
            assert isinstance(label, Label)
            x0, y0, x1, y1 = label.run.box
            ends = [(label.x + x - disc.x, label.y + (y0 + y1) / 2 - disc.y) for x in (x0, x1)]
            assert all(math.hypot(*end) < disc.radius for end in ends)


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_is_shown_in_every_form(text: str) -> None:
    for figure in figures(text):
        ensure_harmless(figure)
        ensure_inside(figure.picture)


@given(texts)
@settings(max_examples=15, deadline=None)
def test_any_text_is_shown_in_every_form_within_its_node(text: str) -> None:
    for figure in figures(text):
        ensure_harmless(figure)
        ensure_inside(figure.picture)


LABELS = {
    r"\nosuch{x}": r"\\nosuch is no command that labels know",
    r"\alhpa": r"did you mean '\\alpha'",
    "$x$": r"leave out the \$",
    "50%": r"write \\% for the character %",
    r"\frac{1}": "no LaTeX of mathematics",
    "\u05d0": "the font of mathematics lacks some of its characters",
    "x" * 500: "500 characters, more than 400",
}


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_cannot_be_set_is_warned_of_once(label: str) -> None:
    with pytest.warns(gf.LabelWarning, match=LABELS[label]) as caught:
        figure = gf.draw(gf.window(looped(label)))
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert caught[0].message.diagnostic.signal == "x"
    assert figure.svg


def test_the_label_of_a_cell_is_warned_of_once_where_it_stands() -> None:
    text = r"""
graphfold: 1
inputs: {"x[t]": []}
cells:
  unit:
    inputs: {"u[t]": []}
    init: {"h[0]": zeros}
    equations: |
      h[t] = tanh(h[t-1] + u[t])
    outputs: [h]
    draw: {labels: {h: '\nosuch{h}'}}
equations: |
  a = unit(u=x[t])
  b = unit(u=a.h[t])
draw: {labels: {x: '$x$'}}
"""
    with pytest.warns(gf.LabelWarning) as caught:
        gf.draw(gf.loads(text))
    told = [str(warning.message.diagnostic).partition(" is shown")[0] for warning in caught]
    assert told == [
        r"11:21: label: warning: the label of 'a.h', \nosuch{h},",
        "15:17: label: warning: the label of 'x', $x$,",
    ]


@pytest.mark.parametrize("name", gf.example_names())
def test_no_label_of_ours_is_warned_of(name: str) -> None:
    gf.draw(shipped(name))  # where a warning is an error


def test_names_that_the_font_lacks_are_no_warning() -> None:
    figure = gf.draw(looped(name="\u05d0\u05d1"))
    assert ">\u05d0\u05d1</text>" in figure.svg
    assert len(pypdfium2.PdfDocument(figure.pdf)) == 1


def test_a_notebook_may_ask_for_every_form() -> None:
    figure = gf.draw(shipped("rnn_loss"))
    for name, suffixes in gf.FIGURE_FORMATS.items():
        data = figure.encode(name)
        assert data
        assert all(figure.encode(f".{suffix.upper()}") == data for suffix in suffixes)
    assert figure.encode("tex") == figure.tex.encode()
