"""What the ledger knows of why people may not agree right now.

What lives here: holds, owed writes, unfinished batches, waiting events, and how far intervals have
read. What does not: what both sides show (`operations.agreement_look`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import (
    UNFINISHED_STATES,
    BatchKind,
    BucketScope,
    EventsScope,
    IdsScope,
    RangeScope,
    Scope,
    scope_from_json,
)
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.store import batches, cursors, holds, links, retries
from pardot_odoo_pipeline.ledger.store.retries import RetryState
from pardot_odoo_pipeline.ledger.tables import sync_batches
from pardot_odoo_pipeline.merge.agreement import Settled
from pardot_odoo_pipeline.operations import rewound
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.pushed_events import EventState
from pardot_odoo_pipeline.steps.changes import (
    ACTIVITY_CURSOR,
    LEADS_CURSOR,
    PARTNERS_CURSOR,
    UPDATED_CURSOR,
)
from pardot_odoo_pipeline.steps.consent_changes import blocks_changed

__all__ = ["Facts", "is_first_sync_under_way"]

FRESH = timedelta(minutes=5)
"""What is younger may not be visible everywhere: Pardot's cache lags, clocks differ."""


@dataclass(frozen=True)
class Facts:
    """What is known of everybody, at one moment.

    Attributes:
        now: That moment.
        settled: Up to when each side has been read by intervals.
        held: People of open holds.
        named: People whom an unfinished batch or an open event names.
        grouped: Prospects who follow another one, or are followed.
        ranges: Stretches of Pardot's changes that unfinished batches are about to read.
        rewound: Systems on which a backup was restored, and nobody chose yet whose values stand.
    """

    now: datetime
    settled: Settled
    held: frozenset[str]
    named: frozenset[str]
    grouped: frozenset[str] = frozenset()
    ranges: tuple[RangeScope, ...] = ()
    rewound: frozenset[str] = frozenset()

    @classmethod
    def read(cls, ports: Ports) -> Facts:
        """Look everything up, and ask Odoo whose blocks changed since the last interval.

        Raises:
            ConfigurationError: There was no initial sync yet: nothing is meant to agree.
        """
        now = ports.clock.now()
        with ports.ledger.read() as connection:
            settled = Settled(
                _read_up_to(connection, (UPDATED_CURSOR, ACTIVITY_CURSOR), now),
                _read_up_to(connection, (LEADS_CURSOR, PARTNERS_CURSOR), now),
            )
            held = frozenset().union(*(one.prospect_ids for one in holds.open_holds(connection)))
            scopes = list(_unfinished(connection))
            named = set(_of_events(connection))
            # Whom an interval wrote that did not come to its end, the next one reads again.
            broken = batches.broken_off(connection, BatchKind.INTERVAL)
            named.update(links.last_written_by(connection, broken))
            grouped = links.grouped(connection)
            set_back = rewound.standing(connection)
        for scope in scopes:
            if isinstance(scope, IdsScope | EventsScope):
                named.update(scope.prospect_ids)
        # A block moves no version of a record, so its time is asked for apart.
        named.update(who for _, who in blocks_changed(ports, settled.odoo, now))
        ranges = tuple(scope for scope in scopes if isinstance(scope, RangeScope))
        return cls(now, settled, held, frozenset(named), grouped, ranges, set_back)

    def is_under_way(self, prospect_id: str, pardot_at: datetime | None) -> bool:
        """Whether an unfinished batch or an open event is about this person."""
        return prospect_id in self.named or (
            pardot_at is not None and any(one.since <= pardot_at < one.until for one in self.ranges)
        )

    @staticmethod
    def owed(ports: Ports, prospect_ids: Iterable[str]) -> dict[str, RetryState]:
        """Who of these has a write that is owed."""
        with ports.ledger.read() as connection:
            return retries.states_of(connection, prospect_ids)


def is_first_sync_under_way(connection: sa.Connection) -> bool:
    """Whether buckets of an initial sync are not done yet: then much of it is not there yet."""
    return any(isinstance(scope, BucketScope) for scope in _unfinished(connection))


def _read_up_to(connection: sa.Connection, names: Iterable[str], now: datetime) -> datetime:
    places = [cursors.position(connection, name) for name in names]
    times = [place.time for place in places if place is not None]
    if not times:
        raise ConfigurationError(
            "There was no initial sync yet, so nothing is meant to agree",
            fix="Run `pardot-odoo sync --initial` (or `pardot-odoo up`) once",
            code="no_cursor",
        )
    return min(*times, now - FRESH)


def _unfinished(connection: sa.Connection) -> Iterator[Scope]:
    t = sync_batches.c
    query = sa.select(t.scope).where(t.state.in_([state.value for state in UNFINISHED_STATES]))
    for (scope,) in connection.execute(query.order_by(t.key)):
        yield scope_from_json(scope)


def _of_events(connection: sa.Connection) -> Iterator[str]:
    """The people of whom events tell that are not closed yet."""
    t = inbox_events.c
    query = sa.select(t.prospect_id, t.lead_id, t.partner_id, t.email_hash).where(
        t.state.in_([EventState.WAITING.value, EventState.BATCHED.value])
    )
    leads, partners, hashes = set(), set(), set()
    for prospect_id, lead_id, partner_id, email_hash in connection.execute(query):
        if prospect_id is not None:
            yield prospect_id
            continue
        leads.add(lead_id)
        partners.add(partner_id)
        hashes.add(email_hash)
    for found in (
        links.by_lead_ids(connection, leads - {None}),
        links.by_partner_ids(connection, partners - {None}),
        links.by_email_hashes(connection, hashes - {None}),
    ):
        for group in found.values():
            yield from (link.prospect_id for link in group)
