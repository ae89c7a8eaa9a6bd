"""Figures that are not as usual open an incident, which is over by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.batches import BatchKind
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches, incidents
from pardot_odoo_pipeline.mapping.threshold_rules import ThresholdRules
from pardot_odoo_pipeline.operations import unusual
from pardot_odoo_pipeline_tests.alerts.conftest import HandClock
from pardot_odoo_pipeline_tests.ledgers import begun, opened, outcome

RULES = ThresholdRules.model_validate({})


class Batches:
    """Batches that end one after the other, a quarter of an hour apart."""

    def __init__(self, ledger: Ledger, clock: HandClock) -> None:
        self.ledger, self.clock = ledger, clock

    def done(
        self,
        times: int = 1,
        *,
        kind: BatchKind = BatchKind.INTERVAL,
        seconds: float = 5.0,
        odoo: float = 0.2,
        **dispositions: int,
    ) -> None:
        for _ in range(times):
            now = self.clock.pass_minutes(15)
            batch = begun(self.ledger, opened(self.ledger, kind=kind, at=now), "w:1:x", at=now)
            document: dict[str, Any] = {
                **outcome(**(dispositions or {"updated": 50})),
                "seconds": seconds,
                "answers": {"odoo": {"calls": 20, "p50": odoo / 2, "p95": odoo}},
            }
            with self.ledger.write() as tx:
                batches.finish(tx, batch, now=now, outcome=document, people=document["read"])

    def look(self, **options: Any) -> list[str]:
        """What is open after a look."""
        unusual.look(self.ledger, RULES, now=self.clock.now(), **options)
        with self.ledger.read() as tx:
            return [one.cause_key for one in incidents.open_incidents(tx)]

    def report(self, cause: str) -> None:
        with self.ledger.write() as tx:
            incidents.report(tx, cause, now=self.clock.now())

    def recover(self, cause: str) -> None:
        with self.ledger.write() as tx:
            assert incidents.recover(tx, cause, now=self.clock.now())


@pytest.fixture
def past(ledger: Ledger, clock: HandClock) -> Batches:
    """Twenty batches as they usually are."""
    past = Batches(ledger, clock)
    past.done(20)
    assert past.look() == []
    return past


def test_slow_batches_are_told_when_three_of_them_were_and_one_is_nothing(past: Batches) -> None:
    past.done(seconds=300)
    assert past.look() == []
    past.done(2, seconds=300)
    assert past.look() == ["threshold:batch_seconds"]
    with past.ledger.read() as tx:
        (one,) = incidents.open_incidents(tx)
    assert one.detail["title"] == "Batches take longer than usual"
    assert one.detail["text"] == (
        "Now 300.0 seconds, usually 5.0 seconds; it is told from 65.0 seconds on. Measured on "
        "interval batches with 10 to 99 rows"
    )
    assert one.detail["severity"] == "warning"
    past.done(2, seconds=40)
    assert past.look() == ["threshold:batch_seconds"], "half of the way back is at 35"
    past.done(2, seconds=30)
    assert past.look() == []


def test_other_batches_are_not_compared(past: Batches) -> None:
    past.done(5, seconds=300, updated=5000)
    past.done(5, seconds=300, kind=BatchKind.MANUAL)
    assert past.look() == []


def test_what_lasts_becomes_usual_after_days(past: Batches) -> None:
    past.done(3, seconds=300)
    past.look()
    past.done(60, seconds=300)
    assert past.look() == ["threshold:batch_seconds"]
    past.clock.pass_minutes(3 * 24 * 60)
    past.done(3, seconds=300)
    assert past.look() == []


def test_a_slow_system_is_told_and_not_what_follows_from_it(past: Batches) -> None:
    past.done(3, odoo=9, seconds=400)
    assert past.look() == ["threshold:odoo_answers"]
    past.done(3)
    assert past.look() == []


def test_errors_are_told_by_their_share_of_enough_people(past: Batches) -> None:
    past.done(1, updated=6, retrying=6)
    assert past.look() == []
    past.done(2, updated=80, retrying=20)
    assert past.look() == ["threshold:error_rate"]
    past.done(2, updated=99, retrying=1)
    assert past.look() == []


def test_a_source_that_sends_rubbish_is_told(past: Batches) -> None:
    past.done(1, updated=60, quarantined=60)
    assert past.look() == ["threshold:quarantine_share"]


def test_batches_that_bring_less_are_told(past: Batches) -> None:
    past.done(12, seconds=4, updated=400)
    past.done(3, seconds=40, updated=400)
    assert past.look() == ["threshold:records_per_second"]


def test_work_that_waits_is_told_unless_nobody_serves_it(past: Batches) -> None:
    opened(past.ledger, at=past.clock.now())
    past.clock.pass_minutes(29)
    assert past.look() == []
    past.clock.pass_minutes(2)
    assert past.look(serving=False) == []
    assert past.look() == ["threshold:queue_age"]


def test_an_outage_is_told_once_and_not_as_figures(past: Batches) -> None:
    past.report("odoo:down")
    opened(past.ledger, at=past.clock.now())
    past.done(3, seconds=400, odoo=30)
    past.clock.pass_minutes(240)
    assert past.look() == ["odoo:down"]
    past.recover("odoo:down")
    past.clock.pass_minutes(20)
    # What waited for the system has waited since then, and slow batches of that time say nothing.
    assert past.look() == []
    past.clock.pass_minutes(11)
    assert past.look() == ["threshold:queue_age"]


def test_the_days_calls_are_told_when_few_are_left_until_many_are(past: Batches) -> None:
    assert past.look(quota_left=0.11) == []
    assert past.look(quota_left=0.09) == ["threshold:quota_left"]
    assert past.look(quota_left=0.15) == ["threshold:quota_left"]
    assert past.look(quota_left=1.0) == []


def test_a_group_that_has_no_batches_any_more_ends_its_incident(past: Batches) -> None:
    past.done(3, seconds=300)
    assert past.look() == ["threshold:batch_seconds"]
    past.clock.pass_minutes(timedelta(days=1, hours=1).total_seconds() / 60)
    assert past.look() == []


def test_a_metric_that_is_null_in_the_rules_is_not_looked_at(past: Batches) -> None:
    past.done(3, seconds=300)
    rules = ThresholdRules.model_validate({"batch_seconds": None})
    unusual.look(past.ledger, rules, now=past.clock.now())
    with past.ledger.read() as tx:
        assert incidents.open_incidents(tx) == []
