"""The facts of a deal, in the one form in which both sides are compared.

What lives here: that form, from an Odoo record, from a prospect, and for Pardot's API. What does
not: deciding what is written (``merge/lifecycle.py``).

In that form a blank is ``False``, as Odoo itself shows one; a revenue is a rounded number, a day is
``YYYY-MM-DD``, everything else is text without space around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from pardot_odoo_pipeline.mapping.canonical import UNREAD_COLUMN
from pardot_odoo_pipeline.mapping.stage_rules import DealDatum, StageRules

__all__ = ["BLANK", "DealLookups", "DealStatus", "Stage", "api_value", "deal_facts", "shown_facts"]

BLANK = False
_LONGEST = 255  # of a custom text field in Pardot


class DealStatus(StrEnum):
    """What became of a deal. One that was put away by hand, and not lost, is ``ARCHIVED``."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Stage:
    """A stage of Odoo's pipeline, its name in English."""

    name: str
    is_won: bool


@dataclass(frozen=True)
class DealLookups:
    """What the ids in a lead mean.

    Attributes:
        stages: Stages by id.
        lost_reasons: Names by id, in English.
        users: E-mail addresses of Odoo's users by id, lower case.
        pardot_users: Pardot's users by e-mail address, lower case.
    """

    stages: Mapping[int, Stage] = field(default_factory=dict)
    lost_reasons: Mapping[int, str] = field(default_factory=dict)
    users: Mapping[int, str] = field(default_factory=dict)
    pardot_users: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def stage_names(self) -> dict[int, str]:
        """Names of stages by id."""
        return {stage_id: stage.name for stage_id, stage in self.stages.items()}


def deal_facts(
    record: Mapping[str, Any],
    status: DealStatus,
    lookups: DealLookups,
    rules: StageRules,
    zone: ZoneInfo,
) -> dict[DealDatum, Any]:
    """What Odoo says of a deal.

    A fact that cannot be told, such as a stage with an id that is not known, is left out: it says
    nothing, while ``BLANK`` says that there is none.
    """
    owner = _named(record.get("user_id"), lookups.users)
    facts: dict[DealDatum, Any] = {
        DealDatum.STAGE: _named(record.get("stage_id"), lookups.stage_names),
        DealDatum.OWNER: owner,
        DealDatum.EXPECTED_REVENUE: _number(record.get("expected_revenue"), rules.decimals),
        DealDatum.CLOSE_DATE: _close_date(record, status, zone),
        DealDatum.STATUS: _text(getattr(rules.words, status.value)),
        DealDatum.LOST_REASON: _named(record.get("lost_reason_id"), lookups.lost_reasons)
        if status is DealStatus.LOST
        else BLANK,
        # Nobody of that address in Pardot, or nobody at all: the prospect keeps whom it has.
        DealDatum.USER: lookups.pardot_users.get(owner) if owner else None,
    }
    told = set(rules.fields.targets) | ({DealDatum.USER} if rules.assign_user else set())
    return {datum: value for datum, value in facts.items() if datum in told and value is not None}


def shown_facts(raw: Mapping[str, Any], rules: StageRules) -> dict[DealDatum, Any]:
    """What a prospect shows; fields that were not read are left out.

    Args:
        raw: Pardot's values by API name: texts of an extract, or JSON values of an answer.
        rules: Which field shows what.
    """
    targets = dict(rules.fields.targets)
    if rules.assign_user:
        targets[DealDatum.USER] = "userId"
    form: dict[DealDatum, Callable[[Any], Any]] = {
        DealDatum.EXPECTED_REVENUE: lambda value: _number(value, rules.decimals),
        DealDatum.CLOSE_DATE: _day,
        DealDatum.USER: lambda value: _number(value, 0),
    }
    unread = (raw.get(UNREAD_COLUMN) or "").split()
    return {
        datum: form.get(datum, _text)(raw[name])
        for datum, name in targets.items()
        if name in raw and name not in unread
    }


def api_value(value: Any, *, as_number: bool) -> Any:
    """A value as Pardot's API takes it.

    Args:
        value: In the form of comparison.
        as_number: Whether the field holds numbers; else it gets the number's digits as text.
    """
    if value is BLANK:
        return None
    return str(value) if isinstance(value, int | float) and not as_number else value


def _named(record_id: Any, names: Mapping[int, str]) -> Any:
    if not record_id:
        return BLANK
    name = names.get(record_id)
    return None if name is None else _text(name)


def _close_date(record: Mapping[str, Any], status: DealStatus, zone: ZoneInfo) -> Any:
    closed = record.get("date_closed")
    if status is DealStatus.OPEN or not closed:
        return _day(record.get("date_deadline"))
    moment = datetime.fromisoformat(closed).replace(tzinfo=UTC)
    return moment.astimezone(zone).date().isoformat()


def _text(value: Any) -> Any:
    return str(value).strip()[:_LONGEST].rstrip() or BLANK if value else BLANK


def _day(value: Any) -> Any:
    return str(value).strip()[:10] or BLANK if value else BLANK


def _number(value: Any, digits: int) -> Any:
    """A number, without decimals where it has none; Odoo shows 0 for one that was never set."""
    try:
        number = round(float(value or 0), digits)
    except (TypeError, ValueError):
        return _text(value)
    return (int(number) if number.is_integer() else number) or BLANK
