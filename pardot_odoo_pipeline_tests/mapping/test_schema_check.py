"""Rules that do not fit the systems are found before anything is written."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.lookups import OdooField, OdooLookups
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules, rule_places
from pardot_odoo_pipeline.mapping.schema_check import (
    check_schema,
    needs_definitions,
    schema_problems,
)
from pardot_odoo_pipeline.mapping.targets import lead_targets, partner_targets


def standard_fields() -> dict[str, dict[str, OdooField]]:
    """An Odoo that has what the default rules name."""
    plain = OdooLookups()
    return {
        model: {target.name: target.about for target in targets(default_rules(), plain)}
        for model, targets in (("crm.lead", lead_targets), ("res.partner", partner_targets))
    }


DEFINITIONS = [
    {"fieldId": "colour", "type": "Text"},
    {"fieldId": "size", "type": "Number"},
    {"fieldId": "born", "type": "Date"},
    {"fieldId": "likes", "type": "Multi-Select"},
    {"fieldId": "notes", "type": "text", "isRecordMultipleResponses": True},
]


@pytest.fixture
def checked(tmp_path):
    def check(text: str, **lead: OdooField) -> str:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        fields = standard_fields()
        fields["crm.lead"] |= lead
        with pytest.raises(ConfigurationError) as caught:
            check_schema(
                load_rules(path), OdooLookups(fields=fields), DEFINITIONS, rule_places(path)
            )
        assert caught.value.code == "schema_mismatch"
        return str(caught.value)

    return check


def test_the_default_rules_fit_a_provisioned_odoo():
    assert schema_problems(default_rules(), OdooLookups(fields=standard_fields())) == []
    assert not needs_definitions(default_rules())


@pytest.mark.parametrize(
    ("rule", "about", "line", "words"),
    [
        # Pardot's side
        ("color__c: {lead: x_it}", "char", 2, ["no prospect field 'color__c'", "colour__c"]),
        ("size__c: {lead: x_it}", "char", 2, ["is a number", "`transform: number`", "to_odoo"]),
        ("born__c: {lead: x_it}", "char", 2, ["is a date", "`transform: date`"]),
        ("likes__c: {lead: x_it}", "char", 2, ["multi-select", "`transform: choices`"]),
        ("notes__c: {lead: x_it, direction: to_odoo}", "char", 2, ["`transform: choices`"]),
        ("recentInteraction: {lead: x_it, direction: both}", "char", 2, ["read-only in Pardot"]),
        # Odoo's side
        ("colour__c: {lead: x_itt}", "char", 2, ["no field crm.lead.x_itt", "'x_it'", "provision"]),
        ("colour__c: {lead: colur}", "char", 2, ["no field crm.lead.colur"]),
        ("colour__c: {lead: x_it}", "integer", 2, ["is a integer", "`transform: number`"]),
        ("colour__c: {lead: x_it}", "boolean", 2, ["`transform: flag`"]),
        ("colour__c: {lead: x_it}", "many2many", 2, ["is a many2many", "`transform: choices`"]),
        ("country: {lead: x_it}", "date", 2, ["is a date", "another type"]),
        ("email: {lead: x_it}", "integer", 2, ["another type"]),
        ("likes__c: {lead: tag_ids, transform: choices}", "char", 2, ["people's own", "x_tag_ids"]),
    ],
)
def test_a_rule_that_does_not_fit_is_named_with_its_place(checked, rule, about, line, words):
    tags = OdooField("many2many", "crm.tag")
    message = checked(f"fields:\n  {rule}\n", x_it=OdooField(about), tag_ids=tags)
    assert f"rules.yaml:{line}: " in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("rule", "about", "words"),
    [
        (
            "colour__c: {lead: x_it}",
            {"type": "char", "is_read_only": True},
            ["crm.lead.x_it is read-only in Odoo", "to_pardot"],
        ),
        (
            "colour__c: {lead: x_it}",
            {"type": "char", "size": 40},
            ["keeps 40 characters, the rule lets 128 pass", "`limit: 40`"],
        ),
        (
            "colour__c: {lead: x_it, transform: picklist, unknown: create}",
            {"type": "selection", "selection": (("a", "A"),)},
            ["made by an administrator", "provision"],
        ),
        (
            "colour__c: {lead: x_it, transform: picklist, unknown: create}",
            {"type": "many2one", "relation": "res.users"},
            ["res.users are never made"],
        ),
        (
            "colour__c: {lead: x_it, transform: picklist, default: c}",
            {"type": "selection", "selection": (("a", "Alpha"), ("b", "Beta"))},
            ["does not offer 'c'", "Choose one of a, b"],
        ),
    ],
)
def test_what_the_field_itself_forbids_is_found(checked, rule, about, words):
    message = checked(f"fields:\n  {rule}\n", x_it=OdooField(**about))
    assert "rules.yaml:2: " in message
    for word in words:
        assert word in message


def test_a_value_map_that_names_no_choice_is_found_on_its_own_line(checked):
    levels = OdooField("selection", selection=(("lo", "Low"), ("hi", "High")))
    message = checked(
        "fields:\n  colour__c: {lead: x_it, transform: picklist}\n"
        "picklists:\n  colour__c:\n    Rot: High\n    Blau: middle\n",
        x_it=levels,
    )
    assert "rules.yaml:6: crm.lead.x_it does not offer 'middle'" in message
    assert "'High'" not in message


def test_the_short_form_is_named_by_its_own_line(checked):
    message = checked("field_mappings:\n  prospect:\n    jobTitle: x_role\n")
    assert "rules.yaml:3: Odoo has no field crm.lead.x_role" in message


def test_all_problems_are_told_at_once(checked):
    message = checked(
        "fields:\n  colour__c: {lead: x_a}\n  size__c: {lead: x_b, transform: number}\n"
    )
    assert "rules.yaml:2: " in message
    assert "rules.yaml:3: " in message


@pytest.mark.parametrize(
    "rule",
    [
        "size__c: {lead: x_it, direction: to_odoo}",
        "recentInteraction: {lead: x_it}",
        "likes__c: {lead: x_it, transform: flag}",
        "likes__c: {lead: x_it, transform: choices}",
        "colour__c: {lead: x_it, transform: [text, upper]}",
        "colour__c: {lead: x_it, direction: to_pardot}",
    ],
)
def test_what_fits_passes(tmp_path, rule):
    path = tmp_path / "rules.yaml"
    path.write_text(f"fields:\n  {rule}\n", encoding="utf-8")
    fields = standard_fields()
    fields["crm.lead"]["x_it"] = OdooField("char", is_read_only="to_pardot" in rule)
    rules = load_rules(path)
    assert needs_definitions(rules) == ("__c" in rule)
    assert schema_problems(rules, OdooLookups(fields=fields), DEFINITIONS) == []


def test_an_odoo_that_was_not_asked_is_not_judged():
    assert schema_problems(default_rules(), OdooLookups()) == []
