"""Scenes with the marks of their values, and the legend that goes with them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graphfold.errors import DrawingError, suggest
from graphfold.render.options import DrawOptions
from graphfold.render.parts import Part
from graphfold.render.scene import Scene
from graphfold.render.values.marks import Mark, binned, mark_of, number_of
from graphfold.render.values.reader import Reader, ensure_some
from graphfold.render.values.scale import Scale, from_zero, symmetric
from graphfold.shapes import infer_shapes

if TYPE_CHECKING:
    import numpy as np

    from graphfold.render.parts import Shown
    from graphfold.unfolding import Unfolding

COLOR_BY = ("norm", "mean", "gradient")
Place = tuple[str, str]


@dataclass(frozen=True)
class Legend:
    """The scale beneath a figure, what it is of, and whether some numbers have no place on it."""

    scale: Scale
    words: str
    odd: bool = False


def with_values(
    parts: Sequence[Part], things: Sequence[Any], options: DrawOptions
) -> tuple[list[Part], Legend | None]:
    """Return the parts with marks, and the legend of their colours.

    DrawingError for values that are of nothing here or do not fit, for windows and trees.
    """
    _ensure_consistent(options)
    legend: Legend | None = None
    marks: dict[tuple[int, Place], Mark] = {}
    arrays: dict[tuple[int, Place], np.ndarray] = {}
    if options.values is not None:
        arrays = _arrays(parts, things, options)
        marks, legend = _marks(arrays, options)
    done = []
    for k, part in enumerate(parts):
        own = {place: mark for (number, place), mark in marks.items() if number == k}
        known = {place: array for (number, place), array in arrays.items() if number == k}
        done.append(_part(part, own, known if options.shapes else None))
    return done, legend


def _ensure_consistent(options: DrawOptions) -> None:
    by = options.color_by
    if by is not None and by not in COLOR_BY:
        hint = suggest(str(by), COLOR_BY) or f"; it is {', '.join(COLOR_BY)}"
        raise DrawingError(f"color_by '{by}' is unknown{hint}")
    if by is not None and options.values is None:
        raise DrawingError(f"color_by '{by}' needs values: values=gf.evaluate(…)")
    given: object = options.values
    if given is not None and not isinstance(given, Mapping):
        kind = type(given).__name__
        raise DrawingError(f"values are arrays by name, such as gf.evaluate gives, not {kind}")


def _arrays(
    parts: Sequence[Part], things: Sequence[Any], options: DrawOptions
) -> dict[tuple[int, Place], np.ndarray]:
    """The values of all instances that are shown, or their gradients."""
    found: dict[tuple[int, Place], np.ndarray] = {}
    names: dict[str, None] = {}
    reader = None
    for k, (part, thing) in enumerate(zip(parts, things, strict=True)):
        scene, unfolding = part.scenes[-1], _unfolding(thing)
        if unfolding is None:
            continue
        if not isinstance(scene, Scene):
            raise DrawingError("values are shown on unfoldings over steps, not yet on trees")
        values, what = _values(unfolding, options)
        shapes = infer_shapes(unfolding.circuit)
        reader = Reader(unfolding, values, shapes, what)
        names |= dict.fromkeys(n for n in scene.sites if n in shapes)
        for place in _places(scene):
            array = reader.array(*place) if place[0] in shapes else None
            if array is not None:
                found[k, place] = array
    if reader is None:
        raise DrawingError(
            "values belong to an unfolding: gf.draw(gf.unfold(circuit, 3), values=…)"
        )
    ensure_some(list(found), reader, list(names))
    return found


def _unfolding(thing: Any) -> Unfolding | None:
    from graphfold.eliminate import Elimination
    from graphfold.unfolding import Unfolding, Window

    if isinstance(thing, Window):
        raise DrawingError("a window has no fixed steps, so no values: draw an unfolding instead")
    if isinstance(thing, Elimination):
        return thing.unfolding
    return thing if isinstance(thing, Unfolding) else None


def _values(unfolding: Unfolding, options: DrawOptions) -> tuple[Mapping[str, Any], str]:
    if options.color_by != "gradient":
        assert options.values is not None
        return options.values, "values"
    if options.gradients is not None:
        return options.gradients, "gradients"
    import graphfold as gf

    assert options.values is not None
    given = _given(unfolding, options.values)
    return gf.gradients(unfolding, given, loss=options.loss), "gradients"


def _given(unfolding: Unfolding, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of a mapping can be given to an evaluation; the result of one tells for itself."""
    import graphfold as gf
    from graphfold.evaluate.slots import slots

    if isinstance(values, gf.Evaluation):
        return values
    names = (slot.name for slot in slots(unfolding, gf.infer_shapes(unfolding.circuit)))
    return {name: values[name] for name in names if name in values}


def _places(scene: Scene) -> Iterator[Place]:
    for column in scene.columns:
        for name, kind in column.sites.items():
            if kind != "dots" and not column.gap:
                yield name, column.step
    moving = scene.block_of
    yield from ((name, "") for name in scene.sites if name not in moving)


def _marks(
    arrays: Mapping[tuple[int, Place], np.ndarray], options: DrawOptions
) -> tuple[dict[tuple[int, Place], Mark], Legend | None]:
    by = options.color_by
    if by is None:
        return _shown(arrays)
    numbers = {at: number_of(array, by) for at, array in arrays.items()}
    scale = symmetric(numbers.values()) if by == "mean" else from_zero(numbers.values())
    odd = not all(map(math.isfinite, numbers.values()))
    marks = {at: Mark(fill=scale.color(n), width=scale.width(n)) for at, n in numbers.items()}
    words = {"gradient": f"norm of the gradient of {options.loss}"}.get(by, by)
    return marks, Legend(scale, words, odd)


def _shown(
    arrays: Mapping[tuple[int, Place], np.ndarray],
) -> tuple[dict[tuple[int, Place], Mark], Legend | None]:
    wide = [n for array in arrays.values() if array.ndim for row in binned(array) for n in row]
    scale = symmetric(wide)
    marks = {at: mark_of(array, scale) for at, array in arrays.items()}
    odd = not all(map(math.isfinite, wide))
    return marks, Legend(scale, "value", odd) if wide else None


def _part(
    part: Part, marks: Mapping[Place, Mark], shaped: Mapping[Place, np.ndarray] | None
) -> Part:
    """The part with marks in its last scene, and with shapes in all, if they are wanted."""
    scenes, last = [], part.scenes[-1]
    for scene in part.scenes:
        own = marks if scene is last else {}
        if shaped is not None:
            own = _with_shapes(part, scene, own, shaped if scene is last else {})
        scenes.append(replace(scene, marks=own) if isinstance(scene, Scene) and own else scene)
    return replace(part, scenes=tuple(scenes))


def _with_shapes(
    part: Part, scene: Shown, marks: Mapping[Place, Mark], arrays: Mapping[Place, np.ndarray]
) -> dict[Place, Mark]:
    """The marks with a line for the shape, of numbers where a value is known; scalars have none."""
    if not isinstance(scene, Scene):
        raise DrawingError(
            "shapes are shown on circuits and unfoldings over steps, not yet on trees"
        )
    shapes, found = infer_shapes(part.circuit), {**marks}
    for place in _places(scene):
        if place[0] in shapes and not scene.sites[place[0]].box:
            array, mark = arrays.get(place), marks.get(place, Mark())
            known = shapes[place[0]] if array is None else array.shape
            line = r"{\times}".join(map(str, known))
            found[place] = replace(mark, lines=(*mark.lines, line)) if line else mark
    return found
