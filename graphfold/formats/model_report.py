"""What the readers of all sections share: the lines of the file, and its problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphfold.errors import Diagnostic, Mark
from graphfold.formats.yaml_nodes import Items, Pairs, Scalar, YamlNode


@dataclass
class Report:
    """The lines of a model file, and the problems found in it so far."""

    lines: list[str]
    problems: list[Diagnostic] = field(default_factory=list)

    def blame(self, code: str, message: str, mark: Mark) -> None:
        """Note a problem."""
        self.problems.append(Diagnostic("file", code, message, mark))

    def pairs(self, node: YamlNode | None, section: str) -> Iterator[tuple[Scalar, YamlNode]]:
        """The pairs of a mapping."""
        if isinstance(node, Pairs):
            yield from node.pairs
        elif node is not None and not is_empty(node):
            self.blame("section", f"'{section}' must be a mapping, as `name: value`", node.mark)

    def texts(self, node: YamlNode | None, section: str) -> Iterator[Scalar]:
        """The texts of a list."""
        if isinstance(node, Items):
            for item in node.items:
                if isinstance(item, Scalar):
                    yield item
                else:
                    self.blame("section", f"'{section}' must be a list of names", item.mark)
        elif node is not None and not is_empty(node):
            self.blame("section", f"'{section}' must be a list, as [a, b]", node.mark)

    def whole(self, node: YamlNode) -> int | None:
        """A whole number."""
        if isinstance(node, Scalar) and re.fullmatch("[0-9]{1,15}", node.text):
            return int(node.text)
        self.blame("size", "a size must be a whole number", node.mark)
        return None


def is_empty(node: YamlNode) -> bool:
    """Whether nothing is written where a value could be."""
    return isinstance(node, Scalar) and not node.text and not node.style
