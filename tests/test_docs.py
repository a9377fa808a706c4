"""The documentation agrees with the program: its figures, its tables, its links."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from command_line import call
from gallery_page import commands, figures, page

import graphfold as gf
from graphfold.operations import callable_names

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "docs" / "figures"
GALLERY = ROOT / "docs" / "gallery.md"


@pytest.mark.parametrize("name", gf.example_names())
def test_the_figures_in_the_docs_are_what_the_program_draws(name, update_golden):
    for figure in figures(name):
        drawn = call("unfold", gf.example_path(name), *figure.options, "--format", "svg", "-o", "-")
        path = FIGURES / f"{figure.stem}.svg"
        if update_golden:
            path.write_bytes(drawn.data)
        assert drawn.code == 0
        assert path.read_bytes() == drawn.data


@pytest.mark.parametrize("theme", ["color", "dark", "slides"])
def test_the_figures_of_themes_are_what_the_program_draws(theme, update_golden):
    options = ("--window", "1,1", "--theme", theme, "--format", "svg", "-o", "-")
    drawn = call("unfold", gf.example_path("rnn_loss"), *options)
    path = FIGURES / f"rnn_loss-{theme}.svg"
    if update_golden:
        path.write_bytes(drawn.data)
    assert drawn.code == 0
    assert path.read_bytes() == drawn.data


def test_the_figure_of_time_upwards_is_what_the_program_draws(update_golden):
    options = ("--steps", "3", "--direction", "up", "--format", "svg", "-o", "-")
    drawn = call("unfold", gf.example_path("stacked_lstm"), *options)
    path = FIGURES / "stacked_lstm-up.svg"
    if update_golden:
        path.write_bytes(drawn.data)
    assert drawn.code == 0
    assert path.read_bytes() == drawn.data


DETAILS = {
    "lstm-operations": ("--detail", "operations"),
    "lstm-operations-color": ("--detail", "operations", "--theme", "color"),
    "lstm-cells": ("--detail", "cells"),
}


@pytest.mark.parametrize("stem", DETAILS)
def test_the_figures_of_details_are_what_the_program_draws(stem, update_golden):
    options = ("--steps", "3", *DETAILS[stem], "--format", "svg", "-o", "-")
    drawn = call("unfold", gf.example_path("lstm"), *options)
    path = FIGURES / f"{stem}.svg"
    if update_golden:
        path.write_bytes(drawn.data)
    assert drawn.code == 0
    assert path.read_bytes() == drawn.data


def test_the_figure_of_values_is_what_the_program_draws(update_golden):
    model = gf.example_path("rnn_loss")
    options = ("--inputs", model.with_suffix(".npz"), "--format", "svg", "-o", "-")
    drawn = call("unfold", model, *options)
    path = FIGURES / "rnn_loss-values.svg"
    if update_golden:
        path.write_bytes(drawn.data)
    assert drawn.code == 0
    assert path.read_bytes() == drawn.data


VANISHING = """
graphfold: 1
dims: [n]
inputs: {"x[t]": [n]}
params: {W: [n, n]}
init: {"h[0]": zeros}
equations: |
  h[t] = W @ h[t-1] + x[t]
  Loss = sum(square(h[T]))
outputs: [Loss]
"""


def test_the_figure_of_gradients_is_what_the_program_draws(update_golden):
    made = gf.differentiate(gf.load(gf.example_path("rnn_loss")), "Loss", ["W"], per_step=["W"])
    drawing = gf.draw(gf.unfold(made.circuit, 3))
    path = FIGURES / "backward.svg"
    if update_golden:
        path.write_text(drawing.svg, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == drawing.svg


def test_the_figure_of_a_vanishing_gradient_is_what_the_program_draws(update_golden):
    unfolding = gf.unfold(gf.loads(VANISHING), 7)
    values = {"W": 0.4 * np.eye(3) + 0.05, "x": np.random.default_rng(0).normal(size=(7, 3))}
    drawn = gf.draw(unfolding, values=values, color_by="gradient", pair=False).svg
    path = FIGURES / "vanishing.svg"
    if update_golden:
        path.write_text(drawn, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == drawn


def test_the_section_draw_of_the_docs_draws_its_figure(update_golden):
    """The page shows all that the section holds: what no other section tells is left out here."""
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    section = re.search(r"```yaml\n(draw:\n.*?)```", text, re.DOTALL)[1]
    lines = [line for line in section.splitlines() if "open:" not in line]
    model = gf.dumps(gf.load(gf.example_path("rnn_loss"))).partition("draw:")[0]
    circuit = gf.loads(model.replace("name:", "modes: [train, test]\nname:") + "\n".join(lines))
    drawn = gf.draw(gf.unfold(circuit, 3, mode="train")).svg
    path = FIGURES / "groups.svg"
    if update_golden:
        path.write_text(drawn, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == drawn


@pytest.mark.parametrize("example", gf.list_examples(), ids=lambda example: example.name)
def test_the_models_in_the_gallery_are_evaluated_as_it_says(example, monkeypatch):
    monkeypatch.chdir(example.path.parent)
    lines = [line for line in commands(example) if line.startswith("$ graphfold eval ")]
    assert len(lines) == (example.data is not None)
    for line in lines:
        done = call(*shlex.split(line)[2:])
        assert (done.code, done.err) in ((0, ""), (0, "mode train\n"))
        assert done.out


def test_every_example_is_shown_in_the_gallery(update_golden):
    if update_golden:
        GALLERY.write_text(page(), encoding="utf-8", newline="\n")
    assert GALLERY.read_text(encoding="utf-8") == page()


def test_every_figure_is_shown_on_some_page(update_golden):
    pages = [
        path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
    ]
    unseen = [f for f in FIGURES.iterdir() if not any(f"figures/{f.name}" in p for p in pages)]
    if update_golden:
        for path in unseen:
            path.unlink()
    assert update_golden or unseen == []


def test_the_table_of_operations_is_complete():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = {name for name in callable_names() if re.search(rf"`[^`|]*\b{name}\(", text)}
    assert documented == set(callable_names())


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_the_model_in_the_readme_is_the_example():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    model = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1]
    assert gf.loads(model) == gf.load(gf.example_path("rnn_loss"))


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert {page for page in pages if page in listed} == pages


def test_every_package_is_shipped():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = {n for n in told["tool"]["setuptools"]["packages"] if n != "graphfold_cli"}
    there = (p.parent.relative_to(ROOT) for p in (ROOT / "graphfold").rglob("__init__.py"))
    assert shipped == {".".join(folder.parts) for folder in there}
