"""Export jobs: their states and the order in which an account's jobs run.

What lives here: creating, the clockwork of Waiting, Processing, Complete, expiry. What does not:
the checking of a request (`export_routes.py`), the writing of files (`export_files.py`).

A job takes time in the world's clock or in real time, whichever passes first: a client that waits
waits really, and a test that moves the clock need not wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.export_files import write_files
from pardot_odoo_pipeline.sandbox.pardot.parameters import Condition
from pardot_odoo_pipeline.sandbox.pardot.query import conditions_to_sql
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["ExportJobs", "ExportRequest", "Job"]

LIFE_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class ExportRequest:
    """What an export was asked for, checked.

    Attributes:
        collection: The object.
        fields: What to write, in that order.
        bound: The time field that the window is about.
        low: First second of the window; open without one.
        high: Last second of the window.
        inclusive: Whether both ends belong to it.
        deleted: The recycle-bin choice.
        file_bytes: A file ends before it grows larger.
        byte_order_mark: Whether files begin with one.
        legacy_dates: Whether times are written as version 4 did.
        body: The caller's procedure, to be shown back.
    """

    collection: str
    fields: tuple[str, ...]
    bound: str
    low: int | None
    high: int
    inclusive: bool
    deleted: str
    file_bytes: int
    byte_order_mark: bool = False
    legacy_dates: bool = False
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The window as filters."""
        equal = "=" if self.inclusive else ""
        upper = Condition(self.bound, f"<{equal}", self.high)
        if self.low is None:
            return (upper,)
        return (Condition(self.bound, f">{equal}", self.low), upper)


@dataclass(frozen=True)
class Job:
    """One export as it stands at a moment."""

    id: int
    request: ExportRequest
    status: str
    is_expired: bool
    files: int
    rows: int
    created: int
    updated: int
    user_id: int


class ExportJobs:
    """An account's exports; they run one after another, oldest first.

    Args:
        store: The state; jobs survive a restart.
        switches: The unsure points.
        clock: The world's clock.
        zone: Gives the account's present zone.
        results: Where files are written.
        background: Whether files are written on a thread of their own.
    """

    def __init__(
        self,
        store: Store,
        switches: Switches,
        clock: WorldClock,
        zone: Callable[[], AccountZone],
        results: Path,
        *,
        background: bool,
    ) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._zone = zone
        self._results = results
        self._background = background
        self._one_at_a_time = threading.Lock()
        for (job_id,) in self._select("SELECT id FROM export_jobs WHERE written = 0 ORDER BY id"):
            self._start(job_id)

    def create(self, request: ExportRequest, user_id: int) -> Job:
        """Queue an export."""
        rows = self._count(request)
        works = self._switches["export_base_seconds"] + rows / max(
            self._switches["export_rows_per_second"], 1e-9
        )
        now = self._clock.timestamp()
        with self._store.writing() as connection:
            before = connection.execute(
                "SELECT waits, works, created_world, created_real FROM export_jobs "
                "WHERE ended = 0 ORDER BY id DESC LIMIT 1"
            ).fetchone()
            busy = 0.0 if before is None else before[0] + before[1] - self._elapsed(*before[2:])
            waits = max(self._switches["export_waiting_seconds"], busy)
            job_id = connection.execute(
                "INSERT INTO export_jobs (request, waits, works, created, created_world, "
                "created_real, user_id, failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    orjson.dumps(request).decode(),
                    waits,
                    works,
                    int(now),
                    now,
                    self._store.real_now(),
                    user_id,
                    int(self._switches["export_fails"]),
                ),
            ).lastrowid
        if job_id is None:
            raise RuntimeError("the database gave a new export no id")
        self._start(job_id)
        return self.read(job_id)

    def read(self, job_id: int) -> Job:
        """A job as it stands now.

        Raises:
            ApiError: 109 when there is none.
        """
        rows = self._select(f"{_JOB} WHERE id = ?", (job_id,))
        if not rows:
            raise ApiError(109)
        return self._job(rows[0])

    def all(self) -> list[Job]:
        """Every job by id."""
        return [self._job(row) for row in self._select(f"{_JOB} ORDER BY id")]

    def file(self, job_id: int, number: int) -> Path:
        """A result file.

        Raises:
            ApiError: 178 unless the job is complete and its files remain, 109 for no such file.
        """
        job = self.read(job_id)
        if job.status != "Complete" or job.is_expired:
            raise ApiError(178)
        if not 1 <= number <= job.files:
            raise ApiError(109)
        return self._results / str(job_id) / f"{number}.csv"

    def _select(self, sql: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._store.writing() as connection:
            return connection.execute(sql, arguments).fetchall()

    def _elapsed(self, created_world: float, created_real: float) -> float:
        return max(self._clock.timestamp() - created_world, self._store.real_now() - created_real)

    def _job(self, row: tuple[Any, ...]) -> Job:
        job_id, request, waits, works, created, world, real, user, written, files, count = row[:11]
        bad, ended = row[11:]
        passed = self._elapsed(world, real)
        if ended:
            status, reached = ("Failed" if bad else "Complete"), waits + works
        elif passed < waits:
            status, reached = "Waiting", 0.0
        elif passed < waits + works or not written:
            status, reached = "Processing", waits
        else:
            status, reached = ("Failed" if bad else "Complete"), waits + works
            # Kept: a clock that is set back must not bring a finished job back to work.
            self._select("UPDATE export_jobs SET ended = 1 WHERE id = ?", (job_id,))
        expired = self._clock.timestamp() - world > LIFE_SECONDS
        facts = orjson.loads(request)
        facts["fields"] = tuple(facts["fields"])
        return Job(
            id=job_id,
            request=ExportRequest(**facts),
            status=status,
            is_expired=expired,
            files=files,
            rows=count,
            created=created,
            updated=created + int(reached),
            user_id=user,
        )

    def _count(self, request: ExportRequest) -> int:
        target = self._store.catalogue[request.collection]
        clauses, arguments = conditions_to_sql(request.conditions, request.deleted, target, False)
        with self._store.reading() as connection:
            sql = f'SELECT count(*) FROM "{target.table}" AS t WHERE {" AND ".join(clauses)}'
            return int(connection.execute(sql, arguments).fetchone()[0])

    def _start(self, job_id: int) -> None:
        if self._background:
            name = f"export-{job_id}"
            threading.Thread(target=self._write, args=(job_id,), name=name, daemon=True).start()
        else:
            self._write(job_id)

    def _write(self, job_id: int) -> None:
        with self._one_at_a_time:
            request = self.read(job_id).request
            files, rows = write_files(
                self._store, request, self._zone(), self._switches, self._results / str(job_id)
            )
            with self._store.writing() as connection:
                connection.execute(
                    "UPDATE export_jobs SET written = 1, files = ?, rows = ? WHERE id = ?",
                    (files, rows, job_id),
                )


_JOB = (
    "SELECT id, request, waits, works, created, created_world, created_real, user_id, written, "
    "files, rows, failed, ended FROM export_jobs"
)
