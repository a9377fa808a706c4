"""The table of derivatives as terms: the gradient of an operand from that of the result."""

from __future__ import annotations

from graphfold.differentiate.along import ALONG, Pull
from graphfold.differentiate.by_number import BY_NUMBER, Formulas
from graphfold.differentiate.products import PRODUCTS
from graphfold.differentiate.uses import Gradient, TermFunctions, Use, unbroadcast, whole
from graphfold.shape_rules import broadcast
from graphfold.sizes import Shape
from graphfold.terms import Term


def _by_number(formulas: Formulas) -> Pull:
    def pull(use: Use, place: int) -> Term | None:
        formula = formulas[place]
        if formula is None:
            return None
        found: Term = formula(TermFunctions, use.gradient, use.result, *use.operands)
        return unbroadcast(found, use.shape, use.shapes[place])

    return pull


PULLS: dict[str, Pull] = {
    **{name: _by_number(formulas) for name, formulas in BY_NUMBER.items()},
    **ALONG,
    **PRODUCTS,
}


def pulled(name: str, use: Use, place: int, shape: Shape) -> Gradient | None:
    """The gradient of an operand, that of the result having a `shape` of its own.

    KeyError for an operation that is not in the table.
    """
    pull, own = PULLS[name], use.shapes[place]
    if name in _THIN and own == use.shape:
        others = [s for i, s in enumerate(use.shapes) if i != place and name == "mul"]
        found = pull(use, place)
        assert isinstance(found, Term)
        return Gradient(found, broadcast([shape, *others]))
    found = pull(
        use._replace(gradient=whole(Gradient(use.gradient, shape), use.result, use.shape)), place
    )
    return Gradient(found, own) if isinstance(found, Term) else found


_THIN = ("add", "sub", "neg", "mul")
