"""Tags that people gave or took by hand in Odoo: finding them.

What lives here: which records are looked at, and how far that came. What does not: what becomes of
an edit (`merge.memberships`).

Odoo tells who was written, not what. So the tags of contacts written since the last time are held
against the tags that the ledger knows of; our own writes are among them and show no difference.
Contacts that nobody linked are left alone: a tag there says nothing about a prospect.

The cursor is a time of Odoo's own, the last one seen, so its clock need not be ours. A record's
time is the start of its transaction, which others may overtake: reading overlaps by more than the
longest transaction until our clock says that so much time has passed since the cursor moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pardot_odoo_pipeline.ledger.store import cursors, links, list_tags
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag
from pardot_odoo_pipeline.merge.memberships import TagState
from pardot_odoo_pipeline.odoo.tagged_records import ChangedRecords, TaggedRecord, latest_write
from pardot_odoo_pipeline.opening import OVERLAP
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["EditedTag", "begin", "edited_tags"]

_CURSORS = {PARTNER: "odoo_contact_tags", LEAD: "odoo_lead_tags"}
_LONGEST_TRANSACTION = OVERLAP
_SETTLED = "_settled"
EditedTag = tuple[RecordTag, TagState, str]
"""The tag, the three answers, and who leads the record."""


def begin(batch: RunningBatch, model: str) -> None:
    """Before the first tag is given: edits are looked for from here on."""
    name = _CURSORS[model]
    with batch.ports.ledger.read() as connection:
        if cursors.position(connection, name) is not None:
            return
    end = cursors.Position(latest_write(batch.ports.odoo, model))
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        cursors.advance(connection, name, expected=None, to=end, now=now, batch_key=batch.key)


def edited_tags(
    batch: RunningBatch, model: str, lists: Mapping[int, int]
) -> Iterator[list[EditedTag]]:
    """Tags that are not as the ledger knows them, in pages; once they are read, a cursor moves.

    Args:
        batch: The batch.
        model: Contacts or leads.
        lists: Tag in Odoo to list, of lists whose tags are kept in step.
    """
    name = _CURSORS[model]
    with batch.ports.ledger.read() as connection:
        standing = cursors.position(connection, name)
        settled = cursors.position(connection, name + _SETTLED)
        moved_at = cursors.moved_at(connection, name)
    if standing is None:
        return
    begin = standing.time
    if not standing.tie and (settled is None or settled.time < standing.time):
        begin -= _LONGEST_TRANSACTION
    changed = ChangedRecords(batch.ports.odoo, model, begin, standing.tie)
    for page in changed:
        yield _differing(batch, model, page, lists)
        _note(batch, name, standing, changed)
    _note(batch, name, standing, changed)
    quiet = moved_at is not None and batch.started_at - moved_at >= _LONGEST_TRANSACTION
    if name not in batch.cursors and quiet and (settled is None or settled < standing):
        batch.cursors[name + _SETTLED] = (settled, cursors.Position(standing.time))


def _note(
    batch: RunningBatch, name: str, standing: cursors.Position, changed: ChangedRecords
) -> None:
    end = cursors.Position(changed.reached, changed.reached_id)
    if end > standing:
        batch.cursors[name] = (standing, end)


def _differing(
    batch: RunningBatch, model: str, page: list[TaggedRecord], lists: Mapping[int, int]
) -> list[EditedTag]:
    carried = {
        RecordTag(model, lists[tag_id], record.record_id)
        for record in page
        for tag_id in record.tag_ids
        if tag_id in lists
    }
    kept_in_step = set(lists.values())
    ids = [record.record_id for record in page]
    with batch.ports.ledger.read() as connection:
        agreed = {
            tag for tag in list_tags.applied(connection, model, ids) if tag.list_id in kept_in_step
        }
        edited = sorted(carried ^ agreed)
        touched = {tag.record_id for tag in edited}
        wanted = list_tags.wanted(connection, model, touched)
        linked = (links.by_partner_ids if model == PARTNER else links.by_lead_ids)(
            connection, touched
        )
    leaders = {record_id: _leader(found) for record_id, found in linked.items()}
    return [
        (tag, TagState(tag in wanted, tag in agreed, tag in carried), leaders[tag.record_id])
        for tag in edited
        if tag.record_id in leaders
    ]


def _leader(found: list[links.Link]) -> str:
    return next((link for link in found if link.leads), found[0]).prospect_id
