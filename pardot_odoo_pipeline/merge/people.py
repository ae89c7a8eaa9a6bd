"""What happens to one person: which records are made, which fields are written, what is remembered.

What lives here: the decision for a whole person over values in memory. What does not: reading,
writing, and the decision for a single field (`merge.fields`).

One home per field: once a lead has its person as contact, e-mail and phone live on the contact
alone, because Odoo shows the contact's on the lead by itself. On a lead whose contact is somebody
else (an employer, say) they are left alone: Odoo would copy them into that contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy
from pardot_odoo_pipeline.merge.fields import AgreedPair, Verdict, decide_field, next_pair
from pardot_odoo_pipeline.merge.matching import Match, OdooRecord

__all__ = ["FieldConflict", "FieldPolicies", "PersonDecision", "RecordDecision", "decide_person"]

LEAD = "crm.lead"
PARTNER = "res.partner"

# What a lead shows of its contact, and Odoo writes back into it.
INHERITED = frozenset({"email_from", "phone", "mobile"})


class FieldPolicies(Protocol):
    """What the rules say of one Odoo field."""

    def authority(self, model: str, field: str) -> Authority:
        """Whose value wins."""
        ...

    def blank(self, model: str, field: str) -> BlankPolicy:
        """What a blank in Pardot does."""
        ...

    def same(self, model: str, field: str, ours: Any, theirs: Any) -> bool:
        """Equality through the mapping."""
        ...

    def is_blank(self, model: str, field: str, value: Any) -> bool:
        """Whether a value is empty."""
        ...

    def is_unset(self, model: str, field: str, value: Any) -> bool:
        """Whether Odoo shows what it shows for a field that was never set."""
        ...

    def lead_twins(self) -> Mapping[str, str]:
        """Field of a contact to the lead's field that shows the same of a person."""
        ...


@dataclass(frozen=True)
class FieldConflict:
    """A field on which both sides differ, and who won."""

    model: str
    field: str
    agreed: list[Any] | None
    pardot: Any
    odoo: Any
    authority: Authority
    winner: str


@dataclass(frozen=True)
class RecordDecision:
    """What happens to one record.

    Attributes:
        record_id: The existing record, None to create one.
        values: Fields to write; all set ones where the record is created.
        expected: What those fields hold now; the write happens only where that still holds.
        pairs: What to remember per field; Odoo's half is None where the write's answer tells it.
    """

    record_id: int | None
    values: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    pairs: dict[str, AgreedPair] = field(default_factory=dict)

    @property
    def creates(self) -> bool:
        """Whether the record is to be made."""
        return self.record_id is None


@dataclass(frozen=True)
class PersonDecision:
    """What happens to one person."""

    lead: RecordDecision
    partner: RecordDecision
    links: bool
    conflicts: tuple[FieldConflict, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is to be written at all."""
        records = (self.lead, self.partner)
        return self.links or any(record.creates or record.values for record in records)


def decide_person(
    desired: Mapping[str, dict[str, Any]],
    match: Match,
    agreed: Mapping[str, AgreedPair],
    policies: FieldPolicies,
) -> PersonDecision:
    """Compare what Pardot shows with what Odoo holds.

    Args:
        desired: Model to field to value, as the mapping makes it of the prospect.
        match: The person's records.
        agreed: ``model/field`` to what both showed when they last agreed.
        policies: What the rules say of each field.
    """
    conflicts: list[FieldConflict] = []
    lead_fields = desired[LEAD]
    if match.lead is not None and match.lead.partner_id is not None:
        lead_fields = {k: v for k, v in lead_fields.items() if k not in INHERITED}
    lead = _decide_record(LEAD, lead_fields, match.lead, agreed, policies, conflicts)
    partner = _decide_record(PARTNER, desired[PARTNER], match.partner, agreed, policies, conflicts)
    if partner.creates and match.lead is not None:
        partner.values.update(_kept_by(lead, match.lead, policies))
    links = match.lead is not None and match.lead.partner_id is None
    return PersonDecision(lead, partner, links, tuple(conflicts))


def _kept_by(lead: RecordDecision, record: OdooRecord, policies: FieldPolicies) -> dict[str, Any]:
    """What a lead keeps against Pardot, as its new contact's values: one person, one set of them.

    Odoo would otherwise put the contact's phone over the lead's when the two are linked.
    """
    held = record.values
    return {
        field: held[twin]
        for field, twin in policies.lead_twins().items()
        if twin in lead.pairs
        and twin not in lead.values
        and not policies.is_unset(LEAD, twin, held[twin])
    }


def _decide_record(
    model: str,
    desired: Mapping[str, Any],
    record: OdooRecord | None,
    agreed: Mapping[str, AgreedPair],
    policies: FieldPolicies,
    conflicts: list[FieldConflict],
) -> RecordDecision:
    if record is None:
        values = {f: v for f, v in desired.items() if not policies.is_blank(model, f, v)}
        pairs = {f: AgreedPair(v, None) for f, v in desired.items()}
        return RecordDecision(None, values, {}, pairs)
    decision = RecordDecision(record.record_id)
    held = record.values
    for name, ours in desired.items():
        if name not in held:
            continue  # unread: it tells nothing
        theirs = held[name]
        pair = agreed.get(f"{model}/{name}")
        verdict = decide_field(
            ours,
            theirs,
            pair,
            authority=policies.authority(model, name),
            blank=policies.blank(model, name),
            same=partial(policies.same, model, name),
            is_blank=partial(policies.is_blank, model, name),
            is_unset=partial(policies.is_unset, model, name),
        )
        writes = verdict.verdict is Verdict.WRITE
        if writes:
            decision.values[name] = ours
            decision.expected[name] = theirs
        if verdict.conflict:
            conflicts.append(
                FieldConflict(
                    model,
                    name,
                    [pair.pardot, pair.odoo] if pair else None,
                    ours,
                    theirs,
                    policies.authority(model, name),
                    "pardot" if writes else "odoo",
                )
            )
        unchanged = pair is not None and policies.same(model, name, ours, pair.pardot)
        after = None if writes else theirs
        decision.pairs[name] = next_pair(verdict, ours, after, pair, unchanged)
    return decision


def flatten_pairs(records: Iterable[tuple[str, RecordDecision]]) -> dict[str, list[Any]]:
    """The pairs of several records as one document, ``model/field`` to both halves."""
    return {
        f"{model}/{name}": [pair.pardot, pair.odoo]
        for model, record in records
        for name, pair in record.pairs.items()
    }
