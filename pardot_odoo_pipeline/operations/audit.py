"""What this process did to whom: collected on the way, written in parts.

What lives here: the port that clients and steps tell of calls, values and transfers, and when what
was told is written. What does not: the form of the files (`audit_files`), which values a step tells
of (`steps.auditing`), and asking (`audit_query`).

Telling costs a few microseconds and touches no disk. A thread of its own writes what waits, every
ten seconds at the latest, and the end of a batch and of the process write the rest; a process that
is killed loses what it was told in its last seconds, at most ten. The ledger does not depend on it:
who was written by which batch stands there in any case.

A disk that is full stops no sync: what cannot be written waits and is tried again, and an incident
says so. Beyond a bound the oldest goes, counted.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.store.call_counts import CallCount
from pardot_odoo_pipeline.odoo.wire import CallRecord as OdooCall
from pardot_odoo_pipeline.operations.audit_files import SCHEMAS, AuditFiles, Kind, table_of
from pardot_odoo_pipeline.pardot.answers import CallRecord as PardotCall

__all__ = [
    "NOT_WRITTEN",
    "NOT_WRITTEN_DETAIL",
    "AuditLog",
    "Outcome",
    "Tally",
    "clean_path",
    "close_all",
    "outcome_of",
    "shown_as",
]

NOT_WRITTEN = "audit:not_written"
"""The incident of files that cannot be stored."""

NOT_WRITTEN_DETAIL = {
    "title": "The audit cannot be written",
    "text": "Calls, values and transfers are kept in memory until it can; the sync goes on.",
    "fix": "Free space in PIPELINE_HOME/audit, or where AUDIT_URL points, and allow writing there",
    "severity": "error",
}

FLUSH_SECONDS = 10.0
_MOST_ROWS = 50_000
_KEPT_ROWS = 500_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_OPEN: set[AuditLog] = set()
"""Those of this process that may still hold something."""

_PERSONAL = re.compile(r"/[^/]*(?:\d{3,}|@|%40)[^/]*|/\d+(?=/|$)")
_VERSION = re.compile(r"^(/api/v\d+)(/.*)?$")


class Outcome:
    """What a call came to, in one word."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"
    NO_ANSWER = "no_answer"


Tally = Mapping[tuple[str, str, str], CallCount]
"""Day, system and outcome to what was counted."""


def outcome_of(status: int | None, code: object) -> str:
    """What an answer came to."""
    if status is None:
        return Outcome.NO_ANSWER
    if (status >= 500 and code is None) or status in (502, 503, 504, 429):
        return Outcome.FAILED
    return Outcome.OK if code is None and status < 400 else Outcome.REFUSED


def clean_path(path: str) -> str:
    """A path that names nobody: without query, ids and addresses replaced."""
    bare = path.partition("?")[0]
    versioned = _VERSION.match(bare)
    head, rest = (versioned[1], versioned[2] or "") if versioned else ("", bare)
    return head + _PERSONAL.sub("/{id}", rest)


def close_all() -> None:
    """Write what waits in this process: it, or the command that it runs, is at its end."""
    for one in list(_OPEN):
        one.close()


atexit.register(close_all)


class AuditLog:
    """Collects for one process.

    Args:
        files: Where it is written.
        kinds: What is recorded at all.
        clock: The time of the world.
        process: Who writes: part of the files' names and of request ids.
        mask: What stands for a value where no data key is set.
        tally: Told of the calls that a part holds, after it was written.
        trouble: Told of a failure to write, and with None of its end.
        flush_seconds: How long something waits at most; 0 writes at the end of batches only.
    """

    def __init__(
        self,
        files: AuditFiles,
        kinds: Collection[Kind],
        clock: Clock,
        process: str,
        *,
        mask: Callable[[str], str],
        tally: Callable[[Tally], None] | None = None,
        trouble: Callable[[str | None], None] | None = None,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self.files = files
        self._kinds = frozenset(kinds)
        self._clock = clock
        self._process = re.sub(r"[^A-Za-z0-9]+", "-", process)
        self._mask = mask
        self._tally = tally
        self._trouble = trouble
        self._flush_seconds = flush_seconds
        self._batch: tuple[str | None, int | None] = (None, None)
        self._waiting: dict[Kind, list[tuple[int, dict[str, Any]]]] = {k: [] for k in Kind}
        self._calls: list[tuple[Any, ...]] = []
        self._rows = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._requests = itertools.count(1)
        self._anchor: tuple[float, int] = (time.monotonic(), 0)
        self._anchor = self._read_clock()
        self._flushed = float("-inf")
        self._over = threading.Event()
        self._work = threading.Event()
        self._thread: threading.Thread | None = None
        self._failing = False
        self._owner = os.getpid()
        self.lost = 0
        _OPEN.add(self)

    @property
    def is_closed(self) -> bool:
        """Whether it has ended: what is told now is not written any more."""
        return self._over.is_set()

    # --- what is told

    def request_id(self) -> str:
        """A name for the next request, unique among all processes."""
        return f"{self._process[-20:]}-{next(self._requests)}"

    @contextlib.contextmanager
    def of_batch(self, key: str, attempt: int) -> Iterator[None]:
        """Everything told inside belongs to this batch; at its end it is written."""
        before, self._batch = self._batch, (key, attempt)
        self._anchor = self._read_clock()
        try:
            yield
        finally:
            self._batch = before
            # A worker with many small batches does not write a file for each of them.
            if time.monotonic() - self._flushed >= self._flush_seconds:
                self.flush()

    def pardot_call(self, call: PardotCall) -> None:
        """Told of every call of Pardot's API."""
        self._call("pardot", clean_path(call.path), call)

    def sign_in(self, call: PardotCall) -> None:
        """Told of every request for a token."""
        self._call("salesforce", clean_path(call.path), call)

    def odoo_call(self, call: OdooCall) -> None:
        """Told of every call of Odoo."""
        self._append(
            (
                self._now(),
                *self._batch,
                "odoo",
                "POST",
                f"{call.model}/{call.method}",
                call.status,
                _text(call.error),
                outcome_of(call.status, call.error),
                call.seconds,
                call.sent,
                call.received,
                None,
                None,
                call.request_id,
            )
        )

    def _call(self, system: str, path: str, call: PardotCall) -> None:
        usage = call.usage
        self._append(
            (
                self._now(),
                *self._batch,
                system,
                call.method,
                path,
                call.status,
                _text(call.code),
                outcome_of(call.status, call.code),
                call.seconds,
                call.sent,
                call.received,
                usage and usage.used,
                usage and usage.maximum,
                call.request_id,
            )
        )

    def values(self, columns: Mapping[str, Any], size: int) -> None:
        """Told of values that were changed or written.

        Args:
            columns: Under the kind's schema but for time and batch; a list, or one value for all.
            size: How many rows.
        """
        self._note(Kind.VALUES, columns, size)

    def transfers(self, columns: Mapping[str, Any], size: int) -> None:
        """Told of people whose data went from one system to another; as `values`."""
        self._note(Kind.TRANSFERS, columns, size)

    def _append(self, row: tuple[Any, ...]) -> None:
        if Kind.CALLS not in self._kinds:
            return
        with self._lock:
            self._calls.append(row)
            self._rows += 1
        self._wake()

    def _note(self, kind: Kind, columns: Mapping[str, Any], size: int) -> None:
        if not size or kind not in self._kinds:
            return
        batch, attempt = self._batch
        rows = {"happened_at": self._now(), "batch": batch, "attempt": attempt, **columns}
        with self._lock:
            self._waiting[kind].append((size, rows))
            self._rows += size
        self._wake()

    # --- when it is written

    def _wake(self) -> None:
        if self._thread is None and self._flush_seconds:
            self._thread = threading.Thread(target=self._keep_writing, name="audit", daemon=True)
            self._thread.start()
        if self._rows >= _MOST_ROWS:
            self._work.set()

    def _keep_writing(self) -> None:
        while not self._over.is_set():
            self._work.wait(self._flush_seconds)
            self._work.clear()
            if self._rows:
                # What failed stays and is told; nobody but the log waits for this thread.
                with contextlib.suppress(Exception):
                    self.flush()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            with self._lock:
                calls, self._calls = self._calls, []
                waiting, self._waiting = self._waiting, {kind: [] for kind in Kind}
                self._rows = 0
            if calls:
                waiting[Kind.CALLS].append((len(calls), _columns(calls)))
            self._flushed = time.monotonic()
            self._anchor = self._read_clock()
            failure: OSError | PipelineError | None = None
            for kind, chunks in waiting.items():
                try:
                    self._write(kind, chunks)
                except (OSError, PipelineError) as error:
                    failure = error
                    self._keep(kind, chunks)
            self._tell(failure)

    def _write(self, kind: Kind, chunks: list[tuple[int, dict[str, Any]]]) -> None:
        """One part; what was written is taken from the list, so that a failure keeps the rest."""
        if not chunks:
            return
        # One conversion for all: each has a price of its own, and a chunk may be a single row.
        columns = {
            name: [
                value
                for size, rows in chunks
                for value in (
                    rows[name] if isinstance(rows.get(name), list) else [rows.get(name)] * size
                )
            ]
            for name in SCHEMAS[kind].names
        }
        size = sum(size for size, _ in chunks)
        first = _moment(columns["happened_at"][0] or 0)
        stem = f"{first:%H%M%S}-{self._process}-{next(self._numbers):05d}"
        table = table_of(kind, self._closed(kind, columns), size)
        self.files.write(kind, first.date(), stem, table)
        tally = _tally(columns) if kind is Kind.CALLS else {}
        chunks.clear()
        if tally and self._tally is not None:
            with contextlib.suppress(PipelineError):
                self._tally(tally)

    def _closed(self, kind: Kind, rows: dict[str, Any]) -> dict[str, Any]:
        """Values as they may be stored: as they are where the file is encrypted, else masked."""
        if kind is not Kind.VALUES or self.files.encrypts(kind):
            return {**rows, "masked": False}
        return {
            **rows,
            **{
                name: [None if text is None else self._masked(text) for text in rows[name]]
                for name in ("old", "new")
            },
            "masked": True,
        }

    def _masked(self, text: str) -> str:
        values: dict[str, Any] = orjson.loads(text)
        mask = self._mask
        return orjson.dumps(
            {
                name: None if (shown := shown_as(value)) is None else mask(shown)
                for name, value in values.items()
            }
        ).decode()

    def _keep(self, kind: Kind, chunks: list[tuple[int, dict[str, Any]]]) -> None:
        with self._lock:
            self._waiting[kind] = chunks + self._waiting[kind]
            self._rows += sum(size for size, _ in chunks)
            while self._rows > _KEPT_ROWS and len(self._waiting[kind]) > 1:
                size, _ = self._waiting[kind].pop(0)
                self._rows -= size
                self.lost += size

    def _tell(self, failure: Exception | None) -> None:
        if (failure is not None) == self._failing and failure is None:
            return
        self._failing = failure is not None
        if self._trouble is not None:
            word = None if failure is None else str(getattr(failure, "code", None) or "disk")
            with contextlib.suppress(PipelineError):
                self._trouble(word)

    def close(self) -> None:
        """Write what waits, and end."""
        _OPEN.discard(self)
        # What a parent was told is the parent's to write.
        if self._owner != os.getpid():
            return
        self._over.set()
        self._work.set()
        with contextlib.suppress(Exception):
            self.flush()

    # --- the time, without asking a clock that may be far away at every call

    def _read_clock(self) -> tuple[float, int]:
        with contextlib.suppress(PipelineError):
            now = self._clock.now()
            return time.monotonic(), (now - _EPOCH) // _MICROSECOND
        return self._anchor

    def _now(self) -> int:
        """Microseconds since 1970."""
        read_at, now = self._anchor
        return now + int((time.monotonic() - read_at) * 1_000_000)


def shown_as(value: Any) -> str | None:
    """A value as text; Odoo says False where nothing stands."""
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str):
        return value
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _text(code: object) -> str | None:
    return None if code is None else str(code)


_CALL_COLUMNS = (
    *("happened_at", "batch", "attempt", "system", "method", "path", "status", "code", "outcome"),
    *("seconds", "sent", "received", "quota_used", "quota_limit", "request_id"),
)


def _columns(calls: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    columns = zip(*calls, strict=True)
    return dict(zip(_CALL_COLUMNS, map(list, columns), strict=True))


def _tally(columns: Mapping[str, list[Any]]) -> Tally:
    counts: Counter[tuple[str, str, str]] = Counter()
    seconds: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    sent: Counter[tuple[str, str, str]] = Counter()
    received: Counter[tuple[str, str, str]] = Counter()
    names = ("happened_at", "system", "outcome", "seconds", "sent", "received")
    for at, system, outcome, took, out, back in zip(*(columns[n] for n in names), strict=True):
        key = (_moment(at).date().isoformat(), system, outcome)
        counts[key] += 1
        seconds[key] += took
        sent[key] += out
        received[key] += back
    return {
        key: CallCount(calls, seconds[key], sent[key], received[key])
        for key, calls in sorted(counts.items())
    }
