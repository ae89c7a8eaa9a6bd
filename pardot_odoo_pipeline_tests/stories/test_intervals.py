"""What people do after the initial sync reaches Odoo with the next batch, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pardot_odoo_pipeline_tests.world import World, api_calls, writes


@dataclass(frozen=True)
class Interval:
    """One interval batch, and to whom something happened in it."""

    begun: str
    report: dict[str, Any]
    phoned: str
    active: str
    binned: str
    human: str
    born: str
    overtaken: str


@pytest.fixture(scope="module")
def people(synced_world: World) -> list[str]:
    """Prospects of their own, each with one lead and a phone."""
    rows = synced_world.client.search_read(
        "crm.lead",
        [("x_pardot_prospect_id", "!=", False), ("phone", "!=", False)],
        ["x_pardot_prospect_id"],
        order="id",
    )
    return [row["x_pardot_prospect_id"] for row in rows]


@pytest.fixture(scope="module")
def interval(synced_world: World, people: list[str]) -> Interval:
    """A morning's edits on both sides, then one batch."""
    world = synced_world
    world.advance(600)
    phoned, active, binned, human, overtaken = people[:5]
    begun = now(world)
    world.edit(phoned, phone="+49 30 901820", jobTitle="Head of Story")
    world.pardot.control(
        "POST", "/activity", {"prospectId": int(active), "type": 2, "typeName": "Page View"}
    )
    world.edit(binned, isDeleted=True)
    for who in (human, overtaken):
        [lead] = world.of_prospect("crm.lead", who, "id", "partner_id")
        found = {"function": "Asked her myself"}
        world.client.write("crm.lead", [lead["id"]], found)
        world.client.write("res.partner", [lead["partner_id"][0]], found)
    world.edit(human, city="Storyville")
    world.edit(overtaken, jobTitle="Says Pardot")
    born = world.new_prospect(email="New.Person@example.com", firstName="Nova", lastName="Newman")
    world.advance(600)
    report = world.sync()
    return Interval(begun, report, phoned, active, binned, human, born, overtaken)


def test_the_account_names_exactly_what_happened(interval: Interval) -> None:
    report = interval.report
    assert (report["leads_created"], report["contacts_created"]) == (1, 1)
    assert report["leads_updated"] + report["unchanged"] == 4
    assert report["archived"] == 1
    assert report["prospects_read"] == 6
    assert report["quarantined"] == {}


def test_an_edit_in_pardot_arrives_in_lead_and_contact(
    synced_world: World, interval: Interval
) -> None:
    for model in ("crm.lead", "res.partner"):
        [record] = synced_world.of_prospect(model, interval.phoned, "phone", "function")
        assert (record["phone"], record["function"]) == ("+4930901820", "Head of Story")


def test_an_activity_arrives_though_the_prospect_was_not_edited(
    synced_world: World, interval: Interval
) -> None:
    for model in ("crm.lead", "res.partner"):
        [record] = synced_world.of_prospect(model, interval.active, "x_pardot_last_activity_at")
        assert record["x_pardot_last_activity_at"] >= interval.begun


def test_the_lead_of_a_prospect_in_the_recycle_bin_is_archived_and_marked(
    synced_world: World, interval: Interval
) -> None:
    [lead] = synced_world.of_prospect("crm.lead", interval.binned, "active", "x_pardot_state")
    assert (lead["active"], lead["x_pardot_state"]) == (False, "recycle_bin")
    [contact] = synced_world.of_prospect("res.partner", interval.binned, "active", "x_pardot_state")
    assert (contact["active"], contact["x_pardot_state"]) == (True, "recycle_bin")
    assert synced_world.status()["links"]["archived"] >= 1


def test_a_new_prospect_becomes_a_lead_with_a_contact(
    synced_world: World, interval: Interval
) -> None:
    [lead] = synced_world.of_prospect(
        "crm.lead", interval.born, "contact_name", "partner_id", "type", "user_id"
    )
    [contact] = synced_world.of_prospect("res.partner", interval.born, "name", "x_pardot_email_key")
    assert lead["contact_name"] == contact["name"] == "Nova Newman"
    assert lead["partner_id"][0] == contact["id"]
    assert (lead["type"], lead["user_id"]) == ("lead", False)
    assert contact["x_pardot_email_key"] == "new.person@example.com"


def test_an_edit_in_odoo_on_another_field_stays(synced_world: World, interval: Interval) -> None:
    for model in ("crm.lead", "res.partner"):
        [record] = synced_world.of_prospect(model, interval.human, "function", "city")
        assert (record["function"], record["city"]) == ("Asked her myself", "Storyville")


def test_an_edit_on_both_sides_of_one_field_leaves_odoos(
    synced_world: World, interval: Interval
) -> None:
    for model in ("crm.lead", "res.partner"):
        [record] = synced_world.of_prospect(model, interval.overtaken, "function")
        assert record["function"] == "Asked her myself"


def test_nobody_else_was_touched(synced_world: World, interval: Interval) -> None:
    expected = {interval.phoned, interval.active, interval.human, interval.overtaken}
    expected |= {interval.born, interval.binned}
    assert touched(synced_world, interval.begun) == expected


def test_a_quiet_interval_writes_nothing_and_asks_little(
    synced_world: World, interval: Interval
) -> None:
    synced_world.advance(900)
    # Whom we wrote in Pardot is read once more: a second edit could share the second.
    synced_world.sync()
    synced_world.advance(900)
    synced_world.forget()
    begun = now(synced_world)
    report = synced_world.sync()
    assert report["prospects_read"] == 0
    # One question is put to a server action: which addresses people blocked or let go.
    assert [path for path in writes(synced_world.odoo) if not path.endswith("/run")] == []
    assert len(writes(synced_world.odoo)) <= 1
    assert {call["method"] for call in api_calls(synced_world.pardot)} == {"GET"}
    assert len(api_calls(synced_world.pardot)) <= 10
    assert len(synced_world.odoo.asked) <= 10
    assert report["pardot_calls"] == len(api_calls(synced_world.pardot))
    assert report["odoo_calls"] == len(synced_world.odoo.asked)
    assert touched(synced_world, begun) == set()


def test_named_prospects_are_read_whatever_their_time(
    synced_world: World, interval: Interval, people: list[str]
) -> None:
    one, other = people[5:7]
    synced_world.advance(600)
    synced_world.edit(one, lastName="Storysson")
    synced_world.edit(other, lastName="Unasked")
    report = synced_world.sync("--prospect", one, "--prospect", one)
    assert (report["prospects_read"], report["leads_updated"]) == (1, 1)
    [contact] = synced_world.of_prospect("res.partner", one, "name")
    assert contact["name"].endswith("Storysson")
    [contact] = synced_world.of_prospect("res.partner", other, "name")
    assert not contact["name"].endswith("Unasked")


def test_everybody_since_a_time_is_read(
    synced_world: World, interval: Interval, people: list[str]
) -> None:
    synced_world.advance(3600)
    since = synced_world.pardot.control("GET", "/clock")["now"]
    synced_world.advance(10)
    synced_world.edit(people[7], zip="99999")
    synced_world.advance(600)
    report = synced_world.sync("--since", since)
    assert (report["prospects_read"], report["leads_updated"]) == (1, 1)
    [lead] = synced_world.of_prospect("crm.lead", people[7], "zip")
    assert lead["zip"] == "99999"


def now(world: World) -> str:
    """The world's time as Odoo writes it."""
    moment = world.pardot.control("GET", "/clock")["now"]
    return str(moment[:19].replace("T", " "))


def touched(world: World, since: str) -> set[str]:
    """Prospects of whom a lead or a contact was written since then."""
    domain = [("write_date", ">=", since), ("x_pardot_prospect_id", "!=", False)]
    found: set[str] = set()
    for model in ("crm.lead", "res.partner"):
        rows = world.client.search_read(
            model, domain, ["x_pardot_prospect_id"], context={"active_test": False}
        )
        found |= {row["x_pardot_prospect_id"] for row in rows}
    return found
