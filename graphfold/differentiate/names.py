"""Names and labels of adjoints: the gradient of h is `grad_h`, drawn as a nabla with h."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.circuit import Circuit
from graphfold.labels import latex_of
from graphfold.sizes import Shape


class Names:
    """New names for a circuit, none of which it has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def new(self, *parts: str) -> str:
        """The parts in one name, with an underscore more where that is taken."""
        name = "_".join(part.replace(".", "_") for part in parts)
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def label_of(circuit: Circuit, signal: str, shape: Shape | None) -> str:
    r"""Return the LaTeX of the gradient with respect to a signal.

    >>> from graphfold import loads
    >>> label_of(loads("graphfold: 1\nequations: |\n  y = 1"), "y", ())
    '\\nabla_{\\!y}'
    """
    told = dict(circuit.style.labels).get(signal)
    param = circuit.kind_of(signal) == "param"
    return rf"\nabla_{{\!{told or latex_of(signal, len(shape or ()), param)}}}"
