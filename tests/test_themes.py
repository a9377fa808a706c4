"""Themes: colours that everybody tells apart, roles of signals, files with own themes."""

from __future__ import annotations

import contextlib
import itertools
import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from command_line import call
from golden_figures import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import THEMES
from graphfold.colors import READABLE, contrast, read_color
from graphfold.render.paint import Paint, Palette
from graphfold.render.theme import LIMITS, Theme
from graphfold.render.theme_file import parse_theme
from graphfold.render.themes import THEMES as VALUES
from graphfold.render.view import view

COLORED = ["color", "dark", "slides"]
ROLES = ["input", "state", "output", "loss", "signal"]
SVG = "{http://www.w3.org/2000/svg}"

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
SIGHTS = {
    "trichromacy": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)
APART = 12.0  # a difference of CIE 1976 that nobody misses; 2.3 can just be noticed

Triple = tuple[float, float, float]


def times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return (x, y, z)


def seen(color: str, sight: str) -> Triple:
    """A colour in CIELAB as an eye sees it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    linear = times(SIGHTS[sight], (red, green, blue))
    clipped = tuple(min(1.0, max(0.0, c)) for c in linear)
    xyz = times(XYZ, clipped)  # type: ignore[arg-type]
    ratios = (a / b for a, b in zip(xyz, WHITE, strict=True))
    fx, fy, fz = (r ** (1 / 3) if r > 0.008856 else 7.787 * r + 16 / 116 for r in ratios)
    return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("theme", COLORED)
def test_every_kind_of_sight_tells_roles_apart(theme: str, sight: str) -> None:
    roles = VALUES[theme].palette.roles
    for a, b in itertools.combinations(ROLES, 2):
        pairs = ((roles[a].fill, roles[b].fill), (roles[a].line, roles[b].line))
        far = [math.dist(seen(one, sight), seen(other, sight)) for one, other in pairs]
        assert max(far) > APART, (a, b, far)


@pytest.mark.parametrize("theme", THEMES)
def test_letters_stand_out_from_what_they_stand_on(theme: str) -> None:
    palette = VALUES[theme].palette
    for role in (*ROLES, "none"):
        paint = palette.resolved(palette.of_role(role))
        edge = palette.resolved(palette.of_role(role, boundary=True))
        assert contrast(paint.ink, paint.fill) >= READABLE
        assert contrast(paint.line, palette.paper) >= 3  # of WCAG for what is no text
        assert contrast(edge.line, edge.fill) >= 3
    for ground in (palette.paper, palette.frame_fill):
        letters = palette.roles.get("parameter", Paint(ink=palette.ink))
        assert contrast(letters.ink, ground) >= READABLE
        assert contrast(palette.ink, ground) >= READABLE


@pytest.mark.parametrize("theme", COLORED)
def test_letters_before_the_first_step_can_be_read(theme: str) -> None:
    picture = gf.draw(gf.unfold(shipped("lstm"), 2), theme=theme).picture
    found = [g for g in picture.groups if g.kind.startswith("node boundary")]
    assert found
    for group in found:
        paint = picture.palette.resolved(group.paint)
        assert contrast(paint.ink, paint.fill) >= READABLE


def test_the_names_are_those_of_the_themes() -> None:
    assert tuple(gf.themes()) == THEMES == tuple(VALUES)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rnn_loss", {"x": "input", "y": "input", "h": "state", "o": "output", "L": "loss"}),
        ("bidirectional", {"h": "state", "g": "state", "o": "output", "L": "loss"}),
        ("lstm", {"s": "state", "h": "state", "f": "signal", "x": "input"}),
        ("fibonacci", {"F": "state"}),
        ("encoder_decoder", {"e": "state", "d": "state", "C": "signal", "L": "loss"}),
        ("stacked_lstm", {"lower": "state", "upper": "state", "o": "output"}),
        ("moving_average", {"e": "input", "y": "output"}),
        ("recursive", {"h": "state", "L": "loss", "x": "input"}),
    ],
)
def test_signals_have_the_role_they_play(name: str, found: dict[str, str]) -> None:
    sites = view(gf.in_mode(shipped(name))).sites
    assert {n: sites[n].role for n in found} == found


def classes(figure: gf.Drawing) -> set[str]:
    root = ET.fromstring(figure.svg)
    return {g.get("class") or "" for g in root.iter(f"{SVG}g")}


def test_roles_are_classes_where_a_theme_tells_them_apart() -> None:
    unfolding = gf.unfold(shipped("rnn_loss"), 2)
    assert {"node input", "node equation state", "node boundary equation state"} <= classes(
        gf.draw(unfolding, theme="color")
    )
    assert "node equation" in classes(gf.draw(unfolding))


def test_the_book_is_black_on_white_with_one_stroke() -> None:
    unfolding = gf.unfold(shipped("rnn_loss"), 2)
    assert gf.draw(unfolding, theme="book").svg == gf.draw(unfolding).svg
    assert 'stroke-width="1.5"' in gf.draw(unfolding).svg
    assert 'stroke-width="2.4"' in gf.draw(unfolding, theme="slides").svg


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        ("drak", "did you mean 'dark'"),
        ("", "there are book, color, dark, slides"),
        (5, "not int"),
        (replace(VALUES["dark"], radius=math.nan), "radius is nan; it goes from 12 to 72"),
        (replace(VALUES["dark"], stroke=-1), "stroke is -1"),
        (Theme(palette=Palette(paper='"/><script>')), "write it as #rrggbb"),
        (Theme(palette=Palette(roles={"state": Paint("red")})), "state fill is 'red'"),
    ],
)
def test_a_theme_that_is_none_is_refused(theme: object, message: str) -> None:
    with pytest.raises(gf.DrawingError, match=message):
        gf.draw(shipped("rnn_loss"), theme=theme)


OWN = """\
graphfold_theme: 1
name: house
base: dark
sizes: {radius: 28, stroke: 2.0}
colors:
  paper: "#000"
  frames: {fill: "#111", line: gray}
  states: orange
  inputs: {line: white}
  parameters: gold
"""


def test_an_own_theme_goes_by_its_base() -> None:
    theme = parse_theme(OWN)
    dark = VALUES["dark"]
    assert (theme.name, theme.radius, theme.stroke, theme.lane) == ("house", 28.0, 2.0, dark.lane)
    palette = theme.palette
    assert (palette.paper, palette.frame_line, palette.ink) == ("#000000", "#808080", "#eceff3")
    assert palette.roles["state"].line == "#ffa500"
    assert contrast(palette.roles["state"].ink, palette.roles["state"].fill) >= READABLE
    assert palette.roles["input"] == replace(dark.palette.roles["input"], line="#ffffff")
    assert palette.roles["parameter"] == Paint(ink="#ffd700")
    assert palette.roles["loss"] == dark.palette.roles["loss"]


@pytest.mark.parametrize(
    ("text", "reports"),
    [
        ("", ["empty: the file is empty; begin with `graphfold_theme: 1`"]),
        ("- a", ["yaml: a theme file is a mapping"]),
        ("base: dark", ["1:1: version"]),
        ("graphfold_theme: 2", ["1:18: version"]),
        (
            "graphfold_theme: 1\nbase: drak",
            ["2:7: theme: unknown theme 'drak'; did you mean 'dark'?"],
        ),
        (
            "graphfold_theme: 1\nbsae: dark",
            ["2:1: unknown-key: unknown key 'bsae'; did you mean 'base'"],
        ),
        ("graphfold_theme: 1\nbase: dark\nbase: dark", ["3:1: duplicate-key"]),
        (
            "graphfold_theme: 1\nbase: &a dark",
            ["2:7: anchor: anchor '&a' has no meaning in a theme"],
        ),
        (
            "graphfold_theme: 1\nsizes: {radus: 3, radius: 1e9, lane: nan, stroke: 0}",
            [
                "2:9: unknown-key: unknown size 'radus'; did you mean 'radius'",
                "2:27: size: radius is a number of points from 12 to 72",
                "2:38: size: lane",
                "2:51: size: stroke",
            ],
        ),
        (
            'graphfold_theme: 1\ncolors: {paper: , stats: red, inputs: {fil: red}, ink: "#12"}',
            [
                "2:16: color: write a colour",
                "2:19: unknown-key: unknown colour 'stats'; did you mean 'states'",
                "2:40: unknown-key: unknown key 'fil'; did you mean 'fill'",
                "2:56: color: '#12' is no colour",
            ],
        ),
    ],
)
def test_all_that_is_wrong_with_an_own_theme_is_told(text: str, reports: list[str]) -> None:
    with pytest.raises(gf.ModelError) as caught:
        parse_theme(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(reports)
    for line, report in zip(lines, reports, strict=True):
        assert line.startswith(report)


@settings(max_examples=60)
@given(st.text(max_size=60), st.sampled_from(["sizes", "colors", "base", "name", "x"]))
def test_any_text_is_a_theme_or_reported(text: str, section: str) -> None:
    for whole in (text, f"graphfold_theme: 1\n{section}: {text}", f"{section}: {{{text}}}"):
        with contextlib.suppress(gf.ModelError):
            assert parse_theme(whole).palette.paper.startswith("#")


@given(st.sampled_from(sorted(LIMITS)), st.floats(allow_nan=False))
def test_a_size_is_taken_within_its_limits_only(name: str, size: float) -> None:
    low, high = LIMITS[name]
    text = f"graphfold_theme: 1\nsizes: {{{name}: {size!r}}}"
    if low <= size <= high:
        assert getattr(parse_theme(text), name) == size
    else:
        with pytest.raises(gf.ModelError, match="number of points"):
            parse_theme(text)


@pytest.mark.parametrize("text", ["#12", "#12345g", "red;", "", "url(x)", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        read_color(text)


def test_themes_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(OWN, encoding="utf-8")
    model = gf.example_path("rnn_loss")
    for theme, paper in (("dark", "#14171c"), ("own.yaml", "#000")):
        done = call("draw", model, "--theme", theme, "--format", "svg", "-o", "-")
        assert done.code == 0
        assert f'fill="{paper}"' in done.data.decode()
    done = call("unfold", model, "--theme", "colour", "-o", "f.svg")
    assert done.code == 2
    assert "unknown theme 'colour'; did you mean 'color'?" in done.err
    Path("own.yaml").write_text("graphfold_theme: 1\nbase: drak\n", encoding="utf-8")
    done = call("draw", model, "--theme", "own.yaml", "-o", "f.svg")
    assert done.code == 2
    assert "own.yaml:2:7: theme: unknown theme 'drak'" in done.err
    assert not Path("f.svg").exists()
