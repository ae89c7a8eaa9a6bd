"""Turning the bytes of an export file into record batches.

What lives here: streaming CSV with bounded memory, and noticing that a file is cut short. What does
not: making exports and fetching files (``exports.py``).

All columns are strings, empty cells are null: whoever knows the fields' meaning gives them types.

The file is cut into blocks of whole rows here and each block is parsed by itself. Arrow's own
streaming reader would call back into Python from its threads; one that was left before its end once
kept the process from exiting.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv
import requests

from pardot_odoo_pipeline.pardot.errors import (
    PardotConfigurationError,
    PardotTruncatedDownload,
)

__all__ = ["read_csv"]

_BLOCK = 2 << 20
_LONGEST_HEADER = 1 << 16
_LONGEST_ROW = 16 << 20


class _Body:
    """The body of an answer in blocks of rows; fails when it ends before its announced end."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self._chunks = response.iter_content(_BLOCK)
        self._rest = b""
        self._quotes = 0

    def header(self) -> list[str]:
        """The names in the first line, which is taken off the body."""
        head = b""
        while b"\n" not in head and len(head) < _LONGEST_HEADER:
            piece = self._next_chunk()
            head += piece
            if not piece:
                break
        line, _, self._rest = head.removeprefix(codecs.BOM_UTF8).partition(b"\n")
        return next(csv.reader([line.decode("utf-8", "replace").rstrip("\r")]), [])

    def blocks(self) -> Iterator[bytes]:
        """Whole rows, as many as a block holds."""
        rest = self._rest
        while True:
            pieces, size = [rest], len(rest)
            while piece := self._next_chunk():
                pieces.append(piece)
                size += len(piece)
                if size >= _BLOCK:
                    break
            data = b"".join(pieces)
            if not piece:
                if data:
                    yield data
                return
            end = _end_of_rows(data)
            if end:
                yield data[:end]
            elif size > _LONGEST_ROW:
                raise _malformed()
            rest = data[end:]

    def _next_chunk(self) -> bytes:
        try:
            chunk = next(self._chunks, b"")
        except requests.RequestException:
            raise _cut() from None
        self._quotes += chunk.count(b'"')
        if not chunk and self._is_short():
            raise _cut()
        return chunk

    def _is_short(self) -> bool:
        headers = self._response.headers
        announced = headers.get("Content-Length", "")
        if announced.isdigit():
            # urllib3 checks this from version 2 on; older ones end without a word.
            return self._response.raw.tell() < int(announced)
        # Where the end of the connection is the end of the body, an open quote is all there is to
        # tell by.
        return "Transfer-Encoding" not in headers and self._quotes % 2 == 1


def read_csv(
    response: requests.Response, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Read an export file from the socket as it comes.

    Args:
        response: Opened for streaming.
        columns: The columns to return, in this order; ``None`` for those of the file.

    Raises:
        PardotTruncatedDownload: The file ended early, or its rows do not fit its header.
        PardotConfigurationError: A column that was asked for is not in the file.
    """
    body = _Body(response)
    header = body.header()
    if not header:
        return  # an export without rows may come as an empty file
    columns = header if columns is None else columns
    missing = [name for name in columns if name not in header]
    if missing:
        raise PardotConfigurationError(
            f"The export's file lacks the columns {', '.join(missing)}",
            fix="Check that the API user may read these fields",
        )
    for block in body.blocks():
        yield from _parse(block, header, list(columns))


def _end_of_rows(data: bytes) -> int:
    """Where the last whole row ends: behind the last line end that is in no quotes."""
    end, quotes = len(data), data.count(b'"')
    while (at := data.rfind(b"\n", 0, end)) >= 0:
        quotes -= data.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at
    return 0


def _parse(block: bytes, header: list[str], columns: list[str]) -> list[pa.RecordBatch]:
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(
                column_names=header, block_size=len(block) + 1, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                newlines_in_values=True,
                # With one column an empty line is a row whose only value is null.
                ignore_empty_lines=len(header) > 1,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in header},
                include_columns=columns,
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:  # its text quotes the row
        if "Empty CSV" in str(error):
            return []
        raise _malformed() from None
    batches: list[pa.RecordBatch] = table.to_batches()
    return batches


def _cut() -> PardotTruncatedDownload:
    return PardotTruncatedDownload(
        "The download of an export's file broke off",
        fix="Nothing to do: it is tried again later",
        code="download_broken",
    )


def _malformed() -> PardotTruncatedDownload:
    return PardotTruncatedDownload(
        "A row of an export's file does not fit its header, or is no UTF-8: the file is damaged",
        fix="It is tried again later; if it stays so, have the export made anew",
        code="download_broken",
    )
