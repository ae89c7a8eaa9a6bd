"""One round: load, one process killed, started again, and what was the matter then.

What lives here: the order of a round and its figures. What does not: what must hold (`verdict`).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.opening import open_ids
from pardot_odoo_pipeline_tests.soak.load import Load, Sender
from pardot_odoo_pipeline_tests.soak.site import CODE, DAEMON, RUN, SoakSite
from pardot_odoo_pipeline_tests.soak.verdict import judge, unrest
from pardot_odoo_pipeline_tests.world import wait_for

__all__ = ["PER_SECOND", "Round", "play"]

PER_SECOND = 4.0
_WHILE_WAITING = 1.0  # until the daemon launched a run, which takes some seconds
_BEFORE, _AFTER = (0.5, 2.5), (0.5, 1.5)
_DOWN = (0.0, 1.5)
_RUN_SECONDS = 40
_QUIET_SECONDS = 240
_BY_HAND = 5


@dataclass
class Round:
    """What happened in a round.

    Attributes:
        kind: What was killed.
        acts: What people did.
        acknowledged: Events that the receiver acknowledged.
        told: Repeats of the sender, events accepted, and those known already.
        in_flight: Events that waited or were in a batch when the process was killed.
        recovered: Seconds from the kill until the last of those, and of the batches that were
            under way, was closed.
        quiet: Seconds from the last act until nothing was left to do.
        ready: Seconds from its start until the process did its work again.
        problems: What was not as promised.
    """

    kind: str
    acts: int = 0
    acknowledged: int = 0
    told: dict[str, int] = field(default_factory=dict)
    in_flight: int = 0
    recovered: float = 0.0
    quiet: float = 0.0
    ready: float = 0.0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


def play(site: SoakSite, kind: str, draw: random.Random, name: str) -> Round:
    """Play one round to its end.

    Args:
        site: Where; quiet, with all processes ready.
        kind: What to kill.
        draw: Of everything random.
        name: Unlike that of every other round of this site.
    """
    told, begun = Round(kind), time.monotonic()
    sender = Sender(site)
    load = Load(site, sender, random.Random(draw.random()), name)
    sender.start()
    try:
        with _acting(load, _WHILE_WAITING if kind == RUN else PER_SECOND):
            if kind in (RUN, DAEMON, CODE):
                # The warm worker leaves these to the daemon.
                open_ids(site.ledger, draw.sample(site.people, _BY_HAND), datetime.now(UTC))
            time.sleep(draw.uniform(*_BEFORE))
            killed, under_way = _kill(site, kind, draw, told)
            time.sleep(draw.uniform(*_AFTER))
        stopped = time.monotonic()
        _settle(site, sender, told)
        told.quiet = round(time.monotonic() - stopped, 2)
        if kind != RUN:
            site.wait_until_ready(kind)
        told.recovered = _recovered(site, killed, under_way, told)
        told.problems += [f"{one} ended by itself" for one in site.ended()]
        told.problems += judge(site, load.people, sender.acknowledged)
        told.problems += [f"refused: {one}" for one in sender.refused]
    finally:
        sender.end()
    told.acts, told.acknowledged = load.acts, len(sender.acknowledged)
    told.told = dict(sender.told)
    told.seconds = round(time.monotonic() - begun, 1)
    return told


@contextlib.contextmanager
def _acting(load: Load, per_second: float) -> Iterator[None]:
    """People act while the block lasts."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            load.keep_on(per_second, stop)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=work, name="acts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


def _kill(
    site: SoakSite, kind: str, draw: random.Random, told: Round
) -> tuple[datetime, list[str]]:
    """Kill it and start it again; the moment, and the batches that were under way."""
    pid = None
    if kind == RUN:
        with contextlib.suppress(AssertionError):
            pid = wait_for(site.run_process, _RUN_SECONDS)
        if pid is None:
            told.problems.append("the daemon launched no run")
    killed, under_way = datetime.now(UTC), _under_way(site)
    if kind == RUN:
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return killed, under_way
    site.kill(kind)
    time.sleep(draw.uniform(*_DOWN))
    begun = time.monotonic()
    site.start(kind)
    threading.Thread(target=_time_ready, args=(site, kind, begun, told), daemon=True).start()
    return killed, under_way


def _time_ready(site: SoakSite, kind: str, begun: float, told: Round) -> None:
    site.wait_until_ready(kind)
    told.ready = round(time.monotonic() - begun, 2)


def _settle(site: SoakSite, sender: Sender, told: Round) -> None:
    """Until everything was acknowledged and nothing is left to do."""
    left = ""

    def quiet() -> bool:
        nonlocal left
        left = unrest(site) if sender.is_idle() else "events not acknowledged"
        time.sleep(0.05)
        return not left

    try:
        wait_for(quiet, _QUIET_SECONDS)
    except AssertionError:
        told.problems.append(f"not quiet after {_QUIET_SECONDS} seconds: {left}")


def _under_way(site: SoakSite) -> list[str]:
    t = sync_batches
    with site.ledger.read() as connection:
        rows = connection.execute(
            sa.select(t.c.key).where(t.c.state.in_(["scoped", "requested", "running", "abandoned"]))
        )
        return [row.key for row in rows]


def _recovered(site: SoakSite, killed: datetime, under_way: list[str], told: Round) -> float:
    t, b = inbox_events, sync_batches
    with site.ledger.read() as connection:
        events = connection.execute(
            sa.select(t.c.closed_at).where(t.c.received_at <= killed, t.c.closed_at > killed)
        ).all()
        ended = connection.execute(
            sa.select(b.c.finished_at).where(b.c.key.in_(under_way), b.c.finished_at > killed)
        ).all()
    told.in_flight = len(events)
    last = max((row[0] for row in [*events, *ended]), default=killed)
    return round((last - killed).total_seconds(), 2)
