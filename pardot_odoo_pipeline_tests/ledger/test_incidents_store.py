"""Incidents: one open row per cause, and a new one after it was over."""

from __future__ import annotations

from datetime import timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import incidents, notices
from pardot_odoo_pipeline.ledger.store.incidents import IncidentState
from pardot_odoo_pipeline.ledger.store.notices import NoticeKind

MINUTE = timedelta(minutes=1)


def test_a_cause_that_is_reported_again_is_the_same_incident(ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        assert incidents.report(tx, "pardot:down", now=now, code=60, detail={"batches": 1})
        later = now + MINUTE
        assert not incidents.report(tx, "pardot:down", now=later, code=66, detail={"batches": 2})
        assert incidents.report(tx, "odoo:down", now=later)
        pardot, odoo = incidents.open_incidents(tx)
    assert (pardot.cause_key, pardot.times, pardot.code) == ("pardot:down", 2, "66")
    assert (pardot.detail, pardot.first_at, pardot.last_at) == ({"batches": 2}, now, later)
    assert (odoo.cause_key, odoo.notified_at, odoo.recovered_at) == ("odoo:down", None, None)


def test_what_is_over_may_happen_again(ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        assert not incidents.recover(tx, "pardot:down", now=now)
        incidents.report(tx, "pardot:down", now=now)
        assert incidents.recover(tx, "pardot:down", now=now + MINUTE)
        assert not incidents.recover(tx, "pardot:down", now=now + MINUTE)
        assert incidents.open_incidents(tx) == []
        assert incidents.report(tx, "pardot:down", now=now + 2 * MINUTE)
        again, before = incidents.recent(tx)
    assert (again.state, again.times) == (IncidentState.OPEN, 1)
    assert (before.state, before.recovered_at) == (IncidentState.RECOVERED, now + MINUTE)


def test_what_was_over_long_ago_is_forgotten_with_its_notices(ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        for cause in ("pardot:down", "odoo:down"):
            incidents.report(tx, cause, now=now)
        for one in incidents.open_incidents(tx):
            notices.write_down(tx, one.id, NoticeKind.OPENED, ["mail"], now=now)
        incidents.recover(tx, "pardot:down", now=now)
        assert incidents.prune(tx, now) == 0
        assert incidents.prune(tx, now + MINUTE) == 1
        assert [one.cause_key for one in incidents.recent(tx)] == ["odoo:down"]
        assert [queue.waiting for queue in notices.queues(tx)] == [1]


def test_a_notice_is_taken_once_and_the_end_waits_for_the_beginning(ledger: Ledger, now) -> None:
    with ledger.write() as tx:
        incidents.report(tx, "pardot:down", now=now)
        (one,) = incidents.open_incidents(tx)
        for kind in (NoticeKind.OPENED, NoticeKind.RECOVERED):
            for _ in range(2):
                notices.write_down(tx, one.id, kind, ["mail"], now=now)
        first = notices.take(tx, "mail", now=now)
        assert first is not None
        assert first.kind is NoticeKind.OPENED
        assert notices.take(tx, "mail", now=now) is None
        again = notices.take(tx, "mail", now=now + notices.LEASE)
        assert again is not None
        notices.sent(tx, first, now=now)  # from a sender that was believed dead
        assert notices.take(tx, "mail", now=now) is None
        notices.sent(tx, again, now=now)
        assert not notices.settle(tx, one.id, now=now)
        last = notices.take(tx, "mail", now=now)
        assert last is not None
        assert last.kind is NoticeKind.RECOVERED
