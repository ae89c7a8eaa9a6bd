"""People's numbers, from the ledger's counts into the fields of lead and contact.

What lives here: who is due, the write, and the versions after it. What does not: the arithmetic
(``merge/activity_numbers.py``) and the counts (``ledger/store/activity_numbers.py``).

Our write gives lead and contact a new ``write_date``, which the people's batches would take for
somebody's edit. So it is made under a guard: only while the record still has the version that the
ledger knows. Then nobody's edit can hide behind ours, and the ledger is told the new version.
Where the guard fails, somebody edited the record: the numbers are written all the same, and the
ledger's version stays, so that the people's batch reads the record and finds the edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from pardot_odoo_pipeline.ledger.store import activity_numbers as store
from pardot_odoo_pipeline.ledger.store import batches, cursors, links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.times import day_in_zone
from pardot_odoo_pipeline.merge.activity_numbers import NUMBER_FIELDS, numbers
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    PersonWrite,
    RecordResult,
    RecordStatus,
    RecordWrite,
)
from pardot_odoo_pipeline.steps.auditing_sides import note_numbers
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["DAYS_CURSOR", "write_numbers"]

DAYS_CURSOR = "activity_days"
"""The day up to which people's 30 days have been moved on."""

_CALL_PEOPLE = 200
_PAIR = (("lead", LEAD), ("partner", PARTNER))


def write_numbers(batch: RunningBatch) -> int:
    """Write the numbers of whoever is due; returns how many people got new ones.

    Raises:
        LoadInterrupted: Odoo failed as a whole; whoever was not written stays due.
    """
    today = _turn_days(batch)
    with batch.ports.ledger.read() as connection:
        due = store.due(connection, batch.ports.rules.batch_size)
    told = 0
    for start in range(0, len(due), _CALL_PEOPLE):
        told += _call(batch, due[start : start + _CALL_PEOPLE], today)
    return told


def _turn_days(batch: RunningBatch) -> date:
    now = batch.ports.clock.now()
    today = date.fromisoformat(day_in_zone(now, batch.ports.rules.account_time_zone))
    mark = cursors.Position(datetime.combine(today, time(), UTC))
    with batch.ports.ledger.read() as connection:
        standing = cursors.position(connection, DAYS_CURSOR)
    if standing is not None and standing >= mark:
        return today
    with batch.ports.ledger.write() as connection:
        last = today - timedelta(days=1) if standing is None else standing.time.date()
        moved = cursors.advance(
            connection, DAYS_CURSOR, expected=standing, to=mark, now=now, batch_key=batch.key
        )
        if moved:
            store.turn_days(connection, last=last, today=today)
    return today


def _call(batch: RunningBatch, leaders: Sequence[str], today: date) -> int:
    with batch.ports.ledger.read() as connection:
        people = links.by_leaders(connection, leaders)
        own = links.by_prospects(connection, leaders)
        ids = [link.prospect_id for group in people.values() for link in group]
        days = store.days_of(connection, ids)
        before = store.written_of(connection, leaders)
    values = {
        leader: numbers(
            (day for link in people.get(leader, ()) for day in days.get(link.prospect_id, ())),
            today,
        )
        for leader in leaders
    }
    new = {leader: found for leader, found in values.items() if found != before.get(leader)}
    moves = _write(batch, {leader: (own[leader], found) for leader, found in new.items()})
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        store.move_versions(connection, moves)
        store.written(connection, new, [*ids, *leaders], now=now)
    return len(new)


def _write(
    batch: RunningBatch, people: Mapping[str, tuple[Link, Mapping[str, int]]]
) -> list[store.VersionMove]:
    """Write under the guard, then without it where it held; versions move only under it."""
    reference = batch.ports.reference
    fields = {LEAD: reference.lead_fields, PARTNER: reference.partner_fields}
    guarded: list[PersonWrite] = []
    versions: dict[str, datetime | None] = {}
    for link, found in people.values():
        for kind, model in _PAIR:
            record = link.lead_id if kind == "lead" else link.partner_id
            # An Odoo that was provisioned by an older release lacks the fields.
            values = {name: found[name] for name in NUMBER_FIELDS if name in fields[model]}
            if record is None or not values:
                continue
            version = link.lead_version if kind == "lead" else link.partner_version
            write = _record(kind, link.prospect_id, record, values, version)
            guarded.append(write)
            versions[write.key] = version
    moves, open_again = [], []
    for write, answer in zip(guarded, _apply(batch, guarded), strict=True):
        version = versions[write.key]
        kind, _, prospect = write.key.partition("/")
        if answer.status is RecordStatus.CONFLICT:
            open_again.append(write)
        elif answer.status is RecordStatus.WRITTEN and version is not None and answer.write_date:
            to = datetime.fromisoformat(answer.write_date).replace(tzinfo=UTC)
            moves.append(store.VersionMove(prospect, kind, version, to))
    _apply(batch, [_unguarded(write) for write in open_again])
    return moves


def _record(
    kind: str,
    prospect_id: str,
    record: int,
    values: Mapping[str, int],
    version: datetime | None,
) -> PersonWrite:
    expected = None
    if version is not None:
        expected = {"write_date": version.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")}
    write = RecordWrite(f"{kind}_{prospect_id}", record, values, expected)
    # Alone in its row: two together would also be linked to each other.
    lead, partner = (write, None) if kind == "lead" else (None, write)
    return PersonWrite(f"{kind}/{prospect_id}", partner, lead)


def _unguarded(write: PersonWrite) -> PersonWrite:
    record = write.lead or write.partner
    assert record is not None
    free = RecordWrite(record.external_id, record.record_id, record.values)
    return PersonWrite(write.key, free if write.partner else None, free if write.lead else None)


def _apply(batch: RunningBatch, writes: Sequence[PersonWrite]) -> Iterable[RecordResult]:
    if not writes:
        return []
    results = batch.ports.loader.apply(
        writes, read_back={LEAD: [], PARTNER: []}, context=batch.ports.mapping.write_context()
    )
    note_numbers(batch, writes, results)
    found = [result.lead or result.partner for result in results]
    return [result for result in found if result is not None]
