"""Notes on records whose tag was put back: why, and where to change it instead.

What lives here: the words, and that each is written once. What does not: the call
(`odoo.tagged_records`).
"""

from __future__ import annotations

from collections.abc import Mapping

from pardot_odoo_pipeline.ledger.store import batches, list_tags
from pardot_odoo_pipeline.ledger.store.list_tags import TagEdit
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.odoo.tagged_records import Note, write_notes
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["note_text", "write_due_notes"]

_AT_A_TIME = 1000

_REASONS = {
    "pardot_decides": "It shows who is on the list in Pardot. Change it there, or have the list "
    "marked two_way in the rules file.",
    "refused_by_pardot": "Pardot refused the change of the list.",
    "opted_out": "The person opted out of this list, which only the person can undo.",
}


def note_text(edit: TagEdit, name: str) -> str:
    """What the note on the record says."""
    act = "given and was taken off again" if edit.edit == "added" else "taken off and is back"
    return f'The tag "{name}" was {act}. {_REASONS.get(edit.rule, _REASONS["pardot_decides"])}'


def write_due_notes(batch: RunningBatch, lists: Mapping[int, PardotList]) -> int:
    """Write what is due, of earlier batches too; how many there were.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    ports, written = batch.ports, 0
    while True:
        with ports.ledger.read() as connection:
            due = list_tags.edits_to_note(connection, _AT_A_TIME)
        if not due:
            return written
        write_notes(ports.odoo, [_note(edit, lists) for edit in due])
        now = ports.clock.now()
        with ports.ledger.write() as connection:
            batches.heartbeat(connection, batch.row, now=now)
            list_tags.noted(connection, [edit.id for edit in due], now=now)
        written += len(due)


def _note(edit: TagEdit, lists: Mapping[int, PardotList]) -> Note:
    one = lists.get(edit.tag.list_id)
    key = f"<list-tag-edit-{edit.id}-{edit.tag.record_id}@pardot-odoo-pipeline>"
    text = note_text(edit, one.name if one else f"List {edit.tag.list_id}")
    return Note(edit.tag.model, edit.tag.record_id, key, text)
