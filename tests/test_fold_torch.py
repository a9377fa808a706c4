"""PyTorch modules with loops, exported; skipped where torch is absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphfold as gf

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("default")

STEPS, SIZE = 6, 3


def cell(kind: str) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc,name-defined,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            gates = 4 if kind == "lstm" else 1
            self.read = torch.nn.Linear(SIZE, gates * SIZE)
            self.recur = torch.nn.Linear(SIZE, gates * SIZE, bias=False)

        def forward(self, x: Any) -> Any:
            h = torch.zeros(2, SIZE)
            c, outputs = h, []
            for step in range(STEPS):
                z = self.read(x[step]) + self.recur(h)
                if kind == "lstm":
                    i, f, g, o = (torch.sigmoid(part) for part in z.chunk(4, 1))
                    c = f * c + i * g
                    h = o * torch.tanh(c)
                else:
                    h = torch.tanh(z)
                outputs.append(h)
            return torch.stack(outputs)

    return Net()


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_an_exported_loop_folds_and_computes_the_same(kind: str) -> None:
    net, x = cell(kind), torch.randn(STEPS, 2, SIZE)
    program = torch.export.export(net, (x,))
    found = gf.fold(program)
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", STEPS)]
    state = {n.replace(".", "_"): v.numpy() for n, v in net.state_dict().items()}
    feed = found.values({**state, "x": x.numpy()})
    values = gf.evaluate(found.unfold(), feed)
    (output,) = found.circuit.outputs
    expected = net(x).detach().numpy()
    np.testing.assert_allclose(values.signal(output.name), expected, rtol=1e-5, atol=1e-6)


def test_a_symbolic_trace_folds_with_its_modules_opaque() -> None:
    found = gf.fold(torch.fx.symbolic_trace(cell("rnn")))
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", STEPS)]


@pytest.mark.parametrize("kind", ["GRUCell", "LSTMCell"])
def test_cells_of_the_library_fold_among_core_operators(kind: str) -> None:
    class Net(torch.nn.Module):  # type: ignore[misc,name-defined,unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(torch.nn, kind)(SIZE, SIZE)

        def forward(self, x: Any) -> Any:
            state, outputs = None, []
            for element in x.unbind(0):
                state = self.cell(element, state)
                outputs.append(state[0] if kind == "LSTMCell" else state)
            return torch.stack(outputs)

    net, x = Net(), torch.randn(STEPS, 2, SIZE)
    found = gf.fold(torch.export.export(net, (x,)).run_decompositions())
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", STEPS)]
    state = {n.replace(".", "_"): v.numpy() for n, v in net.state_dict().items()}
    values = gf.evaluate(found.unfold(), found.values({**state, "x": x.numpy()}))
    (output,) = found.circuit.outputs
    expected = net(x).detach().numpy()
    np.testing.assert_allclose(values.signal(output.name), expected, rtol=1e-5, atol=1e-6)


def test_layers_with_weights_of_their_own_are_a_repeat() -> None:
    net = torch.nn.Sequential(*(torch.nn.Linear(SIZE, SIZE) for _ in range(5)))
    found = gf.fold(torch.fx.symbolic_trace(net))
    assert [(r.form, r.steps) for r in found.repetitions] == [("repeat", 5)]


class Settings(torch.nn.Module):  # type: ignore[misc,name-defined,unused-ignore]
    """Operators with settings that must not be read as if they had none."""

    def forward(self, x: Any) -> Any:
        y = torch.add(x, x.t(), alpha=3) + torch.permute(x, (0, 1)) + x[:, -1:]
        y = y + torch.div(x, 0.7, rounding_mode="floor") + (3 * x).to(torch.int32)
        return y + torch.nn.functional.softplus(x, 2.0) + torch.cat([y, y], -1)[:, 1:4]


def test_an_operator_with_settings_is_not_read_as_one_without() -> None:
    program = torch.export.export(Settings(), (torch.randn(SIZE, SIZE),))
    trace = gf.read_trace(program)
    opaque = {"torch_add", "permute", "torch_div", "to", "torch_softplus"}
    plain = {"input", "const", "add", "mul", "transpose", "slice", "concat"}
    assert set(trace.op_names) == opaque | plain


def test_a_module_that_is_not_traced_is_told_how() -> None:
    with pytest.raises(gf.GraphfoldError, match="trace the module first"):
        gf.fold(cell("rnn"))


def test_a_saved_program_is_read_from_its_file(tmp_path: Path) -> None:
    net = torch.nn.Sequential(*(torch.nn.Linear(SIZE, SIZE) for _ in range(5)))
    program = torch.export.export(net, (torch.randn(1, SIZE),))
    path = tmp_path / "net.pt2"
    torch.export.save(program, path)
    found = gf.fold(path)
    assert [(r.form, r.steps) for r in found.repetitions] == [("repeat", 5)]
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(gf.ModelError, match=r"no program saved by torch\.export\.save"):
        gf.read_trace(path)
