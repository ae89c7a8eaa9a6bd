"""What can go wrong with Account Engagement, as exceptions.

What lives here: the exception tree, and the one place that turns an answer (or its absence) into an
exception with cause and fix. What does not: the meaning of each code (``error_codes.py``) and the
decision to try again (``transport.py``, ``paging.py``).

Texts name the call and the registry's meaning only. Answer bodies are never quoted: they repeat
e-mail addresses and field values.
"""

from __future__ import annotations

from datetime import datetime

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.pardot.error_codes import CODES, SPECIFIED_MEANINGS, CodeEntry

__all__ = [
    "PardotAuthError",
    "PardotBadRecord",
    "PardotBadRequest",
    "PardotConfigurationError",
    "PardotError",
    "PardotExportExpired",
    "PardotExportFailed",
    "PardotExportTimedOut",
    "PardotImportExpired",
    "PardotImportFailed",
    "PardotMissingRecord",
    "PardotPageTokenExpired",
    "PardotQuotaExceeded",
    "PardotRequestTooLarge",
    "PardotTemporarilyUnavailable",
    "PardotTruncatedDownload",
    "error_from_answer",
    "unreadable_answer",
]


class PardotError(PipelineError):
    """Root of every failure of Account Engagement or of its sign-in.

    Attributes:
        http_status: The status of the answer; ``None`` when none came.
        in_doubt: The call was a write and may have been carried out all the same.
        in_bin: The record is in the recycle bin, as the answer says.
    """

    system = "pardot"
    in_bin = False

    def __init__(
        self,
        cause: str,
        *,
        fix: str,
        code: str | int | None = None,
        failure_class: FailureClass | None = None,
        http_status: int | None = None,
        in_doubt: bool = False,
    ) -> None:
        super().__init__(cause, fix=fix, code=code, failure_class=failure_class)
        self.http_status = http_status
        self.in_doubt = in_doubt


class PardotAuthError(PardotError):
    """The credentials or the token are refused."""

    failure_class = FailureClass.RENEW_CREDENTIALS


class PardotQuotaExceeded(PardotError):
    """The day's calls are used up (122), or a code is read that way by custom (52).

    Attributes:
        until: When to try again, where that is known: when the account's next day begins, or
            earlier where it may be over by then.
    """

    failure_class = FailureClass.PAUSE_UNTIL_RESET
    until: datetime | None = None

    @property
    def has_quota_evidence(self) -> bool:
        """Whether the account's daily call limit is really met; code 52 alone proves nothing."""
        return self.code in (122, "quota_spent", "lane_spent")


class PardotTemporarilyUnavailable(PardotError):
    """Nothing is wrong with the request: later it will work.

    Attributes:
        never_sent: No connection was made, so nothing can have happened.
        took_too_long: The server gave up on a heavy request; a smaller one may pass.
    """

    failure_class = FailureClass.RETRY_LATER
    never_sent = False
    took_too_long = False


class PardotTruncatedDownload(PardotTemporarilyUnavailable):
    """A file ended before its announced end."""


class PardotMissingRecord(PardotError):
    """The record does not exist, or is in the recycle bin."""

    failure_class = FailureClass.MISSING_RECORD


class PardotBadRequest(PardotError):
    """The request is refused as it is; repeating it is useless."""

    failure_class = FailureClass.CONFIGURATION


class PardotBadRecord(PardotBadRequest):
    """A record's values are refused."""

    failure_class = FailureClass.BAD_RECORD


class PardotRequestTooLarge(PardotBadRequest):
    """The request asks for too much at once."""

    failure_class = FailureClass.SHRINK_REQUEST


class PardotConfigurationError(PardotError):
    """Account, permission, address or business unit is not set up for this call."""

    failure_class = FailureClass.CONFIGURATION


class PardotPageTokenExpired(PardotError):
    """The chain of pages has to be started anew from the last row."""

    failure_class = FailureClass.RESTART_PAGING


class PardotExportFailed(PardotError):
    """Account Engagement gave an export up."""

    failure_class = FailureClass.RETRY_LATER


class PardotExportTimedOut(PardotExportFailed):
    """An export was not finished in the time allowed."""


class PardotExportExpired(PardotExportFailed):
    """The files of an export are gone: they live 7 days."""


class PardotImportFailed(PardotError):
    """An import did not come to its end."""

    failure_class = FailureClass.RETRY_LATER


class PardotImportExpired(PardotImportFailed):
    """An import's results are gone: they live 7 days."""


_TYPES: dict[FailureClass, type[PardotError]] = {
    FailureClass.RENEW_CREDENTIALS: PardotAuthError,
    FailureClass.PAUSE_UNTIL_RESET: PardotQuotaExceeded,
    FailureClass.RETRY_LATER: PardotTemporarilyUnavailable,
    FailureClass.MISSING_RECORD: PardotMissingRecord,
    FailureClass.BAD_RECORD: PardotBadRecord,
    FailureClass.CONFIGURATION: PardotConfigurationError,
    FailureClass.RESTART_PAGING: PardotPageTokenExpired,
    FailureClass.SHRINK_REQUEST: PardotRequestTooLarge,
}

_FIXES = {
    FailureClass.RENEW_CREDENTIALS: "Renew the credentials: check PARDOT_CLIENT_ID, "
    "PARDOT_CLIENT_SECRET and PARDOT_REFRESH_TOKEN, the connected app's scope pardot_api, and that "
    "its user belongs to the business unit",
    FailureClass.PAUSE_UNTIL_RESET: "Wait for the next day in the account's time zone, or have the "
    "limit raised",
    FailureClass.RETRY_LATER: "Nothing to do: it is tried again later",
    FailureClass.MISSING_RECORD: "Check in Account Engagement whether the record was deleted or "
    "merged",
    FailureClass.BAD_RECORD: "Correct the record's values, or the mapping that produces them",
    FailureClass.CONFIGURATION: "Correct the account's set-up or this project's configuration, "
    "then run again",
    FailureClass.RESTART_PAGING: "Nothing to do: reading starts anew from the last row",
    FailureClass.SHRINK_REQUEST: "Ask for less at once: fewer filters, ids or rows",
}
_BUSINESS_UNIT_FIX = (
    "Check PARDOT_BUSINESS_UNIT_ID (18 characters, starts with 0Uv) and that PARDOT_API_URL fits "
    "the account: https://pi.pardot.com in production, https://pi.demo.pardot.com for sandboxes"
)
_CODE_FIXES = {
    46: "Give the API user the permission for this object in Account Engagement",
    53: "Activate this machine's IP address for the API user",
    66: "Let fewer programs use the API at the same time; it is tried again later",
    76: "Have API access enabled for the account",
    164: "Wait for the next day in the account's time zone",
    181: _BUSINESS_UNIT_FIX,
    182: _BUSINESS_UNIT_FIX,
    201: _BUSINESS_UNIT_FIX,
}
_REQUEST_FIX = "Check the configured fields against the account's; else this is a bug to report"
# The server took these up before it failed; everything else was refused beforehand.
_MAYBE_DONE = {183, 202, 214}
_TOO_LONG = {202, 214}


def _entry_for(code: int | None, status: int, reading: bool) -> CodeEntry:
    known = CODES.get(code) if code is not None else None
    if known is not None:
        return known
    number = code or 0
    if status == 401:
        return CodeEntry(number, "Access denied", FailureClass.RENEW_CREDENTIALS)
    if status == 404:
        return CodeEntry(number, "Not found", FailureClass.MISSING_RECORD)
    if status in (403, 405, 407):
        return CodeEntry(number, "Not permitted", FailureClass.CONFIGURATION)
    if status in (408, 425, 429) or status >= 500:
        return CodeEntry(number, "No service for now", FailureClass.RETRY_LATER)
    blamed = FailureClass.CONFIGURATION if reading else FailureClass.BAD_RECORD
    return CodeEntry(number, "The request is refused", blamed, request_fault=reading)


def error_from_answer(
    method: str, path: str, *, status: int, code: int | None, in_bin: bool = False
) -> PardotError:
    """The exception for a refused call.

    Args:
        method: HTTP method of the call: a read carries no record values that could be at fault.
        path: Path without query, for the text.
        status: HTTP status of the answer.
        code: Code of the answer's envelope, if it had one.
        in_bin: The answer carried the warning that the record is in the recycle bin.
    """
    reading = method == "GET"
    entry = _entry_for(code, status, reading)
    reaction, request_fault = entry.failure_class, entry.request_fault
    if code == 4 and not reading:  # on a write the address is malformed, nobody was looked up
        reaction = FailureClass.BAD_RECORD
    if reaction is FailureClass.BAD_RECORD and reading:
        reaction, request_fault = FailureClass.CONFIGURATION, True

    kind = PardotBadRequest if request_fault and reaction in _REFUSED else _TYPES[reaction]
    fix = _CODE_FIXES.get(entry.code) or (_REQUEST_FIX if request_fault else _FIXES[reaction])
    error = kind(
        f"{method} {path}: {_meaning(entry, status, in_bin)}",
        fix=fix,
        code=code,
        failure_class=reaction,
        http_status=status,
    )
    error.in_bin = in_bin
    if isinstance(error, PardotTemporarilyUnavailable):
        error.took_too_long = status == 504 or code in _TOO_LONG
        error.in_doubt = not reading and (code in _MAYBE_DONE or (code is None and status >= 500))
    return error


_REFUSED = {FailureClass.CONFIGURATION, FailureClass.BAD_RECORD}


def _meaning(entry: CodeEntry, status: int, in_bin: bool) -> str:
    numbers = f"code {entry.code}, HTTP {status}" if entry.code else f"HTTP {status}"
    words = entry.meaning
    if entry.code in SPECIFIED_MEANINGS:
        words += f"; as users often know it: {SPECIFIED_MEANINGS[entry.code]}"
    elif entry.note:
        words += f", {entry.note}"
    if in_bin:
        words += "; the record is in the recycle bin"
    return f"{words} ({numbers})"


def unreadable_answer(method: str, path: str, status: int, *, writing: bool) -> PardotError:
    """The exception for an answer that is no API answer: a gateway's or a login page."""
    if 300 <= status < 500 and status != 429:
        return PardotConfigurationError(
            f"{method} {path} was answered with a page instead of data (HTTP {status})",
            fix="Check PARDOT_API_URL and any proxy in between",
            code="page",
            http_status=status,
        )
    error = PardotTemporarilyUnavailable(
        f"{method} {path} was answered with a page instead of data (HTTP {status})",
        fix="Nothing to do: it is tried again later; if it stays so, check PARDOT_API_URL",
        http_status=status,
        in_doubt=writing,
    )
    error.took_too_long = status == 504
    return error
