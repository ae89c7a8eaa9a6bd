"""Mistakes deep inside a section are named as the person who wrote the file sees them."""

from __future__ import annotations

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.rule_errors import model_at
from pardot_odoo_pipeline.mapping.rules import FieldRule, Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules


@pytest.fixture
def refused(tmp_path):
    def error_of(text: str) -> str:
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            load_rules(path)
        return str(caught.value)

    return error_of


ASSIGNMENT = "automation:\n  assignment:\n    - name: one\n      team: Sales\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        # Keys that are not known, in a section, in its parts, and in lists of parts.
        ("activities:\n  activ: true\n", 2, ["'activ'", "Did you mean 'active'", "history_days"]),
        (
            "activities:\n  kinds:\n    email_open:\n      shown: each\n",
            4,
            ["'shown'", "Did you mean 'show'", "activity"],
        ),
        ("lists:\n  two_ways: [a]\n", 2, ["Did you mean 'two_way'", "exclude"]),
        ("consent:\n  lifts: true\n", 2, ["Did you mean 'lift'", "blocks"]),
        ("safety:\n  nothing: 1\n", 2, ["unknown key 'nothing'", "Allowed here"]),
        ("stages:\n  fields:\n    stge: a__c\n", 3, ["Did you mean 'stage'", "lost_reason"]),
        (
            "automation:\n  create_lead:\n    min_scor: 5\n",
            3,
            ["'min_scor'", "Did you mean 'min_score'", "grades, lists"],
        ),
        (
            ASSIGNMENT + "      whn: {country: DE}\n",
            5,
            ["'whn'", "Did you mean 'when'", "round_robin"],
        ),
        (
            ASSIGNMENT + "      when:\n        country:\n          equal: DE\n",
            7,
            ["'equal'", "Did you mean 'equals'", "contains"],
        ),
        # Values that are not right.
        ("automation:\n  contact: never\n", 2, ["automation.contact", "'on_qualification'"]),
        ("automation:\n  create_lead: {grades: [A, Z]}\n", 2, ["automation.create_lead.grades[2]"]),
        (ASSIGNMENT + "    - name: two\n", 5, ["automation.assignment[2]", "team"]),
        ("automation:\n  assignment:\n    - team: Sales\n", 3, ["assignment[1].name' is missing"]),
        (ASSIGNMENT + "      when: {citty: x}\n", 5, ["'citty' is no Pardot field"]),
        ("consent:\n  blocks: [optedOut, sometimes]\n", 2, ["consent.blocks[2]", "'isDoNotEmail'"]),
        ("consent:\n  block_sets: isEmailHardBounced\n", 2, ["consent.block_sets", "null"]),
        ("activities:\n  history_days: -1\n", 2, ["activities.history_days", "0"]),
        ("activities:\n  kinds:\n    email_opn: {show: none}\n", 2, ["email_opn"]),
        # Another shape than is asked for.
        ("activities: daily\n", 1, ["'activities' holds no 'key: value'", "history_days"]),
        ("automation:\n  create_lead: 5\n", 2, ["create_lead' holds no", "min_score"]),
        ("automation:\n  assignment: Sales\n", 2, ["automation.assignment' is no list"]),
        ("automation:\n  assignment:\n    - Sales\n", 3, ["assignment[1]' holds no"]),
        ("retention: soon\n", 1, ["'retention' holds no 'key: value'", "batch_days"]),
        ("fields:\n  city: [street]\n", 2, ["'city' holds no"]),
    ],
)  # fmt: skip
def test_a_mistake_deep_inside_is_named_with_its_line_and_what_is_allowed(
    refused, text, line, words
):
    message = refused(text)
    assert f"rules.yaml:{line}: " in message
    for word in words:
        assert word in message


def test_of_several_allowed_types_all_are_told(refused):
    message = refused(ASSIGNMENT + "      when: {score: {min: [1]}}\n")
    assert "rules.yaml:5: 'automation.assignment[1].when.score.min' is not right" in message
    assert "number" in message
    assert " or " in message


@pytest.mark.parametrize(
    ("place", "has"),
    [
        ((), "retention"),
        (("fields", "city"), "authority"),
        (("retention",), "batch_days"),
        (("automation", "assignment", 0), "round_robin"),
        (("automation", "assignment", 3, "when", "city"), "contains"),
        (("off_peak",), "start"),
    ],
)
def test_the_model_of_a_place_is_found(place, has):
    assert has in model_at(Rules, place).model_fields


def test_a_place_of_plain_values_has_no_model():
    assert model_at(Rules, ("active",)) is None
    assert model_at(FieldRule, ("lead", 0)) is None
