"""Traces: what a file must hold, and what is said when it does not."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from command_line import call
from traces import Tape

import graphfold as gf


def node(identity: str, op: str = "exp", *operands: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "op": op, "operands": list(operands), **more}


def problems(*nodes: Any, **more: Any) -> list[str]:
    with pytest.raises(gf.ModelError) as caught:
        gf.read_trace({"graphfold_trace": 1, "nodes": list(nodes), **more})
    return [d.message for d in caught.value.diagnostics]


def test_a_cycle_is_named() -> None:
    (told,) = problems(node("a", "exp", "b"), node("b", "exp", "c"), node("c", "exp", "a"))
    assert "cycle: a <- b <- c <- a" in told


def test_dangling_operands_and_outputs_are_all_told_with_suggestions() -> None:
    told = problems(node("alpha", "exp", "alhpa"), node("b", "exp", "?"), outputs=["c"])
    assert "unknown operand 'alhpa'; did you mean 'alpha'?" in told[0]
    assert "node 'b'" in told[1]
    assert "unknown output 'c'" in told[2]


def test_ids_given_twice_are_told() -> None:
    (told,) = problems(node("a"), node("b"), node("a"))
    assert "'a'" in told
    assert "nodes number 1 and 3" in told


@pytest.mark.parametrize(
    ("bad", "part"),
    [
        ({"id": 3, "op": "exp"}, "no text as its 'id'"),
        ("text", "no text as its 'id'"),
        ({"id": "a"}, "'op' must be"),
        ({"id": "a", "op": ""}, "'op' must be"),
        ({"id": "a", "op": "exp", "operand": []}, "did you mean 'operands'?"),
        ({"id": "a", "op": "exp", "operands": "b"}, "must be a list"),
        ({"id": "a", "op": "exp", "operands": [3]}, "an id is a text"),
        ({"id": "a", "op": "input"}, "needs a 'name'"),
        ({"id": "a", "op": "const"}, "needs its number"),
        ({"id": "a", "op": "const", "attrs": {"value": "x"}}, "needs its number"),
        ({"id": "a", "op": "const", "attrs": {"value": [1, [2]]}}, "needs its number"),
        ({"id": "a", "op": "exp", "attrs": 3}, "must be an object"),
        ({"id": "a", "op": "exp", "name": 3}, "must be a text"),
        ({"id": "a", "op": "exp", "shape": [-1]}, "whole numbers from 0"),
        ({"id": "a", "op": "exp", "shape": 3}, "whole numbers from 0"),
    ],
)
def test_wrong_nodes_are_told(bad: Any, part: str) -> None:
    assert any(part in told for told in problems(bad)), problems(bad)


def test_a_leaf_has_no_operands() -> None:
    (told,) = problems(node("a"), node("b", "input", "a", name="x"))
    assert "a leaf" in told


def test_wrong_heads_are_told() -> None:
    for data, part in (
        ([], "a trace is an object"),
        ({"nodes": []}, "version is missing"),
        ({"graphfold_trace": 2, "nodes": []}, "version 2"),
        ({"graphfold_trace": 1}, "'nodes' is missing"),
        ({"graphfold_trace": 1, "nodes": {}}, "must be a list"),
        ({"graphfold_trace": 1, "node": [], "nodes": []}, "did you mean"),
    ):
        with pytest.raises(gf.ModelError, match=part):
            gf.read_trace(io.BytesIO(json.dumps(data).encode()))


def test_broken_json_is_told_with_its_place() -> None:
    with pytest.raises(gf.ModelError) as caught:
        gf.read_trace(io.BytesIO(b'{"graphfold_trace": 1,\n "nodes": [}'))
    assert str(caught.value.diagnostics[0].mark) == "2:12"
    for bad in (b"\xff\xfe\x00", b"[" * 100_000):
        with pytest.raises(gf.ModelError):
            gf.read_trace(io.BytesIO(bad))


def test_thousands_of_problems_are_cut_short() -> None:
    told = problems(*(node(f"a{i}", "exp", "?") for i in range(1_000)))
    assert len(told) == 21
    assert "980 more" in told[-1]


def test_a_trace_reads_back_as_written() -> None:
    tape = Tape()
    x = tape.input("x", 3)
    tape.output(tape("softmax", x * 2, axis=0))
    data = tape.trace().to_dict()
    assert gf.read_trace(data).to_dict() == data
    assert data["nodes"][2]["operands"] == ["n0", "n1"]


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(gf.GraphfoldError, match="not int"):
        gf.read_trace(3)
    with pytest.raises(gf.ModelError, match="No such file"):
        gf.read_trace("/nowhere/trace.json")
    eliminated = gf.eliminate(gf.unfold(gf.load(gf.example_path("output_recurrence")), 3), ["h"])
    with pytest.raises(gf.GraphfoldError, match="not Elimination"):
        gf.read_trace(eliminated)


def test_an_empty_trace_and_lonely_nodes_repeat_nothing() -> None:
    empty = gf.fold({"graphfold_trace": 1, "nodes": []})
    assert not empty
    assert "no operations" in empty.reason
    lonely = [node(str(i), "exp") for i in range(3_000)]
    found = gf.fold({"graphfold_trace": 1, "nodes": lonely})
    assert not found
    assert found.reason == "nothing repeats here"


def test_very_deep_traces_are_read_and_folded() -> None:
    nodes = [node("x", "input", name="x")]
    nodes += [node(f"h{i}", "tanh", f"h{i - 1}" if i else "x") for i in range(20_000)]
    found = gf.fold({"graphfold_trace": 1, "nodes": nodes[::-1]})
    assert found.repetitions[0].steps == 20_000
    assert found.size == 1


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def trace_file(tmp_path: Any) -> Any:
    tape = Tape()
    h, W = tape.const(0, 3), tape.param("W", 3, 3)
    for i in range(5):
        h = tape("tanh", W @ h + tape.input(f"x[{i}]", 3))
    tape.output(h)
    path = tmp_path / "trace.json"
    path.write_text(json.dumps(tape.data()))
    return path


def test_the_command_tells_what_repeats_and_writes_a_model(trace_file: Any) -> None:
    model, figure = trace_file.parent / "m.yaml", trace_file.parent / "m.svg"
    done = call("fold", str(trace_file), "-o", str(model), "--draw", str(figure))
    assert done.code == 0
    assert "recurrence over t = 1..5: h" in done.err
    assert "15 operations became 3" in done.err
    assert gf.load(model).equation["h"]
    assert figure.read_text().startswith("<?xml") or "<svg" in figure.read_text()
    assert call("unfold", str(model), "--steps", "3", "-o", str(figure)).code == 0


def test_the_command_speaks_json(trace_file: Any) -> None:
    done = call("fold", str(trace_file), "--json")
    facts = json.loads(done.out)
    assert facts["folded"]
    assert facts["repetitions"][0]["steps"] == 5


def test_the_command_writes_nothing_when_nothing_repeats(tmp_path: Any) -> None:
    path, model = tmp_path / "t.json", tmp_path / "m.yaml"
    path.write_text(json.dumps({"graphfold_trace": 1, "nodes": [node("a")]}))
    done = call("fold", str(path), "-o", str(model))
    assert done.code == 2
    assert "nothing repeats here" in done.err
    assert not model.exists()
    assert call("fold", str(path)).code == 0
