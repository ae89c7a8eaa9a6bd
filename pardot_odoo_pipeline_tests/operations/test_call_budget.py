"""Leave for every call: the day's budget, other programs, places in flight, the breaker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import call_slots
from pardot_odoo_pipeline.ledger.store import quota as store
from pardot_odoo_pipeline.mapping.quota_rules import CallBreaker as BreakerRules
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.call_breaker import CallBreaker, PardotCallsExcessive
from pardot_odoo_pipeline.operations.quota import SYSTEM, CallBudget
from pardot_odoo_pipeline.pardot.answers import ApiUsage
from pardot_odoo_pipeline.pardot.errors import PardotQuotaExceeded
from pardot_odoo_pipeline.pardot.gate import Ending
from pardot_odoo_pipeline_tests.clocks import StandingClock


class Account:
    """An account as its server counts, other programs included."""

    def __init__(self, ledger: Ledger, limit: int, zone: str = "UTC", **rules: object) -> None:
        self.clock = StandingClock()
        self.limit = limit
        self.used = 0
        self.rules = QuotaRules(**{"our_share": 1.0, **rules})
        self.budget = CallBudget(ledger, self.clock, self.rules, zone, "host:1:abc")

    def call(self, lane: Lane = Lane.INTERVAL, ending: Ending = Ending.ANSWERED) -> None:
        """One call of ours."""
        passage = self.budget.gate(lane).enter("GET", "/api/v5/objects/prospects")
        usage = None
        if ending is Ending.ANSWERED:
            self.used += 1
            usage = ApiUsage(self.used, self.limit)
        passage.leave(ending, usage)

    def calls(self, lane: Lane, most: int = 10_000) -> int:
        """Call until there is no leave; how often there was."""
        for number in range(most):
            try:
                self.call(lane)
            except PardotQuotaExceeded:
                return number
        return most


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_each_lane_goes_as_far_as_it_may(ledger: Ledger) -> None:
    account = Account(ledger, 100, reserve=0.1, our_share=0.5)
    assert account.calls(Lane.INITIAL) == 27
    assert account.calls(Lane.BULK) == 33 - 27
    assert account.calls(Lane.INTERVAL) == 40 - 33
    assert account.calls(Lane.WEBHOOK) == 45 - 40
    assert account.calls(Lane.CONSENT) == 50 - 45
    assert account.used == 50
    with ledger.read() as tx:
        counted = store.usage(tx, SYSTEM, "2026-03-10")
    assert (counted.spent, counted.others, counted.reported_limit) == (50, 0, 100)
    assert sum(counted.lanes.values()) == 50


def test_the_error_says_when_work_goes_on(ledger: Ledger) -> None:
    account = Account(ledger, 20, zone="America/New_York")
    account.calls(Lane.INITIAL)
    with pytest.raises(PardotQuotaExceeded, match="for the initial sync is used up") as caught:
        account.call(Lane.INITIAL)
    error = caught.value
    assert error.failure_class is FailureClass.PAUSE_UNTIL_RESET
    assert error.has_quota_evidence
    assert error.code == "lane_spent"
    # 09:00 UTC is 05:00 there, after the clocks were put forward.
    assert error.until == datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
    assert "2026-03-11 04:00 UTC" in str(error)
    account.clock.time = error.until - timedelta(microseconds=1)
    with pytest.raises(PardotQuotaExceeded):
        account.call(Lane.INITIAL)
    account.clock.time = error.until
    account.call(Lane.INITIAL)


def test_what_others_spend_is_not_there_for_us(ledger: Ledger) -> None:
    account = Account(ledger, 1_000)
    account.call()
    account.used += 800
    account.call()
    # 950 are everybody's before the reserve, and 802 are gone.
    assert account.calls(Lane.WEBHOOK) == 950 - 802
    assert account.calls(Lane.CONSENT) == 50
    assert account.used == 1_000
    with pytest.raises(PardotQuotaExceeded, match="800 those of other programs") as caught:
        account.call(Lane.CONSENT)
    assert caught.value.code == "quota_spent"


def test_an_old_report_counts_no_more(ledger: Ledger) -> None:
    """The account's day ended where our settings do not expect it."""
    account = Account(ledger, 1_000)
    account.call()
    account.used = 999
    account.call()
    with pytest.raises(PardotQuotaExceeded) as caught:
        account.call()
    account.clock.advance(minutes=14)
    with pytest.raises(PardotQuotaExceeded):
        account.call()
    assert caught.value.until == account.clock.now() + timedelta(minutes=1)
    account.clock.advance(minutes=1)
    account.call(ending=Ending.NEVER_SENT)  # tells nothing, so the next one asks
    account.used = 0
    account.call()
    assert account.calls(Lane.INTERVAL, most=50) == 50


def test_a_limit_is_remembered_over_the_night(ledger: Ledger) -> None:
    account = Account(ledger, 100)
    account.call()
    account.clock.advance(days=1)
    assert account.budget.left(Lane.CONSENT).limit == 100
    account.used = 0
    assert account.calls(Lane.CONSENT) == 100


def test_a_refused_day_is_left_alone_for_an_hour(ledger: Ledger) -> None:
    account = Account(ledger, 1_000)
    account.call()
    account.call(ending=Ending.SPENT)
    with pytest.raises(PardotQuotaExceeded, match="as it said itself") as caught:
        account.call(Lane.CONSENT)
    assert caught.value.until == account.clock.now() + timedelta(hours=1)
    assert caught.value.code == "quota_spent"
    assert account.budget.left(Lane.INTERVAL).calls == 0
    account.clock.advance(hours=1)
    account.call()


def test_who_begins_asks_how_things_stand_now(ledger: Ledger) -> None:
    """The limit was raised, and a person does not want to wait for the next hour."""
    account = Account(ledger, 1_000)
    account.used = 998
    account.call()
    account.call(Lane.CONSENT, Ending.SPENT)
    with pytest.raises(PardotQuotaExceeded):
        account.call()
    raised = Account(ledger, 5_000)
    raised.used = 1_000
    raised.call()
    assert raised.calls(Lane.INTERVAL, most=30) == 30


def test_who_begins_has_no_more_of_our_own_share(ledger: Ledger) -> None:
    Account(ledger, 100).calls(Lane.CONSENT)
    assert Account(ledger, 100).calls(Lane.CONSENT) == 0


def test_a_clock_that_was_turned_back_stops_nobody(ledger: Ledger) -> None:
    account = Account(ledger, 1_000, max_in_flight=1)
    account.clock.advance(days=30)
    account.call(ending=Ending.LOST)
    account.clock.advance(days=-30)
    account.call()


def test_an_edition_without_calls_is_named(ledger: Ledger) -> None:
    account = Account(ledger, 0)
    account.call()
    with pytest.raises(PardotQuotaExceeded, match="no API calls at all"):
        account.call()


def test_a_call_that_never_left_is_not_counted(ledger: Ledger) -> None:
    account = Account(ledger, 10)
    for _ in range(30):
        account.call(Lane.CONSENT, Ending.NEVER_SENT)
    assert account.calls(Lane.CONSENT) == 10


def test_a_lost_answer_keeps_its_place_as_long_as_the_server_may_be_at_it(ledger: Ledger) -> None:
    account = Account(ledger, 1_000, max_in_flight=2)
    account.call(Lane.WEBHOOK, Ending.LOST)
    account.call(Lane.WEBHOOK, Ending.LOST)
    begun = account.clock.now()
    with ledger.read() as tx:
        assert call_slots.under_way(tx, SYSTEM, begun) == 2
        assert not call_slots.is_free(tx, SYSTEM, places=2, now=begun + timedelta(seconds=179))
        assert call_slots.is_free(tx, SYSTEM, places=2, now=begun + timedelta(seconds=180))
    account.clock.advance(seconds=180)
    account.call()
    assert account.clock.slept == 0


def test_one_place_is_left_to_what_somebody_waits_for(ledger: Ledger) -> None:
    account = Account(ledger, 1_000)
    held = [account.budget.gate(Lane.BULK).enter("GET", "/api") for _ in range(4)]
    urgent = account.budget.gate(Lane.WEBHOOK).enter("GET", "/api")
    with ledger.read() as tx:
        assert call_slots.under_way(tx, SYSTEM, account.clock.now()) == 5
        assert not call_slots.is_free(tx, SYSTEM, places=5, now=account.clock.now())
    for passage in [*held, urgent]:
        passage.leave(Ending.ANSWERED)
    account.call(Lane.BULK)


def test_a_long_download_keeps_its_place(ledger: Ledger) -> None:
    account = Account(ledger, 1_000)
    passage = account.budget.gate(Lane.INITIAL).enter("GET", "/api/v5/exports/1/results")
    for _ in range(10):
        account.clock.advance(seconds=100)
        passage.keep()
        with ledger.read() as tx:
            assert call_slots.under_way(tx, SYSTEM, account.clock.now()) == 1
    passage.leave(Ending.ANSWERED)
    with ledger.read() as tx:
        assert call_slots.under_way(tx, SYSTEM, account.clock.now()) == 0


def test_the_breaker_stops_a_batch_that_asks_again_and_again(ledger: Ledger) -> None:
    account = Account(ledger, 10_000)
    breaker = CallBreaker(BreakerRules(least=10, per_person=2), "bulk-20260310T090000Z-0001")
    gate = account.budget.gate(Lane.BULK, breaker)
    breaker.at("read_memberships")
    breaker.expect(5)
    for number in range(20):
        gate.enter("GET", f"/api/v5/objects/lists/{number}").leave(Ending.ANSWERED)
    with pytest.raises(PardotCallsExcessive, match="GET /api/v5/objects/lists/…") as caught:
        gate.enter("GET", "/api/v5/objects/lists/21")
    assert (caught.value.asset, caught.value.allowed) == ("pardot_memberships_raw", 20)
    assert caught.value.failure_class is FailureClass.CONFIGURATION
    assert account.budget.left(Lane.BULK).spent == 20
