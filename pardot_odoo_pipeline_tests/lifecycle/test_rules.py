"""The rules file on stages and automation: what is accepted, and what refused on which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.automation_rules import AutomationRules, QualifyAction
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.mapping.stage_rules import DealDatum, StageRules


def _load(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def test_the_default_file_says_what_the_models_say() -> None:
    rules = load_rules(None)
    assert rules.stages == StageRules.model_validate({})
    assert rules.automation == AutomationRules.model_validate({})
    assert not rules.stages.tells
    assert not rules.stages.has_lists
    assert rules.stages.prospect_fields == ()


def test_a_file_with_everything(tmp_path: Path) -> None:
    rules = _load(
        tmp_path,
        """
stages:
  fields: {stage: stage__c, expected_revenue: revenue__c}
  assign_user: true
  lists: {Qualified: Nurture, Proposition: 4210}
  lost_list: 4211
automation:
  create_lead: {min_score: 10, grades: A+}
  qualify: {action: off}
  assignment:
    - name: dach
      when: {country: [DE, AT], score: {min: 80}, jobTitle: Buyer, phone: {blank: false}}
      team: DACH
      round_robin: [a@example.com, b@example.com]
  review_team: Desk
  born_in_odoo: {active: true, lead_domain: [[type, "=", opportunity]]}
""",
    )
    assert rules.stages.fields.targets == {
        DealDatum.STAGE: "stage__c",
        DealDatum.EXPECTED_REVENUE: "revenue__c",
    }
    assert rules.stages.prospect_fields == ("stage__c", "revenue__c", "userId")
    assert rules.stages.named_lists == {
        "stages.lists.Qualified": "Nurture",
        "stages.lists.Proposition": 4210,
        "stages.lost_list": 4211,
    }
    automation = rules.automation
    assert automation.create_lead.grades == ("A+",)
    assert automation.qualify.action is QualifyAction.OFF
    conditions = automation.assignment[0].when
    assert conditions["country"].one_of == ("DE", "AT")
    assert conditions["jobTitle"].equals == "Buyer"
    assert conditions["score"].min == 80
    assert list(automation.born_in_odoo.lead_domain) == [["type", "=", "opportunity"]]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("stages:\n  of: deals\n", 2, ["opportunities"]),
        ("stages:\n  fields:\n    stage: jobTitle\n", 3, ["stages.fields.stage"]),
        ("stages:\n  fields: {stage: x__c,\n    owner: x__c}\n", 1, ["'x__c'"]),
        ("stages:\n  lists:\n    Qualified: 0\n", 3, ["stages.lists.Qualified"]),
        ("stages:\n  decimals: 9\n", 2, ["stages.decimals"]),
        ("automation:\n  qualify:\n    action: convert\n", 2, ["everybody qualifies"]),
        ("automation:\n  create_lead:\n    grades: [E]\n", 3, ["grades"]),
        ("automation:\n  assignment:\n    - name: a\n", 3, ["a team, a user"]),
        (
            "automation:\n  assignment:\n    - {name: a, user: a@b.de, round_robin: [c@d.de]}\n",
            3,
            ["not both"],
        ),
        (
            "automation:\n  assignment:\n    - {name: a, round_robin: [A@b.de, a@b.de]}\n",
            3,
            ["twice"],
        ),
        (
            "automation:\n  assignment:\n    - {name: a, team: x}\n    - {name: a, team: y}\n",
            2,
            ["'a'"],
        ),
        (
            "automation:\n  assignment:\n    - name: a\n      team: x\n      when:\n"
            "        contry: DE\n",
            6,
            ["contry"],
        ),
        (
            "automation:\n  assignment:\n    - name: a\n      team: x\n      when:\n"
            "        country: {}\n",
            6,
            ["what must hold"],
        ),
        ("automation:\n  prospect_deleted: erase\n", 2, ["archive"]),
        ("automation:\n  born_in_odoo:\n    consent_field: 'Yes!'\n", 3, ["consent_field"]),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as told:
        _load(tmp_path, text)
    message = f"{told.value.cause} {told.value.fix}"
    assert f"rules.yaml:{line}:" in message, message
    for word in words:
        assert word in message, message
