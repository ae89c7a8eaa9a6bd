"""Result files of exports, written in one pass over the table.

What lives here: CSV form of values, splitting by size, streaming of a file to a caller. What does
not: when a file is written and who may fetch it (`export_jobs.py`).
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Kind
from pardot_odoo_pipeline.sandbox.pardot.query import conditions_to_sql
from pardot_odoo_pipeline.sandbox.pardot.selection import Selection, select
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

if TYPE_CHECKING:
    from pardot_odoo_pipeline.sandbox.pardot.export_jobs import ExportRequest

__all__ = ["stream_file", "write_files"]

_ROWS_A_READ = 1000
_BYTES_A_PIECE = 1 << 18
_MARK = b"\xef\xbb\xbf"


def write_files(
    store: Store,
    request: ExportRequest,
    zone: AccountZone,
    switches: Switches,
    directory: Path,
) -> tuple[int, int]:
    """Write everything that the request covers, in files of limited size.

    An empty export has one file that holds the header alone.

    Returns:
        The number of files and of rows.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    target = store.catalogue[request.collection]
    selection = select(store.catalogue, target, list(request.fields), single=True)
    clauses, arguments = conditions_to_sql(request.conditions, request.deleted, target, False)
    width = len(selection.columns)
    convert = _converter(selection, zone, switches, request.legacy_dates)
    header = _text([[column.name for column in selection.columns]]).encode()
    if request.byte_order_mark:
        header = _MARK + header
    files = rows = written = 0
    sink = None
    connection = store.snapshot()
    try:
        cursor = connection.execute(
            f'SELECT {selection.expressions} FROM "{target.table}" AS t '
            f"{selection.sources} WHERE {' AND '.join(clauses)}",
            arguments,
        )
        while True:
            found = cursor.fetchmany(_ROWS_A_READ)
            for chunk in _fitting([convert(row[:width]) for row in found], request.file_bytes // 4):
                data = _text(chunk).encode()
                if sink is None or written + len(data) > request.file_bytes:
                    if sink is not None:
                        sink.close()
                    files += 1
                    sink = (directory / f"{files}.csv").open("wb")
                    written = sink.write(header)
                written += sink.write(data)
            rows += len(found)
            if len(found) < _ROWS_A_READ:
                break
    finally:
        if sink is not None:
            sink.close()
        connection.close()
    if not files:
        (directory / "1.csv").write_bytes(header)
        files = 1
    return files, rows


def stream_file(path: Path) -> Iterator[bytes]:
    """A file in pieces."""
    with path.open("rb") as source:
        while piece := source.read(_BYTES_A_PIECE):
            yield piece


def _fitting(rows: list[list[Any]], byte_limit: int) -> Iterator[list[list[Any]]]:
    """Cut a read into pieces that stay well below a small file's limit."""
    step = max(1, min(_ROWS_A_READ, byte_limit // 2_000))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


def _text(rows: list[list[Any]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _converter(
    selection: Selection, zone: AccountZone, switches: Switches, legacy: bool
) -> Callable[[tuple[Any, ...]], list[Any]]:
    times = _places(selection, Kind.DATETIME)
    flags = _places(selection, Kind.BOOLEAN)
    arrays = _places(selection, Kind.ARRAY)
    render = zone.render_legacy if legacy else zone.render
    words = ("false", "true") if switches["export_booleans"] == "true_false" else ("0", "1")
    separator = switches["export_value_separator"]

    def convert(row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for place in times:
            if values[place] is not None:
                values[place] = render(values[place])
        for place in flags:
            if values[place] is not None:
                values[place] = words[values[place] == 1]
        for place in arrays:
            if values[place] is not None:
                values[place] = separator.join(orjson.loads(values[place]))
        return values

    return convert


def _places(selection: Selection, kind: Kind) -> list[int]:
    return [place for place, column in enumerate(selection.columns) if column.kind is kind]
