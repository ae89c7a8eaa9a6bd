"""Batches of pushed events: who is read because something was pushed about them.

What lives here: closing what is no work, coalescing the events of a person, opening the batches.
What does not: receiving (``webhooks``), and what a batch does of them (``steps/events.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, EventsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, inbox, links
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.inbox import InboxEvent
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pushed_events import HOT, EventType, Note, System

__all__ = ["HOT_PEOPLE", "open_event_batches"]

HOT_PEOPLE = 50
"""Most people of a hot batch: a small one is in Odoo sooner."""

_EVENTS = 5_000
_KINDS = {System.PARDOT: BatchKind.WEBHOOK, System.ODOO: BatchKind.ODOO}

_People = Mapping[int, tuple[str, ...]]
"""Event id to the prospects that are known to be meant."""


def open_event_batches(
    ledger: Ledger,
    rules: Rules,
    now: datetime,
    *,
    hot: bool = False,
    due_before: datetime | None = None,
    take: str | None = None,
) -> list[BatchKey]:
    """Open one batch for the events that go first, one for Pardot's others, one for Odoo's.

    What does not fit stays in the inbox for the next call.

    Args:
        ledger: The ledger.
        rules: How many people a batch may hold.
        now: The present moment.
        hot: Only the events that go first.
        due_before: Only events that nobody took although they were due before that moment.
        take: The id of the worker that runs the batches itself.

    Returns:
        The batches, hot ones first.
    """
    with ledger.write() as connection:
        events = inbox.waiting(connection, now=now, limit=_EVENTS, hot=hot, due_before=due_before)
        people = _people(connection, events)
        keys: list[BatchKey] = []
        work = _without_idle(connection, events, people, now)
        for system, kind in _KINDS.items():
            for is_hot in (True, False):
                lane = [e for e in work if e.system is system and (e.priority >= HOT) is is_hot]
                most = (
                    min(HOT_PEOPLE, rules.webhooks.people_per_batch)
                    if is_hot
                    else (rules.webhooks.people_per_batch)
                )
                chosen, ids = _fitting(lane, people, most)
                if not chosen:
                    continue
                new = NewBatch(EventsScope(ids), priority=HOT if is_hot else 0)
                [key] = batches.open_batches(connection, kind, [new], now=now, take=take)
                inbox.attach(connection, [e.id for e in chosen], str(key), now=now)
                keys.append(key)
        return keys


def _people(connection: sa.Connection, events: Iterable[InboxEvent]) -> _People:
    """Whom the events mean, as far as the ledger knows."""
    named = [event for event in events if event.prospect_id is None]
    # An address that the ledger knows may have gone to somebody else: who was not found by it in
    # the first look is looked up in Pardot.
    hashes = {e.email_hash for e in named if e.email_hash is not None and e.looks == 0}
    by_address = links.by_email_hashes(connection, hashes)
    by_lead = links.by_lead_ids(connection, {e.lead_id for e in named if e.lead_id})
    by_partner = links.by_partner_ids(connection, {e.partner_id for e in named if e.partner_id})
    found: dict[int, tuple[str, ...]] = {}
    for event in events:
        meant: list[Link] = []
        if event.prospect_id is not None:
            found[event.id] = (event.prospect_id,)
            continue
        if event.email_hash in hashes:
            meant += by_address.get(event.email_hash, [])
        if event.lead_id is not None:
            meant += by_lead.get(event.lead_id, [])
        if event.partner_id is not None:
            meant += by_partner.get(event.partner_id, [])
        found[event.id] = tuple(dict.fromkeys(link.prospect_id for link in meant))
    return found


def _without_idle(
    connection: sa.Connection, events: Iterable[InboxEvent], people: _People, now: datetime
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


def _fitting(
    events: Iterable[InboxEvent], people: _People, most: int
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
