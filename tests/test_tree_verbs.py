"""Trees with all else: modes, cells, elimination, blocks, lengths, analysis, schema, windows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import yaml
from command_line import call
from hypothesis import given, note
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tree_circuits import Nested, tree_cases

import graphfold as gf
from graphfold.analyze import Cycle
from graphfold.circuit import Circuit, Delay
from graphfold.examples import example_path

TREE = "((a b) c)"
RECURSIVE = gf.load(example_path("recursive"))
X = np.arange(6.0).reshape(3, 2)

MODES = """\
graphfold: 1
axes:
  k: K
  t: {length: T, children: [left, right], leaves: k}
modes: [train, test]
dims: {n: 2}
inputs: {'x[k]': [n]}
params: {U: [n, n]}
init: {'h[k]': 'switch(mode, train: x[k], test: 2 * x[k])'}
equations: |
  h[t] = switch(mode, train: tanh(U @ h[left] + h[right]), test: h[left] - h[right])
  o = h[T]
outputs: [o]
"""

NET = """\
cells:
  net:
    axes:
      k: K
      t: {length: T, children: [left, right], leaves: k}
    dims: [n]
    inputs: {'x[k]': [n]}
    params: {U: [n, n]}
    init: {'h[k]': 'k * x[k]'}
    equations: |
      h[t] = tanh(U @ h[left] + h[right])
      r = h[T]
    outputs: [r]
"""

USED = """\
graphfold: 1
axes:
  w: N
  s: {length: S, children: [one, two], leaves: w}
dims: {n: 2}
inputs: {'x[w]': [n]}
params: {U: [n, n]}
equations: |
  a = net(x=x[w], U=U)
  b = net(x=2 * x[w]; a)
  o = a.r + b.r
outputs: [o]
"""

GATE = """\
graphfold: 1
axes:
  k: K
  t: {length: T, children: [left, right], leaves: k}
dims: {n: 2}
cells:
  gate:
    dims: [n]
    inputs: {'a[t]': [n], 'b[t]': [n]}
    params: {U: [n, n]}
    equations: |
      z[t] = tanh(U @ a[t] + b[t])
inputs: {'x[k]': [n]}
init: {'h[k]': 'x[k]'}
equations: |
  g = gate(a=h[left], b=h[right])
  h[t] = g.z[t]
  o = h[T]
outputs: [o]
"""

BESIDE = """\
graphfold: 1
axes:
  k: K
  t: {length: T, children: [left, right], leaves: k}
  u: N
inputs: {'x[k]': [], 'z[u]': []}
init: {'h[k]': 'x[k]', 'g[0]': r}
equations: |
  h[t] = tanh(h[left] + h[right])
  r = h[T]
  g[u] = tanh(g[u-1] + z[u])
  o = g[N]
outputs: [o]
"""


def joined(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What `h[t] = tanh(U @ h[left] + h[right])` has at the root of the tree."""
    return np.tanh(weight @ np.tanh(weight @ x[0] + x[1]) + x[2])


def test_each_mode_has_its_own_leaves_and_nodes() -> None:
    circuit = gf.loads(MODES)
    values = {"x": X, "U": np.array([[0.5, 0.25], [-1.0, 0.75]])}
    train, test = (gf.unfold(circuit, tree=TREE, mode=mode) for mode in ("train", "test"))
    np.testing.assert_allclose(gf.evaluate(train, values)["o"], joined(values["U"], X))
    np.testing.assert_allclose(gf.evaluate(test, values)["o"], 2 * (X[0] - X[1] - X[2]))
    assert gf.expand(circuit, "o", tree=TREE, mode="test").endswith(
        "2 * x[1] - 2 * x[2] - 2 * x[3]"
    )


def test_a_switch_at_the_leaves_is_written_and_read_back() -> None:
    circuit = gf.loads(MODES)
    assert gf.loads(gf.dumps(circuit)) == circuit


def test_modes_over_a_tree_are_drawn_side_by_side() -> None:
    circuit = gf.loads(MODES)
    parts = [gf.unfold(circuit, tree=TREE, mode=mode) for mode in ("train", "test")]
    groups = gf.draw(parts).picture.groups
    assert [group.kind for group in groups].count("caption") == 2
    assert [group.kind for group in groups].count("word") == 6


@pytest.mark.parametrize("over", ["", ", over=s"])
def test_a_cell_over_a_tree_is_the_tree_written_out(over: str) -> None:
    circuit = gf.loads(
        USED.replace("equations", NET + "equations", 1).replace("; a)", f"{over}; a)")
    )
    values = {"x": X, "U": np.array([[0.5, 0.25], [-1.0, 0.75]])}
    found = gf.evaluate(gf.unfold(circuit, tree=TREE), values)["o"]
    leaves = X * np.array([[1], [2], [3]])
    expected = joined(values["U"], leaves) + joined(values["U"], 2 * leaves)
    np.testing.assert_allclose(found, expected)
    assert [d.child for d in gf.flatten(circuit).delays] == ["one", "two"] * 2
    assert gf.loads(gf.dumps(circuit)) == circuit


def test_a_gate_runs_over_the_tree_of_its_wires() -> None:
    values = {"x": X, "g.U": np.array([[0.5, 0.25], [-1.0, 0.75]])}
    found = gf.evaluate(gf.unfold(gf.loads(GATE), tree=TREE), values)["o"]
    np.testing.assert_allclose(found, joined(values["g.U"], X))


def test_cells_over_a_tree_are_drawn_open() -> None:
    picture = gf.draw(gf.unfold(gf.loads(GATE), tree=TREE)).picture
    assert {g.signal for g in picture.groups if g.kind.startswith("node")} >= {"g.z", "h", "x", "o"}


MISTAKES = {
    ("children: [one, two]", "children: [one]"): [
        "'a': a node has 2 children in net but 1 in the tree s",
        "'b': a node has 2 children in net but 1 in the tree s",
    ],
    ("s: {length: S, children: [one, two], leaves: w}", "t: S"): [
        "'a' runs over t, but net over a tree; declare "
        "`t: {length: …, children: [left, right], leaves: …}`",
        "'b' runs over t, but net over a tree; declare "
        "`t: {length: …, children: [left, right], leaves: …}`",
    ],
    ("; a)", ", reverse=true; a)"): [
        "'b' runs over a tree, which has no way back; leave out reverse"
    ],
}


@pytest.mark.parametrize("change", MISTAKES)
def test_a_cell_that_does_not_fit_its_tree_is_told_with_a_cure(change: tuple[str, str]) -> None:
    text = USED.replace("equations", NET + "equations", 1).replace(*change)
    with pytest.raises(gf.ModelError) as caught:
        gf.loads(text)
    assert [d.message for d in caught.value.diagnostics] == MISTAKES[change]
    assert all(d.mark for d in caught.value.diagnostics)


def test_the_step_before_within_a_cell_is_none_over_a_tree() -> None:
    text = GATE.replace("tanh(U @ a[t] + b[t])", "tanh(U @ a[t] + z[t-1])")
    with pytest.raises(gf.ModelError, match=r"g.z\[t-1\]: a tree has no step before; read a child"):
        gf.loads(text)


@given(tree_cases(), st.data())
def test_eliminating_over_a_tree_joins_what_paths_join(
    case: tuple[Circuit, Nested], data: st.DataObject
) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    unfolding = gf.unfold(circuit, tree=nested)
    names = data.draw(st.lists(st.sampled_from(circuit.signals), unique=True, max_size=3))
    left = gf.eliminate(unfolding, names)
    reads = {i: set(gf.predecessors(unfolding, *i)) for i in unfolding.instances()}
    joined: dict[object, set[object]] = {}
    for instance, sources in reads.items():  # in topological order
        through = [joined[s] if s[0] in names else {s} for s in sources]
        joined[instance] = set().union(*through)
    kept = [i for i in unfolding.instances() if i[0] not in names]
    assert list(left.instances()) == kept
    assert left.node_count == len(kept)
    assert {i: set(left.predecessors(*i)) for i in kept} == {i: joined[i] for i in kept}
    sources, targets = left.edge_arrays()
    pairs = {(kept[a], kept[b]) for a, b in zip(sources.tolist(), targets.tolist(), strict=True)}
    assert pairs == {(s, i) for i in kept for s in joined[i]}
    assert left.edge_count == len(sources) == len(pairs)


def test_an_elimination_over_a_tree_goes_to_graphviz_but_is_no_figure() -> None:
    left = gf.eliminate(gf.unfold(RECURSIVE, tree=TREE), "h")
    assert '"x[3]" -> o' in gf.to_graphviz(left).source
    with pytest.raises(gf.DrawingError, match="hide signals in the model"):
        gf.draw(left)


@pytest.mark.parametrize("lengths", [[1, 2], {"t": [1, 2]}, {"k": [3, 3]}])
def test_rows_of_their_own_lengths_are_refused_over_a_tree(lengths: object) -> None:
    unfolding = gf.unfold(RECURSIVE, tree=TREE)
    values = {"x": np.ones((3, 2, 2)), "y": np.ones((2, 2))}
    values |= gf.random_values(unfolding, 0, values, sizes={"n_h": 3})
    with pytest.raises(gf.ValuesError, match="t is a tree, which all rows of a batch share; leave"):
        gf.evaluate(unfolding, values, lengths=lengths)
    with pytest.raises(gf.ValuesError, match="t is a tree, which all rows of a batch share; leave"):
        gf.without_padding(unfolding, values, lengths)


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        (None, "t is a tree, which has no blocks of steps; unfold it whole"),
        ("t", "t is a tree, which has no blocks of steps; unfold it whole"),
        ("k", "k counts the leaves of a tree, which has no blocks of steps; unfold it whole"),
    ],
)
def test_blocks_along_a_tree_are_refused(axis: str | None, told: str) -> None:
    with pytest.raises(gf.GraphfoldError, match=told):
        gf.block(RECURSIVE, 2, axis)


def test_another_axis_beside_a_tree_is_cut_into_blocks() -> None:
    circuit = gf.loads(BESIDE)
    with pytest.raises(
        gf.GraphfoldError, match="t is a tree, which has no blocks of steps; name another"
    ):
        gf.block(circuit, 2, "t")
    blocked, values = gf.block(circuit, 2), {"x": X[:, 0], "z": np.array([0.1, 0.2, 0.3, 0.4])}
    whole = gf.evaluate(gf.unfold(circuit, tree=TREE, u=4), values)
    pairs = gf.evaluate(gf.unfold(blocked, tree=TREE, u=2), blocked.split(values))
    assert blocked.join(pairs.outputs())["o"] == whole["o"]


def test_a_tree_beside_another_axis_stays_folded_only() -> None:
    circuit = gf.loads(BESIDE)
    assert [len(b.names) for b in _scene(circuit).blocks] == [2, 2]
    with pytest.raises(gf.UnfoldingError, match="a tree has no window"):
        gf.window(circuit, "u")
    with pytest.raises(gf.UnfoldingError, match="say how many steps u has: --steps u=3, or u=3"):
        gf.unfold(circuit, tree=TREE)


def _scene(circuit: Circuit):
    from graphfold.render.symbolic import folded_circuit
    from graphfold.render.view import view

    return folded_circuit(view(circuit))


def test_children_are_delays_of_one_step() -> None:
    found = gf.analyze(RECURSIVE)
    assert found.delays == (Delay("h", 1, "left"), Delay("h", 1, "right"))
    assert found.registers == 2
    (recurrence,) = found.recurrences
    assert recurrence.cycles == (Cycle(("h",), (1,)),)
    assert found.iteration_bound == found.shortest_path == Fraction(1)
    assert found.critical_path == ("h", "o", "L")
    deep = gf.loads(example_path("tree_lstm").read_text("utf-8"))
    assert gf.analyze(deep).iteration_bound == Fraction(4)  # z, i, c, h
    assert gf.analyze(deep).shortest_path == Fraction(1)  # from c to c


def test_delays_of_children_are_named_in_json() -> None:
    for command in (["check", "--json"], ["analyze", "--json"]):
        data = yaml.safe_load(call(command[0], example_path("recursive"), *command[1:]).out)
        delays = data["delays"]
        assert [d["child"] for d in delays] == ["left", "right"]


@given(tree_cases())
def test_the_schema_takes_what_is_written_of_a_tree(case: tuple[Circuit, Nested]) -> None:
    written = yaml.safe_load(gf.dumps(case[0]))
    assert list(Draft202012Validator(gf.model_schema()).iter_errors(written)) == []


def test_a_flat_circuit_keeps_its_trees() -> None:
    flat = gf.flatten(gf.loads(GATE))
    assert flat.trees.keys() == {"t"}
    assert flat.leaf_history("h") is not None
    assert gf.flatten(RECURSIVE) is RECURSIVE
