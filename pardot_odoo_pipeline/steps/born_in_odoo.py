"""Leads and contacts that were made in Odoo, on their way to becoming prospects.

What lives here: who of them may, and the wishes for Pardot. What does not: the writing, and the
link: a new prospect is read back like any other, found to have the record's e-mail address, and
linked and marked by the same steps.

There is never a second prospect for an address that the ledger or Pardot knows. The recycle bin
counts: who was deleted there is not to come back by a side door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.mapping.emails import email_key, is_valid_email, trim_email
from pardot_odoo_pipeline.mapping.rules import Direction
from pardot_odoo_pipeline.odoo.errors import OdooBadValue, OdooUserError
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.pardot.prospect_results import ProspectWrite
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.lifecycle_lookups import wrong_rule

__all__ = ["Births", "Born", "NoBirth", "births"]

_EMAIL = {LEAD: "email_from", PARTNER: "email"}
_NOT_TOLD = frozenset({"id", "email", "lead_title"})


class NoBirth(StrEnum):
    """Why a record does not become a prospect."""

    NOT_WANTED = "not_wanted"
    NO_VALID_EMAIL = "no_valid_email"
    SAME_ADDRESS = "same_address"
    KNOWN = "known"
    IN_RECYCLE_BIN = "in_recycle_bin"


@dataclass(frozen=True)
class Born:
    """A record without a prospect: ``values`` as Odoo holds them, a many2one as its id."""

    model: str
    record_id: int
    values: Mapping[str, Any] = field(repr=False)

    @property
    def key(self) -> str:
        """Its name in the wishes."""
        return f"{self.model},{self.record_id}"

    @property
    def email(self) -> str | None:
        """Its address as typed."""
        return trim_email(self.values.get(_EMAIL[self.model]) or None)


@dataclass(frozen=True)
class Births:
    """Who becomes a prospect.

    Attributes:
        writes: Wishes, the record as their key.
        known: Prospects who have one of the addresses and no record of that kind yet: read in a
            batch of their own they are linked, like those that the wishes bring about.
        refused: Why others stay what they are, with how many.
    """

    writes: tuple[ProspectWrite, ...] = ()
    known: tuple[str, ...] = ()
    refused: Mapping[NoBirth, int] = field(default_factory=dict)


def births(ports: Ports, records: Sequence[Born]) -> Births:
    """Decide who of these becomes a prospect.

    One call to Odoo for each model, and one to Pardot for every address that is left then.

    Args:
        ports: What the batch may touch.
        records: Records that changed and have no prospect.

    Raises:
        ConfigurationError: A domain or the consent field of the rules does not fit this Odoo.
        PipelineError: A system refuses or does not answer.
    """
    rules = ports.rules.automation.born_in_odoo
    if not rules.active:
        return Births()
    refused: Counter[NoBirth] = Counter()
    wanted = {key: one for model in (LEAD, PARTNER) for key, one in _wanted(ports, model, records)}
    refused[NoBirth.NOT_WANTED] = len(records) - len(wanted)
    by_key = _by_address(wanted.values(), refused)
    unknown, known = _unknown_to_ledger(ports, by_key, refused)
    writes: list[ProspectWrite] = []
    for one in unknown:
        held = _holders(ports, one.email or "")
        if any(not row.get("isDeleted") for row in held):
            refused[NoBirth.KNOWN] += 1
            known.extend(str(row["id"]) for row in held if not row.get("isDeleted"))
        elif held:
            refused[NoBirth.IN_RECYCLE_BIN] += 1
        else:
            writes.append(ProspectWrite(one.key, None, _values(ports, one), email=one.email))
    told = {why: count for why, count in refused.items() if count}
    return Births(tuple(writes), tuple(dict.fromkeys(known)), told)


def _wanted(ports: Ports, model: str, records: Iterable[Born]) -> Iterator[tuple[str, Born]]:
    """Those that the rules want, and whom Odoo does not forbid to be written to."""
    rules = ports.rules.automation.born_in_odoo
    is_lead = model == LEAD
    some = {one.record_id: one for one in records if one.model == model}
    if not some or not (rules.leads if is_lead else rules.contacts):
        return
    own = rules.lead_domain if is_lead else rules.contact_domain
    domain: list[Any] = [
        ("id", "in", sorted(some)),
        ("x_pardot_prospect_id", "=", False),
        ("is_blacklisted", "=", False),
    ]
    domain += [] if is_lead else [("is_company", "=", False)]
    domain += [(rules.consent_field, "=", True)] if rules.consent_field else []
    try:
        found = ports.odoo.search(model, [*domain, *own])
    except (OdooBadValue, OdooUserError):
        place = f"automation.born_in_odoo ({model})"
        raise wrong_rule(
            place, "Odoo refuses the domain or the consent field", "Try the domain in Odoo"
        ) from None
    for record_id in sorted(found):
        yield some[record_id].key, some[record_id]


def _by_address(records: Iterable[Born], refused: Counter[NoBirth]) -> dict[str, Born]:
    """One record for each valid address: a lead before its contact, the older before the newer."""
    found: dict[str, Born] = {}
    for one in records:
        key = email_key(one.email)
        if one.email is None or key is None or not is_valid_email(one.email):
            refused[NoBirth.NO_VALID_EMAIL] += 1
        elif key in found:
            refused[NoBirth.SAME_ADDRESS] += 1
        else:
            found[key] = one
    return found


def _unknown_to_ledger(
    ports: Ports, by_key: Mapping[str, Born], refused: Counter[NoBirth]
) -> tuple[list[Born], list[str]]:
    hash_of = {key: ports.lookup_key.hash(key) for key in by_key}
    with ports.ledger.read() as connection:
        held = links.by_email_hashes(connection, hash_of.values())
    unknown: list[Born] = []
    known: list[str] = []
    for key, one in by_key.items():
        holders = held.get(hash_of[key], [])
        if not holders:
            unknown.append(one)
            continue
        refused[NoBirth.KNOWN] += 1
        known.extend(link.prospect_id for link in holders if _is_free(link, one.model))
    return unknown, known


def _is_free(link: Link, model: str) -> bool:
    linked = link.lead_id if model == LEAD else link.partner_id
    return link.state is LinkState.ACTIVE and link.leads and linked is None


def _holders(ports: Ports, email: str) -> list[dict[str, Any]]:
    """The prospects who have an address, those in the recycle bin included."""
    filters = {"email": email, "deleted": "all"}
    return ports.pardot.query("prospects", ("id", "isDeleted"), filters=filters).rows


def _values(ports: Ports, one: Born) -> dict[str, Any]:
    """What the new prospect shows: every filled field of the record that flows to Pardot."""
    mapping = ports.mapping
    values: dict[str, Any] = {}
    for source, cells in mapping.sources().items():
        if source in _NOT_TOLD or mapping.policy(source).direction is Direction.TO_ODOO:
            continue
        for key in cells:
            model, _, name = key.partition("/")
            if model != one.model or name.startswith("x_pardot_") or name not in one.values:
                continue
            value = one.values[name]
            if not mapping.is_unset(key, value):
                told = mapping.to_pardot(key, value, {one.model: one.values})
                values |= {field: words for field, words in told.items() if words is not None}
                break
    values.pop("email", None)
    return values
