"""What the steps of activities and lists tell the audit.

What lives here: their writes as rows of the audit. What does not: those of people (`auditing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.ledger.store.list_tags import RecordTag
from pardot_odoo_pipeline.merge.activities import Entry
from pardot_odoo_pipeline.merge.activity_texts import text_of
from pardot_odoo_pipeline.odoo.activities import EntryResult
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER, PersonResult, PersonWrite, RecordStatus
from pardot_odoo_pipeline.schemas.memberships_plan import TagAction
from pardot_odoo_pipeline.schemas.memberships_results import TagResult
from pardot_odoo_pipeline.steps.auditing import (
    ODOO,
    PARDOT,
    PROSPECT,
    Columns,
    as_json,
    note_sent,
)
from pardot_odoo_pipeline.steps.batch import RunningBatch

__all__ = ["note_history", "note_numbers", "note_tags"]

_MESSAGE = "mail.message"
_ACTIVITIES = f"{PARDOT}/visitor-activities"
_BY_ACTIVITIES = "activities"
_TO_ODOO = {TagAction.GIVE.value: "member", TagAction.TAKE.value: None}
_TO_PARDOT = {TagAction.JOIN.value: "member", TagAction.LEAVE.value: None}


def note_history(
    batch: RunningBatch, entries: Sequence[Entry], answers: Mapping[str, EntryResult]
) -> None:
    """Entries in the history of leads: made, or told anew because their count grew."""
    values, transfers = Columns(), Columns()
    for entry in entries:
        answer = answers.get(entry.id)
        message = answer.message_id if answer else entry.message_id
        outcome = answer.status.value if answer else "written"
        field = f"activity {entry.kind}"
        note_sent(transfers, entry.prospect_id, _MESSAGE, message, [field], outcome)
        if message is not None:
            values.add(
                prospect_id=entry.prospect_id,
                record_id=message,
                fields=field,
                new=as_json({field: text_of(entry)}),
            )
    about = {"model": _MESSAGE, "sources": _ACTIVITIES, "rules": _BY_ACTIVITIES}
    batch.ports.audit.values({**values, "system": ODOO, **about}, values.size)
    batch.ports.audit.transfers({**transfers, "source": PARDOT, "system": ODOO}, transfers.size)


def note_numbers(
    batch: RunningBatch, writes: Sequence[PersonWrite], results: Sequence[PersonResult]
) -> None:
    """Figures of what people did, on their leads and contacts."""
    values, transfers = Columns(), Columns()
    for write, result in zip(writes, results, strict=True):
        prospect_id = write.key.rpartition("/")[2]
        for model, wish, record in (
            (LEAD, write.lead, result.lead),
            (PARTNER, write.partner, result.partner),
        ):
            if wish is None:
                continue
            outcome = "refused" if record is None else record.status.value
            note_sent(transfers, prospect_id, model, wish.record_id, wish.values, outcome)
            if record is not None and record.status is RecordStatus.WRITTEN:
                values.add(
                    prospect_id=prospect_id,
                    model=model,
                    record_id=wish.record_id,
                    fields=",".join(wish.values),
                    sources=",".join([_ACTIVITIES] * len(wish.values)),
                    rules=",".join([_BY_ACTIVITIES] * len(wish.values)),
                    new=as_json(wish.values),
                )
    batch.ports.audit.values({**values, "system": ODOO}, values.size)
    batch.ports.audit.transfers({**transfers, "source": PARDOT, "system": ODOO}, transfers.size)


def note_tags(
    batch: RunningBatch,
    entries: Mapping[RecordTag, Mapping[str, Any]],
    results: Mapping[RecordTag, TagResult],
    codes: Mapping[RecordTag, str],
) -> None:
    """Tags given and taken in Odoo, lists joined and left in Pardot."""
    values, transfers = Columns(), Columns()
    for tag, row in entries.items():
        action, who, field = row["action"], row["prospect_id"], f"list {tag.list_id}"
        if action in _TO_ODOO:
            done = results.get(tag, TagResult.DONE) is TagResult.DONE
            source, system, model, record = PARDOT, ODOO, tag.model, tag.record_id
            new = _TO_ODOO[action]
        elif action in _TO_PARDOT:
            done = tag not in codes
            source, system, model, record = ODOO, PARDOT, PROSPECT, int(who)
            new = _TO_PARDOT[action]
        else:
            continue
        transfers.add(source=source, system=system)
        note_sent(transfers, who, model, record, [field], "written" if done else "refused")
        if done:
            values.add(
                prospect_id=who,
                system=system,
                model=model,
                record_id=record,
                fields=field,
                sources=source,
                old=as_json({field: None if new else "member"}),
                new=as_json({field: new}),
            )
    batch.ports.audit.values({**values, "rules": "lists"}, values.size)
    batch.ports.audit.transfers(dict(transfers), transfers.size)
