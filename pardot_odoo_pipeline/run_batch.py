"""The seam: one sync batch, step by step, outside of Dagster.

What lives here: the order of the steps, what stops a batch, and how it is given back to the ledger.
What does not: any step (`steps`), and Dagster, whose assets are a thin shell around this generator.

Whatever drives batches (assets, a warm worker, a simulation) goes through `run_batch`, so that they
cannot differ in what they do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.batches import BatchKey, Lineage, lineage_of
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.first_sync import guard_first_sync
from pardot_odoo_pipeline.launching import lane_of
from pardot_odoo_pipeline.ledger.store import batches as store
from pardot_odoo_pipeline.ledger.store import circuits, claims, restarts, takeover
from pardot_odoo_pipeline.ledger.store.circuits import Circuit
from pardot_odoo_pipeline.operations import budget, disk, outages, restart
from pardot_odoo_pipeline.operations.call_breaker import CallBreaker
from pardot_odoo_pipeline.operations.rewound import stop_if_rewound
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.schemas.rows import plain_values
from pardot_odoo_pipeline.steps.activities import activity_steps
from pardot_odoo_pipeline.steps.auditing import (
    PARDOT,
    PROSPECT,
    note_normalized,
    note_reading,
    note_records,
)
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.extract import extract_prospects
from pardot_odoo_pipeline.steps.load import load_plan
from pardot_odoo_pipeline.steps.load_pardot import load_pardot
from pardot_odoo_pipeline.steps.memberships import membership_steps
from pardot_odoo_pipeline.steps.normalize import normalize_batch
from pardot_odoo_pipeline.steps.odoo_records import read_odoo_records
from pardot_odoo_pipeline.steps.outcome import conclude
from pardot_odoo_pipeline.steps.plan import plan_batch
from pardot_odoo_pipeline.steps.results import StepResult
from pardot_odoo_pipeline.steps.running import run_step
from pardot_odoo_pipeline.steps.validate import validate_prospects

__all__ = ["StepResult", "run_batch"]

BEAT_SECONDS = 60.0
"""A fifth of the silence after which a worker counts as dead."""


def run_batch(
    key: str,
    ports: Ports,
    *,
    attempt: int | None = None,
    dagster_run_id: str | None = None,
) -> Generator[StepResult, None, None]:
    """Run one batch and yield the result of each step as soon as there is one.

    Args:
        key: The batch, as the ledger knows it.
        ports: What it may touch.
        attempt: The attempt that this run was requested for; without one it may also replay a
            batch that is over. A replay reads today's values; where it fails, what the batch was
            before stands.
        dagster_run_id: The run, for people who look the batch up.

    Raises:
        PipelineError: The batch is unknown, or taken, or a system that it needs is left alone, or
            a step or a blocking check failed. The batch is then abandoned for another attempt where
            that can help, else failed.
    """
    batch, tries = _begin(key, ports, attempt, dagster_run_id)
    with ports.audit.of_batch(batch.key, batch.attempt), _beating(batch):
        yield from _steps(batch, tries)


def _steps(batch: RunningBatch, tries: Sequence[Circuit]) -> Iterator[StepResult]:
    try:
        yield from _LINEAGES[lineage_of(batch.scope)](batch)
    except BaseException as failure:
        _give_back(batch, failure, tries)
        raise
    if tries:
        with batch.ports.ledger.write() as connection:
            outages.came_through(connection, tries, batch.key, now=batch.ports.clock.now())


def _people(batch: RunningBatch) -> Iterator[StepResult]:
    guard_first_sync(batch)
    raw = yield from run_step(batch, extract_prospects, batch)
    note_reading(batch, PARDOT, PROSPECT, plain_values(raw.frame["id"]), raw.frame.columns)
    validated = yield from run_step(batch, validate_prospects, batch, raw.frame)
    normalized = yield from run_step(batch, normalize_batch, batch, validated.frame)
    note_normalized(batch, validated.frame, normalized.frame)
    records = yield from run_step(batch, read_odoo_records, batch, normalized.frame)
    note_records(batch, records.frame)
    plan = yield from run_step(
        batch, plan_batch, batch, raw.frame, validated, normalized, records.frame
    )
    stop_if_rewound(batch, plan.frame)
    loaded = yield from run_step(batch, load_plan, batch, plan)
    told = yield from run_step(batch, load_pardot, batch, plan, loaded.frame, raw.frame)
    yield from run_step(batch, conclude, batch, plan, loaded.frame, told.frame, raw.frame)


_LINEAGES: Mapping[Lineage, Callable[[RunningBatch], Iterator[StepResult]]] = {
    Lineage.PEOPLE: _people,
    Lineage.ACTIVITIES: activity_steps,
    Lineage.MEMBERSHIPS: membership_steps,
}


def _begin(
    key: str, ports: Ports, attempt: int | None, run_id: str | None
) -> tuple[RunningBatch, list[Circuit]]:
    """The batch, and the circuits that it is the first to try."""
    now, parsed = ports.clock.now(), BatchKey.parse(key)
    with ports.ledger.write() as connection:
        restart.refuse_while_waiting(connection)
        alone = store.coming_forward(connection)
        waits = bool(alone) and parsed not in alone
        shut: Circuit | None = None
        tries: list[Circuit] = []
        if not waits:
            shut, tries = circuits.admit(connection, key, lane_of(parsed.kind), now=now)
        if shut is None and not waits:
            row = store.start(
                connection,
                parsed,
                ports.worker.id,
                now=now,
                attempt=attempt,
                replay=attempt is None,
                dagster_run_id=run_id,
            )
            rules = restart.tightened(ports.rules, restarts.current(connection), row.scope)
            forgot = restart.catching_up(connection)
        elif attempt is not None:
            # Its run was asked for before it had to wait.
            takeover.never_began(connection, parsed, attempt, now=now, rests=False)
    if waits:
        raise outages.waits_for_backup()
    if shut is not None:
        raise outages.shut_for(shut)
    if rules is not ports.rules:
        ports = replace(ports, rules=rules)
    breaker = CallBreaker(ports.rules.quota.breaker, key, row.people or 0)
    gate = ports.budget.gate(budget.lane_of(parsed.kind), breaker)
    ports = replace(ports, pardot=ports.pardot.through(gate))
    mark = ports.call_times.mark() if ports.call_times else {}
    calls = (ports.pardot.calls, ports.odoo.calls)
    running = RunningBatch(row, ports, now, *calls, call_mark=mark)
    if forgot is not None:
        running.catching_up, running.knows_until = True, forgot.taken_at
    running.breaker = breaker
    return running, tries


@contextlib.contextmanager
def _beating(batch: RunningBatch) -> Iterator[None]:
    """Show life while a step waits for a long answer.

    A beat that is refused ends the beating; the next step's own beat is then refused as well, and
    that one stops the batch.
    """

    def beat() -> bool:
        try:
            batch.heartbeat()
        except Exception as refusal:
            return getattr(refusal, "code", None) != "batch_taken_over"
        return True

    with batch.ports.outside.beside(BEAT_SECONDS, beat, f"heartbeat of {batch.key}"):
        yield


def _give_back(batch: RunningBatch, failure: BaseException, tries: Sequence[Circuit] = ()) -> None:
    """Free what the batch holds. The ledger itself may be what failed, so nothing is raised here.

    A batch that cannot be given back is taken over when its heartbeat goes stale. One that failed
    with a whole system does not rest: the system's circuit keeps it as long as it takes.
    """
    now = batch.ports.clock.now()
    verdict = outages.judge(failure, batch.ports.pardot.usage)
    outcome: dict[str, Any] = {
        "error": str(getattr(failure, "code", None) or type(failure).__name__),
        "changes": batch.changes,
    }
    if isinstance(failure, PipelineError):
        # Its own words: whoever is told that the batch failed should read why.
        outcome |= {"cause": failure.cause, "fix": failure.fix}
    with contextlib.suppress(PipelineError), batch.ports.ledger.write() as connection:
        claims.release_batch(connection, batch.key, attempt=batch.attempt, now=now)
        if isinstance(failure, Exception) and not verdict.is_of_a_system:
            restart.judge_batch(connection, batch.key, batch.scope, outcome["error"], now=now)
        takeover.fail(
            connection,
            batch.row,
            now=now,
            outcome=outcome,
            # Neither is a person's Ctrl-C, or the end of the machine, a fault of the batch.
            fault=isinstance(failure, Exception) and verdict.counts,
            hopeless=verdict.is_hopeless,
            rests=isinstance(failure, Exception) and not verdict.is_of_a_system,
        )
        for circuit in tries:
            circuits.free_trial(connection, circuit, batch.key)
        disk.note(connection, failure, now=now, batch=batch.key)
        if isinstance(failure, PipelineError):
            outages.note(
                connection,
                failure,
                verdict,
                lane=lane_of(batch.row.key.kind),
                now=now,
                rules=batch.ports.rules,
                batch=batch.key,
            )
