"""Who becomes a lead, who qualifies and who gets it, for the people of a batch.

What lives here: the rules applied to each person, and the taking of turns. What does not: the
conditions (``merge/automation.py``), the writing of leads (``load.py``) and their conversion
(``odoo/conversion.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pardot_odoo_pipeline.ledger.store import assignments
from pardot_odoo_pipeline.ledger.store.assignments import Assignment, Wish
from pardot_odoo_pipeline.mapping.automation_rules import (
    ContactPolicy,
    QualifyAction,
    Threshold,
)
from pardot_odoo_pipeline.merge.automation import (
    first_rule,
    is_nobodys,
    is_waiting,
    missing_fields,
    passes,
)
from pardot_odoo_pipeline.merge.lifecycle import ASSIGNED
from pardot_odoo_pipeline.merge.values import AgreedPair
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.automation_setup import QUALIFIED, REVIEW, AutomationSetup
from pardot_odoo_pipeline.steps.lifecycle_lookups import LifecycleLookups
from pardot_odoo_pipeline.steps.list_members import ListMembers

__all__ = ["Automation", "Candidate", "LeadPlan"]


@dataclass(frozen=True)
class Candidate:
    """One person to decide on.

    Attributes:
        row: The normalised prospect.
        record: The lead that is theirs, as Odoo holds it; None where one would be made.
        pairs: What is remembered of them.
    """

    row: Mapping[str, Any]
    record: Mapping[str, Any] | None
    pairs: Mapping[str, AgreedPair] = field(default_factory=dict)


@dataclass(frozen=True)
class LeadPlan:
    """What the rules make of one person.

    Attributes:
        wanted: Whether there is to be a lead; only ever false where there is none.
        contact: Whether a contact may be made.
        values: What to write on the lead beside the mapped fields.
        pairs: What to remember once that is written.
        converts: Whether the lead is to be made an opportunity after that.
    """

    wanted: bool = True
    contact: bool = True
    values: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, list[Any]] = field(default_factory=dict)
    converts: bool = False

    def lead_after(
        self, record: Mapping[str, Any] | None, new_values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The lead as it will be, for what Pardot is told of it in the same batch.

        Its conversion comes right after our write, in the same second as often as not: the next
        reading of versions would take it for that write.

        Args:
            record: The lead as Odoo holds it; None where it is about to be made.
            new_values: What a new lead is given.
        """
        now = {"active": True, **new_values} if record is None else dict(record)
        deal = {"type": "opportunity"} if self.converts else {}
        return {**now, **self.values, **deal}


class Automation:
    """Decides for the people of one batch; what it looks up, it reads once.

    Args:
        ports: What the batch may touch.
        setup: The rules and the ids that they mean.
        batch_key: The batch.
        dry_run: Whether turns are only foreseen, and nothing is stored.
        foreseen: Turns that were foreseen before, by rule.
    """

    def __init__(
        self,
        ports: Ports,
        setup: AutomationSetup,
        *,
        batch_key: str,
        dry_run: bool = False,
        foreseen: Counter[str] | None = None,
    ) -> None:
        self._ports = ports
        self._rules = setup.rules
        self._setup = setup
        self._members = ListMembers(ports)
        self._batch_key = batch_key
        self._dry_run = dry_run
        self._foreseen = Counter[str]() if foreseen is None else foreseen

    @classmethod
    def of(
        cls,
        ports: Ports,
        *,
        batch_key: str,
        dry_run: bool = False,
        foreseen: Counter[str] | None = None,
        lookups: LifecycleLookups | None = None,
    ) -> Automation:
        """For a batch; nothing is read yet.

        Args:
            ports: What the batch may touch.
            batch_key: The batch.
            dry_run: Whether turns are only foreseen, and nothing is stored.
            foreseen: Turns that were foreseen before.
            lookups: Names and ids that the batch has read already.
        """
        lookups = lookups or LifecycleLookups(ports.odoo, ports.pardot)
        setup = AutomationSetup(ports.rules, lookups, ports.reference.lead_fields)
        return cls(ports, setup, batch_key=batch_key, dry_run=dry_run, foreseen=foreseen)

    def check(self) -> None:
        """Hold the rules against both systems.

        Raises:
            ConfigurationError: They name a list, team, user or field that is not there.
        """
        _ = self._setup.fits

    def decide(self, people: Sequence[Candidate]) -> dict[str, LeadPlan]:
        """Decide on some people; in the order given where they take turns.

        Args:
            people: One per prospect, with its lead.

        Returns:
            By prospect id.

        Raises:
            ConfigurationError: The rules name what is not there.
        """
        _ = self._setup.fits
        if self._rules.create_lead.lists or self._rules.qualify.when.lists:
            self._members.recall(one.row["prospect_id"] for one in people)
        given = self._give_away([wish for one in people if (wish := self._wish(one))])
        return {
            one.row["prospect_id"]: self._plan(one, given.get(one.row["prospect_id"]))
            for one in people
        }

    def _plan(self, one: Candidate, given: Assignment | None) -> LeadPlan:
        if one.record is None and not self._wants(one.row):
            return LeadPlan(wanted=False, contact=False)
        qualifies = self._qualifies(one)
        values: dict[str, Any] = self._review(one)
        pairs: dict[str, list[Any]] = {}
        if given is not None:
            values |= {"team_id": given.team_id} if given.team_id else {}
            values |= {"user_id": given.user_id} if given.user_id else {}
            pairs[ASSIGNED] = [False, given.user_id or given.team_id or False]
        action = self._rules.qualify.action
        if qualifies and action is QualifyAction.MARK:
            values[QUALIFIED] = True
        return LeadPlan(
            wanted=True,
            contact=self._may_have_contact(one, qualifies=qualifies),
            values=_news(values, one.record),
            pairs=pairs,
            converts=qualifies and action is QualifyAction.CONVERT and _is_lead(one.record),
        )

    def _wants(self, row: Mapping[str, Any]) -> bool:
        return self._passes(self._rules.create_lead, row, self._setup.create_lists)

    def _qualifies(self, one: Candidate) -> bool:
        if self._rules.qualify.action is QualifyAction.OFF or not is_waiting(one.record):
            return False
        return self._passes(self._rules.qualify.when, one.row, self._setup.qualify_lists)

    def _passes(self, threshold: Threshold, row: Mapping[str, Any], lists: frozenset[int]) -> bool:
        return passes(threshold, row, lambda: self._members.is_on(row["prospect_id"], lists))

    def _may_have_contact(self, one: Candidate, *, qualifies: bool) -> bool:
        is_deal = one.record is not None and one.record.get("type") == "opportunity"
        return self._rules.contact is ContactPolicy.ALWAYS or is_deal or qualifies

    def _is_draft(self, one: Candidate) -> bool:
        return bool(missing_fields(self._setup.required, one.row))

    def _review(self, one: Candidate) -> dict[str, Any]:
        """A draft is marked, and belongs to the review team as long as it is nobody's."""
        if not self._setup.required or not is_waiting(one.record):
            return {}
        was = bool(one.record and one.record.get(REVIEW))
        if not self._is_draft(one):
            return {REVIEW: False} if was else {}
        team = self._setup.review_team if not was and is_nobodys(one.record) else None
        return {REVIEW: True} | ({"team_id": team} if team else {})

    def _wish(self, one: Candidate) -> Wish | None:
        """Whether this person's lead is to be given away, and by which rule."""
        if not self._rules.assignment or ASSIGNED in one.pairs:
            return None
        if not (is_waiting(one.record) and is_nobodys(one.record)) or self._is_draft(one):
            return None
        if one.record is None and not self._wants(one.row):
            return None
        rule = first_rule(self._setup.assignment, one.row)
        if rule is None:
            return None
        team, takers = self._setup.teams.get(rule.name), self._setup.takers[rule.name]
        return Wish(one.row["prospect_id"], rule.name, team, takers)

    def _give_away(self, wishes: Sequence[Wish]) -> dict[str, Assignment]:
        if not wishes:
            return {}
        ledger = self._ports.ledger
        if self._dry_run:
            with ledger.read() as connection:
                return assignments.foresee(connection, wishes, self._foreseen)
        with ledger.write() as connection:
            now = self._ports.clock.now()
            return assignments.assign(connection, wishes, batch_key=self._batch_key, now=now)


def _is_lead(record: Mapping[str, Any] | None) -> bool:
    return record is None or record.get("type") == "lead"


def _news(values: dict[str, Any], record: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the lead does not hold already."""
    if record is None:
        return values
    return {name: value for name, value in values.items() if record.get(name) != value}
