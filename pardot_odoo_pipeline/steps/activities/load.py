"""Step 5 of the activities: write entries into the history of leads, each once.

What lives here: the walk over the plan in calls, with intents and outcomes around each. What does
not: how Odoo is written (``odoo/activities.py``) and people's numbers (``numbers.py``).

Order, and which crash each line survives: entries and activities are announced before the call
leaves, their outcome is stored right after it. Killed in between, a later batch finds them
announced, waits until the lost call cannot commit any more, looks up the messages by their key and
creates only what is not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline.ledger.store import batches, identity
from pardot_odoo_pipeline.ledger.store.activities import ActivityRow, EntryRow
from pardot_odoo_pipeline.mapping.activity_table import KINDS, ActivityDisposition
from pardot_odoo_pipeline.merge.activities import Entry
from pardot_odoo_pipeline.merge.activity_texts import summary_of, text_of
from pardot_odoo_pipeline.odoo.activities import (
    CALL_ENTRIES,
    EntryResult,
    EntryStatus,
    EntryWrite,
    HistoryWriter,
)
from pardot_odoo_pipeline.schemas.activities_plan import ActivityResults
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.steps.activities.numbers import write_numbers
from pardot_odoo_pipeline.steps.activities.plan import PlannedActivities
from pardot_odoo_pipeline.steps.auditing_sides import note_history
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["LoadedActivities", "load_activities"]

_KINDS = {kind.key: kind for kind in KINDS}
_Disposition = ActivityDisposition
_STORED_AS_IS = (_Disposition.IGNORED_BY_RULE, _Disposition.WAITING)


@dataclass(frozen=True)
class LoadedActivities(StepResult):
    """What Odoo answered, and beside it the dispositions that it changed."""

    changed: dict[str, ActivityDisposition] = field(default_factory=dict)


def load_activities(batch: RunningBatch, planned: PlannedActivities) -> LoadedActivities:
    """Carry the plan out, then tell Odoo the numbers of the people it concerns.

    Raises:
        OdooError: Odoo failed as a whole. What was answered is stored, what is in doubt stays
            announced, and the batch goes on in its next attempt.
    """
    _store_others(batch, planned)
    writer = HistoryWriter(batch.ports.odoo, _source(batch))
    members: dict[str, list[str]] = {}
    for decision in planned.plan.decisions:
        if decision.entry is not None:
            members.setdefault(decision.entry, []).append(decision.activity_id)
    entries = sorted(planned.plan.entries.values(), key=lambda one: (one.first, one.id))
    walk = _Walk(batch, planned, writer, members)
    for start in range(0, len(entries), CALL_ENTRIES):
        walk.call(entries[start : start + CALL_ENTRIES])
        done = min(start + CALL_ENTRIES, len(entries))
        batch.ports.progress("write history to Odoo", done, len(entries))
    numbers = write_numbers(batch)
    frame = pd.DataFrame(
        {
            name: pd.array(
                [row[name] for row in walk.results],
                dtype="string" if name in ("entry", "status") else "Int64",
            )
            for name in ActivityResults.to_schema().columns
        }
    )
    statuses = Counter(str(row["status"]) for row in walk.results)
    messages = [row["message_id"] for row in walk.results if row["message_id"] is not None]
    shared = len(messages) - len(set(messages))
    return LoadedActivities(
        "odoo_activity_results",
        checked(ActivityResults, frame),
        {
            "entries": len(frame),
            **{f"entries_{name}": count for name, count in sorted(statuses.items())},
            "texts_refused": walk.texts_refused,
            "people_with_new_numbers": numbers,
            "odoo_calls": batch.ports.odoo.calls - batch.odoo_calls_before,
        },
        (CheckResult("no_twins", shared == 0, metadata={"shared": shared}),),
        walk.changed,
    )


def _source(batch: RunningBatch) -> str:
    """The Pardot account that this ledger belongs to."""
    with batch.ports.ledger.read() as connection:
        stamp = identity.read_stamp(connection)
    return stamp.business_unit_id if stamp else "pardot"


def _store_others(batch: RunningBatch, planned: PlannedActivities) -> None:
    """Store what needs nothing in Odoo."""
    stored = [
        replace(planned.rows[one.activity_id], state=one.disposition.value)
        for one in planned.plan.decisions
        if one.disposition in _STORED_AS_IS
        # What waits already keeps the lead that was tried.
        and not (one.disposition is _Disposition.WAITING and one.activity_id in planned.known)
    ]
    if not stored:
        return
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        batches.heartbeat(connection, batch.row, now=now)
        store.remember(connection, stored, batch_key=batch.key, now=now)


@dataclass
class _Walk:
    batch: RunningBatch
    planned: PlannedActivities
    writer: HistoryWriter
    members: dict[str, list[str]]
    results: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[str, ActivityDisposition] = field(default_factory=dict)
    texts_refused: int = 0

    def call(self, entries: Sequence[Entry]) -> None:
        self._announce(entries)
        fresh = [entry for entry in entries if entry.fresh]
        answers = {result.key: result for result in self.writer.create(self._writes(fresh))}
        # What an earlier call wrote may count fewer activities than there are by now.
        texts = {
            answer.message_id: text_of(entry)
            for entry in fresh
            if (answer := answers[entry.id]).found and answer.message_id is not None
        }
        texts |= {
            entry.message_id: text_of(entry)
            for entry in entries
            if not entry.fresh and entry.message_id is not None
        }
        self.texts_refused += self.writer.rewrite(texts)
        self._settle(entries, answers)

    def _announce(self, entries: Sequence[Entry]) -> None:
        now = self.batch.ports.clock.now()
        rows = [
            replace(self.planned.rows[activity], state=store.WRITING, entry=entry.id)
            for entry in entries
            for activity in self.members[entry.id]
        ]
        with self.batch.ports.ledger.write() as connection:
            # Whoever was taken over meanwhile may not begin another call.
            batches.heartbeat(connection, self.batch.row, now=now)
            fresh = [_row(entry) for entry in entries if entry.fresh]
            store.announce(connection, fresh, batch_key=self.batch.key, now=now)
            store.remember(connection, rows, batch_key=self.batch.key, now=now)

    def _writes(self, entries: Sequence[Entry]) -> list[EntryWrite]:
        rules = self.batch.ports.rules.activities
        return [
            EntryWrite(
                entry.id,
                entry.lead_id,
                entry.first,
                text_of(entry),
                summary_of(entry),
                _KINDS[entry.kind].name,
                rules.as_activity(_KINDS[entry.kind]),
                entry.doubtful,
                # What a ledger has forgotten may bear the id of any activity of its group.
                tuple(self.members[entry.id]) if self.batch.catching_up else (),
            )
            for entry in entries
        ]

    def _settle(self, entries: Sequence[Entry], answers: dict[str, EntryResult]) -> None:
        written: list[EntryRow] = []
        gone: list[str] = []
        rows: list[ActivityRow] = []
        dispositions = {one.activity_id: one.disposition for one in self.planned.plan.decisions}
        for entry in entries:
            answer = answers.get(entry.id)
            failed = _failure(answer)
            if failed is not None:
                gone.append(entry.id)
            else:
                written.append(_row(entry, answer))
            for activity in self.members[entry.id]:
                state = failed or dispositions[activity]
                if failed is not None:
                    self.changed[activity] = failed
                rows.append(
                    replace(
                        self.planned.rows[activity],
                        state=state.value,
                        entry=None if failed else entry.id,
                        lead_id=entry.lead_id,
                    )
                )
            self.results.append(_result(entry, answer, len(self.members[entry.id])))
        now = self.batch.ports.clock.now()
        with self.batch.ports.ledger.write() as connection:
            batches.heartbeat(connection, self.batch.row, now=now)
            store.remember(connection, rows, batch_key=self.batch.key, now=now)
            store.settle(connection, written, gone, batch_key=self.batch.key, now=now)
        note_history(self.batch, entries, answers)


def _failure(answer: EntryResult | None) -> ActivityDisposition | None:
    """Why there is no entry; one whose lead is gone is tried again when its person has another."""
    if answer is None or answer.status is EntryStatus.WRITTEN:
        return None
    gone = answer.status is EntryStatus.LEAD_GONE
    return _Disposition.WAITING if gone else _Disposition.REFUSED


def _row(entry: Entry, answer: EntryResult | None = None) -> EntryRow:
    return EntryRow(
        entry.id,
        entry.group_key,
        entry.prospect_id,
        entry.kind,
        entry.lead_id,
        dict(entry.content),
        answer.message_id if answer else entry.message_id,
        answer.activity_id if answer else entry.activity_id,
    )


def _result(entry: Entry, answer: EntryResult | None, activities: int) -> dict[str, Any]:
    if answer is None:
        status, message, activity = "grown", entry.message_id, entry.activity_id
    else:
        message, activity = answer.message_id, answer.activity_id
        status = answer.status.value
        if answer.status is EntryStatus.WRITTEN:
            status = "found" if answer.found else "created"
    return {
        "entry": entry.id,
        "lead_id": entry.lead_id,
        "status": status,
        "message_id": message,
        "activity_id": activity,
        "activities": activities,
    }
