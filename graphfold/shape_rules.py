"""What shape each operation gives: one rule for each name in the table of operations.

A rule takes the shapes of the operands; None stands for one that is not known yet. It returns a
shape, or None when it cannot tell, or raises Misfit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphfold.expression import Apply
from graphfold.sizes import Shape, Size, shape_text

Known = Shape | None
Rule = Callable[[Apply, Sequence[Known]], Known]

ONE = Size.of(1)


class Misfit(Exception):
    """Shapes do not fit; `what` is empty when naming the operands' shapes says it all."""

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what


def _elementwise(node: Apply, shapes: Sequence[Known]) -> Known:
    if shapes[0] is not None and all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    known = [s for s in shapes if s is not None]
    joined = broadcast(known)
    if len(known) < len(shapes) and not joined:
        return None  # a scalar tells nothing about what stands beside it
    return joined


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """Return the common shape as NumPy broadcasts; Misfit when there is none."""
    result: list[Size] = []
    for place in range(-max((len(s) for s in shapes), default=0), 0):
        found = ONE
        for shape in shapes:
            size = shape[place] if len(shape) >= -place else ONE
            if found == ONE:
                found = size
            elif size not in (ONE, found):
                raise Misfit
        result.append(found)
    return tuple(result)


def _matmul(node: Apply, shapes: Sequence[Known]) -> Known:
    left, right = shapes
    for shape, side in ((left, "left"), (right, "right")):
        if shape == ():
            raise Misfit(f"the {side} side of @ is a scalar; write *")
    if left is None or right is None:
        return None
    if len(left) > 2 or len(right) > 2:
        raise Misfit("@ takes vectors and matrices")
    if left[-1] != right[0]:
        raise Misfit
    return left[:-1] + right[1:]


def guess_matmul(left: Known, right: Known) -> Known:
    """The shape of a product when one side is unknown and taken for a vector."""
    if left is not None and len(left) == 2 and right is None:
        return left[:1]
    if right is not None and len(right) == 2 and left is None:
        return right[1:]
    return None


def guess_slice(node: Apply) -> Known:
    """The shape of a part of something unknown that is taken for a vector."""
    if dict(node.attributes).get("axis", 0) not in (0, -1):
        return None
    start, stop = Size.of(node.attribute("start")), Size.of(node.attribute("stop"))  # type: ignore[arg-type]
    return (stop - start,)


def _axis(node: Apply, rank: int, default: int | None) -> int | None:
    given = dict(node.attributes).get("axis", default)
    if not isinstance(given, int):
        return None
    if not -rank <= given < rank:
        raise Misfit(f"axis {given} does not exist")
    return given % rank


def _reduce(node: Apply, shapes: Sequence[Known]) -> Known:
    (shape,) = shapes
    if shape is None:
        return () if not node.attributes else None
    axis = _axis(node, len(shape), None)
    return () if axis is None else shape[:axis] + shape[axis + 1 :]


def _along(node: Apply, shapes: Sequence[Known]) -> Known:
    (shape,) = shapes
    if shape == ():
        raise Misfit(f"{node.operation} needs a vector")
    if shape is not None:
        _axis(node, len(shape), -1)
    return shape


def _concat(node: Apply, shapes: Sequence[Known]) -> Known:
    known = [s for s in shapes if s is not None]
    if () in known:
        raise Misfit("concat joins vectors or matrices; use stack for scalars")
    if len({len(s) for s in known}) > 1:
        raise Misfit
    if len(known) < len(shapes):
        return None
    axis = _axis(node, len(known[0]), 0) or 0
    rests = {s[:axis] + s[axis + 1 :] for s in known}
    if len(rests) > 1:
        raise Misfit
    total = Size(())
    for shape in known:
        total = total + shape[axis]
    return (*known[0][:axis], total, *known[0][axis + 1 :])


def _stack(node: Apply, shapes: Sequence[Known]) -> Known:
    known = [s for s in shapes if s is not None]
    if len(set(known)) > 1:
        raise Misfit
    if not known:
        return None
    axis = _axis(node, len(known[0]) + 1, 0) or 0
    return (*known[0][:axis], Size.of(len(shapes)), *known[0][axis:])


def _dot(node: Apply, shapes: Sequence[Known]) -> Known:
    known = [s for s in shapes if s is not None]
    if any(len(s) != 1 for s in known):
        raise Misfit("dot takes two vectors")
    if len(set(known)) > 1:
        raise Misfit
    return ()


def _outer(node: Apply, shapes: Sequence[Known]) -> Known:
    left, right = shapes
    if any(s is not None and len(s) != 1 for s in shapes):
        raise Misfit("outer takes two vectors")
    return None if left is None or right is None else left + right


def _transpose(node: Apply, shapes: Sequence[Known]) -> Known:
    (shape,) = shapes
    return None if shape is None else shape[::-1]


def _reshape(node: Apply, shapes: Sequence[Known]) -> Known:
    new = node.attribute("shape")
    assert isinstance(new, tuple)
    if shapes[0] is not None and _volume(shapes[0]) != _volume(new):
        raise Misfit(f"{shape_text(shapes[0])} does not hold as many values as {shape_text(new)}")
    return new


def _volume(shape: Shape) -> Size:
    volume = ONE
    for size in shape:
        volume = volume * size
    return volume


def _slice(node: Apply, shapes: Sequence[Known]) -> Known:
    (shape,) = shapes
    if shape is None:
        return None
    axis = _axis(node, len(shape), 0) or 0
    if not shape:
        raise Misfit("slice needs a vector or matrix")
    start, stop = Size.of(node.attribute("start")), Size.of(node.attribute("stop"))  # type: ignore[arg-type]
    limits = [(start, "start"), (stop, "stop")]
    for limit, name in limits:
        beyond = (limit - shape[axis]).constant
        if (limit.constant or 0) < 0 or (beyond is not None and beyond > 0):
            raise Misfit(f"{name} {limit} is outside 0..{shape[axis]}")
    width = stop - start
    if (width.constant or 0) < 0:
        raise Misfit(f"stop {stop} comes before start {start}")
    return (*shape[:axis], width, *shape[axis + 1 :])


def _one_hot(node: Apply, shapes: Sequence[Known]) -> Known:
    if shapes[0] not in (None, ()):
        raise Misfit("one_hot takes a scalar")
    return (Size.of(node.attribute("size")),)  # type: ignore[arg-type]


def _scalar(node: Apply, shapes: Sequence[Known]) -> Known:
    return ()


def _same(node: Apply, shapes: Sequence[Known]) -> Known:
    return shapes[0]


SHAPE_RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "mod", "neg"), _elementwise),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne", "where"), _elementwise),
    **dict.fromkeys(("tanh", "sigmoid", "relu", "softplus", "exp", "log", "sqrt"), _elementwise),
    **dict.fromkeys(("sin", "cos", "abs", "sign", "square"), _elementwise),
    **dict.fromkeys(("maximum", "minimum", "clip", "switch"), _elementwise),
    **dict.fromkeys(("sum", "mean", "max", "norm"), _reduce),
    **dict.fromkeys(("softmax", "log_softmax", "layer_norm"), _along),
    **dict.fromkeys(("sum_over", "mean_over", "max_over"), _same),
    **dict.fromkeys(("step", "length", "size"), _scalar),
    "matmul": _matmul,
    "concat": _concat,
    "stack": _stack,
    "dot": _dot,
    "outer": _outer,
    "transpose": _transpose,
    "reshape": _reshape,
    "slice": _slice,
    "one_hot": _one_hot,
}
