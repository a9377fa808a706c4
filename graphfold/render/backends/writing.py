"""Numbers, texts, and colours as SVG has them."""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from graphfold.render.backends.numbers import number
from graphfold.render.picture import Moves


@lru_cache(maxsize=65536)
def path_of(moves: Moves) -> str:
    """Write relative moves."""
    return "".join(kind + " ".join(number(n) for n in numbers) for kind, numbers in moves)


def use(name: str, x: float, y: float) -> str:
    """Write that something stands at a place."""
    across, down = number(x), number(y)
    place = (f' x="{across}"' if across != "0" else "") + (f' y="{down}"' if down != "0" else "")
    return f'<use href="#{name}"{place}/>'


def short(color: str) -> str:
    """A colour in as few characters as it takes."""
    pairs = color[1:3], color[3:5], color[5:7]
    doubled = len(color) == 7 and all(pair[0] == pair[1] for pair in pairs)
    return "#" + "".join(pair[0] for pair in pairs) if doubled else color


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Escape text."""
    return escape(printable(text))


@lru_cache(maxsize=4096)
def attribute(text: str) -> str:
    """Quote an attribute value."""
    return quoteattr(printable(text))


def printable(text: str) -> str:
    """Replace the characters that XML forbids, and those that nobody sees."""
    return "".join(c if c.isprintable() or c in " \n\t" else "\ufffd" for c in text)
