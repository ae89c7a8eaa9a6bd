"""People for the tests of loaders: each prospect number is used once in all runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    PersonLoader,
    PersonResult,
    PersonWrite,
    RecordWrite,
)

CONTEXT = {"lang": "en_US", "tracking_disable": True}
READ_BACK = {
    LEAD: ["name", "email_from", "phone", "city", "partner_id", "description", "x_pardot_score"],
    PARTNER: ["name", "email", "phone"],
}
_NUMBERS = itertools.count(time.time_ns() // 1_000_000)
PHONE = "+49 30 901820"


@dataclass(frozen=True)
class Prospect:
    """One made-up person, and the wishes for it."""

    number: int

    @classmethod
    def new(cls) -> Prospect:
        return cls(next(_NUMBERS))

    @property
    def email(self) -> str:
        return f"p{self.number}@example.com"

    def partner(self, **values: Any) -> RecordWrite:
        made = {
            "name": f"Person {self.number}",
            "email": self.email,
            "phone": PHONE,
            "x_pardot_prospect_id": str(self.number),
        }
        return RecordWrite(f"partner_{self.number}", None, made | values)

    def lead(self, **values: Any) -> RecordWrite:
        made = {
            "name": f"Person {self.number}",
            "type": "lead",
            "user_id": False,
            "email_from": self.email,
            "phone": PHONE,
            "x_pardot_prospect_id": str(self.number),
            "x_pardot_score": 7,
        }
        return RecordWrite(f"lead_{self.number}", None, made | values)

    def create(self) -> PersonWrite:
        return PersonWrite(str(self.number), self.partner(), self.lead())

    def update(
        self,
        made: PersonResult,
        values: dict[str, Any],
        expected: dict[str, Any] | None = None,
        *,
        with_partner: bool = True,
    ) -> PersonWrite:
        """A wish for the lead; the contact is named so that it is known to be this person's."""
        partner = None
        if with_partner and made.partner:
            partner = replace(self.partner(), record_id=made.partner.record_id, values={})
        lead = RecordWrite(f"lead_{self.number}", made.lead.record_id, values, expected)
        return PersonWrite(str(self.number), partner, lead)


def apply(loader: PersonLoader, *writes: PersonWrite) -> list[PersonResult]:
    return loader.apply(writes, read_back=READ_BACK, context=CONTEXT)


def create(loader: PersonLoader, count: int = 1) -> list[tuple[Prospect, PersonResult]]:
    people = [Prospect.new() for _ in range(count)]
    results = apply(loader, *(person.create() for person in people))
    assert all(r.error is None for r in results), results
    return list(zip(people, results, strict=True))


def count_of(admin: OdooClient, people: Sequence[Prospect]) -> tuple[int, int]:
    """How many leads and contacts Odoo has of these people."""
    emails = [person.email for person in people]
    return (
        admin.search_count(LEAD, [["email_from", "in", emails]]),
        admin.search_count(PARTNER, [["email", "in", emails]]),
    )
