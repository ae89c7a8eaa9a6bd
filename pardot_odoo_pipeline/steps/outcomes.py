"""What results mean for the ledger.

What lives here: the judgement of an answer of Odoo's, and what the ledger keeps of a person. What
does not: the calls (`steps.load`), people who needed none (`steps.unwritten`), and the statements
(`ledger.store`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.ledger.store.operations import OperationResult
from pardot_odoo_pipeline.ledger.store.outcomes import (
    Agreed,
    Conflict,
    PersonOutcome,
)
from pardot_odoo_pipeline.ledger.store.review import Finding
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    PersonResult,
    RecordResult,
    RecordStatus,
)
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.consent_memory import FLAGS
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping
from pardot_odoo_pipeline.steps.plan import Planned

__all__ = [
    "agreed_of",
    "asks_consent",
    "conflicts_of",
    "consent_of",
    "email_hash",
    "findings_of",
    "identities",
    "judge",
    "link_of",
    "losses",
    "owes_opt_out",
    "own_writes",
    "person_outcome",
    "result_row",
]

_OK = {RecordStatus.CREATED, RecordStatus.EXISTS, RecordStatus.WRITTEN, RecordStatus.SAME}


def judge(
    answer: PersonResult, row: Mapping[str, Any], mapping: OdooMapping
) -> tuple[Disposition, str | None]:
    """The disposition of a person who was sent to Odoo, and the code of a failure.

    A conflict means that somebody edited the record between our read and our write: the edit
    stays, and the person is planned anew from what is there then. So does a person whom another
    batch created meanwhile with other values.
    """
    if answer.error:
        return Disposition.RETRYING, "odoo_refused"
    for record in (answer.lead, answer.partner):
        if record is None or record.status in _OK:
            continue
        if record.status is RecordStatus.CONFLICT:
            return Disposition.RETRYING, "edited_meanwhile"
        return Disposition.RETRYING, f"record_{record.status.value}"
    for model, kind, record in (
        (LEAD, "lead", answer.lead),
        (PARTNER, "partner", answer.partner),
    ):
        if record is not None and record.status is RecordStatus.EXISTS:
            wanted = orjson.loads(row[f"{kind}_values"] or "{}")
            if not _shows(mapping, model, record.values or {}, wanted):
                return Disposition.RETRYING, "created_meanwhile"
    untouched = all(
        record is None or record.status in (RecordStatus.SAME, RecordStatus.EXISTS)
        for record in (answer.lead, answer.partner)
    )
    planned = Disposition(row["disposition"])
    if planned in (Disposition.ARCHIVED, Disposition.TOMBSTONED, Disposition.HELD):
        return planned, None
    return Disposition.UNCHANGED if untouched else planned, None


def _shows(
    mapping: OdooMapping, model: str, held: Mapping[str, Any], wanted: Mapping[str, Any]
) -> bool:
    """Whether a record shows what we wanted to write, as far as it was read back."""
    fields = set(mapping.read_fields(model)) & set(wanted) & set(held)
    return all(mapping.same(f"{model}/{name}", wanted[name], held[name]) for name in fields)


def result_row(
    prospect_id: str,
    disposition: Disposition,
    answer: PersonResult | None = None,
    code: str | None = None,
) -> dict[str, Any]:
    """A row of ``odoo_load_results``."""
    lead = answer.lead if answer else None
    partner = answer.partner if answer else None
    return {
        "prospect_id": prospect_id,
        "disposition": disposition.value,
        "lead_id": lead.record_id if lead else None,
        "lead_status": lead.status.value if lead else None,
        "partner_id": partner.record_id if partner else None,
        "partner_status": partner.status.value if partner else None,
        "code": code,
    }


def person_outcome(
    batch: RunningBatch,
    plan: Planned,
    row: Mapping[str, Any],
    answer: PersonResult,
    code: str | None,
    operation: OperationResult,
    now: datetime,
) -> PersonOutcome:
    """What the ledger keeps of a person who was written, or could not be; ``now`` is asked once."""
    prospect_id = answer.key
    if code is not None:
        # A failed write says nothing new of quarantine and findings: they stay as they are.
        return PersonOutcome(prospect_id, quarantined=None, findings=None, operations=(operation,))
    link = link_of(
        batch,
        plan,
        prospect_id,
        lead=_as_planned(batch, row, LEAD, answer.lead),
        partner=_as_planned(batch, row, PARTNER, answer.partner),
        consent=consent_of(row),
    )
    return PersonOutcome(
        prospect_id,
        link,
        agreed=agreed_of(batch, row, {LEAD: answer.lead, PARTNER: answer.partner}, now)
        if row["pairs"]
        else None,
        findings=findings_of(plan, prospect_id),
        conflicts=conflicts_of(row),
        operations=(operation,),
    )


def _as_planned(
    batch: RunningBatch, row: Mapping[str, Any], model: str, record: RecordResult | None
) -> RecordResult | None:
    """A record's result; without its version where it shows an edit that the plan did not see.

    Our write gave the record a version of its own. Were that one remembered, an edit of another
    field between our reading and our writing would never be looked at.
    """
    if record is None or not record.values:
        return record
    pairs = orjson.loads(row["pairs"] or "{}") | orjson.loads(row["pardot_pairs"] or "{}")
    for key, (_, planned) in pairs.items():
        of_model, _, name = key.partition("/")
        if of_model != model or planned is None or name not in record.values:
            continue
        if not batch.ports.mapping.same(key, planned, record.values[name]):
            return replace(record, write_date=None)
    return record


def identities(batch: RunningBatch, plan: Planned, answer: PersonResult) -> list[Claim]:
    """What belongs to a person for good once the write has happened."""
    if answer.key not in plan.people:
        return []
    claims = [Claim(ClaimKind.EMAIL, email_hash(batch, plan, answer.key), answer.key)]
    for kind, record in ((ClaimKind.LEAD, answer.lead), (ClaimKind.PARTNER, answer.partner)):
        if record is not None and record.record_id is not None:
            claims.append(Claim(kind, str(record.record_id), answer.key))
    return claims


def link_of(
    batch: RunningBatch,
    plan: Planned,
    prospect_id: str,
    *,
    lead: RecordResult | None = None,
    partner: RecordResult | None = None,
    read: Mapping[str, Any] | None = None,
    leader: str | None = None,
    consent: dict[str, Any] | None = None,
) -> Link:
    """The link of a person at the versions just seen: by Odoo's answer, else as read."""
    person = plan.people.get(prospect_id)
    known = plan.links.get(prospect_id)
    if person is None:
        return _departed(batch, prospect_id, known, lead, partner)
    read = read or {}
    lead_id = lead.record_id if lead else read.get("lead_id")
    partner_id = partner.record_id if partner else read.get("partner_id")
    return Link(
        prospect_id,
        leader_prospect_id=leader or prospect_id,
        lead_id=None if lead_id is None else int(lead_id),
        partner_id=None if partner_id is None else int(partner_id),
        email_hash=email_hash(batch, plan, prospect_id),
        state=LinkState.ACTIVE,
        merged_into=plan.merged_now.get(prospect_id),
        consent=consent,
        pardot_version=person.updated_at,
        pardot_activity_version=person.last_activity_at,
        lead_version=_version(lead) or _moment(read.get("lead_version")),
        partner_version=_version(partner) or _moment(read.get("partner_version")),
    )


def _departed(
    batch: RunningBatch,
    prospect_id: str,
    known: Link | None,
    lead: RecordResult | None,
    partner: RecordResult | None,
) -> Link:
    """The link of somebody whom Pardot lost."""
    state = LinkState.TOMBSTONED if prospect_id in batch.gone else LinkState.ARCHIVED
    return Link(
        prospect_id,
        leader_prospect_id=known.leader_prospect_id if known else None,
        state=state,
        lead_version=_version(lead),
        partner_version=_version(partner),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _version(record: RecordResult | None) -> datetime | None:
    if record is None or not record.write_date:
        return None
    return datetime.fromisoformat(record.write_date).replace(tzinfo=UTC)


def agreed_of(
    batch: RunningBatch,
    row: Mapping[str, Any],
    answers: Mapping[str, RecordResult | None],
    now: datetime,
) -> Agreed:
    """The plan's pairs, with Odoo's halves as the write's own read-back shows them."""
    pairs: dict[str, list[Any]] = orjson.loads(row["pairs"])
    for name, halves in pairs.items():
        model, _, field = name.partition("/")
        answer = answers.get(model)
        if halves[1] is None and answer is not None and answer.values is not None:
            halves[1] = answer.values.get(field)
    return Agreed(
        pairs,
        pardot_read_at=batch.read_at,
        odoo_read_at=now if answers else batch.started_at,
        own_writes=own_writes(batch, row, "odoo", now) if answers else {},
    )


def own_writes(
    batch: RunningBatch, row: Mapping[str, Any], side: str, now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """What we wrote of a person to one side now, and why; a new record tells that by itself."""
    if not row["rules"] or row["disposition"] == Disposition.CREATED.value:
        return {}
    at = now.isoformat()
    return {
        source: [
            {
                "at": at,
                "to": side,
                "hash": written["hash"],
                "batch": batch.key,
                "rule": written["rule"],
            }
        ]
        for source, written in orjson.loads(row["rules"]).items()
        if side in written["to"]
    }


def consent_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is remembered of consent now: the settled state only where nothing is to be told."""
    if not row["consent"]:
        return None
    memory, settled, *_ = orjson.loads(row["consent"])
    told: dict[str, Any] = memory if asks_consent(row) else settled
    return told


def asks_consent(row: Mapping[str, Any]) -> bool:
    """Whether anything is told to Pardot or to Odoo's blacklist of this person."""
    return bool(row["consent"]) and (row["block"] is not None or row["pardot_values"] is not None)


def owes_opt_out(row: Mapping[str, Any]) -> bool:
    """Whether a planned write tells a system that this person does not want to be written to."""
    if row["block"]:
        return True
    told = orjson.loads(row["pardot_values"] or "{}")
    return any(str(told.get(flag)).lower() == "true" for flag in FLAGS)


def findings_of(plan: Planned, prospect_id: str) -> tuple[Finding, ...]:
    """What normalisation found on a person's values."""
    return tuple(Finding(*found) for found in plan.findings.get(prospect_id, ()))


def conflicts_of(row: Mapping[str, Any]) -> tuple[Conflict, ...]:
    """The plan's conflicts of a person, for the history."""
    if not row["conflicts"]:
        return ()
    return tuple(
        Conflict(
            field=one["key"],
            agreed=one["agreed"],
            pardot_value=one["pardot"],
            odoo_value=one["odoo"],
            rule=one["rule"],
            winner=one["winner"],
            pardot_changed=_moments(one.get("pardot_changed")),
            odoo_changed=_moments(one.get("odoo_changed")),
        )
        for one in orjson.loads(row["conflicts"])
    )


def losses(row: Mapping[str, Any]) -> PersonOutcome:
    """Nothing but the values that a row of the plan is about to replace."""
    return PersonOutcome(
        row["prospect_id"], quarantined=None, findings=None, conflicts=conflicts_of(row)
    )


def _moments(interval: list[str | None] | None) -> tuple[datetime | None, datetime | None]:
    after, until = interval or (None, None)
    return (
        None if after is None else datetime.fromisoformat(after),
        None if until is None else datetime.fromisoformat(until),
    )


def email_hash(batch: RunningBatch, plan: Planned, prospect_id: str) -> str:
    """The keyed hash of a person's match key."""
    return batch.ports.lookup_key.hash(plan.people[prospect_id].email_key)
