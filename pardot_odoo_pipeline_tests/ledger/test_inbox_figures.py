"""Figures about the inbox, against the same figures worked out in plain Python."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.durations import PERCENTS, Duration
from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import inbox, takeover
from pardot_odoo_pipeline.ledger.store.dossier import events_of
from pardot_odoo_pipeline.ledger.store.inbox_figures import InboxFigures, figures
from pardot_odoo_pipeline.pushed_events import EventState, EventType, Note, PushedEvent, System
from pardot_odoo_pipeline_tests.ledgers import NOW, begun, opened

HOUR = timedelta(hours=1)


def pushed(number: int, **values: Any) -> PushedEvent:
    made: dict[str, Any] = {
        "source": "salesforce",
        "event_id": f"e{number}",
        "system": System.PARDOT,
        "type": EventType.FORM_SUBMITTED.value,
        "received_at": NOW,
        "prospect_id": str(number),
    }
    return PushedEvent(**{**made, **values})


def stored(ledger: Ledger, events: Iterable[PushedEvent]) -> list[int]:
    """Keep events; their ids in the same order."""
    with ledger.write() as tx:
        inbox.store(tx, list(events))
        rows = tx.execute(sa.select(t.c.event_id, t.c.id)).all()
    ids = {row.event_id: row.id for row in rows}
    return [ids[event.event_id] for event in events]


def look(ledger: Ledger, now: datetime = NOW, **options: Any) -> InboxFigures:
    with ledger.read() as tx:
        return figures(tx, now=now, **options)


def random_row(dice: random.Random, number: int) -> dict[str, Any]:
    """An event anywhere in its life, in the last two days."""

    def after(moment: datetime, chance: float) -> datetime | None:
        if dice.random() > chance:
            return None
        # Few different values, so that equal ones meet.
        return moment + timedelta(microseconds=dice.choice((1, 250_000, dice.randrange(9_000_000))))

    received = NOW - timedelta(microseconds=dice.randrange(48 * 3600 * 1_000_000))
    state = dice.choice(list(EventState))
    batched = after(received, 0.8)
    return {
        "source": dice.choice(("crm", "salesforce", "website")),
        "event_id": str(number),
        "system": System.PARDOT.value,
        "type": dice.choice((*(kind.value for kind in EventType), "meeting_booked", "x.y-z")),
        "state": state.value,
        "note": dice.choice((None, *(note.value for note in Note)))
        if state is EventState.CLOSED
        else None,
        "occurred_at": None
        if dice.random() < 0.3
        else received - timedelta(microseconds=dice.randrange(90_000_000)),
        "received_at": received,
        "batched_at": batched,
        "committed_at": after(batched, 0.7) if batched else None,
    }


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_a_plain_count(ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)
    rows = [random_row(dice, number) for number in range(dice.choice((1, 90, 1_500)))]
    with ledger.write() as tx:
        tx.execute(sa.insert(t), rows)
    found = look(ledger)
    day = [row for row in rows if row["received_at"] > NOW - timedelta(days=1)]
    waiting = [row["received_at"] for row in rows if row["state"] == "waiting"]
    assert found.waiting == len(waiting)
    assert found.oldest_waiting_at == min(waiting, default=None)
    assert found.batched == sum(row["state"] == "batched" for row in rows)
    assert found.states == Counter(row["state"] for row in day)
    assert found.notes == Counter(row["note"] for row in day if row["note"])
    assert found.unknown_types == Counter(
        row["type"] for row in day if row["type"] in ("meeting_booked", "x.y-z")
    )
    assert [one.source for one in found.sources] == sorted({row["source"] for row in rows})
    for one in found.sources:
        own = [row for row in rows if row["source"] == one.source]
        assert one.last_received_at == max(row["received_at"] for row in own)
        measured = [row for row in own if row in day and row["type"] != "test"]
        assert one.events == sum(row in day for row in own)
        expected = {}
        for duration in Duration:
            start, end = duration.ends
            values = [
                (row[end] - row[start]).total_seconds()
                for row in measured
                if row[start] and row[end]
            ]
            if values:
                expected[duration] = (
                    len(values),
                    *(float(np.percentile(values, p, method="inverted_cdf")) for p in PERCENTS),
                )
        assert {
            duration: (got.events, got.p50, got.p95, got.p99)
            for duration, got in one.durations.items()
        } == expected


def test_an_empty_inbox_has_figures_too(ledger: Ledger) -> None:
    found = look(ledger)
    assert (found.waiting, found.batched, found.in_failed_batches) == (0, 0, 0)
    assert found.oldest_waiting_at is None
    assert found.oldest_waiting_seconds is None
    assert (found.states, found.notes, found.unknown_types) == ({}, {}, {})
    assert found.sources == []


def test_the_oldest_that_waits_is_found_however_old(ledger: Ledger) -> None:
    stored(ledger, [pushed(1, received_at=NOW - 50 * HOUR), pushed(2)])
    found = look(ledger)
    assert found.waiting == 2
    assert found.oldest_waiting_seconds == 50 * 3600
    assert found.states == {EventState.WAITING: 1}
    assert look(ledger, span=51 * HOUR).states == {EventState.WAITING: 2}


def test_events_of_failed_batches_are_told_until_another_batch_has_them(ledger: Ledger) -> None:
    [event] = stored(ledger, [pushed(1)])
    key, other = opened(ledger), opened(ledger)
    with ledger.write() as tx:
        inbox.attach(tx, [event], str(key), now=NOW)
    batch = begun(ledger, key, "elsewhere:1:x")
    assert look(ledger).in_failed_batches == 0
    with ledger.write() as tx:
        takeover.fail(tx, batch, now=NOW, outcome={"error": "x"}, hopeless=True)
    assert look(ledger).in_failed_batches == 1
    with ledger.write() as tx:
        inbox.attach(tx, [event], str(other), now=NOW)
    assert look(ledger).in_failed_batches == 0


def test_a_test_event_is_counted_and_not_measured(ledger: Ledger) -> None:
    stored(ledger, [pushed(1, type="test", occurred_at=NOW - HOUR)])
    [source] = look(ledger).sources
    assert (source.events, source.durations) == (1, {})
    assert look(ledger).unknown_types == {}


def test_the_events_of_a_person_however_they_named_it(ledger: Ledger) -> None:
    stored(
        ledger,
        [
            pushed(1, received_at=NOW - 3 * HOUR),
            pushed(2, prospect_id=None, lead_id=7, received_at=NOW - 2 * HOUR),
            pushed(3, prospect_id=None, partner_id=8, received_at=NOW - HOUR),
            pushed(4, prospect_id=None, email_hash="abc", payload={"email": "a@example.com"}),
            pushed(5),
            pushed(6, prospect_id=None, lead_id=70, partner_id=80, email_hash="abcd"),
        ],
    )

    def received(*people: str, **names: Any) -> list[datetime]:
        with ledger.read() as tx:
            return [event.received_at for event in events_of(tx, people, **names)]

    assert received("1") == [NOW - 3 * HOUR]
    everything = [NOW, NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR]
    names = {"lead_id": 7, "partner_id": 8, "email_hash": "abc"}
    assert received("1", **names) == everything
    assert received("1", **names, limit=2) == everything[:2]
    assert received("99") == []


MANY = """
INSERT INTO inbox_events (source, event_id, system, type, state, priority, looks,
                          occurred_at, received_at, batched_at, committed_at, closed_at)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
SELECT CASE i % 2 WHEN 0 THEN 'salesforce' ELSE 'website' END, CAST(i AS VARCHAR(9)), 'pardot',
       'form_submitted', 'closed', 0, 1, {at} - {s} * (9 + i % 7), {at}, {at} + {s} * (i % 3),
       {at} + {s} * (i % 11), {at} + {s} * (i % 11)
FROM n
"""


def test_fifty_thousand_events_a_day_take_well_under_a_second(ledger: Ledger) -> None:
    """Another fifty thousand of the day before lie beside them."""
    if ledger.engine.dialect.name == "postgresql":
        words = {"at": f"(TIMESTAMPTZ '{NOW}' - {{s}} * i)", "s": "INTERVAL '1 second'"}
        step = "INTERVAL '1.728 seconds'"
    else:
        words = {"at": f"({int(NOW.timestamp())} * 1000000 - {{s}} * i)", "s": "1000000"}
        step = "1728000"
    words["at"] = words["at"].format(s=step)
    with ledger.write() as tx:
        tx.execute(sa.text(MANY.format(**words)))
    look(ledger)  # the first one also compiles the statements
    began, worked = time.perf_counter(), time.process_time()
    found = look(ledger, now=NOW)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    assert sum(one.events for one in found.sources) == 50_000
    assert [one.durations[Duration.EVENT_TO_LEAD].p50 for one in found.sources] == [5.0, 5.0]
    # Work, since tests beside this one make everything take longer; 0.15 s on an idle machine.
    assert worked < 0.5
    assert took < 10
