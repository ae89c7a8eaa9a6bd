"""A crash at every point: one scenario, played once for each call and each write in it.

What lives here: the scenario, its points, and the same world with a death at one of them. What does
not: chance (`history`).

A point is a moment at which a process hands something over: a request leaves, an answer arrives, a
transaction is about to commit, it is committed, a file is about to appear, it is there. Between two
of them a process changes nothing that outlives it, so a death in between is one at the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pardot_odoo_pipeline_tests.simulation.history import Event, History
from pardot_odoo_pipeline_tests.simulation.process import Process
from pardot_odoo_pipeline_tests.simulation.site import Templates
from pardot_odoo_pipeline_tests.simulation.watch import WATCHED
from pardot_odoo_pipeline_tests.simulation.world import World

__all__ = ["RICH", "SMALL", "Undisturbed", "kinds_of", "survives", "undisturbed"]

_EDITS = (
    Event(1.0, "edit", 1, {"prospect": -1, "values": {"jobTitle": "Told by Pardot"}}),
    Event(2.0, "edit_odoo", 2, {"prospect": -2, "values": {"function": "Told by Odoo"}}),
)
SMALL = History(1, restless=0.0, events=(*_EDITS, Event(70.0, "interval", 3)))
"""An interval that tells each side something."""

RICH = History(
    2,
    begin="planted",
    settings={"refreshing": True},
    switches={"refresh_token_rotation": True, "access_token_lifetime_seconds": 600},
    restless=0.0,
    events=(
        # Whoever began the initial sync looks after it, and begins once more if it is not there.
        Event(330.0, "tick", 13),
        Event(400.0, "begin", 14),
        Event(740.0, "tick", 15),
        Event(880.0, "tick", 16),
        *(Event(900.0 + one.at, one.do, one.n, one.how) for one in _EDITS),
        Event(903.0, "edit", 4, {"prospect": -3, "values": {"optedOut": True}}),
        Event(904.0, "edit", 5, {"prospect": -4, "values": {"email": "moved@example.net"}}),
        Event(905.0, "people", 6, {"act": "new_prospect"}),
        Event(906.0, "push", 7),
        Event(970.0, "interval", 8),
        Event(1_400.0, "tick", 9),
        Event(1_800.0, "edit", 10, {"prospect": 0, "values": {"isDeleted": True}}),
        Event(1_801.0, "named", 11),
        Event(1_900.0, "interval", 12),
    ),
)
"""The initial sync, sign-ins that rotate, people of every kind, an event, two intervals."""


@dataclass(frozen=True)
class Undisturbed:
    """A scenario to which nothing happened.

    Attributes:
        history: It.
        points: Every point, in words.
        end: What both systems show in the end.
    """

    history: History
    points: tuple[str, ...]
    end: dict[str, Any]


def undisturbed(templates: Templates, history: History) -> Undisturbed:
    """Play it, and note its points."""
    world = World(templates, history)
    seen: list[str] = []
    try:
        _watch(world, seen)
        wrong = world.play()
        assert not wrong, wrong
        return Undisturbed(history, tuple(seen), _end(world))
    finally:
        world.close()


def survives(templates: Templates, whole: Undisturbed, number: int) -> list[str]:
    """What is wrong after a death at that point and everything that follows; nothing, that is."""
    world = World(templates, whole.history)
    seen: list[str] = []
    try:
        _watch(world, seen, deadly=number)
        wrong = list(world.play())
        point = whole.points[number]
        if len(seen) <= number or seen[number] != point:
            wrong.append(f"the run took another way before {point}")
        end = _end(world)
        wrong += [
            f"{place}: {end.get(place)!r} instead of {whole.end.get(place)!r}"
            for place in sorted({*end, *whole.end})
            if end.get(place) != whole.end.get(place)
        ]
        if not wrong:
            return []
        return [f"killed at point {number}, {point}:", *wrong, "what happened:", *world.told]
    finally:
        world.close()


def kinds_of(points: Sequence[str]) -> Counter[str]:
    """How many points of each kind there are."""
    return Counter(_kind(point) for point in points)


def _kind(point: str) -> str:
    words = point.split()
    if words[0] in ("answer", "ledger:"):
        return " ".join(words[:2])
    if words[0] in ("write", "wrote"):
        return f"{words[0]} a file"
    return "request"


def _watch(world: World, seen: list[str], deadly: int | None = None) -> None:
    def note(process: Process, what: str) -> None:
        if world.healing or what in ("ledger: read", "ledger: write"):
            return  # the same once more, or nothing was handed over since the point before
        seen.append(what)
        if deadly == len(seen) - 1:
            process.die(what)

    world.on_point = note


def _end(world: World) -> dict[str, Any]:
    """What both systems show of everybody, by prospect: ids of records differ, values must not."""
    shown: dict[str, Any] = {}
    state = world.watch.state
    names = {"firstName", "lastName", *WATCHED} - {"full_name"}
    for who, row in state.prospects.items():
        for name in sorted(names | {"optedOut", "isDoNotEmail", "isDoNotCall", "isDeleted"}):
            shown[f"prospect {who} {name}"] = row.get(name)
    for model, records in state.records.items():
        for row in records.values():
            who = row["x_pardot_prospect_id"]
            if who:
                for name, value in row.items():
                    if name not in ("id", "partner_id", "write_date", "create_date"):
                        shown[f"{model} of {who} {name}"] = value
    return shown
