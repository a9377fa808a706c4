"""Unfoldings: counts worked out by hand, pins, lengths, untied parameters, windows."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import graphfold as gf
from graphfold.examples import example_path
from graphfold.instances import format_id, parse_id


def example(name: str) -> gf.Circuit:
    return gf.load(example_path(name))


def model(equations: str, init: str = "", rest: str = "") -> gf.Circuit:
    lines = "".join(f"  {line}\n" for line in equations.split("\n"))
    bounds = f"init:\n  {init}\n" if init else ""
    return gf.loads(f"graphfold: 1\n{rest}{bounds}equations: |\n{lines}")


def ids(unfolding: gf.Unfolding) -> list[str]:
    return [format_id(*instance) for instance in unfolding.instances()]


@pytest.mark.parametrize(
    ("name", "count"),
    [("rnn_loss", 25), ("lstm", 35), ("bidirectional", 29), ("classical", 4)],
)
def test_three_steps_have_as_many_nodes_as_counted_by_hand(name: str, count: int) -> None:
    unfolding = gf.unfold(example(name), 3)
    assert unfolding.node_count == count == len(set(ids(unfolding)))


def test_a_pin_takes_the_place_of_the_equation() -> None:
    unfolding = gf.unfold(example("classical"), 3)
    assert sorted(ids(unfolding)) == ["s[1]", "s[2]", "s[3]", "theta"]
    assert gf.predecessors(unfolding, "s", 1) == ()
    assert gf.predecessors(unfolding, "s", 2) == (("s", 1), ("theta", None))
    assert unfolding.is_pinned("s", 1)
    assert unfolding.is_boundary("s", 1)
    assert not unfolding.is_boundary("s", 2)
    assert unfolding.boundaries == ()


def test_the_order_is_topological_then_by_step_then_by_declaration() -> None:
    assert ids(gf.unfold(example("rnn_loss"), 2)) == [
        *["U", "W", "V", "b", "c", "h[0]"],
        *["x[1]", "y[1]", "a[1]", "h[1]", "o[1]", "L[1]"],
        *["x[2]", "y[2]", "a[2]", "h[2]", "o[2]", "L[2]"],
        "Loss",
    ]


def test_an_anti_causal_recurrence_runs_from_the_end() -> None:
    listed = ids(gf.unfold(example("bidirectional"), 3))
    assert [i for i in listed if i[0] == "g"] == ["g[4]", "g[3]", "g[2]", "g[1]"]


def test_a_component_with_delays_of_both_signs_is_ordered() -> None:
    unfolding = gf.unfold(model("a[t] = b[t+1]\nb[t] = a[t-3]"), 5)
    listed = ids(unfolding)
    places = {name: number for number, name in enumerate(listed)}
    for instance in unfolding.instances():
        for source in gf.predecessors(unfolding, *instance):
            assert places[format_id(*source)] < places[format_id(*instance)]


def test_no_steps_leave_the_static_signals() -> None:
    unfolding = gf.unfold(example("rnn_loss"), 0)
    assert ids(unfolding) == ["U", "W", "V", "b", "c", "Loss"]
    assert gf.edge_count(unfolding) == 0


def test_one_step_reads_only_the_history_it_needs() -> None:
    assert ids(gf.unfold(example("fibonacci"), 1)) == ["F[-1]", "F[0]", "F[1]"]
    two = model("F[t] = F[t-2]")
    assert ids(gf.unfold(two, 1)) == ["F[-1]", "F[1]"]


def test_history_that_the_model_leaves_out_becomes_a_node() -> None:
    unfolding = gf.unfold(model("h[t] = h[t-1] + g[t+1]\ng[t] = 1"), 2)
    assert unfolding.boundaries == (("h", 0), ("g", 3))
    assert unfolding.boundary_value("h", 0) is None


def test_a_pinned_step_asks_for_no_history() -> None:
    unfolding = gf.unfold(model("h[t] = h[t-1]", "h[1]: 3"), 3)
    assert ids(unfolding) == ["h[1]", "h[2]", "h[3]"]


def test_what_nobody_reads_at_any_step_is_not_there() -> None:
    assert ids(gf.unfold(model("h[t] = h[t-1] + g[0]\ng[t] = 1", "h[1]: 3"), 1)) == ["h[1]", "g[1]"]
    assert ids(gf.unfold(model("y[t] = g[T]\ng[t] = 1"), 0)) == []


@pytest.mark.parametrize("steps", [-1, 1.5, "3", None, True, 2**60, [3]])
def test_wrong_numbers_of_steps_are_refused(steps: object) -> None:
    with pytest.raises(gf.UnfoldingError, match=r"whole number|say how many steps|at most"):
        gf.unfold(example("lstm"), steps)  # type: ignore[arg-type]


def test_steps_may_be_named_by_the_axis_or_a_numpy_number() -> None:
    circuit = example("lstm")
    assert gf.unfold(circuit, t=3) == gf.unfold(circuit, 3) == gf.unfold(circuit, np.int64(3))
    with pytest.raises(gf.UnfoldingError, match="unknown axis 'u'; the axis is t"):
        gf.unfold(circuit, u=3)


def test_a_fixed_read_beyond_the_last_step_is_refused() -> None:
    circuit = model("y = x[5]", rest="inputs: {'x[t]': []}\n")
    with pytest.raises(gf.UnfoldingError, match=r"'y' reads x\[5\], but t runs over 4 steps only"):
        gf.unfold(circuit, 4)
    assert gf.unfold(circuit, 5).node_count == 6


# -- instances by name ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("h[4]", "h[4] is not in this unfolding (t = 1..3)"),
        ("h[-1]", "h[-1] is not in this unfolding (t = 1..3)"),
        ("h", "'h' is a sequence: write h[1] up to h[3]"),
        ("W[1]", "'W' is static: write W"),
        ("hh[1]", "unknown signal 'hh'; did you mean 'h'?"),
        ("h[1", "'h[1' is no instance; write h[3], or W for a static one"),
        ("h[t]", "'h[t]' is no instance; write h[3], or W for a static one"),
        ("", "'' is no instance; write h[3], or W for a static one"),
    ],
)
def test_an_instance_that_does_not_exist_is_explained(text: str, said: str) -> None:
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.unfold(example("rnn_loss"), 3).find(text)
    assert str(caught.value) == said


def test_an_instance_that_was_pruned_is_explained() -> None:
    circuit = model("h[t] = 1\ny = h[2]", rest="outputs: [y]\n")
    pruned = gf.unfold(circuit, 3, prune=True)
    assert ids(pruned) == ["h[2]", "y"]
    with pytest.raises(gf.UnfoldingError, match=r"h\[3\] was pruned: no output needs it"):
        pruned.find("h[3]")


@pytest.mark.parametrize("pair", [("h", 3), ("W", None), ("theta_1", -12)])
def test_ids_are_written_and_read(pair: tuple[str, int | None]) -> None:
    assert parse_id(format_id(*pair)) == pair


def test_a_number_outside_is_an_index_error() -> None:
    unfolding = gf.unfold(example("rnn_loss"), 3)
    for number in (-1, 25):
        with pytest.raises(IndexError):
            unfolding.instance(number)


# -- pruned and untied --------------------------------------------------------------------------


def test_pruning_without_outputs_is_refused() -> None:
    with pytest.raises(gf.UnfoldingError, match="nothing to keep: the model names no outputs"):
        gf.unfold(model("y = 1"), 3, prune=True)


def test_an_untied_parameter_has_one_copy_a_step() -> None:
    unfolding = gf.unfold(example("rnn_loss"), 3, untie=["W"])
    assert unfolding.node_count == 27
    assert [i for i in ids(unfolding) if i[0] == "W"] == ["W[1]", "W[2]", "W[3]"]
    assert ("W", 2) in gf.predecessors(unfolding, "a", 2)
    assert unfolding.untied == {"W"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("w", "'w' cannot be untied: 'q', which is static, reads it"),
        ("v", "'v' cannot be untied: a history reads it"),
        ("h", "'h' is no parameter"),
        ("ww", "'ww' is no parameter; did you mean 'w'?"),
    ],
)
def test_what_cannot_be_untied_is_explained(name: str, said: str) -> None:
    circuit = model("q = w + 1\nh[t] = h[t-1] + q", "h[0]: v", "params: {w: [], v: []}\n")
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.unfold(circuit, 3, untie=[name])
    assert str(caught.value) == said


# -- arithmetic, not objects ------------------------------------------------------------------


def test_ten_million_instances_cost_less_than_a_megabyte() -> None:
    circuit = example("lstm")
    gf.unfold(circuit, 3).instance(0)  # what is imported on first use is not counted
    tracemalloc.start()
    unfolding = gf.unfold(circuit, 1_500_000)
    assert unfolding.node_count > 10_000_000
    assert gf.edge_count(unfolding) > 30_000_000
    middle = unfolding.number("h", 750_000)
    assert middle is not None
    assert unfolding.instance(middle) == ("h", 750_000)
    assert len(gf.predecessors(unfolding, "f", 1_000_000)) == 5
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_the_same_circuit_unfolds_over_any_length() -> None:
    circuit = example("driven")
    for steps in (1, 7, 1000, 2**53):
        unfolding = gf.unfold(circuit, steps)
        assert unfolding.node_count == 2 * steps + 2
        assert unfolding.contains("h", steps)
        assert not unfolding.contains("h", steps + 1)


# -- windows ----------------------------------------------------------------------------------


def test_a_window_keeps_its_width() -> None:
    window = gf.window(example("rnn_loss"), before=2, after=0)
    assert (window.axis, window.before, window.after) == ("t", 2, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"axis": "u"}, "unknown axis 'u'"),
        ({"before": -1}, "before must be a whole number from 0 on, not -1"),
        ({"after": 0.5}, "after must be a whole number, not 0.5"),
    ],
)
def test_a_wrong_window_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(gf.UnfoldingError) as caught:
        gf.window(example("rnn_loss"), **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)


def test_a_circuit_that_is_not_well_formed_is_not_unfolded() -> None:
    c = gf.Circuit("c")
    t = c.axis()
    h = c.signal("h", over=t)
    h[t] = h[t] + 1
    for verb in (gf.unfold, gf.window):
        with pytest.raises(gf.ModelError, match="delay-free cycle: h <- h"):
            verb(c, *([3] if verb is gf.unfold else []))


def test_boundaries_that_meet_at_one_step_are_refused() -> None:
    c = model("h[t] = h[t-1]", init="{'h[0]': 0, 'h[1]': 1, 'h[T]': 2}")
    assert ids(gf.unfold(c, 2)) == ["h[1]", "h[2]"]  # both pinned: nobody reads h[0]
    with pytest.raises(gf.UnfoldingError, match=r"h\[1\] and h\[T\] are the same step for t = 1"):
        gf.unfold(c, 1)


@pytest.mark.parametrize("verb", [gf.check, gf.unfold, gf.window, gf.to_networkx, gf.dumps])
def test_what_is_no_circuit_is_refused_with_a_cure(verb) -> None:
    with pytest.raises(gf.GraphfoldError, match="expected a circuit, not str; read a file with"):
        verb("model.yaml")


@pytest.mark.parametrize("readout", ["h[T]", "sum(h[t] for t)"])
def test_pruning_finds_the_same_all_at_once_and_step_by_step(readout: str) -> None:
    c = model(f"h[t] = h[t-2] + x[t]\ny = {readout}\nz[t] = h[t]", rest="inputs: {'x[t]': []}\n")
    c = gf.loads(gf.dumps(c) + "outputs: [y]\n")
    steps = 200  # h[T] needs every second step: more rounds than are tried at once
    kept = set(ids(gf.unfold(c, steps, prune=True)))
    every = 2 if readout == "h[T]" else 1
    expected = {f"{s}[{t}]" for s in "xh" for t in range(steps, 0, -every)}
    assert kept == expected | {"y", "h[0]"} | ({"h[-1]"} if every == 1 else set())


def test_a_circuit_and_its_unfolding_show_themselves_on_one_line() -> None:
    circuit = gf.load(gf.example_path("lstm"))
    assert repr(circuit) == (
        "<circuit 'lstm cell': x, U, Uf, Ug, Uo, W, Wf, Wg, Wo, b, bf, bg, bo, f, g, q, i,…>"
    )
    unfolding = gf.unfold(circuit, 10**6)
    assert repr(unfolding) == "<unfolding of 'lstm cell', t = 1..1000000: 7,000,014 nodes>"
    window = gf.window(circuit)
    assert repr(window) == f"Window(circuit={circuit!r}, axis='t', before=1, after=1)"
