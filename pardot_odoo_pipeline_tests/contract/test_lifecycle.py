"""Won, lost, archived, restored, converted and merged, as someone who polls sees it."""

from __future__ import annotations

import re

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooValidationError
from pardot_odoo_pipeline_tests.contract.support import (
    ALL,
    OdooUnderTest,
    address,
    lead,
    one,
    partner,
    unique,
)

STATE = ["active", "won_status", "probability", "lost_reason_id"]
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def test_won(odoo: OdooUnderTest) -> None:
    client = odoo.client
    won = odoo.ref("crm.stage_lead4")
    for how in ("action", "stage"):
        made = lead(client, type="opportunity")
        if how == "action":
            client.call("crm.lead", "action_set_won", ids=[made])
        else:
            client.write("crm.lead", [made], {"stage_id": won})
        row = one(client, "crm.lead", made, *STATE, "stage_id", "date_closed")
        assert row.pop("stage_id") == [won, "Won"]
        assert STAMP.fullmatch(row.pop("date_closed"))
        assert row == {
            "active": True,
            "won_status": "won",
            "probability": 100.0,
            "lost_reason_id": False,
        }


def test_won_and_opened_again(odoo: OdooUnderTest) -> None:
    client = odoo.client
    made = lead(client, type="opportunity")
    client.call("crm.lead", "action_set_won", ids=[made])
    client.write("crm.lead", [made], {"stage_id": odoo.ref("crm.stage_lead2")})
    row = one(client, "crm.lead", made, "won_status", "date_closed", "probability")
    assert (row["won_status"], row["date_closed"]) == ("pending", False)
    assert row["probability"] < 100


def test_lost_and_restored(odoo: OdooUnderTest) -> None:
    client = odoo.client
    reason = odoo.ref("crm.lost_reason_1")
    made = lead(client, type="opportunity")
    client.call("crm.lead", "action_set_lost", ids=[made], lost_reason_id=reason)
    row = one(client, "crm.lead", made, *STATE, "date_closed")
    assert STAMP.fullmatch(row.pop("date_closed"))
    assert row.pop("lost_reason_id") == [reason, "Too expensive"]
    assert row == {"active": False, "won_status": "lost", "probability": 0.0}
    assert client.search("crm.lead", [["id", "=", made]]) == []
    assert client.search("crm.lead", [["id", "=", made]], context=ALL) == [made]

    client.call("crm.lead", "action_unarchive", ids=[made])
    row = one(client, "crm.lead", made, "active", "won_status", "lost_reason_id", "date_closed")
    assert row == {
        "active": True,
        "won_status": "pending",
        "lost_reason_id": False,
        "date_closed": False,
    }


def test_lost_without_a_reason(client: OdooClient) -> None:
    made = lead(client)
    client.call("crm.lead", "action_set_lost", ids=[made])
    assert one(client, "crm.lead", made, *STATE) == {
        "active": False,
        "won_status": "lost",
        "probability": 0.0,
        "lost_reason_id": False,
    }


def test_archived_is_not_lost(client: OdooClient) -> None:
    made = lead(client, type="opportunity", probability=40)
    client.write("crm.lead", [made], {"active": False})
    row = one(client, "crm.lead", made, *STATE, "date_closed")
    assert STAMP.fullmatch(row.pop("date_closed")), "though it is closed"
    assert row == {
        "active": False,
        "won_status": "pending",
        "probability": 40.0,
        "lost_reason_id": False,
    }
    client.write("crm.lead", [made], {"active": True})
    assert one(client, "crm.lead", made, "active", "won_status") == {
        "active": True,
        "won_status": "pending",
    }
    client.call("crm.lead", "action_archive", ids=[made])
    assert one(client, "crm.lead", made, "active") is False


def test_a_won_lead_cannot_be_lost(client: OdooClient) -> None:
    made = lead(client, type="opportunity")
    client.call("crm.lead", "action_set_won", ids=[made])
    with pytest.raises(OdooValidationError, match="a won lead cannot be lost"):
        client.write("crm.lead", [made], {"active": True, "probability": 0})


def test_converted(client: OdooClient) -> None:
    made = lead(client, email_from=address(), contact_name="Bob Ray")
    client.call("crm.lead", "convert_opportunity", ids=[made], partner=False)
    row = one(client, "crm.lead", made, "type", "date_conversion", "partner_id")
    assert (row["type"], row["partner_id"]) == ("opportunity", False)
    assert STAMP.fullmatch(row["date_conversion"])


def test_converted_by_the_wizard_with_a_new_contact(client: OdooClient) -> None:
    mail = address()
    made = lead(client, email_from=mail, contact_name="Bob Ray", partner_name="Beta", city="Wien")
    context = {"active_model": "crm.lead", "active_id": made, "active_ids": [made]}
    wizard = client.create(
        "crm.lead2opportunity.partner", [{"name": "convert", "action": "create"}], context=context
    )
    client.call("crm.lead2opportunity.partner", "action_apply", ids=wizard, context=context)
    row = one(client, "crm.lead", made, "type", "partner_id")
    assert row["type"] == "opportunity"
    person = row["partner_id"][0]
    assert row["partner_id"][1] == "Beta, Bob Ray"
    told = one(client, "res.partner", person, "name", "email", "parent_id", "city")
    company = told.pop("parent_id")
    assert company[1] == "Beta"
    assert told == {"name": "Bob Ray", "email": mail, "city": "Wien"}
    assert one(client, "res.partner", company[0], "is_company") is True


def test_converted_by_the_wizard_with_an_existing_contact(client: OdooClient) -> None:
    person = partner(client, email=address())
    made = lead(client)
    context = {"active_model": "crm.lead", "active_id": made, "active_ids": [made]}
    values = {"name": "convert", "action": "exist", "partner_id": person}
    wizard = client.create("crm.lead2opportunity.partner", [values], context=context)
    client.call("crm.lead2opportunity.partner", "action_apply", ids=wizard, context=context)
    row = one(client, "crm.lead", made, "type", "partner_id")
    assert (row["type"], row["partner_id"][0]) == ("opportunity", person)


def test_a_conversion_over_rpc_takes_the_contact_off(odoo: OdooUnderTest) -> None:
    client = odoo.client
    person = partner(client, email=address())
    made = lead(client, partner_id=person, user_id=client.uid)
    client.call("crm.lead", "convert_opportunity", ids=[made], partner=False)
    row = one(client, "crm.lead", made, "type", "partner_id", "user_id")
    assert (row["type"], row["partner_id"]) == ("opportunity", False)
    assert row["user_id"][0] == client.uid
    answer = odoo.raw_json2(
        "crm.lead", "convert_opportunity", {"ids": [lead(client)], "partner": person}
    )
    assert answer.json()["name"] == "builtins.AttributeError", "it cannot be named either"


def _wizard(client: OdooClient, leads: list[int], **values: object) -> None:
    context = {"active_model": "crm.lead", "active_id": leads[0], "active_ids": leads}
    made = client.create(
        "crm.lead2opportunity.partner", [{"name": "convert", **values}], context=context
    )
    client.call("crm.lead2opportunity.partner", "action_apply", ids=made, context=context)


def test_the_wizard_finds_the_contact_by_its_address(client: OdooClient) -> None:
    mail = address()
    person = partner(client, email=mail)
    made = lead(client, email_from=mail)
    _wizard(client, [made], action="exist")
    row = one(client, "crm.lead", made, "type", "partner_id")
    assert (row["type"], row["partner_id"][0]) == ("opportunity", person)


def test_the_wizard_forces_its_salesperson_upon_leads(client: OdooClient) -> None:
    kept, lost = lead(client, user_id=client.uid), lead(client, user_id=client.uid)
    _wizard(client, [kept], action="exist")
    _wizard(client, [lost], action="exist", user_id=False)
    assert one(client, "crm.lead", kept, "user_id")[0] == client.uid, "the lead's own by default"
    assert one(client, "crm.lead", lost, "user_id") is False


def test_the_wizard_converts_many_and_leaves_what_they_have(client: OdooClient) -> None:
    person = partner(client, email=address())
    team = client.create("crm.team", [{"name": unique("team")}])[0]
    with_contact = lead(client, partner_id=person, team_id=team)
    with_owner = lead(client, user_id=client.uid)
    bare = lead(client)
    none = {"partner_id": False, "user_id": False, "team_id": False, "force_assignment": False}
    _wizard(client, [with_contact, with_owner, bare], action="exist", **none)
    shown = [
        one(client, "crm.lead", made, "type", "partner_id", "user_id", "team_id")
        for made in (with_contact, with_owner, bare)
    ]
    assert [row["type"] for row in shown] == ["opportunity"] * 3
    assert [row["partner_id"] and row["partner_id"][0] for row in shown] == [person, False, False]
    assert [bool(row["user_id"]) for row in shown] == [False, True, False]
    assert shown[0]["team_id"][0] == team


def test_a_written_type_is_no_conversion(client: OdooClient) -> None:
    made = lead(client)
    client.write("crm.lead", [made], {"type": "opportunity"})
    assert one(client, "crm.lead", made, "date_conversion") is False


def test_merged(client: OdooClient) -> None:
    mail = address()
    first = lead(client, type="opportunity", email_from=mail, city="Wien")
    second = lead(client, type="opportunity", email_from=mail, phone="+4312345678")
    merged = client.call("crm.lead", "merge_opportunity", ids=[first, second])
    kept = merged[0] if isinstance(merged, list) else merged
    assert kept in (first, second)
    gone = second if kept == first else first
    assert client.search("crm.lead", [["id", "=", gone]], context=ALL) == []
    assert one(client, "crm.lead", kept, "city", "phone", "email_from") == {
        "city": "Wien",
        "phone": "+4312345678",
        "email_from": mail,
    }


def test_a_deleted_lead_takes_its_external_id_along(client: OdooClient) -> None:
    name = unique("ext").replace(" ", "_")
    made = client.load("crm.lead", ["id", "name"], [[f"pardot.{name}", "x"]])["ids"]
    domain = [["module", "=", "pardot"], ["name", "=", name]]
    assert client.search_count("ir.model.data", domain) == 1
    client.unlink("crm.lead", made)
    assert client.search_count("ir.model.data", domain) == 0


def test_a_contact_in_use_is_archived_rather_than_deleted(client: OdooClient) -> None:
    person = partner(client)
    made = lead(client, partner_id=person)
    client.call("res.partner", "action_archive", ids=[person])
    assert one(client, "res.partner", person, "active") is False
    assert one(client, "crm.lead", made, "partner_id")[0] == person
    client.unlink("crm.lead", [made])
    assert client.unlink("res.partner", [person]) is True
