"""Fields of any type, from a raw prospect to Odoo's value and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.lookups import OdooField, OdooLookups, Relation
from pardot_odoo_pipeline.mapping.normalize import normalize_prospects
from pardot_odoo_pipeline.mapping.picklists import join_values, split_values
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.merge.values import UNREAD
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline_tests.mapping.people import frame_of, person
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY

LEVELS = OdooField("selection", selection=(("lo", "Low"), ("hi", "High")))
MEDIUM = OdooField("many2one", "utm.medium")
PEOPLE = OdooField("many2one", "res.users")
TAGS = OdooField("many2many", "crm.tag")


class One:
    """One custom field ``it__c`` on the lead's ``x_it``."""

    def __init__(self, tmp_path, about: OdooField, rule: str, more: str = "", **known: Any) -> None:
        path = tmp_path / "rules.yaml"
        path.write_text(f"{more}\nfields:\n  it__c: {{lead: x_it, {rule}}}\n", encoding="utf-8")
        self.relations = known.get("relations", {})
        lookups = OdooLookups(fields={"crm.lead": {"x_it": about}}, relations=self.relations)
        self.mapping = OdooMapping(load_rules(path), lookups)

    def read(self, raw: Any) -> tuple[Any, set[str]]:
        """What the lead should show of a raw value, ``UNREAD`` where it is left alone."""
        done = normalize_prospects(frame_of(person(it__c=raw)), self.mapping.options)
        [row] = rows(done.frame)
        found = {one["code"] for one in rows(done.findings) if one["field"] == "it__c"}
        return self.mapping.desired(row)["crm.lead"].get("x_it", UNREAD), found

    def told(self, value: Any) -> Any:
        """What Pardot is told of a value of the lead."""
        return self.mapping.to_pardot("crm.lead/x_it", value, {}).get("it__c", UNREAD)


@pytest.fixture
def one(tmp_path):
    return lambda *args, **known: One(tmp_path, *args, **known)


@pytest.mark.parametrize(
    ("rule", "raw", "shown", "findings"),
    [
        ("transform: text", " a  <b>b</b> ", "a b", {"html_removed"}),
        ("transform: text, limit: 8", "0123456789", "0123456…", {"text_cut"}),
        ("transform: [text, upper]", "grün", "GRÜN", set()),
        ("transform: [text, digits]", "=12-3", "123", {"formula_neutralised"}),
        ("transform: lines, limit: 8", "a\r\nb", "a\nb", set()),
    ],
)
def test_texts(one, rule, raw, shown, findings):
    assert one(OdooField("text"), rule).read(raw) == (shown, findings)


@pytest.mark.parametrize(
    ("about", "rule", "raw", "shown", "back"),
    [
        ("integer", "transform: number", 7.0, 7, 7),
        ("integer", "transform: number", None, 0, 0),
        ("float", "transform: number, decimals: 2", "1.234,5", 1234.5, 1234.5),
        ("monetary", "transform: number, decimals: 2", 12, 12.0, 12.0),
        ("boolean", "transform: flag", ["yes"], True, "true"),
        ("boolean", "transform: flag", [], False, "false"),
        ("date", "transform: date", "2025-03-30", "2025-03-30", "2025-03-30"),
    ],
)
def test_plain_types_there_and_back(one, about, rule, raw, shown, back):
    field = one(OdooField(about), rule)
    assert field.read(raw) == (shown, set())
    assert field.told(shown) == back
    assert type(field.told(shown)) is type(back)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        ("2025-03-29", "2025-03-28 23:00:00"),
        ("2025-03-30", "2025-03-29 23:00:00"),  # the clocks go forward at 2 in the morning
        ("2025-03-31", "2025-03-30 22:00:00"),
        ("2025-10-26", "2025-10-25 22:00:00"),  # the clocks go back at 3
        ("2025-10-27", "2025-10-26 23:00:00"),
    ],
)
def test_a_day_is_the_accounts_day_across_clock_changes(one, day, moment):
    field = one(OdooField("datetime"), "transform: date", "account_time_zone: Europe/Berlin")
    assert field.read(day) == (moment, set())
    assert field.told(moment) == day


@pytest.mark.parametrize(
    ("raw", "moment", "findings"),
    [
        ("2025-03-30 02:30:00", "2025-03-30 00:30:00", {"time_ambiguous"}),  # there is no such time
        ("2025-10-26 02:30:00", "2025-10-26 00:30:00", {"time_ambiguous"}),  # there are two
        ("2025-10-26T02:30:00+01:00", "2025-10-26 01:30:00", set()),
        ("2025-07-01 12:00:00", "2025-07-01 10:00:00", set()),
    ],
)
def test_a_time_is_the_accounts_time_across_clock_changes(one, raw, moment, findings):
    field = one(OdooField("datetime"), "transform: time", "account_time_zone: Europe/Berlin")
    assert field.read(raw) == (moment, findings)
    assert field.told(moment) == moment.replace(" ", "T") + "Z"


def test_a_day_that_begins_an_hour_late_still_comes_back(one):
    field = one(OdooField("datetime"), "transform: date", "account_time_zone: America/Santiago")
    assert field.told(field.read("2025-09-07")[0]) == "2025-09-07"


@pytest.mark.parametrize(
    ("raw", "shown", "findings"),
    [
        ("high", "hi", set()),
        ("HI", "hi", set()),
        ("gering", "lo", set()),
        ("", False, set()),
        ("odd", False, {"picklist_unknown"}),
    ],
)
def test_a_picklist_becomes_the_key_of_a_selection(one, raw, shown, findings):
    field = one(LEVELS, "transform: picklist", "picklists: {it__c: {Gering: lo, Wenig: Low}}")
    assert field.read(raw) == (shown, findings)


def test_the_key_of_a_selection_goes_back_as_pardot_names_it(one):
    field = one(LEVELS, "transform: picklist", "picklists: {it__c: {Gering: lo}}")
    assert (field.told("lo"), field.told("hi"), field.told(False)) == ("Gering", "High", None)


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("unknown: default", False),
        ("unknown: default, default: high", "hi"),
        ("unknown: hold", UNREAD),
    ],
)
def test_a_value_that_the_field_does_not_offer(one, rule, shown):
    field = one(LEVELS, f"transform: picklist, {rule}")
    assert field.read("odd") == (shown, {"picklist_unknown"})


def test_records_are_found_by_name_in_any_case(one):
    known = {Relation("utm.medium", "name"): {"Phone": 3}}
    field = one(MEDIUM, "transform: picklist", relations=known)
    assert field.read("phone") == (3, set())
    assert field.read("Fax") == (False, {"picklist_unknown"})
    assert field.told(3) == "Phone"
    assert field.told(99) is UNREAD  # a record that nobody read says nothing


def test_records_are_told_apart_by_what_the_rule_says(one):
    by_code = {Relation("utm.medium", "code"): {"PH": 3}}
    assert one(MEDIUM, "transform: text, by: code", relations=by_code).read("ph")[0] == 3
    users = {Relation("res.users", "email"): {"Rep@Example.com": 8}}
    field = one(PEOPLE, "transform: text", relations=users)
    assert field.read("rep@example.com")[0] == 8
    assert field.told(8) == "Rep@Example.com"


def test_names_are_asked_for_and_missing_ones_are_made_only_where_the_rules_say_so(one):
    relation = Relation("utm.medium", "name")
    looked = one(MEDIUM, "transform: picklist", relations={relation: {"Phone": 3}})
    raw = frame_of(person(it__c="phone"), person(id=8, it__c="Fax"), person(id=9, it__c=None))
    assert looked.mapping.unknown_names(raw) == {relation: {"Fax"}}
    made = one(MEDIUM, "transform: picklist, unknown: create", relations={relation: {"Phone": 3}})
    assert made.mapping.unknown_names(raw) == {}
    people = list(rows(normalize_prospects(raw, made.mapping.options).frame))
    wanted = made.mapping.missing_reference(people)
    assert wanted[relation] == {"Fax"}
    assert wanted[Relation("utm.source", "name")] == {"Webinar"}
    made.relations[relation]["Fax"] = 4
    assert relation not in made.mapping.missing_reference(people)
    assert made.mapping.desired(people[1])["crm.lead"]["x_it"] == 4


def test_records_whose_names_are_not_known_are_asked_for(one):
    relation = Relation("utm.medium", "name")
    field = one(MEDIUM, "transform: picklist", relations={relation: {"Phone": 3}})
    records = [{"x_it": 3}, {"x_it": 5}, {"x_it": False}, {}]
    assert field.mapping.unknown_ids("crm.lead", records) == {relation: {5}}


@pytest.mark.parametrize("raw", [["Tea", "coffee", "tea"], "coffee;Tea", '["coffee", "Tea"]'])
def test_several_values_are_one_set_whichever_way_they_come(one, raw):
    assert one(OdooField("char"), "transform: choices").read(raw) == ("coffee; Tea", set())
    known = {Relation("crm.tag", "name"): {"Coffee": 2, "Tea": 1}}
    assert one(TAGS, "transform: choices", relations=known).read(raw) == ([1, 2], set())


def test_several_values_go_back_as_a_list_under_pardots_names(one):
    field = one(
        OdooField("char"), "transform: choices, join: ' / '", "picklists: {it__c: {Tee: tea}}"
    )
    assert field.told("tea / Coffee /") == ["Coffee", "Tee"]
    assert field.told(False) is None
    known = {Relation("crm.tag", "name"): {"Coffee": 2, "Tea": 1}}
    assert one(TAGS, "transform: choices", relations=known).told([1, 2]) == ["Coffee", "Tea"]


def test_one_of_several_values_that_is_unknown_is_left_out_or_holds_the_field(one):
    known = {Relation("crm.tag", "name"): {"Coffee": 2, "Tea": 1}}
    lenient = one(TAGS, "transform: choices", relations=known)
    assert lenient.read("tea;mud") == ([1], {"picklist_unknown"})
    strict = one(TAGS, "transform: choices, unknown: hold", relations=known)
    assert strict.read("tea;mud") == (UNREAD, {"picklist_unknown"})


@PROPERTY
@given(st.lists(st.text(min_size=1, max_size=8).filter(str.strip)))
def test_a_set_of_values_has_one_form(values):
    once = join_values(value.strip() for value in values)
    again = join_values(split_values(once or ""))
    assert again == once
    assert join_values(reversed([v.strip() for v in values])) is None or once is not None


def test_a_required_field_that_is_blank_is_reported_and_the_person_still_syncs(one):
    field = one(OdooField("char"), "required: true")
    assert field.read(None) == (False, {"required_missing"})
    assert field.read("x") == ("x", set())


def test_what_was_not_read_is_neither_reported_nor_written(one):
    field = one(OdooField("integer"), "transform: number, required: true, blank: clear")
    done = normalize_prospects(frame_of(person()), field.mapping.options)
    [row] = rows(done.frame)
    assert row["unread"] == "it__c"
    assert "x_it" not in field.mapping.desired(row)["crm.lead"]
    assert "it__c" not in {found["field"] for found in rows(done.findings)}


def test_a_value_that_needs_another_is_silent_without_it(one):
    mapping = one(OdooField("char"), "required: false").mapping
    raw = person(it__c="x")
    for absent, silent in {
        "company": {"partner_name", "company_name", "name"},
        "lastName": {"contact_name", "name"},
        "country": {"country_id", "state_id", "phone"},
        "score": {"x_pardot_score"},
    }.items():
        part = {name: value for name, value in raw.items() if name != absent}
        [row] = rows(normalize_prospects(frame_of(part), mapping.options).frame)
        desired = mapping.desired(row)
        whole = {*mapping.read_fields("crm.lead"), *mapping.read_fields("res.partner")}
        told = {name for values in desired.values() for name in values}
        assert whole - told <= silent
        assert not set(desired["crm.lead"]) & silent
