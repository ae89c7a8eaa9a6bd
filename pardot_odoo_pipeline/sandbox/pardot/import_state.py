"""An import as it stands at a moment.

What lives here: what is known of one, and when it expires. What does not: how it moves on
(`import_jobs.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.import_rows import ImportRequest

__all__ = ["ENDED", "JOB_SQL", "ImportJob", "job_of"]

ENDED = ("Complete", "Failed", "Canceled")
_OPEN_SECONDS = 86_400
_LIFE_SECONDS = 7 * 86_400

JOB_SQL = (
    "SELECT id, request, state, columns, rows, waits, works, created, changed, started_world, "
    "started_real, user_id, read, applied, created_count, updated_count, error_count, fails "
    "FROM import_jobs"
)


@dataclass(frozen=True)
class ImportJob:
    """One import as it stands at a moment."""

    id: int
    request: ImportRequest
    status: str
    is_expired: bool
    columns: list[str] | None
    created: int
    updated: int
    user_id: int
    created_count: int
    updated_count: int
    error_count: int
    is_due: bool


def job_of(
    row: tuple[Any, ...], status: str, changed: float, now: float, *, is_due: bool
) -> ImportJob:
    """The import of a row of `JOB_SQL`.

    Args:
        row: The row.
        status: As the service calls it.
        changed: When it came into that state.
        now: The present moment.
        is_due: Whether its waiting is over.
    """
    job_id, request, _, columns, _, _, _, created = row[:8]
    user, _, _, made, moved, failed, _ = row[11:]
    life = _OPEN_SECONDS if status == "Open" else _LIFE_SECONDS
    return ImportJob(
        id=job_id,
        request=ImportRequest(**orjson.loads(request)),
        status=status,
        is_expired=now - changed > life and status in ("Open", *ENDED),
        columns=None if columns is None else orjson.loads(columns),
        created=created,
        updated=int(changed),
        user_id=user,
        created_count=made,
        updated_count=moved,
        error_count=failed,
        is_due=is_due,
    )
