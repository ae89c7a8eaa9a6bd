"""Import jobs: their states, their batches, and the order in which an account's imports run.

What lives here: Open, Ready, Waiting, Processing, Complete, Failed, Canceled. What does not:
checking of requests (`import_routes.py`), what a row does (`import_rows.py`).

An import takes time as an export does: in the world's clock or in real time, whichever passes
first. Its rows take effect when its waiting is over, not before.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.import_files import (
    check_columns,
    columns_of,
    errors_csv,
    rows_of,
)
from pardot_odoo_pipeline.sandbox.pardot.import_rows import ImportRequest, RowWriter
from pardot_odoo_pipeline.sandbox.pardot.import_state import ENDED, JOB_SQL, ImportJob, job_of
from pardot_odoo_pipeline.sandbox.pardot.import_work import apply_rows
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["ImportJobs"]

_DAILY_BYTES = 10_000_000_000
_TO_APPLY = "WHERE state = 'Submitted' AND applied = 0"


class ImportJobs:
    """An account's imports; they run one after another, oldest first.

    Args:
        store: The state; jobs survive a restart and go on where they were.
        switches: The unsure points.
        clock: The world's clock.
        zone: Gives the account's present zone.
        directory: Where batches are kept.
        background: Whether rows take effect on a thread of their own.
    """

    def __init__(
        self,
        store: Store,
        switches: Switches,
        clock: WorldClock,
        zone: Callable[[], AccountZone],
        directory: Path,
        *,
        background: bool,
    ) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._zone = zone
        self._directory = directory
        self._background = background
        self._working = threading.Lock()
        self._pending = bool(self._select(f"SELECT 1 FROM import_jobs {_TO_APPLY}"))

    def create(self, request: ImportRequest, user_id: int) -> ImportJob:
        """Open an import."""
        now = self._clock.timestamp()
        with self._store.writing() as connection:
            job_id = connection.execute(
                "INSERT INTO import_jobs (request, state, created, changed, user_id) "
                "VALUES (?, 'Open', ?, ?, ?)",
                (orjson.dumps(request).decode(), int(now), now, user_id),
            ).lastrowid
        return self.read(int(job_id or 0))

    def add_batch(self, job_id: int, data: bytes) -> None:
        """Add a file to an open import.

        Raises:
            ApiError: The import is not open, a limit is reached, or the file is refused.
        """
        job = self._open(job_id)
        if len(data) > self._switches["import_batch_maximum_bytes"]:
            raise ApiError(self._switches["import_batch_too_large_code"])
        columns, rows = columns_of(data)
        check_columns(self._store.catalogue["prospects"], job.request, columns, self._switches)
        if job.columns is not None and job.columns != columns:
            raise ApiError(self._switches["import_header_mismatch_code"])
        now = self._clock.timestamp()
        day = self._zone().day(now)
        with self._store.writing() as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM import_batches WHERE import_id = ?", (job_id,)
            ).fetchone()
            if number >= self._switches["import_batches_maximum"]:
                raise ApiError(160)
            today, size = connection.execute(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM import_batches WHERE day = ?", (day,)
            ).fetchone()
            if today >= self._switches["import_daily_batches"] or size + len(data) > _DAILY_BYTES:
                raise ApiError(164)
            path = self._path(job_id, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            connection.execute(
                "INSERT INTO import_batches VALUES (?, ?, ?, ?)", (job_id, number, len(data), day)
            )
            connection.execute(
                "UPDATE import_jobs SET columns = ?, rows = rows + ?, changed = ? WHERE id = ?",
                (orjson.dumps(columns).decode(), rows, now, job_id),
            )

    def submit(self, job_id: int) -> ImportJob:
        """Close an import for further batches and queue it.

        Raises:
            ApiError: 155 when it is not open, 156 when it has no batch.
        """
        job = self._open(job_id)
        if job.columns is None:
            raise ApiError(156)
        # Planted before the queue moves: an import may ask for any membership.
        self._store.ensure_full("list-memberships")
        rate = max(self._switches["import_rows_per_second"], 1e-9)
        now, real = self._clock.timestamp(), self._store.real_now()
        with self._store.writing() as connection:
            before = connection.execute(
                "SELECT waits, works, started_world, started_real FROM import_jobs "
                "WHERE state = 'Submitted' ORDER BY started_real DESC LIMIT 1"
            ).fetchone()
            busy = 0.0 if before is None else before[0] + before[1] - self._elapsed(*before[2:])
            connection.execute(
                "UPDATE import_jobs SET state = 'Submitted', changed = ?, started_world = ?, "
                "started_real = ?, waits = ?, works = ? + rows / ?, fails = ? WHERE id = ?",
                (
                    now,
                    now,
                    real,
                    max(self._switches["import_waiting_seconds"], busy),
                    self._switches["import_base_seconds"],
                    rate,
                    int(self._switches["import_fails"]),
                    job_id,
                ),
            )
            self._pending = True
        return replace(self.read(job_id), status="Ready")

    def cancel(self, job_id: int) -> ImportJob:
        """Stop an import; rows that took effect stay.

        Raises:
            ApiError: 161 when it has ended.
        """
        if self.read(job_id).status in ENDED:
            raise ApiError(161)
        with self._store.writing() as connection:
            connection.execute(
                "UPDATE import_jobs SET state = 'Canceled', changed = ? WHERE id = ?",
                (self._clock.timestamp(), job_id),
            )
        return self.read(job_id)

    def read(self, job_id: int) -> ImportJob:
        """An import as it stands now.

        Raises:
            ApiError: 109 when there is none.
        """
        rows = self._select(f"{JOB_SQL} WHERE id = ?", (job_id,))
        if not rows:
            raise ApiError(109)
        return self._job(rows[0])

    def all(self) -> list[ImportJob]:
        """Every import by id."""
        return [self._job(row) for row in self._select(f"{JOB_SQL} ORDER BY id")]

    def errors(self, job_id: int) -> bytes:
        """The failed rows with their reasons.

        Raises:
            ApiError: 161 unless the import has ended and its results remain.
        """
        job = self.read(job_id)
        if job.status not in ENDED or job.is_expired:
            raise ApiError(161)
        column = self._switches["import_error_column"]
        return errors_csv(self._store, job_id, job.columns or [], column)

    def work(self) -> None:
        """Let what is due take effect; costs nothing while no import waits."""
        if not self._pending or not self._working.acquire(blocking=False):
            return
        if self._due() is None:
            self._working.release()
        elif self._background:
            threading.Thread(target=self._work, name="import-rows", daemon=True).start()
        else:
            self._work()

    def _due(self) -> tuple[ImportJob, int] | None:
        """The import that comes next, if its waiting is over, and how far it was read."""
        with self._store.writing():
            rows = self._select(f"{JOB_SQL} {_TO_APPLY} ORDER BY started_real LIMIT 1")
            self._pending = bool(rows)
        job = self._job(rows[0]) if rows else None
        return None if job is None or not job.is_due else (job, rows[0][12])

    def _work(self) -> None:
        """Work through the queue as far as it is due; runs alone, and lets go at the end."""
        try:
            while not self._store.closing.is_set() and (due := self._due()) is not None:
                try:
                    self._apply(*due)
                except Exception:
                    if self._store.closing.is_set():
                        return
                    # A bug of the sandbox must be seen, and must not stop the imports behind it.
                    traceback.print_exc()
                    self._select(
                        "UPDATE import_jobs SET state = 'Failed' WHERE id = ?", (due[0].id,)
                    )
        finally:
            self._working.release()

    def _apply(self, job: ImportJob, read: int) -> None:
        paths = sorted(self._path(job.id, 0).parent.glob("*.csv"), key=lambda path: int(path.stem))
        (failing,) = self._select("SELECT fails FROM import_jobs WHERE id = ?", (job.id,))[0]
        writer = RowWriter(self._store, self._switches, job.request, job.columns or [])
        apply_rows(
            self._store,
            self._clock,
            writer,
            job.id,
            job.columns or [],
            islice(rows_of([] if failing else paths), read, None),
            read,
        )

    def _open(self, job_id: int) -> ImportJob:
        job = self.read(job_id)
        if job.status != "Open":
            raise ApiError(155)
        if job.is_expired:
            raise ApiError(161)
        return job

    def _path(self, job_id: int, number: int) -> Path:
        return self._directory / str(job_id) / f"{number}.csv"

    def _select(self, sql: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._store.writing() as connection:
            return connection.execute(sql, arguments).fetchall()

    def _elapsed(self, started_world: float, started_real: float) -> float:
        return max(self._clock.timestamp() - started_world, self._store.real_now() - started_real)

    def _job(self, row: tuple[Any, ...]) -> ImportJob:
        job_id, _, state, _, _, waits, works, _, changed, world, real, _, _, applied = row[:14]
        due = False
        status = state
        if state == "Submitted":
            passed = self._elapsed(world, real)
            due = passed >= waits
            status = "Processing" if due else "Waiting"
            if applied and passed >= waits + works:
                status = "Failed" if row[17] else "Complete"
                changed = world + waits + works
                # Kept: a clock that is set back must not bring a finished import back to work.
                self._select(
                    "UPDATE import_jobs SET state = ?, changed = ? WHERE id = ?",
                    (status, changed, job_id),
                )
        return job_of(row, status, changed, self._clock.timestamp(), is_due=due)
