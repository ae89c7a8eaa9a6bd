"""The account of a set of batches: who was read, and what became of them.

What lives here: adding up what the ledger recorded. What does not: printing it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pardot_odoo_pipeline.batches import BatchKey, Lineage, lineage_of
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.store import batches

__all__ = ["Summary", "summarize"]

# Dispositions under the names of the report; what awaits another attempt is one line.
_NAMES = {
    "created": "leads_created",
    "updated": "leads_updated",
    "unchanged": "unchanged",
    "merged": "merged",
    "archived": "archived",
    "held": "held",
    "deferred": "deferred",
    "retrying": "retrying",
    "in_doubt": "retrying",
    "suspended": "retrying",
    "stale": "unchanged",
    "tombstoned": "archived",
}


@dataclass(frozen=True)
class Summary:
    """Totals over batches.

    Attributes:
        prospects_read: Rows read from Pardot.
        people: Report name to number of people.
        quarantined: Reason to number of people.
        findings: Code to number of findings.
        contacts_created: Contacts made.
        contacts_updated: Contacts written.
        prospects_updated: Prospects written in Pardot.
        conflicts: People of whom a rule overruled a value.
        unfinished: Batches that are not done.
    """

    prospects_read: int = 0
    people: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    contacts_created: int = 0
    contacts_updated: int = 0
    prospects_updated: int = 0
    conflicts: int = 0
    unfinished: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether every row read has an outcome, and every batch is done."""
        total = sum(self.people.values()) + sum(self.quarantined.values())
        return total == self.prospects_read and not self.unfinished

    def to_json(self) -> dict[str, Any]:
        """The report's JSON form."""
        return {
            "prospects_read": self.prospects_read,
            **{name: self.people.get(name, 0) for name in dict.fromkeys(_NAMES.values())},
            "quarantined": self.quarantined,
            "contacts_created": self.contacts_created,
            "contacts_updated": self.contacts_updated,
            "prospects_updated": self.prospects_updated,
            "conflicts": self.conflicts,
            "findings": self.findings,
        }


def summarize(ledger: Ledger, keys: Sequence[str]) -> Summary:
    """Add up what the ledger recorded of these batches."""
    with ledger.read() as connection:
        rows = [batches.get(connection, BatchKey.parse(key)) for key in keys]
    # The rows of a side lineage are activities or memberships, not people.
    done = [
        row.outcome or {}
        for row in rows
        if row.state.value == "done" and lineage_of(row.scope) is Lineage.PEOPLE
    ]
    people: Counter[str] = Counter()
    for outcome in done:
        for disposition, number in outcome["dispositions"].items():
            if disposition in _NAMES:
                people[_NAMES[disposition]] += number
    return Summary(
        prospects_read=sum(outcome["read"] for outcome in done),
        people=dict(people),
        quarantined=_added(outcome["quarantined"] for outcome in done),
        findings=_added(outcome["findings"] for outcome in done),
        contacts_created=sum(outcome["contacts_created"] for outcome in done),
        contacts_updated=sum(outcome["contacts_updated"] for outcome in done),
        # Batches of an earlier release did not count these.
        prospects_updated=sum(outcome.get("prospects_updated", 0) for outcome in done),
        conflicts=sum(outcome.get("conflicts", 0) for outcome in done),
        unfinished=tuple(str(row.key) for row in rows if row.state.value != "done"),
    )


def _added(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))
