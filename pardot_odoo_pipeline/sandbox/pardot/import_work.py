"""The rows of one import, put into effect part by part.

What lives here: transactions, counting, going on after an interruption. What does not: when an
import is due (`import_jobs.py`), what one row does (`import_rows.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

import orjson

from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.import_rows import RowWriter, error_text
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.world import WorldClock

__all__ = ["apply_rows"]

_ROWS_A_TRANSACTION = 500


def apply_rows(
    store: Store,
    clock: WorldClock,
    writer: RowWriter,
    job_id: int,
    columns: list[str],
    rows: Iterator[list[str]],
    read: int,
) -> None:
    """Put rows into effect until none is left, the import is canceled or the sandbox closes.

    Args:
        store: The state; each part and its counts are one transaction, so that an interrupted
            import goes on with the row after the last one counted.
        clock: The world's clock.
        writer: Knows what a row does.
        job_id: The import.
        columns: The file's columns.
        rows: What is still to be read.
        read: How many rows were read before.
    """
    more = True
    while more and not store.closing.is_set():
        part = list(islice(rows, _ROWS_A_TRANSACTION))
        more = len(part) == _ROWS_A_TRANSACTION
        with store.writing() as connection:
            state = "SELECT state FROM import_jobs WHERE id = ?"
            if connection.execute(state, (job_id,)).fetchone() != ("Submitted",):
                return
            done = {"created": 0, "updated": 0, "skipped": 0, "failed": 0}
            for number, cells in enumerate(part, read):
                outcome = _one(connection, clock, writer, job_id, columns, number, cells)
                done[outcome] += 1
            read += len(part)
            connection.execute(
                "UPDATE import_jobs SET read = ?, created_count = created_count + ?, "
                "updated_count = updated_count + ?, error_count = error_count + ?, "
                "applied = ? WHERE id = ?",
                (read, done["created"], done["updated"], done["failed"], int(not more), job_id),
            )


def _one(
    connection: sqlite3.Connection,
    clock: WorldClock,
    writer: RowWriter,
    job_id: int,
    columns: list[str],
    number: int,
    cells: list[str],
) -> str:
    """Put one row into effect wholly or not at all; a refused one is kept with its reason."""
    connection.execute("SAVEPOINT one_row")
    try:
        if len(cells) != len(columns):
            raise ApiError(159, f"{len(columns)} cells are needed")
        outcome = writer.write(
            connection, dict(zip(columns, cells, strict=True)), clock.timestamp()
        )
    except ApiError as refused:
        outcome = "failed"
        connection.execute("ROLLBACK TO one_row")
        connection.execute(
            "INSERT INTO import_errors VALUES (?, ?, ?, ?)",
            (job_id, number, orjson.dumps(cells).decode(), error_text(refused)),
        )
    connection.execute("RELEASE one_row")
    return outcome
