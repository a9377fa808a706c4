"""Plans in a copy or in another process: made anew from what they were made of."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Self

from graphfold.errors import ValuesError


class Remade:
    """A base for what keeps compiled code: it copies and pickles as its arguments do."""

    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        """Remember what it is made of."""
        made = super().__new__(cls)
        made._arguments = (arguments, named)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        arguments, named = copy.deepcopy(self._arguments, memo)
        return type(self)(*arguments, **named)

    def __copy__(self) -> Self:
        made = object.__new__(type(self))  # which shares what is compiled
        made.__dict__.update(self.__dict__)
        return made

    def _with(self, **named: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it is made of, some of it other."""
        arguments, before = self._arguments
        return arguments, {**before, **named}

    def __reduce__(self) -> tuple[Any, ...]:
        for name, function in getattr(self, "functions", {}).items():
            _ensure_pickles(name, function)
        return _remake, (type(self), *self._arguments)


def _remake(kind: type[Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return kind(*arguments, **named)


def _ensure_pickles(name: str, function: Any) -> None:
    try:
        pickle.dumps(function)
    except Exception as error:  # every class fails in its own way
        cure = "define it with def at the top of a module"
        raise ValuesError(f"function {name} cannot be sent to another process; {cure}") from error
