"""What the ledger remembers of the people of a batch.

What lives here: the look-ups that planning begins with. What does not: the decisions made on them.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.batches import IdsScope
from pardot_odoo_pipeline.ledger.store import claims, conflicts, links, operations
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState, Remembered
from pardot_odoo_pipeline.merge.leaders import Person
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.person_memory import CREATED, PersonMemory

__all__ = ["Memory"]

_NOTHING = Remembered({})


@dataclass(frozen=True)
class Memory:
    """What the ledger remembers of the people of this batch.

    Attributes:
        links: By prospect id.
        leaders: Match key to the prospect that speaks for it.
        former: Match key to the prospect that spoke for it until it went to the recycle bin.
        moved: Claims on addresses whose holder has another one by now.
        orphans: People outside the batch whose leader is in it and no longer speaks for them.
        merged: Prospect to the one with whose contact a person merged theirs in Odoo.
        outside: Leaders of the addresses of those whom others were merged into, as stored.
        sent: Prospect id to cell to hash: what was sent and whose outcome was never stored.
        wishes: Prospect id to source to the cell and the value that a person wants back.
    """

    links: dict[str, Link]
    leaders: dict[str, str] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    moved: list[Claim] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)
    outside: dict[str, str] = field(default_factory=dict)
    sent: dict[str, dict[str, str]] = field(default_factory=dict)
    wishes: dict[str, dict[str, tuple[str, Any]]] = field(default_factory=dict)

    @classmethod
    def recall(cls, batch: RunningBatch, people: Mapping[str, Person | None]) -> Memory:
        """Look people up; those in the recycle bin (None) claim no address."""
        hash_of = batch.ports.lookup_key.hash
        now_at = {pid: hash_of(person.email_key) for pid, person in people.items() if person}
        keys = {now_at[pid]: person.email_key for pid, person in people.items() if person}
        with batch.ports.ledger.read() as connection:
            memory = cls(links.by_prospects(connection, [*people, *batch.gone]))
            held = {
                value: holder.prospect_id
                for (_, value), holder in claims.holders(
                    connection, [Claim(ClaimKind.EMAIL, value, "") for value in keys]
                ).items()
                if holder.expires_at is None
            }
            holders = links.by_prospects(connection, held.values())
            gone = {pid for pid, person in people.items() if person is None} | set(batch.gone)
            memory._recall_merged(connection, {**holders, **memory.links}, gone)
            without = [value for value, who in held.items() if not _has_lead(holders.get(who))]
            before = links.by_email_hashes(connection, without)
            left = [pid for pid, link in memory.links.items() if _left(link, now_at.get(pid))]
            following = links.by_leaders(connection, left)
            for operation in operations.unresolved(connection):
                if operation.system == "odoo" and operation.prospect_id in people:
                    sent = operation.field_hashes or {CREATED: operation.kind}
                    memory.sent.setdefault(operation.prospect_id, {}).update(sent)
            memory.wishes.update(_wishes(batch, connection))
        for value, holder in held.items():
            link = holders.get(holder)
            if (holder in people and people[holder] is None) or _is_archived(link):
                memory.former[keys[value]] = holder
            elif now_at.get(holder, link.email_hash if link else value) != value:
                memory.moved.append(Claim(ClaimKind.EMAIL, value, holder))
            else:
                memory.leaders[keys[value]] = holder
                # An attempt that was killed had handed the address over, and nothing more.
                for link in before.get(value, ()):
                    if link.leads and _has_lead(link) and _is_archived(link):
                        memory.former[keys[value]] = link.prospect_id
        members = {link.prospect_id for group in following.values() for link in group}
        # Whoever is gone was looked for in this batch, and is looked for once more by a retry.
        memory.orphans.extend(sorted(members - set(people) - set(batch.gone)))
        return memory

    def _recall_merged(
        self, connection: sa.Connection, known: dict[str, Link], gone: Container[str]
    ) -> None:
        """Who follows another since a person merged both in Odoo, as long as that one lives."""
        new = known
        while new:
            into = {
                pid: link.merged_into
                for pid, link in new.items()
                if link.merged_into is not None and pid not in gone
            }
            wanted = {pid for pid in into.values() if pid not in known}
            there = links.by_prospects(connection, wanted) if wanted else {}
            # Whose leader it is stands in its link, and may have been merged itself.
            leaders = {link.leader_prospect_id or pid for pid, link in there.items()}
            beyond = leaders - known.keys() - there.keys()
            new = there | (links.by_prospects(connection, beyond) if beyond else {})
            known |= new
            self.merged.update(
                (pid, leader)
                for pid, leader in into.items()
                if leader in known
                and leader not in gone
                and (known[leader].state is LinkState.ACTIVE or leader in self.links)
            )
        self.outside.update(
            (pid, link.leader_prospect_id)
            for pid, link in known.items()
            if pid not in self.links and link.leader_prospect_id is not None
        )

    def of(self, batch: RunningBatch, prospect_ids: Sequence[str]) -> dict[str, PersonMemory]:
        """What is known of a few people; values, so few at a time."""
        with batch.ports.ledger.read() as connection:
            stored = links.remembered(connection, prospect_ids)
            following = links.by_leaders(connection, prospect_ids)
        return {
            prospect_id: PersonMemory(
                self.links.get(prospect_id),
                stored.get(prospect_id, _NOTHING),
                self.sent.get(prospect_id, {}),
                self.wishes.get(prospect_id, {}),
                tuple(
                    link
                    for link in following.get(prospect_id, ())
                    if link.prospect_id != prospect_id and link.state is LinkState.ACTIVE
                ),
            )
            for prospect_id in prospect_ids
        }


def _wishes(
    batch: RunningBatch, connection: sa.Connection
) -> dict[str, dict[str, tuple[str, Any]]]:
    """The values that a person wants back, from the conflicts that the batch names."""
    wanted = batch.scope.restores if isinstance(batch.scope, IdsScope) else ()
    if not wanted:
        return {}
    source_of = {
        key: source for source, keys in batch.ports.mapping.sources().items() for key in keys
    }
    wishes: dict[str, dict[str, tuple[str, Any]]] = {}
    for conflict in conflicts.by_ids(connection, wanted):
        source = source_of.get(conflict.field)
        if source is not None:
            chosen = wishes.setdefault(conflict.prospect_id, {})
            chosen[source] = (conflict.field, conflict.lost)
    return wishes


def _has_lead(link: Link | None) -> bool:
    return link is not None and link.lead_id is not None


def _is_archived(link: Link | None) -> bool:
    return link is not None and link.state is not LinkState.ACTIVE


def _left(link: Link, hash_now: str | None) -> bool:
    """Whether a leader is on its way to the recycle bin (no hash), or to another address."""
    return link.leads and link.state is LinkState.ACTIVE and link.email_hash != hash_now
