"""`graphfold grad`: tables with bars, files and messages."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call

import graphfold as gf

LINEAR = """\
graphfold: 1
inputs: {"x[t]": [n]}
dims: {n: 2}
params: {W: [n, n], unused: []}
init: {"h[0]": zeros}
equations: |
  h[t] = W @ h[t-1] + x[t]
  y[t] = 2 * h[t]
  Loss = sum(h[T])
"""


@pytest.fixture
def linear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that writes the model, and data with W = factor * I, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    Path("linear.yaml").write_text(LINEAR, encoding="utf-8")

    def write(factor: float, steps: int = 40) -> dict[str, Any]:
        values = {"x": np.ones((steps, 2)), "W": factor * np.eye(2), "unused": np.array(1.0)}
        np.savez("data.npz", **values)
        return values

    return write


def lines_of(*args: str) -> list[str]:
    done = call("grad", "linear.yaml", "-i", "data.npz", *args)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def test_a_vanishing_gradient_has_growing_logarithmic_bars(linear: Any) -> None:
    linear(0.5)
    lines = lines_of()
    assert lines[2].split() == ["t", "norm", "of", "∂Loss/∂h[t]", "log", "scale"]
    rows = [line.split() for line in lines[4:25]]
    assert [row[0] for row in rows] == [*map(str, range(1, 11)), "…", *map(str, range(31, 41))]
    assert float(rows[-2][1]) == pytest.approx(np.sqrt(2) / 2, rel=1e-3)
    bars = [len(row[2]) for row in rows if row[0] != "…"]
    assert (bars[0], bars[-1], bars) == (1, 24, sorted(bars))


def test_an_exploding_gradient_is_largest_at_the_first_step(linear: Any) -> None:
    linear(3.0)
    bars = [len(line.split()[2]) for line in lines_of()[4:14]]
    assert (bars[0], bars) == (24, sorted(bars, reverse=True))


def test_bars_that_differ_little_start_at_zero(linear: Any) -> None:
    linear(0.5, 3)
    lines = lines_of()
    assert [line.split()[2] for line in lines[4:7]] == ["█" * 6, "█" * 12, "█" * 24]
    assert [line.split() for line in lines[10:12]][1] == ["unused", "0"]


def test_json_has_all_norms(linear: Any) -> None:
    linear(0.5)
    found = json.loads("".join(lines_of("--json")))
    assert (found["loss"], len(found["states"]["h"])) == ("Loss", 40)
    assert found["parameters"]["unused"] == 0


def test_infinite_norms_are_told(linear: Any) -> None:
    linear(1e200, 5)
    assert any(line.split()[1:] == ["inf", "∞"] for line in lines_of()[4:9])
    assert json.loads("".join(lines_of("--json")))["states"]["h"][0] is None


def test_a_file_holds_the_gradients(linear: Any) -> None:
    values = linear(0.5, 3)
    done = call("grad", "linear.yaml", "-i", "data.npz", "-o", "-")
    with np.load(BytesIO(done.data)) as found:
        expected = gf.gradients(gf.unfold(gf.load("linear.yaml"), 3), values)
        assert set(found) == {"x", "W", "unused", "h", "h[0]", "y", "Loss"}
        for name in ("x", "h"):
            np.testing.assert_array_equal(found[name], expected.signal(name))
        np.testing.assert_array_equal(found["h[0]"], expected["h[0]"])
    done = call(
        "grad", "linear.yaml", "-i", "data.npz", "-o", "g.npz", "--wrt", "W", "--wrt", "h[2]"
    )
    assert done.err == "gradients of Loss: W [2, 2], h[2] [2]: g.npz\n"
    assert set(gf.read_arrays("g.npz")) == {"W", "h[2]"}


def test_loss_and_wrt_choose(linear: Any) -> None:
    linear(0.5, 3)
    done = call(
        "grad", "linear.yaml", "-i", "data.npz", "--loss", "Loss", "--wrt", "x", "--wrt", "h[2]"
    )
    assert "∂Loss/∂x[t]" in done.out
    assert "h[2]" in done.out
    assert "W" not in done.out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--loss", "h[2]"], "h[2] has shape (2,); differentiate a scalar"),
        (["--loss", "Los"], "there is no loss 'Los' in the model; did you mean 'Loss'"),
        (["--wrt", "unused"], "Loss does not depend on unused"),
        (["--wrt", "V"], "wrt: unknown signal 'V'"),
        (["-o", "g.csv"], "g.csv: values are written as .npz"),
        (["--size", "n=3"], "give --seed too"),
        (["--inputs", "none.npz"], "none.npz"),
    ],
)
def test_mistakes_are_told(linear: Any, args: list[str], message: str) -> None:
    linear(0.5, 3)
    done = call("grad", "linear.yaml", "-i", "data.npz", *args)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_a_model_with_several_outputs_needs_a_loss(linear: Any) -> None:
    linear(0.5, 3)
    Path("linear.yaml").write_text(
        LINEAR.replace("Loss", "a") + "  b = sum(h[1])\n", encoding="utf-8"
    )
    done = call("grad", "linear.yaml", "-i", "data.npz")
    assert "say what to differentiate with --loss: a, b" in done.err


def test_a_batch_tells_that_the_loss_is_a_sum(linear: Any) -> None:
    linear(0.5, 3)
    np.savez("data.npz", x=np.ones((3, 4, 2)), W=np.eye(2), unused=1.0)
    assert lines_of()[0] == "Loss: the sum over 4 examples is 24"
    assert "sum over 4 examples is 16" in lines_of("--lengths", "3,2,2,1")[0]
