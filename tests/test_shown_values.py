"""Values on figures: colours, numbers and scales tell the values, and nothing overflows."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from hypothesis import given
from hypothesis import strategies as st

import graphfold as gf
from graphfold.colors import contrast, readable_on
from graphfold.examples import example_path
from graphfold.render.layout.figure import box_of
from graphfold.render.picture import Disc, Group, Label, Patch
from graphfold.render.values.marks import binned, number_of
from graphfold.render.values.scale import NOT_FINITE, Scale, from_zero, symmetric

FINITE = st.floats(-1e6, 1e6)


def rnn(steps: int = 3) -> tuple[gf.Unfolding, dict[str, Any]]:
    unfolding = gf.unfold(gf.load(example_path("rnn_loss")), steps)
    rng = np.random.default_rng(5)
    sizes = {"U": (6, 4), "W": (6, 6), "V": (3, 6), "b": (6,), "c": (3,)}
    values = {name: rng.normal(size=size) for name, size in sizes.items()}
    values |= {"x": rng.normal(size=(steps, 4)), "y": np.eye(3)[np.arange(steps) % 3]}
    return unfolding, values


def nodes(drawing: gf.Drawing) -> dict[str, Group]:
    found = drawing.picture.groups
    after = next((k for k, g in enumerate(found) if g.kind == "unfold"), -1) + 1
    return {g.title: g for g in found[after:] if g.kind.startswith("node")}


def patches(group: Group) -> list[Patch]:
    return [item for item in group.items if isinstance(item, Patch)]


def legend(drawing: gf.Drawing) -> Group:
    return next(g for g in drawing.picture.groups if g.kind == "legend")


def diverging(value: float, most: float) -> str:
    """The colour by plain arithmetic: white to dark blue below 0, to orange above."""
    end = (0xB3, 0x58, 0x06) if value > 0 else (0x08, 0x51, 0x9C)
    share = abs(value) / most
    return "#" + "".join(f"{int(255 + (c - 255) * share + 0.5):02x}" for c in end)


def test_every_patch_has_the_colour_of_its_element_in_order() -> None:
    unfolding, values = rnn()
    result = gf.evaluate(unfolding, values)
    shown = {k: g for k, g in nodes(gf.draw(unfolding, values=result)).items() if patches(g)}
    assert {"h[0]", "h[3]", "x[1]", "o[2]"} <= shown.keys()
    most = max(float(np.abs(result[name]).max()) for name in shown)
    for name, group in shown.items():
        strip = patches(group)
        assert [p.color for p in strip] == [diverging(v, most) for v in result[name]]
        assert [p.x for p in strip] == sorted(p.x for p in strip)


def test_an_instance_and_a_file_of_whole_sequences_look_alike() -> None:
    unfolding, values = rnn()
    result = gf.evaluate(unfolding, values)
    whole = {name: result.signal(name) for name in ("h", "o", "L")}
    single = {f"{n}[{t}]": result[f"{n}[{t}]"] for n in whole for t in (1, 2, 3)}
    assert gf.draw(unfolding, values=whole).svg == gf.draw(unfolding, values=single).svg


def test_of_a_batch_the_first_row_is_shown() -> None:
    unfolding, values = rnn()
    batch = values | {n: np.stack([values[n], values[n] + 1.0], axis=1) for n in ("x", "y")}
    many = gf.draw(unfolding, values=gf.evaluate(unfolding, batch))
    assert many.svg == gf.draw(unfolding, values=gf.evaluate(unfolding, values)).svg


@pytest.mark.parametrize("theme", ["book", "dark", "slides"])
@pytest.mark.parametrize("shapes", [False, True])
def test_what_stands_in_a_node_stays_within(theme: str, shapes: bool) -> None:
    unfolding, values = rnn()
    result = {k: 1e-30 * v for k, v in gf.evaluate(unfolding, values).items()}
    drawing = gf.draw(unfolding, values=result, shapes=shapes, theme=theme)
    for group in nodes(drawing).values():
        disc = next(item for item in group.items if isinstance(item, Disc))
        inside = [i for i in group.items if not isinstance(i, Disc)]
        for item in inside:
            x0, y0, x1, y1 = box_of(item)
            corners = [(x, y) for x in (x0, x1) for y in (y0, y1)]
            reach = max(math.hypot(x - disc.x, y - disc.y) for x, y in corners)
            assert reach <= disc.radius, group.title
        boxes = sorted((box_of(i) for i in inside if isinstance(i, Label)), key=lambda b: b[1])
        assert all(a[3] < b[1] for a, b in pairwise(boxes))


def test_the_scale_lies_within_the_canvas_and_beneath_all_else() -> None:
    unfolding, values = rnn(1)
    drawing = gf.draw(unfolding, values=gf.evaluate(unfolding, values), pair=False)
    picture, own = drawing.picture, legend(drawing)
    others = [box_of(i) for g in picture.groups if g is not own for i in g.items]
    for item in own.items:
        x0, y0, x1, y1 = box_of(item)
        assert picture.left <= x0 < x1 <= picture.left + picture.width
        assert max(box[3] for box in others) < y0 < y1 <= picture.top + picture.height


def test_colours_by_norm_fill_nodes_and_widen_the_wires_of_their_source() -> None:
    unfolding, values = rnn()
    result = gf.evaluate(unfolding, values)
    drawing = gf.draw(unfolding, values=result, color_by="norm", pair=False)
    shown = nodes(drawing)
    norms = {name: float(np.linalg.norm(result[name])) for name in shown}
    order = sorted(shown, key=norms.__getitem__)
    fills = [shown[name].paint for name in order]
    shades = [contrast("#ffffff", p.fill) for p in fills if p]
    assert len(shades) == len(order)
    assert shades == sorted(shades)
    assert all(p and contrast(p.fill, p.ink) >= 4.5 for p in fills)
    wires = {g.title or g.step: g for g in drawing.picture.groups if g.signal == "x" and g.target}
    widths = {step: g.paint.width if g.paint else 1.0 for step, g in wires.items()}
    by_width = sorted(widths, key=widths.__getitem__)
    assert by_width == sorted(widths, key=lambda step: norms[f"x[{step}]"])


def test_norms_that_span_decades_are_shown_by_their_logarithms() -> None:
    scale = from_zero([1e-6, 1e-3, 1.0])
    assert scale.logarithmic
    assert scale.place(1e-3) == pytest.approx(0.5)
    assert not from_zero([0.5, 1.0, 0.0]).logarithmic


@given(st.lists(FINITE, min_size=1))
def test_the_scale_covers_all_and_is_darker_farther_from_zero(numbers: list[float]) -> None:
    for scale in (symmetric(numbers), from_zero(map(abs, numbers))):
        found = sorted((abs(scale.place(n)), n) for n in numbers if n >= scale.low)
        assert all(0 <= place <= 1 for place, _ in found)
        positive = sorted(n for n in numbers if n > 0)
        shades = [contrast("#ffffff", scale.color(n)) for n in positive]
        assert shades == sorted(shades)
        assert max(scale.high, 0.0) >= max(numbers) * (1 - 1e-12)


@given(st.lists(FINITE, min_size=1, max_size=60))
def test_long_vectors_are_binned_by_means_that_keep_their_order(numbers: list[float]) -> None:
    (row,) = binned(np.array(numbers))
    assert len(row) == min(len(numbers), 16)
    parts = np.array_split(np.array(numbers), len(row))
    assert row == pytest.approx([sum(part) / len(part) for part in parts], abs=1e-6)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=8))
def test_a_norm_does_not_overflow_on_the_way(numbers: list[float]) -> None:
    assert number_of(np.array(numbers), "norm") == pytest.approx(math.hypot(*numbers))


def test_what_is_not_finite_is_black_and_the_legend_says_so() -> None:
    unfolding, values = rnn()
    whole = gf.evaluate(unfolding, values).signal("h").copy()
    plain = gf.draw(unfolding, values={"h": whole})
    whole[1, 2], whole[2, 0] = np.nan, np.inf
    drawing = gf.draw(unfolding, values={"h": whole})
    assert patches(nodes(drawing)["h[2]"])[2].color == NOT_FINITE
    assert patches(nodes(drawing)["h[3]"])[0].color == NOT_FINITE
    assert len(legend(drawing).items) == len(legend(plain).items) + 2
    assert Scale(-1.0, 1.0).color(-1.0) != NOT_FINITE


def test_nothing_changes_without_values() -> None:
    unfolding, _ = rnn()
    assert gf.draw(unfolding, values=None).svg == gf.draw(unfolding).svg


def test_a_long_unfolding_reads_only_what_it_shows() -> None:
    unfolding, _ = rnn(100_000)
    shown = nodes(gf.draw(unfolding, values={"L": np.zeros(100_000)}))
    assert any(len(g.items) == 3 for g in shown.values())


def test_shapes_stand_under_the_labels_of_both_views() -> None:
    unfolding, values = rnn()
    result = gf.evaluate(unfolding, values)
    bare = gf.draw(unfolding, shapes=True)
    texts = [i.run.source for i in nodes(bare)["h[1]"].items if isinstance(i, Label)]
    assert texts[1:] == ["n_h"]
    known = gf.draw(unfolding, shapes=True, values=result)
    texts = [i.run.source for i in nodes(known)["h[1]"].items if isinstance(i, Label)]
    assert texts[1:] == ["6"]
    assert "legend" not in {g.kind for g in bare.picture.groups}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "none of the values"),
        ({"hh": np.zeros((3, 6))}, "did you mean 'h'"),
        ({"h": np.zeros((4, 6))}, "'h' has 4 steps"),
        ({"h": np.float64(3)}, "'h' has no steps"),
        ({"h": np.zeros((3, 6, 6, 6))}, "has the shape"),
        ({"h": np.array(["a", "b", "c"])}, "real numbers"),
        ({"h": np.zeros((3, 6), complex)}, "real numbers"),
        ({"h": np.zeros((3, 0, 6))}, "no rows"),
        ({"o": np.zeros((3, 3)), "y": np.zeros((3, 4))}, "n_y = "),
        ([1, 2], "not list"),
        ({"h[1]": [[1], [2, 3]]}, "'h[1]' is no array"),
        ({"h": [[1], [2, 3]]}, "'h' is no array"),
    ],
)
def test_values_that_do_not_fit_are_told(values: Any, told: str) -> None:
    unfolding, _ = rnn()
    with pytest.raises(gf.DrawingError) as error:
        gf.draw(unfolding, values=values)
    assert told in str(error.value)


def test_windows_folded_circuits_and_unknown_words_are_refused() -> None:
    unfolding, values = rnn()
    circuit = unfolding.circuit
    with pytest.raises(gf.DrawingError, match="window"):
        gf.draw(gf.window(circuit), values=values)
    with pytest.raises(gf.DrawingError, match="belong to an unfolding"):
        gf.draw(circuit, values=values)
    with pytest.raises(gf.DrawingError, match="did you mean 'norm'"):
        gf.draw(unfolding, values=values, color_by="nrom")
    with pytest.raises(gf.DrawingError, match="needs values"):
        gf.draw(unfolding, color_by="mean")


def test_gradients_are_those_of_the_loss_when_none_are_given() -> None:
    unfolding, values = rnn()
    asked = {"color_by": "gradient", "pair": False}
    found = gf.draw(unfolding, values=gf.evaluate(unfolding, values), **asked)
    given = gf.gradients(unfolding, values, loss="Loss")
    assert found.svg == gf.draw(unfolding, values=values, **asked).svg
    assert found.svg == gf.draw(unfolding, values=values, gradients=given, **asked).svg
    last = gf.draw(unfolding, values=values, loss="L[3]", **asked)
    assert "L[3]" in last.svg or last.svg != found.svg


def test_gradients_colour_by_their_norms() -> None:
    unfolding, values = rnn()
    gradients = {f"h[{t}]": np.full(6, 10.0**-t) for t in (1, 2, 3)}
    drawing = gf.draw(unfolding, values=values, color_by="gradient", gradients=gradients)
    fills = [nodes(drawing)[f"h[{t}]"].paint for t in (1, 2, 3)]
    shades = [contrast("#ffffff", p.fill) for p in fills if p]
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) == 3
    assert readable_on("#ffffff", "#000000") == "#000000"


@pytest.mark.parametrize("format", ["svg", "pdf", "tikz", "tex", "mermaid", "dot"])
def test_every_form_takes_values(format: str) -> None:
    unfolding, values = rnn()
    result = gf.evaluate(unfolding, values)
    assert gf.draw(unfolding, values=result, color_by="norm").encode(format)
    assert gf.draw(unfolding, values=result).encode(format)


def test_the_command_line_shows_values_of_a_file_and_evaluates(tmp_path: Path) -> None:
    model, inputs = example_path("rnn_loss"), example_path("rnn_loss").with_suffix(".npz")
    run, figure = tmp_path / "run.npz", tmp_path / "figure.svg"
    assert call("eval", model, "--inputs", inputs, "--all", "-o", run).code == 0
    for more in (("--values", run), ("--inputs", inputs), ("--inputs", inputs, "--shapes")):
        assert call("unfold", model, *more, "-o", figure).code == 0
        assert "legend" in figure.read_text()
    assert call("unfold", model, "--values", run, "--color-by", "norm", "-o", figure).code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("unfold", "--values", "{run}", "--inputs", "{run}"), "leave one out"),
        (("unfold", "--values", "{bad}"), "bad.npz"),
        (("unfold", "--values", "nowhere.npz"), "nowhere.npz"),
        (("unfold", "--inputs", "{run}", "--window", "1,1"), "--window"),
        (("unfold", "--values", "{run}", "--steps", "7"), "7"),
        (("draw", "--values", "{run}"), "graphfold unfold MODEL --values"),
    ],
)
def test_the_command_line_tells_what_is_wrong(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    run, bad = tmp_path / "run.npz", tmp_path / "bad.npz"
    np.savez(run, h=np.zeros((3, 2)))
    bad.write_bytes(b"PK\x03\x04 nothing")
    words = [word.format(run=run, bad=bad) for word in arguments]
    done = call(words[0], example_path("rnn_loss"), *words[1:], "-o", tmp_path / "f.svg")
    assert done.code != 0
    assert told in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "f.svg").exists()
