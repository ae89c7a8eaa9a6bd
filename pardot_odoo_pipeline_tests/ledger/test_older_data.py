"""A batch that planned on older data leaves what a newer one stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import links, retries
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.outcomes import Agreed, PersonOutcome, commit_outcomes

BATCH = "interval-20260329T013000Z-0001"


def store(ledger: Ledger, now: datetime, version: datetime, value: str) -> None:
    outcome = PersonOutcome(
        "7",
        Link("7", lead_id=3, pardot_version=version, pardot_activity_version=version),
        agreed=Agreed({"crm.lead/function": [value, value]}),
    )
    with ledger.write() as connection:
        commit_outcomes(connection, [outcome], batch_key=BATCH, attempt=1, now=now)


def function_of(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return links.remembered(connection, ["7"])["7"].pairs["crm.lead/function"]


def test_older_pairs_are_not_put_back(ledger: Ledger, now: datetime) -> None:
    store(ledger, now, now, "newer")
    store(ledger, now, now - timedelta(hours=1), "older")
    assert function_of(ledger) == ["newer", "newer"]


def test_the_same_and_newer_data_are_stored(ledger: Ledger, now: datetime) -> None:
    store(ledger, now, now, "first")
    store(ledger, now, now, "read again")
    assert function_of(ledger) == ["read again", "read again"]
    store(ledger, now, now + timedelta(hours=1), "newer")
    assert function_of(ledger) == ["newer", "newer"]


def test_a_follower_keeps_no_records(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        links.upsert(connection, [Link("7", lead_id=3, partner_id=4)], batch_key=BATCH, now=now)
        follower = Link("7", leader_prospect_id="8", lead_id=3)
        links.upsert(connection, [follower], batch_key=BATCH, now=now)
        found = links.by_prospects(connection, ["7"])["7"]
    assert (found.lead_id, found.partner_id, found.leads) == (None, None, False)


def test_waiting_for_another_batch_is_no_failure(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as connection:
        for _ in range(20):
            retries.defer(
                connection, ["7"], system="odoo", batch_key=BATCH, now=now, code="claimed_elsewhere"
            )
        assert retries.count(connection) == {retries.RetryState.WAITING: 1}
        later = now + retries.DEFERRED
        assert retries.due(connection, now=later, limit=5, lease=timedelta(minutes=5)) == ["7"]
