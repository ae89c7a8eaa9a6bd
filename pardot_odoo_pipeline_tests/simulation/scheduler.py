"""Who goes on next: one seed decides, at every call that anybody makes.

What lives here: actors that take turns on one thread, and the time between them. What does not:
what they do.

An actor is a greenlet. It runs until it calls something outside of itself; there the seed may let
another one go first. When nobody is ready, the clock moves to the moment at which somebody is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from greenlet import getcurrent, greenlet

from pardot_odoo_pipeline_tests.simulation.clock import SimClock

__all__ = ["MOST_TURNS", "Actor", "Crash", "Endless", "Scheduler"]

MOST_TURNS = 50_000
"""Far more calls and waits than any history makes that comes to its end."""


class Endless(BaseException):
    """Nobody gets on: what is played goes round and round."""


class Crash(BaseException):
    """The process is gone; nothing that it would still do has any effect."""


@dataclass(eq=False)
class Actor:
    """Somebody who acts by turns.

    Attributes:
        name: For the story.
        wake: Not before this moment.
        thread: What it does.
        over: Whether it will not act again.
    """

    name: str
    wake: datetime
    thread: greenlet
    over: bool = False


@dataclass
class Scheduler:
    """Lets actors take turns.

    Args:
        clock: Moves when nobody is ready.
        random: Chooses.
        restless: How likely a turn ends at a call.

    Attributes:
        turns: The turns, calls and waits so far.
    """

    clock: SimClock
    random: Random
    restless: float = 0.3
    turns: int = 0
    _actors: list[Actor] = field(default_factory=list)
    _current: Actor | None = None

    def __post_init__(self) -> None:
        self._hub = getcurrent()
        self.clock.waits = self.sleep

    @property
    def actor(self) -> Actor | None:
        """Whose turn it is."""
        return self._current

    def spawn(self, name: str, act: Callable[[], None], *, after: float = 0.0) -> Actor:
        """Let somebody act, from so many seconds on."""

        def whole() -> None:
            with suppress(Crash):
                act()

        thread = greenlet(whole, parent=self._hub)
        actor = Actor(name, self.clock.now() + timedelta(seconds=after), thread)
        self._actors.append(actor)
        return actor

    def cancel(self, actor: Actor) -> None:
        """It does not act any more."""
        actor.over = True
        if actor in self._actors:
            self._actors.remove(actor)

    def pause(self) -> None:
        """Maybe somebody else goes first."""
        self._count()
        actor = self._current
        if actor is None or len(self._actors) == 1:
            return
        if self.random.random() < self.restless:
            actor.wake = self.clock.now()
            self._hub.switch()

    def sleep(self, seconds: float) -> bool:
        """Let time pass for whoever acts; False where nobody does."""
        self._count()
        actor = self._current
        if actor is None:
            return False
        actor.wake = self.clock.now() + timedelta(milliseconds=max(round(seconds * 1000), 0))
        if len(self._actors) == 1:
            self.clock.set_now(actor.wake)
        else:
            self._hub.switch()
        return True

    def run(self, until: datetime | None = None) -> None:
        """Let everybody act until all are done, or until that moment."""
        while self._actors:
            now = self.clock.now()
            ready = [actor for actor in self._actors if actor.wake <= now]
            if not ready:
                soonest = min(actor.wake for actor in self._actors)
                if until is not None and soonest > until:
                    break
                self.clock.set_now(soonest)
                continue
            self._turn(ready[self.random.randrange(len(ready))] if len(ready) > 1 else ready[0])
        if until is not None and until > self.clock.now():
            self.clock.set_now(until)

    def _count(self) -> None:
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise Endless(f"no end after {MOST_TURNS} turns")

    def _turn(self, actor: Actor) -> None:
        self._count()
        self._current = actor
        try:
            actor.thread.switch()
        finally:
            self._current = None
            if actor.thread.dead:
                self.cancel(actor)
