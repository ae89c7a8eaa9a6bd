"""What an event told of a person is gone when the event is closed, whichever way that happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.desks import inbox_events as t
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import inbox
from pardot_odoo_pipeline.pushed_events import GIVE_UP_AFTER, Note, PushedEvent, System
from pardot_odoo_pipeline_tests.ledgers import NOW

ADDRESS = "canary.person@example.com"
KEY = "webhook-20260302T090000Z-1"
LATE = NOW + GIVE_UP_AFTER

Way = Callable[[sa.Connection, inbox.InboxEvent], None]


def seen(tx: sa.Connection, event: inbox.InboxEvent) -> None:
    inbox.close(tx, [event.id], now=NOW, prospect_id="1", committed_at=NOW)


def refused(tx: sa.Connection, event: inbox.InboxEvent) -> None:
    inbox.close(tx, [event.id], now=NOW, note=Note.TEST)


def never_found(tx: sa.Connection, event: inbox.InboxEvent) -> None:
    inbox.look_again(tx, event, read_at=LATE, now=LATE, note=Note.UNKNOWN_ADDRESS)


def failed_for_good(tx: sa.Connection, event: inbox.InboxEvent) -> None:
    inbox.give_back(tx, KEY, due_at=LATE, now=LATE, most_looks=event.looks)


def rows(ledger: Ledger) -> list[dict[str, str]]:
    """The table as the database itself holds it, without our types."""
    with ledger.read() as tx:
        return [
            {name: str(value) for name, value in row._mapping.items()}
            for row in tx.execute(sa.text("SELECT * FROM inbox_events"))
        ]


@pytest.mark.parametrize("way", [seen, refused, never_found, failed_for_good])
def test_no_address_stays_after_closing(ledger: Ledger, way: Way) -> None:
    event = PushedEvent(
        "website",
        "e1",
        System.PARDOT,
        "form_submitted",
        NOW,
        occurred_at=NOW - timedelta(seconds=3),
        email_hash="0a1b",
        payload={"email": ADDRESS, "formName": "Form of Canary Person"},
    )
    with ledger.write() as tx:
        inbox.store(tx, [event])
        inbox.attach(tx, [1], KEY, now=NOW)
    assert ADDRESS in rows(ledger)[0]["payload"]
    with ledger.write() as tx:
        way(tx, inbox.of_batch(tx, KEY)[0])
    [row] = rows(ledger)
    assert row["state"] == "closed"
    assert row["event_id"] == "e1", "the sender may push it again"
    assert [name for name, value in row.items() if "canary" in value.lower()] == []


def test_what_a_closed_event_told_does_not_come_back_with_the_same_event(ledger: Ledger) -> None:
    event = PushedEvent(
        "website", "e1", System.PARDOT, "form_submitted", NOW, payload={"email": ADDRESS}
    )
    with ledger.write() as tx:
        assert inbox.store(tx, [event]) == 1
        inbox.close(tx, [1], now=NOW)
        assert inbox.store(tx, [event]) == 0
    assert ADDRESS not in str(rows(ledger))
    with ledger.read() as tx:
        assert tx.execute(sa.select(t.c.payload)).scalar_one() is None
