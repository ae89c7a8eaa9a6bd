"""From deals in Odoo to prospects in Pardot: fields and stage lists, one person at a time.

What lives here: the reading of what the decisions need, and their translation into what Pardot is
sent. What does not: the decisions (``merge/lifecycle.py``) and the sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from pardot_odoo_pipeline.mapping.deal_forms import (
    BLANK,
    DealLookups,
    DealStatus,
    api_value,
    deal_facts,
    shown_facts,
)
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.stage_rules import DealDatum, DealScope, ExistingDeals
from pardot_odoo_pipeline.merge.lifecycle import (
    PREFIX,
    STAGE_LIST,
    ListDecision,
    StageLists,
    deal_status,
    decide_facts,
    decide_list,
    entered_after,
    key_of,
)
from pardot_odoo_pipeline.merge.values import AgreedPair, Loser
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.lifecycle_lookups import LifecycleLookups, unknown, wrong_rule

__all__ = ["DealPlan", "Deals", "confirmed", "lead_fields", "prospect_fields"]

_LEAD_FIELDS = (
    "active",
    "date_closed",
    "date_conversion",
    "date_deadline",
    "date_last_stage_update",
    "expected_revenue",
    "lost_reason_id",
    "probability",
    "stage_id",
    "team_id",
    "type",
    "user_id",
    "won_status",
    "x_pardot_qualified",
    "x_pardot_review",
    "x_pardot_state",
)
_SEVERAL_VALUES = ("checkbox", "multi-select")


def prospect_fields(rules: Rules) -> list[str]:
    """The fields of a prospect that are read beside the mapped ones."""
    return list(rules.stages.prospect_fields)


def lead_fields(reference: OdooReference) -> list[str]:
    """The fields of a lead that are read beside the mapped ones, as far as this Odoo has them."""
    return [name for name in _LEAD_FIELDS if name in reference.lead_fields]


@dataclass(frozen=True)
class DealPlan:
    """What Pardot is told of one deal.

    Attributes:
        values: API field to value; ``None`` clears it.
        add_to_lists: Lists to join.
        remove_from_lists: Lists to leave.
        pairs: All that is remembered of deals, from now on: it replaces what was.
        pairs_after_pardot: What is laid over it once Pardot was written.
        losers: What somebody had put into Pardot and is overwritten.
    """

    values: dict[str, Any] = field(default_factory=dict)
    add_to_lists: tuple[int, ...] = ()
    remove_from_lists: tuple[int, ...] = ()
    pairs: dict[str, list[Any]] = field(default_factory=dict)
    pairs_after_pardot: dict[str, list[Any]] = field(default_factory=dict)
    losers: tuple[Loser, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether Pardot is to be written."""
        return bool(self.values or self.add_to_lists or self.remove_from_lists)


def confirmed(
    rules: Rules, pairs: Mapping[str, list[Any]], read_back: Mapping[str, Any] | None
) -> dict[str, list[Any]]:
    """What to remember after a write: Pardot's halves as Pardot shows them.

    A field may hold less than it was sent, such as a text cut to its length; remembered as it was
    sent it would look like somebody's edit for ever.

    Args:
        rules: The rules file.
        pairs: A plan's ``pairs_after_pardot``.
        read_back: Values by API name from the write's answer, None where it told nothing.
    """
    shown = {
        key_of(datum): value for datum, value in shown_facts(read_back or {}, rules.stages).items()
    }
    return {key: [shown.get(key, pardot), odoo] for key, (pardot, odoo) in pairs.items()}


class Deals:
    """Decides what Pardot is told of deals. One per batch: what it looks up, it reads once.

    Args:
        rules: The rules file.
        lookups: Names and ids of both systems.
    """

    def __init__(self, rules: Rules, lookups: LifecycleLookups) -> None:
        self._rules = rules.stages
        self._mapped = {name for name, rule in rules.fields.items() if rule.lead or rule.partner}
        self._zone = ZoneInfo(rules.account_time_zone)
        self._lookups = lookups
        self._known: DealLookups | None = None

    @classmethod
    def of(cls, ports: Ports, *, lookups: LifecycleLookups | None = None) -> Deals:
        """For a batch; nothing is read yet.

        Args:
            ports: What the batch may touch.
            lookups: Names and ids that the batch has read already.
        """
        return cls(ports.rules, lookups or LifecycleLookups(ports.odoo, ports.pardot))

    def check(self) -> None:
        """Hold the rules against both systems.

        Raises:
            ConfigurationError: They name a field, list or stage that is not there, or does not fit.
        """
        _ = self._number_fields, self._lists

    @cached_property
    def _number_fields(self) -> frozenset[str]:
        """The fields that hold numbers, once all of them are known to fit."""
        targets = self._rules.fields.targets
        known = self._lookups.custom_fields if targets else {}
        for datum, name in targets.items():
            place = f"stages.fields.{datum.value}"
            if name not in known:
                cause = f"Pardot has no custom field '{name}'"
                raise unknown(place, cause, name, known)
            about = known[name]
            if about.get("isRecordMultipleResponses") or _kind(about) in _SEVERAL_VALUES:
                raise wrong_rule(
                    place, f"'{name}' holds several values", "Name a field that holds one"
                )
            if name in self._mapped:
                raise wrong_rule(
                    place,
                    f"'{name}' is in the field map as well",
                    "Leave it in one of the two places: each would undo what the other wrote",
                )
        return frozenset(name for name in targets.values() if _kind(known[name]) == "number")

    @cached_property
    def _lists(self) -> StageLists:
        """The lists by stage, once all of them are known to fit."""
        rules, find = self._rules, self._lookups.list_id
        ids = {
            place: find(place, wanted, static=True) for place, wanted in rules.named_lists.items()
        }
        stages = {stage.name for stage in self._lookups.stages.values()} if rules.lists else set()
        for stage in rules.lists:
            if stage not in stages:
                cause = f"Odoo has no stage '{stage}'"
                raise unknown(f"stages.lists.{stage}", cause, stage, stages)
        return StageLists(
            {stage: ids[f"stages.lists.{stage}"] for stage in rules.lists},
            ids.get("stages.won_list"),
            ids.get("stages.lost_list"),
        )

    def deal(
        self,
        record: Mapping[str, Any] | None,
        raw: Mapping[str, Any],
        pairs: Mapping[str, AgreedPair],
        *,
        last_read: datetime | None = None,
    ) -> DealPlan:
        """Decide what Pardot is told of one person's deal.

        Args:
            record: The lead as Odoo holds it, None where there is none yet.
            raw: The prospect as Pardot shows it.
            pairs: What is remembered of this person.
            last_read: When Odoo's side of this person was read before.

        Raises:
            ConfigurationError: The rules do not fit the two systems.
        """
        kept = {
            key: [pair.pardot, pair.odoo] for key, pair in pairs.items() if key.startswith(PREFIX)
        }
        rules = self._rules
        if not (rules.tells or rules.has_lists):
            return DealPlan(pairs=kept)
        if record is None or not self._is_told(record):
            if rules.has_lists:
                # So that its first stage as a deal will be news.
                kept.setdefault(STAGE_LIST, [BLANK, BLANK])
            return DealPlan(pairs=kept)
        self.check()
        lookups = self._deal_lookups(record)
        status = deal_status(record, lookups)
        if status is DealStatus.ARCHIVED:
            return DealPlan(pairs=kept)
        facts = deal_facts(record, status, lookups, rules, self._zone)
        told = decide_facts(facts, shown_facts(raw, rules), pairs)
        lists = self._list_decision(record, status, pairs, last_read)
        now, after = dict(told.pairs), dict(told.after)
        if lists.now is not None:
            now[STAGE_LIST] = lists.now
        if lists.after is not None:
            after[STAGE_LIST] = lists.after
        return DealPlan(
            values=self._api_values(told.values),
            add_to_lists=() if lists.join is None else (lists.join,),
            remove_from_lists=() if lists.leave is None else (lists.leave,),
            pairs={**kept, **_stored(now)},
            pairs_after_pardot=_stored(after),
            losers=told.losers,
        )

    def _is_told(self, record: Mapping[str, Any]) -> bool:
        return self._rules.of is DealScope.EVERYONE or record.get("type") == "opportunity"

    def _deal_lookups(self, record: Mapping[str, Any]) -> DealLookups:
        """As much as the rules need: what is not told is not read."""
        stages = self._lookups.stages_with(record.get("stage_id"))
        if self._known is None or self._known.stages is not stages:
            told, lookups = set(self._rules.fields.targets), self._lookups
            owners = DealDatum.OWNER in told or self._rules.assign_user
            self._known = DealLookups(
                stages=stages,
                lost_reasons=lookups.lost_reasons if DealDatum.LOST_REASON in told else {},
                users={n: user.address for n, user in lookups.users.items()} if owners else {},
                pardot_users=lookups.pardot_users if self._rules.assign_user else {},
            )
        return self._known

    def _list_decision(
        self,
        record: Mapping[str, Any],
        status: DealStatus,
        pairs: Mapping[str, AgreedPair],
        last_read: datetime | None,
    ) -> ListDecision:
        if not self._rules.has_lists:
            return ListDecision()
        stage = self._lookups.stages.get(record.get("stage_id") or 0)
        return decide_list(
            self._lists.meant(stage.name if stage else None, status),
            pairs.get(STAGE_LIST),
            self._lists,
            is_new=self._rules.existing_deals is ExistingDeals.JOIN
            or entered_after(record, last_read),
        )

    def _api_values(self, values: Mapping[DealDatum, Any]) -> dict[str, Any]:
        targets = {**self._rules.fields.targets, DealDatum.USER: "userId"}
        numbers = {*self._number_fields, "userId"}
        return {
            targets[datum]: api_value(value, as_number=targets[datum] in numbers)
            for datum, value in values.items()
        }


def _kind(definition: Mapping[str, Any]) -> str:
    return str(definition.get("type") or "").lower()


def _stored(pairs: Mapping[str, AgreedPair]) -> dict[str, list[Any]]:
    return {key: [pair.pardot, pair.odoo] for key, pair in pairs.items()}
