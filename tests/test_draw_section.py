"""The section draw: groups, colours, a theme, and what one mode hides."""

from __future__ import annotations

import jsonschema
import pytest
import yaml
from figures import box
from golden_figures import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import ROLES
from graphfold.colors import contrast
from graphfold.render.picture import Disc, Group, Label, Picture, Rect

MODEL = """
graphfold: 1
modes: [train, test]
dims: [n]
inputs: {"x[t]": [n], "y[t]": [n]}
params: {"U, W, V": [n, n], "b, c": [n]}
init: {"h[0]": zeros, "k[0]": zeros}
equations: |
  a[t] = b + W @ h[t-1] + U @ x[t]
  h[t] = tanh(a[t])
  k[t] = tanh(W @ k[t-1] + V @ h[t])
  o[t] = c + V @ switch(mode, train: k[t], test: 2 * k[t])
  L[t] = -sum(y[t] * log_softmax(o[t]))
  Loss = sum(L[t] for t)
outputs: [o, Loss]
draw:
"""
DRAWN = """\
  theme: color
  groups: {encoder: [a, h], read out: [o, L]}
  colors: {encoder: steelblue, k: {fill: "#333", line: black}, parameters: crimson}
  modes: {test: {hide: [Loss, L, y]}}
"""


def model(text: str) -> gf.Circuit:
    return gf.loads(MODEL + "".join(f"  {line}\n" for line in text.splitlines()))


def groups(picture: Picture, kind: str, signal: str) -> list[Group]:
    return [g for g in picture.groups if g.kind.split()[0] == kind and g.signal == signal]


def test_groups_are_framed_at_every_step() -> None:
    picture = gf.draw(gf.unfold(gf.loads(MODEL + DRAWN), 3), pair=False).picture
    for title, members in (("encoder", "ah"), ("read out", "oL")):
        frames = groups(picture, "frame", title)
        assert [f.step for f in frames] == ["1", "2", "3"]
        for frame in frames:
            rect, label = frame.items
            assert isinstance(rect, Rect)
            assert isinstance(label, Label)
            assert abs(label.x - rect.x) < rect.half_width
            assert box(label)[3] < rect.y + rect.half_height
            held = {g.signal for g in picture.groups if g.kind.startswith("node") and _in(g, rect)}
            assert held == set(members)


def _in(group: Group, rect: Rect) -> bool:
    disc = group.items[0]
    assert isinstance(disc, Disc)
    across = abs(disc.x - rect.x) + disc.radius < rect.half_width
    return across and abs(disc.y - rect.y) + disc.radius < rect.half_height


def test_a_group_may_hold_an_open_use() -> None:
    circuit = shipped("stacked_lstm")
    text = gf.dumps(gf.load(gf.example_path("stacked_lstm")))
    assert circuit.groups
    both = gf.loads(f"{text}draw: {{groups: {{two: [lower, middle]}}}}\n")
    found = gf.draw(both, open="lower").picture
    assert groups(found, "frame", "two")
    assert groups(found, "frame", "lower")


def test_colours_of_signals_groups_and_roles() -> None:
    picture = gf.draw(gf.unfold(gf.loads(MODEL + DRAWN), 2), pair=False).picture
    (frame, *_), (*_, node) = groups(picture, "frame", "encoder"), groups(picture, "node", "k")
    assert frame.paint is not None
    assert node.paint is not None
    assert (frame.paint.line, node.paint.fill, node.paint.line) == ("#4682b4", "#333333", "#000000")
    assert contrast(node.paint.ink, node.paint.fill) >= 4.5
    inks = {
        i.ink for g in picture.groups if g.kind == "wire" for i in g.items if isinstance(i, Label)
    }
    assert inks == {"#dc143c"}


def test_the_theme_that_is_asked_for_wins() -> None:
    circuit = gf.loads(MODEL + DRAWN)
    assert gf.draw(circuit).picture.palette.ink == "#1f2430"
    assert gf.draw(circuit, theme="dark").picture.palette.ink == "#eceff3"
    assert gf.draw(circuit, theme="book").picture.palette.ink == "#000000"


def test_a_mode_hides_signals_of_its_own() -> None:
    circuit = gf.loads(MODEL + DRAWN)
    drawn = {
        mode: {g.signal for g in gf.draw(gf.unfold(circuit, 2, mode=mode)).picture.groups}
        for mode in ("train", "test")
    }
    assert {"L", "y", "Loss"} <= drawn["train"]
    assert drawn["test"].isdisjoint({"L", "y", "Loss"})
    assert {"L", "y"} <= {g.signal for g in gf.draw(circuit).picture.groups}


def test_figure_10_6_has_no_target_at_test_time() -> None:
    window = gf.window(shipped("teacher_forcing"), mode="test")
    shown = {g.signal for g in gf.draw(window, pair=False).picture.groups}
    assert shown.isdisjoint({"L", "y"})
    assert {"x", "h", "o"} <= shown


def test_what_is_drawn_is_written_and_read_back() -> None:
    circuit = gf.loads(MODEL + DRAWN)
    again = gf.loads(gf.dumps(circuit))
    assert again == circuit
    assert again.style == circuit.style
    assert again.style.colors[0][0] == "encoder"


COLORS = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
TINTS = COLORS | st.dictionaries(st.sampled_from(["fill", "line", "ink"]), COLORS, min_size=1)
TITLES = st.text(alphabet="ab cé:#'\"{[-", min_size=1, max_size=12).filter(str.strip)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["x", "h", "k", *ROLES]), TINTS),
    TITLES,
    st.sampled_from(["", *gf.themes()]),
    st.lists(st.sampled_from(["L", "y", "o"]), unique=True, min_size=1),
)
def test_every_look_comes_back_from_yaml_and_fits_the_schema(
    colors: dict[str, object], title: str, theme: str, hidden: list[str]
) -> None:
    c = gf.Circuit("c", modes=["train", "test"])
    t = c.axis("t")
    x, y = c.input("x", over=t), c.input("y", over=t)
    names = ("h", "k", "o", "L")
    h, k, o, loss = (c.signal(name, over=t, init=0) for name in names)
    h[t] = h[t - 1] + x[t]
    k[t], o[t], loss[t] = 2 * h[t], 3 * h[t], y[t] * o[t]
    own = {} if title.strip() in (*names, "x", "y") else {title: ["h", "k"]}
    c.draw(groups=own, colors=colors, theme=theme, hide_in={"test": hidden})  # type: ignore[arg-type]
    text = gf.dumps(c)
    assert gf.loads(text).style == c.freeze().style
    jsonschema.validate(yaml.safe_load(text), gf.model_schema())


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("theme: colour", "17:10: theme: unknown theme 'colour'; did you mean 'color'?"),
        ("theme: [a]", "17:10: theme: a theme is a name"),
        ("groups: {e: [a, zz]}", "17:19: unknown-signal: unknown signal 'zz'"),
        ("groups: {e: [a], f: [a]}", "17:24: group: 'a' stands in group 'e' already"),
        ("groups: {e: [W]}", "17:16: group: 'W' is a parameter"),
        ("groups: {e: [Loss]}", "17:16: group: 'Loss' is static"),
        ("groups: {h: [a]}", "17:12: group: a group needs a title of its own"),
        ("groups: {e: []}", "17:12: group: group 'e' holds no signals"),
        ("groups: {e: a}", "17:15: groups: a group is a list"),
        ("rows: [x, h, k, o]\ngroups: {e: [h, o]}", "18:12: group: group 'e' has to stand in rows"),
        ("colors: {hh: red}", "17:12: unknown-signal: nothing is called 'hh'; did you mean 'h'?"),
        ("colors: {stats: red}", "17:12: unknown-signal: nothing is called 'stats'"),
        ("colors: {W: red}", "17:12: color: 'W' is a parameter"),
        ("colors: {h: oragne}", "17:15: color: 'oragne' is no colour; did you mean 'orange'?"),
        ("colors: {h: {fil: red}}", "17:16: unknown-key: unknown key 'fil'; did you mean 'fill'?"),
        ("colors: {h: [red]}", "17:15: color: write a colour"),
        (
            "modes: {tset: {hide: [L]}}",
            "17:11: unknown-mode: unknown mode 'tset'; did you mean 'test'",
        ),
        ("modes: {test: {hide: [M]}}", "17:25: unknown-signal: unknown signal 'M'"),
        (
            "modes: {test: {hid: [L]}}",
            "17:18: unknown-key: unknown key 'hid'; did you mean 'hide'?",
        ),
        ("modes: {test: [L]}", "17:17: modes: say what is hidden"),
        ("colours: {h: red}", "17:3: unknown-key: unknown key 'colours'; did you mean 'colors'?"),
    ],
)
def test_what_cannot_be_drawn_is_told_with_its_place(text: str, report: str) -> None:
    with pytest.raises(gf.ModelError) as caught:
        model(text)
    assert str(caught.value).startswith(report)


def test_a_group_around_what_stands_between_is_refused() -> None:
    with pytest.raises(gf.DrawingError, match="put k into the group"):
        gf.draw(model("groups: {e: [h, o]}"))


@pytest.mark.parametrize(
    ("looks", "error", "message"),
    [
        ({"colors": {"h": "oragne"}}, gf.GraphfoldError, "did you mean 'orange'"),
        ({"colors": {"h": {"fil": "red"}}}, gf.GraphfoldError, "did you mean 'fill'"),
        ({"colour": {}}, TypeError, "no 'colour'; did you mean 'colors'"),
    ],
)
def test_python_says_what_is_no_look(looks: object, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        gf.Circuit("c").draw(**looks)  # type: ignore[arg-type]
