"""Laws of figures over random trees, and what a figure of book 10.14 shows."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from figures import captions, corners, everything, nodes, squares, wires
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from test_render_geometry import covered
from tree_circuits import Nested, tree_cases, trees

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.picture import Picture

few = settings(max_examples=12, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
RECURSIVE = gf.load(gf.example_path("recursive"))
PER_NODE = """
graphfold: 1
axes: {k: K, t: {length: T, children: [left, right], leaves: k}}
dims: [n]
inputs: {"x[k]": [n], "y[t]": [n], s: [n]}
params: {"U, W, V, R, S, E": [n, n]}
init:
  h[k]: V @ e[k]
equations: |
  e[k] = E @ e[k-1] + x[k]
  h[t] = tanh(U @ h[left] + W @ h[right] + S @ s)
  o[t] = R @ h[t]
  L[t] = -sum(y[t] * log_softmax(o[t]))
  Loss = sum(L[t] for t)
"""
SHIPPED = {
    "recursive": RECURSIVE,
    "tree_lstm": gf.load(gf.example_path("tree_lstm")),
    "a loss at every node": gf.loads(PER_NODE),
}


@st.composite
def figures(draw: st.DrawFn) -> Picture:
    """The trees of the examples, and of some random circuits."""
    name = draw(st.sampled_from(list(SHIPPED)))
    nested = draw(trees(2, 7))
    note(str(gf.parse_tree(nested)))
    note(name)
    return gf.draw(gf.unfold(SHIPPED[name], tree=nested), pair=draw(st.booleans())).picture


@few
@given(figures())
def test_nothing_overlaps_or_is_covered_in_a_tree(picture: Picture) -> None:
    for (_, a, _), (_, b, _) in combinations(nodes(picture), 2):
        assert math.hypot(a.x - b.x, a.y - b.y) > a.radius + b.radius + 3
    for _, disc, label in nodes(picture):
        for x, y in corners(label):
            assert math.hypot(x - disc.x, y - disc.y) < disc.radius
    assert not covered(picture)


def through(picture: Picture) -> list[str]:
    """The wires that pass through a node that is none of their ends."""
    found = []
    for wire in wires(picture):
        for group, disc, _ in nodes(picture):
            nearest = min(math.hypot(x - disc.x, y - disc.y) for x, y in wire.points)
            end = group.signal in (wire.group.signal, wire.group.target)
            if nearest <= disc.radius + (-1 if end else 2):
                found.append(f"{wire.group.signal} -> {wire.group.target}: {group.title}")
    return found


@few
@given(figures())
def test_no_wire_of_a_tree_passes_through_a_node(picture: Picture) -> None:
    assert not through(picture)


@settings(few, max_examples=8)
@given(tree_cases(4))
def test_any_circuit_over_a_tree_is_drawn_whole_and_on_the_canvas(
    case: tuple[Circuit, Nested],
) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    unfolding = gf.unfold(circuit, tree=nested)
    picture = gf.draw(unfolding, pair=False).picture
    right, bottom = picture.left + picture.width, picture.top + picture.height
    assert all(
        picture.left < x < right and picture.top < y < bottom for x, y in everything(picture)
    )
    found = [g.title for g, _, _ in nodes(picture) if g.step]
    moving = [i for i in unfolding.instances() if i[1] is not None]
    assert sorted(found) == sorted(f"{s}[{t}]" for s, t in moving)
    for (_, a, _), (_, b, _) in combinations(nodes(picture), 2):
        assert math.hypot(a.x - b.x, a.y - b.y) > a.radius + b.radius + 3
    again = gf.draw(gf.unfold(circuit, tree=nested), pair=False).picture
    assert again == picture


@few
@given(trees(2, 12))
def test_leaves_stand_in_a_row_and_nodes_midway_above_their_children(nested: Nested) -> None:
    unfolding = gf.unfold(RECURSIVE, tree=nested)
    picture = gf.draw(unfolding, pair=False).picture
    at = {g.title: (disc.x, disc.y) for g, disc, _ in nodes(picture)}
    row = [at[f"x[{k}]"] for k in range(1, unfolding.length("k") + 1)]
    assert len({y for _, y in row}) == 1
    assert all(y <= row[0][1] for _, y in at.values())
    assert row == sorted(row)
    for step, children in enumerate(unfolding.tree("t").rows, start=1):
        (x, y), below = at[f"h[{step}]"], [at[f"h[{c}]"] for c in children]
        assert math.isclose(x, (below[0][0] + below[1][0]) / 2, abs_tol=0.01)
        assert all(y < low for _, low in below)


def segments(picture: Picture) -> list[tuple[str, tuple[tuple[float, float], ...]]]:
    tree_wires = (w for w in wires(picture) if w.group.signal == w.group.target == "h")
    return [(w.group.step, w.points[:-3]) for w in tree_wires]


@settings(few, max_examples=10)
@given(trees(2, 10))
def test_the_branches_of_a_tree_do_not_cross(nested: Nested) -> None:
    picture = gf.draw(gf.unfold(RECURSIVE, tree=nested), pair=False).picture
    for (step, a), (other, b) in combinations(segments(picture), 2):
        if step == other:
            continue  # they meet in their parent
        near = min((math.dist(p, q) for p in a for q in b), default=99.0)
        assert near > 5


def test_the_figure_of_a_recursive_net_is_that_of_the_book() -> None:
    picture = gf.draw(gf.unfold(RECURSIVE, tree="((the cat) (sat down))"), pair=False).picture
    drawn = {g.title: g.items[1].run.source for g, _, _ in nodes(picture)}  # type: ignore[union-attr]
    assert drawn["x[3]"].endswith("^{(3)}")
    assert drawn["h[0]"].endswith("^{(1)}")
    assert drawn["h[3]"].endswith("^{(1:4)}")
    assert drawn["o"] == r"\boldsymbol{o}"
    labels = {
        (w.group.signal, w.group.target, item.run.source)
        for w in wires(picture)
        for item in w.group.items[2:]
    }  # type: ignore[union-attr]
    assert {(s, t) for s, t, _ in labels} == {("x", "h"), ("h", "h"), ("h", "o")}
    assert {text for s, t, text in labels if s == t} == {r"\boldsymbol{U}", r"\boldsymbol{W}"}
    words = [g.items[0].run.source for g in picture.groups if g.kind == "word"]  # type: ignore[union-attr]
    assert words == [rf"\text{{{word}}}" for word in ("the", "cat", "sat", "down")]
    bare = gf.draw(gf.unfold(RECURSIVE, tree="(a b)"), words=False).picture
    assert not [g for g in bare.groups if g.kind == "word"]


def test_each_wire_of_a_tree_is_an_edge_of_the_unfolding() -> None:
    unfolding = gf.unfold(RECURSIVE, tree="(((a b) c) (d e))")
    picture = gf.draw(unfolding, pair=False).picture
    shown = {i for i in unfolding.instances() if RECURSIVE.kind_of(i[0]) != "param"}
    edges = [
        (p[0], i[0], "" if i[1] is None else str(i[1]))
        for i in shown
        for p in gf.predecessors(unfolding, *i)
        if p in shown
    ]
    drawn = [(w.group.signal, w.group.target, w.group.step) for w in wires(picture)]
    assert sorted(drawn) == sorted(edges)


def test_a_square_of_a_child_is_marked_and_stands_on_its_side() -> None:
    picture = gf.draw(RECURSIVE).picture
    (h,) = [disc for group, disc, _ in nodes(picture) if group.signal == "h"]
    at = {group.step: x for group, (x, _) in squares(picture)}
    assert at["left"] < h.x < at["right"]
    marked = {g.step for g, _ in captions(picture) if g.kind == "delay"}
    assert marked == {"left", "right"}
    assert not covered(picture)


def test_nodes_with_one_child_are_labelled_with_their_steps() -> None:
    text = PER_NODE.replace("[left, right]", "[below]").replace(
        "h[left] + W @ h[right]", "h[below]"
    )
    picture = gf.draw(gf.unfold(gf.loads(text), tree=((("w",),),)), pair=False).picture
    drawn = {g.title: g.items[1].run.source for g, _, _ in nodes(picture)}  # type: ignore[union-attr]
    assert drawn["h[0]"].endswith("^{(0)}")
    assert drawn["h[3]"].endswith("^{(3)}")
    assert not covered(picture)
    assert not through(picture)


def test_a_tree_of_a_thousand_leaves_is_drawn_whole() -> None:
    nested: Nested = [str(i) for i in range(512)]
    while len(nested) > 1:
        nested = [tuple(nested[i : i + 2]) for i in range(0, len(nested), 2)]
    picture = gf.draw(gf.unfold(RECURSIVE, tree=nested[0]), pair=False, words=False).picture
    assert len(nodes(picture)) == 512 * 2 + 511 + 3
    deep: Nested = "w"
    for _ in range(700):
        deep = (deep, "w")
    assert (
        gf.draw(gf.unfold(RECURSIVE, tree=deep), pair=False, words=False).picture.height > 700 * 60
    )


@pytest.mark.parametrize("what", ["another axis", "two trees"])
def test_a_figure_of_a_tree_beside_something_else_is_refused_with_a_cure(what: str) -> None:
    axes = "  k: K\n  t: {length: T, children: [l, r], leaves: k}\n"
    other = (
        "  u: N\n"
        if what == "another axis"
        else ("  u: {length: N, children: [a, b], leaves: k}\n")
    )
    rhs = "g[u-1]" if what == "another axis" else "g[a] + g[b]"
    text = f"graphfold: 1\naxes:\n{axes}{other}equations: |\n  h[t] = h[l] + h[r]\n  g[u] = {rhs}\n"
    circuit = gf.loads(text)
    steps = {"u": 3} if what == "another axis" else None
    with pytest.raises(gf.DrawingError, match="hide what runs over u: g"):
        gf.draw(gf.unfold(circuit, steps, tree="(x y)"))
