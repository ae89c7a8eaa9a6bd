"""Step 7: account for every row, then close the batch.

What lives here: the sum, the cursors' move, and the batch's place in history. What does not: how a
row got its disposition.

A cursor moves in the same transaction that closes the batch, when every row before it has a durable
disposition; a batch killed before that is read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import BatchKind, ChangesScope, IdsScope, Lineage, Scope
from pardot_odoo_pipeline.call_times import answer_metadata
from pardot_odoo_pipeline.ledger.store import batches, claims, conflicts, cursors, review
from pardot_odoo_pipeline.ledger.store.inbox import InboxEvent
from pardot_odoo_pipeline.ledger.store.work_figures import queue
from pardot_odoo_pipeline.mapping.reasons import Disposition, FindingCode
from pardot_odoo_pipeline.opening import open_sides
from pardot_odoo_pipeline.operations import restart
from pardot_odoo_pipeline.pushed_events import System
from pardot_odoo_pipeline.schemas.batch_outcome import BatchOutcome
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.rows import rows, text_array
from pardot_odoo_pipeline.steps.aftermath import remember_settled
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.events import Reading, readings, settle_events, sides_of
from pardot_odoo_pipeline.steps.plan import Planned
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult
from pardot_odoo_pipeline.steps.speed_to_lead import event_metadata

__all__ = ["conclude"]

_ERRORS = ("quarantined", "retrying", "in_doubt", "suspended")
"""Dispositions of people with whom something went wrong."""

# Said also when nobody ended so: a plot with gaps reads as if nothing was counted.
_PLOTTED = (
    Disposition.CREATED,
    Disposition.UPDATED,
    Disposition.UNCHANGED,
    Disposition.MERGED,
    Disposition.QUARANTINED,
    Disposition.RETRYING,
    Disposition.ARCHIVED,
)

_TOLD = ["written", "created", "unconfirmed"]
_UNDONE = [Disposition.HELD.value, Disposition.DEFERRED.value]


def conclude(
    batch: RunningBatch,
    plan: Planned,
    loaded: pd.DataFrame,
    told: pd.DataFrame,
    raw: pd.DataFrame,
) -> StepResult:
    """Count dispositions; where they account for every row, move cursors and finish the batch.

    Args:
        batch: The batch.
        plan: Its plan.
        loaded: ``odoo_load_results``.
        told: ``pardot_load_results``.
        raw: ``pardot_prospects_raw``.
    """
    # Of those asked for who are gone, whoever the ledger knows has a row, too.
    read = len(set(raw["id"]) | set(batch.gone).intersection(plan.frame["prospect_id"]))
    final = {row["prospect_id"]: row["disposition"] for row in rows(loaded)}
    # What failed in Pardot is owed, whatever Odoo said.
    failed = (row for row in rows(told) if row["code"] is not None)
    final.update((row["prospect_id"], row["disposition"]) for row in failed)
    counts: Counter[tuple[str, str | None]] = Counter()
    for row in rows(plan.frame):
        disposition = final.get(row["prospect_id"], row["disposition"])
        counts[disposition, row["reason"]] += 1
    total = sum(counts.values())
    by_disposition: Counter[str] = Counter()
    for (disposition, _), people in counts.items():
        by_disposition[disposition] += people
    ports = batch.ports
    now = ports.clock.now()
    with ports.ledger.read() as connection:
        findings = review.count_findings(connection, batch.key)
        waiting, oldest = queue(connection, now=now)
    outcome: dict[str, Any] = {
        "read": read,
        "dispositions": dict(sorted(by_disposition.items())),
        "quarantined": {
            reason: people
            for (disposition, reason), people in sorted(counts.items(), key=str)
            if reason is not None and disposition == "quarantined"
        },
        "findings": dict(sorted(findings.items())),
        "contacts_created": batch.contacts_created,
        "contacts_updated": batch.contacts_updated,
        "prospects_updated": int(told["status"].isin(_TOLD).sum()),
        "conflicts": int(plan.frame["conflicts"].notna().sum()),
        "changes": batch.changes,
        **batch.figures(now),
    }
    owed = {row["prospect_id"] for frame in (loaded, told) for row in rows(frame) if row["code"]}
    remember_settled(batch, rows(plan.frame[plan.frame["consent"].notna()]), owed)
    events: dict[str, float] = {}
    if total == read:
        held = plan.frame["disposition"].isin(_UNDONE)
        seen = readings(batch, raw)
        written = _close(batch, outcome, read, owed.union(plan.frame["prospect_id"][held]), seen)
        if seen:
            of_leads = [event for event in written if event.system is System.PARDOT]
            events = {**event_metadata(of_leads), "events": len(seen)}
    frame = pd.DataFrame(
        {
            "disposition": text_array(key[0] for key in counts),
            "reason": text_array(key[1] for key in counts),
            "people": pd.array(list(counts.values()), dtype="Int64"),
        }
    )
    return StepResult(
        "batch_outcome",
        checked(BatchOutcome, frame),
        {
            "people_read": read,
            **{word.value: 0 for word in _PLOTTED},
            **by_disposition,
            **{f"finding_{code.value}": findings.get(code, 0) for code in FindingCode},
            "contacts_created": batch.contacts_created,
            "contacts_updated": batch.contacts_updated,
            "prospects_updated": outcome["prospects_updated"],
            "people_with_conflicts": outcome["conflicts"],
            "pardot_calls": outcome["pardot_calls"],
            "odoo_calls": outcome["odoo_calls"],
            "batch_seconds": outcome["seconds"],
            "people_per_second": round(read / max(outcome["seconds"], 0.001), 1),
            "error_share": round(sum(by_disposition[w] for w in _ERRORS) / read, 4)
            if read
            else 0.0,
            "waiting_batches": waiting,
            "oldest_waiting_batch_seconds": round(oldest, 1),
            **answer_metadata(outcome["answers"]),
            **events,
        },
        (
            CheckResult(
                "rows_equal_dispositions",
                total == read,
                metadata={"read": read, "dispositions": total},
            ),
        ),
    )


def _close(
    batch: RunningBatch,
    outcome: dict[str, Any],
    read: int,
    owed: set[str],
    seen: Sequence[Reading],
) -> list[InboxEvent]:
    """Everything that a batch leaves, in one transaction; the events that it brought to the end."""
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        for name, (expected, to) in batch.cursors.items():
            cursors.advance(
                connection, name, expected=expected, to=to, now=now, batch_key=batch.key
            )
        batches.open_batches(connection, BatchKind.MANUAL, _following(batch), now=now)
        sides = sides_of(seen)
        if isinstance(batch.scope, ChangesScope):
            sides.add(Lineage.ACTIVITIES)
        if sides:
            open_sides(connection, batch.ports.rules, now, lineages=sides, follows=batch.key)
        if isinstance(batch.scope, IdsScope) and batch.scope.restores:
            wanted = conflicts.by_ids(connection, batch.scope.restores)
            # Whoever could not be written still shows what won.
            back = [conflict.id for conflict in wanted if conflict.prospect_id not in owed]
            conflicts.mark_restored(connection, back, batch_key=batch.key, now=now)
        written = settle_events(connection, batch, seen, now)
        # What a killed attempt had locked and nothing was left to be written of.
        claims.release_batch(connection, batch.key, attempt=batch.attempt, now=now)
        batches.finish(connection, batch.row, now=now, outcome=outcome, people=read)
        trouble = restart.trouble_of(batch.brakes, outcome["dispositions"])
        restart.judge_batch(connection, batch.key, batch.scope, trouble, now=now)
    return written


def _following(batch: RunningBatch) -> list[batches.NewBatch]:
    """What this batch leaves to the next: the rest of its range, people without a leader."""
    scopes: list[Scope] = [batch.rest] if batch.rest is not None else []
    if batch.orphans:
        scopes.append(IdsScope(tuple(batch.orphans)))
    return [batches.NewBatch(scope, follows=batch.key) for scope in scopes]
