"""Reading a whole prospect base in bulk.

What lives here: the windows of time that exports accept, and all prospects by them. What does not:
a single export (``export_jobs.py``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import PardotExportFailed
from pardot_odoo_pipeline.pardot.export_jobs import Export, create_export, download, wait
from pardot_odoo_pipeline.pardot.stretches import row_time

__all__ = ["export_prospects", "export_windows", "oldest_prospect"]

_LONGEST_WINDOW = timedelta(days=365)
_SHORTEST_WINDOW = timedelta(hours=1)
_OVERLAP = timedelta(seconds=1)
_MOST_FAILURES = 8

_Window = tuple[datetime, datetime]


def export_windows(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Cut a time into windows that an export accepts: at most a year, overlapping by a second.

    Whether the API's bounds belong to a window is told differently in different places. So the
    first window begins a second early and each next one a second before the end of the one before:
    with either reading no moment of ``[since, until)`` is left out.
    """
    windows = []
    # In UTC: sums of local times are an hour off where clocks change between.
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    start, end = since - _OVERLAP, since - _OVERLAP
    while end < until:
        end = min(start + _LONGEST_WINDOW, until)
        windows.append((start, end))
        start = end - _OVERLAP
    return windows


def export_prospects(
    client: PardotClient,
    fields: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    by: str = "created",
    key: str = "id",
    first_pause: float = 1.0,
) -> Iterator[pa.RecordBatch]:
    """Every prospect of a time, deleted ones included, each once.

    All windows are asked for first: the account works on them one after the other, so the next is
    made while one is read. They are then waited for in that order. A window whose export fails, is
    late or expires is asked for anew, in halves.

    Args:
        client: Makes the calls.
        fields: Fields to read, the key among them or not: it is read in any case.
        since: Begin, inclusive.
        until: End, exclusive.
        by: ``created`` or ``updated``. By creation a prospect has one place whatever happens
            meanwhile; by update it may move to another window while exports are being made.
        key: Integer field by which rows of overlapping windows are told apart: the row of the
            earlier window is given, that of the later one dropped. Costs 8 bytes of memory a
            person.
        first_pause: Seconds before the first look at an export.
    """
    columns = tuple(dict.fromkeys([*fields, key]))

    def made(window: _Window) -> tuple[_Window, Export]:
        start, end = window
        arguments = {f"{by}After": start, f"{by}Before": end, "deleted": "all"}
        return window, create_export(client, "Prospect", columns, f"filter_by_{by}_at", arguments)

    waiting = deque(made(window) for window in export_windows(since, until))
    seen: list[np.ndarray] = []
    pause, failures = first_pause, 0
    while waiting:
        window, export = waiting.popleft()
        try:
            finished = wait(client, export, first=pause)
            yield from _unseen(download(client, finished), key, seen)
        except PardotExportFailed:
            # Given up, late, or its files are gone: what is too much at once is asked for in parts.
            failures += 1
            if failures > _MOST_FAILURES:
                raise
            waiting.extendleft(reversed([made(part) for part in _halves(*window)]))
            pause = first_pause
        else:
            # The later ones have been in the making while the earlier ones were read.
            pause = 0.0


def _halves(start: datetime, end: datetime) -> list[_Window]:
    """A window in two parts that overlap as windows do; a short one as it is."""
    if end - start < _SHORTEST_WINDOW:
        return [(start, end)]
    middle = (start + (end - start) / 2).replace(microsecond=0)
    return [(start, middle), (middle - _OVERLAP, end)]


def _unseen(
    batches: Iterator[pa.RecordBatch], key: str, seen: list[np.ndarray]
) -> Iterator[pa.RecordBatch]:
    """The rows whose key no earlier export had; adds this one's keys, sorted, to ``seen``.

    Also where it breaks off: what was given once is not given again.
    """
    mine: list[np.ndarray] = []
    try:
        for batch in batches:
            column = pyarrow.compute.cast(batch.column(key), pa.int64())
            keys = column.to_numpy(zero_copy_only=False)
            fresh = np.ones(len(keys), dtype=bool)
            for earlier in seen:
                at = np.minimum(np.searchsorted(earlier, keys), len(earlier) - 1)
                fresh &= earlier[at] != keys
            mine.append(keys)
            if fresh.all():
                yield batch
            elif fresh.any():
                yield batch.filter(pa.array(fresh))
    finally:
        if any(len(keys) for keys in mine):
            seen.append(np.sort(np.concatenate(mine)))


def oldest_prospect(client: PardotClient) -> datetime | None:
    """When the first prospect was created: where a read of all of them begins. One call."""
    page = client.query(
        "prospects",
        ("id", "createdAt"),
        filters={"deleted": "all"},
        order_by="createdAt",
        limit=1,
    )
    return row_time(page.rows[0], "createdAt") if page.rows else None
