"""Step 1 of the activities: what happened, what was left, and what came before a name.

What lives here: which reads make up a batch, and how far each goes. What does not: paging
(``pardot``) and what an activity means (``mapping/activity_table.py``).

A quiet batch asks once. What was left (its person had no lead, or a call had no answer) is read
anew by id, so that the ledger need not keep what people did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pandas as pd

from pardot_odoo_pipeline.batches import ActivitiesScope
from pardot_odoo_pipeline.ledger.store import activities as store
from pardot_odoo_pipeline.ledger.store import activity_visitors, cursors
from pardot_odoo_pipeline.opening import ACTIVITIES_CURSOR
from pardot_odoo_pipeline.pardot.activities import (
    ACTIVITY_FIELDS,
    PAGE_VIEW_FIELDS,
    changed_activities,
)
from pardot_odoo_pipeline.pardot.lookups import rows_by_id
from pardot_odoo_pipeline.pardot.paging import Position, iter_pages
from pardot_odoo_pipeline.steps.batch import RunningBatch
from pardot_odoo_pipeline.steps.clocks import end_there
from pardot_odoo_pipeline.steps.results import CheckResult, StepResult

__all__ = ["BEGUN_CURSOR", "UNKNOWN_FOR", "Extracted", "extract_activities"]

BEGUN_CURSOR = "pardot_activities_begun"
"""Where the first reading ended: a visitor first seen after it was anonymous before."""

PAGE_VIEW = "pv"
"""Begins the id of an activity that was read as a page view: both count from one."""

UNKNOWN_FOR = timedelta(seconds=180)
"""Longer than any server transaction (120 s by default in Odoo) and than our read time-out."""

_COLUMNS = [*ACTIVITY_FIELDS, "url", "read_as"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Extracted(StepResult):
    """The raw rows, and what closing the batch needs to know.

    Attributes:
        rest: What the bounded read left for a following batch.
        visitors: Visitors whose past was read.
        lost: Activities that were left once and are no longer in Pardot.
    """

    rest: ActivitiesScope | None = None
    visitors: tuple[str, ...] = ()
    lost: tuple[str, ...] = field(default=())


def extract_activities(batch: RunningBatch) -> Extracted:
    """Read the stretch of the scope, then what was left, then the past of new visitors.

    Raises:
        PardotError: Pardot refuses or does not answer.
    """
    assert isinstance(batch.scope, ActivitiesScope)
    size = batch.ports.rules.batch_size
    rows, rest = _stretch(batch, batch.scope, size)
    left, lost = _left(batch, size - len(rows))
    rows += left
    past, visitors = _past(batch, size - len(rows))
    rows += past
    frame = _frame(rows, batch.started_at)
    batch.ports.progress("read activities from Pardot", len(frame), len(frame))
    return Extracted(
        "pardot_activities_raw",
        frame,
        {
            "activities": len(frame),
            "left_before": len(left),
            "visitors_looked_up": len(visitors),
            "pardot_calls": batch.ports.pardot.calls - batch.pardot_calls_before,
            "attempt": batch.attempt,
        },
        (
            CheckResult(
                "batch_is_bounded",
                len(frame) <= size,
                metadata={"activities": len(frame), "batch_size": size},
            ),
        ),
        rest,
        visitors,
        lost,
    )


def _stretch(
    batch: RunningBatch, scope: ActivitiesScope, size: int
) -> tuple[list[Row], ActivitiesScope | None]:
    """The changes in the scope; the cursor's true end is noted."""
    with batch.ports.ledger.read() as connection:
        standing = cursors.position(connection, ACTIVITIES_CURSOR)
    reading = changed_activities(
        batch.ports.pardot,
        Position(scope.since, scope.since_id),
        scope.until,
        size,
        by="updatedAt",
    )
    rows = [{**row, "read_as": "change"} for page in reading for row in page]
    end = end_there(batch.ports, reading)
    if standing is None or end > standing:
        batch.cursors[ACTIVITIES_CURSOR] = (standing, end)
    rest = None
    if not reading.is_complete:
        rest = ActivitiesScope(end.time, scope.until, end.tie)
    return rows, rest


def _left(batch: RunningBatch, most: int) -> tuple[list[Row], tuple[str, ...]]:
    """What earlier batches could not show and this one can try."""
    if most <= 0:
        return [], ()
    now = batch.ports.clock.now()
    with batch.ports.ledger.read() as connection:
        owners = store.due(connection, now=now, unknown_for=UNKNOWN_FOR, limit=most)
    numbers: dict[str, list[int]] = {PAGE_VIEW: [], "": []}
    for activity in owners:
        prefix = PAGE_VIEW if activity.startswith(PAGE_VIEW) else ""
        numbers[prefix].append(int(activity.removeprefix(PAGE_VIEW)))
    pages = chain(
        _by_id(batch, "visitor-activities", ACTIVITY_FIELDS, numbers[""]),
        (_as_activity(row) for row in _by_id(batch, *_VIEWS, numbers[PAGE_VIEW])),
    )
    # The ledger knows whose it is, also where Pardot itself never says so.
    rows = [
        {**row, "prospectId": owners[str(row["id"])], "read_as": "left"}
        for row in pages
        if str(row["id"]) in owners
    ]
    return rows, tuple(sorted(set(owners) - {str(row["id"]) for row in rows}))


_VIEWS = ("visitor-page-views", PAGE_VIEW_FIELDS)


def _by_id(
    batch: RunningBatch, name: str, fields: tuple[str, ...], ids: list[int]
) -> Iterator[Row]:
    for page in rows_by_id(batch.ports.pardot, name, fields, ids, with_deleted=False):
        yield from page


def _past(batch: RunningBatch, most: int) -> tuple[list[Row], tuple[str, ...]]:
    """What visitors did before they had a name: since we read, or as far as the history goes."""
    rules = batch.ports.rules.activities
    begin = batch.started_at - timedelta(days=rules.history_days)
    with batch.ports.ledger.read() as connection:
        new = activity_visitors.open_visitors(connection, rules.visitor_lookups)
        begun = cursors.position(connection, BEGUN_CURSOR)
    if begun is not None:
        begin = min(begin, begun.time)
    rows: list[Row] = []
    done: list[str] = []
    for visitor, prospect in new.items():
        if len(rows) >= most:
            break
        rows += _past_of(batch, visitor, prospect, begin, most - len(rows))
        done.append(visitor)
    return rows, tuple(done)


def _past_of(
    batch: RunningBatch, visitor: str, prospect: str, begin: datetime, most: int
) -> list[Row]:
    filters = {"visitorId": int(visitor), "createdAtAfterOrEqualTo": begin}
    activities = _all(batch, "visitor-activities", ACTIVITY_FIELDS, filters, most)
    covered = {row["visitorPageViewId"] for row in activities}
    views = _all(batch, *_VIEWS, filters, most)
    alone = [_as_activity(row) for row in views if row["id"] not in covered]
    return [
        {**row, "prospectId": row.get("prospectId") or prospect, "read_as": "visitor"}
        for row in [*activities, *alone]
    ][:most]


def _all(
    batch: RunningBatch, name: str, fields: tuple[str, ...], filters: Mapping[str, Any], most: int
) -> list[Row]:
    pages = iter_pages(batch.ports.pardot, name, fields, filters=filters, stop_after=most)
    return [row for page in pages for row in page]


def _as_activity(view: Mapping[str, Any]) -> Row:
    """A page view in the form of the activity that it is."""
    return {
        "id": f"{PAGE_VIEW}{view['id']}",
        "type": 2,
        "typeName": "Page View",
        "details": view.get("title"),
        "url": view.get("url"),
        "visitorId": view.get("visitorId"),
        "visitId": view.get("visitId"),
        "visitorPageViewId": view["id"],
        "createdAt": view["createdAt"],
        "updatedAt": view["createdAt"],
    }


def _frame(rows: Iterable[Row], read_at: datetime) -> pd.DataFrame:
    """Text columns, one row per id: a change is newer than what was left."""
    by_id: dict[str, Row] = {}
    unnamed: list[Row] = []
    for row in rows:
        if row.get("id") is None:
            unnamed.append(row)
        else:
            by_id.setdefault(str(row["id"]), row)
    kept = [*by_id.values(), *unnamed]
    frame = pd.DataFrame(
        {
            name: pd.array([_text(row.get(name)) for row in kept], dtype="string")
            for name in _COLUMNS
        }
    )
    frame["read_at"] = pd.array([read_at.isoformat()] * len(kept), dtype="string")
    return frame


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
