"""The pushed events of a batch: whom they mean, and whether what was read shows them.

What lives here: from events to prospects, and from what was read to closed events. What does not:
opening the batch (`event_batches`), and the figures of the speed-to-lead clock (`speed_to_lead`).

An event is a hint. Pardot answers reads from a cache that lags by up to a minute, so a record that
does not show the event yet is read again, for 90 seconds; then the event is closed with a note, and
polling brings what it announced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

import pandas as pd
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import EventsScope, Lineage
from pardot_odoo_pipeline.ledger.store import inbox, links, operations
from pardot_odoo_pipeline.ledger.store.inbox import InboxEvent
from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.mapping.times import parse_time
from pardot_odoo_pipeline.pushed_events import (
    ACTIVITY_TYPES,
    LIST_TYPES,
    Note,
    System,
    has_reached,
)
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = [
    "SIDE_TYPES",
    "KnownPeople",
    "Reading",
    "known_people",
    "people_of_events",
    "readings",
    "settle_events",
    "sides_of",
]

KnownPeople = Mapping[int, tuple[str, ...]]
"""Event id to the prospects that it means."""

SIDE_TYPES = {Lineage.ACTIVITIES: ACTIVITY_TYPES, Lineage.MEMBERSHIPS: LIST_TYPES}
"""What other lineages read of that which events announce."""

_WROTE = {System.PARDOT: "odoo", System.ODOO: "pardot"}
"""Whose commit an event of each system waits for: the other one's."""


@dataclass(frozen=True)
class Reading:
    """An event of the batch, and what was read of the prospect that it means.

    Attributes:
        event: The event.
        prospect_id: Whom it means; None where Pardot knows no such prospect.
        record_time: The latest change or activity that the prospect shows; None where the prospect
            was not found.
        known: The latest that was known before.
    """

    event: InboxEvent
    prospect_id: str | None
    record_time: datetime | None
    known: datetime | None = None

    def doubt(self) -> Note:
        """Why it was not seen; who was not found may have been made a moment ago."""
        if self.record_time is not None:
            return Note.NOT_SEEN
        return Note.GONE if self.event.prospect_id is not None else Note.UNKNOWN_ADDRESS

    def is_seen(self) -> bool:
        """Whether the batch read what the event announced."""
        if self.event.type in LIST_TYPES:
            return self.record_time is not None
        # Odoo pushes after its commit and answers reads without a cache.
        return self.event.system is System.ODOO or has_reached(
            self.event.occurred_at, self.event.received_at, self.record_time, self.known
        )


def known_people(
    connection: sa.Connection, events: Iterable[InboxEvent], *, looks: int
) -> KnownPeople:
    """Whom the events mean, as far as the ledger knows.

    Args:
        connection: Any.
        events: The events.
        looks: The ledger's answer is taken for addresses looked for at most so often: one may have
            gone to somebody else, so who was not found by it is looked up in Pardot.
    """
    events = list(events)
    hashes = {e.email_hash for e in events if e.email_hash is not None and e.looks <= looks}
    by_address = links.by_email_hashes(connection, hashes)
    by_lead = links.by_lead_ids(connection, {e.lead_id for e in events if e.lead_id})
    by_partner = links.by_partner_ids(connection, {e.partner_id for e in events if e.partner_id})
    found: dict[int, tuple[str, ...]] = {}
    for event in events:
        meant = [
            *(by_address.get(event.email_hash, ()) if event.email_hash in hashes else ()),
            *(by_lead.get(event.lead_id, ()) if event.lead_id else ()),
            *(by_partner.get(event.partner_id, ()) if event.partner_id else ()),
        ]
        people = [event.prospect_id] if event.prospect_id else [link.prospect_id for link in meant]
        found[event.id] = tuple(dict.fromkeys(people))
    return found


def people_of_events(batch: RunningBatch, scope: EventsScope) -> list[str]:
    """The prospects to read: those known by id, and the holders of addresses.

    Raises:
        PardotError: Pardot refuses or does not answer.
    """
    ports = batch.ports
    with ports.ledger.read() as connection:
        batch.events = inbox.of_batch(connection, batch.key)
        known = known_people(connection, batch.events, looks=1)
    people = dict.fromkeys([*scope.prospect_ids, *chain.from_iterable(known.values())])
    for address in dict.fromkeys(e.email for e in batch.events if e.email and not known[e.id]):
        filters = {"email": address, "deleted": "all"}
        found = ports.pardot.query("prospects", ("id",), filters=filters).rows
        people |= dict.fromkeys(str(row["id"]) for row in found)
    with ports.ledger.read() as connection:
        batch.known_times = links.known_times(connection, people, besides=batch.key)
    return list(people)


def readings(batch: RunningBatch, raw: pd.DataFrame) -> list[Reading]:
    """The events of the batch with what was read of each.

    Args:
        batch: A batch whose people were read.
        raw: ``pardot_prospects_raw``.
    """
    if not batch.events:
        return []
    zone = batch.ports.rules.account_time_zone
    with batch.ports.ledger.read() as connection:
        # Not by address: what was read tells who has it.
        known = known_people(connection, batch.events, looks=-1)
    times: dict[str, datetime | None] = {}
    holders: dict[str, list[str]] = {}
    for row in rows(raw[["id", "email", "updatedAt", "lastActivityAt"]]):
        moments = [parse_time(row[name], zone).value for name in ("updatedAt", "lastActivityAt")]
        times[row["id"]] = max((moment for moment in moments if moment), default=None)
        if (key := email_key(row["email"])) is not None:
            holders.setdefault(key, []).append(row["id"])
    return [
        _reading(
            batch, event, times, known[event.id] or holders.get(email_key(event.email) or "", [])
        )
        for event in batch.events
    ]


def _reading(
    batch: RunningBatch,
    event: InboxEvent,
    times: Mapping[str, datetime | None],
    meant: Sequence[str],
) -> Reading:
    found = [one for one in meant if times.get(one) is not None]
    if not found:
        return Reading(event, event.prospect_id, None)
    # Of several who share an address, the one who did something last.
    latest = max(found, key=lambda one: (times[one], one))
    return Reading(event, latest, times[latest], batch.known_times.get(latest))


def settle_events(
    connection: sa.Connection, batch: RunningBatch, read: Sequence[Reading], now: datetime
) -> list[InboxEvent]:
    """Close the events that were seen, and let the others wait; part of closing the batch.

    Returns:
        The closed events whose effect was written, with the moment at which it was committed.
    """
    committed = operations.committed(connection, batch.key)
    done: list[InboxEvent] = []
    for reading in read:
        event = reading.event
        if not reading.is_seen():
            inbox.look_again(
                connection, event, read_at=batch.read_at, now=now, note=reading.doubt()
            )
            continue
        at = committed.get((_WROTE[event.system], reading.prospect_id or ""))
        inbox.close(
            connection, [event.id], now=now, prospect_id=reading.prospect_id, committed_at=at
        )
        if at is not None:
            done.append(replace(event, committed_at=at))
    return done


def sides_of(read: Sequence[Reading]) -> set[Lineage]:
    """What else the events bring: entries in the history of leads, tags."""
    seen = {one.event.type for one in read if one.is_seen()}
    return {lineage for lineage, types in SIDE_TYPES.items() if seen & types}
