"""Arguments and options that several commands share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .messages import CallError

if TYPE_CHECKING:
    from graphfold import Tree
    from graphfold.circuit import Circuit

model_argument = click.argument("model", type=click.Path(allow_dash=True, path_type=str))
json_option = click.option(
    "--json", "_json", is_flag=True, help="Print diagnostics (and results) as JSON."
)


mode_option = click.option(
    "--mode",
    metavar="NAME",
    help="The mode whose branches `switch` takes.  [default: the model's first]",
)


def output_option(what: str) -> Callable[[Any], Any]:
    """`-o FILE`, with what it means for the command."""
    path = click.Path(allow_dash=True)
    return click.option("-o", "--output", type=path, callback=_ensure_name, help=what)


def _ensure_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("the name of the file is empty", ctx, param)
    return value


class Steps(click.ParamType):  # type: ignore[type-arg]
    """A number of steps: 3, or t=3,u=2 with several axes."""

    name = "steps"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return a number, or a mapping from axis to number."""
        if not isinstance(value, str):
            return value
        if "=" not in value:
            return self._whole(value, param, ctx)
        pairs = [part.partition("=") for part in value.split(",")]
        names = [name.strip() for name, _, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                self.fail(f"axis '{name}' is given twice", param, ctx)
        return {name.strip(): self._whole(number, param, ctx) for name, _, number in pairs}

    def _whole(self, text: str, param: Any, ctx: Any) -> int:
        if re.fullmatch(r"[0-9]{1,40}", text.strip()):
            return int(text)
        shown = text if len(text) <= 40 else text[:39] + "…"
        return self.fail(f"'{shown}' is not a whole number from 0 on; write 3 or t=3", param, ctx)


class Sizes(click.ParamType):  # type: ignore[type-arg]
    """A size of a dimension: n_h=8."""

    name = "name=number"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the name and the number."""
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"\s*([^\W\d]\w*)\s*=\s*([0-9]{1,15})\s*", value)
        if not match:
            self.fail(f"'{value[:40]}' is not a size; write n_h=8", param, ctx)
        return match[1], int(match[2])


class Width(click.ParamType):  # type: ignore[type-arg]
    """The columns of a window before and after t: 1,1."""

    name = "before,after"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the two numbers."""
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*", value)
        if not match:
            self.fail(f"'{value[:40]}' is not two whole numbers up to 999; write 1,1", param, ctx)
        return int(match[1]), int(match[2])


tree_option = click.option(
    "--tree",
    metavar="TEXT",
    help='The tree to unfold over, with brackets: "((the cat) (sat down))".',
)


def read_tree(circuit: Circuit, text: str | None) -> Tree | None:
    """Read the tree given to a circuit; CallError when it, or an axis for it, is missing."""
    import graphfold as gf

    if not circuit.trees:
        if text is not None:
            raise CallError("no axis of this circuit is a tree; leave out --tree")
        return None
    axis = next(iter(circuit.trees.values()))
    if text is None:
        raise CallError(f'{axis.name} is a tree: say which one, --tree "((the cat) (sat down))"')
    try:
        return gf.parse_tree(text, axis.children)
    except gf.UnfoldingError as error:
        lines = (f"--tree: {line}" for line in str(error).splitlines())
        raise CallError("\n".join(lines)) from None


def free_axes(circuit: Circuit) -> list[str]:
    """The axes whose steps do not follow from a tree."""
    return [axis.name for axis in circuit.axes if not circuit.is_of_tree(axis.name)]


def load_model(path: str) -> Circuit:
    """Read the model file a command was given; `-` is standard input."""
    import graphfold as gf

    if path == "-":
        return gf.load(standard_input())
    if not path:
        raise CallError("the name of the model file is empty")
    try:
        return gf.load(path)
    except gf.ModelError as error:
        hint = _example_hint(path, error)
        if hint:
            raise CallError(hint) from None
        raise


def standard_input() -> Any:
    """Standard input as a binary file; CallError when it is closed."""
    if sys.stdin is None:
        raise CallError("standard input is closed")
    return sys.stdin.buffer


def _example_hint(path: str, error: Exception) -> str | None:
    """When there is no such file but an example of that name: how to get it."""
    from pathlib import Path

    import graphfold as gf

    name = Path(path).stem
    if "No such file" not in str(error) or name not in gf.example_names() or Path(path).exists():
        return None
    return f"{path}: there is no such file; for the example write: graphfold examples {name} --save"


def stem(path: str, name: str) -> str:
    """The name that output files begin with."""
    from pathlib import Path

    if path != "-":
        return Path(path).stem
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "circuit"
