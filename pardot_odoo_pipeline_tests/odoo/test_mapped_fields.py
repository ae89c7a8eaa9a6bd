"""Fields that the rules name are made once, grow with the rules, and are never bent."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.provisioning.mapped_fields import mapped_fields, names_custom_fields
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionStep
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

LEAD, PARTNER = "crm.lead", "res.partner"
_NUMBERS = itertools.count(1)


@pytest.fixture
def name() -> str:
    """The beginning of field names that no other test has."""
    return f"x_t{os.getpid()}_{next(_NUMBERS)}"


def rules(tmp_path: Path, fields: str, picklists: str = "{}") -> Rules:
    file = tmp_path / "rules.yaml"
    file.write_text(f"picklists: {picklists}\nfields:\n{fields}")
    return load_rules(file)


def steps(admin: OdooClient, wanted: Rules, *, dry_run: bool = False) -> dict[str, ProvisionStep]:
    mapped = mapped_fields(wanted, DEFINITIONS)
    report = provision(admin, mapped=mapped, dry_run=dry_run)
    names = {f"{spec.model}.{spec.name}" for spec in mapped}
    return {step.name: step for step in report.steps if step.name in names}


DEFINITIONS = [
    {"fieldId": "colour", "name": "Favourite Colour", "type": "Dropdown"},
    {"fieldId": "biography", "name": "Biography", "type": "textarea"},
    {"fieldId": "seats", "name": "Seats", "type": "number"},
]


def test_each_kind_gets_its_type(
    provisioned: ProvisionedOdoo, admin: OdooClient, name: str, tmp_path: Path
) -> None:
    wanted = rules(
        tmp_path,
        f"""
  colour__c: {{lead: {name}_colour, partner: {name}_colour, transform: picklist}}
  biography__c: {{lead: {name}_biography}}
  seats__c: {{lead: {name}_seats, transform: number, index: true}}
  price__c: {{lead: {name}_price, transform: number, decimals: 2}}
  news__c: {{partner: {name}_news, transform: flag}}
  since__c: {{lead: {name}_since, transform: date}}
  seen__c: {{lead: {name}_seen, transform: time}}
  tastes__c: {{lead: {name}_tastes, transform: choices}}
  motto__c: {{lead: {name}_motto, limit: 40}}
""",
        '{colour__c: {Rot: Red, rouge: Red, Blau: "Sky Blue"}}',
    )
    preview = steps(admin, wanted, dry_run=True)
    assert {step.outcome for step in preview.values()} == {Outcome.CREATED}
    assert not [f for f in admin.fields_get(LEAD, attributes=["type"]) if f.startswith(name)]
    assert steps(admin, wanted) == preview
    asked = ["type", "string", "selection", "size"]
    told = {
        field.removeprefix(name)[1:]: about
        for model in (LEAD, PARTNER)
        for field, about in admin.fields_get(model, attributes=asked).items()
        if field.startswith(name)
    }
    assert {field: about["type"] for field, about in told.items()} == {
        "colour": "selection",
        "biography": "text",
        "seats": "integer",
        "price": "float",
        "news": "boolean",
        "since": "date",
        "seen": "datetime",
        "tastes": "text",
        "motto": "char",
    }
    assert told["colour"]["string"] == "Favourite Colour"
    assert told["colour"]["selection"] == [["red", "Red"], ["sky_blue", "Sky Blue"]]
    assert told["motto"]["size"] == 40
    domain = [["name", "in", [f"{name}_seats", f"{name}_price"]]]
    rows = admin.search_read("ir.model.fields", domain, ["name", "index"], order="name")
    assert [row["index"] for row in rows] == [False, True]
    assert {step.outcome for step in steps(admin, wanted).values()} == {Outcome.EXISTS}


def test_choices_and_size_grow_with_the_rules(
    provisioned: ProvisionedOdoo, admin: OdooClient, name: str, tmp_path: Path
) -> None:
    fields = f"""
  colour__c: {{lead: {name}_colour, transform: picklist}}
  motto__c: {{lead: {name}_motto, limit: %s}}
"""
    steps(admin, rules(tmp_path, fields % 20, "{colour__c: {Rot: Red}}"))
    [kept] = admin.create(
        LEAD, [{"name": "k", f"{name}_colour": "red", f"{name}_motto": "twenty characters..."}]
    )
    admin.write(
        "ir.model.fields",
        admin.search("ir.model.fields", [["name", "=", f"{name}_motto"]]),
        {"field_description": "Our own word for it"},
    )
    more = rules(tmp_path, fields % 60, "{colour__c: {Rot: Red, Blau: Blue}}")
    assert {step.outcome for step in steps(admin, more).values()} == {Outcome.CHANGED}
    long = "t" * 60
    admin.write(LEAD, [kept], {f"{name}_colour": "blue", f"{name}_motto": long})
    row = admin.read(LEAD, [kept], [f"{name}_colour", f"{name}_motto"])[0]
    assert (row[f"{name}_colour"], row[f"{name}_motto"]) == ("blue", long)
    about = admin.fields_get(LEAD, [f"{name}_motto"], ["string"])[f"{name}_motto"]
    assert about["string"] == "Our own word for it", "people may rename it"
    # Fewer and shorter again: what is there is not taken away.
    less = rules(tmp_path, fields % 20, "{colour__c: {Rot: Red}}")
    assert {step.outcome for step in steps(admin, less).values()} == {Outcome.EXISTS}
    assert admin.read(LEAD, [kept], [f"{name}_motto"])[0][f"{name}_motto"] == long


def test_another_type_is_advised_on_and_not_done(
    provisioned: ProvisionedOdoo, admin: OdooClient, name: str, tmp_path: Path
) -> None:
    field = f"{name}_seats"
    [made] = steps(admin, rules(tmp_path, f"  seats__c: {{lead: {field}}}\n")).values()
    assert made.outcome is Outcome.CREATED
    assert "transform: number" in made.reason
    number = rules(tmp_path, f"  seats__c: {{lead: {field}, transform: number}}\n")
    [refused] = steps(admin, number).values()
    assert refused.outcome is Outcome.REFUSED
    assert "made as char" in refused.reason
    assert "integer" in refused.reason
    assert admin.fields_get(LEAD, [field], ["type"])[field]["type"] == "char"


def test_somebody_elses_field_is_used_as_it_is(
    provisioned: ProvisionedOdoo, admin: OdooClient, name: str, tmp_path: Path
) -> None:
    [model] = admin.search("ir.model", [["model", "=", LEAD]])
    field = f"{name}_theirs"
    theirs = {"name": field, "field_description": "Theirs", "ttype": "text", "model_id": model}
    admin.create("ir.model.fields", [theirs])
    wanted = rules(tmp_path, f"  motto__c: {{lead: {field}, transform: number, index: true}}\n")
    [step] = steps(admin, wanted).values()
    assert step.outcome is Outcome.EXISTS
    assert admin.fields_get(LEAD, [field], ["type"])[field]["type"] == "text"


def test_only_what_begins_with_x_and_is_not_ours(tmp_path: Path) -> None:
    wanted = rules(
        tmp_path,
        "  score: {lead: x_pardot_score}\n"
        "  jobTitle: {lead: [function, x_role]}\n"
        "  colour__c: {partner: comment}\n",
    )
    assert [(spec.model, spec.name) for spec in mapped_fields(wanted)] == [(LEAD, "x_role")]
    assert not names_custom_fields(wanted), "Pardot need not be asked"
    assert names_custom_fields(rules(tmp_path, "  colour__c: {partner: x_colour}\n"))
    assert mapped_fields(load_rules(None)) == ()


def test_keys_of_choices_are_told_apart(tmp_path: Path) -> None:
    wanted = rules(
        tmp_path,
        "  size__c: {lead: x_size, transform: picklist, default: Other}\n",
        '{size__c: {a: "1-9", b: "1+9", c: "?"}}',
    )
    [spec] = mapped_fields(wanted)
    assert spec.selection == (
        ("1_9", "1-9"),
        ("1_9_2", "1+9"),
        ("value", "?"),
        ("other", "Other"),
    )
