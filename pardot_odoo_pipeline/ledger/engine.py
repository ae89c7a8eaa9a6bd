"""Opening the ledger, and the two kinds of transaction that everything goes through.

What lives here: connections and their settings on SQLite and PostgreSQL, reads and writes.
What does not: statements (``store/``), the schema (``tables.py``, ``desks.py``, ``migrations/``).

Why write transactions begin with ``BEGIN IMMEDIATE`` on SQLite: with the driver's default, four
processes that read and then update lost most of their updates; with a plain ``BEGIN`` most failed
at once: the busy time-out does not apply to a read lock that wants to become a write lock.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger import migrations
from pardot_odoo_pipeline.ledger.errors import translate

__all__ = ["Ledger", "ledger_url", "open_ledger"]

_WRITE_OPTION = "ledger_write"


class Ledger:
    """An open ledger. Make one per process: connections do not survive a fork.

    Attributes:
        engine: The SQLAlchemy engine, for migrations and tests; everything else uses the two
            transactions below.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def __repr__(self) -> str:
        return f"Ledger({self.engine.url.render_as_string(hide_password=True)})"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one consistent state and never waits for writers."""
        options: dict[str, Any] = {}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._transaction(options) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits at the end, or leaves nothing when the block raises.

        Keep it short, and never make a network call inside: on SQLite no other process can write
        meanwhile.
        """
        with self._transaction({_WRITE_OPTION: True}) as connection:
            yield connection

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        try:
            with (
                self.engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                yield connection
        except sa.exc.StatementError as error:
            raise translate(error) from None

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ledger_url(url_or_path: str | Path) -> sa.URL:
    """The SQLAlchemy address of a ledger, its driver named.

    SQLAlchemy 2.1 takes another driver than Dagster's PostgreSQL storage for a bare
    ``postgresql://``, so the driver is always spelled out.

    Raises:
        ConfigurationError: It is neither a path, nor an address of SQLite or PostgreSQL.
    """
    text = str(url_or_path)
    if "://" not in text:
        return sa.URL.create("sqlite+pysqlite", database=str(Path(text).absolute()))
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigurationError(
            "LEDGER_URL is not a database address",
            fix="Write postgresql://user:password@host:5432/database, or a file path",
        ) from None
    backend = url.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg2")
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite", database=str(Path(url.database).absolute()))
    raise ConfigurationError(
        f"LEDGER_URL names {backend!r} without a file"
        if backend == "sqlite"
        else f"LEDGER_URL names {backend!r}, which cannot hold the ledger",
        fix="Give the path of an SQLite file, or a postgresql:// address",
    )


def open_ledger(
    url_or_path: str | Path, *, wait_seconds: float = 30.0, durable: bool = False
) -> Ledger:
    """Open the ledger, creating it and bringing its tables up to date where needed.

    Args:
        url_or_path: A file path, or an SQLAlchemy address (``LEDGER_URL``).
        wait_seconds: How long a transaction waits for another one's lock.
        durable: Whether a commit must survive a power cut, at the price of a sync of the disk.

    Raises:
        PipelineError: It cannot be reached, locked, written, or is of a newer release.
    """
    url = ledger_url(url_or_path)
    try:
        if url.get_backend_name() == "sqlite":
            ledger = Ledger(_sqlite_engine(url, wait_seconds, durable))
        else:
            ledger = Ledger(_postgres_engine(url, wait_seconds, durable))
        migrations.upgrade(ledger)
    except (sqlite3.Error, OSError) as error:
        raise translate(error) from None
    return ledger


def _sqlite_engine(url: sa.URL, wait_seconds: float, durable: bool) -> sa.Engine:
    if sqlite3.sqlite_version_info < (3, 35):
        raise ConfigurationError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}, the ledger needs 3.35",
            fix="Use a newer Python build, or a PostgreSQL ledger",
        )
    assert url.database is not None
    _prepare_file(Path(url.database), wait_seconds)
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": wait_seconds, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must never open or upgrade a transaction by itself; _begin does it.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        # In WAL mode NORMAL survives the death of any process; only a power cut can take the last
        # transactions, and those are found again by external id, as after any unknown outcome. What
        # was promised to a sender nobody would find again.
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA temp_store = MEMORY")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE_OPTION, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _prepare_file(path: Path, wait_seconds: float) -> None:
    """Create the file for this user alone, and switch it to WAL, once."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Only a file that is not there yet: closing any descriptor of a file drops every lock that this
    # process has on it, and another process would then delete the write-ahead log in use.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    give_up = time.monotonic() + wait_seconds
    while True:
        connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
        try:
            # The switch ignores the busy time-out while another process makes it too.
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
            continue
        finally:
            connection.close()
        if mode != "wal":
            raise ConfigurationError(
                f"The file system of {path.parent} cannot hold the ledger (no WAL mode)",
                fix="Put PIPELINE_HOME on a local disk, or use a PostgreSQL ledger",
            )
        return


def _postgres_engine(url: sa.URL, wait_seconds: float, durable: bool) -> sa.Engine:
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "LEDGER_URL names PostgreSQL, but its driver is not installed",
            fix="Install the extra: pip install 'pardot-odoo-pipeline[postgres]'",
        ) from None
    options = f"-c timezone=UTC -c lock_timeout={int(wait_seconds * 1000)}"
    if durable:
        # A server may be set to promise less by default.
        options += " -c synchronous_commit=on"
    return sa.create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        # Rows of one updatemany travel together instead of one round trip each.
        executemany_mode="values_plus_batch",
        connect_args={
            "connect_timeout": 10,
            "application_name": "pardot_odoo_pipeline",
            "options": options,
        },
    )
