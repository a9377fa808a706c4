"""Model files: YAML's traps are closed, hostile files get one clear message, files are whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Axis
from graphfold.examples import example_names, example_path
from graphfold.expression import Const, Index
from graphfold.formats.model_reader import parse_model
from graphfold.sizes import Size

HEAD = "graphfold: 1\n"


def said(text: str) -> list[str]:
    """What is wrong with a model text, as "line:column code: message"."""
    try:
        return [str(d) for d in gf.check(parse_model(text))]
    except gf.ModelError as error:
        return [str(d) for d in error.diagnostics]


# -- traps of YAML ----------------------------------------------------------------------------

TRAPS = {
    "a key given twice": (
        "name: a\nname: b\n",
        ["3:1: duplicate-key: key 'name' is given twice (first at line 2)"],
    ),
    "a key given twice inside": (
        "params:\n  W: []\n  W: []\n",
        ["4:3: duplicate-key: key 'W' is given twice (first at line 3)"],
    ),
    "a tag": (
        "name: !!python/object/apply:os.system [ls]\n",
        [
            "2:7: tag: tag 'tag:yaml.org,2002:python/object/apply:o…' "
            "has no meaning in a model file; write the value itself"
        ],
    ),
    "a tag of one's own": (
        "name: !secret x\n",
        ["2:7: tag: tag '!secret' has no meaning in a model file; write the value itself"],
    ),
    "an anchor and an alias": (
        "name: &a x\noutputs: [*a]\n",
        [
            "2:7: anchor: anchor '&a' has no meaning in a model file; write the value itself",
            "3:11: alias: alias '*a' has no meaning in a model file; write the value itself",
        ],
    ),
    "an alias that is never set": (
        "name: *a\n",
        ["2:7: alias: alias '*a' has no meaning in a model file; write the value itself"],
    ),
    "a merge key": ("params: {<<: []}\n", ["2:10: name: '<<' is not a name; write x or x[t]"]),
    "equations as a plain text": (
        "equations: y = 1 # + 2\n",
        [
            "2:12: equations: write `equations: |` and one equation a line beneath it, indented",
        ],
    ),
    "equations as folded text": (
        "equations: >\n  y = 1\n",
        [
            "2:12: equations: write `equations: |` and one equation a line beneath it, indented",
        ],
    ),
    "equations as a list": (
        "equations: [y = 1]\n",
        [
            "2:12: equations: write `equations: |` and one equation a line beneath it, indented",
        ],
    ),
    "a tab": ("params:\n\tW: []\n", ["3:1: yaml: indent with spaces, not with a tab"]),
    "a second document": ("--- \nname: x\n", None),
    "a list as a key": ("[a, b]: 1\n", ["2:1: key: a key must be a plain text"]),
    "a bracket left open": ("dims: [n\n", None),
    "an indexed name within { }": ("inputs: {x[t]: []}\n", None),
    "a section that is a text": (
        "params: W\n",
        ["2:9: section: 'params' must be a mapping, as `name: value`"],
    ),
    "outputs as a text": ("outputs: y\n", ["2:10: section: 'outputs' must be a list, as [a, b]"]),
    "a shape that is a text": (
        "params: {W: n}\n",
        ["2:13: shape: a shape is a list, as [n_h, n_x], or [] for a scalar"],
    ),
    "a shape of numbers with a point": (
        "params: {W: [1.5]}\n",
        ["2:14: shape: '1.5' is not a size; write a whole number, a dimension or 4*n_h"],
    ),
    "a size that is a truth value": (
        "dims: {n: yes}\n",
        ["2:11: size: a size must be a whole number"],
    ),
    "a key of draw": (
        "draw: {row: [x]}\n",
        ["2:8: unknown-key: unknown key 'row'; did you mean 'rows'?"],
    ),
    "two clocks": (
        "axes: {t: T, u: U}\n",
        [
            "2:8: unused-axis: no signal runs over axis 't'; remove it",
            "2:14: unused-axis: no signal runs over axis 'u'; remove it",
        ],
    ),
    "modes that are no list": (
        "modes: train\n",
        ["2:8: section: 'modes' must be a list, as [a, b]"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), TRAPS.values(), ids=TRAPS)
def test_every_trap_of_yaml_is_closed(text: str, messages: list[str] | None) -> None:
    found = said(HEAD + text)
    assert found
    assert messages is None or found == messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty: the file is empty; begin with `graphfold: 1`"),
        ("# nothing\n", "empty: the file is empty; begin with `graphfold: 1`"),
        ("- a\n", "yaml: a model file is a mapping of sections; begin with `graphfold: 1`"),
        ("hello", "yaml: a model file is a mapping of sections; begin with `graphfold: 1`"),
        ("{}", "1:1: version: missing key 'graphfold'; begin with `graphfold: 1`"),
        ("name: x", "1:1: version: missing key 'graphfold'; begin with `graphfold: 1`"),
        (
            "graphfold: 2",
            "1:12: version: this graphfold reads version 1; write `graphfold: 1`",
        ),
        ("graphfold: 1\0", "1:13: yaml: character U+0000 cannot stand in a model file"),
        ("graphfold: 1\nname: \x07", "2:7: yaml: character U+0007 cannot stand in a model file"),
    ],
)
def test_a_file_that_is_no_model_says_how_to_begin(text: str, message: str) -> None:
    assert said(text) == [message]


def test_words_that_yaml_takes_for_truth_values_are_names() -> None:
    circuit = gf.loads(HEAD + "params: {on: [], no: [], y: [], null: []}\noutputs: [on, no, y]\n")
    assert [p.name for p in circuit.params] == ["on", "no", "y", "null"]
    assert [o.name for o in circuit.outputs] == ["on", "no", "y"]


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 1e-3), ("1E3", 1e3), ("012", 12), (".5", 0.5), ("-2", -2)]
)
def test_numbers_are_read_as_the_field_writes_them(text: str, value: float) -> None:
    circuit = gf.loads(
        HEAD + f"init:\n  h[0]: {text}\n  h[-1]: [{text}, 1]\nequations: |\n  h[t] = 2 * h[t-2]\n"
    )
    zero, before = (circuit.boundary["h", Index("", k)].value for k in (0, -1))
    assert zero is not None
    assert before is not None
    assert zero.nodes[-1] == Const(value)
    assert before.nodes[-1] == Const((value, 1))


def test_numbers_that_only_look_like_numbers_are_refused() -> None:
    for text in ("0x10", "1_000", "0o7", "1:30", ".inf", "nan"):
        assert said(HEAD + f"init:\n  h: [{text}]\nequations: |\n  h[t] = h[t-1]\n"), text


def test_a_hash_in_equations_starts_a_comment_and_loses_nothing() -> None:
    circuit = gf.loads(
        HEAD + "equations: |  # the law\n  # first\n  y = 1 # + 2\n\n  z = (3 #\n  )\n"
    )
    assert [e.signal for e in circuit.equations] == ["y", "z"]
    assert circuit.equation["z"].mark is not None
    assert str(circuit.equation["z"].mark) == "6:3"


def test_marks_count_from_one_whatever_the_indentation() -> None:
    text = HEAD + "equations: |2\n    y = 1\n     z = w\n"
    assert said(text) == ["4:10: unknown-signal: unknown signal 'w'"]
    assert said(HEAD + "equations: |-\n\n\n\n y = w") == ["6:6: unknown-signal: unknown signal 'w'"]


# -- hostile names ------------------------------------------------------------------------------

HOSTILE = ["<script>", "a&b", "a'b", 'a"b', "100%", "a b", "../x", "${x}", "a;b", "-x", "1x", "a\\"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_where_it_stands(name: str) -> None:
    quoted = "'" + name.replace("'", "''") + "'"
    (message,) = said(HEAD + f"params: {{{quoted}: []}}\n")
    assert message == f"2:11: name: '{name}' is not a name; write x or x[t]"
    for text in (f"inputs: {{{quoted}: []}}\n", f"outputs: [{quoted}]\n", f"dims: [{quoted}]\n"):
        assert said(HEAD + text)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_title_survives_a_round_trip(name: str) -> None:
    circuit = gf.Circuit(name).freeze()
    assert gf.loads(gf.dumps(circuit)).name == name


@given(st.text(max_size=30))
def test_any_title_and_label_survives_a_round_trip_or_is_refused(text: str) -> None:
    builder = gf.Circuit(text)
    builder.draw(labels={builder.param("w").name: text})
    circuit = builder.freeze()
    try:
        again = gf.loads(gf.dumps(circuit))
    except gf.GraphfoldError:
        return
    assert again.style == circuit.style
    assert again.name == text


def test_a_name_of_10000_characters_is_refused_without_repeating_it() -> None:
    name = "a" * 10_000
    for text in (f"params: {{? {name} : []}}\n", f"equations: |\n  {name} = 1\n"):
        (message,) = said(HEAD + text)
        assert "has 10,000 characters; a name has at most 100" in message
        assert len(message) < 200
    (message,) = said(HEAD + f"name: {name}\n")
    assert message == "2:7: name: the name has 10,000 characters; at most 200"
    for text in (f"equations: |\n  y = {name}\n", f"{name}: 1\n", f"outputs: [{name}]\n"):
        (message,) = said(HEAD + text)
        assert len(message) < 200


def test_names_may_be_greek_and_long_enough() -> None:
    circuit = gf.loads(HEAD + f"params: {{θ: [], {'a' * 100}: []}}\n")
    assert circuit.params[0].name == "θ"


# -- hostile files ------------------------------------------------------------------------------


def refused(path: Path) -> str:
    with pytest.raises(gf.ModelError) as caught:
        gf.load(path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.source == str(path)
    return diagnostic.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml") == "cannot be read: No such file or directory"


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == "is a directory, not a model file"


def test_a_path_with_a_nul_is_refused() -> None:
    assert "cannot be read" in refused(Path("a\0b"))


def test_binary_rubbish_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"graphfold: 1\n\xff\xfe\x00\x01")
    assert refused(path) == "is no text in UTF-8 (line 2)"
    path.write_bytes(bytes(range(128)))
    assert refused(path) == "character U+0000 cannot stand in a model file"


def test_a_file_of_50_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert refused(path) == "a model file has at most 10 MB; this one has 50 MB"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="the system has no /dev/zero")
def test_a_device_that_never_ends_is_not_read_to_the_end() -> None:
    assert refused(Path("/dev/zero")) == "a model file has at most 10 MB; this one has more"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening: str) -> None:
    (message,) = said(HEAD + "name: " + ("\n" if opening == "- " else "") + opening * 50_000)
    assert len(message) < 200


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    plain = example_path("rnn_loss").read_bytes()
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"))
    assert gf.load(path) == gf.load(example_path("rnn_loss"))
    path.write_bytes(plain.replace(b"tanh", b"tnah").replace(b"\n", b"\r\n"))
    with pytest.raises(gf.ModelError, match="17:10: unknown-function"):
        gf.load(path)


@given(st.text(alphabet="ab:[]{}|>-#&*!'\" \n\t,?1~%@`", max_size=60))
def test_no_text_whatever_crashes_the_reader(text: str) -> None:
    for head in ("", HEAD):
        try:
            gf.loads(head + text)
        except gf.ModelError:
            continue


# -- meaning ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", example_names())
def test_every_example_is_well_formed_and_survives_a_round_trip(name: str) -> None:
    circuit = gf.load(example_path(name))
    assert gf.check(circuit) == []
    assert gf.loads(gf.dumps(circuit)) == circuit


def test_every_section_is_read() -> None:
    circuit = gf.loads(
        """\
graphfold: 1
name: everything
axes: {k: K}
dims: {n: 3, m: }
inputs:
  x[k], z[k]: [n, 4*m + 1]
  q: []
params:
  U, Uf: [n]
functions:
  f(a, b; p): [n]
  half(a): a / 2
init:
  h: [zeros, U]
  h[K+1]: given
  h[2]: 0.5
equations: |
  h[k] = f(h[k-1], h[k-2]; U) + half(q)
outputs: [h]
draw:
  rows: [x, [h, z]]
  hide: [q]
  labels: {h: '\\mathbf{h}'}
"""
    )
    assert circuit.name == "everything"
    assert circuit.axes == (Axis("k", "K"),)
    assert [(d.name, d.default) for d in circuit.dims] == [("n", 3), ("m", None)]
    assert [(s.name, s.axis) for s in circuit.inputs] == [("x", "k"), ("z", "k"), ("q", None)]
    assert circuit.inputs[1].shape == (Size.of("n"), 4 * Size.of("m") + 1)
    assert [p.name for p in circuit.params] == ["U", "Uf"]
    assert [f.body is None for f in circuit.functions] == [True, False]
    assert [(str(b.index), b.value is None) for b in circuit.boundaries] == [
        ("-1", False),
        ("0", False),
        ("2", False),
        ("K+1", True),
    ]
    assert circuit.style.rows == (("x",), ("h", "z"))
    assert circuit.style.hide == ("q",)
    assert circuit.style.labels == (("h", "\\mathbf{h}"),)
    assert gf.loads(gf.dumps(circuit)) == circuit


def test_an_empty_section_is_as_good_as_none() -> None:
    sections = ["dims", "inputs", "params", "functions", "init", "equations", "outputs", "draw"]
    text = HEAD + "".join(f"{section}:\n" for section in sections)
    assert gf.loads(text) == gf.loads(HEAD)


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    link, file = tmp_path / "link.yaml", tmp_path / "file.yaml"
    link.symlink_to(file)
    circuit = gf.load(example_path("classical"))
    for _ in range(2):  # the file is new, and then old
        gf.dump(circuit, link)
        assert link.is_symlink()
        assert gf.load(file) == circuit


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    circuit = gf.load(example_path("lstm"))
    path = tmp_path / "x.yaml"
    gf.dump(circuit, path)
    assert gf.load(path) == circuit
    with pytest.raises(OSError, match="No such file"):
        gf.dump(circuit, tmp_path / "none" / "x.yaml")
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_is_too_long_for_yaml_is_told_so() -> None:
    assert said(HEAD + f"params:\n  '{'x' * 2000}': []\n") == [
        "3:2005: yaml: a key has at most 1,024 characters"
    ]


def test_many_names_with_one_shape_are_written_on_several_lines() -> None:
    """YAML does not take keys of more than 1,024 characters."""
    circuit = gf.Circuit("many")
    for number in range(400):
        circuit.param(f"weight_{number}")
    text = gf.dumps(circuit)
    assert max(map(len, text.splitlines())) < 100
    assert gf.loads(text) == circuit
