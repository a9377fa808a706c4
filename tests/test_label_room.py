"""Labels never overflow their node, in any theme: the node grows."""

from __future__ import annotations

import math

import pytest
from figures import box, corners
from golden_figures import shipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import graphfold as gf
from graphfold.render.picture import Disc, Label, Picture, Rect

CELLS = """
graphfold: 1
dims: [n]
inputs: {"x[t]": [n]}
params: {V: [n, n]}
cells:
  layer:
    dims: [n]
    inputs: {"x[t]": [n]}
    params: {W: [n, n]}
    init: {"h[0]": zeros, "k[0]": zeros}
    equations: |
      k[t] = tanh(W @ h[t-1] + k[t-1])
      h[t] = tanh(x[t] + k[t])
equations: |
  lower = layer(x=x[t], n=n)
  o[t] = V @ lower.h[t]
outputs: [o]
"""

WORDS = st.sampled_from(
    [r"\mathrm{cross\ entropy}", r"\frac{a}{b}", r"\hat{h}^{\top}_{k,l}", r"\sum_{i} x_i", "W"]
)
TEXTS = st.one_of(
    st.text(alphabet="abcXYZ αβ", min_size=1, max_size=40),
    st.lists(WORDS, min_size=1, max_size=4).map("".join),
    st.sampled_from(["\\nosuch{x}", "\U0001f600 🦆", "שלום", "a & b # c"]),
)
THEMES = st.sampled_from(gf.themes())


@st.composite
def lettered(draw: DrawFn) -> str:
    """A model of cells with labels of any kind."""
    labels = {name: draw(TEXTS).replace('"', "").replace("'", "") for name in ("x", "o", "lower")}
    told = ", ".join(f"{name}: '{label}'" for name, label in labels.items())
    return f"{CELLS}draw: {{labels: {{{told}}}}}\n"


def overflowing(picture: Picture) -> list[str]:
    """The nodes and boxes whose labels reach beyond their border."""
    found = []
    for group in picture.groups:
        border, *labels = group.items
        if group.kind.startswith(("node", "cell")):
            letters = [item for item in labels if isinstance(item, Label)]
            assert letters
            found += [f"{group.kind} {group.title}"] * (
                not all(_within(border, i) for i in letters)
            )
    return found


def _within(border: object, label: Label) -> bool:
    if isinstance(border, Disc):
        places = [(x - border.x, y - border.y) for x, y in corners(label)]
        return all(math.hypot(*place) < border.radius for place in places)
    assert isinstance(border, Rect)
    left, top, right, bottom = box(label)
    level = border.x - border.half_width < left and right < border.x + border.half_width
    return level and border.y - border.half_height < top and bottom < border.y + border.half_height


@pytest.mark.filterwarnings("ignore::graphfold.LabelWarning")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lettered(), THEMES, st.integers(1, 10**12), st.booleans())
def test_a_label_lies_within_its_node_in_every_theme(
    model: str, theme: str, steps: int, opened: bool
) -> None:
    circuit = gf.loads(model)
    shown = "all" if opened else None
    for thing in (circuit, gf.unfold(circuit, steps), gf.window(circuit)):
        assert overflowing(gf.draw(thing, pair=False, theme=theme, open=shown).picture) == []


@pytest.mark.parametrize("theme", ["book", "slides"])
@pytest.mark.parametrize("name", ["stacked_lstm", "bidirectional", "encoder_decoder", "fibonacci"])
def test_no_label_of_the_gallery_overflows(name: str, theme: str) -> None:
    circuit = gf.in_mode(shipped(name))
    steps = {axis.name: 10**12 for axis in circuit.axes}
    for thing in (circuit, gf.unfold(circuit, **steps), gf.window(circuit)):
        assert overflowing(gf.draw(thing, pair=False, theme=theme).picture) == []


@pytest.mark.parametrize("theme", ["book", "slides"])
def test_no_label_of_a_tree_overflows(theme: str) -> None:
    text = " ".join(f"word{number}" for number in range(40))
    unfolding = gf.unfold(shipped("recursive"), tree=f"({text.replace(' ', ' (', 38)}{')' * 39}")
    assert overflowing(gf.draw(unfolding, theme=theme).picture) == []
