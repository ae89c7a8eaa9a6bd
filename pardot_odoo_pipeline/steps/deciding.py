"""The decision for each leader.

What lives here: what the merge is told of a person (pairs, times, holds, wishes), the meeting of
merge, automation, consent and deals. What does not: those decisions themselves (`merge`), their
form (`steps.decided_rows`), and sorting people out (`steps.plan`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.reasons import Disposition, QuarantineReason
from pardot_odoo_pipeline.merge.cells import AgreedPair, ChangeTime
from pardot_odoo_pipeline.merge.leaders import Person
from pardot_odoo_pipeline.merge.matching import (
    Candidates,
    KnownIds,
    Match,
    OdooRecord,
    match_person,
)
from pardot_odoo_pipeline.merge.people import (
    LEAD,
    PARTNER,
    PersonDecision,
    PersonView,
    RecordDecision,
    decide_person,
)
from pardot_odoo_pipeline.merge.rewound import forward_values
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.automation import Automation, Candidate, LeadPlan
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.catching_up import own_blocks, own_writes_forgotten
from pardot_odoo_pipeline.steps.cell_values import PROSPECT
from pardot_odoo_pipeline.steps.clocks import SAME
from pardot_odoo_pipeline.steps.consent import Consent, ConsentPlan
from pardot_odoo_pipeline.steps.consent_members import is_blocked, members_of
from pardot_odoo_pipeline.steps.decided_rows import decided_row
from pardot_odoo_pipeline.steps.departures import is_believed, makes, welcome_back
from pardot_odoo_pipeline.steps.lifecycle import Deals
from pardot_odoo_pipeline.steps.lifecycle_lookups import LifecycleLookups
from pardot_odoo_pipeline.steps.memory import Memory
from pardot_odoo_pipeline.steps.person_memory import (
    PersonMemory,
    confirmed_by_reading,
    held_sources,
    own_writes_known,
    still_about,
)
from pardot_odoo_pipeline.steps.plan_rows import (
    as_json,
    losers_of,
    plan_row,
)

__all__ = ["Deciding"]

# A read of Pardot's may show what was true a minute before, and three machines' clocks differ.
_UNSURE = timedelta(minutes=5)


@dataclass(frozen=True)
class _Matched:
    row: Mapping[str, Any]
    match: Match
    memory: PersonMemory
    pairs: dict[str, AgreedPair]


class Deciding:
    """Decides leaders by the thousand; what a batch looks up for it, it reads once.

    Args:
        batch: The batch.
        raw: ``pardot_prospects_raw``.
        found: The Odoo records read, by model.
        recall: What the ledger knows.
        people: The living, with their addresses.

    Attributes:
        told_to: What consent asks of prospects who follow a leader: columns by prospect id.
        findings: What consent found: ``field, code, raw`` by prospect id.
        field_held: Leaders of whom both sides keep writing a field over each other.
    """

    def __init__(
        self,
        batch: RunningBatch,
        raw: pd.DataFrame,
        found: Mapping[str, Candidates],
        recall: Memory,
        people: Mapping[str, Person],
    ) -> None:
        self._batch = batch
        self._raw = raw.set_index("id", drop=False)
        self._found = found
        self._recall = recall
        self._people = people
        ports = batch.ports
        lookups = LifecycleLookups(ports.odoo, ports.pardot)
        self._automation = Automation.of(
            ports,
            batch_key=batch.key,
            dry_run=batch.dry_run,
            foreseen=batch.foreseen,
            lookups=lookups,
        )
        self._deals = Deals.of(ports, lookups=lookups)
        self._consent = Consent.of(ports, own_blocks(batch))
        self.told_to: dict[str, dict[str, Any]] = {}
        self.field_held: set[str] = set()
        self.findings: defaultdict[str, list[tuple[str, str, str | None]]] = defaultdict(list)

    def check(self) -> None:
        """Hold the rules against both systems, before anything is written.

        Raises:
            ConfigurationError: They name what is not there.
        """
        self._automation.check()
        self._deals.check()

    def decide(
        self, chunk: Sequence[Mapping[str, Any]], siblings: Mapping[str, Collection[str]]
    ) -> list[dict[str, Any]]:
        """The plan's rows for some leaders.

        Args:
            chunk: Their rows of ``prospects_normalized``.
            siblings: Leader to the prospects of the batch that follow it.
        """
        known = self._recall.of(self._batch, [row["prospect_id"] for row in chunk])
        decided: list[dict[str, Any]] = []
        matched: list[_Matched] = []
        for row in chunk:
            prospect_id = row["prospect_id"]
            one = self._match(row, siblings[prospect_id], known[prospect_id])
            if isinstance(one, _Matched):
                matched.append(one)
            else:
                decided.append(one)
        leads = self._automation.decide(
            [Candidate(one.row, _shown(one.match.lead), one.pairs) for one in matched]
        )
        raws = self._raws(matched, siblings)
        for one in matched:
            prospect_id = one.row["prospect_id"]
            plan = leads[prospect_id]
            if not plan.wanted:
                row = plan_row(prospect_id, Disposition.UNCHANGED, leader=prospect_id)
                decided.append({**row, "reason": "below_threshold", "pairs": "{}"})
            else:
                decided.append(self._decide(one, plan, raws, siblings[prospect_id]))
        return decided

    def _match(
        self, row: Mapping[str, Any], siblings: Collection[str], memory: PersonMemory
    ) -> _Matched | dict[str, Any]:
        prospect_id, link = row["prospect_id"], memory.link
        if hidden := self._hidden(link):
            return plan_row(
                prospect_id,
                Disposition.QUARANTINED,
                reason=QuarantineReason.RECORD_HIDDEN.value,
                candidates=as_json(hidden),
                leader=prospect_id,
            )
        # Whom a person merged it into is gone, else it would not lead: the contact is its own.
        inherits = {link.merged_into} if link and link.merged_into else set()
        match = match_person(
            prospect_id,
            inherits.union(siblings),
            row["email_key"],
            KnownIds(link.lead_id, link.partner_id) if link and link.leads else KnownIds(),
            self._found[LEAD],
            self._found[PARTNER],
            was_merged=bool(inherits),
        )
        if match.problem is not None:
            return plan_row(
                prospect_id,
                Disposition.QUARANTINED,
                reason=match.problem.value,
                candidates=as_json(list(match.candidates)),
                leader=prospect_id,
            )
        if match.merged_into is not None:
            # Consent of all who followed it is decided with the other one, in a batch of their own.
            followers = (link.prospect_id for link in memory.followers)
            together = {prospect_id, match.merged_into, *siblings, *followers}
            self._recall.orphans.extend(sorted(together))
            return plan_row(prospect_id, Disposition.MERGED, leader=match.merged_into)
        if match.lead_vanished or match.partner_vanished:
            if not is_believed(self._batch, link):
                self._batch.missing.append(prospect_id)
        elif link is not None and link.missing_since is not None:
            self._batch.found_again.append(prospect_id)
        about = still_about(memory.remembered, match, link)
        pairs = own_writes_known(self._batch, about, match, memory.sent)
        desired = self._batch.ports.mapping.desired(row)
        pairs = own_writes_forgotten(self._batch, pairs, match, desired, row["updated_at"])
        return _Matched(row, match, memory, pairs)

    def _hidden(self, link: Link | None) -> list[str]:
        """The records of a person that are there and that our user may not see."""
        if link is None or not link.leads:
            return []
        own = ((LEAD, link.lead_id), (PARTNER, link.partner_id))
        return [f"{model} {n}" for model, n in own if n and n in self._batch.hidden[model]]

    def _raws(
        self, matched: Sequence[_Matched], siblings: Mapping[str, Collection[str]]
    ) -> dict[str, dict[str, Any]]:
        """Pardot's own rows of some leaders and of those who share their addresses."""
        wanted = {
            prospect_id
            for one in matched
            for prospect_id in (one.row["prospect_id"], *siblings[one.row["prospect_id"]])
        }
        there = self._raw.loc[self._raw.index.intersection(list(wanted))]
        return {row["id"]: row for row in rows(there)}

    def _decide(
        self,
        one: _Matched,
        plan: LeadPlan,
        raws: Mapping[str, Mapping[str, Any]],
        siblings: Collection[str],
    ) -> dict[str, Any]:
        batch, match = self._batch, one.match
        prospect_id = one.row["prospect_id"]
        view = self._view(one, plan, {PROSPECT: raws.get(prospect_id, {})})
        decision = self._decided(one, view, raws.get(prospect_id, {}))
        if not decision.lead.exists and not decision.partner.exists:
            row = plan_row(prospect_id, Disposition.TOMBSTONED, leader=prospect_id)
            return {**row, "reason": "deleted_in_odoo"}
        consent = self._consent.decide(
            raws.get(prospect_id),
            one.row,
            _shown(match.lead),
            _shown(match.partner),
            None if one.memory.link is None else one.memory.link.consent,
            members_of(
                one.row,
                siblings,
                one.memory.followers,
                people=self._people,
                links=self._recall.links,
                raws=raws,
                lookup_key=batch.ports.lookup_key,
            ),
            partial(is_blocked, self._found),
        )
        _lay(decision.lead, match.lead, plan.values, consent.lead, welcome_back(LEAD, match.lead))
        _lay(decision.partner, match.partner, consent.partner, welcome_back(PARTNER, match.partner))
        lead_now = None
        if match.lead is not None or view.makes_lead:
            lead_now = plan.lead_after(_shown(match.lead), batch.ports.mapping.new_lead_values())
        deal = self._deals.deal(
            lead_now,
            raws.get(prospect_id, {}),
            one.pairs,
            last_read=one.memory.remembered.odoo_read_at,
        )
        self.findings[prospect_id] += [(f, code.value, raw) for f, code, raw in consent.findings]
        self._tell_siblings(prospect_id, consent, siblings)
        return {
            **decided_row(batch, prospect_id, view, decision, plan, deal, consent),
            "lead_version": _version(match.lead),
            "partner_version": _version(match.partner),
        }

    def _decided(self, one: _Matched, view: PersonView, raw: Mapping[str, Any]) -> PersonDecision:
        """The decision; what is made of values that Pardot gets is decided as it will be then."""
        mapping = self._batch.ports.mapping
        decision = decide_person(view, mapping)
        renewed = mapping.desired_once_told(one.row, raw, decision.pardot.values)
        if not renewed:
            return decision
        desired = {m: {**shown, **renewed.get(m, {})} for m, shown in view.desired.items()}
        return decide_person(replace(view, desired=desired), mapping)

    def _view(
        self, one: _Matched, plan: LeadPlan, beside: Mapping[str, Mapping[str, Any]]
    ) -> PersonView:
        batch, match, known, link = self._batch, one.match, one.memory.remembered, one.memory.link
        makes_lead, makes_partner = makes(batch, match, link)
        desired = batch.ports.mapping.desired(one.row)
        read_at = known.pardot_read_at
        versions = {
            model: odoo_moment(record.values["write_date"])
            for model, record in ((LEAD, match.lead), (PARTNER, match.partner))
            if record is not None
        }
        # In our time, by which readings are dated: the two systems' own clocks may differ.
        in_pardot, in_odoo = (batch.ahead.get(system, SAME) for system in ("pardot", "odoo"))
        updated = one.row["updated_at"]
        seen = {LEAD: link and link.lead_version, PARTNER: link and link.partner_version}
        held = held_sources(batch, known, match)
        if held:
            self.field_held.add(one.row["prospect_id"])
        forced = {**self._forward(one, desired), **one.memory.forced}
        return PersonView(
            desired=desired,
            match=match,
            agreed=confirmed_by_reading(one.pairs, known, desired),
            pardot_changed=ChangeTime(
                read_at and read_at - _UNSURE, updated and updated + in_pardot
            ),
            odoo_changed={
                m: ChangeTime(known.odoo_read_at, at + in_odoo) for m, at in versions.items()
            },
            stale=frozenset()
            if batch.forward == "odoo"
            else frozenset(m for m, at in versions.items() if (last := seen[m]) and at < last),
            held=held,
            forced=forced,
            beside=beside,
            makes_lead=makes_lead,
            makes_partner=makes_partner and plan.contact,
        )

    def _forward(
        self, one: _Matched, desired: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, tuple[str, Any]]:
        """What a side that a backup set back shall show again; nothing in any other batch."""
        side, mapping = self._batch.forward, self._batch.ports.mapping
        if not side:
            return {}
        shown = {LEAD: _shown(one.match.lead) or {}, PARTNER: _shown(one.match.partner) or {}}
        return forward_values(side, mapping.sources(), one.pairs, desired, shown, mapping)

    def _tell_siblings(self, leader: str, consent: ConsentPlan, siblings: Collection[str]) -> None:
        for who, plan in consent.siblings.items():
            if who in siblings:
                self.told_to[who] = {
                    "block": plan.block,
                    "pardot_values": as_json(plan.pardot) if plan.pardot else None,
                    "consent": as_json([plan.memory, plan.settled, plan.cause]),
                    "conflicts": as_json(losers_of(plan.losers)) if plan.losers else None,
                }
            elif plan.pardot and who not in self._raw.index:
                # Not of this batch: both are read in one of their own, where the same is decided.
                self._recall.orphans.extend((leader, who))


def _version(record: OdooRecord | None) -> str | None:
    return None if record is None else str(record.values["write_date"])


def _shown(record: OdooRecord | None) -> dict[str, Any] | None:
    return None if record is None else record.values


def _lay(decision: RecordDecision, record: OdooRecord | None, *more: Mapping[str, Any]) -> None:
    """Lay values beside the mapped ones over a record that is there or will be."""
    if not decision.exists:
        return
    for values in more:
        for name, value in values.items():
            decision.values[name] = value
            if record is not None:
                decision.expected[name] = record.values[name]
