"""Batches of pushed events: who is read because something was pushed about them.

What lives here: closing what is no work, coalescing the events of a person, opening the batches.
What does not: receiving (``webhooks``), and what a batch does of them (``steps/events.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice, product

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, EventsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.inbox import InboxEvent
from pardot_odoo_pipeline.ledger.store.sql import chunks
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pushed_events import HOT, EventType, Note, System
from pardot_odoo_pipeline.steps.events import KnownPeople, known_people

__all__ = ["HOT_PEOPLE", "MOST_OPEN", "open_event_batches"]

HOT_PEOPLE = 50
"""Most people of a hot batch: a small one is in Odoo sooner."""

_EVENTS = 2_000
"""Events that are looked at for the choice of people: the ledger is locked meanwhile. In a backlog
as many as a batch may have people."""

MOST_OPEN = 4
"""So many batches of a lane wait for a run; more would only wait in another place than the inbox,
where the events of a person still come together."""

_MOST_PARTS = 5

_MOST_EVENTS = 20_000
"""Of the chosen people, so many events join the batch, wherever in the inbox they wait."""

_KINDS = {System.PARDOT: BatchKind.WEBHOOK, System.ODOO: BatchKind.ODOO}


def open_event_batches(
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    hot: bool = False,
    due_before: datetime | None = None,
    take: str | None = None,
    at_most: int | None = None,
) -> list[BatchKey]:
    """Open one batch for the events that go first, one for Pardot's others, one for Odoo's.

    What does not fit stays in the inbox for the next call, and so does a lane that has enough
    batches waiting for a run: in an outage they would else pile up. The batches of those that do
    not go first grow with what waits, so that a backlog is worked off as fast as batches can be.

    Args:
        ledger: The ledger.
        rules: How many people a batch may hold.
        now: The present moment.
        hot: Only the events that go first.
        due_before: Only events that nobody took although they were due before that moment.
        take: The id of the worker that runs the batches itself.
        at_most: So many people in a batch, however many wait.

    Returns:
        The batches, hot ones first.
    """
    with ledger.write() as connection:
        people_of = {True: min(HOT_PEOPLE, rules.webhooks.people_per_batch)}
        people_of[False] = at_most or _grown(connection, rules, now)
        look_at = max(_EVENTS, people_of[False])
        events = inbox.waiting(connection, now=now, limit=look_at, hot=hot, due_before=due_before)
        people = known_people(connection, events, looks=0)
        keys: list[BatchKey] = []
        work = _without_idle(connection, events, people, now)
        open_already = {} if take else batches.count_pushed(connection)
        for (system, kind), is_hot in product(_KINDS.items(), (True, False)):
            if open_already.get(is_hot, 0) >= MOST_OPEN:
                continue
            lane = [e for e in work if e.system is system and (e.priority >= HOT) is is_hot]
            for chosen, ids in _parts(lane, people, people_of[is_hot]):
                new = NewBatch(EventsScope(ids), priority=HOT if is_hot else 0)
                [key] = batches.open_batches(connection, kind, [new], now=now, take=take)
                # One reading shows all of a person's events: else a flood of them would need a
                # batch for each time that the person comes up.
                more = inbox.waiting_of(connection, system, ids, now=now, limit=_MOST_EVENTS)
                members = dict.fromkeys([*(event.id for event in chosen), *more])
                inbox.attach(connection, list(members), str(key), now=now)
                work = [event for event in work if event.id not in members]
                keys.append(key)
        return keys


def _without_idle(
    connection: sa.Connection, events: Iterable[InboxEvent], people: KnownPeople, now: datetime
) -> list[InboxEvent]:
    """Close what nobody is read for: tests, and records of Odoo that belong to no prospect."""
    reasons: dict[Note, Callable[[InboxEvent], bool]] = {
        Note.TEST: lambda event: event.type == EventType.TEST,
        Note.NOT_LINKED: lambda event: event.system is System.ODOO and not people[event.id],
    }
    work = list(events)
    for note, applies in reasons.items():
        inbox.close(connection, [e.id for e in work if applies(e)], now=now, note=note)
        work = [event for event in work if not applies(event)]
    return work


def _grown(connection: sa.Connection, rules: Rules, now: datetime) -> int:
    """How many people a batch may have that does not go first: what waits, in the open places."""
    most = rules.batch_size
    waits = inbox.count_waiting(connection, now=now, most=MOST_OPEN * most)
    return min(max(rules.webhooks.people_per_batch, waits // MOST_OPEN), most)


def _parts(
    lane: Sequence[InboxEvent], people: KnownPeople, most: int
) -> Iterator[tuple[list[InboxEvent], tuple[str, ...]]]:
    """What becomes a batch: one of many people, and a few of those whose batch had failed."""
    chosen, ids = _fitting((event for event in lane if event.note is None), people, most)
    if chosen:
        yield chosen, ids
    # Whatever made a batch fail shall not take the events of others along once more: tenths of it
    # go on, then tenths of those, until one person is alone.
    failed: defaultdict[str | None, list[InboxEvent]] = defaultdict(list)
    for event in lane:
        if event.note is not None:
            failed[event.batch_key].append(event)
    yield from islice(
        chain.from_iterable(_tenths(events, people) for events in failed.values()), _MOST_PARTS
    )


def _tenths(
    events: Sequence[InboxEvent], people: KnownPeople
) -> Iterator[tuple[list[InboxEvent], tuple[str, ...]]]:
    of_person: defaultdict[tuple[str, ...], list[InboxEvent]] = defaultdict(list)
    for event in events:
        of_person[people[event.id] or (event.email_hash or "",)].append(event)
    for some in chunks(of_person.values(), max(len(of_person) // 10, 1)):
        part = list(chain.from_iterable(some))
        yield part, tuple(dict.fromkeys(chain.from_iterable(people[e.id] for e in part)))


def _fitting(
    events: Iterable[InboxEvent], people: KnownPeople, most: int
) -> tuple[list[InboxEvent], tuple[str, ...]]:
    """As many events as have at most that many people, and those known by id."""
    chosen: list[InboxEvent] = []
    ids: dict[str, None] = {}
    addresses: set[str | None] = set()
    for event in events:
        known = people[event.id]
        fresh = [one for one in known if one not in ids]
        address = None if known else event.email_hash
        more = len(fresh) + (not known and address not in addresses)
        if len(ids) + len(addresses) + more > most and chosen:
            continue
        chosen.append(event)
        ids.update(dict.fromkeys(fresh))
        if not known:
            addresses.add(address)
    return chosen, tuple(ids)
