"""The page for admins says what the code does."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from pardot_odoo_pipeline.mapping.companies import shorten_company
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.rules import FieldRule, Transform
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules
from pardot_odoo_pipeline.mapping.type_fit import FITTING_TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")


def table_under(heading: str) -> list[list[str]]:
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_fields_is_the_default_map():
    def shown(targets):
        return ", ".join(f"`{target}`" for target in targets) or "–"

    expected = [
        [
            f"`{name}`",
            shown(rule.lead),
            shown(rule.partner),
            rule.kind.value,
            rule.direction.value,
            rule.authority.value,
            rule.blank.value,
        ]
        for name, rule in default_rules().fields.items()
    ]
    assert table_under("The default map") == expected


def test_the_limits_are_the_default_ones():
    limits = default_rules().limits.model_dump()
    shown = {
        row[0].strip("`").removeprefix("limits."): int(row[1]) for row in table_under("Limits")
    }
    assert shown == limits


def test_every_key_of_a_field_is_explained_with_its_default():
    rows = table_under("Keys of a field")
    assert [row[0].strip("`") for row in rows] == list(FieldRule.model_fields)
    for row in rows:
        default = FieldRule.model_fields[row[0].strip("`")].default
        if isinstance(default, StrEnum):
            assert row[2] == f"`{default.value}`"
        elif isinstance(default, bool):
            assert row[2] == f"`{str(default).lower()}`"


def test_the_types_that_a_transform_fits_are_the_ones_that_are_accepted():
    told: dict[Transform, frozenset[str]] = {}
    for row in table_under("Types"):
        for name in re.findall(r"`(\w+)`", row[0]):
            told[Transform(name)] = frozenset(re.findall(r"`(\w+)`", row[1]))
    rest = {Transform.IDENTITY, Transform.EMAIL, Transform.DERIVED}
    assert told == {kind: types for kind, types in FITTING_TYPES.items() if kind not in rest}


def test_every_transform_that_can_be_chosen_and_every_finding_is_explained():
    rows = table_under("Transforms")
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert explained == {t.value for t in Transform} - {"identity", "email", "derived"}
    # Two are about no value: docs/reason-codes.md has them.
    of_no_value = {FindingCode.CONSENT_NOT_PROVISIONED, FindingCode.RECORD_MISSING}
    for code in set(FindingCode) - of_no_value:
        assert f"`{code.value}`" in PAGE


def test_the_examples_of_company_names_are_true():
    rows = [row for row in table_under("Transforms") if row[0].startswith(("Nord", "Hollow"))]
    assert len(rows) == 2
    for before, after in rows:
        assert shorten_company(before, 40) == after


def test_the_yaml_examples_are_accepted(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        path = tmp_path / "rules.yaml"
        path.write_text(block, encoding="utf-8")
        assert load_rules(path) != default_rules()
