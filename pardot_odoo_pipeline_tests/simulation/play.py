"""Playing a history, telling its story, making it smaller.

What lives here: what the tests and the command share. What does not: the world itself (`world`).
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline_tests.simulation.history import Event, History
from pardot_odoo_pipeline_tests.simulation.scheduler import Endless
from pardot_odoo_pipeline_tests.simulation.site import Templates
from pardot_odoo_pipeline_tests.simulation.world import World

__all__ = ["REGRESSIONS", "Played", "play", "regressions", "shrink"]

REGRESSIONS = Path(__file__).parent / "regressions"


@dataclass(frozen=True)
class Played:
    """What came of a history.

    Attributes:
        history: It.
        wrong: What was not as promised.
        told: What happened, in words.
        digest: The hash of all calls.
        calls: How many there were.
        batches: How many batches were run.
        endings: What those that failed ended with.
    """

    history: History
    wrong: tuple[str, ...]
    told: tuple[str, ...]
    digest: str
    calls: int
    batches: int
    endings: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def story(self) -> str:
        """For people."""
        return "\n".join(
            [
                f"seed {self.history.seed}, begins {self.history.begin}, "
                f"settings {self.history.settings}, switches {self.history.switches}",
                *self.told,
                "not as promised:",
                *(f"  {one}" for one in self.wrong),
            ]
        )

    @property
    def kinds(self) -> set[str]:
        """What sorts of things went wrong, without whom and when."""
        return {kind_of(one) for one in self.wrong}


def kind_of(wrong: str) -> str:
    """A failure without what differs from one history to the next."""
    text = re.sub(r"^(before act \d+|in the quiet|in the history): ", "", wrong)
    text = re.sub(r"'[^']*'|\"[^\"]*\"|[\w.+-]+@[\w.-]+|\d[\w:-]*", "…", text)
    return text[:60]


def play(templates: Templates, history: History) -> Played:
    """Play it to its end."""
    world = World(templates, history)
    try:
        wrong = list(world.play())
    except (Exception, Endless) as bug:
        where = traceback.extract_tb(bug.__traceback__)[-1]
        name = where.filename.rpartition("/")[2]
        wrong = [*world.wrong, f"{type(bug).__name__}: {bug} ({name}:{where.lineno})"]
    finally:
        world.close()
    return Played(
        history,
        tuple(wrong),
        tuple(world.told),
        world.trace.digest,
        world.trace.count,
        len(world.keys),
        tuple(world.died),
        tuple(world.trace.lines or ()),
    )


def shrink(again: Callable[[History], Played], failed: Played, *, seconds: float = 60.0) -> Played:
    """The same failure of less: what can be left out is left out, as long as there is time."""
    limit = time.monotonic() + seconds
    best = failed
    wanted = failed.kinds

    def still(history: History) -> bool:
        nonlocal best
        if time.monotonic() > limit:
            return False
        played = again(history)
        if played.kinds & wanted:
            best = played
            return True
        return False

    plainer: tuple[dict[str, Any], ...] = ({"restless": 0.0}, {"switches": {}}, {"settings": {}})
    for change in plainer:
        still(replace(best.history, **change))
    _fewer(lambda: best.history, still)
    for name in sorted(best.history.switches):
        fewer = {one: value for one, value in best.history.switches.items() if one != name}
        still(replace(best.history, switches=fewer))
    return best


def _fewer(history: Callable[[], History], still: Callable[[History], bool]) -> None:
    size = max(len(history().events) // 2, 1)
    while True:
        for events in _without(history().events, size):
            # What is left may have become smaller meanwhile.
            kept = tuple(one for one in history().events if one in events)
            if kept != history().events:
                still(replace(history(), events=kept))
        if size == 1:
            return
        size = max(size // 2, 1)


def _without(events: Sequence[Event], size: int) -> Iterator[tuple[Event, ...]]:
    for start in range(0, len(events), size):
        gone = set(map(id, events[start : start + size]))
        yield tuple(one for one in events if id(one) not in gone)


def regressions() -> list[Path]:
    """The histories that found something."""
    return sorted(REGRESSIONS.glob("*.json"))
