"""Bad input: one clear message, exit code 2, no traceback, no half-written file."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pygraphviz
import pytest
from command_line import Done, call

from graphfold.examples import example_names, example_path

RNN = example_path("rnn_loss").read_text(encoding="utf-8")
GIGABYTE = 1_000_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with models and data; what is there in the end was there before."""
    monkeypatch.chdir(tmp_path)
    for name in example_names():
        Path(f"{name}.yaml").write_bytes(example_path(name).read_bytes())
    np.savez("good.npz", **arrays())
    yield tmp_path
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def arrays(**changes: Any) -> dict[str, Any]:
    found = dict(np.load(example_path("rnn_loss").with_suffix(".npz"))) | changes
    return {name: value for name, value in found.items() if value is not None}


def refused(*args: object, stdin: bytes = b"") -> str:
    """Call, expect a refusal that leaves no file behind, and return what was said."""
    before = set(Path().iterdir())
    start = time.monotonic()
    done = call(*args, stdin=stdin)
    assert time.monotonic() - start < 10
    assert_refused(done)
    assert set(Path().iterdir()) == before
    return done.err


def assert_refused(done: Done) -> None:
    assert done.code == 2, done
    assert done.data == b""
    assert done.err.strip()
    assert "Traceback" not in done.err
    assert "unexpected failure" not in done.err
    assert max(map(len, done.lines)) < 400


# -- files that are no models -------------------------------------------------------------------

NO_MODELS: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "m.yaml: file: cannot be read: No such file or directory"),
    "empty": (b"", "m.yaml: empty: the file is empty; begin with `graphfold: 1`"),
    "binary": (b"\x89PNG\xff\xfe\x00" * 9, "m.yaml: file: is no text in UTF-8 (line 1)"),
    "null": (b"graphfold: 1\0", "m.yaml:1:13: yaml: character U+0000 cannot stand in a model file"),
    "a number": (b"3", "m.yaml: yaml: a model file is a mapping of sections"),
    "a tag": (b"graphfold: 1\nname: !!python/object/apply:os.system [x]", "m.yaml:2:7: tag: tag"),
    "an anchor": (b"graphfold: 1\nname: &a x", "m.yaml:2:7: anchor: anchor '&a' has no meaning"),
    "an alias": (b"graphfold: 1\nname: *a", "m.yaml:2:7: alias: alias '*a' has no meaning"),
    "half a character": (b'graphfold: 1\nname: "\\ud83e"', "m.yaml:2:7: yaml: an escape stands"),
    "nested": (b"graphfold: 1\nname: " + b"[" * 20_000, "m.yaml: yaml: brackets are nested"),
}


@pytest.mark.parametrize("kind", NO_MODELS)
def test_a_file_that_is_no_model_is_refused(kind: str) -> None:
    data, said = NO_MODELS[kind]
    if data is not None:
        Path("m.yaml").write_bytes(data)
    assert refused("check", "m.yaml").startswith(said)


@pytest.mark.parametrize("command", ["check", "draw", "unfold", "eval", "analyze"])
def test_every_command_refuses_a_missing_file_and_a_directory(command: str) -> None:
    assert refused(command, "m.yaml").endswith("cannot be read: No such file or directory\n")
    Path("d.yaml").mkdir()
    assert refused(command, "d.yaml") == "d.yaml: file: is a directory, not a model file\n"
    assert refused(command, "") == "error: the name of the model file is empty\n"


def test_a_path_longer_than_paths_can_be_is_refused() -> None:
    done = call("check", "n" * 5000)
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_the_name_of_an_example_brings_a_hint() -> None:
    hint = "graphfold examples lstm --save"
    Path("lstm.yaml").unlink()
    assert hint in refused("draw", "lstm")
    assert hint in refused("draw", "lstm.yaml")


def test_fifty_megabytes_are_refused_unread() -> None:
    with Path("m.yaml").open("wb") as file:
        file.truncate(50_000_000)
    assert "at most 10 MB; this one has 50 MB" in refused("check", "m.yaml")
    assert "at most 10 MB" in refused("check", "-", stdin=b"# x\n" * 3_000_000)


def test_aliases_that_would_multiply_are_only_reported() -> None:
    lines = ["a: &a [x, x]", *(f"b{i}: &b{i} [*a, *a]" for i in range(20))]
    assert refused("check", "-", stdin="\n".join(lines).encode()).count("alias:") == 40


def test_many_problems_are_reported_at_once_with_their_places() -> None:
    model = RNN.replace("W @ h[t-1]", "W @ hh[t-1]").replace("V @ h[t]", "V @ g[t]")
    Path("m.yaml").write_text(model, encoding="utf-8")
    lines = refused("check", "m.yaml").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["m.yaml:16:18:", "m.yaml:18:18:"]
    assert lines[0].endswith("unknown signal 'hh'; did you mean 'h'?")
    found = json.loads(refused("check", "m.yaml", "--json"))
    assert [(d["file"], d["line"], d["column"]) for d in found] == [
        ("m.yaml", 16, 18),
        ("m.yaml", 18, 18),
    ]
    assert set(found[0]) == {
        *("file", "line", "column", "stage", "code", "severity", "signal", "message"),
    }


# -- names --------------------------------------------------------------------------------------

NAMES = {
    "script": "<script>alert(1)</script>",
    "quotes": "a \" b ' c & d < e",
    "percent": "100% %s {x} {0}",
    "right to left": "שלום \u202e evil",
    "emoji": "🦆🏳️‍🌈",
    "combining": "e\u0301\u0301\u0301" * 20,
    "dot": 'a"b\\" ] ; node [x="',
    "backslash": "trailing\\",
    "escapes": "a\x1b[31mb\x00c\x07",
    "longest": "n" * 200,
}


@pytest.mark.parametrize("kind", NAMES)
def test_any_name_of_a_circuit_is_drawn_and_exported(kind: str) -> None:
    model = f"name: {json.dumps(NAMES[kind])}\n" + RNN.replace("name: ", "# ")
    for form in ("svg", "dot", "json"):
        done = call("unfold", "-", "-o", "-", "--format", form, stdin=model.encode())
        assert (done.code, done.lines[1:]) == (0, [])
        if form == "svg":
            root = ET.fromstring(done.out)
            assert not root.findall(".//{*}script")
        elif form == "dot":
            assert pygraphviz.AGraph(string=done.out).number_of_nodes() == 16
        else:
            assert json.loads(done.out)["graph"]["name"] == NAMES[kind]
    before = set(Path().iterdir())
    assert call("draw", "-", stdin=model.encode()).code == 0
    (drawn,) = set(Path().iterdir()) - before
    assert drawn.name.isascii()


def test_a_name_of_10000_characters_is_refused_shortly() -> None:
    model = f"graphfold: 1\nname: {'n' * 10_000}\nequations: |\n  y = 1\n"
    said = refused("draw", "-", stdin=model.encode())
    assert said == "<stdin>:2:7: name: the name has 10,000 characters; at most 200\n"


@pytest.mark.parametrize(
    "name", ["<script>", "a&b", "a'b", 'a"b', "a%b", "🦆", "e\u0301x", "x²", "n" * 10_000, "for"]
)
def test_a_signal_needs_a_name_of_letters(name: str) -> None:
    model = f"graphfold: 1\nequations: |\n  {name} = 1\n"
    assert refused("draw", "-", stdin=model.encode()).startswith("<stdin>:3:")


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "θ", "汉字", "__class__", "node", "n" * 100])
def test_letters_of_any_script_are_drawn(name: str) -> None:
    model = f"graphfold: 1\ninit:\n  {name}[0]: 0\nequations: |\n  {name}[t] = {name}[t-1] + 1\n"
    for form in ("svg", "png", "dot"):
        done = call("unfold", "-", "-o", "-", "--format", form, stdin=model.encode())
        assert done.code == 0
    done = call("expand", "-", f"{name}[2]", "--format", "latex", stdin=model.encode())
    assert done.out.count("{") == done.out.count("}")


# -- numbers of steps ---------------------------------------------------------------------------

STEPS = ["-1", "1e3", "3.0", "٣", "", "t=", "t=-1", "t=3,t=4", "0x10", "1" * 50, "ten"]


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("command", ["unfold", "eval", "expand"])
def test_steps_must_be_a_whole_number(command: str, steps: str) -> None:
    more = ["h"] if command == "expand" else []
    said = refused(command, "rnn_loss.yaml", *more, "--steps", steps)
    assert said.startswith("error: Invalid value for '--steps': ")
    assert "is not a whole number from 0 on; write 3 or t=3" in said or "twice" in said


def test_an_axis_that_does_not_exist_is_refused() -> None:
    for args in (["unfold"], ["expand", "h"]):
        said = refused(args[0], "rnn_loss.yaml", *args[1:], "--steps", "T=3")
        assert said == "error: unknown axis 'T'; did you mean 't'?\n"


TOO_MUCH = {
    "more steps than can be counted": (["unfold", "--steps", "1" * 17], "can be at most 9,007,"),
    "json": (["unfold", "--steps", "1" * 15, "-o", "f.json"], "the graph would need"),
    "dot": (["unfold", "--steps", "1" * 15, "--all-steps", "-o", "f.dot"], "the figure would need"),
    "all in svg": (["unfold", "--steps", "1" * 15, "--all-steps"], "the figure would need"),
    "all in png": (["unfold", "--steps", "1" * 11, "--all-steps", "-o", "f.png"], "would need"),
    "pruned": (["unfold", "--steps", "1" * 15, "--prune"], "would need"),
    "values": (["eval", "-i", "good.npz", "--steps", "1" * 15], "x: expected (T, n_x)"),
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_what_would_not_fit_into_memory_is_refused_at_once(kind: str) -> None:
    (command, *args), said = TOO_MUCH[kind]
    assert said in refused(command, "rnn_loss.yaml", *args)


def test_values_that_would_not_fit_into_memory_are_refused_at_once() -> None:
    assert "would need" in refused("eval", "fibonacci.yaml", "--steps", "1" * 15)


def test_a_refusal_takes_little_memory() -> None:
    limit = f"ulimit -v {3 * GIGABYTE // 1000}"
    command = f"{sys.executable} -m graphfold unfold rnn_loss.yaml --steps {'1' * 15} --all-steps"
    done = subprocess.run(
        ["bash", "-c", f"{limit}; exec {command} -o f.png"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("error: the figure would need ")


# -- data ---------------------------------------------------------------------------------------

X = arrays()["x"]
DATA: dict[str, tuple[dict[str, Any], str]] = {
    "too narrow": ({"x": X[:, :1]}, "sizes of n_x disagree"),
    "no steps": ({"x": np.float64(3)}, "x: expected (T, n_x) or (T, B, n_x)"),
    "too many axes": ({"x": X[None, None]}, "x: expected (T, n_x)"),
    "too short": ({"x": X[:-1]}, "the inputs differ in length: x has 2 steps, y has 3 steps"),
    "complex": ({"x": X + 1j}, "x: holds complex numbers, not real numbers"),
    "text": ({"x": X.astype(str)}, "x: holds text, not real numbers"),
    "dates": ({"x": np.zeros(X.shape, "M8[s]")}, "x: holds dates, not real numbers"),
    "records": ({"x": np.zeros(3, [("a", "f8")])}, "x: holds records, not real numbers"),
    "objects": ({"x": np.array([1, None])}, "v.npz: array 'x' holds Python objects"),
    "nan": ({"x": X * np.nan}, "x holds 6 values that are not finite, the first is nan at [0, 0]"),
    "infinite": ({"b": np.full(3, np.inf)}, "b holds 3 values that are not finite"),
    "no input": ({"x": None}, "input x is missing"),
    "no parameter": ({"W": None}, "parameter W is missing: an array (n_h, n_h)"),
    "misspelt": ({"UU": X}, "unknown value 'UU'; did you mean 'U'?"),
    "hostile": ({"../../<script>": X}, "unknown value '../../<script>'"),
    "endless": ({"n" * 5000: X}, "unknown value 'nnnn"),
}


@pytest.mark.parametrize("kind", DATA)
def test_data_that_does_not_fit_is_refused(kind: str) -> None:
    changes, said = DATA[kind]
    np.savez("v.npz", **arrays(**changes))
    assert f"error: {said}" in refused("eval", "rnn_loss.yaml", "-i", "v.npz", "-o", "o.npz")


def test_nan_is_taken_when_asked_for() -> None:
    np.savez("v.npz", **arrays(x=X * np.nan))
    assert "--allow-nan" in refused("eval", "rnn_loss.yaml", "-i", "v.npz")
    done = call("eval", "rnn_loss.yaml", "-i", "v.npz", "--allow-nan")
    assert (done.code, "nan" in done.out) == (0, True)


def damaged(kind: str) -> bytes | None:
    good = Path("good.npz").read_bytes()
    makers: dict[str, bytes | None] = {
        "missing": None,
        "empty": b"",
        "truncated": good[: len(good) // 2],
        "rubbish": os.urandom(300),
        "pickled": pickle.dumps({"x": 1}),
        "flipped": good[:200] + bytes(b ^ 255 for b in good[200:260]) + good[260:],
    }
    return makers[kind]


DAMAGED = ["missing", "empty", "truncated", "rubbish", "pickled", "flipped"]


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_of_arrays_is_refused(kind: str) -> None:
    data = damaged(kind)
    if data is not None:
        Path("v.npz").write_bytes(data)
        assert refused("eval", "rnn_loss.yaml", "-i", "-", stdin=data).startswith("error: <stdin>:")
    assert refused("eval", "rnn_loss.yaml", "-i", "v.npz").startswith("error: v.npz: ")
    assert refused("eval", "rnn_loss.yaml", "-p", "v.npz").startswith("error: v.npz: ")


def test_an_archive_that_promises_more_than_the_memory_is_refused() -> None:
    header = b"\x93NUMPY\x01\x00v\x00"
    shape = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    with zipfile.ZipFile("v.npz", "w") as archive:
        archive.writestr("x.npy", header + shape.ljust(117).encode() + b"\n")
    assert refused("eval", "rnn_loss.yaml", "-i", "v.npz").startswith("error: v.npz: array 'x'")


JSON_DATA = {
    "ragged": ('{"x": [[1, 2], [3]]}', "'x' is a list whose rows differ"),
    "no mapping": ("[1]", "must map names to lists of numbers"),
    "broken": ("[1" * 1000, "is no JSON"),
    "deep": ("[" * 100_000, "is nested too deeply"),
    "twice": ('{"x": 1, "x": 2}', "holds 'x' twice"),
    "text": ('{"x": "a"}', "'x' must hold numbers only"),
}


@pytest.mark.parametrize("kind", JSON_DATA)
def test_bad_json_data_is_refused(kind: str) -> None:
    text, said = JSON_DATA[kind]
    Path("v.json").write_text(text)
    assert refused("eval", "rnn_loss.yaml", "-i", "v.json").startswith(f"error: v.json: {said}")


# -- calls --------------------------------------------------------------------------------------

CALLS = {
    "no such command": (["unfodl"], "no such command 'unfodl'; did you mean 'unfold'?"),
    "no command alike": (["foo"], "no such command 'foo'; there are check, draw, unfold"),
    "no such option": (["--versoin"], "No such option '--versoin'. Did you mean '--version'?"),
    "no such option of it": (["unfold", "rnn_loss.yaml", "--setps", "3"], "No such option"),
    "no model": (["unfold"], "Missing argument 'MODEL'."),
    "too much": (["unfold", "rnn_loss.yaml", "more"], "Got unexpected extra argument (more)"),
    "no value": (["unfold", "--steps"], "Option '--steps' requires an argument."),
    "window": (["unfold", "rnn_loss.yaml", "--window", "1"], "Invalid value for '--window'"),
    "wide window": (["unfold", "rnn_loss.yaml", "--window", "1,1000"], "Invalid value for"),
    "window and steps": (
        ["unfold", "rnn_loss.yaml", "--window", "1,1", "--steps", "0"],
        "--window shows no fixed steps; leave out --steps",
    ),
    "window and untie": (
        ["unfold", "rnn_loss.yaml", "--window", "1,1", "--untie", "W"],
        "--window shows no fixed steps; leave out --untie",
    ),
    "window as json": (
        ["unfold", "rnn_loss.yaml", "--window", "1,1", "-o", "f.json"],
        "a window has no end: give --steps to write json",
    ),
    "untie": (["unfold", "rnn_loss.yaml", "--untie", "w"], "'w' is no parameter; did you mean 'W'"),
    "scale": (["draw", "rnn_loss.yaml", "--scale", "0"], "Invalid value for '--scale'"),
    "scale nan": (
        ["draw", "rnn_loss.yaml", "--scale", "nan", "-o", "f.png"],
        "a scale of nan makes no",
    ),
    "seed": (["eval", "rnn_loss.yaml", "--seed", "-1"], "Invalid value for '--seed'"),
    "no steps": (["eval", "fibonacci.yaml"], "say how many steps: --steps 3"),
    "no inputs": (["eval", "rnn_loss.yaml"], "give the inputs x, y: --inputs FILE.npz"),
    "opaque": (["eval", "classical.yaml"], "f: opaque, so only Python can evaluate it"),
    "twice": (
        ["eval", "rnn_loss.yaml", "-i", "good.npz", "-p", "good.npz"],
        "'U' is in both files; leave it in one",
    ),
    "one input for two": (
        ["eval", "-", "-i", "-"],
        "standard input holds the model or the inputs, not both",
    ),
    "signal": (["expand", "rnn_loss.yaml", "Los"], "unknown signal 'Los'; did you mean 'Loss'?"),
    "latex": (
        ["expand", "rnn_loss.yaml", "h[2]", "--format", "latex", "--notation", "brackets"],
        "LaTeX writes steps as superscripts; leave out --notation",
    ),
    "example": (["examples", "lstn"], "no example is called 'lstn'; did you mean 'lstm'?"),
    "example path": (["examples", "../../etc/passwd"], "no example is called '../../etc/passwd'"),
    "nothing to save": (["examples", "--save"], "say which example to save"),
    "shell": (["completion", "tcsh"], "Invalid value for '{bash|zsh|fish}'"),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_wrong_call_is_explained(kind: str) -> None:
    args, said = CALLS[kind]
    assert refused(*args).startswith(f"error: {said}")
    (problem,) = json.loads(refused(*args, "--json"))
    assert problem["severity"] == "error"
    assert problem["message"]


OUTPUTS = {
    "no such folder": ("nowhere/f.svg", "cannot be written: nowhere: No such directory"),
    "under a file": ("lstm.yaml/f.svg", "cannot be written: lstm.yaml: Not a directory"),
    "a folder": ("folder.svg", "cannot be written: Is a directory"),
    "an empty name": ("", "the name of the file is empty"),
    "no suffix": ("figure", "figure: no suffix tells the format; use .svg, .png, .pdf,"),
    "another suffix": ("figure.xyz", "figure.xyz: suffix '.xyz' names no format; use .svg, .png"),
    "misspelt suffix": ("figure.svgz", "suffix '.svgz' names no format; did you mean 'svg'?"),
    "a name too long": (f"{'n' * 300}.svg", "File name too long"),
}


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("command", ["draw", "unfold"])
def test_an_output_that_cannot_be_written_is_refused(command: str, kind: str) -> None:
    Path("folder.svg").mkdir()
    output, said = OUTPUTS[kind]
    assert said in refused(command, "rnn_loss.yaml", "-o", output)
    assert not list(Path("folder.svg").iterdir())


def test_values_go_to_npz_only() -> None:
    args = "eval", "rnn_loss.yaml", "-i", "good.npz", "-o"
    assert refused(*args, "o.txt") == "error: o.txt: values are written as .npz\n"
    assert "No such directory" in refused(*args, "nowhere/o.npz")
    assert refused(*args, "good.npz/o.npz").endswith("good.npz: Not a directory\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_told() -> None:
    said = refused("draw", "rnn_loss.yaml", "--format", "svg", "-o", "/dev/full")
    assert said == "error: /dev/full: cannot be written: No space left on device\n"


def test_an_old_file_survives_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("f.svg").write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", fail)
    assert "No space left on device" in refused("draw", "rnn_loss.yaml", "-o", "f.svg")
    assert Path("f.svg").read_text() == "old"


def test_a_bug_is_admitted_with_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("graphfold_cli.options.standard_input", fail)
    done = call("check", "-")
    assert done.code == 1
    assert done.err.startswith("error: unexpected failure: ZeroDivisionError: oh")


# -- pipes and signals --------------------------------------------------------------------------


def shell(command: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    script = f'graphfold() {{ "{sys.executable}" -m graphfold "$@"; }}; set -o pipefail; {command}'
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=timeout, check=False
    )


QUIET = {
    "graphfold examples lstm | true": "",
    "graphfold unfold rnn_loss.yaml --steps 2000 --format json -o - 2>/dev/null | head -c 9": (
        '{"directe'
    ),
    "graphfold unfold --help | true": "",
    "graphfold analyze lstm.yaml | true": "",
    "graphfold check rnn_loss.yaml >&-": "",
    "graphfold draw rnn_loss.yaml -o f.svg 2>&-": "",
}


@pytest.mark.parametrize("command", QUIET)
def test_a_reader_that_has_seen_enough_is_left_in_peace(command: str) -> None:
    done = shell(command)
    assert (done.returncode, done.stdout, done.stderr) == (0, QUIET[command], "")


CLOSED = {
    "graphfold check - <&-": "error: standard input is closed\n",
    "graphfold draw rnn_loss.yaml -o - >&-": "error: standard output is closed\n",
    "graphfold check missing.yaml 2>&-": "",
}


@pytest.mark.parametrize("command", CLOSED)
def test_closed_streams_are_no_bug(command: str) -> None:
    done = shell(command)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", CLOSED[command])


def test_an_interrupt_is_quiet_and_leaves_nothing(folder: Path) -> None:
    before = set(folder.iterdir())
    code = (
        "import signal, threading, os\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from graphfold_cli import main\n"
        "threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "main(['eval', 'fibonacci.yaml', '--steps', '9000000', '-o', 'o.npz'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")
    assert set(folder.iterdir()) == before
