"""Records that one of the systems does not take: alone, in the end suspended, and released."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline.ledger.store.retries import DELAYS
from pardot_odoo_pipeline.operations import standing
from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.world import refused

FOREVER = 1_000_000


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    with Operation.running(tmp_path_factory.mktemp("records"), 20) as running:
        yield running


@pytest.fixture(scope="module")
def people(operation: Operation) -> list[str]:
    rows = operation.world.client.search_read(
        "crm.lead", [("x_pardot_prospect_id", "!=", False)], ["x_pardot_prospect_id"]
    )
    return sorted(row["x_pardot_prospect_id"] for row in rows)


@pytest.fixture(autouse=True)
def _heal(operation: Operation) -> Iterator[None]:
    operation.world.forget()
    yield
    operation.world.forget()


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


def test_poison_records_next_to_good_ones(operation: Operation, people: list[str]) -> None:
    poison, good = people[:2], people[2:5]
    for who in poison:
        refuse(operation, who, 80)
    for who in (*poison, *good):
        type_in_odoo(operation, who, city="Poisonville")
    operation.pass_time(15)
    assert [in_pardot(operation, who)["city"] for who in good] == ["Poisonville"] * 3
    assert operation.retries() == {"waiting": 2}
    assert operation.faults() == [], "neither is the batch to blame"
    assert operation.circuits() == [], "nor the system"
    assert incidents_of(operation) == [], "nobody is told before it lasts"
    wait_out_the_retries(operation)
    assert operation.retries() == {"suspended": 2}
    [incident] = incidents_of(operation)
    assert incident.cause_key == "records:suspended:pardot_80"
    assert incident.detail["people"] == 2
    assert "Invalid CRM type" in incident.detail["text"]
    assert "retries release --code pardot_80" in incident.detail["fix"]
    asked = sum(e["method"] == "PATCH" for e in operation.world.pardot.asked)
    assert asked <= 2 * 7 + 3, "six more tries each, and no more"
    # A release that does not help is no silence: they begin anew.
    done = operation.world.run("retries", "release", "--code", "pardot_80")
    refused(done, "could not be written again", "pardot_80", code=1)
    assert operation.retries() == {"waiting": 2}


def test_mended_records_are_released(operation: Operation, people: list[str]) -> None:
    refuse(operation, people[5], 80)
    type_in_odoo(operation, people[5], city="Mendham")
    operation.pass_time(15)
    wait_out_the_retries(operation)
    [owed] = [
        one
        for one in operation.world.run("retries", "--json").report["retries"]
        if one["state"] == "suspended" and one["prospect_id"] == people[5]
    ]
    assert owed["failures"] == 7
    operation.world.forget()
    done = operation.world.run("retries", "release", str(owed["id"]), "--json")
    assert (done.code, done.report["written"]) == (0, 1), done.stderr
    assert in_pardot(operation, people[5])["city"] == "Mendham"
    refused(operation.world.run("retries", "release", str(owed["id"])), "No suspended", code=1)
    refused(operation.world.run("retries", "release"), "Nothing says which", code=2)
    assert incidents_of(operation) == []


def test_who_is_edited_meanwhile_leaves_the_retries_by_a_normal_batch(
    operation: Operation, people: list[str]
) -> None:
    refuse(operation, people[6], 80, times=1)
    type_in_odoo(operation, people[6], city="Firstburg")
    operation.world.advance(90)
    operation.world.run("sync")
    assert operation.retries() == {"waiting": 1}
    type_in_odoo(operation, people[6], city="Secondburg")
    operation.world.advance(90)
    operation.world.sync()
    assert operation.retries() == {}
    assert in_pardot(operation, people[6])["city"] == "Secondburg"


def test_a_record_that_pardot_says_it_does_not_have(
    operation: Operation, people: list[str]
) -> None:
    who = people[7]
    refuse(operation, who, 83, times=1)
    type_in_odoo(operation, who, city="Missing")
    operation.world.advance(900)
    operation.world.sync()
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
    who = people[8]
    refuse(operation, who, 83, times=1)
    type_in_odoo(operation, who, city="Gone")
    operation.world.advance(900)
    operation.world.sync()
    operation.world.pardot.control("DELETE", f"/prospects/{who}")
    for _ in range(3):
        operation.pass_time(2, intervals=False)
    [lead] = operation.world.of_prospect("crm.lead", who, "active", "x_pardot_state")
    assert (lead["active"], bool(lead["x_pardot_state"])) == (False, True)
    assert operation.retries() == {}


def test_a_record_that_is_shown_but_never_taken_comes_to_an_end(
    operation: Operation, people: list[str]
) -> None:
    who = people[9]
    refuse(operation, who, 83)
    type_in_odoo(operation, who, city="Nowhere")
    operation.pass_time(15)
    operation.pass_time(2, intervals=False)
    wait_out_the_retries(operation)
    assert operation.retries() == {"suspended": 1}
    patches = [e for e in operation.world.pardot.asked if e["method"] == "PATCH"]
    assert len(patches) <= 9, "no look each minute for ever"
    [incident] = incidents_of(operation)
    assert incident.cause_key == "records:suspended:pardot_83"
    operation.world.forget()
    assert operation.world.run("retries", "release", "--all").code == 0
    assert in_pardot(operation, who)["city"] == "Nowhere"
