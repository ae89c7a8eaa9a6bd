"""The decision for one leader, and its row of the plan.

What lives here: what the merge is told of a person (pairs, times, holds, wishes) and the form in
which its decision travels. What does not: the merge (`merge.people`) and sorting people out
(`steps.plan`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from pardot_odoo_pipeline.ledger.store.links import Link, Remembered
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.cells import AgreedPair, ChangeTime
from pardot_odoo_pipeline.merge.matching import Candidates, KnownIds, Match, match_person
from pardot_odoo_pipeline.merge.people import (
    LEAD,
    PARTNER,
    PersonDecision,
    PersonView,
    RecordDecision,
    decide_person,
    flatten_pairs,
)
from pardot_odoo_pipeline.merge.ping_pong import is_ping_pong
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.departures import is_believed, makes, welcome_back

__all__ = ["CREATED", "PersonMemory", "decide_leader", "plan_row"]

CREATED = "*"
"""Stands for all cells of records that were made."""

_COLUMNS = tuple(SyncPlan.to_schema().columns)

# A read of Pardot's may show what was true a minute before.
_CACHE_LAG = timedelta(seconds=60)


@dataclass(frozen=True)
class PersonMemory:
    """What the ledger knows of one person.

    Attributes:
        link: Their records.
        remembered: What both sides showed when they last agreed.
        sent: Cell to hash of what an attempt sent whose outcome was never stored.
        forced: Source to the cell and the value that a person wants back.
    """

    link: Link | None = None
    remembered: Remembered = field(default_factory=lambda: Remembered({}))
    sent: Mapping[str, str] = field(default_factory=dict)
    forced: Mapping[str, tuple[str, Any]] = field(default_factory=dict)


def decide_leader(
    batch: RunningBatch,
    row: Mapping[str, Any],
    siblings: Collection[str],
    memory: PersonMemory,
    found: Mapping[str, Candidates],
) -> dict[str, Any]:
    """Match and merge one leader.

    Args:
        batch: The batch.
        row: Its row of ``prospects_normalized``.
        siblings: Prospects that share its match key.
        memory: What the ledger knows.
        found: The records read, by model.
    """
    prospect_id, link = row["prospect_id"], memory.link
    match = match_person(
        prospect_id,
        siblings,
        row["email_key"],
        KnownIds(link.lead_id, link.partner_id) if link and link.leads else KnownIds(),
        found[LEAD],
        found[PARTNER],
    )
    if match.problem is not None:
        return plan_row(
            prospect_id,
            Disposition.QUARANTINED,
            reason=match.problem.value,
            candidates=_json(list(match.candidates)),
            leader=prospect_id,
        )
    if match.merged_into is not None:
        return plan_row(prospect_id, Disposition.MERGED, leader=match.merged_into)
    if (match.lead_vanished or match.partner_vanished) and not is_believed(batch, link):
        batch.missing.append(prospect_id)
    view = _view(batch, row, match, memory)
    decision = decide_person(view, batch.ports.mapping)
    for record, made in ((match.lead, decision.lead), (match.partner, decision.partner)):
        for name, value in welcome_back(record).items():
            made.values[name] = value
            made.expected[name] = record.values[name] if record is not None else None
    return _decided(batch, prospect_id, decision)


def _view(
    batch: RunningBatch, row: Mapping[str, Any], match: Match, memory: PersonMemory
) -> PersonView:
    known, link = memory.remembered, memory.link
    makes_lead, makes_partner = makes(batch, match, link)
    read_at = known.pardot_read_at
    versions = {
        model: odoo_moment(record.values["write_date"])
        for model, record in ((LEAD, match.lead), (PARTNER, match.partner))
        if record is not None
    }
    seen = {LEAD: link and link.lead_version, PARTNER: link and link.partner_version}
    return PersonView(
        desired=batch.ports.mapping.desired(row),
        match=match,
        agreed=_own_writes_known(batch, _still_about(known, match, link), match, memory.sent),
        pardot_changed=ChangeTime(read_at and read_at - _CACHE_LAG, row["updated_at"]),
        odoo_changed={
            m: ChangeTime(known.odoo_read_at, version) for m, version in versions.items()
        },
        stale=frozenset(m for m, at in versions.items() if (last := seen[m]) and at < last),
        held=_held(batch, known, match),
        forced=memory.forced,
        makes_lead=makes_lead,
        makes_partner=makes_partner,
    )


def _still_about(known: Remembered, match: Match, link: Link | None) -> dict[str, AgreedPair]:
    """The pairs that speak of the records matched now, and not of ones linked before."""
    if link is None or not link.leads:
        return {}
    linked = {LEAD: link.lead_id, PARTNER: link.partner_id}
    matched = {LEAD: match.lead, PARTNER: match.partner}
    return {
        key: AgreedPair(*halves)
        for key, halves in known.pairs.items()
        if (record := matched.get(key.partition("/")[0])) is not None
        and record.record_id == linked[key.partition("/")[0]]
    }


def _own_writes_known(
    batch: RunningBatch,
    agreed: dict[str, AgreedPair],
    match: Match,
    sent: Mapping[str, str],
) -> dict[str, AgreedPair]:
    """What a killed attempt wrote is ours and no edit, wherever it is found again."""
    if not sent:
        return agreed
    for model, record in ((LEAD, match.lead), (PARTNER, match.partner)):
        shown = {} if record is None else record.values
        is_ours = CREATED in sent and shown.get("write_uid") == batch.ports.odoo.uid
        for name in batch.ports.mapping.read_fields(model):
            key = f"{model}/{name}"
            if name not in shown:
                continue
            value = shown[name]
            made = is_ours and key not in agreed
            if made or (key in sent and batch.ports.fingerprint(value) == sent[key]):
                agreed[key] = AgreedPair(value, value)
    return agreed


def _held(batch: RunningBatch, known: Remembered, match: Match) -> frozenset[str]:
    """Sources that both sides keep writing over each other."""
    if not known.own_writes:
        return frozenset()
    ours = {batch.ports.odoo.uid, None}
    writers = {
        record.values.get("write_uid")
        for record in (match.lead, match.partner)
        if record is not None
    }
    by_hand = not writers <= ours
    return frozenset(
        source
        for source, history in known.own_writes.items()
        if is_ping_pong(history, batch.started_at, by_hand)
    )


def _decided(batch: RunningBatch, prospect_id: str, decision: PersonDecision) -> dict[str, Any]:
    lead, partner = decision.lead, decision.partner
    writes = decision.writes_odoo
    if lead.creates:
        disposition = Disposition.CREATED
    elif lead.record_id is None and partner.record_id is None and not partner.creates:
        return plan_row(
            prospect_id, Disposition.TOMBSTONED, leader=prospect_id, reason="deleted_in_odoo"
        )
    elif writes or decision.pardot.values:
        disposition = Disposition.UPDATED
    else:
        disposition = Disposition.UNCHANGED
    lead_values = dict(lead.values)
    if lead.creates:
        lead_values |= batch.ports.mapping.new_lead_values()
    return plan_row(
        prospect_id,
        disposition,
        leader=prospect_id,
        lead_id=lead.record_id,
        partner_id=partner.record_id,
        lead_values=_json(lead_values) if writes and _is_there(lead) else None,
        lead_expected=_guard(lead) if writes else None,
        partner_values=_json(partner.values) if writes and _is_there(partner) else None,
        partner_expected=_guard(partner) if writes else None,
        pardot_values=_json(decision.pardot.values) if decision.pardot.values else None,
        pardot_pairs=_json(flatten_pairs(decision.pardot.pairs)) if decision.pardot.pairs else None,
        pairs=_json(flatten_pairs(decision.pairs)),
        rules=_json(_rules(batch, decision)) if decision.rules else None,
        conflicts=_json(_losers(decision)) if decision.losers else None,
    )


def _is_there(record: RecordDecision) -> bool:
    return record.creates or record.record_id is not None


def _guard(record: RecordDecision) -> str | None:
    return None if record.creates or record.record_id is None else _json(record.expected)


def _rules(batch: RunningBatch, decision: PersonDecision) -> dict[str, dict[str, Any]]:
    """Why each source is written, and where: the provenance of what both sides will show."""
    written: dict[str, dict[str, Any]] = {}
    sources = batch.ports.mapping.sources()
    for source, rule in decision.rules.items():
        keys = sources[source]
        values = {
            key: record.values[key.partition("/")[2]]
            for key in keys
            for record in (decision.lead if key.startswith(LEAD) else decision.partner,)
            if key.partition("/")[2] in record.values
        }
        to = (["odoo"] if values else []) + (
            ["pardot"] if any(key in decision.pardot.pairs for key in keys) else []
        )
        shown = next(iter(values.values()), None)
        written[source] = {"rule": rule, "to": to, "hash": batch.ports.fingerprint(shown)}
    return written


def _losers(decision: PersonDecision) -> list[dict[str, Any]]:
    return [
        {
            "key": loser.key,
            "agreed": None if loser.agreed is None else [loser.agreed.pardot, loser.agreed.odoo],
            "pardot": loser.pardot,
            "odoo": loser.odoo,
            "rule": loser.rule,
            "winner": loser.winner,
        }
        for _, loser in decision.losers
    ]


def plan_row(prospect_id: str, disposition: Disposition, **values: Any) -> dict[str, Any]:
    """A row of ``sync_plan``."""
    return {
        **dict.fromkeys(_COLUMNS),
        "prospect_id": prospect_id,
        "disposition": disposition.value,
        **values,
    }


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
