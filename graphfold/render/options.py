"""How a figure is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphfold.render.theme import Theme


@dataclass(frozen=True)
class DrawOptions:
    """What to show and how.

    `detail` is "signals"; "operations", each of which is a node then; or "cells": every use of a
    cell and every recurrence is a box then. `direction` is where time runs: "right", or "up" (trees
    grow upwards in both). `pair` puts the folded circuit and an arrow before an unfolding (None:
    yes when the axis has steps to show); `open` names the uses of cells, or boxes,
    whose inside is shown, or is "all" (None: those that the model asks for; among operations all,
    among cells none); `elide` cuts long times in the middle, after `first` and before the `last`
    steps, when there are more than `most`, but for the steps named by `keep`: 50, "40:44", "u=7",
    or several in a list; `words` shows those of a tree's leaves (a tree is never cut); `scale` is
    pixels per point in PNG; `captions` stand beneath the figures of a list.

    `theme` is a `Theme`, a name out of `themes()` or the path of a file with an own one (None: as
    the model asks, else "book").

    `values`, such as `evaluate` gives, stand in the nodes of an unfolding: a scalar's number, and
    the elements of vectors and matrices as colours, of a batch those of the first row. `color_by`
    "norm", "mean" or "gradient" fills nodes and widens wires instead; `gradients` by id are those
    of `loss`. `shapes` tells shapes under the labels.
    """

    detail: str = "signals"
    direction: str = "right"
    pair: bool = True
    open: str | Sequence[str] | None = None
    elide: bool = True
    first: int = 3
    last: int = 2
    most: int = 8
    keep: int | str | Sequence[int | str] = ()
    words: bool = True
    scale: float = 2.0
    title: str | None = None
    word: str = "Unfold"
    theme: Theme | str | os.PathLike[str] | None = None
    captions: Sequence[str] = ()
    values: Mapping[str, Any] | None = None
    color_by: str | None = None
    gradients: Mapping[str, Any] | None = None
    loss: str = "Loss"
    shapes: bool = False

    @property
    def shows_values(self) -> bool:
        """Whether instances show more than their names."""
        return self.shapes or self.values is not None or self.color_by is not None
