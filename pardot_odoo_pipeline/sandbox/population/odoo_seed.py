"""What lives in Odoo before the first sync: people met elsewhere, some of them prospects too.

A record that shares a prospect's e-mail has each field blank, the same, or another value. It has
another value only where Pardot has one too, and no other telephone number: what Odoo's own
inverse fields would make of those is not a question of synchronisation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.sandbox.population import rates
from pardot_odoo_pipeline.sandbox.population.companies import pick_company
from pardot_odoo_pipeline.sandbox.population.person import PersonMaker
from pardot_odoo_pipeline.sandbox.population.planted import Truth
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw, Stream

Columns = dict[str, Any]


class SeedKind(StrEnum):
    """How Odoo knows an e-mail address already."""

    CONTACT = "contact"
    LEAD = "lead"
    LEAD_AND_CONTACT = "lead_and_contact"
    TWO_LEADS = "two_leads"
    TWO_CONTACTS = "two_contacts"


AMBIGUOUS = frozenset({SeedKind.TWO_LEADS, SeedKind.TWO_CONTACTS})

_KINDS = (
    (rates.ODOO_CONTACT, SeedKind.CONTACT),
    (rates.ODOO_LEAD, SeedKind.LEAD),
    (rates.ODOO_LEAD_AND_CONTACT, SeedKind.LEAD_AND_CONTACT),
    (rates.ODOO_TWO_LEADS, SeedKind.TWO_LEADS),
    (rates.ODOO_TWO_CONTACTS, SeedKind.TWO_CONTACTS),
)
_WHEEL = tuple(kind for rate, kind in _KINDS for _ in range(rate))

_PROFILE = ("job_title", "company", "phone", "street", "street2", "city", "zip", "website")
_DIFFERENT = {
    "job_title": ("Owner", "Prokurist", "Head of Procurement"),
    "company": ("Old Quay Trading Ltd", "Seeblick Handel GmbH"),
    "street": ("1 Former Street", "Alte Gasse 7"),
    "city": ("Oldtown", "Altstadt"),
    "website": ("http://old-quay.example", "https://seeblick.example"),
}

# normalised column -> Odoo field, where they differ
_LEAD_FIELDS = {
    "email": "email_from",
    "full_name": "contact_name",
    "lead_title": "name",
    "job_title": "function",
    "company": "partner_name",
    "comments": "description",
    "country": "country_code",
    "state": "state_code",
}
_PARTNER_FIELDS = {
    "full_name": "name",
    "job_title": "function",
    "company": "company_name",
    "country": "country_code",
    "state": "state_code",
}


@dataclass(frozen=True, slots=True)
class OdooBefore:
    """What Odoo holds about one e-mail address, in normalised columns; blank ones are absent."""

    kind: SeedKind
    leads: tuple[Columns, ...]
    partners: tuple[Columns, ...]


class OdooSeed:
    """The records in Odoo before the first sync."""

    def __init__(self, seed: int, maker: PersonMaker) -> None:
        self._maker = maker
        self._kinds = Stream(seed, "odoo", 1)
        self._values = Stream(seed, "odoo values", 64)
        self._others = Stream(seed, "odoo others", 4)

    def before(self, number: int, groups: Mapping[int, tuple[int, ...]]) -> OdooBefore | None:
        """Return what Odoo holds about the e-mail of the group that person `number` began."""
        chosen = self._kinds.at(number)() % ONE_HUNDRED_PERCENT
        if chosen >= len(_WHEEL) or self._maker.identities.original_of(number) != number:
            return None
        kind = _WHEEL[chosen]
        if number in groups and kind not in AMBIGUOUS:
            return None  # which record's values a field must equal would depend on the leader
        truth = self._maker.make(number).truth
        if truth.email_problem or not (truth.values["email_key"] or "").isascii():
            return None
        draw = self._values.at(number)
        match kind:
            case SeedKind.CONTACT:
                return OdooBefore(kind, (), (_contact(truth, draw),))
            case SeedKind.LEAD:
                return OdooBefore(kind, (_lead(truth, draw, number),), ())
            case SeedKind.LEAD_AND_CONTACT:
                # What a lead leaves out Odoo takes from its contact, so both say the same.
                shared = _shared(truth, draw)
                lead = {**shared, **_lead_only(draw, number)}
                return OdooBefore(kind, (lead,), ({**shared, **_contact_only(truth, draw)},))
            case SeedKind.TWO_LEADS:
                twins = (_lead(truth, draw, number), _lead(truth, draw, number + 1))
                return OdooBefore(kind, twins, ())
            case SeedKind.TWO_CONTACTS:
                return OdooBefore(kind, (), (_contact(truth, draw), _contact(truth, draw)))

    def records(self, size: int, groups: Mapping[int, tuple[int, ...]]) -> Iterator[Columns]:
        """Yield the records to create, those referred to before those that refer."""
        for number in range(size):
            yield from self._strangers(number)
            before = self.before(number, groups)
            if before is None:
                continue
            for position, columns in enumerate(before.partners):
                values = {_PARTNER_FIELDS.get(c, c): v for c, v in columns.items()}
                yield _record("res.partner", f"contact_{number}_{position}", values)
            for position, columns in enumerate(before.leads):
                values = {_LEAD_FIELDS.get(c, c): v for c, v in columns.items()}
                if "description" in values:
                    values["description"] = f"<p>{values['description']}</p>"
                if before.partners:
                    values["partner_id"] = {"ref": f"contact_{number}_0"}
                yield _record("crm.lead", f"lead_{number}_{position}", {"type": "lead", **values})

    def _strangers(self, number: int) -> Iterator[Columns]:
        draw = self._others.at(number)
        chosen = draw() % ONE_HUNDRED_PERCENT
        if chosen < rates.ODOO_COMPANY:
            values = {
                "name": pick_company("GB", "en", draw),
                "is_company": True,
                "email": f"info.{number}@old-office.example",
                "country_code": "GB",
            }
            yield _record("res.partner", f"company_{number}", values)
        elif chosen < rates.ODOO_COMPANY + rates.ODOO_STRANGER:
            values = {
                "name": f"Walk-in visitor {number}",
                "email": f"visitor.{number}@walk.example",
            }
            yield _record("res.partner", f"stranger_{number}", values)


def _contact(truth: Truth, draw: Draw) -> Columns:
    return {**_shared(truth, draw), **_contact_only(truth, draw)}


def _lead(truth: Truth, draw: Draw, number: int) -> Columns:
    return {**_shared(truth, draw), **_lead_only(draw, number)}


def _contact_only(truth: Truth, draw: Draw) -> Columns:
    last = truth.values["last_name"]
    if draw() % ONE_HUNDRED_PERCENT < rates.ODOO_FIELD_DIFFERENT and last:
        return {"full_name": f"{last} (contact)"}
    return {}


def _lead_only(draw: Draw, number: int) -> Columns:
    columns: Columns = {"lead_title": f"Enquiry {number} by telephone"}
    if draw() % ONE_HUNDRED_PERCENT < rates.ODOO_FIELD_DIFFERENT:
        columns["comments"] = "Called in May."
    return columns


def _shared(truth: Truth, draw: Draw) -> Columns:
    values = truth.values
    key: str = values["email_key"]
    columns: Columns = {
        "email": key if draw() % 2 else key.capitalize(),
        "full_name": values["full_name"],
    }
    for column in _PROFILE:
        value, choice = values[column], draw()
        if value is None or choice % ONE_HUNDRED_PERCENT < rates.ODOO_FIELD_BLANK:
            continue
        if column == "phone" and ("phone", "phone_unparsable") in truth.findings:
            continue
        choice //= ONE_HUNDRED_PERCENT
        others = _DIFFERENT.get(column)
        if others and choice % ONE_HUNDRED_PERCENT < rates.ODOO_FIELD_DIFFERENT:
            value = others[choice % len(others)]
        columns[column] = value
    if values["country"] and draw() % ONE_HUNDRED_PERCENT >= rates.ODOO_FIELD_BLANK:
        columns["country"] = values["country"]
        if values["state"]:
            columns["state"] = values["state"]
    return columns


def _record(model: str, ref: str, values: Columns) -> Columns:
    return {"model": model, "ref": ref, "values": values}


__all__ = ["AMBIGUOUS", "OdooBefore", "OdooSeed", "SeedKind"]
