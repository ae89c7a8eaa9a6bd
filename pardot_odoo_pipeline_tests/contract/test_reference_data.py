"""The lists that Odoo ships and that values are resolved against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline_tests.contract.support import ALL, OdooUnderTest, one

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))


def test_countries(client: OdooClient) -> None:
    rows = client.search_read("res.country", [], ["code", "name"])
    found = {row["code"]: row["name"] for row in rows}
    assert {code: found.get(code) for code in EXPECTED["countries"]} == EXPECTED["countries"]


def test_states(client: OdooClient) -> None:
    codes = {row["id"]: row["code"] for row in client.search_read("res.country", [], ["code"])}
    found: dict[str, dict[str, str]] = {}
    for row in client.search_read("res.country.state", [], ["code", "name", "country_id"]):
        found.setdefault(codes[row["country_id"][0]], {})[row["code"]] = row["name"]
    assert sorted(EXPECTED["states"]) == sorted(set(found) & set(EXPECTED["states"]))
    for country, states in EXPECTED["states"].items():
        assert {code: found[country].get(code) for code in states} == states, country


def test_a_state_shows_its_country(client: OdooClient) -> None:
    domain = [["code", "=", "CA"], ["country_id.code", "=", "US"]]
    state = client.search_read("res.country.state", domain, ["display_name", "name"])[0]
    assert (state["name"], state["display_name"]) == ("California", "California (US)")


def test_industries(client: OdooClient) -> None:
    rows = client.search_read("res.partner.industry", [], ["name"], order="id")
    assert [row["name"] for row in rows][:21] == [
        "Agriculture",
        "Mining",
        "Manufacturing",
        "Energy supply",
        "Water supply",
        "Construction",
        "Wholesale/Retail",
        "Transportation/Logistics",
        "Food/Hospitality",
        "IT/Communication",
        "Finance/Insurance",
        "Real Estate",
        "Scientific",
        "Administrative/Utilities",
        "Public Administration",
        "Education",
        "Health/Social",
        "Entertainment",
        "Other Services",
        "Households",
        "Extraterritorial",
    ]


def test_stages(odoo: OdooUnderTest) -> None:
    names = ["name", "sequence", "is_won", "fold", "team_ids"]
    stages = [odoo.ref(f"crm.stage_lead{n}") for n in (1, 2, 3, 4)]
    rows = [one(odoo.client, "crm.stage", stage, *names) for stage in stages]
    assert [tuple(row.values()) for row in rows] == [
        ("New", 1, False, False, []),
        ("Qualified", 2, False, False, []),
        ("Proposition", 3, False, False, []),
        ("Won", 70, True, False, []),
    ]
    found = odoo.client.search("crm.stage", [])
    assert [stage for stage in found if stage in stages] == stages, "by sequence"


def test_reasons_and_teams(odoo: OdooUnderTest) -> None:
    reasons = [odoo.ref(f"crm.lost_reason_{n}") for n in (1, 2, 3)]
    rows = odoo.client.read("crm.lost.reason", reasons, ["name"])
    assert [row["name"] for row in rows] == [
        "Too expensive",
        "We don't have people/skills",
        "Not enough stock",
    ]
    team = odoo.ref("sales_team.team_sales_department")
    assert one(odoo.client, "crm.team", team, "name", "active") == {"name": "Sales", "active": True}


def test_activity_types(odoo: OdooUnderTest) -> None:
    kinds = {"todo": "To-Do", "email": "Email", "call": "Call", "meeting": "Meeting"}
    for name, shown in kinds.items():
        kind = odoo.ref(f"mail.mail_activity_data_{name}")
        assert one(odoo.client, "mail.activity.type", kind, "name") == shown


@pytest.mark.parametrize(
    ("model", "shipped"),
    [
        ("utm.source", {"Search engine", "Newsletter", "Facebook", "LinkedIn", "Referral"}),
        ("utm.medium", {"Banner", "Direct", "Email", "Phone", "Television", "Website"}),
        ("res.lang", {"English (US)"}),
    ],
)
def test_other_lists(client: OdooClient, model: str, shipped: set[str]) -> None:
    assert shipped <= {row["name"] for row in client.search_read(model, [], ["name"])}


def test_the_apps_that_are_installed(client: OdooClient) -> None:
    wanted = ["crm", "contacts", "mail", "sales_team", "mass_mailing", "base_automation"]
    rows = client.search_read("ir.module.module", [["name", "in", wanted]], ["name", "state"])
    assert {row["name"]: row["state"] for row in rows} == dict.fromkeys(wanted, "installed")


def test_users_that_everyone_has(odoo: OdooUnderTest) -> None:
    assert odoo.ref("base.user_admin") == odoo.client.uid
    robot = odoo.ref("base.user_root")
    assert odoo.client.search("res.users", [["id", "=", robot]]) == []
    row = odoo.client.search_read("res.users", [["id", "=", robot]], ["login"], context=ALL)[0]
    assert row["login"] == "__system__"
    assert one(odoo.client, "res.partner", odoo.ref("base.partner_root"), "name") == "OdooBot"
