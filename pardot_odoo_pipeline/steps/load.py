"""Step 6: write what was decided, and make every outcome durable.

What lives here: the walk over the plan in calls, with claims, intents and outcomes around each.
What does not: how Odoo is written (`odoo.loader`), and what a result means for the ledger
(`steps.outcomes`).

Order, and which crash each line survives: claims and intents are committed before the call leaves,
so that a successor knows what may have happened; the call itself is one transaction in Odoo and
idempotent by external id; outcomes are committed right after it. Killed between call and commit,
the next attempt finds the records by prospect id and writes nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.ledger.store import batches as store
from pardot_odoo_pipeline.ledger.store import claims, links, operations, retries
from pardot_odoo_pipeline.ledger.store.claims import Claim, ClaimKind
from pardot_odoo_pipeline.ledger.store.operations import Intent, OperationResult, OperationState
from pardot_odoo_pipeline.ledger.store.outcomes import (
    PersonOutcome,
    commit_outcomes,
    note_conflicts,
    withdraw_conflicts,
)
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    LoadInterrupted,
    PersonResult,
    PersonWrite,
    RecordStatus,
    RecordWrite,
)
from pardot_odoo_pipeline.schemas.checked import checked
from pardot_odoo_pipeline.schemas.load_results import LoadResults
from pardot_odoo_pipeline.schemas.rows import rows, text_array
from pardot_odoo_pipeline.steps import outcomes, recovery
from pardot_odoo_pipeline.steps.aftermath import after_the_write, remember_before
from pardot_odoo_pipeline.steps.auditing import note_in_doubt, note_odoo_writes
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.coming_forward import forget_bounds
from pardot_odoo_pipeline.steps.missing import note_missing
from pardot_odoo_pipeline.steps.overtaken import OVERTAKEN
from pardot_odoo_pipeline.steps.plan import Planned
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult
from pardot_odoo_pipeline.steps.unwritten import record_unwritten

__all__ = ["CALL_PEOPLE", "goes_to_odoo", "load_plan"]

SYSTEM = "odoo"
CALL_PEOPLE = 200
"""People per call: within 10 % of the best rate, and a call stays well under 30 seconds."""

# Longer than any server transaction (120 s by default in Odoo) and than our read time-out.
_UNKNOWN_FOR = timedelta(seconds=180)
# A chunk may take several requests where the apply action is not provisioned.
_CLAIMED_FOR = timedelta(minutes=15)
_WRITTEN = {
    Disposition.CREATED.value,
    Disposition.UPDATED.value,
    Disposition.ARCHIVED.value,
    Disposition.TOMBSTONED.value,
    Disposition.HELD.value,  # opt-outs pass every hold
}
_KINDS = (("lead", LEAD), ("partner", PARTNER))


def load_plan(batch: RunningBatch, plan: Planned) -> StepResult:
    """Carry the plan out.

    Raises:
        LoadInterrupted: Odoo failed as a whole. What was answered is recorded, what is in doubt
            keeps its claims, and the batch goes on in its next attempt.
    """
    entries = {row["prospect_id"]: row for row in rows(plan.frame)}
    todo = [row for row in entries.values() if goes_to_odoo(row)]
    _change_hands(batch, plan)
    remember_before(batch, entries.values())
    results: list[dict[str, Any]] = []
    for start in range(0, len(todo), CALL_PEOPLE):
        results += _call(batch, plan, todo[start : start + CALL_PEOPLE], start // CALL_PEOPLE)
        batch.heartbeat()
        batch.ports.progress("write to Odoo", min(start + CALL_PEOPLE, len(todo)), len(todo))
    record_unwritten(batch, plan, entries, results)
    _look_again(batch)
    after_the_write(batch, plan, entries, results)
    results += recovery.credit_earlier_attempts(batch, entries)
    frame = _frame(results)
    statuses = Counter(
        f"{kind}_{row[f'{kind}_status']}"
        for row in results
        for kind in ("lead", "partner")
        if row[f"{kind}_status"]
    )
    return StepResult(
        "odoo_load_results",
        checked(LoadResults, frame),
        {
            "written_people": len(frame),
            **{name: int(count) for name, count in sorted(statuses.items())},
            "odoo_calls": batch.ports.odoo.calls - batch.odoo_calls_before,
        },
        (_twin_check(results),),
    )


def goes_to_odoo(row: Mapping[str, Any]) -> bool:
    """Whether a row of the plan is sent to Odoo."""
    has_values = row["lead_values"] is not None or row["partner_values"] is not None
    return has_values and row["disposition"] in _WRITTEN


def _look_again(batch: RunningBatch) -> None:
    """Whose record was not found, and whom another batch was at, is looked up once more, soon."""
    now = batch.ports.clock.now()
    with batch.ports.ledger.write() as connection:
        links.found_again(connection, batch.found_again)
        links.sight_missing(connection, batch.missing, now=now)
        opt_outs = {who for who, row in batch.overtaken.items() if outcomes.owes_opt_out(row)}
        for people, code in ((batch.missing, "record_missing"), (list(batch.overtaken), OVERTAKEN)):
            retries.defer(
                connection,
                people,
                system=SYSTEM,
                batch_key=batch.key,
                now=now,
                code=code,
                priority=batch.row.priority,
                opt_outs=opt_outs,
            )


def _change_hands(batch: RunningBatch, plan: Planned) -> None:
    """Addresses that their holder gave up become free; a successor gets what its leader had."""
    if not plan.moved and not plan.successors:
        return
    with batch.ports.ledger.write() as connection:
        claims.forget(connection, plan.moved)
        for leader, successor in sorted(plan.successors.items()):
            claims.hand_over(connection, leader=leader, successor=successor)
        # They lead no more: a lead has one active leader, and the successors come next.
        links.archive(connection, plan.successors)


def _call(
    batch: RunningBatch, plan: Planned, chunk: Sequence[dict[str, Any]], number: int
) -> list[dict[str, Any]]:
    granted, refused, intents = _announce(batch, plan, chunk, number)
    interrupted: LoadInterrupted | None = None
    try:
        answers = batch.ports.loader.apply(
            [_write(row) for row in granted],
            read_back=batch.ports.mapping.read_back(),
            context=batch.ports.mapping.write_context(),
        )
    except LoadInterrupted as interruption:
        interrupted, answers = interruption, list(interruption.done)
    done = _settle(batch, plan, granted, answers, intents)
    if interrupted is not None:
        _leave_in_doubt(batch, plan, interrupted, intents)
        doubtful = set(interrupted.in_doubt)
        note_in_doubt(batch, [row for row in granted if row["prospect_id"] in doubtful])
        raise interrupted
    return done + [
        outcomes.result_row(row["prospect_id"], Disposition.DEFERRED, code=OVERTAKEN)
        for row in refused
    ]


def _announce(
    batch: RunningBatch, plan: Planned, chunk: Sequence[dict[str, Any]], number: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
    """Claim the people of one call and write down what is about to be done to them."""
    now = batch.ports.clock.now()
    wanted = {row["prospect_id"]: _locks(batch, plan, row["prospect_id"]) for row in chunk}
    with batch.ports.ledger.write() as connection:
        got = claims.take(
            connection,
            [claim for locks in wanted.values() for claim in locks],
            batch_key=batch.key,
            now=now,
            expires_at=now + _CLAIMED_FOR,
        )
        granted = [row for row in chunk if got.issuperset(wanted[row["prospect_id"]])]
        refused = [row for row in chunk if not got.issuperset(wanted[row["prospect_id"]])]
        unused = [c for row in refused for c in wanted[row["prospect_id"]] if c in got]
        claims.release(connection, unused, batch_key=batch.key)
        recorded = operations.intend(
            connection,
            [
                Intent(
                    row["prospect_id"],
                    "create" if row["lead_id"] is None else "update",
                    (f"lead_{row['prospect_id']}", f"partner_{row['prospect_id']}"),
                    call_id=f"{batch.key}:{batch.attempt}:{number}",
                    field_hashes=_field_hashes(batch, row),
                )
                for row in granted
            ],
            batch_key=batch.key,
            attempt=batch.attempt,
            system=SYSTEM,
            now=now,
        )
        intents = {operation.prospect_id: operation.id for operation in recorded}
        operations.sent(connection, intents.values(), now=now, in_doubt_until=now + _UNKNOWN_FOR)
        note_conflicts(
            connection,
            [outcomes.losses(row) for row in granted],
            batch_key=batch.key,
            attempt=batch.attempt,
            now=now,
        )
        retries.defer(
            connection,
            [row["prospect_id"] for row in refused],
            system=SYSTEM,
            batch_key=batch.key,
            now=now,
            code=OVERTAKEN,
            priority=batch.row.priority,
            opt_outs={row["prospect_id"] for row in refused if outcomes.owes_opt_out(row)},
        )
    return granted, refused, intents


def _field_hashes(batch: RunningBatch, row: Mapping[str, Any]) -> dict[str, str] | None:
    """What an update sends: should its outcome get lost, it must not look like somebody's edit.

    A record that is made needs none: until somebody writes it, all of it is ours.
    """
    if row["lead_id"] is None:
        return None
    return {
        f"{model}/{name}": batch.ports.fingerprint(value)
        for kind, model in _KINDS
        for name, value in orjson.loads(row[f"{kind}_values"] or "{}").items()
    }


def _locks(batch: RunningBatch, plan: Planned, prospect_id: str) -> list[Claim]:
    own = Claim(ClaimKind.PROSPECT, prospect_id, prospect_id)
    person = plan.people.get(prospect_id)
    if person is None:  # left Pardot: their address is not theirs to lock any more
        return [own]
    email = batch.ports.lookup_key.hash(person.email_key)
    return [own, Claim(ClaimKind.EMAIL, email, prospect_id)]


def _write(row: dict[str, Any]) -> PersonWrite:
    prospect_id = row["prospect_id"]
    return PersonWrite(
        prospect_id,
        _record(f"partner_{prospect_id}", row["partner_id"], row, "partner"),
        _record(f"lead_{prospect_id}", row["lead_id"], row, "lead"),
    )


def _record(name: str, record_id: int | None, row: dict[str, Any], kind: str) -> RecordWrite | None:
    values, expected = row[f"{kind}_values"], row[f"{kind}_expected"]
    if values is None:
        return None
    return RecordWrite(
        name,
        None if record_id is None else int(record_id),
        orjson.loads(values),
        None if expected is None else orjson.loads(expected),
    )


def _settle(
    batch: RunningBatch,
    plan: Planned,
    granted: Sequence[dict[str, Any]],
    answers: Sequence[PersonResult],
    intents: dict[str, int],
) -> list[dict[str, Any]]:
    """Store what Odoo answered: one transaction for the whole call."""
    entries = {row["prospect_id"]: row for row in granted}
    now = batch.ports.clock.now()
    people: list[PersonOutcome] = []
    failures: list[retries.Failure] = []
    settled: list[str] = []
    identities: list[Claim] = []
    release: list[Claim] = []
    results: list[dict[str, Any]] = []
    for answer in answers:
        row = entries[answer.key]
        disposition, code = outcomes.judge(answer, row, batch.ports.mapping)
        results.append(outcomes.result_row(answer.key, disposition, answer, code))
        state = OperationState.DONE if code is None else OperationState.FAILED
        contact = answer.partner.status.value if answer.partner else None
        operation = OperationResult(
            intents[answer.key],
            state,
            {"disposition": disposition.value, "code": code, "contact": contact},
        )
        people.append(outcomes.person_outcome(batch, plan, row, answer, code, operation, now))
        release += _locks(batch, plan, answer.key)
        if code is None:
            _keep_read_back(batch, row, answer)
            settled.append(answer.key)
            identities += outcomes.identities(batch, plan, answer)
        else:
            failures.append(retries.Failure(answer.key, FailureClass.BAD_RECORD, code))
    with batch.ports.ledger.write() as connection:
        # Whoever was taken over meanwhile may not store what it found.
        store.heartbeat(connection, batch.row, now=now)
        owed = {row["prospect_id"] for row in granted if row["pardot_values"] is not None}
        forget_bounds(connection, batch, people, owed=owed)
        commit_outcomes(
            connection,
            people,
            batch_key=batch.key,
            attempt=batch.attempt,
            now=now,
            identities=identities,
            release=release,
        )
        refused = [failure.prospect_id for failure in failures]
        withdraw_conflicts(connection, refused, batch_key=batch.key, attempt=batch.attempt)
        missing = [one.prospect_id for one in failures if one.code == "record_missing"]
        note_missing(connection, batch, [(who, SYSTEM, None) for who in missing], now)
        retries.record(
            connection,
            failures,
            system=SYSTEM,
            batch_key=batch.key,
            now=now,
            priority=batch.row.priority,
            opt_outs={who for who, row in entries.items() if outcomes.owes_opt_out(row)},
        )
        retries.settle(connection, settled, system=SYSTEM)
        if batch.is_replay:
            # Nobody runs it once more where it ends before Pardot was told, and Odoo's versions are
            # known from here on.
            retries.defer(
                connection,
                sorted(owed.intersection(settled)),
                system="pardot",
                batch_key=batch.key,
                now=now,
                code="replay_broken_off",
                priority=batch.row.priority,
            )
    note_odoo_writes(batch, entries, answers)
    for answer in answers:
        if answer.partner is not None and answer.error is None:
            batch.contacts_created += answer.partner.status is RecordStatus.CREATED
            batch.contacts_updated += answer.partner.status is RecordStatus.WRITTEN
    return results


def _keep_read_back(batch: RunningBatch, row: Mapping[str, Any], answer: PersonResult) -> None:
    """What Pardot's write completes is remembered only after it, and needs what Odoo shows now."""
    if not row["pardot_pairs"]:
        return
    batch.read_back[answer.key] = {
        f"{model}/{name}": value
        for model, record in ((LEAD, answer.lead), (PARTNER, answer.partner))
        if record is not None
        for name, value in (record.values or {}).items()
    }


def _leave_in_doubt(
    batch: RunningBatch, plan: Planned, interrupted: LoadInterrupted, intents: dict[str, int]
) -> None:
    """Nobody may touch these people until the server cannot commit the lost call any more.

    Those of whom nothing was sent are free at once: another batch may come before the next attempt.
    """
    now = batch.ports.clock.now()
    until = now + _UNKNOWN_FOR
    doubtful = [key for key in interrupted.in_doubt if key in intents]
    with batch.ports.ledger.write() as connection:
        operations.in_doubt(connection, [intents[key] for key in doubtful])
        locks = [lock for key in doubtful for lock in _locks(batch, plan, key)]
        claims.hold_until(connection, locks, batch_key=batch.key, until=until)
        free = [key for key in interrupted.unsent if key in intents]
        unused = [lock for key in free for lock in _locks(batch, plan, key)]
        claims.release(connection, unused, batch_key=batch.key)


def _frame(results: Sequence[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.array([row[name] for row in results], dtype="Int64")
            if name.endswith("_id") and name != "prospect_id"
            else text_array(row[name] for row in results)
            for name in LoadResults.to_schema().columns
        }
    )


def _twin_check(results: Sequence[dict[str, Any]]) -> CheckResult:
    """No two people of this batch ended on one lead or one contact."""
    shared = 0
    for name in ("lead_id", "partner_id"):
        ids = [row[name] for row in results if row[name] is not None]
        shared += len(ids) - len(set(ids))
    return CheckResult("no_twins", shared == 0, blocking=False, metadata={"shared": shared})
