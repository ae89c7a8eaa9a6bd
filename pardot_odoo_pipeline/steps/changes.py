"""Whom an interval is about: everybody who changed on either side and whose change is news.

What lives here: both sides' ids and versions against those that the ledger recorded, the bound, and
how far each cursor comes. What does not: reading values (`steps.extract`, `steps.odoo_records`).

Whom a batch wrote that was broken off, its own earlier attempt for one, is read again: their
versions are known, but what that batch still owed them (Pardot's half, say) nobody else finds.

Our own writes come back in the next reading of versions; they are recognised there, and their
values are not read again. A version that was read within its own second is read once more, because
a second change may share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pardot_odoo_pipeline.batches import BatchKind, ChangesScope
from pardot_odoo_pipeline.ledger.store import batches, cursors, links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.odoo.changes import ChangedRecord, changed_records
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.pardot import paging
from pardot_odoo_pipeline.pardot.changes import changed_prospects
from pardot_odoo_pipeline.pardot.paging import Row
from pardot_odoo_pipeline.pardot.stretches import row_time
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import ahead_of, standing_there
from pardot_odoo_pipeline.steps.consent_changes import blocks_changed

__all__ = [
    "ACTIVITY_CURSOR",
    "LEADS_CURSOR",
    "PARTNERS_CURSOR",
    "UPDATED_CURSOR",
    "changed_people",
]

UPDATED_CURSOR = "pardot_prospects_updated"
ACTIVITY_CURSOR = "pardot_prospects_activity"
LEADS_CURSOR = "odoo_leads"
PARTNERS_CURSOR = "odoo_partners"

_SURELY_LATER = timedelta(seconds=2)
_CLOCKS_DIFFER = timedelta(minutes=5)

_Seen = tuple[Link, datetime | None, datetime | None]


def changed_people(batch: RunningBatch, scope: ChangesScope) -> list[str]:
    """The prospects to read, at most a batch of them; each cursor's true end is noted.

    Whoever does not fit is left to the next interval: the cursors stop before them.
    """
    with batch.ports.ledger.read() as connection:
        keys = batches.broken_off(connection, BatchKind.INTERVAL, batch.row)
        owed = links.last_written_by(connection, keys)
    people = dict.fromkeys(owed)
    people |= dict.fromkeys(_changed_in_pardot(batch, scope, owed=len(owed)))
    room = batch.ports.rules.batch_size - len(people)
    for model, name, since in (
        (LEAD, LEADS_CURSOR, scope.since_leads),
        (PARTNER, PARTNERS_CURSOR, scope.since_partners),
    ):
        if since is None:
            continue
        end = last = scope.until
        news = list(_changed_in_odoo(batch, model, since, end))
        if model == LEAD:
            news += blocks_changed(batch.ports, since, end)
        news.sort(key=lambda found: found[0])
        for written_at, prospect_id in news:
            if prospect_id in people:
                continue
            if room <= 0:
                end = written_at
                break
            people[prospect_id] = None
            room -= 1
        if end == last:
            end = standing_there(end, ahead_of(batch.ports.odoo, batch.ports.clock))
        _reached(batch, name, cursors.Position(end))
    return list(people)


def _changed_in_pardot(batch: RunningBatch, scope: ChangesScope, *, owed: int) -> Iterator[str]:
    ports = batch.ports
    reading = changed_prospects(
        ports.pardot,
        ["id"],
        updated_since=_begin(batch, UPDATED_CURSOR, scope.since_updated),
        activity_since=_begin(batch, ACTIVITY_CURSOR, scope.since_activity),
        until=scope.until,
        max_people=max(batch.ports.rules.batch_size - owed, 1),
    )
    for page in reading:
        ahead = ahead_of(ports.pardot, ports.clock)
        with ports.ledger.read() as connection:
            seen = links.seen_versions(connection, "prospect_id", [str(row["id"]) for row in page])
        for row in page:
            if not _is_known_prospect(row, seen, ahead):
                yield str(row["id"])
    whole = standing_there(scope.until, ahead_of(ports.pardot, ports.clock))
    for name, to in (
        (UPDATED_CURSOR, reading.updated_to),
        (ACTIVITY_CURSOR, reading.activity_to),
    ):
        assert to is not None
        at = whole if to == paging.Position(scope.until) else to.at
        _reached(batch, name, cursors.Position(at, to.id))


def _begin(batch: RunningBatch, name: str, since: datetime) -> paging.Position:
    """Where to read from: inside a second, if the cursor stands in one that holds too many."""
    with batch.ports.ledger.read() as connection:
        standing = cursors.position(connection, name)
    inside = standing is not None and standing.tie and standing.time == since
    return paging.Position(since, standing.tie if standing is not None and inside else 0)


def _reached(batch: RunningBatch, name: str, end: cursors.Position) -> None:
    with batch.ports.ledger.read() as connection:
        seen = cursors.position(connection, name)
    if seen is None or end > seen:
        batch.cursors[name] = (seen, end)


def _is_known_prospect(row: Row, seen: Mapping[str, _Seen], ahead: timedelta) -> bool:
    known = seen.get(str(row["id"]))
    if known is None:
        return False
    link, read_at, _ = known
    updated = row_time(row, "updatedAt")
    activity = row_time(row, "lastActivityAt") if row.get("lastActivityAt") else None
    if link.pardot_version is None or updated > link.pardot_version:
        return False
    if activity is not None and (
        link.pardot_activity_version is None or activity > link.pardot_activity_version
    ):
        return False
    return read_at is None or read_at - (updated + ahead) >= _SURELY_LATER


def _changed_in_odoo(
    batch: RunningBatch, model: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, str]]:
    column = "lead_id" if model == LEAD else "partner_id"
    ports = batch.ports
    for page in changed_records(ports.odoo, model, since, until):
        ahead = ahead_of(ports.odoo, ports.clock)
        with batch.ports.ledger.read() as connection:
            seen = links.seen_versions(connection, column, [row.record_id for row in page])
        for row in page:
            known = seen.get(row.record_id)
            if known is None and row.prospect_id is not None:
                yield row.written_at, row.prospect_id
            elif known is not None and not _is_known_record(batch, model, row, known, ahead):
                yield row.written_at, known[0].prospect_id


def _is_known_record(
    batch: RunningBatch, model: str, row: ChangedRecord, known: _Seen, ahead: timedelta
) -> bool:
    link, _, read_at = known
    version = link.lead_version if model == LEAD else link.partner_version
    if version is None or row.written_at > version:
        return False
    if row.written_at == version and row.written_by == batch.ports.odoo.uid:
        return True
    # Odoo's clock is another one than ours: within the overlap a person's version is read again.
    return read_at is not None and read_at - (row.written_at + ahead) >= _CLOCKS_DIFFER
