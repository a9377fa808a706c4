"""Labels: composed from glyphs as if typeset whole, quiet on bad LaTeX, inside their circle."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfold.labels import escape
from graphfold.render.compose import instance, stamped
from graphfold.render.layout.measure import reach_of
from graphfold.render.mathtext import safe_latex, words_of
from graphfold.render.mathtext.lists import (
    ACCENTS,
    DELIMITERS,
    FONTS,
    MARKS,
    OF_CHARACTER,
    PAIRS,
    SYMBOLS,
    TEXTS,
)
from graphfold.render.picture import Run
from graphfold.render.typeset import readable, scaled, typeset

BASES = [
    r"\boldsymbol{h}",
    r"\boldsymbol{W}_{f}",
    r"\mathrm{Loss}",
    r"\theta_1",
    r"\hat{h}",
    "f^2",
    "x'",
    r"\frac{a}{b}",
    "x_{0123456789}",
    r"{\boldsymbol{h}}^{(0123456789)}",
]


def placed(run: Run) -> list[tuple[str, float, float, float]]:
    """The glyphs of a run by their lines, left to right."""
    found = [(g.key, round(g.x, 2), round(g.y, 1), g.scale) for g in run.glyphs]
    return sorted(found, key=lambda g: (g[2], g[1]))


@settings(max_examples=60)
@given(st.sampled_from(BASES), st.integers(0, 10**12))
def test_composed_labels_equal_typeset_ones(base: str, step: int) -> None:
    run = instance(base, str(step), 16.0)
    composed, whole = placed(run), placed(typeset(stamped(base, str(step)), 16.0))
    assert [g[0] for g in composed] == [g[0] for g in whole]
    assert run.digits is not None
    for a, b in zip(composed, whole, strict=True):
        assert a[2:] == pytest.approx(b[2:], abs=0.12)
        before_the_time = b[1] < run.digits.cells[0] - 0.01
        assert a[1] == pytest.approx(b[1], abs=0.02 if before_the_time else len(str(step)))


@settings(max_examples=60)
@given(st.sampled_from(BASES), st.integers(1, 12), st.data())
def test_labels_at_times_as_long_differ_in_digits_only(
    base: str, count: int, data: st.DataObject
) -> None:
    times = st.integers(10 ** (count - 1), 10**count - 1).map(str)
    one, other = data.draw(times), data.draw(times)
    first, second = instance(base, one, 16.0), instance(base, other, 16.0)
    assert first.box == second.box
    assert first.at(other) == second
    assert first.at(other).source == stamped(base, other)


@pytest.mark.parametrize("latex", [r"\frac{", r"\nosuch{x}", "{", "a & b", "", "\U0001f600"])
def test_bad_latex_is_shown_as_text_without_a_word(
    latex: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    level = logging.getLogger("ziamath").level
    with caplog.at_level(logging.DEBUG):
        run = typeset(latex, 16.0)
    assert not readable(latex, 16.0)
    assert run.source == rf"\text{{{escape(latex)}}}"
    assert run.glyphs or not latex
    assert capfd.readouterr() == ("", "")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert logging.getLogger("ziamath").level == level


@pytest.mark.parametrize("latex", [r"\text{}", r"\frac{", r"x^{\nosuch", "\U0001f600"])
def test_no_label_changes_the_next_one(latex: str) -> None:
    typeset.cache_clear()
    before = typeset("F^{(1)}", 16.0)
    typeset(latex, 16.0)
    typeset.cache_clear()
    assert typeset(latex, 16.0)
    assert typeset("F^{(1)}", 16.0) == before


def test_a_label_of_ten_thousand_letters_is_cut() -> None:
    run = typeset("x" * 10_000, 16.0)
    assert run.box[2] - run.box[0] < 400


def test_scaling_keeps_the_shape() -> None:
    run = typeset(r"\frac{a}{b}", 16.0)
    assert reach_of(scaled(run, 2.0)) == pytest.approx(2 * reach_of(run))


LISTED = [
    *(rf"x\{name} y" for name in SYMBOLS),
    *(rf"x{mark}y" for mark in MARKS),
    *(rf"\{name}{{x}}" for name in (*FONTS, *TEXTS, *ACCENTS, "sqrt", "sqrt[3]")),
    *(rf"\{name}{{x}}{{y}}" for name in sorted(PAIRS)),
    *(rf"\left{mark} x\right{mark}" for mark in sorted(DELIMITERS)),
    *OF_CHARACTER,
]


@pytest.mark.parametrize("latex", LISTED)
def test_all_that_a_label_may_hold_is_typeset_and_written_again(latex: str) -> None:
    assert readable(latex, 16.0)
    written = safe_latex(latex)
    assert written is not None
    assert safe_latex(written) == written
    assert words_of(latex)
