"""Which Odoo records are this person: by link, then prospect id, then match key, else none.

What lives here: the decision over records that were read already. What does not: reading them.

An ambiguous or contradictory match is never resolved by taking the first: it is returned as a
problem, with its candidates, for a person to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pardot_odoo_pipeline.mapping.reasons import QuarantineReason

__all__ = ["Candidates", "KnownIds", "Match", "OdooRecord", "match_person"]


@dataclass(frozen=True)
class OdooRecord:
    """One lead or contact as read from Odoo.

    Attributes:
        record_id: Database id.
        prospect_id: ``x_pardot_prospect_id``, None where unset.
        email_key: ``x_pardot_email_key``, Odoo's own normalised address.
        partner_id: The linked contact (leads only).
        is_company: Whether a contact is a company (contacts only).
        document: Every field that was read, as a JSON object. Parsed when it is asked for: of the
            thousands held at once, few are looked at together.
    """

    record_id: int
    prospect_id: str | None
    email_key: str | None
    partner_id: int | None = None
    is_company: bool = False
    document: str = "{}"

    @property
    def values(self) -> dict[str, Any]:
        """The fields in RPC form, many2one as id."""
        values: dict[str, Any] = orjson.loads(self.document)
        return values


class Candidates:
    """Records of one model, findable by id, prospect id and match key."""

    def __init__(self, records: Iterable[OdooRecord] = ()) -> None:
        self.by_id: dict[int, OdooRecord] = {}
        self._by_prospect: defaultdict[str, list[OdooRecord]] = defaultdict(list)
        self._by_key: defaultdict[str, list[OdooRecord]] = defaultdict(list)
        for record in records:
            self.add(record)

    def add(self, record: OdooRecord) -> None:
        """Take a record in; a second sighting of the same id is ignored."""
        if record.record_id in self.by_id:
            return
        self.by_id[record.record_id] = record
        if record.prospect_id:
            self._by_prospect[record.prospect_id].append(record)
        if record.email_key:
            self._by_key[record.email_key].append(record)

    def of_prospect(self, prospect_id: str) -> Sequence[OdooRecord]:
        """Records that carry this prospect id."""
        return self._by_prospect.get(prospect_id, ())

    def of_key(self, email_key: str) -> Sequence[OdooRecord]:
        """Records whose address normalises to this match key."""
        return self._by_key.get(email_key, ())


@dataclass(frozen=True)
class KnownIds:
    """What the ledger remembers of this person's Odoo records."""

    lead_id: int | None = None
    partner_id: int | None = None


@dataclass(frozen=True)
class Match:
    """The outcome for one person.

    Attributes:
        lead: The lead to update, None to create one.
        partner: The contact to update, None to create one.
        problem: Set when nothing may be written; ``candidates`` then names the records.
        candidates: Records as ``model,id``, sorted.
        lead_vanished: The ledger knows a lead that is not there any more, nor is another one.
        partner_vanished: The same of the contact.
        merged_into: The prospect whose contact took this one's place: a person merged the two in
            Odoo.
    """

    lead: OdooRecord | None = None
    partner: OdooRecord | None = None
    problem: QuarantineReason | None = None
    candidates: tuple[str, ...] = ()
    lead_vanished: bool = False
    partner_vanished: bool = False
    merged_into: str | None = None


class _Undecidable(Exception):
    def __init__(self, problem: QuarantineReason, records: Iterable[OdooRecord]) -> None:
        self.problem = problem
        self.records = tuple(records)


def match_person(
    prospect_id: str,
    siblings: Collection[str],
    email_key: str,
    known: KnownIds,
    leads: Candidates,
    partners: Candidates,
    *,
    was_merged: bool = False,
) -> Match:
    """Find the lead and the contact of one leader.

    Args:
        prospect_id: The leader.
        siblings: Prospects that share its match key; their records may be taken over.
        email_key: Its match key.
        known: Ids from the ledger's link; they win where the record still exists and does not
            carry another prospect's id: a restored Odoo gives ids again.
        leads: All leads read for this batch.
        partners: All contacts read for this batch.
        was_merged: Whether a person merged its contact with that of somebody who speaks no more.
    """
    own = {prospect_id, *siblings}
    try:
        lead = _find("crm.lead", known.lead_id, prospect_id, own, email_key, leads)
    except _Undecidable as refusal:
        return _problem("crm.lead", refusal)
    survivor = _survivor(lead, known, partners, was_merged)
    if survivor is not None and survivor.prospect_id not in (None, *own):
        return Match(lead, survivor, merged_into=survivor.prospect_id)
    try:
        partner = (
            _partner_of(lead, prospect_id, own, email_key, partners)
            or survivor
            or _find("res.partner", known.partner_id, prospect_id, own, email_key, partners)
        )
    except _Undecidable as refusal:
        return _problem("res.partner", refusal)
    return Match(
        lead,
        partner,
        lead_vanished=lead is None and known.lead_id is not None,
        partner_vanished=partner is None and known.partner_id is not None,
    )


def _survivor(
    lead: OdooRecord | None, known: KnownIds, partners: Candidates, was_merged: bool
) -> OdooRecord | None:
    """The contact into which a person merged this one's: Odoo hangs the lead over to it.

    Somebody else may have taken that contact over since from whom it was merged with.
    """
    if lead is None or lead.partner_id is None or known.partner_id == lead.partner_id:
        return None
    if known.partner_id in partners.by_id or (known.partner_id is None and not was_merged):
        return None
    partner = partners.by_id.get(lead.partner_id)
    return None if partner is None or partner.is_company else partner


def _problem(model: str, refusal: _Undecidable) -> Match:
    names = tuple(sorted(f"{model},{record.record_id}" for record in refusal.records))
    return Match(problem=refusal.problem, candidates=names)


def _partner_of(
    lead: OdooRecord | None,
    prospect_id: str,
    own: Collection[str],
    email_key: str,
    partners: Candidates,
) -> OdooRecord | None:
    """The lead's contact, if it is this person and not, say, their employer.

    A lead that was taken over brings the contact of the one that had it before: no second contact
    of whoever has one.
    """
    if lead is None or lead.partner_id is None:
        return None
    partner = partners.by_id.get(lead.partner_id)
    if partner is None or partner.is_company:
        return None
    if partner.prospect_id != prospect_id and partners.of_prospect(prospect_id):
        return None
    carries_own_id = partner.prospect_id in own
    return partner if carries_own_id or partner.email_key == email_key else None


def _find(
    model: str,
    known_id: int | None,
    prospect_id: str,
    own: Collection[str],
    email_key: str,
    candidates: Candidates,
) -> OdooRecord | None:
    known = candidates.by_id.get(known_id or 0)
    carrying = candidates.of_prospect(prospect_id)
    if known is not None:
        if known.prospect_id == prospect_id or (known.prospect_id in own and not carrying):
            return known
        if known.prospect_id is None and known.email_key in (None, email_key):
            return known
        if known.prospect_id is None:
            # After a restored backup Odoo gives ids again: this may be somebody else's record.
            raise _Undecidable(QuarantineReason.IDENTITY_CONFLICT, [known])
    if len(carrying) > 1:
        raise _Undecidable(QuarantineReason.IDENTITY_AMBIGUOUS, carrying)
    if carrying:
        return carrying[0]
    holders = [record for record in candidates.of_key(email_key) if not record.is_company]
    strangers = [r for r in holders if r.prospect_id and r.prospect_id not in own]
    if len(holders) > 1:
        raise _Undecidable(QuarantineReason.IDENTITY_AMBIGUOUS, holders)
    if strangers:
        raise _Undecidable(QuarantineReason.IDENTITY_CONFLICT, strangers)
    return holders[0] if holders else None
