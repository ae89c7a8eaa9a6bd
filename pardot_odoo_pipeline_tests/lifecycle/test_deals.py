"""Deals told to Pardot, as people make, win and lose them in Odoo."""

from __future__ import annotations

from typing import Any

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.conversion import convert
from pardot_odoo_pipeline.steps.lifecycle import Deals, lead_fields
from pardot_odoo_pipeline_tests.lifecycle.desk import DEAL_FIELDS, Desk, Follower


def _follow(
    desk: Desk, rules: str, *, values: dict[str, Any] | None = None, **lead: Any
) -> Follower:
    prospect = desk.pardot.prospect(**(values or {}))
    return Follower(desk, desk.ports(rules), prospect, desk.odoo.lead(**lead))


def test_a_deal_from_conversion_to_won(desk: Desk) -> None:
    odoo = desk.odoo.admin
    ann, address = desk.odoo.user("ann")
    person = _follow(desk, DEAL_FIELDS, contact_name="Bob", email_from="bob.won@example.com")
    assert not person.batch().writes, "a lead is no deal"

    desk.odoo.wizard(odoo, person.lead_id, action="create")
    odoo.write(
        "crm.lead",
        [person.lead_id],
        {
            "user_id": ann,
            "expected_revenue": 1200.5,
            "date_deadline": "2027-05-01",
            "stage_id": desk.odoo.stage("Qualified"),
        },
    )
    person.batch()
    assert person.shown() == {
        "dealStage__c": "Qualified",
        "dealOwner__c": address,
        "dealRevenue__c": 1200.5,
        "dealClose__c": "2027-05-01",
        "dealStatus__c": "Open",
        "dealReason__c": None,
    }

    odoo.call("crm.lead", "action_set_won", ids=[person.lead_id])
    plan = person.batch()
    assert set(plan.values) == {"dealStage__c", "dealClose__c", "dealStatus__c"}, "news alone"
    closed = odoo.read("crm.lead", [person.lead_id], ["date_closed"])[0]["date_closed"]
    shown = person.shown("dealStage__c", "dealStatus__c", "dealClose__c")
    assert shown == {
        "dealStage__c": "Won",
        "dealStatus__c": "Won",
        "dealClose__c": closed[:10],
    }


def test_a_deal_is_lost_restored_and_archived(desk: Desk) -> None:
    odoo = desk.odoo.admin
    reason = odoo.search("crm.lost.reason", [("name", "=", "Too expensive")])[0]
    person = _follow(desk, DEAL_FIELDS)
    convert(desk.odoo.sales, [person.lead_id])
    person.batch()

    odoo.call("crm.lead", "action_set_lost", ids=[person.lead_id], lost_reason_id=reason)
    person.batch()
    shown = person.shown("dealStatus__c", "dealReason__c")
    assert shown == {"dealStatus__c": "Lost", "dealReason__c": "Too expensive"}

    restore = "toggle_active" if desk.odoo.version == 18 else "action_unarchive"
    odoo.call("crm.lead", restore, ids=[person.lead_id])
    person.batch()
    assert person.shown("dealStatus__c", "dealReason__c") == {
        "dealStatus__c": "Open",
        "dealReason__c": None,
    }

    odoo.write("crm.lead", [person.lead_id], {"probability": 40})
    person.batch()
    odoo.write("crm.lead", [person.lead_id], {"active": False})
    assert not person.batch().writes, "archived is not lost"


def test_losing_without_a_reason_is_losing(desk: Desk) -> None:
    person = _follow(desk, DEAL_FIELDS, type="opportunity")
    person.batch()
    desk.odoo.admin.call("crm.lead", "action_set_lost", ids=[person.lead_id])
    assert person.batch().values["dealStatus__c"] == "Lost"


def test_what_somebody_types_into_pardot_is_put_back_and_kept(desk: Desk) -> None:
    person = _follow(desk, DEAL_FIELDS, type="opportunity", expected_revenue=500)
    person.batch()
    desk.pardot.edit(person.prospect_id, dealStage__c="Mine", dealRevenue__c=7)
    plan = person.batch()
    assert plan.values == {"dealStage__c": "New", "dealRevenue__c": 500}
    assert {(one.key, one.pardot, one.odoo, one.winner, one.rule) for one in plan.losers} == {
        ("deal/stage", "Mine", "New", "odoo", "authority:odoo"),
        ("deal/expected_revenue", 7, 500, "odoo", "authority:odoo"),
    }


def test_a_text_that_pardot_keeps_shorter_is_no_edit(desk: Desk) -> None:
    name = "A stage with a very long name " * 10
    stage = desk.odoo.admin.create("crm.stage", [{"name": name, "sequence": 60}])[0]
    try:
        person = _follow(desk, DEAL_FIELDS, type="opportunity", stage_id=stage)
        person.batch()
        assert person.shown("dealStage__c")["dealStage__c"] == name[:255].strip()
    finally:
        desk.odoo.admin.write("crm.lead", [person.lead_id], {"stage_id": desk.odoo.stage("New")})
        desk.odoo.admin.unlink("crm.stage", [stage])


def test_a_stage_made_meanwhile_is_known(desk: Desk) -> None:
    ports = desk.ports(DEAL_FIELDS)
    deals = Deals.of(ports)
    first = desk.record(ports, desk.odoo.lead(type="opportunity"))
    assert deals.deal(first, {}, {}).values["dealStage__c"] == "New"
    stage = desk.odoo.admin.create("crm.stage", [{"name": "Brand new", "sequence": 70}])[0]
    made = desk.odoo.lead(type="opportunity", stage_id=stage)
    try:
        assert deals.deal(desk.record(ports, made), {}, {}).values["dealStage__c"] == "Brand new"
    finally:
        desk.odoo.admin.unlink("crm.lead", [made])
        desk.odoo.admin.unlink("crm.stage", [stage])


def test_a_revenue_goes_into_a_text_field_as_text(desk: Desk) -> None:
    rules = "stages: {fields: {expected_revenue: dealRevenueText__c}, decimals: 0}"
    person = _follow(desk, rules, type="opportunity", expected_revenue=1200.5)
    person.batch()
    assert person.shown() == {"dealRevenueText__c": "1200"}


def test_the_prospect_follows_its_salesperson(desk: Desk) -> None:
    users = {row["email"]: int(row["id"]) for row in desk.pardot.client.users()}
    email, pardot_user = next(iter(users.items()))
    ann, _ = desk.odoo.user("someone")
    desk.odoo.admin.write("res.users", [ann], {"email": email.upper()})
    person = _follow(desk, "stages: {assign_user: true}", type="opportunity", user_id=ann)
    assert person.batch().values == {"userId": pardot_user}
    desk.odoo.admin.write("crm.lead", [person.lead_id], {"user_id": False})
    assert not person.batch().writes, "nobody is not somebody else"
    desk.odoo.admin.write("res.users", [ann], {"email": "unknown.in.pardot@example.com"})


def test_leads_are_told_where_the_rules_say_so(desk: Desk) -> None:
    person = _follow(desk, "stages: {of: everyone, fields: {status: dealStatus__c}}")
    assert person.batch().values == {"dealStatus__c": "Open"}


def test_nothing_is_asked_of_anybody_where_the_rules_say_nothing(desk: Desk) -> None:
    ports = desk.ports("active: true")
    record = desk.record(ports, desk.odoo.lead(type="opportunity"))
    calls = ports.pardot.calls, ports.odoo.calls
    deals = Deals.of(ports)
    deals.check()
    assert deals.deal(record, {}, {}).pairs == {}
    assert (ports.pardot.calls, ports.odoo.calls) == calls


def test_only_fields_that_this_odoo_has_are_read(desk: Desk) -> None:
    names = lead_fields(desk.ports("active: true").reference)
    assert ("won_status" in names) is (desk.odoo.version >= 19)
    assert {"stage_id", "x_pardot_state", "lost_reason_id"} <= set(names)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("stages: {fields: {stage: dealStag__c}}", ["stages.fields.stage", "'dealStage__c'?"]),
        ("stages: {fields: {stage: contactChannels__c}}", ["several values"]),
        (
            "fields: {dealStage__c: {lead: referred}}\nstages: {fields: {stage: dealStage__c}}",
            ["in the field map as well"],
        ),
        ("stages: {lists: {Qualified: Newsleter}}", ["stages.lists.Qualified", "'Newsletter'?"]),
        ("stages: {lists: {Qualified: 1}}", ["no list '1'"]),
        ("stages: {lists: {Qualified: Hot leads}}", ["dynamic"]),
        ("stages: {lost_list: Old test list}", ["stages.lost_list", "no list 'Old test list'"]),
        ("stages: {lists: {Qualifed: Newsletter}}", ["no stage 'Qualifed'", "'Qualified'?"]),
    ],
)
def test_rules_that_do_not_fit_are_found_before_anything_is_written(
    desk: Desk, rules: str, words: list[str]
) -> None:
    ports = desk.ports(rules)
    record = desk.record(ports, desk.odoo.lead(type="opportunity"))
    with pytest.raises(ConfigurationError) as told:
        Deals.of(ports).check()
    for word in words:
        assert word in f"{told.value.cause} {told.value.fix}"
    with pytest.raises(ConfigurationError):
        Deals.of(ports).deal(record, {}, {})


def test_two_lists_of_one_name_must_be_told_apart(desk: Desk) -> None:
    first, second = desk.pardot.new_list("Twins"), desk.pardot.new_list("Twins")
    with pytest.raises(ConfigurationError) as told:
        Deals.of(desk.ports("stages: {lists: {Qualified: Twins}}")).check()
    assert f"{first}, {second}" in told.value.fix
    Deals.of(desk.ports(f"stages: {{lists: {{Qualified: {second}}}}}")).check()
