"""The CSV files of imports: checked on arrival, read back row by row, and the errors' own file.

What lives here: form and columns of a batch, its rows, the errors as CSV. What does not: what a
row does (`import_rows.py`), states (`import_jobs.py`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Access, ObjectType
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.import_rows import (
    LIST_COLUMNS,
    MATCH_COLUMNS,
    ImportRequest,
)
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["check_columns", "columns_of", "errors_csv", "rows_of"]


def columns_of(data: bytes) -> tuple[list[str], int]:
    """The columns of a batch and how many rows follow.

    Raises:
        ApiError: 159 when it is no CSV with a header.
    """
    try:
        text = data.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        columns = [name.strip() for name in next(reader, [])]
        count = sum(1 for row in reader if row)
    except (UnicodeDecodeError, csv.Error):
        raise ApiError(159) from None
    if not any(columns):
        raise ApiError(159, "a header is needed")
    return columns, count


def check_columns(
    target: ObjectType, request: ImportRequest, columns: list[str], switches: Switches
) -> None:
    """Refuse columns that are no fields, and options for columns that are not there.

    Raises:
        ApiError: 130, 197 or 227.
    """
    writable = {name for name, f in target.fields.items() if f.access is not Access.READ_ONLY}
    known = writable | {*MATCH_COLUMNS, *LIST_COLUMNS}
    unknown = [name for name in columns if name not in known]
    if unknown or len(set(columns)) < len(columns):
        raise ApiError(130, ", ".join(unknown) or "a column twice")
    if switches["import_match_column"] == "required" and not set(columns) & set(MATCH_COLUMNS):
        raise ApiError(197, ", ".join(MATCH_COLUMNS))
    absent = [option["field"] for option in request.fields if option["field"] not in columns]
    if absent:
        raise ApiError(227, ", ".join(absent))


def rows_of(paths: list[Path]) -> Iterator[list[str]]:
    """The rows of all batches, in order, without headers."""
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source, strict=True)
            next(reader, None)
            yield from (row for row in reader if row)


def errors_csv(store: Store, job_id: int, columns: list[str], error_column: str) -> bytes:
    """The failed rows of an import, each with its reason."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*columns, error_column])
    with store.writing() as connection:
        rows = connection.execute(
            "SELECT cells, message FROM import_errors WHERE import_id = ? ORDER BY row", (job_id,)
        ).fetchall()
    writer.writerows([*orjson.loads(cells), message] for cells, message in rows)
    return buffer.getvalue().encode()
