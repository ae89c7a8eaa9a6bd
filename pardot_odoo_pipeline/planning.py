"""The dry run: what the next sync would do, decided by the steps that would do it.

What lives here: planning batches that are never opened, and adding up what they would write. What
does not: a decision (`steps`), and the page (`cli.plan`). Nothing is written anywhere: no row of
the ledger, no cursor, no source or campaign in Odoo, no turn of a round robin.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
import pandas as pd

from pardot_odoo_pipeline.batches import BatchKey, BatchKind, BatchState, BucketScope, Scope
from pardot_odoo_pipeline.ledger.store.batches import Batch
from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.merge.brakes import Brake, Kind
from pardot_odoo_pipeline.pardot.lookups import IDS_A_CALL
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectWriter
from pardot_odoo_pipeline.plan_lines import add_samples, operations
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.schemas.rows import rows
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.brakes import changes_of
from pardot_odoo_pipeline.steps.extract import extract_prospects
from pardot_odoo_pipeline.steps.load import CALL_PEOPLE, goes_to_odoo
from pardot_odoo_pipeline.steps.load_pardot import goes_to_pardot, prospect_write
from pardot_odoo_pipeline.steps.normalize import normalize_batch
from pardot_odoo_pipeline.steps.odoo_records import read_odoo_records
from pardot_odoo_pipeline.steps.plan import plan_batch
from pardot_odoo_pipeline.steps.validate import validate_prospects

__all__ = ["Forecast", "dry_batch", "forecast", "planned_bucket"]

# Guesses for calls that write: 200 people into an Odoo at 130 to 400 a second, one prospect over
# the Internet. The forecast says "about" for that reason.
_ODOO_SECONDS = 1.5
_PARDOT_SECONDS = 0.4

Row = dict[str, Any]
Tell = Callable[[Mapping[str, Any]], None]


@dataclass
class Forecast:
    """What a sync would do.

    Attributes:
        people: Rows that it would read.
        batches: How many batches it would take.
        dispositions: What would become of how many people.
        quarantined: Reason to people.
        to_odoo: What would happen in Odoo, by a word for it.
        to_pardot: The same in Pardot.
        conflicts: People with values that a rule overrules.
        brakes: Rules that it would break, with the people whom each would hold.
        counted: Brake to people whom it counts, those who pass included.
        overwritten: People of whom a value is replaced, on either side.
        calls: Calls of the writes, by system; those of the reads were just made.
        samples: Values before and after, with why.
    """

    people: int = 0
    batches: int = 0
    dispositions: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    to_odoo: Counter[str] = field(default_factory=Counter)
    to_pardot: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    brakes: list[Brake] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    overwritten: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def write_seconds(self) -> float:
        """How long the writes would take, about."""
        return self.calls["odoo"] * _ODOO_SECONDS + self.calls["pardot"] * _PARDOT_SECONDS


def dry_batch(
    ports: Ports, kind: BatchKind, scope: Scope, *, started_at: datetime | None = None
) -> RunningBatch:
    """A batch that no ledger knows and that writes nothing."""
    now = started_at or ports.clock.now()
    row = Batch(
        key=BatchKey(kind, now, 1),
        state=BatchState.RUNNING,
        scope=scope,
        attempt=1,
        faults=0,
        priority=0,
        people=None,
        follows=None,
        waiver_id=None,
        requested_at=now,
        started_at=now,
        heartbeat_at=now,
        finished_at=None,
        rests_until=None,
        worker_id=ports.worker.id,
        dagster_run_id=None,
        outcome=None,
    )
    return RunningBatch(row, ports, now, ports.pardot.calls, ports.odoo.calls, dry_run=True)


def planned_bucket(
    ports: Ports, like: Batch, scope: BucketScope
) -> tuple[RunningBatch, list[Row], pd.DataFrame]:
    """The plan of one bucket of a first sync: the batch, its plan's rows, Pardot's rows."""
    now = ports.clock.now()
    batch = RunningBatch(
        replace(like, scope=scope), ports, now, ports.pardot.calls, ports.odoo.calls, dry_run=True
    )
    batch.first_sync = True
    frame, raw = _plan(batch)
    return batch, list(rows(frame)), raw


def _plan(batch: RunningBatch) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The steps before the first write, as `run_batch` takes them."""
    raw = extract_prospects(batch)
    validated = validate_prospects(batch, raw.frame)
    normalized = normalize_batch(batch, validated.frame)
    records = read_odoo_records(batch, normalized.frame)
    plan = plan_batch(batch, raw.frame, validated, normalized, records.frame)
    return plan.frame, raw.frame


def forecast(
    ports: Ports,
    kind: BatchKind,
    scopes: list[Scope],
    *,
    first_sync: bool = False,
    samples: int = 5,
    tell: Tell | None = None,
) -> Forecast:
    """Plan these scopes one after the other, as a sync would, and add up.

    Args:
        ports: What may be read.
        kind: What would open the batches.
        scopes: Whom they are about; a range that does not fit goes on in a further batch.
        first_sync: Whether it would be the first one, which has a brake of its own.
        samples: Of how many people values are kept, for each direction.
        tell: Is given each operation, without values.

    Raises:
        PipelineError: One of the systems does not answer, or a brake that stops everything.
    """
    total = Forecast()
    waiting = list(scopes)
    foreseen: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    while waiting:
        batch = dry_batch(ports, kind, waiting.pop(0))
        batch.first_sync, batch.foreseen, batch.changed_before = first_sync, foreseen, changed
        frame, raw = _plan(batch)
        plan = list(rows(frame))
        changed.update(batch.changes)
        if batch.rest is not None:
            waiting.insert(0, batch.rest)
        _add(total, batch, plan, raw, samples)
        for operation in operations(batch, plan):
            if tell is not None:
                tell(operation)
    return total


def _add(
    total: Forecast, batch: RunningBatch, plan: list[Row], raw: pd.DataFrame, samples: int
) -> None:
    total.batches += 1
    total.people += len(raw)
    total.brakes += batch.brakes
    for row in plan:
        total.dispositions[row["disposition"]] += 1
        if row["disposition"] == Disposition.QUARANTINED.value:
            total.quarantined[row["reason"]] += 1
        total.conflicts += row["conflicts"] is not None
    for one in changes_of(batch, plan, raw):
        total.overwritten += Kind.OVERWRITES in {*one.odoo, *one.pardot}
        for word, counts, kinds in (
            ("odoo", total.to_odoo, one.odoo),
            ("pardot", total.to_pardot, one.pardot),
        ):
            for kind in kinds:
                total.counted[f"{word}:{kind.value}"] += 1
                if kind is not Kind.CREATES:
                    counts[f"people_with_{kind.value}"] += 1
    to_odoo = [row for row in plan if goes_to_odoo(row)]
    to_pardot = [row for row in plan if goes_to_pardot(row)]
    for row in to_odoo:
        _count_odoo(total.to_odoo, row)
    for row in plan:
        total.to_odoo["opportunities_made"] += row["converts"] is True
        total.to_odoo["addresses_blocked"] += row["block"] is True
        total.to_odoo["addresses_unblocked"] += row["block"] is False
    writes = [prospect_write(row) for row in to_pardot]
    for write in writes:
        total.to_pardot["prospects_updated"] += 1
        total.to_pardot["values"] += len(write.values)
        total.to_pardot["lists_joined"] += len(write.add_to_lists)
        total.to_pardot["lists_left"] += len(write.remove_from_lists)
    total.calls["odoo"] += math.ceil(len(to_odoo) / CALL_PEOPLE) + sum(
        any(row[name] is not None for row in plan) for name in ("block", "converts")
    )
    if writes:
        writer = ProspectWriter(batch.ports.pardot, read_back=())
        total.calls["pardot"] += writer.plan_calls(writes) + math.ceil(len(writes) / IDS_A_CALL)
    add_samples(total.samples, batch, to_odoo, to_pardot, raw, samples)


def _count_odoo(counts: Counter[str], row: Row) -> None:
    for name, word in (("lead", "leads"), ("partner", "contacts")):
        values = row[f"{name}_values"]
        if values is None:
            continue
        is_new = row[f"{name}_id"] is None
        if is_new or values != "{}":
            counts[f"{word}_{'created' if is_new else 'updated'}"] += 1
        counts["values"] += len(orjson.loads(values))
