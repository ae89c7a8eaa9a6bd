"""Thresholds, conditions and drafts: the automation rules on one person."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.automation_rules import (
    AutomationRules,
    Condition,
    ProspectDeleted,
    Threshold,
)
from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.picklists import GRADES, grade_rank
from pardot_odoo_pipeline.merge.automation import (
    first_rule,
    holds,
    missing_fields,
    passes,
    prospect_gone,
    prospect_returned,
)


@pytest.mark.parametrize(
    ("wanted", "field", "value", "expected"),
    [
        ({"equals": "de"}, "country", "DE", True),
        ({"equals": "DE"}, "country", "AT", False),
        ({"equals": 50}, "score", 50, True),
        ({"equals": "50"}, "score", 50, True),
        ({"equals": True}, "flag__c", True, True),
        ({"one_of": ["DE", "AT"]}, "country", "at", True),
        ({"one_of": ["DE", "AT"]}, "country", "CH", False),
        ({"contains": "manager"}, "jobTitle", "Senior MANAGER, sales", True),
        ({"contains": "manager"}, "jobTitle", "Buyer", False),
        ({"min": 50}, "score", 50, True),
        ({"min": 50}, "score", 49, False),
        ({"max": 50}, "score", 51, False),
        ({"min": 10, "max": 20}, "score", 15, True),
        ({"min": "B"}, "grade", "A-", True),
        ({"min": "B"}, "grade", "B-", False),
        ({"max": "C+"}, "grade", "D", True),
        ({"min": 50}, "company", "Fifty Ltd", False),
        ({"min": date(2026, 1, 1)}, "lastActivityAt", datetime(2026, 2, 1, tzinfo=UTC), True),
        ({"max": date(2026, 1, 1)}, "lastActivityAt", datetime(2026, 2, 1, tzinfo=UTC), False),
        ({"blank": True}, "phone", None, True),
        ({"blank": True}, "phone", "+49", False),
        ({"blank": False}, "phone", "+49", True),
        ({"blank": False}, "phone", None, False),
        ({"equals": "DE"}, "country", None, False),
        ({"max": 50}, "score", None, False),
        ({"blank": False, "min": 5}, "score", 4, False),
    ],
)
def test_a_condition(wanted: dict[str, Any], field: str, value: Any, expected: bool) -> None:
    assert holds(Condition.model_validate(wanted), field, value) is expected


@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 100))
def test_between_is_both_bounds(low: int, high: int, value: int) -> None:
    condition = Condition.model_validate({"min": low, "max": high})
    assert holds(condition, "score", value) is (low <= value <= high)


@given(st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_grades_compare_by_rank(least: str, grade: str) -> None:
    condition = Condition.model_validate({"min": least})
    assert holds(condition, "grade", grade) is (grade_rank(grade) >= grade_rank(least))


def _on_a_list() -> bool:
    return True


def test_a_threshold_wants_all_that_it_names() -> None:
    threshold = Threshold.model_validate({"min_score": 50, "grades": ["A", "B"], "lists": [4]})
    row = {"score": 50, "grade": "A"}
    assert passes(threshold, row, _on_a_list)
    assert not passes(threshold, row, lambda: False)
    assert not passes(threshold, {**row, "score": 49}, _on_a_list)
    assert not passes(threshold, {**row, "grade": "C"}, _on_a_list)
    assert not passes(threshold, {"score": None, "grade": None}, _on_a_list)


def test_no_threshold_is_met_by_everybody_and_asks_for_no_list() -> None:
    def never() -> bool:
        raise AssertionError("nobody needs to know")

    assert passes(Threshold.model_validate({}), {"score": None}, never)
    assert not passes(Threshold.model_validate({"min_score": 1, "lists": [4]}), {}, never)


RULES = AutomationRules.model_validate(
    {
        "assignment": [
            {"name": "hot", "when": {"country": ["DE", "AT"], "score": {"min": 50}}, "team": "A"},
            {"name": "german", "when": {"country": "DE"}, "team": "B"},
            {"name": "rest", "team": "C"},
        ]
    }
)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"country": "DE", "score": 60}, "hot"),
        ({"country": "DE", "score": 10}, "german"),
        ({"country": "AT", "score": 10}, "rest"),
        ({}, "rest"),
    ],
)
def test_the_first_rule_that_fits_counts(row: dict[str, Any], name: str) -> None:
    rule = first_rule(RULES.assignment, row)
    assert rule is not None
    assert rule.name == name
    assert first_rule(RULES.assignment[:1], {"country": "FR"}) is None


def test_a_draft_lacks_what_is_required() -> None:
    row = {"company": None, "phone": "", "job_title": "Buyer"}
    assert missing_fields(("company", "phone", "jobTitle"), row) == ["company", "phone"]


def test_what_was_not_read_is_neither_blank_nor_filled() -> None:
    row = {"topics__c": None, UNREAD_COLUMN: "topics__c colour__c"}
    assert missing_fields(("topics__c",), row) == []
    for wanted in ({"blank": True}, {"blank": False}):
        rule = {"name": "a", "when": {"topics__c": wanted}, "team": "A"}
        rules = AutomationRules.model_validate({"assignment": [rule]})
        assert first_rule(rules.assignment, row) is None


LEAD: dict[str, Any] = {"type": "lead", "active": True, "x_pardot_state": False}


def test_the_lead_of_a_deleted_prospect_is_archived_and_a_deal_lives_on() -> None:
    archive = ProspectDeleted.ARCHIVE
    assert prospect_gone(archive, LEAD, for_good=False) == {
        "x_pardot_state": "recycle_bin",
        "active": False,
    }
    deal = {**LEAD, "type": "opportunity"}
    assert prospect_gone(archive, deal, for_good=True) == {"x_pardot_state": "deleted"}
    assert prospect_gone(ProspectDeleted.MARK, LEAD, for_good=False) == {
        "x_pardot_state": "recycle_bin"
    }
    assert prospect_gone(ProspectDeleted.LEAVE, LEAD, for_good=True) == {}


@pytest.mark.parametrize("for_good", [True, False])
def test_what_is_done_is_not_done_again_and_comes_back(for_good: bool) -> None:
    gone = {**LEAD, **prospect_gone(ProspectDeleted.ARCHIVE, LEAD, for_good=for_good)}
    assert prospect_gone(ProspectDeleted.ARCHIVE, gone, for_good=for_good) == {}
    back = {**gone, **prospect_returned(gone)}
    assert (back["active"], back["x_pardot_state"]) == (True, "active")
    assert prospect_returned(back) == {}


def test_a_lost_lead_stays_lost_when_its_prospect_returns() -> None:
    lost = {**LEAD, "active": False, "lost_reason_id": 3, "x_pardot_state": "recycle_bin"}
    assert prospect_returned(lost) == {"x_pardot_state": "active"}
    assert prospect_returned({**LEAD, "active": False}) == {}, "a person archived it"
