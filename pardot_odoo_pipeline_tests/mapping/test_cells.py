"""The rules as the merge asks for them: cells, policies, and the way of a value through them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.html import text_to_html
from pardot_odoo_pipeline.mapping.lookups import OdooField, OdooLookups
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.mapping.places import known_states_from
from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules
from pardot_odoo_pipeline.mapping.split import split_prospects
from pardot_odoo_pipeline.merge.cells import FieldPolicy
from pardot_odoo_pipeline.merge.values import UNREAD
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.cell_values import PROSPECT
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline_tests.mapping.people import frame_of, person
from pardot_odoo_pipeline_tests.mapping.strategies import FRAMES, nasty_text

LOOKUPS = OdooLookups(
    countries={"US": 233, "DE": 57, "GB": 231},
    states={("US", "CA"): 13, ("US", "california"): 13, ("DE", "BY"): 99, ("DE", "bavaria"): 99},
    state_names={13: "California", 99: "Bavaria"},
    industries={"Scientific": 5, "IT/Communication": 6},
    sources={"Webinar": 21},
    campaigns={"Spring 2025": 31},
)
STATES = known_states_from({"US": {"CA": "California"}, "DE": {"BY": "Bavaria"}})
IN_GERMANY = {"res.partner": {"country_id": 57}, "crm.lead": {"country_id": 57}}


def mapping_of(rules=None, lookups: OdooLookups = LOOKUPS) -> OdooMapping:
    return OdooMapping(rules or default_rules(), lookups, STATES)


@pytest.fixture
def mapping() -> OdooMapping:
    return mapping_of()


@pytest.fixture
def ruled(tmp_path):
    def made(text: str, **lookups: Any) -> OdooMapping:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return mapping_of(load_rules(path), dataclasses.replace(LOOKUPS, **lookups))

    return made


def test_a_source_names_its_cells_the_contacts_first(mapping):
    sources = mapping.sources()
    assert sources["jobTitle"] == ("res.partner/function", "crm.lead/function")
    assert sources["full_name"] == ("res.partner/name", "crm.lead/contact_name")
    assert sources["grade"] == ("crm.lead/x_pardot_grade", "crm.lead/x_pardot_grade_rank")
    assert "firstName" not in sources
    assert sum(map(len, sources.values())) == len(mapping.read_fields("crm.lead")) + len(
        mapping.read_fields("res.partner")
    )


def test_policies_are_the_rules_own(mapping, ruled):
    assert mapping.policy("jobTitle") == FieldPolicy(
        Direction.BOTH, Authority.LATEST, BlankPolicy.KEEP, invertible=True
    )
    assert mapping.policy("score") == FieldPolicy(
        Direction.TO_ODOO, Authority.PARDOT, BlankPolicy.CLEAR, invertible=True
    )
    assert not mapping.policy("grade").invertible
    assert not mapping.policy("campaign.name").invertible
    changed = ruled("fields: {jobTitle: {direction: to_pardot, authority: odoo, blank: clear}}")
    assert changed.policy("jobTitle") == FieldPolicy(
        Direction.TO_PARDOT, Authority.ODOO, BlankPolicy.CLEAR, invertible=True
    )


@pytest.mark.parametrize(
    ("key", "a", "b", "same"),
    [
        ("res.partner/phone", "+44 20 7946 0018", "+442079460018", True),
        ("crm.lead/description", "<p>a</p>", "<div>a</div>", True),
        ("crm.lead/x_pardot_score", 0, False, True),
        ("res.partner/country_id", [57, "Germany"], 57, True),
        ("res.partner/function", "Countess", "Baroness", False),
    ],
)
def test_equality_is_that_of_the_cells_type(mapping, key, a, b, same):
    assert mapping.same(key, a, b) is same


def test_what_is_empty_and_how_it_is_written(mapping):
    assert mapping.is_blank("res.partner/function", "")
    assert not mapping.is_blank("crm.lead/x_pardot_score", 0)
    assert mapping.is_unset("crm.lead/x_pardot_score", 0)
    assert mapping.blank("crm.lead/x_pardot_score") == 0
    assert mapping.blank("crm.lead/x_pardot_score") is not False
    assert mapping.blank("res.partner/function") is False


@pytest.mark.parametrize(
    ("here", "value", "there", "expected"),
    [
        ("res.partner/function", "Countess", "crm.lead/function", "Countess"),
        ("res.partner/country_id", 57, "crm.lead/country_id", 57),
        ("res.partner/state_id", 99, "crm.lead/state_id", 99),
        ("res.partner/industry_id", 5, "crm.lead/x_pardot_industry", "Scientific"),
        ("crm.lead/x_pardot_industry", "scientific", "res.partner/industry_id", 5),
        ("crm.lead/x_pardot_grade", "a_minus", "crm.lead/x_pardot_grade_rank", 11),
        ("crm.lead/x_pardot_grade_rank", 13, "crm.lead/x_pardot_grade", "a_plus"),
        ("res.partner/industry_id", False, "crm.lead/x_pardot_industry", False),
        ("res.partner/function", UNREAD, "crm.lead/function", UNREAD),
    ],
)
def test_a_value_moves_from_cell_to_cell(mapping, here, value, there, expected):
    assert mapping.convert(IN_GERMANY)(here, value, there) == expected


def test_what_the_other_cell_cannot_hold_is_no_blank(mapping):
    convert = mapping.convert({})
    assert convert("crm.lead/x_pardot_industry", "Alchemy", "res.partner/industry_id") is UNREAD
    assert convert("res.partner/industry_id", 404, "crm.lead/x_pardot_industry") is UNREAD


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("res.partner/function", "Baroness", {"jobTitle": "Baroness"}),
        ("res.partner/function", False, {"jobTitle": None}),
        ("res.partner/phone", "089 1234567", {"phone": "+49891234567"}),
        ("res.partner/country_id", 57, {"country": "Germany"}),
        ("res.partner/state_id", 99, {"state": "Bavaria"}),
        ("res.partner/state_id", 13, {"state": "California"}),  # of another country than the record
        ("res.partner/industry_id", 6, {"industry": "IT/Communication"}),
        ("crm.lead/description", "<p>a &lt; b<br>c</p>", {"comments": "a < b\nc"}),
        ("res.partner/website", "http://example.com", {"website": "http://example.com"}),
        ("res.partner/name", "Ada King Byron", {"firstName": "Ada King", "lastName": "Byron"}),
        ("res.partner/name", "Madonna", {"firstName": None, "lastName": "Madonna"}),
        ("res.partner/email", " Ada@Example.com ", {"email": "Ada@Example.com"}),
        ("crm.lead/x_pardot_score", 12, {"score": 12}),
        # What Pardot sets itself, and what it could not understand, is not told it.
        ("crm.lead/x_pardot_grade", "a", {}),
        ("crm.lead/name", "A title", {}),
        ("crm.lead/campaign_id", 31, {}),
        ("crm.lead/x_pardot_last_activity_at", "2025-05-16 18:27:08", {}),
        ("res.partner/country_id", 404, {}),
    ],
)
def test_what_pardot_is_told(mapping, key, value, expected):
    assert mapping.to_pardot(key, value, IN_GERMANY) == expected


@pytest.mark.parametrize(
    ("key", "value", "shown", "expected"),
    [
        ("res.partner/country_id", 57, {"country": "Deutschland"}, {"country": "Deutschland"}),
        ("res.partner/country_id", 233, {"country": "Deutschland"}, {"country": "United States"}),
        (
            "res.partner/state_id", 99,
            {"country": "Deutschland", "state": "Freistaat Bayern"}, {"state": "Bavaria"},
        ),
        ("res.partner/state_id", 99, {"country": "DE", "state": "BY"}, {"state": "BY"}),
        (
            "res.partner/name", "Ada van Byron",
            {"firstName": "Ada", "lastName": "van Byron"},
            {"firstName": "Ada", "lastName": "van Byron"},
        ),
        (
            "res.partner/name", "Eve", {"firstName": "Ada", "lastName": None},
            {"firstName": "Eve", "lastName": None},
        ),
        (
            "res.partner/name", "ada.byron",
            {"firstName": None, "lastName": None, "email": "ada.byron@example.com"},
            {"firstName": None, "lastName": None},
        ),
        (
            "res.partner/phone", "+49891234567",
            {"country": "Germany", "phone": "(089) 123 45 67"}, {"phone": "(089) 123 45 67"},
        ),
    ],
)  # fmt: skip
def test_pardots_own_spelling_stays_where_it_means_the_same(mapping, key, value, shown, expected):
    assert mapping.to_pardot(key, value, {**IN_GERMANY, PROSPECT: shown}) == expected


def test_names_of_picklist_values_are_turned_back(ruled):
    mapping = ruled(
        "picklists: {industry: {Software: IT/Communication, SaaS: IT/Communication}}",
    )
    told = mapping.to_pardot("res.partner/industry_id", 6, {})
    assert told == {"industry": "Software"}
    kept = mapping.to_pardot("res.partner/industry_id", 6, {PROSPECT: {"industry": "SaaS"}})
    assert kept == {"industry": "SaaS"}


@pytest.mark.parametrize(
    ("transform", "field_type", "value", "told"),
    [
        ("flag", "boolean", True, "true"),
        ("number", "float", 1.499999999, 1.5),
        ("number", "integer", 7, 7),
        ("number", "char", "7", 7),
        ("date", "date", "2025-03-30", "2025-03-30"),
        ("date", "datetime", "2025-03-29 23:00:00", "2025-03-30"),
        ("time", "datetime", "2025-05-16 18:27:08", "2025-05-16T18:27:08Z"),
        ("lines", "text", "a\r\nb  \n", "a\nb"),
        ("text", "html", "<p>a<br>b</p>", "a b"),
    ],
)
def test_a_custom_field_goes_back_in_its_own_type(ruled, transform, field_type, value, told):
    decimals = 2 if field_type == "float" else 0
    mapping = ruled(
        "account_time_zone: Europe/Berlin\n"
        f"fields: {{extra__c: {{partner: x_extra, transform: {transform}, decimals: {decimals}}}}}",
        fields={"res.partner": {"x_extra": OdooField(field_type)}},
    )
    assert mapping.to_pardot("res.partner/x_extra", value, {}) == {"extra__c": told}


def test_a_day_without_its_hour_is_no_time(ruled):
    mapping = ruled(
        "fields: {extra__c: {partner: x_extra, transform: time}}",
        fields={"res.partner": {"x_extra": OdooField("date")}},
    )
    assert mapping.to_pardot("res.partner/x_extra", "2025-05-16", {}) == {}


def test_standard_fields_go_back_in_the_types_of_the_api(ruled):
    mapping = ruled(
        "fields:\n"
        "  isStarred: {lead: x_starred, transform: flag}\n"
        "  employees: {lead: x_employees, transform: number}\n",
        fields={
            "crm.lead": {"x_starred": OdooField("boolean"), "x_employees": OdooField("integer")}
        },
    )
    assert mapping.to_pardot("crm.lead/x_starred", False, {}) == {"isStarred": False}
    assert mapping.to_pardot("crm.lead/x_employees", 250, {}) == {"employees": "250"}


KEYS = [
    ("res.partner/phone", "089 1234567"),
    ("res.partner/phone", "extension 7"),
    ("res.partner/name", "Ada King Byron"),
    ("res.partner/function", "=Countess of " + "x" * 200),
    ("res.partner/company_name", "Nordwind International Group " * 9 + "GmbH"),
    ("res.partner/country_id", 233),
    ("res.partner/state_id", 13),
    ("res.partner/industry_id", 6),
    ("res.partner/website", "https://example.com/x"),
    ("res.partner/email", "Eve@Example.com"),
    ("crm.lead/description", "<p>one</p><p>two <b>bold</b></p>"),
    ("crm.lead/x_pardot_industry", "Alchemy"),
    ("res.partner/function", False),
]


@pytest.mark.parametrize(("key", "value"), KEYS)
def test_a_cell_to_itself_is_what_the_next_reading_shows(mapping, key, value):
    """The prediction against the real way: told to Pardot, read, normalised, mapped again."""
    prospect = person(country="Deutschland", state=None)
    record = {**IN_GERMANY, PROSPECT: next(rows(frame_of(prospect)))}
    told = mapping.to_pardot(key, value, record)
    if "state" in told:
        told["country"] = "United States"
        record = {"res.partner": {"country_id": 233}, PROSPECT: record[PROSPECT]}
    valid, _ = split_prospects(frame_of({**prospect, **told}))
    [row] = rows(normalize_prospects(valid, mapping.options).frame)
    model, _, name = key.partition("/")
    assert mapping.convert(record)(key, value, key) == mapping.desired(row)[model][name]


TEXT_CELLS = [
    "res.partner/function",
    "res.partner/company_name",
    "res.partner/phone",
    "res.partner/name",
    "res.partner/website",
    "res.partner/street",
    "crm.lead/x_pardot_industry",
    "crm.lead/description",
]


@FRAMES
@given(st.sampled_from(TEXT_CELLS), nasty_text, st.booleans())
def test_whatever_people_type_in_odoo_comes_to_rest_after_one_round(key, text, is_html):
    """Told to Pardot and read again, a value shows what was predicted; told once more, nothing."""
    mapping = mapping_of()
    if key == "crm.lead/description":
        text = text if is_html else text_to_html(text)
    prospect = person(country="Germany", state=None)
    record = {**IN_GERMANY, PROSPECT: next(rows(frame_of(prospect)))}
    told = mapping.to_pardot(key, text, record)
    assert told
    for value in told.values():
        assert value is None or (isinstance(value, str) and value.strip() == value)
    read_again = {**prospect, **told}
    valid, _ = split_prospects(frame_of(read_again))
    [row] = rows(normalize_prospects(valid, mapping.options).frame)
    model, _, name = key.partition("/")
    shown = mapping.desired(row)[model][name]
    assert mapping.convert(record)(key, text, key) == shown
    if mapping.is_blank(key, shown):
        return  # nothing but tags: Odoo's field would be empty, and that is remembered
    # What Pardot shows now is its own spelling of the value: nothing is left to tell.
    again = mapping.to_pardot(
        key, shown, {**IN_GERMANY, PROSPECT: next(rows(frame_of(read_again)))}
    )
    assert {name: value or None for name, value in again.items()} == told


RAW = {"firstName": "Ada", "lastName": "Byron", "company": "Engines Ltd", "email": "ada@x.example"}


def test_a_title_is_made_of_the_name_that_pardot_will_have(mapping):
    told = {"firstName": "Augusta", "lastName": "King"}
    future = mapping.desired_once_told({"lead_title": "Ada Byron – Engines Ltd"}, RAW, told)
    assert future == {"crm.lead": {"name": "Augusta King – Engines Ltd"}}


def test_a_phone_is_read_in_the_country_that_pardot_will_have(mapping):
    raw = {**RAW, "phone": "030 901820", "country": None}
    future = mapping.desired_once_told({"phone": "030 901820"}, raw, {"country": "Germany"})
    assert future["crm.lead"]["phone"] == future["res.partner"]["phone"] == "+4930901820"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, {}),
        ({}, {"jobTitle": "Analyst"}),
        ({}, {"phone": "+4930901820", "state": None, "country": "Germany"}),
        ({"unread": "company"}, {"lastName": "King"}),
    ],
)
def test_what_is_told_itself_or_was_not_read_is_not_made_anew(mapping, row, told):
    assert mapping.desired_once_told(row, RAW, told) == {}
