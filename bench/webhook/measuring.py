"""One block of a measurement: events at random times, watched from outside until Odoo shows them.

Two clocks that know nothing of each other: outside, from the moment the 202 arrived at the sender
until the change is committed in Odoo's database; inside, the ledger's `received_at` and
`committed_at` of the same event.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from bench.webhook.odoos import Odoo, titles
from bench.webhook.people import People, Sent
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.pushed_events import EventState

POLL_SECONDS = 0.02
GIVE_UP_SECONDS = 180.0
_CLOSING_SECONDS = 60.0


@dataclass(frozen=True)
class Timed:
    """An event with everything that is known of it; seconds, None where a moment did not come.

    Attributes:
        kind: Of the event.
        seen: From the 202 until it was found in Odoo.
        inside: From receipt to commit as the ledger has it.
        parts: What that consists of.
        looks: How many batches read the person because of it.
        difference: Found in Odoo after the ledger's moment of commit.
    """

    kind: str
    seen: float | None
    inside: float | None
    parts: dict[str, float]
    looks: int
    difference: float | None


def send_and_watch(
    people: People,
    odoo: Odoo,
    receiver: str,
    mean_gap: float,
    goes_on: Callable[[int], bool],
    *,
    one_at_a_time: bool,
) -> list[Sent]:
    """Send events with exponential gaps between them, and watch each until Odoo shows it.

    Args:
        people: Who acts.
        odoo: Where it must be seen.
        receiver: Where events go.
        mean_gap: Mean seconds between them.
        goes_on: Told how many were sent; whether to send another.
        one_at_a_time: The gap begins when the event before was seen, so that each meets an idle
            system; else it begins when that was sent, however long it takes.
    """
    sent: list[Sent] = []
    waiting: list[Sent] = []
    next_at: float | None = time.time() + people.random.expovariate(1 / mean_gap)
    while True:
        now = time.time()
        if next_at is not None and now >= next_at:
            if not goes_on(len(sent)):
                next_at = None
            else:
                sent.append(people.submit_form(receiver))
                waiting.append(sent[-1])
                next_at = None if one_at_a_time else _next(next_at, people, mean_gap)
        waiting = _watch(odoo, waiting)
        if not waiting and next_at is None:
            if not goes_on(len(sent)):
                return sent
            next_at = _next(time.time(), people, mean_gap)
        time.sleep(POLL_SECONDS)  # as fine as what is measured: Odoo is asked, it tells nobody


def _next(since: float, people: People, mean_gap: float) -> float:
    return since + people.random.expovariate(1 / mean_gap)


def _watch(odoo: Odoo, waiting: list[Sent]) -> list[Sent]:
    """Note who is seen now; the others, without those for whom it took too long."""
    if not waiting:
        return []
    shown = titles(odoo, [one.prospect for one in waiting])
    now = time.time()
    for one in waiting:
        if one.title in shown.get(one.prospect, ()):
            one.seen_at = now
    late = now - GIVE_UP_SECONDS
    return [one for one in waiting if one.seen_at is None and one.accepted_at > late]


def timed(ledger: Ledger, sent: list[Sent]) -> list[Timed]:
    """The events with the moments that the ledger noted, once their batches are closed."""
    ids = inbox_events.c.event_id.in_([one.event_id for one in sent])
    is_open = sa.and_(ids, inbox_events.c.state != EventState.CLOSED.value)
    limit = time.monotonic() + _CLOSING_SECONDS
    while time.monotonic() < limit:
        with ledger.read() as connection:
            if connection.execute(sa.select(inbox_events.c.id).where(is_open)).first() is None:
                break
        time.sleep(0.1)  # other processes close them
    events, runs = inbox_events.c, sync_batches.c
    query = (
        sa.select(
            events.event_id,
            events.received_at,
            events.batched_at,
            runs.started_at,
            events.committed_at,
            events.looks,
        )
        .select_from(inbox_events.outerjoin(sync_batches, runs.key == events.batch_key))
        .where(ids)
    )
    with ledger.read() as connection:
        known = {row.event_id: row for row in connection.execute(query)}
    return [_timed(one, known[one.event_id]) for one in sent]


def _timed(one: Sent, row: Any) -> Timed:
    moments: dict[str, datetime | None] = {
        "receipt": row.received_at,
        "batch": row.batched_at,
        "start": row.started_at,
        "commit": row.committed_at,
    }
    # What a later batch found says nothing about the parts of the first one.
    names = list(moments) if row.looks <= 1 else []
    parts = {
        f"{first}_to_{last}": (moments[last] - moments[first]).total_seconds()  # type: ignore[operator]
        for first, last in pairwise(names)
        if moments[first] and moments[last]
    }
    commit = row.committed_at
    return Timed(
        kind=one.kind,
        seen=None if one.seen_at is None else one.seen_at - one.accepted_at,
        inside=(commit - row.received_at).total_seconds() if commit else None,
        parts=parts,
        looks=row.looks,
        difference=one.seen_at - commit.timestamp() if commit and one.seen_at else None,
    )


def batches_since(ledger: Ledger, moment: datetime, warm: int | None) -> Counter[str]:
    """How many batches were begun since then, by kind and by whether the warm worker had them.

    Args:
        ledger: The ledger.
        moment: Since when.
        warm: The warm worker's process id.
    """
    query = sa.select(sync_batches.c.kind, sync_batches.c.worker_id).where(
        sync_batches.c.started_at >= moment
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return Counter(
        f"{kind} {'warm' if worker.split(':')[1] == str(warm) else 'cold'}" for kind, worker in rows
    )
