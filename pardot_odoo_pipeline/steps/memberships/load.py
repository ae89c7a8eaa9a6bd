"""Step 4: carry the plan out: lists in Pardot, tags in Odoo, and a note where one was put back.

What lives here: the order of the writes, and what is stored after each. What does not: the calls
(`odoo.tagged_records`, `pardot.prospect_writes`) and the tags themselves
(`steps.memberships.own_tags`).

No intent is logged before a call, unlike for people: nothing is created for a person here, and
every call may be made twice. What is stored after a call says how things stand; killed before that,
the next attempt compares anew, finds the same difference and makes the same call. An edit of a
person is stored before it is undone, so that no crash can undo it without a word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store import batches, list_tags
from pardot_odoo_pipeline.ledger.store.list_tags import LEAD, PARTNER, RecordTag, TagEdit
from pardot_odoo_pipeline.ledger.store.memberships import PardotList
from pardot_odoo_pipeline.merge.memberships import EditOutcome
from pardot_odoo_pipeline.odoo.tagged_records import TagWrite, change_tag
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.memberships_plan import TagAction
from pardot_odoo_pipeline.schemas.memberships_results import TagResult, TagResults
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.auditing_sides import note_tags
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.memberships.notes import write_due_notes
from pardot_odoo_pipeline.steps.memberships.own_tags import contact_tags, lead_tags
from pardot_odoo_pipeline.steps.memberships.plan import TagsPlanned
from pardot_odoo_pipeline.steps.memberships.to_pardot import change_lists
from pardot_odoo_pipeline.steps.memberships.versions import OwnVersions
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["load_tags"]

_Entries = dict[RecordTag, dict[str, Any]]
_GIVE, _TAKE = TagAction.GIVE.value, TagAction.TAKE.value
_UNDONE = {TagAction.JOIN.value: _TAKE, TagAction.LEAVE.value: _GIVE}


def load_tags(batch: RunningBatch, plan: TagsPlanned) -> StepResult:
    """Carry the plan out.

    Raises:
        OdooError: Odoo failed as a whole; the batch goes on in its next attempt.
        WritesInterrupted: Pardot did.
    """
    entries: _Entries = {
        RecordTag(row["model"], row["list_id"], row["record_id"]): row for row in rows(plan.frame)
    }
    lists = contact_tags(batch, plan.lists, plan.categories)
    codes = _pardot(batch, entries)
    written = [tag for tag, row in entries.items() if row["action"] in (_GIVE, _TAKE)]
    lists = lead_tags(batch, lists, {tag.list_id for tag in written if tag.model == LEAD})
    _store_agreement(batch, entries)
    results = _tags(batch, lists, {tag: entries[tag]["action"] == _GIVE for tag in written})
    note_tags(batch, entries, results, codes)
    notes = write_due_notes(batch, lists)
    frame = checked(TagResults, _frame(entries, results, codes))
    counts = frame["action"].value_counts()
    failed = int((frame["result"] != TagResult.DONE.value).sum())
    return StepResult(
        "odoo_tag_results",
        frame,
        {
            "tags_given": int(counts.get(_GIVE, 0)),
            "tags_taken": int(counts.get(_TAKE, 0)),
            "lists_joined": int(counts.get(TagAction.JOIN.value, 0)),
            "lists_left": int(counts.get(TagAction.LEAVE.value, 0)),
            "edits_put_back": sum(
                row["outcome"] == EditOutcome.PUT_BACK.value for row in entries.values()
            ),
            "notes": notes,
            "failed": failed,
            "odoo_calls": batch.ports.odoo.calls - batch.odoo_calls_before,
        },
        (
            CheckResult(
                "every_tag_is_settled", failed == 0, blocking=False, metadata={"failed": failed}
            ),
        ),
    )


def _pardot(batch: RunningBatch, entries: _Entries) -> dict[RecordTag, str]:
    """Change lists in Pardot; an edit that it refuses is put back instead. Codes by tag."""
    wishes = {
        tag: (row["action"] == TagAction.JOIN.value, row["prospect_id"])
        for tag, row in entries.items()
        if row["action"] in _UNDONE
    }
    refused = change_lists(batch, wishes) if wishes else {}
    for tag in refused:
        row = entries[tag]
        row["action"] = _UNDONE[row["action"]]
        row |= {"outcome": EditOutcome.PUT_BACK.value, "rule": "refused_by_pardot"}
    return refused


def _store_agreement(batch: RunningBatch, entries: _Entries) -> None:
    """What people did, and where both sides agree now."""
    edits = [
        TagEdit(tag, row["prospect_id"], row["edit"], row["outcome"], row["rule"])
        for tag, row in entries.items()
        if row["edit"] is not None
    ]

    def of(*actions: TagAction) -> list[RecordTag]:
        return [tag for tag, row in entries.items() if row["action"] in actions]

    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        list_tags.record_edits(connection, edits, batch_key=batch.key, now=now)
        both = of(TagAction.REMEMBER, TagAction.JOIN)
        list_tags.remember(connection, both, batch_key=batch.key, now=now)
        list_tags.forget(connection, of(TagAction.FORGET, TagAction.LEAVE))


def _tags(
    batch: RunningBatch, lists: Mapping[int, PardotList], wanted: Mapping[RecordTag, bool]
) -> dict[RecordTag, TagResult]:
    """Give and take, all records of one tag together; each tag is stored when it is done."""
    groups: defaultdict[tuple[str, int, bool], list[int]] = defaultdict(list)
    for tag, give in wanted.items():
        groups[tag.model, tag.list_id, give].append(tag.record_id)
    results: dict[RecordTag, TagResult] = {}
    done = 0
    records: defaultdict[str, set[int]] = defaultdict(set)
    for tag in wanted:
        records[tag.model].add(tag.record_id)
    versions = OwnVersions(batch, records)
    for (model, list_id, give), record_ids in sorted(groups.items()):
        one = lists[list_id]
        tag_id = one.category_id if model == PARTNER else one.lead_tag_id
        assert tag_id is not None, "a list whose tag is given is live, so it has one"
        told = change_tag(batch.ports.odoo, model, tag_id, record_ids, give=give)
        _store(batch, model, list_id, told, give=give)
        for result, ids in (
            (TagResult.DONE, told.done),
            (TagResult.GONE, told.gone),
            (TagResult.REFUSED, told.refused),
        ):
            results |= {RecordTag(model, list_id, n): result for n in ids}
        done += len(record_ids)
        batch.ports.progress("write tags", done, len(wanted))
    versions.move()
    return results


def _store(batch: RunningBatch, model: str, list_id: int, told: TagWrite, *, give: bool) -> None:
    def tags(ids: Iterable[int]) -> list[RecordTag]:
        return [RecordTag(model, list_id, n) for n in ids]

    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        if give:
            list_tags.remember(connection, tags(told.done), batch_key=batch.key, now=now)
        else:
            list_tags.forget(connection, tags(told.done))
        list_tags.forget(connection, tags(told.gone))


def _frame(
    entries: _Entries, results: Mapping[RecordTag, TagResult], codes: Mapping[RecordTag, str]
) -> pd.DataFrame:
    told = [
        {
            "model": tag.model,
            "record_id": tag.record_id,
            "list_id": tag.list_id,
            "action": row["action"],
            "result": results.get(tag, TagResult.DONE).value,
            "code": codes.get(tag),
        }
        for tag, row in entries.items()
    ]
    return pd.DataFrame(
        {
            name: pd.array(
                [row[name] for row in told],
                dtype="Int64" if name in ("record_id", "list_id") else "string",
            )
            for name in TagResults.to_schema().columns
        }
    )
