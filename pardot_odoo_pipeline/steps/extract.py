"""Step 1: the prospects of the batch, as Pardot has them.

What lives here: which read fits which scope, and the true end of a bounded read. What does not:
paging and exports (`pardot`), or what a value means (`mapping`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import (
    BucketScope,
    ChangesScope,
    ConsentScope,
    EventsScope,
    IdsScope,
    RangeScope,
)
from pardot_odoo_pipeline.ledger.store import retries
from pardot_odoo_pipeline.mapping.canonical import canonical_raw, coalesce_by_id
from pardot_odoo_pipeline.mapping.fields import is_custom_field, pardot_fields
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pardot import paging
from pardot_odoo_pipeline.pardot.changes import changed_prospects
from pardot_odoo_pipeline.pardot.lookups import prospects_by_id
from pardot_odoo_pipeline.pardot.unqueryable import unqueryable_fields
from pardot_odoo_pipeline.spool import Spool
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.changes import changed_people
from pardot_odoo_pipeline.steps.clocks import ahead_of
from pardot_odoo_pipeline.steps.consent import consent_fields
from pardot_odoo_pipeline.steps.consent_changes import opt_outs_changed
from pardot_odoo_pipeline.steps.events import people_of_events
from pardot_odoo_pipeline.steps.lifecycle import prospect_fields
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult
from pardot_odoo_pipeline.steps.several_values import with_several

__all__ = ["extract_prospects", "extracted_fields"]


def extracted_fields(rules: Rules) -> list[str]:
    """What is asked of Pardot: the standard fields, the mapped custom ones, consent and deals."""
    wanted = (*pardot_fields(rules.fields), *consent_fields()["pardot"], *prospect_fields(rules))
    return list(dict.fromkeys(wanted))


def extract_prospects(batch: RunningBatch) -> StepResult:
    """Read the people of the batch's scope, at most ``batch_size`` of them.

    The recycle bin is read too: whoever is in it is counted, and must not look like a gap.

    Raises:
        PardotError: Pardot refuses or does not answer.
        PipelineError: The spool is gone.
    """
    ports, rules = batch.ports, batch.ports.rules
    read_at = batch.started_at.isoformat()
    match batch.scope:
        case BucketScope(spool=name, bucket=bucket):
            spool = Spool(ports.spool_root, name)
            extracted: pd.DataFrame | list[dict[str, Any]] = spool.bucket(bucket).to_pandas()
            read_at = spool.manifest().read_at
            batch.read_at = datetime.fromisoformat(read_at)
        case ChangesScope() as scope:
            extracted = _by_ids(batch, changed_people(batch, scope))
        case ConsentScope() as scope:
            extracted = _by_ids(batch, opt_outs_changed(batch, scope))
        case EventsScope() as scope:
            extracted = _by_ids(batch, people_of_events(batch, scope))
        case IdsScope(prospect_ids=ids):
            extracted = _by_ids(batch, ids)
        case RangeScope() as scope:
            extracted = _range(batch, scope)
        case scope:
            raise AssertionError(f"{type(scope).__name__} is no scope of people")
    batch.ahead["pardot"] = ahead_of(ports.pardot, ports.clock)
    frame = coalesce_by_id(
        canonical_raw(extracted, extracted_fields(rules)), rules.account_time_zone
    )
    ports.progress("read from Pardot", len(frame), len(frame))
    metadata: dict[str, Any] = {
        "people": len(frame),
        "in_recycle_bin": int((frame["isDeleted"] == "true").sum()),
        "pardot_calls": ports.pardot.calls - batch.pardot_calls_before,
        "read_at": read_at,
        "attempt": batch.attempt,
    }
    bounded = CheckResult(
        "batch_is_bounded",
        len(frame) <= rules.batch_size,
        metadata={"people": len(frame), "batch_size": rules.batch_size},
    )
    frame["read_at"] = read_at
    return StepResult("pardot_prospects_raw", frame, metadata, (bounded,))


def _range(batch: RunningBatch, scope: RangeScope) -> list[dict[str, Any]]:
    """A stretch of the range; what it leaves is the scope of a following batch."""
    fields, several = _queryable(batch)
    reading = changed_prospects(
        batch.ports.pardot,
        fields,
        updated_since=paging.Position(scope.since, scope.since_id),
        until=scope.until,
        max_people=batch.ports.rules.batch_size,
    )
    found = [row for page in reading for row in page]
    reached = reading.updated_to
    if not reading.is_complete and reached is not None:
        batch.rest = RangeScope(reached.at, scope.until, reached.id)
    return with_several(batch.ports.pardot, found, several)


def _by_ids(batch: RunningBatch, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The named people; whoever is gone for good owes no further attempt."""
    if not ids:
        return []
    fields, several = _queryable(batch)
    pages = prospects_by_id(batch.ports.pardot, fields, [int(text) for text in ids])
    found = [row for page in pages for row in page]
    batch.gone = sorted(set(ids) - {str(row["id"]) for row in found})
    if batch.gone and not batch.dry_run:
        with batch.ports.ledger.write() as connection:
            for system in ("odoo", "pardot"):
                retries.settle(connection, batch.gone, system=system)
    return with_several(batch.ports.pardot, found, several)


def _queryable(batch: RunningBatch) -> tuple[list[str], list[str]]:
    """What a query is asked for, and what only other reads return."""
    fields = extracted_fields(batch.ports.rules)
    if not any(is_custom_field(name) for name in fields):
        return fields, []
    several = unqueryable_fields(batch.ports.pardot.custom_fields(), fields)
    return [name for name in fields if name not in several], sorted(several)
