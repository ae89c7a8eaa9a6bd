"""Our own work, found again by a ledger that has forgotten it.

What lives here: what a restored or rebuilt ledger can tell of what was written before it was lost.
What does not: whether it is still catching up (`operations.restart`).

A ledger of yesterday holds the agreed values of yesterday: what was brought over since looks as if
people had edited both sides. Odoo tells who wrote a record last. Where that was the pipeline, it
had seen what the record showed and had brought it to Pardot, so the value there is an agreed one;
where Pardot shows another one by now, that is the newer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pardot_odoo_pipeline.mapping.rules import Direction
from pardot_odoo_pipeline.merge.cells import AgreedPair
from pardot_odoo_pipeline.merge.leaders import Person
from pardot_odoo_pipeline.merge.matching import Candidates, Match, OdooRecord
from pardot_odoo_pipeline.merge.people import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.changes import odoo_moment
from pardot_odoo_pipeline.odoo.consent import BlockChange
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["leaders_shown", "own_blocks", "own_writes_forgotten"]

_BEFORE_ODOO = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(hours=1)


def own_writes_forgotten(
    batch: RunningBatch,
    agreed: dict[str, AgreedPair],
    match: Match,
    desired: Mapping[str, Mapping[str, object]],
    pardot_changed: datetime | None,
) -> dict[str, AgreedPair]:
    """The pairs, with what Odoo shows by our own hand as agreed.

    Only values that could travel either way: those that the rules keep apart are no agreement.

    Args:
        batch: The batch.
        agreed: Pairs by cell.
        match: The records.
        desired: What each cell would show by Pardot, by model and field.
        pardot_changed: When the prospect changed last; nothing is newer there than a record that
            was written later.
    """
    if not batch.catching_up or pardot_changed is None:
        return agreed
    mapping = batch.ports.mapping
    for source, keys in mapping.sources().items():
        policy = mapping.policy(source)
        if policy.direction is not Direction.BOTH or not policy.invertible:
            continue
        for key in keys:
            model, _, name = key.partition("/")
            record = {LEAD: match.lead, PARTNER: match.partner}.get(model)
            if record is None or not _is_ours(batch, record, pardot_changed):
                continue
            if name not in record.values or name not in desired.get(model, {}):
                continue
            shown, pair = record.values[name], agreed.get(key)
            if pair is None:
                # Of a blank nobody knows whether it was ever anything else.
                known = not mapping.is_blank(key, desired[model][name])
                known = known and not mapping.is_unset(key, shown)
            else:
                known = not mapping.same(key, pair.odoo, shown)
            if known:
                agreed[key] = AgreedPair(shown, shown)
    return agreed


def _is_ours(batch: RunningBatch, record: OdooRecord, pardot_changed: datetime) -> bool:
    """Whether the pipeline was the last to write a record, and Pardot changed since."""
    ours = record.values.get("write_uid") == batch.ports.odoo.uid
    return ours and odoo_moment(record.values["write_date"]) <= pardot_changed


def own_blocks(batch: RunningBatch) -> list[str]:
    """Hashes of the addresses that the pipeline blocked in Odoo, asked for where forgotten."""
    if not batch.catching_up:
        return []
    ports = batch.ports
    until = batch.started_at + _CLOCKS_DIFFER
    changes = ports.blacklist.changes(_BEFORE_ODOO, until)
    return sorted(ports.lookup_key.hash(one.email_key) for one in changes if _is_own_block(one))


def _is_own_block(change: BlockChange) -> bool:
    return change.ours and change.blocked


def leaders_shown(
    batch: RunningBatch, people: Iterable[Person], stored: Mapping[str, str], leads: Candidates
) -> dict[str, str]:
    """Who speaks for an address, where only Odoo remembers it: the prospect that its lead names.

    Args:
        batch: The batch.
        people: The living, with their addresses.
        stored: Match key to leader, as far as the ledger knows.
        leads: The leads read.
    """
    if not batch.catching_up:
        return dict(stored)
    named: dict[str, list[str]] = {}
    for person in people:
        if person.email_key not in stored and leads.of_prospect(person.prospect_id):
            named.setdefault(person.email_key, []).append(person.prospect_id)
    return {**stored, **{key: who[0] for key, who in named.items() if len(who) == 1}}
