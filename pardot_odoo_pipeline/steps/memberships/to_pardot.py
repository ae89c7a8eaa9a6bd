"""Tags that people gave or took in Odoo, as list memberships in Pardot.

What lives here: whom an edit puts on a list or takes off it, and what is remembered of that. What
does not: which edits go to Pardot (`merge.memberships`), and the calls (`pardot.prospect_writes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pardot_odoo_pipeline.ledger.store import batches, links, memberships
from pardot_odoo_pipeline.ledger.store.list_tags import RecordTag
from pardot_odoo_pipeline.merge.memberships import Membership
from pardot_odoo_pipeline.pardot.prospect_writes import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
    ProspectWriter,
    WritesInterrupted,
)
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["change_lists"]

_REFUSALS = {ProspectStatus.MISSING, ProspectStatus.BINNED, ProspectStatus.REFUSED}


@dataclass(frozen=True, slots=True)
class _Change:
    """One person, one list; whether to be on it."""

    tag: RecordTag
    prospect_id: str
    join: bool

    @property
    def key(self) -> str:
        return f"{self.prospect_id}:{self.tag.list_id}"

    @property
    def wish(self) -> ProspectWrite:
        this = (self.tag.list_id,)
        return ProspectWrite(
            self.key,
            int(self.prospect_id),
            {},
            add_to_lists=this if self.join else (),
            remove_from_lists=() if self.join else this,
        )


def change_lists(
    batch: RunningBatch, wishes: Mapping[RecordTag, tuple[bool, str]]
) -> dict[RecordTag, str]:
    """Change memberships in Pardot and remember them; doing it twice is harmless.

    A tag that was taken takes everybody behind the record off the list; one that was given puts its
    leader on it.

    Args:
        batch: The batch.
        wishes: Tag to whether to join, and the record's leader.

    Returns:
        The tags that Pardot refused, and with which code.

    Raises:
        WritesInterrupted: Pardot failed as a whole; what it did is remembered.
    """
    changes = _changes(batch, wishes)
    by_key = {change.key: change for change in changes}
    interrupted: WritesInterrupted | None = None
    # One change may serve two records, of which people made one later.
    wanted = [change.wish for change in by_key.values()]
    try:
        told: Sequence[ProspectResult] = ProspectWriter(batch.ports.pardot, read_back=()).apply(
            wanted
        )
    except WritesInterrupted as interruption:
        interrupted, told = interruption, interruption.done
    refused = {result.key: result for result in told if result.status in _REFUSALS}
    _remember(batch, [by_key[one.key] for one in told if one.key not in refused])
    if interrupted is not None:
        raise interrupted
    return {
        change.tag: refused[change.key].code or refused[change.key].status.value
        for change in changes
        if change.key in refused
    }


def _changes(batch: RunningBatch, wishes: Mapping[RecordTag, tuple[bool, str]]) -> list[_Change]:
    with batch.ports.ledger.read() as connection:
        groups = links.by_leaders(connection, {leader for _, leader in wishes.values()})
        people = [link.prospect_id for group in groups.values() for link in group]
        known = memberships.memberships_of(connection, people)
    changes: list[_Change] = []
    for tag, (join, leader) in wishes.items():
        group = [link.prospect_id for link in groups.get(leader, ())]
        on_it = [one for one in group if _is_on(known.get((one, tag.list_id)))]
        changes += [_Change(tag, one, join) for one in ([leader] if join else on_it)]
    return changes


def _is_on(one: Membership | None) -> bool:
    return one is not None and one.is_member


def _remember(batch: RunningBatch, done: Sequence[_Change]) -> None:
    """What was written is known from now on: a reading from before the write is older than it."""
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        known = memberships.memberships_of(connection, [one.prospect_id for one in done])
        new = [
            replace(
                known.get(
                    (one.prospect_id, one.tag.list_id),
                    Membership(one.prospect_id, one.tag.list_id, 0, one.join, False, now),
                ),
                is_member=one.join,
                version=now,
            )
            for one in done
        ]
        memberships.store_memberships(connection, new, batch_key=batch.key, now=now)
