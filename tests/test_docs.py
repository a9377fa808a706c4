"""The documentation agrees with the program: its figures, its tables, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import graphfold as gf
from graphfold.operations import callable_names

ROOT = Path(__file__).parent.parent
FIGURES = {
    "classical": 3,
    "driven": "window",
    "rnn_loss": "window",
    "lstm": 3,
    "bidirectional": 3,
    "bidirectional_cells": 3,
    "stacked_lstm": 2,
    "time_delay": 4,
    "biquad": 3,
    "fibonacci": 4,
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_figures_in_the_docs_are_what_the_program_draws(name, update_golden):
    circuit, what = gf.load(gf.example_path(name)), FIGURES[name]
    unfolded = gf.window(circuit) if what == "window" else gf.unfold(circuit, what)
    path = ROOT / "docs" / "figures" / f"{name}.svg"
    if update_golden:
        gf.draw(unfolded).save(path)
    assert path.read_text(encoding="utf-8") == gf.draw(unfolded).svg


@pytest.mark.parametrize(
    ("name", "opened", "steps"),
    [("stacked_lstm", "upper", 2), ("bidirectional_cells", "all", 3)],
)
def test_the_figures_of_open_cells_are_what_the_program_draws(name, opened, steps, update_golden):
    drawing = gf.draw(gf.unfold(gf.load(gf.example_path(name)), steps), open=opened)
    path = ROOT / "docs" / "figures" / f"{name}-open.svg"
    if update_golden:
        drawing.save(path)
    assert path.read_text(encoding="utf-8") == drawing.svg


def test_every_example_is_shown():
    assert set(FIGURES) == set(gf.example_names())


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
