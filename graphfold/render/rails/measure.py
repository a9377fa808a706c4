"""How large the nodes of operations are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.compose import instance
from graphfold.render.layout.borders import Border
from graphfold.render.layout.measure import box_lines, reach_of
from graphfold.render.picture import Run
from graphfold.render.scene import Scene, Site
from graphfold.render.theme import Theme
from graphfold.render.typeset import typeset

GLYPH, WORD, TAG = 15.0, 11.5, 13.0  # font sizes: in nodes, of words there, of names beside them
WIDE = 20.0  # a label that is a word
LEAST, NAMED, LOW = 13.0, 17.0, 11.5  # radii: of operations, of signals, half the height of a gain
INSET, WIRES_APART = 4.0, 12.0
GAIN_CORNER, BOX_CORNER = 3.5, 8.0


def borders(scenes: Sequence[Scene], theme: Theme) -> dict[str, Border]:
    """The borders of all sites, as large as any of the scenes asks."""
    found: dict[str, Border] = {}
    for scene in scenes:
        for name, site in scene.sites.items():
            new, old = _border(scene, site, theme), found.get(name)
            if old is None or new.half > old.half:
                found[name] = new
    return found


def _border(scene: Scene, site: Site, theme: Theme) -> Border:
    if site.box:
        half = max(run.box[2] - run.box[0] for run, _ in box_lines(site, theme)) / 2
        return Border(theme.radius, max(half + theme.box_margin - theme.radius, 0.0), BOX_CORNER)
    if site.form == "gain":
        run = typeset(site.latex, GLYPH)
        half = max((run.box[2] - run.box[0]) / 2 + INSET + 2, LOW)
        radius = max((run.box[3] - run.box[1]) / 2 + INSET, LOW)
        return Border(radius, max(half - radius, 0.0), GAIN_CORNER)
    if site.form == "bare":
        run = typeset(site.latex, GLYPH)
        width, height = run.box[2] - run.box[0], run.box[3] - run.box[1]
        radius = height / 2 + 2.5
        return Border(radius, max(width / 2 + 3 - radius, 0.0), 1.0)
    runs = [label_of(site, time) for time in _times(scene, site)]
    least = NAMED if moves(site) else LEAST
    reach = max(reach_of(run) for run in runs) + INSET
    half = max(run.box[2] - run.box[0] for run in runs) / 2 + INSET + 3
    if reach > LEAST + 4 and not moves(site):
        return Border(LEAST, max(half - LEAST, 0.0), LEAST)
    return Border(max(least, reach))


@dataclass(frozen=True)
class Measures:
    """What scenes of one circuit have in common, so that their steps are placed alike.

    `given` is the largest radius of what stands before the first step, and `widest` the longest
    superscript.
    """

    border: Mapping[str, Border]
    given: float
    widest: str

    @property
    def port_gap(self) -> float:
        """The room between ports: what stands before the first step must not overlap."""
        return max(WIRES_APART, 2 * self.given + 5) if self.given else WIRES_APART


def measures(scenes: Sequence[Scene], theme: Theme) -> Measures:
    """Measure scenes of one circuit."""
    radii = [0.0]
    for scene in scenes:
        for column in scene.columns:
            given = (name for name, kind in column.sites.items() if kind == "boundary")
            for name in given:
                site = scene.sites[name]
                latex = column.labels.get(name, site.tag or site.latex)
                radii.append(given_radius(given_label(latex, column.time)))
    times = [c.at(c.span - 1).time for scene in scenes for c in scene.columns if not c.gap]
    return Measures(borders(scenes, theme), max(radii), max(times, key=len, default=""))


def given_radius(run: Run) -> float:
    """The radius of a value that is there before the first step."""
    return max(15.0, (run.box[2] - run.box[0]) / 2 + 4.5)


def moves(site: Site) -> bool:
    """Whether a node is called by a signal's name, with the step beside it."""
    return not site.of or (site.name == site.of and not site.tag)


def label_of(site: Site, time: str) -> Run:
    """What stands in a node; words are set smaller than signs."""
    run = instance(site.latex, time if moves(site) else "", GLYPH)
    if moves(site) or run.box[2] - run.box[0] < WIDE:
        return run
    return typeset(site.latex, WORD)


def _times(scene: Scene, site: Site) -> list[str]:
    """The widest superscripts it gets."""
    if not moves(site):
        return [""]
    times = [c.at(c.span - 1).time for c in scene.columns if site.name in c.sites]
    longest = max(map(len, times), default=0)
    return list(dict.fromkeys(t for t in times if len(t) == longest))[:3] or [""]


def given_label(latex: str, time: str) -> Run:
    """The label of a value that is there before the first step."""
    return instance(latex, time, GLYPH)
