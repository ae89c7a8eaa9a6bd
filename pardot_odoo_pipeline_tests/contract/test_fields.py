"""What ``fields_get`` tells of the fields that the project uses."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient

# Of each field: its type, what it relates to, whether required, whether read-only.
LEAD = {
    "id": ("integer", None, False, True),
    "name": ("char", None, True, False),
    "contact_name": ("char", None, False, False),
    "partner_name": ("char", None, False, False),
    "email_from": ("char", None, False, False),
    "email_normalized": ("char", None, False, True),
    "email_state": ("selection", None, False, True),
    "phone": ("char", None, False, False),
    "phone_sanitized": ("char", None, False, True),
    "phone_state": ("selection", None, False, True),
    "website": ("char", None, False, False),
    "function": ("char", None, False, False),
    "street": ("char", None, False, False),
    "street2": ("char", None, False, False),
    "city": ("char", None, False, False),
    "zip": ("char", None, False, False),
    "state_id": ("many2one", "res.country.state", False, False),
    "country_id": ("many2one", "res.country", False, False),
    "type": ("selection", None, True, False),
    "stage_id": ("many2one", "crm.stage", False, False),
    "team_id": ("many2one", "crm.team", False, False),
    "user_id": ("many2one", "res.users", False, False),
    "company_id": ("many2one", "res.company", False, False),
    "partner_id": ("many2one", "res.partner", False, False),
    "commercial_partner_id": ("many2one", "res.partner", False, False),
    "source_id": ("many2one", "utm.source", False, False),
    "medium_id": ("many2one", "utm.medium", False, False),
    "campaign_id": ("many2one", "utm.campaign", False, False),
    "lost_reason_id": ("many2one", "crm.lost.reason", False, False),
    "tag_ids": ("many2many", "crm.tag", False, False),
    "description": ("html", None, False, False),
    "priority": ("selection", None, False, False),
    "probability": ("float", None, False, False),
    "expected_revenue": ("monetary", None, False, False),
    "active": ("boolean", None, False, False),
    "won_status": ("selection", None, False, True),
    "date_open": ("datetime", None, False, True),
    "date_closed": ("datetime", None, False, True),
    "date_conversion": ("datetime", None, False, True),
    "date_deadline": ("date", None, False, False),
    "date_last_stage_update": ("datetime", None, False, True),
    "color": ("integer", None, False, False),
    "is_blacklisted": ("boolean", None, False, True),
    "message_bounce": ("integer", None, False, False),
    "activity_ids": ("one2many", "mail.activity", False, False),
    "message_ids": ("one2many", "mail.message", False, False),
    "create_date": ("datetime", None, False, True),
    "write_date": ("datetime", None, False, True),
    "create_uid": ("many2one", "res.users", False, True),
    "write_uid": ("many2one", "res.users", False, True),
}
PARTNER = {
    "name": ("char", None, False, False),
    "complete_name": ("char", None, False, True),
    "email": ("char", None, False, False),
    "email_normalized": ("char", None, False, True),
    "phone": ("char", None, False, False),
    "phone_sanitized": ("char", None, False, True),
    "website": ("char", None, False, False),
    "function": ("char", None, False, False),
    "street": ("char", None, False, False),
    "street2": ("char", None, False, False),
    "city": ("char", None, False, False),
    "zip": ("char", None, False, False),
    "state_id": ("many2one", "res.country.state", False, False),
    "country_id": ("many2one", "res.country", False, False),
    "type": ("selection", None, False, False),
    "is_company": ("boolean", None, False, False),
    "company_name": ("char", None, False, False),
    "commercial_company_name": ("char", None, False, True),
    "commercial_partner_id": ("many2one", "res.partner", False, True),
    "parent_id": ("many2one", "res.partner", False, False),
    "child_ids": ("one2many", "res.partner", False, False),
    "industry_id": ("many2one", "res.partner.industry", False, False),
    "category_id": ("many2many", "res.partner.category", False, False),
    "user_id": ("many2one", "res.users", False, False),
    "comment": ("html", None, False, False),
    "active": ("boolean", None, False, False),
    "lang": ("selection", None, False, False),
    "vat": ("char", None, False, False),
    "ref": ("char", None, False, False),
    "opportunity_ids": ("one2many", "crm.lead", False, False),
    "is_blacklisted": ("boolean", None, False, True),
    "write_date": ("datetime", None, False, True),
}


@pytest.mark.parametrize(("model", "expected"), [("crm.lead", LEAD), ("res.partner", PARTNER)])
def test_types_relations_and_rights_of_the_fields(
    client: OdooClient, model: str, expected: dict[str, tuple[str, str | None, bool, bool]]
) -> None:
    told = client.fields_get(model, list(expected), ["type", "relation", "required", "readonly"])
    found = {
        name: (f["type"], f.get("relation"), f["required"], f["readonly"])
        for name, f in told.items()
    }
    assert found == expected


def test_fields_that_19_dropped_are_gone(client: OdooClient) -> None:
    for model in ("crm.lead", "res.partner"):
        assert client.fields_get(model, ["mobile", "title"], ["type"]) == {}
    assert client.fields_get("res.users", ["groups_id"], ["type"]) == {}
    assert client.fields_get("crm.stage", ["team_id"], ["type"]) == {}


def test_selections(client: OdooClient) -> None:
    lead = client.fields_get("crm.lead", ["type", "priority", "won_status"], ["selection"])
    assert lead["type"]["selection"] == [["lead", "Lead"], ["opportunity", "Opportunity"]]
    assert [key for key, _ in lead["priority"]["selection"]] == ["0", "1", "2", "3"]
    assert [key for key, _ in lead["won_status"]["selection"]] == ["won", "lost", "pending"]
    partner = client.fields_get("res.partner", ["type", "company_type"], ["selection"])
    assert [key for key, _ in partner["type"]["selection"]] == [
        "contact",
        "invoice",
        "delivery",
        "other",
    ]


def test_only_the_asked_attributes_come_and_all_by_default(client: OdooClient) -> None:
    assert client.fields_get("crm.lead", ["city"], ["type", "string"]) == {
        "city": {"type": "char", "string": "City"}
    }
    whole = client.fields_get("crm.lead", ["city"])["city"]
    assert {"type", "string", "required", "readonly", "store", "searchable", "sortable"} <= set(
        whole
    )
    assert whole["name"] == "city"
    assert len(client.fields_get("crm.lead", None, ["type"])) > 60


def test_which_fields_are_stored(client: OdooClient) -> None:
    told = client.fields_get(
        "crm.lead",
        ["email_normalized", "is_blacklisted", "won_status", "commercial_partner_id"],
        ["store"],
    )
    assert {name: f["store"] for name, f in told.items()} == {
        "email_normalized": True,
        "is_blacklisted": False,
        "won_status": True,
        "commercial_partner_id": False,
    }


def test_a_plain_salesperson_sees_the_same_fields(client: OdooClient, sales: OdooClient) -> None:
    names = list(LEAD)
    assert sales.fields_get("crm.lead", names, ["type"]) == client.fields_get(
        "crm.lead", names, ["type"]
    )
