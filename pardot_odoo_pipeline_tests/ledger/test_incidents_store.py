"""Incidents: one open row per cause, and a new one after it was over."""

from __future__ import annotations

from datetime import timedelta

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.ledger.store.incidents import IncidentState

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
