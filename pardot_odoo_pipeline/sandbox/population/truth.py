"""The ground truth: what a first initial sync must do with the whole population.

Worked out from what was planted, into an Odoo that holds exactly the seeded records. The rules:
the recycle bin is archived; a missing or broken address is quarantined; of the living records of
one address the leader is synced and the rest merge into it; an address that two leads or two
contacts in Odoo hold is nobody's to decide. Where Odoo knows the person, blanks are filled and
what is set stays, except what only Pardot can know; lead and contact say the same, and where they
did not, the contact's value stands. Pardot is told in turn what Odoo has of its own, and keeps its
spelling of everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pardot_odoo_pipeline.sandbox.population.groups import leader_of
from pardot_odoo_pipeline.sandbox.population.odoo_seed import AMBIGUOUS, OdooSeed
from pardot_odoo_pipeline.sandbox.population.person import PersonMaker
from pardot_odoo_pipeline.sandbox.population.planted import Finding, PlantedProspect

IDENTITY_AMBIGUOUS = "identity_ambiguous"

# Columns that only Pardot can know: always written.
_PARDOTS_OWN_LEAD = ("prospect_id", "score", "grade", "grade_rank", "industry", "last_activity_at")
_PARDOTS_OWN_PARTNER = ("prospect_id", "score", "last_activity_at")
_SHARED = (
    "email",
    "email_key",
    "full_name",
    "job_title",
    "company",
    "phone",
    "street",
    "street2",
    "city",
    "zip",
    "country",
    "state",
    "website",
)
_LEAD = (*_SHARED, "source", "campaign", "comments")
_PARTNER = (*_SHARED, "industry")

# What Odoo may tell Pardot, as a name apart: normalised column -> field of the API. An address that
# differs in case alone, a country or a state is never seeded with another value.
_TOLD = {
    "job_title": "jobTitle",
    "company": "company",
    "phone": "phone",
    "street": "addressOne",
    "street2": "addressTwo",
    "city": "city",
    "zip": "zip",
    "website": "website",
    "comments": "comments",
}


class Outcome(StrEnum):
    """What becomes of one prospect in a first sync."""

    CREATED = "created"
    UPDATED = "updated"
    MERGED = "merged"
    QUARANTINED = "quarantined"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class ExpectedPerson:
    """What must be found about one prospect after the sync.

    Attributes:
        reason: Why it is quarantined, else None.
        lead: Normalised column -> value on its lead; None where it has none of its own.
        partner: The same for its contact.
        prospect: Field of Pardot's API -> the value that Odoo gave it; every other field shows what
            was planted.
        findings: (column, code) of its field findings; only synced people have any.
        leader: For a merged prospect, the id of the one that it merged into.
    """

    prospect_id: str
    disposition: Outcome
    reason: str | None = None
    lead: Mapping[str, Any] | None = None
    partner: Mapping[str, Any] | None = None
    prospect: Mapping[str, Any] = field(default_factory=dict)
    findings: frozenset[Finding] = field(default_factory=frozenset)
    leader: str | None = None
    contact_existed: bool = False


@dataclass(frozen=True)
class Counts:
    """The counts of the sync's summary; zero counts are left out of the mappings."""

    prospects_read: int
    leads_created: int
    leads_updated: int
    unchanged: int
    merged: int
    quarantined: Mapping[str, int]
    archived: int
    contacts_created: int
    contacts_updated: int
    findings: Mapping[str, int]


class GroundTruth:
    """What a first initial sync must do, for everybody and in numbers."""

    def __init__(
        self,
        maker: PersonMaker,
        odoo: OdooSeed,
        size: int,
        groups: Mapping[int, tuple[int, ...]],
    ) -> None:
        self._groups = groups
        self._maker = maker
        self._odoo = odoo
        self._size = size

    @cached_property
    def counts(self) -> Counts:
        """The sync's numbers; takes one pass over everybody."""
        outcomes: Counter[Outcome] = Counter()
        reasons: Counter[str] = Counter()
        findings: Counter[str] = Counter()
        contacts: Counter[bool] = Counter()
        for person in self:
            outcomes[person.disposition] += 1
            if person.reason:
                reasons[person.reason] += 1
            if person.partner is not None:
                contacts[person.contact_existed] += 1
            findings.update(code for _, code in person.findings)
        return Counts(
            prospects_read=self._size,
            leads_created=outcomes[Outcome.CREATED],
            leads_updated=outcomes[Outcome.UPDATED],
            unchanged=0,
            merged=outcomes[Outcome.MERGED],
            quarantined=dict(sorted(reasons.items())),
            archived=outcomes[Outcome.ARCHIVED],
            contacts_created=contacts[False],
            contacts_updated=contacts[True],
            findings=dict(sorted(findings.items())),
        )

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[ExpectedPerson]:
        """Yield the expectation of everybody in order of id."""
        for number in range(self._size):
            yield self._expected(number)

    def expected(self, prospect_id: int | str) -> ExpectedPerson:
        """Return the expectation of one prospect.

        Raises:
            KeyError: Nobody has that id.
        """
        number = self._maker.number_of(int(prospect_id))
        if not 0 <= number < self._size or self._maker.prospect_id(number) != int(prospect_id):
            raise KeyError(prospect_id)
        return self._expected(number)

    def _expected(self, number: int) -> ExpectedPerson:
        planted = self._maker.make(number)
        prospect_id = str(planted.row["id"])
        if planted.truth.is_deleted:
            return ExpectedPerson(prospect_id, Outcome.ARCHIVED)
        if planted.truth.email_problem:
            return ExpectedPerson(
                prospect_id, Outcome.QUARANTINED, reason=planted.truth.email_problem
            )
        original = self._maker.identities.original_of(number)
        before = self._odoo.before(original, self._groups)
        if before is not None and before.kind in AMBIGUOUS:
            return ExpectedPerson(prospect_id, Outcome.QUARANTINED, reason=IDENTITY_AMBIGUOUS)
        members = self._groups.get(original, (number,))
        if len(members) > 1:
            leader = leader_of({n: self._maker.make(n) for n in members})
            if leader is not None and leader != number:
                return ExpectedPerson(
                    prospect_id, Outcome.MERGED, leader=str(self._maker.prospect_id(leader))
                )
        leads = before.leads if before else ()
        partners = before.partners if before else ()
        before_lead, before_partner = (found[0] if found else {} for found in (leads, partners))
        lead = _lead(planted, before_lead, before_partner)
        return ExpectedPerson(
            prospect_id,
            Outcome.UPDATED if leads else Outcome.CREATED,
            lead=lead,
            partner=_partner(planted, before_lead, before_partner),
            prospect=_prospect(planted, lead),
            findings=planted.truth.findings,
            contact_existed=bool(partners),
        )


def _lead(
    planted: PlantedProspect, lead: Mapping[str, Any], partner: Mapping[str, Any]
) -> dict[str, Any]:
    values = {**planted.truth.values, "industry": planted.truth.values["industry_raw"]}
    merged = {column: lead.get(column) or values[column] for column in _LEAD}
    merged |= _person(planted, lead, partner)
    # Made of what Pardot shows in the end, unless the lead has a title already.
    made = " – ".join(part for part in (merged["full_name"], merged["company"]) if part)
    merged["lead_title"] = lead.get("lead_title") or made
    return merged | {column: values[column] for column in _PARDOTS_OWN_LEAD}


def _partner(
    planted: PlantedProspect, lead: Mapping[str, Any], partner: Mapping[str, Any]
) -> dict[str, Any]:
    values = planted.truth.values
    merged = {column: partner.get(column) or values[column] for column in _PARTNER}
    merged |= _person(planted, lead, partner)
    return merged | {column: values[column] for column in _PARDOTS_OWN_PARTNER}


def _prospect(planted: PlantedProspect, lead: Mapping[str, Any]) -> dict[str, Any]:
    """What Pardot is told: the lead says what the contact says, and has all that is told."""
    values = planted.truth.values
    told = {
        field: lead[column] for column, field in _TOLD.items() if lead[column] != values[column]
    }
    if lead["full_name"] != values["full_name"]:
        first, _, last = lead["full_name"].rpartition(" ")
        told |= {"firstName": first or None, "lastName": last or None}
    return told


def _person(
    planted: PlantedProspect, lead: Mapping[str, Any], partner: Mapping[str, Any]
) -> dict[str, Any]:
    """What lead and contact say alike: the contact's value, else the lead's, else Pardot's."""
    values = planted.truth.values
    return {column: partner.get(column) or lead.get(column) or values[column] for column in _SHARED}


__all__ = ["Counts", "ExpectedPerson", "GroundTruth", "Outcome"]
