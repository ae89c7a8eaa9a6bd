"""What of the ledger goes into a snapshot, and each table's way into Arrow and back.

What lives here: which tables and rows are kept, and reading and filling a whole table in frames of
bounded size. What does not: files, keys and the manifest (`operations.snapshot_files`,
`operations.snapshot_manifest`).

Values travel as the ledger holds them: a document as its text, a moment as a moment, so that a
snapshot of SQLite fills a ledger on PostgreSQL, too. What kind a column is stands beside it in the
file: a snapshot is read by what it says of itself, not by the tables of the release that reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from pardot_odoo_pipeline.batches import UNFINISHED_STATES
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.all_tables import every_table
from pardot_odoo_pipeline.ledger.desks import quota
from pardot_odoo_pipeline.ledger.store.operations import OperationState
from pardot_odoo_pipeline.ledger.tables import identity_claims, operations, sync_batches
from pardot_odoo_pipeline.ledger.types import Document, PersonalText, UtcTime

__all__ = ["FRAME_ROWS", "LEFT_OUT", "TableFrames", "fill", "kept_tables", "renumber"]

FRAME_ROWS: Final = 5_000
"""Rows in memory at a time: some 20 MB of agreed values."""

_INSERT_ROWS = 2_500

LEFT_OUT: Mapping[str, str] = {
    "inbox_events": "what was pushed is read again from both systems, as everything since is",
    "call_slots": "calls that were under way",
    "circuits": "which system was down then; the first batch finds out anew",
    "notices": "whom the alerts of then were told to",
    "workers": "processes of a machine that is gone",
    "alerts": "what was wrong then; what is still wrong is found again",
}
"""Tables that no snapshot holds, and why not. Whatever is not named here is kept."""

_HISTORY = timedelta(days=7)
"""How far back batches are kept; what is unfinished is kept however old."""

_KIND = b"kind"
_TYPES: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "text": pa.string(),
    "document": pa.string(),
    "moment": pa.timestamp("us", tz="UTC"),
}
_COLUMNS: Mapping[str, Callable[[], Any]] = {
    "integer": sa.BigInteger,
    "number": sa.Float,
    "flag": sa.Boolean,
    "text": sa.Text,
    "document": lambda: Document,
    "moment": UtcTime,
}


@dataclass(frozen=True)
class TableFrames:
    """One table on its way into a snapshot.

    Attributes:
        name: The table.
        schema: Its columns, each with its kind.
        frames: Its rows in the order of its key, some at a time; to be read once.
    """

    name: str
    schema: pa.Schema
    frames: Iterator[pa.RecordBatch]


def kept_tables(connection: sa.Connection, now: datetime) -> Iterator[TableFrames]:
    """Every table that a snapshot holds, parents before children.

    Args:
        connection: A read transaction: all tables are of one moment.
        now: The present moment.
    """
    for table in every_table():
        if table.name not in LEFT_OUT:
            schema = _schema_of(table)
            yield TableFrames(table.name, schema, _frames(connection, table, schema, now))


def _schema_of(table: sa.Table) -> pa.Schema:
    fields = []
    for column in table.columns:
        kind = _kind_of(column)
        fields.append(pa.field(column.name, _TYPES[kind], metadata={_KIND: kind.encode()}))
    return pa.schema(fields)


def _kind_of(column: sa.Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, UtcTime):
        return "moment"
    if isinstance(kind, sa.JSON):
        return "document"
    if isinstance(kind, PersonalText | sa.String):
        return "text"
    if isinstance(kind, sa.Boolean):
        return "flag"
    if isinstance(kind, sa.Integer):
        return "integer"
    if isinstance(kind, sa.Float):
        return "number"
    raise AssertionError(f"no snapshot holds a column like {column.table.name}.{column.name}")


def _frames(
    connection: sa.Connection, table: sa.Table, schema: pa.Schema, now: datetime
) -> Iterator[pa.RecordBatch]:
    query = sa.select(*(_as_stored(connection, column) for column in table.columns))
    if (wanted := _rows_kept(table, now)) is not None:
        query = query.where(wanted)
    query = query.order_by(*table.primary_key.columns)
    result = connection.execute(query, execution_options={"yield_per": FRAME_ROWS})
    for rows in result.partitions():
        columns = list(zip(*rows, strict=True))
        yield pa.record_batch(
            [_array(values, field.type) for values, field in zip(columns, schema, strict=True)],
            schema=schema,
        )


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and not any(isinstance(one, datetime) for one in values):
        # SQLite holds whole microseconds.
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)


def _as_stored(connection: sa.Connection, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column without the way through its Python type: nobody looks at the values here."""
    postgres = connection.dialect.name == "postgresql"
    match _kind_of(column):
        case "moment" if not postgres:
            return sa.type_coerce(column, sa.BigInteger)
        case "document" if postgres:
            return sa.cast(column, sa.Text)
        case "document" | "text":
            return sa.type_coerce(column, sa.Text)
        case _:
            return column


def _rows_kept(table: sa.Table, now: datetime) -> sa.ColumnElement[bool] | None:
    if table is sync_batches:
        unfinished = sorted(state.value for state in UNFINISHED_STATES)
        return sa.or_(table.c.opened_at >= now - _HISTORY, table.c.state.in_(unfinished))
    if table is operations:
        # What came to its end is in the links and pairs by now.
        over = [OperationState.DONE.value, OperationState.FAILED.value]
        return table.c.state.not_in(over)
    if table is identity_claims:
        # The others are held for the seconds of a call.
        return table.c.expires_at.is_(None)
    if table is quota:
        return table.c.day >= (now - timedelta(days=2)).date().isoformat()
    return None


def fill(connection: sa.Connection, name: str, schema: pa.Schema, frames: Iterator[Any]) -> int:
    """Put the rows of a snapshot's table into the ledger; how many there were.

    Args:
        connection: A write transaction.
        name: The table; it stands at the revision that the snapshot is of.
        schema: As the file holds it.
        frames: Record batches.

    Raises:
        PipelineError: The file tells of a kind of column that this release does not know.
    """
    kinds = {field.name: (field.metadata or {}).get(_KIND, b"").decode() for field in schema}
    if unknown := sorted(set(kinds.values()) - set(_COLUMNS)):
        raise PipelineError(
            f"The snapshot's table {name} holds columns of a kind that this release cannot read "
            f"({', '.join(unknown)})",
            fix="Restore it with the release that took it, or with a newer one",
            code="snapshot_newer",
        )
    table = sa.table(name, *(sa.column(one, _COLUMNS[kind]()) for one, kind in kinds.items()))
    documents = [one for one, kind in kinds.items() if kind == "document"]
    insert = sa.insert(table)
    total = 0
    for frame in frames:
        for start in range(0, frame.num_rows, _INSERT_ROWS):
            rows = frame.slice(start, _INSERT_ROWS).to_pylist()
            for row in rows:
                for one in documents:
                    row[one] = None if row[one] is None else json.loads(row[one])
            connection.execute(insert, rows)
            total += len(rows)
    return total


def renumber(connection: sa.Connection) -> None:
    """Let PostgreSQL count on behind the rows that came with numbers; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in every_table():
        for column in table.primary_key.columns:
            if isinstance(column.type, sa.Integer):
                highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
                # Of a column that does not count by itself there is no sequence, and nothing to do.
                sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(sa.select(sa.func.setval(sequence, highest, False)))
