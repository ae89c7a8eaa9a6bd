"""Who becomes a lead, who qualifies, who gets it: the rules applied to one person.

What lives here: the decisions over values in memory. What does not: whose turn it is
(``ledger/store/assignments.py``) and the ids of teams and users (``steps/automation.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pardot_odoo_pipeline.mapping.automation_rules import (
    AssignmentRule,
    Condition,
    ProspectDeleted,
    Threshold,
)
from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.fields import column_of
from pardot_odoo_pipeline.mapping.picklists import grade_rank

__all__ = [
    "first_rule",
    "holds",
    "is_nobodys",
    "is_waiting",
    "missing_fields",
    "passes",
    "prospect_gone",
    "prospect_returned",
]

Row = Mapping[str, Any]
IsOn = Callable[[], bool]
_STATE = "x_pardot_state"
_AWAY = ("recycle_bin", "deleted")


def passes(threshold: Threshold, row: Row, is_on_list: IsOn) -> bool:
    """Whether a prospect meets a threshold.

    Args:
        threshold: Everything in it must hold.
        row: The normalised prospect.
        is_on_list: Whether it is on one of the threshold's lists; asked last, and only if needed.
    """
    if threshold.min_score is not None and (row.get("score") or 0) < threshold.min_score:
        return False
    if threshold.grades and row.get("grade") not in threshold.grades:
        return False
    return not threshold.lists or is_on_list()


def holds(condition: Condition, field: str, value: Any) -> bool:
    """Whether a normalised value meets a condition."""
    is_blank = value is None or value == ""
    if condition.blank is not None and condition.blank is not is_blank:
        return False
    if is_blank:
        return condition.model_fields_set == {"blank"}
    if condition.equals is not None and _folded(value) != _folded(condition.equals):
        return False
    if condition.one_of is not None and _folded(value) not in map(_folded, condition.one_of):
        return False
    if condition.contains is not None and _folded(condition.contains) not in _folded(value):
        return False
    return _is_between(condition, field, value)


def _is_between(condition: Condition, field: str, value: Any) -> bool:
    for bound, is_lowest in ((condition.min, True), (condition.max, False)):
        if bound is None:
            continue
        measured, limit = _measure(field, value), _measure(field, bound)
        # What cannot be compared, a text with a number, is not between.
        if measured is None or limit is None or measured[0] != limit[0]:
            return False
        if measured < limit if is_lowest else measured > limit:
            return False
    return True


def _measure(field: str, value: Any) -> tuple[str, float] | None:
    """What can be compared, and with what: grades by rank, days, numbers."""
    if field == "grade":
        rank = grade_rank(str(value).upper())
        return ("grade", rank) if rank else None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return "day", value.toordinal()
    try:
        return "number", float(value)
    except (TypeError, ValueError):
        return None


def _folded(value: Any) -> str:
    """Text without case; 1, 1.0 and "1" are one number, True and "true" one answer."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


def first_rule(rules: Sequence[AssignmentRule], row: Row) -> AssignmentRule | None:
    """The first rule all of whose conditions hold."""
    unread = _unread(row)
    for rule in rules:
        if all(
            field not in unread and holds(wanted, field, row.get(column_of(field)))
            for field, wanted in rule.when.items()
        ):
            return rule
    return None


def missing_fields(required: Collection[str], row: Row) -> list[str]:
    """The required fields that a prospect leaves blank; one that was not read is none of them."""
    unread = _unread(row)
    return [
        field
        for field in required
        if field not in unread and row.get(column_of(field)) in (None, "")
    ]


def _unread(row: Row) -> list[str]:
    return (row.get(UNREAD_COLUMN) or "").split()


def is_waiting(record: Row | None) -> bool:
    """Whether a lead may still be given away or qualify: it is there, or will be made."""
    return record is None or bool(record.get("active", True))


def is_nobodys(record: Row | None) -> bool:
    """Whether a lead has no salesperson."""
    return record is None or not record.get("user_id")


def prospect_gone(policy: ProspectDeleted, record: Row, *, for_good: bool) -> dict[str, Any]:
    """What to write on the lead of a prospect that was deleted in Pardot.

    A deal lives on: salespeople work on it, whatever became of the person in marketing.

    Args:
        policy: What the rules say.
        record: The lead's values.
        for_good: Whether it is not even in the recycle bin.
    """
    if policy is ProspectDeleted.LEAVE:
        return {}
    values: dict[str, Any] = {_STATE: "deleted" if for_good else "recycle_bin"}
    if policy is ProspectDeleted.ARCHIVE and record.get("type") == "lead":
        values["active"] = False
    return {name: value for name, value in values.items() if record.get(name) != value}


def prospect_returned(record: Row) -> dict[str, Any]:
    """What to write on the lead of a prospect that came back.

    Only what was put away because of the deletion is brought back: not what was archived with a
    reason, which is lost.
    """
    if record.get(_STATE) not in _AWAY:
        return {}
    values: dict[str, Any] = {_STATE: "active"}
    if not record.get("active", True) and not record.get("lost_reason_id"):
        values["active"] = True
    return values
