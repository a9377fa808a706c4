"""Every command does its job: results, files, pipes, formats, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import networkx as nx
import numpy as np
import pygraphviz
import pytest
from command_line import call
from graphfold_cli.figures import FORMATS

import graphfold as gf
from graphfold.examples import example_names, example_path

RNN = example_path("rnn_loss").read_bytes()
COMMANDS = [
    *(
        "check",
        "draw",
        "unfold",
        "block",
        "fold",
        "expand",
        "eval",
        "analyze",
        "examples",
        "schema",
    ),
    "completion",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a model and its data, in which nothing half-written may remain."""
    monkeypatch.chdir(tmp_path)
    for name in ("rnn_loss.yaml", "rnn_loss.npz", "classical.yaml", "fibonacci.yaml"):
        Path(name).write_bytes(example_path("lstm").with_name(name).read_bytes())
    yield tmp_path
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# -- help ---------------------------------------------------------------------------------------


def test_the_version_is_told() -> None:
    assert call("--version").out == f"graphfold {gf.__version__}\n"


@pytest.mark.parametrize("module", ["graphfold", "graphfold_cli"])
def test_python_runs_it_as_a_module(module: str) -> None:
    command = [sys.executable, "-m", module, "--version"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout == f"graphfold {gf.__version__}\n"


def test_the_help_lists_all_commands_uncut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = call("--help")
    assert done.code == 0
    lines = [line for line in done.out.splitlines() if line.strip()]
    summaries = [line for line in lines if line.split()[0] in COMMANDS]
    assert [line.split()[0] for line in summaries] == COMMANDS
    assert not [line for line in summaries if not line.endswith(".") or "..." in line]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_has_examples_that_name_the_command(command: str) -> None:
    for flag in ("--help", "-h"):
        done = call(command, flag)
        assert (done.code, done.err) == (0, "")
        assert done.out.count(f"graphfold {command}") >= 2


def test_defaults_are_told() -> None:
    text = " ".join(call("unfold", "--help").out.split())
    assert "[default: 3]" in text
    assert "[default: MODEL-unfolded.svg]" in text
    assert "[default: 2.0; 0.1<=x<=20]" in text


def test_no_command_shows_the_help() -> None:
    done = call()
    assert done.code == 2
    assert done.err.startswith("Usage: graphfold")
    assert "Commands:" in done.err
    assert "error:" not in done.err


# -- check, analyze, examples -------------------------------------------------------------------


def test_check_says_what_a_model_holds() -> None:
    done = call("check", "rnn_loss.yaml")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "rnn_loss.yaml: ok: 12 signals (2 inputs, 5 parameters, 5 equations),"
        " 1 delay, 1 recurrence (a, h: causal)\n"
    )


def test_check_as_json() -> None:
    facts = json.loads(call("check", "rnn_loss.yaml", "--json").out)
    assert facts["signals"] == 12
    assert facts["delays"] == [{"signal": "h", "steps": 1}]
    assert facts["recurrences"] == [{"signals": ["a", "h"], "direction": "causal"}]


def test_check_shows_shapes() -> None:
    rows = [line.split() for line in call("check", "rnn_loss.yaml", "--shapes").out.splitlines()]
    assert ["W", "param", "static", "n_h,", "n_h"] in rows
    assert ["Loss", "equation", "static", "scalar"] in rows
    shapes = json.loads(call("check", "rnn_loss.yaml", "--shapes", "--json").out)
    assert shapes["U"] == ["n_h", "n_x"]


def test_a_warning_is_no_failure() -> None:
    model = RNN.replace(b"h[0]: zeros", b"h[0]: zeros\n  h[1]: zeros")
    done = call("check", "-", stdin=model)
    assert done.code in (0, 2)
    assert "Traceback" not in done.err


def test_missing_history_fails_the_check() -> None:
    done = call("check", "-", stdin=RNN.replace(b"init:\n  h[0]: zeros\n", b""))
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("<stdin>:14:18: ")
    assert "h[t-1] at t = 1 reads h[0], which has no value" in done.err


def test_analyze_tells_delays_and_cycles() -> None:
    done = call("analyze", "rnn_loss.yaml")
    rows = [line.split() for line in done.out.splitlines()]
    assert ["h[t-1]", "1", "a"] in rows
    assert "causal recurrence of a, h" in done.out
    assert ["a", "→", "h", "→", "a", "2", "1"] in rows
    for measure in ("iteration bound", "shortest path per step"):
        row = f"{measure} 2 2 signals in 1 step a → h → a"
        assert row in [" ".join(words) for words in rows]
    assert "critical path, 5 signals: a → h → o → L → Loss" in done.out


def test_analyze_tells_the_extremes_of_all_recurrences() -> None:
    model = b"graphfold: 1\nequations: |\n  h[t] = h[t-2]\n  g[t] = q[t+1]\n  q[t] = g[t]\n"
    rest = call("analyze", "-", stdin=model).out.partition("all recurrences")[2]
    rows = [" ".join(line.split()) for line in rest.splitlines()]
    assert "iteration bound 2 2 signals in 1 step g → q → g" in rows
    assert "shortest path per step 1/2 1 signal in 2 steps h → h" in rows


def test_analyze_as_json() -> None:
    found = json.loads(call("analyze", "rnn_loss.yaml", "--json").out)
    (recurrence,) = found["recurrences"]
    cycle = {"signals": ["a", "h"], "delays": [0, 1], "total": 1}
    assert recurrence["cycles"] == [cycle]
    extreme = {"ratio": "2", "value": 2.0, "cycle": cycle}
    for where in (found, recurrence):
        assert (where["iteration_bound"], where["shortest_path"]) == (extreme, extreme)
    assert found["critical_path"] == ["a", "h", "o", "L", "Loss"]


def test_analyze_of_a_circuit_without_delays() -> None:
    done = call("analyze", "-", stdin=b"graphfold: 1\nequations: |\n  y = 1\n")
    assert done.out.splitlines()[0] == "no delays: nothing is remembered from step to step"
    assert done.out.splitlines()[-1] == "critical path, 1 signal: y"


def test_examples_are_listed_and_printed_byte_by_byte() -> None:
    listed = {line.split()[0] for line in call("examples").out.splitlines() if line}
    assert set(example_names()) < listed
    for name in example_names():
        assert call("examples", name).data == example_path(name).read_bytes()


def test_an_example_is_saved_with_its_data_once(folder: Path) -> None:
    done = call("examples", "lstm", "--save")
    assert (done.code, done.lines) == (0, ["lstm.yaml", "lstm.npz"])
    assert Path("lstm.npz").read_bytes() == example_path("lstm").with_suffix(".npz").read_bytes()
    Path("lstm.yaml").unlink()
    before = files(folder)
    done = call("examples", "lstm", "--save")
    assert (done.code, done.err) == (2, "error: lstm.npz exists already; it is left as it is\n")
    assert files(folder) == before


@pytest.mark.parametrize("name", example_names())
def test_every_example_can_be_checked_and_analyzed(name: str) -> None:
    for command in ("check", "analyze"):
        assert call(command, example_path(name)).code == 0


# -- figures and graphs -------------------------------------------------------------------------

DEFAULT_NAMES = {
    ("unfold", "rnn_loss.yaml"): "rnn_loss-unfolded.svg",
    ("unfold", "rnn_loss.yaml", "--format", "png"): "rnn_loss-unfolded.png",
    ("unfold", "rnn_loss.yaml", "--format", "json"): "rnn_loss-unfolded.json",
    ("unfold", "-"): "rnn-with-output-and-loss-unfolded.svg",
    ("draw", "rnn_loss.yaml"): "rnn_loss-folded.svg",
    ("draw", "rnn_loss.yaml", "--format", "dot"): "rnn_loss-folded.dot",
}


@pytest.mark.parametrize("args", DEFAULT_NAMES)
def test_without_an_output_the_file_is_named_after_the_model(
    folder: Path, args: tuple[str, ...]
) -> None:
    before = files(folder)
    done = call(*args, stdin=RNN)
    assert done.code == 0
    assert files(folder) - before == {DEFAULT_NAMES[args]}
    assert done.err.endswith(f"{DEFAULT_NAMES[args]}\n")
    assert done.data == b""


def test_steps_that_are_named_are_kept_in_a_long_figure(folder: Path) -> None:
    ends = ("--first", 1, "--last", 1, "--only-unfolded", "-o", "f.svg")
    kept = ("--keep", "50", "--keep", "t=60:61")
    assert call("unfold", "rnn_loss.yaml", "--steps", "100", *kept, *ends).code == 0
    steps = set(re.findall('data-signal="h" data-step="([0-9]+)"', Path("f.svg").read_text()))
    assert steps == {"0", "1", "50", "60", "61", "100"}


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ("500", "keep: there is no step 500 (t = 0..100)"),
        ("s=5", "keep: unknown axis 's'"),
        ("x", "keep: 'x' is not a step; write 50, 40:44 or t=50"),
    ],
)
def test_a_step_to_be_kept_that_is_not_there_is_an_error_and_leaves_no_file(
    folder: Path, keep: str, told: str
) -> None:
    done = call("unfold", "rnn_loss.yaml", "--steps", "100", "--keep", keep, "-o", "g.svg")
    assert done.code == 2
    assert told in done.err
    assert not Path("g.svg").exists()


def test_a_window_keeps_no_steps(folder: Path) -> None:
    done = call("unfold", "rnn_loss.yaml", "--window", "1,1", "--keep", "3")
    assert done.code == 2
    assert "leave out --keep" in done.err


def test_unfold_says_nodes_edges_parameters_and_the_path() -> None:
    done = call("unfold", "rnn_loss.yaml", "--steps", "3", "-o", "f.svg")
    assert done.err == "25 nodes, 36 edges, 5 shared parameters: f.svg\n"
    done = call("unfold", "classical.yaml", "--steps", "t=1", "-o", "-")
    assert done.err == "2 nodes, 0 edges, 1 shared parameter\n"
    done = call("unfold", "rnn_loss.yaml", "--window", "1,0", "-o", "f.svg")
    assert done.err == "t - 1 .. t: f.svg\n"


def test_unfold_tells_its_facts_as_json() -> None:
    done = call("unfold", "rnn_loss.yaml", "-o", "f.svg", "--json")
    facts = {"nodes": 25, "edges": 36, "shared parameters": 5, "file": "f.svg"}
    assert json.loads(done.err) == facts


STARTS = {
    "svg": b"<svg ", "png": b"\x89PNG", "pdf": b"%PDF-", "tex": b"% rnn", "tikz": b"% rnn",
    "mermaid": b"---\n", "dot": b"digraph ", "json": b'{"directed',
}  # fmt: skip


@pytest.mark.parametrize("kind", STARTS)
def test_a_pipe_gets_the_same_bytes_as_a_file_on_every_run(kind: str) -> None:
    call("unfold", "rnn_loss.yaml", "-o", f"f.{kind}")
    call("unfold", "rnn_loss.yaml", "-o", f"g.{kind.upper()}")
    piped = call("unfold", "-", "-o", "-", "--format", kind, stdin=RNN).data
    assert piped == Path(f"f.{kind}").read_bytes() == Path(f"g.{kind.upper()}").read_bytes()
    assert piped.startswith(STARTS[kind])


def test_the_format_given_beats_the_suffix() -> None:
    call("draw", "rnn_loss.yaml", "-o", "f.txt", "--format", "png")
    assert Path("f.txt").read_bytes().startswith(STARTS["png"])


def test_the_scale_counts_in_png() -> None:
    sizes = []
    for scale in ("1", "2"):
        done = call("draw", "rnn_loss.yaml", "-o", "-", "--format", "png", "--scale", scale)
        sizes.append(int.from_bytes(done.data[16:20], "big"))
    assert abs(sizes[1] - 2 * sizes[0]) <= 1


def test_node_link_data_reads_back() -> None:
    call("unfold", "rnn_loss.yaml", "--steps", "5", "-o", "f.json")
    with Path("f.json").open(encoding="utf-8") as file:
        graph = nx.node_link_graph(json.load(file))
    assert nx.utils.graphs_equal(graph, gf.to_networkx(gf.unfold(gf.loads(RNN.decode()), 5)))


def test_dot_parses_and_holds_what_the_figure_shows() -> None:
    source = call("unfold", "rnn_loss.yaml", "-o", "-", "--format", "dot").out
    assert pygraphviz.AGraph(string=source).number_of_nodes() == 16
    source = call("unfold", "rnn_loss.yaml", "--window", "0,0", "-o", "-", "--format", "dot").out
    assert pygraphviz.AGraph(string=source).number_of_nodes() == 7


def test_the_command_line_knows_every_format_of_figures() -> None:
    assert tuple(gf.FIGURE_FORMATS) == FORMATS


def test_a_label_that_cannot_be_set_is_told_and_the_figure_written() -> None:
    label = r"  labels: {y: '\nosuch{h}'}"
    text = f"graphfold: 1\nequations: |\n  y = 1\ndraw:\n{label}\n"
    Path("bad.yaml").write_text(text, encoding="utf-8")
    done = call("draw", "bad.yaml", "-o", "f.svg")
    message = "the label of 'y', \\nosuch{h}, is shown as plain text: \\nosuch is no command"
    assert done.code == 0
    assert done.err.startswith(f"bad.yaml:5:12: label: warning: {message}")
    facts = json.loads(call("draw", "bad.yaml", "-o", "f.svg", "--json").err)
    assert [warning["signal"] for warning in facts["warnings"]] == ["y"]


def test_options_of_unfold_change_the_unfolding() -> None:
    def facts(*options: str) -> list[int]:
        done = call("unfold", "rnn_loss.yaml", "-o", "f.json", "--json", *options)
        found = json.loads(done.err)
        return [found["nodes"], found["edges"], found["shared parameters"]]

    assert facts("--steps", "0") == [6, 0, 5]
    assert facts("--steps", "1000")[0] == 7 + 6 * 1000
    assert facts("--untie", "W") == [27, 36, 4]
    assert facts("--untie", "W", "--untie", "U") == [29, 36, 3]
    assert facts("--prune") == [25, 36, 5]


def test_the_folded_circuit_can_be_left_out() -> None:
    widths = []
    for options in ([], ["--only-unfolded"]):
        done = call("unfold", "rnn_loss.yaml", "-o", "-", "--format", "png", *options)
        widths.append(int.from_bytes(done.data[16:20], "big"))
    assert widths[1] < widths[0]


def test_every_step_is_drawn_when_asked_for() -> None:
    sizes = [
        len(call("unfold", "rnn_loss.yaml", "--steps", "40", "-o", "-", *options).data)
        for options in ([], ["--all-steps"])
    ]
    assert sizes[1] > 3 * sizes[0]


def test_a_figure_costs_the_same_at_any_number_of_steps() -> None:
    done = call("unfold", "rnn_loss.yaml", "--steps", "9007199254740992", "-o", "f.svg")
    assert done.code == 0
    assert len(Path("f.svg").read_bytes()) < 500_000


def test_an_old_file_is_replaced_and_keeps_its_mode() -> None:
    Path("f.svg").write_text("old")
    Path("f.svg").chmod(0o640)
    assert call("draw", "rnn_loss.yaml", "-o", "f.svg").code == 0
    assert Path("f.svg").read_bytes().startswith(STARTS["svg"])
    assert Path("f.svg").stat().st_mode & 0o777 == 0o640


# -- expand -------------------------------------------------------------------------------------


def test_expand_writes_the_line_of_the_book() -> None:
    done = call("expand", "classical.yaml", "s(3)")
    assert done.out == "s(3) = f(s(2); θ) = f(f(s(1); θ); θ)\n"
    done = call("expand", example_path("driven"), "h(t)")
    assert done.out == "h(t) = f(h(t−1), x(t); θ)\nh(t) = g(t)(x(t), x(t−1), …, x(1))\n"


def test_expand_has_notations_and_json() -> None:
    done = call("expand", "classical.yaml", "s[2]", "--notation", "superscripts")
    assert done.out == "s⁽²⁾ = f(s⁽¹⁾; θ)\n"
    done = call("expand", "classical.yaml", "s[2]", "--format", "latex")
    assert done.out.startswith(r"\boldsymbol{s}^{(2)} = f(")
    done = call("expand", "classical.yaml", "s", "--steps", "t=2", "--json")
    assert json.loads(done.out) == {"signal": "s", "lines": ["s[2] = f(s[1]; θ)"]}


# -- eval ---------------------------------------------------------------------------------------


def test_eval_prints_a_table() -> None:
    done = call("eval", "fibonacci.yaml", "--steps", "5")
    assert [line.split() for line in done.out.splitlines()[2:]] == [
        *(["1", "1"], ["2", "1"], ["3", "2"]),
        *(["4", "3"], ["5", "5"]),
    ]


def test_long_tables_are_cut_in_the_middle() -> None:
    lines = call("eval", "fibonacci.yaml", "--steps", "1000").out.splitlines()
    assert len(lines) == 23
    assert lines[12].split() == ["…", "…"]


def test_eval_writes_what_python_computes_whole_and_the_same() -> None:
    for name in ("a.npz", "b.npz"):
        done = call("eval", "rnn_loss.yaml", "--inputs", "rnn_loss.npz", "-o", name)
        assert (done.code, done.out) == (0, "")
        assert done.err == f"o [3, 2], Loss []: {name}\n"
    piped = call("eval", "rnn_loss.yaml", "--inputs", "rnn_loss.npz", "-o", "-").data
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes() == piped
    circuit = gf.load("rnn_loss.yaml")
    result = gf.evaluate(gf.unfold(circuit, 3), dict(np.load("rnn_loss.npz"))).outputs()
    with np.load("a.npz") as written:
        assert {n: written[n].tolist() for n in written} == {
            n: a.tolist() for n, a in result.items()
        }


def test_eval_reads_the_inputs_from_a_pipe_and_the_parameters_apart() -> None:
    arrays = dict(np.load("rnn_loss.npz"))
    whole = call("eval", "rnn_loss.yaml", "--inputs", "rnn_loss.npz", "--json").out
    stream = BytesIO()
    np.savez(stream, **{n: arrays[n] for n in "xy"})
    np.savez("params.npz", **{n: arrays[n] for n in arrays if n not in "xy"})
    data = stream.getvalue()
    done = call("eval", "rnn_loss.yaml", "-i", "-", "-p", "params.npz", "--json", stdin=data)
    assert (done.code, done.out) == (0, whole)


def test_eval_draws_missing_parameters_the_same_way_each_time() -> None:
    arrays = dict(np.load("rnn_loss.npz"))
    np.savez("x.npz", **{n: arrays[n] for n in ("x", "y", "W")})
    runs = [call("eval", "rnn_loss.yaml", "-i", "x.npz", "--seed", s).out for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_eval_of_a_batch_shows_one_example_and_writes_all() -> None:
    arrays = dict(np.load("rnn_loss.npz"))
    for name in "xy":
        arrays[name] = np.stack([arrays[name]] * 4, axis=1)
    np.savez("batch.npz", **arrays)
    assert "example 1 of 4" in call("eval", "rnn_loss.yaml", "-i", "batch.npz").out
    done = call("eval", "rnn_loss.yaml", "-i", "batch.npz", "--all", "-o", "all.npz")
    assert done.code == 0
    with np.load("all.npz") as written:
        assert written["h"].shape == (3, 4, 3)


def test_the_batch_may_come_first() -> None:
    arrays = dict(np.load("rnn_loss.npz"))
    results = []
    for axis, options in ((1, []), (0, ["--batch-first"])):
        batch = {n: np.stack([arrays[n]] * 2, axis=axis) for n in "xy"}
        np.savez("batch.npz", **arrays | batch)
        done = call("eval", "rnn_loss.yaml", "-i", "batch.npz", "--json", *options)
        assert done.code == 0
        results.append(np.array(json.loads(done.out)["o"]))
    assert results[0].shape == (3, 2, 2)
    np.testing.assert_array_equal(results[0], results[1].swapaxes(0, 1))


def test_values_that_are_not_finite_are_null_in_json() -> None:
    arrays = dict(np.load("rnn_loss.npz"))
    arrays["x"][0, 0] = np.nan
    np.savez("nan.npz", **arrays)
    done = call("eval", "rnn_loss.yaml", "-i", "nan.npz", "--allow-nan", "--json")
    assert json.loads(done.out)["Loss"] is None
    assert "NaN" not in done.out


# -- terminals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_no_encoding_makes_it_fail(encoding: str) -> None:
    for args in (
        ("expand", "classical.yaml", "s[2]", "--notation", "superscripts"),
        ("analyze", "rnn_loss.yaml"),
        ("examples",),
        ("examples", "lstm"),
        ("eval", "fibonacci.yaml", "--steps", "40"),
        ("check", "missing-θ🦆.yaml"),
        ("--help",),
    ):
        done = call(*args, encoding=encoding)
        assert "unexpected" not in done.err
        assert done.code == (2 if args[0] == "check" else 0)


def test_a_narrow_terminal_folds_the_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = call("unfold", "--help").out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("  graphfold ")) <= 50


def test_eval_takes_the_sizes_of_random_parameters_that_no_array_tells(folder: Path) -> None:
    data = {"x": [[1.0], [2.0]], "y": [[1.0], [0.0]]}
    (folder / "d.json").write_text(json.dumps(data), encoding="utf-8")
    call("examples", "rnn_loss", "--save")
    ask = ("eval", "rnn_loss.yaml", "-i", "d.json", "--seed", 1)
    assert call(*ask).code == 2
    done = call(*ask, "--size", "n_h=4", "--all", "-o", "v.npz")
    assert done.code == 0
    assert "h [2, 4]" in done.err
    for wrong, said in (("n_h", "write n_h=8"), ("q=3", "unknown dimension 'q'")):
        refused = call(*ask, "--size", wrong)
        assert (refused.code, said in refused.err) == (2, True)


def test_eval_names_the_inputs_that_differ_in_length(folder: Path) -> None:
    data = {"x": [[1.0], [2.0]], "y": [[1.0]]}
    (folder / "d.json").write_text(json.dumps(data), encoding="utf-8")
    call("examples", "rnn_loss", "--save")
    done = call("eval", "rnn_loss.yaml", "-i", "d.json", "--seed", 1)
    assert done.err == "error: the inputs differ in length: x has 2 steps, y has 1 step\n"


# -- eval of rows that differ in length ---------------------------------------------------------

ROWS = """graphfold: 1
inputs: {'x[t]': []}
init: {'h[0]': 0}
equations: |
  h[t] = h[t-1] + x[t]
  last = h[T]
"""
PADDED = np.array([[1, 4], [2, 5], [3, np.nan]])


def test_eval_takes_lengths_as_numbers_by_name_or_from_the_array_of_that_name(
    folder: Path,
) -> None:
    (folder / "rows.yaml").write_text(ROWS)
    np.savez("bare.npz", x=PADDED)
    np.savez("by_convention.npz", x=PADDED, lengths=[3, 2])
    np.savez("named.npz", x=PADDED, n=[3, 2])
    calls = [
        ("bare.npz", "--lengths", "3,2"),
        ("bare.npz", "--lengths", "t=3, 2"),
        ("by_convention.npz",),
        ("named.npz", "--lengths", "n"),
        ("named.npz", "--lengths", "t=n"),
    ]
    for given in calls:
        done = call("eval", "rows.yaml", "--json", "--fill", "-1", "-i", *given)
        assert json.loads(done.out) == {"h": [[1, 4], [3, 9], [6, -1]], "last": [6, 9]}, done.err
    np.savez("turned.npz", x=PADDED[:, ::-1].T, lengths=[2, 3])
    table = call("eval", "rows.yaml", "-i", "turned.npz", "--batch-first").out
    assert table.splitlines()[-4:] == ["1   4", "2   9", "", "last = [9. 6.]"]


def test_eval_never_takes_a_signal_for_lengths(folder: Path) -> None:
    (folder / "rows.yaml").write_text(ROWS.replace("x[t]", "lengths[t]"))
    np.savez("d.npz", lengths=np.ones((3, 2)))
    done = call("eval", "rows.yaml", "-i", "d.npz", "--json")
    assert json.loads(done.out)["last"] == [3, 3]
    done = call("eval", "rows.yaml", "-i", "d.npz", "--lengths", "lengths")
    assert done.code == 2
    assert done.lines == [
        "error: --lengths: 'lengths' is a signal of the model; give the lengths a name of their "
        "own, or as numbers"
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["q"], "--lengths: the inputs hold no array 'q'; the arrays beside signals are n"),
        (["3,1,2"], "batch sizes disagree: x has 2, lengths has 3"),
        (["3,4"], "lengths[1] = 4 is longer than T = 3; shorten it, or unfold over more steps"),
        (["u=3,2"], "lengths: unknown axis 'u'; the axis is t"),
        (["3,2", "3,2"], "--lengths: the lengths are given twice"),
        (["t=3,2", "t=n"], "--lengths: the lengths of 't' are given twice"),
        (["t=3,2", "3,2"], "--lengths: name the axis each time: --lengths t=3,5 --lengths u=2,2"),
        (["3,3"], "x holds 1 value that is not finite, the first is nan at [2, 1]; --allow-nan "
                  "takes such values as they are"),
    ],
)  # fmt: skip
def test_eval_names_wrong_lengths(folder: Path, given: list[str], message: str) -> None:
    (folder / "rows.yaml").write_text(ROWS)
    np.savez("d.npz", x=PADDED, n=[3, 2])
    options = [word for text in given for word in ("--lengths", text)]
    done = call("eval", "rows.yaml", "-i", "d.npz", *options)
    assert done.code == 2
    assert done.lines == [f"error: {message}"]
    assert call("eval", "rows.yaml", "-i", "d.npz", "--lengths", "3,2.5").code == 2
    assert call("eval", "rows.yaml", "-i", "d.npz", "--lengths", "=3,2").code == 2


def test_eval_takes_one_array_from_an_npy_file_and_goes_over_many_steps(folder):
    rng = np.random.default_rng(0)
    x, params = rng.normal(size=(3000, 2)), {"U": rng.normal(size=(3, 2)), "b": np.zeros(3)}
    params["W"] = rng.normal(size=(3, 3))
    text = (
        "graphfold: 1\ndims: [n_x, n_h]\ninputs: {'x[t]': [n_x]}\n"
        "params: {U: [n_h, n_x], W: [n_h, n_h], b: [n_h]}\ninit: {'h[0]': zeros}\n"
        "equations: |\n  h[t] = tanh(b + W @ h[t-1] + U @ x[t])\n  s = mean(h[t] for t)\n"
    )
    Path("m.yaml").write_text(text)
    np.save("x.npy", x)
    np.savez("p.npz", **params)
    done = call("eval", "m.yaml", "-i", "x.npy", "-p", "p.npz", "-o", "o.npz")
    assert (done.code, done.err) == (0, "h [3000, 3], s [3]: o.npz\n")
    expected = gf.evaluate(gf.unfold(gf.loads(text), 3000), {"x": x, **params}).outputs()
    with np.load("o.npz") as written:
        for name in ("h", "s"):
            np.testing.assert_allclose(written[name], expected[name], rtol=1e-9, atol=1e-12)
    done = call("eval", "m.yaml", "-i", "x.npy", "-p", "p.npz", "--steps", "2999")
    assert (done.code, done.lines) == (2, ["error: x has 3,000 steps, but 2,999 are asked for"])
    x[1234, 1] = np.nan
    np.save("x.npy", x)
    done = call("eval", "m.yaml", "-i", "x.npy", "-p", "p.npz")
    assert done.code == 2
    assert "x holds 1 value that is not finite, the first is nan at [1234, 1]" in done.err
