"""Records that one of the systems does not take: alone, in the end suspended, and released."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline.ledger.store.retries import DELAYS
from pardot_odoo_pipeline.operations import standing
from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.outages.twins import Twins
from pardot_odoo_pipeline_tests.world import refused

FOREVER = 1_000_000


@pytest.fixture
def operation(twins: Twins) -> Operation:
    return twins.disturbed


@pytest.fixture
def people(twins: Twins) -> list[str]:
    return twins.alone


def type_in_odoo(operation: Operation, who: str, **values: object) -> None:
    [lead] = operation.world.of_prospect("crm.lead", who, "partner_id")
    operation.world.client.write("res.partner", [lead["partner_id"][0]], values)


def in_pardot(operation: Operation, who: str) -> dict[str, object]:
    row: dict[str, object] = operation.world.pardot.control("GET", f"/objects/prospects/{who}")
    return row


def refuse(operation: Operation, who: str, code: int, times: int = FOREVER) -> None:
    path = f"/api/v5/objects/prospects/{who}"
    operation.world.pardot.fault({"code": code}, times=times, method="PATCH", path=path)


def wait_out_the_retries(operation: Operation) -> None:
    """Let each date of the schedule come, and one more after it."""
    for delay in DELAYS:
        operation.pass_time(delay / timedelta(minutes=1) + 1, intervals=False)


def incidents_of(operation: Operation) -> list[Incident]:
    """What the next look at the ledger makes of it."""
    standing.look(operation.ledger, now=operation.now())
    return operation.open_incidents()


def suspended(operation: Operation) -> dict[str, dict[str, Any]]:
    """By prospect."""
    told = operation.world.run("retries", "--json").report["retries"]
    return {one["prospect_id"]: one for one in told if one["state"] == "suspended"}


def test_poison_records_next_to_good_ones(operation: Operation, people: list[str]) -> None:
    poison, mended, absent, good = people[:2], people[2], people[3], people[4:6]
    for who in (*poison, mended):
        refuse(operation, who, 80)
    refuse(operation, absent, 83)
    for who in people[:6]:
        type_in_odoo(operation, who, city="Poisonville")
    operation.pass_time(15)
    assert [in_pardot(operation, who)["city"] for who in good] == ["Poisonville"] * 2
    assert operation.retries() == {"waiting": 4}
    assert operation.faults() == [], "neither is the batch to blame"
    assert operation.circuits() == [], "nor the system"
    assert incidents_of(operation) == [], "nobody is told before it lasts"
    # What Pardot says it does not have is looked at once more; it shows it, and does not take it.
    operation.pass_time(2, intervals=False)
    wait_out_the_retries(operation)
    assert operation.retries() == {"suspended": 4}
    told = {one.cause_key: one.detail for one in incidents_of(operation)}
    assert set(told) == {"records:suspended:pardot_80", "records:suspended:pardot_83"}
    detail = told["records:suspended:pardot_80"]
    assert detail["people"] == 3
    assert "Invalid CRM type" in detail["text"]
    assert "retries release --code pardot_80" in detail["fix"]
    asked = Counter(e["path"] for e in operation.world.pardot.asked if e["method"] == "PATCH")
    tries = {who: asked[f"/api/v5/objects/prospects/{who}"] for who in people[:6]}
    assert [tries[who] for who in (*poison, mended)] == [7] * 3, "six more tries each, and no more"
    assert tries[absent] <= 9, "no look each minute for ever"
    assert [tries[who] for who in good] == [1] * 2

    # One is mended and released alone.
    operation.world.forget()
    for who in poison:
        refuse(operation, who, 80)
    refuse(operation, absent, 83)
    owed = suspended(operation)[mended]
    assert owed["failures"] == 7
    number = str(owed["id"])
    done = operation.world.run("retries", "release", number, "--json")
    assert (done.code, done.report["written"]) == (0, 1), done.stderr
    assert in_pardot(operation, mended)["city"] == "Poisonville"
    refused(operation.world.run("retries", "release", number), "No suspended", code=1)
    refused(operation.world.run("retries", "release"), "Nothing says which", code=2)
    # A release that does not help is no silence: they begin anew.
    done = operation.world.run("retries", "release", "--code", "pardot_80")
    refused(done, "could not be written again", "pardot_80", code=1)
    assert operation.retries() == {"suspended": 1, "waiting": 2}

    operation.world.forget()
    assert operation.world.run("retries", "release", "--all").code == 0
    assert in_pardot(operation, absent)["city"] == "Poisonville"
    operation.pass_time(6, intervals=False)
    assert [in_pardot(operation, who)["city"] for who in poison] == ["Poisonville"] * 2
    assert operation.retries() == {}
    assert incidents_of(operation) == []


def test_who_is_edited_meanwhile_leaves_the_retries_by_a_normal_batch(
    operation: Operation, people: list[str]
) -> None:
    refuse(operation, people[6], 80, times=1)
    type_in_odoo(operation, people[6], city="Firstburg")
    operation.open_interval(after=1.5)
    assert operation.retries() == {"waiting": 1}
    type_in_odoo(operation, people[6], city="Secondburg")
    operation.open_interval(after=1.5)
    assert operation.retries() == {}
    assert in_pardot(operation, people[6])["city"] == "Secondburg"


def test_a_record_that_pardot_says_it_does_not_have(
    operation: Operation, people: list[str]
) -> None:
    who = people[5]
    refuse(operation, who, 83, times=1)
    type_in_odoo(operation, who, city="Missing")
    operation.open_interval(after=15)
    assert operation.world.status()["findings"].get("record_missing") == 1
    [lead] = operation.world.of_prospect("crm.lead", who, "active")
    assert lead["active"], "nothing follows from a first look"
    told = operation.world.run("explain", who, "--json")
    text = str(told.report["attention"])
    assert "prospect does not exist" in text, "as runbooks read it"
    assert "No valid CRM connector" in text, "as the registry does"
    operation.pass_time(3, intervals=False)
    assert in_pardot(operation, who)["city"] == "Missing"
    assert operation.retries() == {}
    assert operation.world.status()["findings"].get("record_missing") is None


def test_a_record_that_is_really_gone(operation: Operation, people: list[str]) -> None:
    who = people[7]
    refuse(operation, who, 83, times=1)
    type_in_odoo(operation, who, city="Gone")
    operation.open_interval(after=15)
    operation.world.pardot.control("DELETE", f"/prospects/{who}")
    for _ in range(3):
        operation.pass_time(2, intervals=False)
    [lead] = operation.world.of_prospect("crm.lead", who, "active", "x_pardot_state")
    assert (lead["active"], bool(lead["x_pardot_state"])) == (False, True)
    assert operation.retries() == {}
