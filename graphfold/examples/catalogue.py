"""What the built-in models are of: figures, equations and sections of the book, and papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent

BOOK: Mapping[str, str] = {
    "classical": "figure 10.1",
    "driven": "figure 10.2",
    "rnn_loss": "figure 10.3",
    "output_recurrence": "figure 10.4",
    "single_output": "figure 10.5",
    "teacher_forcing": "figure 10.6",
    "graphical_state": "figures 10.7, 10.8",
    "vector_to_sequence": "figure 10.9",
    "conditional": "figure 10.10",
    "bidirectional": "figure 10.11",
    "bidirectional_cells": "figure 10.11",
    "encoder_decoder": "figure 10.12",
    "deep_hierarchy": "figure 10.13a",
    "deep_transition": "figure 10.13b",
    "deep_skip": "figure 10.13c",
    "recursive": "figure 10.14",
    "echo_state": "section 10.8",
    "time_skip": "section 10.9.1",
    "leaky": "section 10.9.2",
    "clockwork": "section 10.9.3",
    "lstm": "figure 10.16",
    "lstm_peephole": "figure 10.16",
    "gru": "equations 10.45-10.47",
    "memory": "figure 10.18",
    "time_delay": "chapter 10",
}
"""Goodfellow, Bengio, Courville: Deep Learning, chapter 10; in its order."""

BEYOND: Mapping[str, str] = {
    "stacked_lstm": "Graves et al. 2013",
    "tree_lstm": "Tai et al. 2015",
    "lstm_tanh": "PyTorch, ONNX",
    "gru_reset_before": "Cho et al. 2014",
    "gru_reset_after": "PyTorch, cuDNN",
    "minimal_gated": "Zhou et al. 2016",
    "elementwise_lstm": "Shi et al. 2015",
    "attention": "Bahdanau et al. 2015",
    "state_space": "Kalman 1960",
    "diagonal_state_space": "Gupta et al. 2022",
    "kalman": "Kalman 1960",
    "autoregressive": "Yule 1927",
    "moving_average": "Slutzky 1937",
    "arma": "Box and Jenkins 1970",
    "biquad": "direct form I",
    "wilson_cowan": "Wilson and Cowan 1972",
    "shift_register": "Golomb 1967",
    "fibonacci": "",
}
"""From elsewhere: gated units, layers, filters, dynamical systems."""


@dataclass(frozen=True, slots=True)
class Example:
    """A built-in model: its name, where it comes from, and whether that is the book."""

    name: str
    source: str = ""
    in_book: bool = False

    @property
    def path(self) -> Path:
        """The model file."""
        return FOLDER / f"{self.name}.yaml"

    @property
    def data(self) -> Path | None:
        """The file of inputs and parameters, when there is one."""
        path = FOLDER / f"{self.name}.npz"
        return path if path.exists() else None
