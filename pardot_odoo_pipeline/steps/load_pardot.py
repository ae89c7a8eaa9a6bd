"""Step 7: tell Pardot what was decided, and make every outcome durable.

What lives here: claims, intents, the look at versions right before the write, and what an answer
means for the ledger. What does not: how prospects are written (`pardot.prospect_writes`).

Pardot knows no conditional write. So the versions are read again just before; whoever changed since
the plan is left to another batch. What that read cannot see, because Pardot's cache lags by up to a
minute, is found by the next batch and ends in the conflict history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.store import batches as store
from pardot_odoo_pipeline.ledger.store import claims, operations, retries
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.ledger.store.operations import Intent, OperationResult, OperationState
from pardot_odoo_pipeline.ledger.store.outcomes import Agreed, PersonOutcome, commit_outcomes
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.pardot.prospect_writes import (
    ProspectResult,
    ProspectStatus,
    ProspectWrite,
    ProspectWriter,
    WritesInterrupted,
    current_versions,
)
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.pardot_results import PardotResults
from pardot_odoo_pipeline.schemas.rows import rows, text_array
from pardot_odoo_pipeline.steps.auditing import note_pardot_writes
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.births import carry_births
from pardot_odoo_pipeline.steps.coming_forward import forget_bounds
from pardot_odoo_pipeline.steps.lifecycle import confirmed
from pardot_odoo_pipeline.steps.missing import MISSING, missing_again, note_missing
from pardot_odoo_pipeline.steps.outcomes import owes_opt_out, own_writes
from pardot_odoo_pipeline.steps.plan import Planned
from pardot_odoo_pipeline.steps.read_back import read_differently, shown_after
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["goes_to_pardot", "load_pardot", "prospect_write"]

SYSTEM = "pardot"
_AT_ONCE = 5_000
"""Written together: so many fit an import, and the claims on them last for minutes at most."""

_CLAIMED_FOR = timedelta(minutes=60)
_UNKNOWN_FOR = timedelta(minutes=10)
_TOLD = {
    Disposition.CREATED.value,
    Disposition.UPDATED.value,
    Disposition.MERGED.value,  # consent speaks to everybody with an address
    Disposition.HELD.value,  # and to those who are held
}
_DONE = {ProspectStatus.WRITTEN, ProspectStatus.CREATED, ProspectStatus.UNCONFIRMED}
_GONE = {ProspectStatus.MISSING, ProspectStatus.BINNED}


def load_pardot(
    batch: RunningBatch, plan: Planned, loaded: pd.DataFrame, raw: pd.DataFrame
) -> StepResult:
    """Carry out what the plan says for Pardot.

    Args:
        batch: The batch.
        plan: Its plan.
        loaded: ``odoo_load_results``; whoever failed there is planned anew first.
        raw: ``pardot_prospects_raw``.

    Raises:
        WritesInterrupted: Pardot failed as a whole. What was answered is recorded; the rest is
            planned anew by the next attempt, which is harmless.
    """
    calls_before = batch.ports.pardot.calls
    failed = {row["prospect_id"] for row in rows(loaded) if row["code"] is not None}
    todo = [
        row for row in rows(plan.frame) if goes_to_pardot(row) and row["prospect_id"] not in failed
    ]
    _settle_the_silent(batch, plan, failed)
    results: list[dict[str, Any]] = []
    for start in range(0, len(todo), _AT_ONCE):
        results += _call(batch, plan, todo[start : start + _AT_ONCE], start // _AT_ONCE, raw)
        batch.heartbeat()
        batch.ports.progress("write to Pardot", min(start + _AT_ONCE, len(todo)), len(todo))
    born = carry_births(batch)
    frame = pd.DataFrame(
        {
            name: text_array(row[name] for row in results)
            for name in PardotResults.to_schema().columns
        }
    )
    statuses = Counter(row["status"] for row in results if row["status"])
    return StepResult(
        "pardot_load_results",
        checked(PardotResults, frame),
        {
            "written_people": len(frame),
            "born_in_odoo": born,
            **{f"prospects_{name}": int(count) for name, count in sorted(statuses.items())},
            "pardot_calls": batch.ports.pardot.calls - calls_before,
        },
        (
            CheckResult(
                "everyone_is_answered",
                len(frame) == len(todo),
                metadata={"to_write": len(todo), "answered": len(frame)},
            ),
        ),
    )


def _settle_the_silent(batch: RunningBatch, plan: Planned, failed: Container[str]) -> None:
    """Whoever is to be told nothing any more owes Pardot nothing, whatever an earlier plan said."""
    silent = [
        row["prospect_id"]
        for row in rows(plan.frame)
        if not goes_to_pardot(row) and row["prospect_id"] not in failed
    ]
    with batch.ports.ledger.write() as connection:
        retries.settle(connection, silent, system=SYSTEM)


def _call(
    batch: RunningBatch,
    plan: Planned,
    chunk: Sequence[dict[str, Any]],
    number: int,
    raw: pd.DataFrame,
) -> list[dict[str, Any]]:
    ids = [int(row["prospect_id"]) for row in chunk]
    versions = current_versions(batch.ports.pardot, ids)
    fresh = [row for row in chunk if not _changed_since(plan, row["prospect_id"], versions)]
    moved_on = [row for row in chunk if _changed_since(plan, row["prospect_id"], versions)]
    granted, refused, intents = _announce(batch, fresh, moved_on, number)
    writer = ProspectWriter(batch.ports.pardot, read_back=())
    interrupted: WritesInterrupted | None = None
    try:
        answers = writer.apply([prospect_write(row) for row in granted])
    except WritesInterrupted as interruption:
        interrupted, answers = interruption, list(interruption.done)
    results = _settle(batch, granted, answers, intents, raw)
    if interrupted is not None:
        with batch.ports.ledger.write() as connection:
            doubtful = [intents[key] for key in interrupted.in_doubt if key in intents]
            operations.in_doubt(connection, doubtful)
            until = batch.ports.clock.now() + _UNKNOWN_FOR
            held = [_lock(key) for key in interrupted.in_doubt if key in intents]
            claims.hold_until(connection, held, batch_key=batch.key, until=until)
            # Nobody need wait for those of whom nothing is under way.
            free = [_lock(key) for key in interrupted.unsent if key in intents]
            claims.release(connection, free, batch_key=batch.key)
        raise interrupted
    return results + [
        _result(row["prospect_id"], Disposition.DEFERRED, code=code)
        for group, code in ((refused, "claimed_elsewhere"), (moved_on, "edited_meanwhile"))
        for row in group
    ]


def _changed_since(plan: Planned, prospect_id: str, versions: Mapping[int, Any]) -> bool:
    seen, now = plan.people[prospect_id].updated_at, versions.get(int(prospect_id))
    return seen is not None and now is not None and now > seen


def goes_to_pardot(row: Mapping[str, Any]) -> bool:
    """Whether a row of the plan is sent to Pardot."""
    told = row["pardot_values"] is not None or row["lists"] is not None
    return told and row["disposition"] in _TOLD


def prospect_write(row: Mapping[str, Any]) -> ProspectWrite:
    """What a row of the plan asks of Pardot."""
    lists = orjson.loads(row["lists"]) if row["lists"] else {}
    return ProspectWrite(
        row["prospect_id"],
        int(row["prospect_id"]),
        orjson.loads(row["pardot_values"]) if row["pardot_values"] else {},
        tuple(lists.get("add", ())),
        tuple(lists.get("remove", ())),
    )


def _lock(prospect_id: str) -> Claim:
    return Claim(ClaimKind.PROSPECT, prospect_id, prospect_id)


def _announce(
    batch: RunningBatch,
    chunk: Sequence[dict[str, Any]],
    moved_on: Sequence[dict[str, Any]],
    number: int,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
    """Claim the people and write down what is about to be done to them."""
    now, call_id = batch.ports.clock.now(), f"{batch.key}:{batch.attempt}:p{number}"
    with batch.ports.ledger.write() as connection:
        got = claims.take(
            connection,
            [_lock(row["prospect_id"]) for row in chunk],
            batch_key=batch.key,
            now=now,
            expires_at=now + _CLAIMED_FOR,
        )
        granted = [row for row in chunk if _lock(row["prospect_id"]) in got]
        refused = [row for row in chunk if _lock(row["prospect_id"]) not in got]
        recorded = operations.intend(
            connection,
            [Intent(row["prospect_id"], "update", call_id=call_id) for row in granted],
            batch_key=batch.key,
            attempt=batch.attempt,
            system=SYSTEM,
            now=now,
        )
        intents = {operation.prospect_id: operation.id for operation in recorded}
        operations.sent(connection, intents.values(), now=now, in_doubt_until=now + _UNKNOWN_FOR)
        for group, code in ((refused, "claimed_elsewhere"), (moved_on, "edited_meanwhile")):
            retries.defer(
                connection,
                [row["prospect_id"] for row in group],
                system=SYSTEM,
                batch_key=batch.key,
                now=now,
                code=code,
                priority=batch.row.priority,
                opt_outs={row["prospect_id"] for row in group if owes_opt_out(row)},
            )
    return granted, refused, intents


def _settle(
    batch: RunningBatch,
    granted: Sequence[dict[str, Any]],
    answers: Sequence[ProspectResult],
    intents: Mapping[str, int],
    raw: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Store what Pardot answered: one transaction for all."""
    entries = {row["prospect_id"]: row for row in granted}
    shown = shown_after(batch, raw, answers)
    turned = read_differently(batch, raw, shown)
    now = batch.ports.clock.now()
    people: list[PersonOutcome] = []
    failures: list[retries.Failure] = []
    settled: list[str] = []
    gone: list[ProspectResult] = []
    results: list[dict[str, Any]] = []
    for answer in answers:
        row, done = entries[answer.key], answer.status in _DONE
        operation = OperationResult(
            intents[answer.key],
            OperationState.DONE if done else OperationState.FAILED,
            {"status": answer.status.value, "code": answer.code},
        )
        if done:
            settled.append(answer.key)
            seen, new = shown.get(answer.key), turned.get(answer.key, {})
            people.append(_outcome(batch, row, answer, seen, new, operation, now))
            results.append(_result(answer.key, Disposition(row["disposition"]), answer))
            continue
        people.append(
            PersonOutcome(answer.key, quarantined=None, findings=None, operations=(operation,))
        )
        if answer.status in _GONE:
            gone.append(answer)
            results.append(_result(answer.key, Disposition.DEFERRED, answer, MISSING))
        else:
            code = f"pardot_{answer.code}"
            failures.append(retries.Failure(answer.key, FailureClass.BAD_RECORD, code))
            results.append(_result(answer.key, Disposition.RETRYING, answer, code))
    with batch.ports.ledger.write() as connection:
        # Whoever was taken over meanwhile may not store what it found.
        store.heartbeat(connection, batch.row, now=now)
        if batch.forward == "pardot":
            forget_bounds(connection, batch, people)
        commit_outcomes(
            connection,
            people,
            batch_key=batch.key,
            attempt=batch.attempt,
            now=now,
            release=[_lock(answer.key) for answer in answers],
        )
        failures += missing_again(connection, gone, SYSTEM)
        again = {failure.prospect_id for failure in failures}
        once = [answer.key for answer in gone if answer.key not in again]
        note_missing(connection, batch, [(a.key, SYSTEM, a.code) for a in gone], now)
        owed: dict[str, Any] = {"system": SYSTEM, "batch_key": batch.key, "now": now}
        owed["priority"] = batch.row.priority
        owed["opt_outs"] = {who for who, row in entries.items() if owes_opt_out(row)}
        retries.record(connection, failures, **owed)
        retries.defer(connection, once, code=MISSING, **owed)
        retries.settle(connection, settled, system=SYSTEM)
    note_pardot_writes(batch, entries, answers, raw)
    return results


def _outcome(
    batch: RunningBatch,
    row: Mapping[str, Any],
    answer: ProspectResult,
    shown: Mapping[str, Any] | None,
    turned: Mapping[str, tuple[Any, Any]],
    operation: OperationResult,
    now: datetime,
) -> PersonOutcome:
    """What the ledger keeps of a prospect who was written.

    Pardot's half is what the answer shows, not what was sent: it cuts and cleans values, too. After
    an import nothing was read back; what was sent stands there, unconfirmed.
    """
    after: dict[str, list[Any]] = orjson.loads(row["pardot_pairs"] or "{}")
    pairs = confirmed(batch.ports.rules, after, answer.values)
    in_odoo = batch.read_back.get(answer.key, {})
    for key, halves in pairs.items():
        if shown is not None and key in shown:
            halves[0] = shown[key]
        if halves[1] is None:
            halves[1] = in_odoo.get(key)
    for key, (ours, theirs) in orjson.loads(row["pairs"] or "{}").items():
        was, becomes = turned.get(key, (None, None))
        if key in turned and key not in pairs and theirs is not None and ours == was:
            pairs[key] = [becomes, theirs]
    return PersonOutcome(
        answer.key,
        Link(answer.key, leader_prospect_id=row["leader"], pardot_version=answer.updated_at),
        agreed=Agreed(
            pairs,
            pardot_confirmed=answer.status is not ProspectStatus.UNCONFIRMED,
            partial=True,
            own_writes=own_writes(batch, row, SYSTEM, now),
        )
        if pairs
        else None,
        quarantined=None,
        findings=None,
        operations=(operation,),
    )


def _result(
    prospect_id: str,
    disposition: Disposition,
    answer: ProspectResult | None = None,
    code: str | None = None,
) -> dict[str, Any]:
    return {
        "prospect_id": prospect_id,
        "disposition": disposition.value,
        "status": None if answer is None else answer.status.value,
        "code": code,
    }
