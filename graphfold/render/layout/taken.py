"""The room of a plan before any caption stands in it: its nodes, wires and squares."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.render.layout.folded import Net
from graphfold.render.layout.plan import Plan, static_edges
from graphfold.render.layout.room import Mesh, Room
from graphfold.render.layout.routes import Key
from graphfold.render.scene import STATIC, Edge

MANY = 12  # columns; with more, static wires run along buses, alike at every column
Owner = Key | tuple[Net, str] | Edge


def room_of(plan: Plan, owners: dict[Owner, int]) -> Room:
    """Return what is taken by all but captions."""
    room = Room(None if plan.scene.folded else plan.grid.pitch)
    _add_nodes(plan, room)
    for key in plan.router.keys:
        room.things.add(plan.router.line(key).samples(1.5), owners[key])
    for net, sinks in plan.delays.nets.items():
        for sink in sinks:
            room.things.add(plan.delays.line(net, sink).samples(1.5), owners[net, sink])
        x, y = plan.delays.square(net)
        half = plan.theme.square / 2 + 1
        room.things.add_box((x - half, y - half, x + half, y + half), owners[net, sinks[0]])
    mesh = once(plan, room)
    for edge in static_edges(plan.scene):
        mesh.add(plan.statics.body(edge, 0.1).samples(1.5), owners[edge])
    return room


def once(plan: Plan, room: Room) -> Mesh:
    """The mesh for what belongs to static signals."""
    return room.things if len(plan.scene.columns) > MANY else room.once


def owners_of(plan: Plan) -> dict[Owner, int]:
    """Numbers for the wires; those that end in dots count with their like."""
    found: dict[Owner, int] = {}
    like: dict[object, int] = {}
    for wire, name in _wires(plan):
        found[wire] = like.setdefault(name, len(like))
    return found


def _wires(plan: Plan) -> Iterator[tuple[Owner, object]]:
    yield from ((key, key[:3]) for key in plan.router.keys)
    for net, sinks in plan.delays.nets.items():
        yield from (((net, sink), (net, sink)) for sink in sinks)
    yield from ((edge, edge) for edge in static_edges(plan.scene))


def _add_nodes(plan: Plan, room: Room) -> None:
    grid = plan.grid
    for name in grid.sites():
        room.add_disc(grid.center(name), grid.radius[name])
    for name in grid.static_x:
        room.add_disc(grid.center(name, STATIC), grid.radius[name], len(plan.scene.columns) <= MANY)
