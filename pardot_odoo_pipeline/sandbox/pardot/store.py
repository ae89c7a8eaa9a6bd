"""The sandbox's database: one SQLite file, one writer, many readers.

What lives here: tables made from the catalogue, connections, small named facts. What does not:
the population that fills it (`planting.py`), lagging reads (`stale.py`), the meaning of any record.

Times are whole UTC seconds. Readers see committed states only (WAL), so a query never waits for a
write.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.pardot.actors import Actor, acting_as
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Catalogue, Field, Kind, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.objects import OBJECTS, custom_field
from pardot_odoo_pipeline.sandbox.pardot.stale import StaleViews

__all__ = ["INDEXES", "Store", "column_sql"]

_COLUMN_TYPES = {
    Kind.INTEGER: "INTEGER",
    Kind.BOOLEAN: "INTEGER",
    Kind.DATETIME: "INTEGER",
    Kind.FLOAT: "REAL",
    Kind.STRING: "TEXT",
    Kind.DATE: "TEXT",
    Kind.ARRAY: "TEXT",
}

INDEXES = (
    'CREATE INDEX IF NOT EXISTS prospects_created ON prospects ("createdAt")',
    'CREATE INDEX IF NOT EXISTS prospects_updated ON prospects ("updatedAt")',
    'CREATE INDEX IF NOT EXISTS prospects_activity ON prospects ("lastActivityAt")',
    'CREATE INDEX IF NOT EXISTS prospects_email ON prospects ("email" COLLATE NOCASE)',
    'CREATE INDEX IF NOT EXISTS prospects_salesforce ON prospects ("salesforceId")',
    'CREATE INDEX IF NOT EXISTS prospects_deleted ON prospects ("id") WHERE "isDeleted" = 1',
)
LATE_INDEXES = {
    "list-memberships": (
        'CREATE INDEX IF NOT EXISTS memberships_created ON list_memberships ("createdAt")',
        'CREATE INDEX IF NOT EXISTS memberships_updated ON list_memberships ("updatedAt")',
        'CREATE INDEX IF NOT EXISTS memberships_list ON list_memberships ("listId")',
        'CREATE INDEX IF NOT EXISTS memberships_prospect ON list_memberships ("prospectId")',
    ),
    "visitor-activities": (
        'CREATE INDEX IF NOT EXISTS activities_created ON visitor_activities ("createdAt")',
        'CREATE INDEX IF NOT EXISTS activities_updated ON visitor_activities ("updatedAt")',
        'CREATE INDEX IF NOT EXISTS activities_prospect ON visitor_activities ("prospectId")',
        'CREATE INDEX IF NOT EXISTS activities_visitor ON visitor_activities ("visitorId")',
    ),
    "visitors": (
        'CREATE INDEX IF NOT EXISTS visitors_updated ON visitors ("updatedAt")',
        'CREATE INDEX IF NOT EXISTS visitors_prospect ON visitors ("prospectId")',
    ),
    "visits": (
        'CREATE INDEX IF NOT EXISTS visits_updated ON visits ("updatedAt")',
        'CREATE INDEX IF NOT EXISTS visits_visitor ON visits ("visitorId")',
        'CREATE INDEX IF NOT EXISTS visits_prospect ON visits ("prospectId")',
    ),
    "lifecycle-histories": (
        'CREATE INDEX IF NOT EXISTS histories_created ON lifecycle_histories ("createdAt")',
        'CREATE INDEX IF NOT EXISTS histories_prospect ON lifecycle_histories ("prospectId")',
    ),
    "tagged-objects": (
        'CREATE INDEX IF NOT EXISTS tagged_object ON tagged_objects ("objectId", "objectType")',
        'CREATE INDEX IF NOT EXISTS tagged_tag ON tagged_objects ("tagId")',
    ),
    "visitor-page-views": (
        'CREATE INDEX IF NOT EXISTS page_views_created ON visitor_page_views ("createdAt")',
        'CREATE INDEX IF NOT EXISTS page_views_visitor ON visitor_page_views ("visitorId")',
    ),
}

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS export_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, window_low INTEGER,
    window_high INTEGER, waits REAL NOT NULL, works REAL NOT NULL, created INTEGER NOT NULL,
    created_world REAL NOT NULL, created_real REAL NOT NULL, user_id INTEGER,
    written INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS import_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, state TEXT NOT NULL,
    columns TEXT, rows INTEGER NOT NULL DEFAULT 0, waits REAL NOT NULL DEFAULT 0,
    works REAL NOT NULL DEFAULT 0, created INTEGER NOT NULL, changed REAL NOT NULL,
    started_world REAL, started_real REAL, user_id INTEGER, fails INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0,
    created_count INTEGER NOT NULL DEFAULT 0, updated_count INTEGER NOT NULL DEFAULT 0,
    error_count INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS bulk_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, ids TEXT NOT NULL, count INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0, file TEXT,
    created INTEGER NOT NULL, changed REAL NOT NULL, started_world REAL NOT NULL,
    started_real REAL NOT NULL, works REAL NOT NULL, user_id INTEGER);
CREATE TABLE IF NOT EXISTS bulk_errors (
    job_id INTEGER NOT NULL, row INTEGER NOT NULL, cell TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (job_id, row));
CREATE TABLE IF NOT EXISTS import_batches (
    import_id INTEGER NOT NULL, number INTEGER NOT NULL, bytes INTEGER NOT NULL, day TEXT NOT NULL,
    PRIMARY KEY (import_id, number));
CREATE TABLE IF NOT EXISTS import_errors (
    import_id INTEGER NOT NULL, row INTEGER NOT NULL, cells TEXT NOT NULL, message TEXT NOT NULL,
    PRIMARY KEY (import_id, row));
"""


def column_sql(described: Field) -> str:
    """The column of a field."""
    if described.name == "id":
        # Never reuse an id: a deleted person who returns is somebody new.
        return '"id" INTEGER PRIMARY KEY AUTOINCREMENT'
    return f'"{described.name}" {_COLUMN_TYPES[described.kind]}'


class Store:
    """The database behind one sandbox.

    Args:
        path: The SQLite file; made when absent.
        now: The world's time in seconds, for the lag.
        real_now: The machine's, for what takes real time whatever the world's clock shows.
        fill_late: Fills the tables of a collection that was left empty at creation and of what
            belongs to it; tells which.
        on_commit: Told after every commit.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], float],
        real_now: Callable[[], float] = time.time,
    ) -> None:
        self.real_now = real_now
        self.path = path
        self.catalogue = Catalogue(OBJECTS)
        self.fill_late: Callable[[str], tuple[str, ...]] | None = None
        self.on_commit: Callable[[], None] | None = None
        self.stale = StaleViews(self._connect, now)
        self._threads = threading.local()
        self._write_lock = threading.RLock()
        self.closing = threading.Event()
        self._planting_lock = threading.Lock()
        self._api_user_id: int | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._connect()
        self._writer.executescript(_TABLES)
        for item in self.catalogue.all():
            columns = ", ".join(column_sql(f) for f in item.fields.values())
            self._writer.execute(f'CREATE TABLE IF NOT EXISTS "{item.table}" ({columns})')
        self._full = set(self.fact("full_collections", []))
        self.load_custom_fields()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the sandbox its last second; a killed process costs nothing.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that shows the latest state, or an earlier one while reads lag."""
        if self.stale.lag_seconds <= 0:
            yield self._live()
            return
        with self.stale.reading() as view:
            yield view or self._live()

    def _live(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._connect()
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writer, inside a transaction; leaving by an exception undoes it."""
        with self._write_lock:
            if self._writer.in_transaction:
                yield self._writer
                return
            self.stale.before_write()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
        if self.on_commit is not None:
            self.on_commit()

    def snapshot(self) -> sqlite3.Connection:
        """A connection of its own, for a long read on another thread; the caller closes it."""
        return self._connect()

    def ensure_full(self, collection: str) -> None:
        """Plant a collection's records when they were left for the first use."""
        if collection in self._full or self.fill_late is None:
            return
        # Not the writers' lock: a long planting lets other writes in between its transactions.
        with self._planting_lock:
            if collection not in self._full:
                with acting_as(Actor.NOBODY):
                    planted = self.fill_late(collection)
                for filled in planted:
                    for sql in LATE_INDEXES.get(filled, ()):
                        with self.writing() as connection:
                            connection.execute(sql)
                    self.mark_full(filled)
                # What was left for the first use was there all along.
                self.stale.forget()

    def mark_full(self, collection: str) -> None:
        """Remember that a collection has its records."""
        self._full.add(collection)
        self.set_fact("full_collections", sorted(self._full))

    def fact(self, name: str, otherwise: Any = None) -> Any:
        """A named fact."""
        with self._write_lock:
            row = self._writer.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return otherwise if row is None else orjson.loads(row[0])

    def set_fact(self, name: str, value: Any) -> None:
        """Keep a named fact."""
        with self.writing() as connection:
            connection.execute(
                "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
                "excluded.value",
                (name, orjson.dumps(value).decode()),
            )

    @property
    def api_user_id(self) -> int:
        """The user as whom the API acts: the account's first."""
        if self._api_user_id is None:
            with self._write_lock:
                row = self._writer.execute("SELECT min(id) FROM users").fetchone()
            self._api_user_id = int(row[0] or 1)
        return self._api_user_id

    def load_custom_fields(self) -> None:
        """Put the defined custom fields into the catalogue and their columns into the table."""
        with self._write_lock:
            rows = self._writer.execute(
                'SELECT "fieldId", "type", "isRecordMultipleResponses" FROM custom_fields'
            ).fetchall()
        for field_id, type_name, multiple in rows:
            self.add_custom_field(field_id, type_name, bool(multiple))

    def add_custom_field(self, field_id: str, type_name: str, multiple: bool) -> Field:
        """Give prospects one more field."""
        added = custom_field(field_id, type_name, multiple)
        with self._write_lock:
            present = {
                row[1] for row in self._writer.execute("PRAGMA table_info(prospects)").fetchall()
            }
            if added.name not in present:
                self._writer.execute(f"ALTER TABLE prospects ADD COLUMN {column_sql(added)}")
        self.catalogue.add_field("prospects", added)
        # Earlier states do not have the column.
        self.stale.forget()
        return added

    def count(self, target: ObjectType) -> int:
        """How many records a collection has, the recycle bin included."""
        with self.reading() as connection:
            sql = f'SELECT count(*) FROM "{target.table}"'
            return int(connection.execute(sql).fetchone()[0])

    def close(self) -> None:
        """Fold the log into the file and let go of it; a planting under way gives up."""
        self.closing.set()
        self.stale.forget()
        with self._write_lock:
            # A reader that lingers may keep the log; it is folded in at the next start then.
            self._writer.execute("PRAGMA busy_timeout = 500")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.close()
