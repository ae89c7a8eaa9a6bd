"""One export at a time: making it, waiting for it, downloading its files.

What lives here: the Export API's calls. What does not: the CSV itself (``export_csv.py``) and
reading a whole prospect base (``exports.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRequest,
    PardotError,
    PardotExportExpired,
    PardotExportFailed,
    PardotExportTimedOut,
    PardotTruncatedDownload,
)
from pardot_odoo_pipeline.pardot.export_csv import read_csv
from pardot_odoo_pipeline.pardot.stretches import api_time
from pardot_odoo_pipeline.pardot.waiting import pauses

__all__ = ["Export", "create_export", "download", "wait"]

_READ = ("id", "status", "isExpired", "resultRefs")
_MOST_FIELDS = 150
_WRONG_STATE = 178
_DOWNLOAD_ATTEMPTS = 3


@dataclass(frozen=True)
class Export:
    """One export as last seen.

    Attributes:
        id: Its id.
        fields: The fields it was made with: the columns of its files.
        state: ``waiting``, ``processing``, ``complete`` or ``failed``.
        is_expired: Its files are gone.
        result_paths: Where its files are; none when it has no rows, or is not complete.
    """

    id: int
    fields: tuple[str, ...]
    state: str
    is_expired: bool = False
    result_paths: tuple[str, ...] = ()


def create_export(
    client: PardotClient,
    name: str,
    fields: Sequence[str],
    procedure: str,
    arguments: Mapping[str, Any],
    *,
    max_file_bytes: int | None = None,
) -> Export:
    """Ask for an export.

    Args:
        client: Makes the calls.
        name: Object as the Export API names it, such as ``Prospect``.
        fields: At most 150; relations such as ``campaign.name`` are allowed.
        procedure: Such as ``filter_by_created_at``.
        arguments: The procedure's arguments; aware datetimes are written as the API wants them.
        max_file_bytes: Split the result into files of that size; the account's limit otherwise.
    """
    if not 0 < len(fields) <= _MOST_FIELDS:
        raise PardotBadRequest(
            f"An export of {len(fields)} fields was asked for",
            fix=f"Map at most {_MOST_FIELDS} fields",
        )
    written = {
        key: api_time(value, up=key.endswith("Before")) if isinstance(value, datetime) else value
        for key, value in arguments.items()
    }
    values: dict[str, Any] = {
        "object": name,
        "fields": list(fields),
        "procedure": {"name": procedure, "arguments": written},
    }
    if max_file_bytes is not None:
        values["maxFileSizeBytes"] = max_file_bytes
    # Made twice, an export is only made in vain once: a lost answer may be asked for again.
    return _seen(client, client.create("exports", values, _READ, repeatable=True), tuple(fields))


def _look(client: PardotClient, export: Export) -> Export:
    return _seen(client, client.get("exports", export.id, _READ), export.fields)


def wait(
    client: PardotClient,
    export: Export,
    *,
    first: float = 1.0,
    longest: float = 30.0,
    give_up_after: float = 7200.0,
) -> Export:
    """Wait until an export is complete; each look is a call like any other.

    Args:
        client: Makes the calls, and its clock the pauses.
        export: As made.
        first: Seconds before the first look, 0 to look at once. Then a second, and each pause half
            as long again as the one before.
        longest: Longest pause.
        give_up_after: Seconds of pauses in all.

    Raises:
        PardotExportFailed: Account Engagement gave it up.
        PardotExportTimedOut: It is still not complete.
    """
    looks = pauses(client.clock, first=first, longest=longest, give_up_after=give_up_after)
    while export.state != "complete":
        if export.state == "failed":
            raise PardotExportFailed(
                f"Account Engagement gave export {export.id} up",
                fix="Have it made anew",
                code="export_failed",
            )
        if next(looks, None) is None:
            raise PardotExportTimedOut(
                f"Export {export.id} is still {export.state} after {give_up_after:.0f} seconds",
                fix="Exports of an account run one after the other: try later",
                code="export_late",
            )
        export = _look(client, export)
    return export


def download(client: PardotClient, export: Export) -> Iterator[pa.RecordBatch]:
    """The rows of a complete export, streamed file by file; the order of rows means nothing.

    A file that breaks off is fetched again and the rows already given are passed over: a finished
    file does not change. One slot for calls is held while a file is read.

    Raises:
        PardotExportExpired: Its files are gone.
        PardotTruncatedDownload: A file broke off again and again.
    """
    if export.is_expired:
        raise _expired(export)
    if export.state != "complete":
        raise PardotBadRequest(f"Export {export.id} is not complete", fix="Wait for it first")
    for path in export.result_paths:
        yield from _file(client, export, path)


def _file(client: PardotClient, export: Export, path: str) -> Iterator[pa.RecordBatch]:
    given = 0
    for attempt in range(1, _DOWNLOAD_ATTEMPTS + 1):
        passed = 0
        try:
            with client.transport.stream(path) as (response, still_reading):
                for batch in read_csv(response, export.fields):
                    still_reading()
                    known = min(max(given - passed, 0), batch.num_rows)
                    passed += batch.num_rows
                    if known < batch.num_rows:
                        given = passed
                        yield batch.slice(known)
            return
        except PardotTruncatedDownload:
            if attempt == _DOWNLOAD_ATTEMPTS:
                raise
        except PardotError as error:
            if error.code != _WRONG_STATE and error.http_status not in (404, 410):
                raise
            raise _expired(export) from None


def _seen(client: PardotClient, row: Mapping[str, Any], fields: tuple[str, ...]) -> Export:
    references = row.get("resultRefs") or []
    if isinstance(references, str):
        references = [references]
    return Export(
        id=int(row["id"]),
        fields=fields,
        state=str(row.get("status") or row.get("state") or "waiting").lower(),
        is_expired=bool(row.get("isExpired")),
        result_paths=tuple(client.path_of(reference) for reference in references),
    )


def _expired(export: Export) -> PardotExportExpired:
    return PardotExportExpired(
        f"The files of export {export.id} are gone",
        fix="Exports live 7 days: have it made anew",
        code=_WRONG_STATE,
    )
