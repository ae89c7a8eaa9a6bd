"""Clients of several processes at one account, through the gate that counts in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.store import call_slots
from pardot_odoo_pipeline.ledger.store import quota as store
from pardot_odoo_pipeline.mapping.quota_rules import CallBreaker as BreakerRules
from pardot_odoo_pipeline.mapping.quota_rules import QuotaRules
from pardot_odoo_pipeline.operations.budget import Lane, account_day
from pardot_odoo_pipeline.operations.call_breaker import CallBreaker, PardotCallsExcessive
from pardot_odoo_pipeline.operations.quota import SYSTEM, CallBudget
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotQuotaExceeded, PardotTemporarilyUnavailable
from pardot_odoo_pipeline.pardot.unqueryable import read_singly
from pardot_odoo_pipeline_tests.pardot.conftest import PROSPECTS, Sandbox

ZONE = "America/New_York"


class Site:
    """Some processes with one ledger, as far as the ledger can tell."""

    def __init__(self, pardot: Sandbox, ledger: Ledger) -> None:
        self.pardot, self.ledger = pardot, ledger

    def budget(self, name: str, **rules: object) -> CallBudget:
        quota = QuotaRules(**{"our_share": 1.0, "reserve": 0.0, **rules})
        return CallBudget(self.ledger, self.pardot.clock, quota, ZONE, name)

    def client(self, name: str, lane: Lane = Lane.WEBHOOK, **rules: object) -> PardotClient:
        return self.pardot.client(gate=self.budget(name, **rules).gate(lane))

    def counted(self) -> store.DayUsage:
        day = account_day(self.pardot.clock.now(), ZONE).name
        with self.ledger.read() as connection:
            return store.usage(connection, SYSTEM, day)


@pytest.fixture
def site(pardot: Sandbox, tmp_path: Path) -> Iterator[Site]:
    pardot.control("PUT", "/quota", {"used": 0})
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        yield Site(pardot, ledger)
    pardot.control("PUT", "/quota", {"used": 0})


def ids(pardot: Sandbox, count: int) -> list[int]:
    with pardot.client() as client:
        rows = client.query("prospects", ["id"], order_by="id", limit=min(count, PROSPECTS)).rows
    pardot.control("PUT", "/quota", {"used": 0})
    return [int(row["id"]) for row in rows]


def test_the_server_never_sees_more_than_five_at_once(site: Site, pardot: Sandbox) -> None:
    some = ids(pardot, 12)
    pardot.fault(times=200, delay_seconds=0.02)
    clients = [site.client(f"host:{number}:x") for number in range(3)]
    with ThreadPoolExecutor(12) as pool:
        read = [
            pool.submit(clients[number % 3].get, "prospects", some[number % 12], ["id"])
            for number in range(48)
        ]
        assert {one.result()["id"] for one in read} == set(some)
    quota = pardot.control("GET", "/quota")
    assert 2 <= quota["most_in_flight"] <= 5
    assert quota["used"] == site.counted().spent == 48
    assert {entry["status"] for entry in pardot.requests()} == {200}


def test_what_others_spend_stops_us_before_the_server_does(site: Site, pardot: Sandbox) -> None:
    [who] = ids(pardot, 1)
    pardot.switch(daily_maximum=40)
    client = site.client("host:1:x")
    client.get("prospects", who, ["id"])
    pardot.control("PUT", "/quota", {"used": 31})
    client.get("prospects", who, ["id"])
    for _ in range(8):
        client.get("prospects", who, ["id"])
    with pytest.raises(PardotQuotaExceeded, match="30 those of other programs"):
        client.get("prospects", who, ["id"])
    assert pardot.control("GET", "/quota")["used"] == 40
    assert not [entry for entry in pardot.requests() if entry["status"] == 429]


def test_a_refusal_of_the_server_tells_when_to_come_again(site: Site, pardot: Sandbox) -> None:
    [who] = ids(pardot, 1)
    pardot.switch(daily_maximum=5)
    pardot.control("PUT", "/quota", {"used": 5})
    client = site.client("host:1:x")
    with pytest.raises(PardotQuotaExceeded) as caught:
        client.get("prospects", who, ["id"])
    assert caught.value.code == 122
    wait = caught.value.until - pardot.clock.now()
    assert timedelta() < wait <= timedelta(hours=1)
    with pytest.raises(PardotQuotaExceeded, match="as it said itself"):
        client.get("prospects", who, ["id"])
    assert len(pardot.requests()) == 2  # the first of them asked who there is


def test_a_call_that_timed_out_keeps_its_place(site: Site, pardot: Sandbox) -> None:
    [who] = ids(pardot, 1)
    gate = site.budget("host:1:x").gate(Lane.WEBHOOK)
    client = pardot.client(gate=gate, backoff=Backoff(attempts=1), timeouts=(2.0, 0.2))
    client.get("prospects", who, ["id"])
    pardot.fault(times=1, delay_seconds=1.0)
    with pytest.raises(PardotTemporarilyUnavailable, match="got lost"):
        client.get("prospects", who, ["id"])
    now = pardot.clock.now()
    with site.ledger.read() as connection:
        assert call_slots.under_way(connection, SYSTEM, now) == 1
        assert call_slots.under_way(connection, SYSTEM, now + timedelta(minutes=3)) == 0
    assert site.counted().spent == 2


def test_a_field_that_is_read_person_by_person_burns_no_day(site: Site, pardot: Sandbox) -> None:
    everybody = ids(pardot, 200)
    breaker = CallBreaker(BreakerRules(least=20, per_person=1), "bulk-20260310T090000Z-0001")
    breaker.at("extract_prospects")
    gate = site.budget("host:1:x").gate(Lane.BULK, breaker)
    with pytest.raises(PardotCallsExcessive, match="GET /api/v5/objects/prospects/…") as caught:
        read_singly(pardot.client(gate=gate), everybody, ["id"])
    assert caught.value.asset == "pardot_prospects_raw"
    assert pardot.control("GET", "/quota")["used"] == site.counted().spent == 20
