"""Trees: how they are read, what is refused and with which cure, and nets checked by recursion."""

from __future__ import annotations

import pickle
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mistakes import lines
from tree_circuits import Nested, trees

import graphfold as gf
from graphfold.circuit import Circuit

RECURSIVE = gf.load(gf.example_path("recursive"))
LSTM = gf.load(gf.example_path("tree_lstm"))
SENTENCE = "((the cat) (sat down))"

# -- nets against plain recursion ---------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def leaves_of(nested: Nested) -> int:
    return sum(map(leaves_of, nested)) if isinstance(nested, tuple) else 1


def values_for(circuit: Circuit, sizes: dict[str, int], leaves: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    lead = {"k": (leaves,), None: ()}
    return {
        s.name: random.uniform(-1, 1, (*lead[s.axis], *(d.evaluate(sizes) for d in s.shape)))
        for s in circuit.declared.values()
    }


@given(trees(2, 10), st.integers(0, 99))
def test_a_recursive_net_is_what_plain_recursion_gives(nested: Nested, seed: int) -> None:
    leaves = leaves_of(nested)
    v = values_for(RECURSIVE, {"n_x": 2, "n_h": 3, "n_y": 4}, leaves, seed)
    words = iter(v["x"])

    def state(part: Nested) -> Any:
        if not isinstance(part, tuple):
            return v["V"] @ next(words)
        left, right = (state(child) for child in part)
        return np.tanh(v["b"] + v["U"] @ left + v["W"] @ right)

    o = v["c"] + v["Wo"] @ state(nested)
    loss = -(v["y"] * (o - np.log(np.exp(o).sum()))).sum()
    found = gf.evaluate(gf.unfold(RECURSIVE, tree=nested), v).outputs()
    np.testing.assert_allclose(found["o"], o)
    np.testing.assert_allclose(found["L"], loss)


@given(trees(2, 10), st.integers(0, 99))
def test_a_tree_lstm_is_what_plain_recursion_gives(nested: Nested, seed: int) -> None:
    v = values_for(LSTM, {"n_x": 2, "n_h": 3}, leaves_of(nested), seed)
    words = iter(v["x"])

    def state(part: Nested) -> tuple[Any, Any]:
        if not isinstance(part, tuple):
            x = next(words)
            return v["P"] @ x, sigmoid(v["Q"] @ x) * np.tanh(v["P"] @ x)
        (cl, hl), (cr, hr) = (state(child) for child in part)
        i, fl, fr, o, u = np.split(v["b"] + v["L"] @ hl + v["R"] @ hr, 5)
        c = sigmoid(i) * np.tanh(u) + sigmoid(fl) * cl + sigmoid(fr) * cr
        return c, sigmoid(o) * np.tanh(c)

    found = gf.evaluate(gf.unfold(LSTM, tree=nested), v)
    np.testing.assert_allclose(found["root"], state(nested)[1])


def tensor_net() -> gf.Circuit:
    """The recursive neural tensor network of Socher et al. 2013, with two slices."""
    c = gf.Circuit("tensor net")
    k = c.axis("k", "K")
    t = c.axis("t", "T", children=("left", "right"), leaves=k)
    left, right = t.children
    x, w = c.input("x", 2, over=k), c.param("W", 2, 4)
    slices = [c.param(f"V{i}", 4, 4) for i in range(2)]
    p, ab = c.signal("p", over=t), c.signal("ab", over=t)
    c.init(p, k, x[k])
    ab[t] = gf.concat(p[left], p[right])
    quadratic = gf.stack(*(gf.dot(ab[t], s @ ab[t]) for s in slices))
    p[t] = gf.tanh(quadratic + w @ ab[t])
    c.output(c.define("root", p[t.last]))
    return c


@given(trees(2, 8), st.integers(0, 99))
def test_a_recursive_tensor_net_is_what_plain_recursion_gives(nested: Nested, seed: int) -> None:
    circuit = tensor_net().freeze()
    v = values_for(circuit, {}, leaves_of(nested), seed)
    words = iter(v["x"])

    def state(part: Nested) -> Any:
        if not isinstance(part, tuple):
            return next(words)
        ab = np.concatenate([state(child) for child in part])
        return np.tanh([ab @ v["V0"] @ ab, ab @ v["V1"] @ ab] + v["W"] @ ab)

    found = gf.evaluate(gf.unfold(circuit, tree=nested), v)
    np.testing.assert_allclose(found["root"], state(nested))
    assert gf.loads(gf.dumps(circuit)) == circuit


# -- reading trees ------------------------------------------------------------------------------

STRINGS = {
    "": "the tree is empty; write it as ((the cat) (sat down))",
    "   ": "the tree is empty; write it as ((the cat) (sat down))",
    "((the cat) (sat down)": "column 1: '(' is never closed",
    "((the cat)) sat)": "column 13: a second tree begins here; put brackets around the whole tree",
    "the cat": "column 5: a second tree begins here; put brackets around the whole tree",
    "(the cat))": "column 10: ')' closes nothing",
    ")": "column 1: ')' closes nothing",
    "(the cat sat)": "column 1: (the cat sat) has 3 children, but t has left, right",
    "((the) cat)": "column 2: (the) has 1 child, but t has left, right",
    "(() cat)": "column 2: () holds nothing, but t has left, right",
    "((a b c) (d))": "column 2: (a b c) has 3 children, but t has left, right\n"
    "column 10: (d) has 1 child, but t has left, right",
    f"({'word ' * 20})": "column 1: (word word word word word word word wor… has 20 children, "
    "but t has left, right",
}


@pytest.mark.parametrize(("text", "message"), STRINGS.items())
def test_a_bracketed_tree_that_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.unfold(RECURSIVE, tree=text)
    assert str(caught.value) == message


LOOP: list[Any] = ["a"]
LOOP.append(LOOP)
NESTED: dict[str, tuple[Any, str]] = {
    "three children": (("the", "cat", "sat"), "(the cat sat) has 3 children, but t has"),
    "none": (((), "cat"), "() holds nothing, but t has left, right"),
    "a number that is no word": (("a", 0.5), "float is none of them"),
    "a set": ({"a", "b"}, "set is none of them"),
    "a truth value": (("a", True), "bool is none of them"),
    "itself": (LOOP, "a list holds itself"),
    "a circuit": (RECURSIVE, "Circuit is none of them"),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested_tuples_that_are_wrong_are_told(name: str) -> None:
    tree, message = NESTED[name]
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.unfold(RECURSIVE, tree=tree)
    assert message in str(caught.value)


GRAPHS: dict[str, tuple[Any, list[str]]] = {
    "nothing": (nx.DiGraph(), ["the tree is empty; write it as ((the cat) (sat down))"]),
    "two parents": (
        nx.DiGraph([("s", "a"), ("s", "b"), ("a", "c"), ("b", "c")]),
        ["'c' has 2 parents: 'a', 'b'"],
    ),
    "two roots": (
        nx.DiGraph([("s", "a"), ("r", "b")]),
        ["a tree has one root; here are 2: 's', 'r'"],
    ),
    "a cycle": (
        nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a")]),
        ["the graph runs in a circle: 'a' -> 'b' -> 'c' -> 'a'"],
    ),
    "a cycle beside a tree": (
        nx.DiGraph([("s", "x"), ("s", "y"), ("a", "b"), ("b", "a")]),
        ["the graph runs in a circle: 'a' -> 'b' -> 'a'"],
    ),
    "everything at once": (
        nx.DiGraph([("s", "c"), ("r", "c"), ("a", "a")]),
        [
            "'c' has 2 parents: 's', 'r'",
            "a tree has one root; here are 2: 's', 'r'",
            "the graph runs in a circle: 'a' -> 'a'",
        ],
    ),
    "no directions": (
        nx.Graph([("s", "a")]),
        ["a tree is a networkx.DiGraph with edges from parents to children, not a Graph"],
    ),
    "double edges": (
        nx.MultiDiGraph([("s", "a"), ("s", "a")]),
        ["a tree is a networkx.DiGraph with edges from parents to children, not a MultiDiGraph"],
    ),
    "three children": (
        nx.DiGraph([("s", "a"), ("s", "b"), ("s", "c")]),
        ["node 's': (a b c) has 3 children, but t has left, right"],
    ),
}
HALF = nx.DiGraph()
HALF.add_edge("s", "a", order=1)
HALF.add_edge("s", "b")
GRAPHS["an order for one child only"] = (
    HALF,
    [
        "node 's': the order of its children is not clear; "
        "give every edge an `order` of its own, or none"
    ],
)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_that_is_no_tree_is_told_with_all_that_is_wrong(name: str) -> None:
    graph, messages = GRAPHS[name]
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.unfold(RECURSIVE, tree=graph)
    assert str(caught.value).splitlines() == messages


def test_a_tree_is_written_as_it_is_read_and_copied_whole() -> None:
    tree = gf.parse_tree((("the", None), ("sat", 3)))
    assert str(tree) == "((the 2) (sat 3))"
    assert repr(tree) == "<tree of 4 leaves: ((the 2) (sat 3))>"
    assert pickle.loads(pickle.dumps(tree)) == tree
    assert tree != gf.parse_tree("((the x) (sat 3))")
    assert tree != "((the 2) (sat 3))"
    with pytest.raises(ValueError, match="read-only"):
        tree.children[0, 0] = 7
    assert gf.parse_tree(tree, ("a", "b")) is tree
    with pytest.raises(
        gf.UnfoldingError, match=r"\(the 2\) has 2 children, but the axis has a, b, c"
    ):
        gf.parse_tree(tree, ("a", "b", "c"))
    with pytest.raises(gf.UnfoldingError, match=r"\(a b c\) has 3 children, but \(x y\) has 2"):
        gf.parse_tree("((x y) (a b c))")


BROKEN = {
    "a node twice": ([[0, -1], [1, 1]], "abc"),
    "a child after its parent": ([[0, 2], [-1, 1]], "ab"),
    "a leaf too many": ([[0, -1]], "abc"),
    "two roots": ([[0, -1], [-2, -3]], "abcd"),
    "no rows": ([1, 2], "ab"),
    "two leaves alone": (np.zeros((0, 2)), "ab"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_arrays_that_make_no_tree_are_refused(name: str) -> None:
    children, words = BROKEN[name]
    with pytest.raises(gf.UnfoldingError, match="make no tree"):
        gf.Tree(np.array(children), tuple(words))


SUMS = (
    "graphfold: 1\naxes: {k: K, t: {length: T, children: [left, right], leaves: k}}\n"
    "inputs: {'x[k]': []}\ninit:\n  s[k]: x[k]\n"
    "equations: |\n  s[t] = s[left] + s[right]\n  root = s[T]\n"
)


def comb(levels: int) -> Nested:
    nested: Nested = "w"
    for _ in range(levels):
        nested = (nested, "w")
    return nested


def test_a_tree_of_a_hundred_thousand_levels_is_unfolded_and_counted() -> None:
    levels = 100_000
    unfolding = gf.unfold(gf.loads(SUMS), tree=comb(levels))
    assert unfolding.node_count == 2 * (levels + 1) + levels + 1
    sources, targets = gf.edge_arrays(unfolding)
    assert len(sources) == gf.edge_count(unfolding) == levels + 1 + 2 * levels + 1
    assert (sources < targets).all()
    assert unfolding.tree("t").heights[-1] == levels
    assert repr(unfolding.tree("t")).startswith("<tree of 100,001 leaves: ((((")


def test_a_deep_tree_is_evaluated_written_and_read_back() -> None:
    levels = 5_000
    unfolding = gf.unfold(gf.loads(SUMS), tree=comb(levels))
    assert gf.evaluate(unfolding, {"x": np.ones(levels + 1)})["root"] == levels + 1
    tree = unfolding.tree("t")
    assert gf.parse_tree(str(tree)) == tree
    graph = nx.DiGraph((i + 1, c) for i, row in enumerate(tree.rows) for c in row)
    assert gf.parse_tree(graph).rows == tree.rows


# -- models ------------------------------------------------------------------------------------

HEAD = "graphfold: 1\naxes:\n  k: K\n  t: {length: T, children: [left, right], leaves: k}\n"
MODEL = (
    HEAD + "inputs: {'x[k]': [], 'y[t]': [], s: []}\ninit:\n  h[k]: x[k]\n"
    "equations: |\n  h[t] = h[left] + h[right]\n"
)


def changed(old: str, new: str) -> str:
    assert old in MODEL
    return MODEL.replace(old, new, 1)


EQUATION = "h[t] = h[left] + h[right]"
MISTAKES = {
    "h[t] = h[t-1] + y[t]": [
        "9:10 h[t-1]: a tree has no step before; read a child, h[left] or h[right]"
    ],
    "h[t] = h[t+1] + y[t]": ["9:10 h[t+1]: a node cannot read what stands above it"],
    "h[t] = h[left-1]": ["9:10 h[left-1]: a child takes no offset: write h[left]"],
    "h[t] = h[lft] + y[t]": ["9:10 'h' has no index 'lft'; did you mean 'left'?"],
    "h[t] = h[zzzz] + y[t]": ["9:10 'h' has no index 'zzzz'; write h[t], h[left] or h[right]"],
    "h[t] = h[left] + left": [
        "9:20 'left' is a child and has no value; read a signal there: h[left]"
    ],
    "h[t] = h[left] + x[left]": [
        "9:20 'x' runs over k, and only what runs over t has children; write x[k] or x[K]"
    ],
    "h[t] = h[left] + s[left]": ["9:20 's' is static and takes no time index"],
    "h[t] = h[left] + x[k]": [
        "9:20 'h' does not run over k: define h[k], or write x[K] or sum(x[k] for k)"
    ],
    "h[t] = h[left] + h[k]": [
        "9:20 'h' has no index 'k'; over the leaves it is told under init, `h[k]: …`"
    ],
    "h[t] = h[left] + h": [
        "9:20 'h' is a sequence over t: write h[t], h[left] or h[right], "
        "h[T] for the root or sum(h[t] for t)"
    ],
    "h[t] = h[left] + sum(h[right] for t)": [
        "9:24 h[right] cannot stand in a sum over t: give it a name, z[t] = h[right]"
    ],
    "h[left] = h[right]": [
        "9:3 'left' is a child, no axis: define it over t",
    ],
    "h[t] = h[t] + h[left]": ["9:10 delay-free cycle: h <- h (9:10); to use a child write h[left]"],
    "h[t] = h[left] + h[T]": [
        "9:20 'h' needs all steps of 'h' at once: h <- h (9:20); read a child, as h[left]"
    ],
    "h[t] = h[left]\n  r = h[T-1]": [
        "10:7 h[T-1]: the root is h[T]; its children are h[left] or h[right]"
    ],
    "h[t] = h[left]\n  r = h[left]": [
        "10:7 'r' does not run over t: define r[t], or write h[T] or sum(h[t] for t)"
    ],
    "h[t] = h[left]\n  g[t] = g[left] + g[0]": [
        "10:10 g[left] at a leaf reads g[k], which has no value; add `g[k]: zeros` under init"
    ],
    "h[t] = h[left]\n  r = y[0]": [
        "10:7 y[0] reads y[k], which has no value; add `y[k]: zeros` under init"
    ],
}


@pytest.mark.parametrize("equation", MISTAKES)
def test_a_mistake_in_an_equation_over_a_tree_is_reported_with_its_cure(equation: str) -> None:
    assert lines(changed(EQUATION, equation)) == MISTAKES[equation]


INIT = {
    "h[0]: zeros": [
        "7:3 h[0]: init tells what a tree has at its leaves; write `h[k]: …` for all leaves"
    ],
    "h[T]: zeros": [
        "7:3 h[T]: init tells what a tree has at its leaves; write `h[k]: …` for all leaves"
    ],
    "h[t]: zeros": [
        "7:3 h[t]: init tells what a tree has at its leaves; write `h[k]: …` for all leaves"
    ],
    "h: [zeros, zeros]": [
        "7:3 h[-1]: init tells what a tree has at its leaves; write `h[k]: …` for all leaves",
        "7:3 h[0]: init tells what a tree has at its leaves; write `h[k]: …` for all leaves",
    ],
    "h[k]: x[k-1]": [
        "7:9 h[k] reads what the same leaf has, not x[k-1]; give that a name of its own, "
        "e[k] = x[k-1]"
    ],
    "h[k]: y[t]": [
        "7:9 h[k] reads what the same leaf has, not y[t]; give that a name of its own, e[k] = y[t]"
    ],
    "h[k]: x[K]": ["7:9 write a static equation for x[K] first"],
    "h[k]: sum(x[k] for k)": ["7:9 h[k] must be static; give its value a name of its own"],
    "x[k]: zeros": ["7:3 x[k] names no single step; write x[0] or x[K+1]"],
}


@pytest.mark.parametrize("init", INIT)
def test_a_mistake_at_the_leaves_is_reported_with_its_cure(init: str) -> None:
    found = lines(changed("h[k]: x[k]", init))
    assert [line for line in found if "has no value" not in line][: len(INIT[init])] == INIT[init]


AXES = {
    "{length: T, children: [left, right]}": ["4:6 the tree t needs the leaves' axis, `leaves: k`"],
    "{children: [left, right], leaves: k}": ["4:6 the tree t needs a length symbol, `length: T`"],
    "{length: T, leaves: k}": ["4:6 the tree t needs the names of its children, as [left, right]"],
    "{length: T, children: [left, right], leafs: k}": [
        "4:6 the tree t needs the leaves' axis, `leaves: k`",
        "4:43 unknown key 'leafs'; did you mean 'leaves'?",
    ],
    "{length: T, children: [left, right], leaves: j}": [
        "4:3 the leaves of t have no axis 'j'; declare `j: K` under axes"
    ],
    "{length: T, children: [left, right], leaves: t}": [
        "4:3 the leaves of t cannot be 't', which is a tree"
    ],
    "{length: T, children: [left, left], leaves: k}": ["4:3 'left' is already a child at line 4"],
    "{length: T, children: [left, x], leaves: k}": [
        "5:11 'x' is already a child at line 4",
    ],
    "{length: T, children: [k, right], leaves: k}": ["4:3 'k' is already an axis at line 3"],
    "{length: T, children: left, leaves: k}": [
        "4:28 'children' must be a list, as [a, b]",
        "4:28 the tree t needs the names of its children, as [left, right]",
    ],
}


@pytest.mark.parametrize("axis", AXES)
def test_a_tree_that_is_declared_wrong_is_reported_with_its_cure(axis: str) -> None:
    found = lines(changed("{length: T, children: [left, right], leaves: k}", axis))
    assert found[: len(AXES[axis])] == AXES[axis]


TINY = gf.loads(MODEL)
RNN = gf.load(gf.example_path("rnn_loss"))
CALLS: dict[str, tuple[Any, str]] = {
    "no tree": (lambda: gf.unfold(TINY), "t is a tree: say which one, unfold(circuit, tree=((‘"),
    "steps alone": (lambda: gf.unfold(TINY, 3), "t is a tree: say which one"),
    "steps beside a tree": (
        lambda: gf.unfold(TINY, 3, tree="(a b)"),
        "t is a tree: its steps follow from the tree; leave out the steps",
    ),
    "steps of the tree": (
        lambda: gf.unfold(TINY, tree="(a b)", t=1),
        "t is a tree: its steps follow from the tree",
    ),
    "steps of the leaves": (
        lambda: gf.unfold(TINY, {"k": 2}, tree="(a b)"),
        "k is the leaves of a tree: its steps follow from the tree",
    ),
    "a tree for a chain": (
        lambda: gf.unfold(RNN, 3, tree="(a b)"),
        "no axis of this circuit is a tree; declare `t: {length: T, children: [left, right],",
    ),
    "a tree for another axis": (
        lambda: gf.unfold(TINY, tree={"k": "(a b)"}),
        "axis 'k' is no tree",
    ),
    "a window": (lambda: gf.window(TINY), "a tree has no window: unfold it whole"),
    "an instance that is not there": (
        lambda: gf.unfold(TINY, tree="(a b)").find("h[-7]"),
        "h[-7] is no node of this tree; its nodes are h[1] up to h[1], "
        "its leaves h[0] down to h[-1]",
    ),
    "a tree to expand without one": (
        lambda: gf.expand(TINY, "h[1]"),
        "'h' depends on the tree: give one (--tree",
    ),
    "a tree to expand what has none": (
        lambda: gf.expand(RNN, "h[1]", tree="(a b)"),
        "a tree is given, but no axis of this circuit is one",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_does_not_suit_a_tree_is_refused_with_a_cure(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(gf.UnfoldingError) as caught:
        call()
    assert message.replace("‘", "'") in str(caught.value)


def test_a_leaf_that_the_tree_has_not_is_told() -> None:
    circuit = gf.loads(MODEL + "  r = h[-2] + h[0]\n")
    assert gf.unfold(circuit, tree="((a b) c)").contains("h", -2)
    with pytest.raises(gf.UnfoldingError, match=r"reads h\[-2\], the leaf 3, but the tree has 2"):
        gf.unfold(circuit, tree="(a b)")


def test_two_trees_over_the_same_leaves_are_unfolded_together() -> None:
    text = MODEL.replace("inputs:", "  u: {length: N, children: [a, b], leaves: k}\ninputs:")
    text = text.replace("init:", "init:\n  g[k]: 2 * x[k]") + "  g[u] = g[a] * g[b]\n"
    circuit = gf.loads(text)
    values = {"x": np.arange(1.0, 4), "y": np.zeros(2), "s": 0.0}
    unfolding = gf.unfold(circuit, tree={"t": "((a b) c)", "u": "(a (b c))"})
    found = gf.evaluate(unfolding, values)
    assert found["h[2]"] == 6.0
    assert found["g[1]"] == 24.0
    assert found["g[2]"] == 48.0
    with pytest.raises(gf.UnfoldingError, match="differ in their number: 3 and 2"):
        gf.unfold(circuit, tree={"t": "((a b) c)", "u": "(a b)"})
    with pytest.raises(gf.UnfoldingError, match="u is a tree: say which one"):
        gf.unfold(circuit, tree={"t": "((a b) c)"})


# -- values -------------------------------------------------------------------------------------


def given_leaves() -> gf.Circuit:
    c = gf.Circuit("given")
    k = c.axis("k", "K")
    t = c.axis("t", "T", children=("left", "right"), leaves=k)
    left, right = t.children
    h = c.signal("h", over=t, init="given")
    h[t] = h[left] - h[right]
    return c


def test_leaves_are_given_as_one_array() -> None:
    unfolding = gf.unfold(given_leaves(), tree="((a b) c)")
    found = gf.evaluate(unfolding, {"h[k]": [5.0, 2, 1]})
    assert found.signal("h").tolist() == [3, 2]
    assert found.leaves("h").tolist() == [5, 2, 1]
    batch = gf.evaluate(unfolding, {"h[k]": np.ones((3, 4))})
    assert batch.leaves("h").shape == (3, 4)
    turned = gf.evaluate(unfolding, {"h[k]": np.ones((4, 3))}, batch_first=True)
    assert turned.leaves("h").shape == (4, 3)
    assert gf.random_values(unfolding, 0, roles=["history"])["h[k]"].shape == (3,)


WRONG = {
    "too few": ({"h[k]": [1.0, 2]}, "h[k]: expected (K,) with K = 3, found (2,)"),
    "none": ({}, "history h[k] is missing: an array (K,) or (K, B) with K = 3; give it, or write"),
    "one leaf": (
        {"h[0]": 1.0, "h[k]": [1.0, 2, 3]},
        "h[0] is no value to give; give all leaves as",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_leaves_that_do_not_fit_are_told(name: str) -> None:
    values, message = WRONG[name]
    with pytest.raises(gf.ValuesError) as caught:
        gf.evaluate(gf.unfold(given_leaves(), tree="((a b) c)"), values)
    assert message in str(caught.value)


def test_leaves_are_asked_for_by_a_name_that_is_read_there() -> None:
    values = {"x": np.ones(2), "y": np.ones(1), "s": 1.0}
    found = gf.evaluate(gf.unfold(TINY, tree="(a b)"), values)
    with pytest.raises(KeyError, match="'y' is not read at the leaves"):
        found.leaves("y")


def test_the_algebra_of_a_root_runs_down_to_the_inputs_of_the_leaves() -> None:
    circuit = gf.loads(MODEL.replace("h[k]: x[k]", "h[k]: 2 * x[k]"))
    sides = gf.expand(circuit, "h(T)", tree="((a b) c)").splitlines()
    assert sides == [
        "h(2) = h(1) + h(−2) = h(0) + h(−1) + 2 * x(3) = 2 * x(1) + 2 * x(2) + 2 * x(3)",
        "h(2) = g(2)(x(1), x(2), x(3))",
    ]
    assert "2 * x(3)" in gf.expand(circuit, "h(2)", tree="((a b) c)")
    assert gf.expand(circuit, "h[t]") == "h[t] = h[left] + h[right]"


# -- Python ---------------------------------------------------------------------------------------


def test_a_tree_in_python_and_in_a_file_are_equal() -> None:
    c = gf.Circuit("circuit")
    k = c.axis("k", "K")
    t = c.axis("t", "T", children=("left", "right"), leaves=k)
    left, right = t.children
    x = c.input("x", over=k)
    c.input("y", over=t)
    c.input("s")
    h = c.signal("h", over=t, init=x[k])
    h[t] = h[left] + h[right]
    assert c == TINY
    assert repr(left) == "<child left>"
    again = c.axis("t")
    assert [child.name for child in again.children] == ["left", "right"]  # type: ignore[attr-defined]


BUILDING = {
    "an offset": (lambda _c, t, _k: t.children[0] - 1, "a child takes no offset: read h[left]"),
    "children without leaves": (
        lambda c, _t, _k: c.axis("u", "N", children=["a"]),
        "a tree has children and leaves: give 'u' both, or neither",
    ),
    "other children": (
        lambda c, _t, k: c.axis("t", "T", children=["a"], leaves=k),
        "axis 't' is declared already, with other children or leaves",
    ),
    "leaves that are no axis": (
        lambda c, _t, _k: c.axis("u", "N", children=["a"], leaves="k"),
        "over takes an axis",
    ),
}


@pytest.mark.parametrize("name", BUILDING)
def test_a_tree_that_is_built_wrong_is_refused(name: str) -> None:
    build, message = BUILDING[name]
    c = gf.Circuit()
    k = c.axis("k", "K")
    t = c.axis("t", "T", children=("left", "right"), leaves=k)
    with pytest.raises(gf.GraphfoldError) as caught:
        build(c, t, k)
    assert message in str(caught.value)


def test_a_circuit_over_a_tree_goes_to_other_tools() -> None:
    graph = gf.to_networkx(TINY)
    assert graph.nodes["h[left]"]["child"] == "left"
    edges = gf.to_networkx(TINY, delays="edges").edges["h", "h"]
    assert edges["children"] == ["left", "right"]
    assert "left" in gf.to_graphviz(TINY).source
    unfolded = gf.to_networkx(gf.unfold(TINY, tree="(a b)"))
    assert set(unfolded.pred["h[1]"]) == {"h[0]", "h[-1]"}
    assert unfolded.nodes["h[0]"]["kind"] == "boundary"
