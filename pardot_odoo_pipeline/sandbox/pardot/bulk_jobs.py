"""Bulk actions: many prospects deleted, or deleted for good, by one request.

What lives here: their states and what they do. What does not: checking of requests
(`bulk_routes.py`), what permanent deletion removes (`life.py`).

Time passes for them as for imports: in the world's clock or in real time, whichever is first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot import life
from pardot_odoo_pipeline.sandbox.pardot.errors import REGISTRY, ApiError
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["DELETE", "PERMANENT", "BulkJob", "BulkJobs"]

DELETE, PERMANENT = "delete", "permanentDelete"
_IDS_A_TRANSACTION = 1_000
_ENDED = ("Complete", "Cancelled")
_JOB = (
    "SELECT id, action, name, state, count, done, errors, file, created, changed, started_world, "
    "started_real, works, user_id FROM bulk_jobs"
)


@dataclass(frozen=True)
class BulkJob:
    """One bulk action as it stands at a moment; `name` is what its caller called the action."""

    id: int
    action: str
    name: str
    status: str
    count: int
    done: int
    errors: int
    file: str | None
    created: int
    updated: int
    user_id: int


class BulkJobs:
    """An account's bulk actions.

    Args:
        store: The state; jobs survive a restart.
        switches: The unsure points.
        clock: The world's clock.
    """

    def __init__(self, store: Store, switches: Switches, clock: WorldClock) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._working = threading.Lock()
        self._pending = bool(self._select("SELECT 1 FROM bulk_jobs WHERE state = 'Submitted'"))

    def create(self, action: str, name: str, ids: list[str], file: str | None) -> BulkJob:
        """Queue a bulk action."""
        now = self._clock.timestamp()
        works = self._switches["import_base_seconds"] + len(ids) / max(
            self._switches["import_rows_per_second"], 1e-9
        )
        with self._store.writing() as connection:
            job_id = connection.execute(
                "INSERT INTO bulk_jobs (action, name, state, ids, count, file, created, changed, "
                "started_world, started_real, works, user_id) "
                "VALUES (?, ?, 'Submitted', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    action,
                    name,
                    orjson.dumps(ids).decode(),
                    len(ids),
                    file,
                    int(now),
                    now,
                    now,
                    self._store.real_now(),
                    works,
                    self._store.api_user_id,
                ),
            ).lastrowid
            self._pending = True
        return self.read(int(job_id or 0))

    def read(self, job_id: int) -> BulkJob:
        """A bulk action as it stands now.

        Raises:
            ApiError: 109 when there is none.
        """
        rows = self._select(f"{_JOB} WHERE id = ?", (job_id,))
        if not rows:
            raise ApiError(109)
        return self._job(rows[0])

    def all(self) -> list[BulkJob]:
        """Every bulk action by id."""
        return [self._job(row) for row in self._select(f"{_JOB} ORDER BY id")]

    def errors(self, job_id: int) -> list[tuple[str, str]]:
        """The ids that could not be dealt with, each with its reason."""
        self.read(job_id)
        return [
            (cell, message)
            for cell, message in self._select(
                "SELECT cell, message FROM bulk_errors WHERE job_id = ? ORDER BY row", (job_id,)
            )
        ]

    def change(self, job_id: int, status: str) -> BulkJob:
        """Pause, go on or cancel; what was done stays done.

        Raises:
            ApiError: 161 when it has ended or cannot change so.
        """
        job = self.read(job_id)
        allowed = {"Paused": "Ready", "Waiting": "Paused", "Processing": "Paused"}
        if job.status in _ENDED or status not in ("Cancelled", allowed.get(job.status)):
            raise ApiError(161)
        state = "Submitted" if status == "Ready" else status
        now, real = self._clock.timestamp(), self._store.real_now()
        with self._store.writing() as connection:
            connection.execute(
                "UPDATE bulk_jobs SET state = ?, changed = ?, started_world = ?, "
                "started_real = ? WHERE id = ?",
                (state, now, now, real, job_id),
            )
            self._pending = True
        return self.read(job_id)

    def work(self) -> None:
        """Do what is due; costs nothing while nothing waits."""
        if not self._pending or not self._working.acquire(blocking=False):
            return
        try:
            rows = self._select(f"{_JOB} WHERE state = 'Submitted' ORDER BY id")
            for row in rows:
                if self._job(row).status == "Processing" and row[5] < row[4]:
                    self._apply(row[0], row[1], row[5])
            with self._store.writing():
                left = self._select("SELECT 1 FROM bulk_jobs WHERE state = 'Submitted'")
                self._pending = bool(left)
        finally:
            self._working.release()

    def _apply(self, job_id: int, action: str, done: int) -> None:
        (text,) = self._select("SELECT ids FROM bulk_jobs WHERE id = ?", (job_id,))[0]
        ids = islice(enumerate(orjson.loads(text)), done, None)
        while part := list(islice(ids, _IDS_A_TRANSACTION)):
            with self._store.writing() as connection:
                wrong = 0
                for number, cell in part:
                    try:
                        self._one(connection, action, cell)
                    except ApiError as refused:
                        wrong += 1
                        connection.execute(
                            "INSERT INTO bulk_errors VALUES (?, ?, ?, ?)",
                            (job_id, number, cell, REGISTRY[refused.code][1]),
                        )
                connection.execute(
                    "UPDATE bulk_jobs SET done = done + ?, errors = errors + ? WHERE id = ?",
                    (len(part), wrong, job_id),
                )

    def _one(self, connection: Any, action: str, cell: str) -> None:
        row = connection.execute(
            'SELECT "isDeleted" FROM prospects WHERE id = ?', (cell,)
        ).fetchone()
        # Only what is in the recycle bin can be deleted for good, only what is not goes into it.
        if row is None or bool(row[0]) != (action == PERMANENT):
            raise ApiError(109)
        if action == PERMANENT:
            life.erase(connection, self._store, int(cell))
            return
        connection.execute(
            'UPDATE prospects SET "isDeleted" = 1, "updatedAt" = ?, "updatedById" = ? WHERE id = ?',
            (int(self._clock.timestamp()), self._store.api_user_id, cell),
        )

    def _select(self, sql: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._store.writing() as connection:
            return connection.execute(sql, arguments).fetchall()

    def _job(self, row: tuple[Any, ...]) -> BulkJob:
        job_id, action, name, state, count, done, errors, file, created, changed = row[:10]
        world, real, works, user = row[10:]
        status = state
        if state == "Submitted":
            passed = max(self._clock.timestamp() - world, self._store.real_now() - real)
            waits = self._switches["import_waiting_seconds"]
            status = "Waiting" if passed < waits else "Processing"
            if done == count and passed >= waits + works:
                status, changed = "Complete", world + waits + works
                self._select(
                    "UPDATE bulk_jobs SET state = 'Complete', changed = ? WHERE id = ?",
                    (changed, job_id),
                )
        return BulkJob(
            job_id, action, name, status, count, done, errors, file, created, int(changed), user
        )
