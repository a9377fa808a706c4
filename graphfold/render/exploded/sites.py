"""Operations as the sites and ties of a view."""

from __future__ import annotations

from dataclasses import replace

from graphfold.expression import Read
from graphfold.render.contract import Tie
from graphfold.render.exploded.explode import Exploded
from graphfold.render.factors import Factor, Product
from graphfold.render.scene import Site

MINUS = "-"  # a factor that is no parameter


def operation_site(exploded: Exploded, site: Site) -> Site:
    """The site of an operation: its label, and the name of the value it makes as its tag."""
    label = exploded.labels.get(site.name)
    if label is None or site.box:
        return site
    named = not exploded.is_inner(site.name)
    tag = site.latex if named and not label.named else ""
    signal = exploded.signals[site.name]
    return replace(site, latex=label.latex or site.latex, form=label.form, tag=tag, of=signal)


def by_signs(exploded: Exploded, tie: Tie) -> Tie:
    """The tie with a minus sign where its target takes it away, and no other caption but modes."""
    ways: dict[Product, None] = {}
    label = exploded.labels.get(tie.target)
    minus = label is not None and any(_is(tie, read) for read in label.minus)
    for way in tie.products:
        modes = tuple(factor for factor in way if factor.mode)
        ways[(*((Factor(MINUS),) if minus else ()), *modes)] = None
    return replace(tie, products=tuple(ways) or ((),))


def _is(tie: Tie, read: Read) -> bool:
    if read.signal != tie.source:
        return False
    if tie.reach == "step" and read.index is not None:
        return read.index.offset == -tie.delay
    return tie.index == read.index or (tie.reach == "static" and read.index is None)
