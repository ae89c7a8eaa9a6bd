"""Records that could not be written are tried again on their dates, a limited number of times."""

from __future__ import annotations

from datetime import timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import retries
from pardot_odoo_pipeline.ledger.store.retries import DELAYS, OPT_OUT, Failure
from pardot_odoo_pipeline.pushed_events import HOT

LEASE = timedelta(minutes=3)
SECOND = timedelta(seconds=1)


def fail(ledger: Ledger, *prospect_ids: str, now) -> None:
    failures = [Failure(who, "retry_later", "deadlock") for who in prospect_ids]
    with ledger.write() as tx:
        retries.record(tx, failures, system="odoo", batch_key="b", now=now)


def due(ledger: Ledger, now, limit=10) -> list[str]:
    with ledger.write() as tx:
        return retries.due(tx, now=now, limit=limit, lease=LEASE)


def test_a_record_is_due_after_each_delay_and_then_waits_for_a_person(ledger, now) -> None:
    for number, delay in enumerate(DELAYS, start=1):
        fail(ledger, "1", now=now)
        assert due(ledger, now + delay - SECOND) == [], number
        now += delay
        assert due(ledger, now) == ["1"]
    fail(ledger, "1", now=now)
    assert due(ledger, now + timedelta(days=99)) == []
    with ledger.read() as tx:
        assert retries.count(tx) == {"suspended": 1}


def test_who_was_taken_is_not_taken_again_before_the_lease_ends(ledger: Ledger, now) -> None:
    fail(ledger, "1", "2", now=now)
    later = now + DELAYS[0]
    assert due(ledger, later) == ["1", "2"]
    assert due(ledger, later + LEASE - SECOND) == []
    # The batch that took them is lost: they come back.
    assert due(ledger, later + LEASE) == ["1", "2"]


def test_the_oldest_go_first_when_there_are_too_many(ledger: Ledger, now) -> None:
    fail(ledger, "2", now=now)
    fail(ledger, "1", now=now + SECOND)
    later = now + DELAYS[0] + SECOND
    assert due(ledger, later, limit=1) == ["2"]
    assert due(ledger, later, limit=1) == ["1"]


def test_what_went_well_is_forgotten_and_starts_from_the_first_delay(ledger, now) -> None:
    fail(ledger, "1", "2", now=now)
    fail(ledger, "1", now=now)
    with ledger.write() as tx:
        retries.settle(tx, ["1", "3"], system="odoo")
        assert retries.count(tx) == {"waiting": 1}
    fail(ledger, "1", now=now)
    assert due(ledger, now + DELAYS[0]) == ["1", "2"]


def test_what_was_urgent_goes_first_and_apart(ledger: Ledger, now) -> None:
    fail(ledger, "1", "2", now=now)
    with ledger.write() as tx:
        failures = [Failure("3", "bad_record", "x"), Failure("2", "bad_record", "x")]
        retries.record(tx, failures, system="odoo", batch_key="b", now=now, priority=100)
        later = now + DELAYS[1]
        assert retries.due(tx, now=later, limit=9, lease=LEASE, least=HOT) == ["2", "3"]
        assert retries.due(tx, now=later, limit=9, lease=LEASE, below=HOT) == ["1"]


def test_an_opt_out_that_is_owed_stays_one_and_makes_no_others(ledger: Ledger, now) -> None:
    asked = {"system": "pardot", "batch_key": "b", "now": now}
    with ledger.write() as tx:
        # What fails beside an opt-out in its batch is urgent, no more.
        failures = [Failure(who, "bad_record", "x") for who in "12"]
        retries.record(tx, failures, **asked, priority=OPT_OUT, opt_outs={"1"})
        retries.defer(tx, ["3"], **asked, code="x")
        retries.defer(tx, ["3"], **asked, code="x", opt_outs={"3"})
        retries.defer(tx, ["1"], **asked, code="x")
        later = now + DELAYS[0]
        assert retries.due(tx, now=later, limit=9, lease=LEASE, least=OPT_OUT) == ["1", "3"]
        assert retries.due(tx, now=later, limit=9, lease=LEASE, least=HOT) == ["2"]


def test_a_released_record_begins_anew_and_a_waiting_one_is_left(ledger: Ledger, now) -> None:
    for _ in range(len(DELAYS) + 1):
        fail(ledger, "1", "2", now=now)
    fail(ledger, "3", now=now)
    with ledger.write() as tx:
        assert retries.release(tx, now=now, code="another") == []
        assert retries.release(tx, now=now, ids=[99]) == []
        assert retries.release(tx, now=now, code="deadlock") == ["1", "2"]
        assert retries.count(tx) == {"waiting": 3}
    assert due(ledger, now) == ["1", "2"]
    fail(ledger, "1", now=now)
    assert due(ledger, now + DELAYS[0]) == ["1", "2", "3"]


def test_to_be_deferred_hides_no_failure(ledger: Ledger, now) -> None:
    fail(ledger, "1", now=now)
    with ledger.write() as tx:
        for who, code in (("1", "x"), ("2", "x"), ("2", "y")):
            retries.defer(tx, [who], system="odoo", batch_key="b", now=now, code=code)
        assert retries.owed(tx, ["1", "2", "3"], system="odoo") == {"1": "deadlock", "2": "y"}
