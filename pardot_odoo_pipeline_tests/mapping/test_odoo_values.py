from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from pardot_odoo_pipeline.mapping.lookups import OdooLookups
from pardot_odoo_pipeline.mapping.odoo_values import lead_values, partner_values
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules
from pardot_odoo_pipeline.mapping.targets import lead_targets, unknown_targets

LOOKUPS = OdooLookups(
    countries={"US": 233, "DE": 57},
    states={("US", "CA"): 13, ("US", "california"): 13, ("DE", "by"): 99},
    industries={"scientific": 5},
    sources={"Webinar": 21},
    campaigns={"Spring 2025": 31},
)
ROW = {
    "prospect_id": "7",
    "email": "Ada@Example.com",
    "email_key": "ada@example.com",
    "full_name": "Ada Byron",
    "lead_title": "Ada Byron – Engines Ltd",
    "job_title": "Countess",
    "company": "Engines Ltd",
    "phone": "+13214560987",
    "street": "1 Main St",
    "street2": None,
    "city": "Fresno",
    "zip": "93701",
    "state": "CA",
    "country": "US",
    "website": "http://www.example.com",
    "industry": "Scientific",
    "score": 120,
    "grade": "A-",
    "source": "Webinar",
    "campaign": "Spring 2025",
    "comments": "5 < 7 & more\nnext line",
    "last_activity_at": datetime(2025, 5, 16, 18, 27, 8, 999, tzinfo=UTC),
}
BLANK = dict.fromkeys(ROW)


def test_the_lead_of_a_person():
    assert lead_values(ROW, default_rules(), LOOKUPS) == {
        "x_pardot_prospect_id": "7",
        "email_from": "Ada@Example.com",
        "contact_name": "Ada Byron",
        "name": "Ada Byron – Engines Ltd",
        "function": "Countess",
        "partner_name": "Engines Ltd",
        "phone": "+13214560987",
        "street": "1 Main St",
        "street2": False,
        "city": "Fresno",
        "zip": "93701",
        "state_id": 13,
        "country_id": 233,
        "website": "http://www.example.com",
        "x_pardot_industry": "Scientific",
        "x_pardot_score": 120,
        "x_pardot_grade": "a_minus",
        "x_pardot_grade_rank": 11,
        "source_id": 21,
        "campaign_id": 31,
        "description": "<p>5 &lt; 7 &amp; more<br>next line</p>",
        "x_pardot_last_activity_at": "2025-05-16 18:27:08",
    }


def test_the_contact_of_a_person():
    assert partner_values(ROW, default_rules(), LOOKUPS) == {
        "x_pardot_prospect_id": "7",
        "email": "Ada@Example.com",
        "name": "Ada Byron",
        "function": "Countess",
        "company_name": "Engines Ltd",
        "phone": "+13214560987",
        "street": "1 Main St",
        "street2": False,
        "city": "Fresno",
        "zip": "93701",
        "state_id": 13,
        "country_id": 233,
        "website": "http://www.example.com",
        "industry_id": 5,
        "x_pardot_score": 120,
        "x_pardot_last_activity_at": "2025-05-16 18:27:08",
    }


def test_blanks_are_false_and_numbers_zero():
    values = lead_values(BLANK, default_rules(), LOOKUPS)
    zeros = {"x_pardot_score", "x_pardot_grade_rank"}
    assert {name for name, value in values.items() if value is not False} == zeros
    assert all(values[name] == 0 for name in zeros)


def test_what_odoo_does_not_know_stays_empty_but_an_industry_keeps_its_text():
    row = ROW | {"country": "FR", "state": "IDF", "industry": "Alchemy", "source": "New one"}
    lead = lead_values(row, default_rules(), LOOKUPS)
    assert (lead["country_id"], lead["state_id"], lead["source_id"]) == (False, False, False)
    assert lead["x_pardot_industry"] == "Alchemy"
    assert partner_values(row, default_rules(), LOOKUPS)["industry_id"] is False


def test_a_state_of_another_country_is_not_taken():
    row = ROW | {"country": "DE", "state": "CA"}
    assert lead_values(row, default_rules(), LOOKUPS)["state_id"] is False
    row = ROW | {"country": "DE", "state": "BY"}
    assert lead_values(row, default_rules(), LOOKUPS)["state_id"] == 99


def test_fields_that_odoo_lacks_are_left_out_and_named():
    lookups = dataclasses.replace(
        LOOKUPS, lead_fields={"email_from": "char", "name": "char"}, partner_fields={}
    )
    assert set(lead_values(ROW, default_rules(), lookups)) == {"email_from", "name"}
    assert "crm.lead.x_pardot_score (from score)" in unknown_targets(default_rules(), lookups)
    assert not any(name.startswith("res.partner") for name in unknown_targets(
        default_rules(), lookups
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("transform", "field_type", "value", "expected"),
    [
        ("text", "char", "green", "green"),
        ("lines", "html", "a\nb", "<p>a<br>b</p>"),
        ("number", "integer", 12, 12),
        ("number", "float", 12, 12.0),
        ("number", "char", 12, "12"),
        ("flag", "boolean", True, True),
        ("date", "date", "2025-05-16", "2025-05-16"),
        ("date", "datetime", "2025-05-16", "2025-05-15 22:00:00"),
        ("time", "date", datetime(2025, 5, 16, 23, 0, tzinfo=UTC), "2025-05-17"),
        ("time", "datetime", datetime(2025, 5, 16, 23, 0, tzinfo=UTC), "2025-05-16 23:00:00"),
        ("text", "char", None, False),
        ("number", "integer", None, 0),
        ("flag", "boolean", None, False),
        ("date", "date", None, False),
    ],
)
def test_a_custom_field_takes_the_form_of_its_target(
    tmp_path, transform, field_type, value, expected
):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "account_time_zone: Europe/Berlin\n"
        f"fields: {{extra__c: {{lead: x_extra, transform: {transform}}}}}"
    )
    lookups = OdooLookups(lead_fields={"x_extra": field_type})
    values = lead_values({"extra__c": value}, load_rules(path), lookups)
    assert values == {"x_extra": expected}
    assert type(values["x_extra"]) is type(expected)


def test_targets_know_type_source_and_rule():
    by_name = {target.name: target for target in lead_targets(default_rules(), LOOKUPS)}
    assert by_name["description"].type == "html"
    assert by_name["country_id"].type == "many2one"
    assert by_name["x_pardot_grade_rank"].source == "grade"
    assert by_name["street"].column == "street"
    assert by_name["street"].rule is default_rules().fields["addressOne"]
