"""One import at a time: opening it, filling it, submitting it, waiting for it, its failed rows.

What lives here: the Import API's calls. What does not: which prospects are written in this way and
what their results are (``import_writes.py``).

Until an import is submitted nothing takes effect, and one that never is expires after 24 hours. So
an upload without an answer is not repeated on the same import: its rows might count twice. Another
import is opened and the unfinished one is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRequest,
    PardotError,
    PardotImportExpired,
    PardotImportFailed,
    PardotMissingRecord,
    PardotTemporarilyUnavailable,
    PardotTruncatedDownload,
)
from pardot_odoo_pipeline.pardot.export_csv import read_csv
from pardot_odoo_pipeline.pardot.waiting import pauses

__all__ = ["MOST_BATCHES", "Import", "failed_rows", "open_import", "submit_file", "wait_for_import"]

MOST_BATCHES = 10
_PATH = "/api/v5/imports"
_READ = ("id", "status", "isExpired", "updatedCount", "createdCount", "errorCount")
_NOT_OPEN = (155, 161)
_ATTEMPTS = 3
_GIVEN_UP = ("failed", "canceling", "canceled")


@dataclass(frozen=True)
class Import:
    """One import as last seen.

    Attributes:
        id: Its id.
        state: ``open``, ``ready``, ``waiting``, ``processing``, ``complete``, ``failed``,
            ``canceling`` or ``canceled``.
        is_expired: It was not submitted in time, or its results are gone.
        updated: Rows that changed a prospect, once complete.
        created: Rows that made one.
        failed: Rows that did not succeed.
    """

    id: int
    state: str
    is_expired: bool = False
    updated: int = 0
    created: int = 0
    failed: int = 0


def open_import(
    client: PardotClient,
    *,
    blanks_clear: Mapping[str, bool] | None = None,
    create_on_no_match: bool = False,
    restore_deleted: bool = False,
) -> Import:
    """Open an import of prospects.

    Args:
        client: Makes the calls.
        blanks_clear: For each column of the files to come, whether a blank cell clears its field;
            ``None`` when no cell is blank.
        create_on_no_match: Rows that match nobody make a prospect.
        restore_deleted: Rows that match the recycle bin take the prospect out of it.
    """
    values: dict[str, Any] = {
        "operation": "Upsert",
        "object": "Prospect",
        "createOnNoMatch": create_on_no_match,
        "restoreDeleted": restore_deleted,
    }
    if blanks_clear is not None:
        values["fields"] = [
            {"field": name, "overwrite": True, "nullOverwrite": clears}
            for name, clears in blanks_clear.items()
        ]
    # Opened twice, one of them is never submitted: a lost answer may be asked for again.
    return _seen(client.create("imports", values, _READ, repeatable=True))


def submit_file(
    client: PardotClient, batches: Iterable[bytes], opening: Callable[[], Import]
) -> Import:
    """Upload batches and submit them as one import; anything wrong before that has no effect.

    Args:
        client: Makes the calls.
        batches: CSV files with the same header, at most ten and each below 10 MB.
        opening: Opens an import; called again where an upload's outcome is unknown.

    Raises:
        PardotError: It is not submitted; in doubt only when the last call got no answer.
    """
    files = list(batches)
    if not 0 < len(files) <= MOST_BATCHES:
        raise PardotBadRequest(
            f"An import of {len(files)} batches was asked for",
            fix=f"Divide it into imports of 1 to {MOST_BATCHES} batches",
        )
    return _submit(client, _filled(client, files, opening))


def _filled(client: PardotClient, files: Sequence[bytes], opening: Callable[[], Import]) -> Import:
    for attempt in range(1, _ATTEMPTS + 1):
        job = opening()
        try:
            for data in files:
                client.transport.call("POST", f"{_PATH}/{job.id}/batches", upload=data)
        except PardotTemporarilyUnavailable as error:
            error.in_doubt = False  # what was not submitted has no effect
            if attempt == _ATTEMPTS or error.never_sent:
                raise
            client.clock.sleep(attempt)
            continue
        return job
    raise AssertionError("the last attempt returns or raises")


def _submit(client: PardotClient, job: Import) -> Import:
    """Submit; where the answer is lost, the import itself tells whether it was."""
    is_doubtful = False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            ready = {"status": "Ready"}
            return _seen({"id": job.id, **client.update("imports", job.id, ready, _READ)})
        except PardotError as error:
            is_doubtful |= error.in_doubt
            if error.in_doubt or error.code in _NOT_OPEN:
                seen = _doubtful(lambda: _look(client, job))
                if seen.state != "open":
                    return seen
            error.in_doubt = is_doubtful
            if attempt == _ATTEMPTS or not isinstance(error, PardotTemporarilyUnavailable):
                raise
    raise AssertionError("the last attempt returns or raises")


def _doubtful(look: Callable[[], Import]) -> Import:
    try:
        return look()
    except PardotError as error:
        error.in_doubt = True
        raise


def wait_for_import(
    client: PardotClient,
    job: Import,
    *,
    first: float = 1.0,
    longest: float = 30.0,
    give_up_after: float = 7200.0,
) -> Import:
    """Wait until an import is complete; each look is a call like any other.

    Args:
        client: Makes the calls, and its clock the pauses.
        job: As submitted.
        first: Seconds before the first look; each pause is half as long again as the one before.
        longest: Longest pause.
        give_up_after: Seconds of pauses in all.

    Raises:
        PardotImportFailed: Account Engagement gave it up, somebody cancelled it, or it takes too
            long. Rows may have taken effect all the same: the error is in doubt.
        PardotImportExpired: Its results are gone.
    """
    seen = job
    looks = pauses(client.clock, first=first, longest=longest, give_up_after=give_up_after)
    for _ in looks:
        seen = _look(client, seen)
        if seen.is_expired:
            raise _expired(seen)
        if seen.state == "complete":
            return seen
        if seen.state in _GIVEN_UP:
            raise PardotImportFailed(
                f"Import {job.id} ended as {seen.state}",
                fix="Nothing to do: its prospects are read again, then written again",
                code="import_failed",
                in_doubt=True,
            )
    raise PardotImportFailed(
        f"Import {job.id} is still {seen.state} after {give_up_after:.0f} seconds",
        fix="Imports of an account run one after the other: try later",
        code="import_late",
        in_doubt=True,
    )


def failed_rows(client: PardotClient, job: Import, key: str) -> Iterator[tuple[str, str]]:
    """The rows of a complete import that did not succeed: the key's cell and the reason.

    The reason is the account's text and may repeat a person's values: never show it.

    Args:
        client: Makes the calls.
        job: As seen when complete.
        key: The column by which rows are told apart.

    Raises:
        PardotImportExpired: The results are gone.
        PardotTruncatedDownload: The download broke off again and again.
    """
    if not job.failed:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            rows = list(_error_rows(client, job, key))
        except PardotTruncatedDownload:
            if attempt == _ATTEMPTS:
                raise
        except (PardotBadRequest, PardotMissingRecord) as error:
            if error.code not in _NOT_OPEN and error.http_status not in (404, 410):
                raise
            raise _expired(job) from None
        else:
            yield from rows
            return


def _error_rows(client: PardotClient, job: Import, key: str) -> Iterator[tuple[str, str]]:
    # The address is that of the import itself: the field with it has two names in two descriptions.
    with client.transport.stream(f"{_PATH}/{job.id}/errors") as (response, still_reading):
        for batch in read_csv(response, None):
            still_reading()
            cells = batch.to_pydict()
            # The reason follows the row's own columns, whatever it is called.
            reasons = cells[batch.schema.names[-1]]
            columns = {name.strip().casefold(): name for name in cells}
            named = columns.get(key.casefold()) or columns.get("id")
            own = [""] * batch.num_rows if named is None else cells[named]
            yield from zip(
                [(cell or "").strip() for cell in own],
                [reason or "" for reason in reasons],
                strict=True,
            )


def _look(client: PardotClient, job: Import) -> Import:
    return _seen(client.get("imports", job.id, _READ))


def _seen(row: Mapping[str, Any]) -> Import:
    return Import(
        id=int(row["id"]),
        state=str(row.get("status") or "waiting").lower(),
        is_expired=bool(row.get("isExpired")),
        updated=int(row.get("updatedCount") or 0),
        created=int(row.get("createdCount") or 0),
        failed=int(row.get("errorCount") or 0),
    )


def _expired(job: Import) -> PardotImportExpired:
    return PardotImportExpired(
        f"Import {job.id} has expired",
        fix="Imports are kept 24 hours before they are submitted and 7 days after their end: its "
        "prospects are read again, then written again",
        code="import_expired",
        in_doubt=True,
    )
