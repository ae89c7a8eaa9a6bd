"""What batches say of themselves, what waits, and what stands: alike on both databases."""

from __future__ import annotations

from datetime import timedelta

from pardot_odoo_pipeline.batches import ActivitiesScope, BatchKind, MembershipsScope
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import figures, retries, takeover, troubles
from pardot_odoo_pipeline.ledger.store.retries import Failure
from pardot_odoo_pipeline_tests.ledgers import begun, done, opened

MINUTE = timedelta(minutes=1)


def failed(ledger: Ledger, now, **options) -> str:
    key = opened(ledger, at=now, **options)
    batch = begun(ledger, key, "w:1:x", at=now)
    with ledger.write() as tx:
        takeover.fail(tx, batch, now=now, outcome={"error": "x"}, hopeless=True)
    return str(key)


def test_done_batches_come_with_their_account_the_latest_first(ledger: Ledger, now) -> None:
    first = opened(ledger, at=now - 5 * MINUTE)
    done(ledger, first, at=now, updated=3)
    second = opened(ledger, kind=BatchKind.BULK, scope=MembershipsScope(now - MINUTE, now), at=now)
    done(ledger, second, at=now + MINUTE, tagged=2)
    opened(ledger, at=now)
    with ledger.read() as tx:
        found = figures.done_batches(tx, of_a_kind=5)
        assert [(one.key, one.scope) for one in found] == [
            (str(second), "memberships"),
            (str(first), "ids"),
        ]
        assert (found[1].waited, found[1].outcome["read"]) == (300.0, 3)
        assert figures.last_done(tx) == now + MINUTE
        assert len(figures.done_batches(tx, of_a_kind=0)) == 0


def test_what_waits_is_counted_and_buckets_of_an_initial_sync_are_not(ledger: Ledger, now) -> None:
    with ledger.read() as tx:
        assert figures.waiting(tx, now=now) == figures.Waiting(0, 0, 0, None)
    opened(ledger, at=now)
    opened(ledger, kind=BatchKind.INITIAL, at=now - 60 * MINUTE)
    with ledger.write() as tx:
        owed = [Failure("7", "bad_record"), Failure("8", "bad_record")]
        retries.record(tx, owed, system="odoo", batch_key="b", now=now - 9 * MINUTE)
        assert figures.waiting(tx, now=now) == figures.Waiting(1, 0, 2, now - 4 * MINUTE)


def test_a_failed_batch_stands_until_its_lineage_got_through(ledger: Ledger, now) -> None:
    people = failed(ledger, now)
    sides = failed(ledger, now, kind=BatchKind.BULK, scope=ActivitiesScope(now - MINUTE, now))
    done(
        ledger,
        opened(
            ledger, kind=BatchKind.BULK, scope=MembershipsScope(now - MINUTE, now), at=now + MINUTE
        ),
    )

    def standing() -> list[str]:
        with ledger.read() as tx:
            return [str(one.key) for one in troubles.failed_batches(tx, since=now - MINUTE)]

    assert sorted(standing()) == sorted([people, sides])
    done(
        ledger,
        opened(
            ledger, kind=BatchKind.BULK, scope=ActivitiesScope(now - MINUTE, now), at=now + MINUTE
        ),
    )
    assert standing() == [people]
    done(ledger, opened(ledger, at=now + MINUTE))
    assert standing() == []


def test_suspended_records_are_one_group_a_code(ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        for _ in range(len(retries.DELAYS) + 1):
            for system, ids in (("odoo", "123"), ("pardot", "3")):
                owed = [Failure(one, "bad_record", "x") for one in ids]
                retries.record(tx, owed, system=system, batch_key="b", now=now)
        retries.record(tx, [Failure("9", "bad_record", "y")], system="odoo", batch_key="b", now=now)
        assert troubles.suspended(tx) == [
            troubles.Suspended("x", 3, ("odoo", "pardot"), ("1", "2", "3"))
        ]
