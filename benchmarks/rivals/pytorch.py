"""PyTorch: its own layers, and its cells called in a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.rivals.by_hand import Run
from benchmarks.rivals.case import GATES, Array, Case

ORDER = {"LSTM": "ifgo", "GRU": "rzn"}  # of the gates in its matrices


def layer(case: Case) -> Run | None:
    """`nn.LSTM` or `nn.GRU`."""
    if case.model not in ORDER:
        return None
    import torch

    made = getattr(torch.nn, case.model)(case.shape.inputs, case.shape.hidden)
    _load(case, made, "_l0")
    x = torch.from_numpy(case.values["x"])

    @torch.inference_mode()
    def run() -> Array:
        return made(x)[0].numpy()

    return run


def loop(case: Case) -> Run:
    """A cell in a loop: `nn.LSTMCell` or `nn.GRUCell`, and one written out for the custom cell."""
    import torch

    forward, _, values = _forward(case)
    x = values["x"]

    @torch.inference_mode()
    def run() -> Array:
        return forward(x).numpy()

    return run


def gradients(case: Case) -> Callable[[], Array]:
    """The same loop, its loss, and the derivatives by all parameters; returns that of the W."""
    import numpy as np

    forward, parameters, values = _forward(case)
    x, gates = values["x"], GATES[case.model]
    places = [gates.index(gate) for gate in ORDER.get(case.model, gates)]

    def run() -> Array:
        for parameter in parameters:
            parameter.grad = None
        (forward(x) ** 2).sum().backward()
        parts = parameters[1].grad.numpy().reshape(len(gates), -1, case.shape.hidden)
        return np.concatenate(parts[np.argsort(places)])

    return run


def _forward(case: Case) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    """A function of the inputs, its parameters (that of h second), and values as tensors."""
    import torch

    values = {name: torch.from_numpy(array) for name, array in case.values.items()}
    zeros = torch.zeros(case.shape.batch, case.shape.hidden)
    if case.model == "custom":
        names = ("U", "W", "b")
        parameters = [torch.from_numpy(case.stacked(n)).requires_grad_() for n in names]
        return lambda x: _custom(x, zeros, *parameters), parameters, values
    cell = getattr(torch.nn, f"{case.model}Cell")(case.shape.inputs, case.shape.hidden)
    _load(case, cell, "")

    def forward(x: Any) -> Any:
        state = (zeros, zeros) if case.model == "LSTM" else zeros
        outputs = []
        for one in x:
            state = cell(one, state)
            outputs.append(state[0] if case.model == "LSTM" else state)
        return torch.stack(outputs)

    return forward, [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh], values


def _custom(x: Any, zeros: Any, read: Any, recur: Any, bias: Any) -> Any:
    import torch

    h = m = zeros
    outputs = []
    turned = recur.T
    for p in torch.nn.functional.linear(x, read, bias):
        g, e, n = torch.addmm(p, h, turned).chunk(3, 1)
        m = torch.lerp(n.tanh(), m, e.sigmoid())
        h = torch.lerp(m.tanh(), h, g.sigmoid())
        outputs.append(h)
    return torch.stack(outputs)


def _load(case: Case, made: Any, suffix: str) -> None:
    """Put the case's parameters into a module; GRUs reset the second bias of their candidate."""
    import numpy as np
    import torch

    order = ORDER[case.model]
    second = np.zeros(len(order) * case.shape.hidden, np.float32)
    if case.model == "GRU":
        second[-case.shape.hidden :] = case.values["cn"]
    parts = {"weight_ih": case.stacked("U", order), "weight_hh": case.stacked("W", order),
             "bias_ih": case.stacked("b", order), "bias_hh": second}  # fmt: skip
    with torch.no_grad():
        for name, array in parts.items():
            getattr(made, name + suffix).copy_(torch.from_numpy(array))
