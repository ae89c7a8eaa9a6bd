"""Database failures in plain words.

What lives here: the one translation of driver errors. What does not: retries.

Driver messages may print values of the row at fault; nothing of them is passed on but codes and the
names of constraints.
"""

from __future__ import annotations

import errno
import sqlite3

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import FailureClass, PipelineError

__all__ = ["KINDS", "LedgerError", "translate"]


class LedgerError(PipelineError):
    """The ledger cannot do its work; ``code`` says why, for example ``ledger_full``."""


_FULL = (
    "ledger_full",
    "The disk of the ledger is full or failing",
    "Free space there and start again; nothing was half written",
    FailureClass.RETRY_LATER,
)
_LOCKED = (
    "ledger_locked",
    "The ledger stayed locked by another process",
    "Let the other command finish, or end it; then start again",
    FailureClass.RETRY_LATER,
)
_UNREACHABLE = (
    "ledger_unreachable",
    "The ledger cannot be reached or opened",
    "Check that LEDGER_URL or PIPELINE_HOME is right and open to this user",
    FailureClass.RETRY_LATER,
)
_REFUSED = (
    "ledger_refused",
    "The database server of the ledger refused this user or database",
    "Correct the user, password or database name in LEDGER_URL, or create that database",
    FailureClass.CONFIGURATION,
)
_READ_ONLY = (
    "ledger_read_only",
    "The ledger may not be written",
    "Give this user write permission on the ledger and its directory",
    FailureClass.CONFIGURATION,
)
_DAMAGED = (
    "ledger_damaged",
    "The ledger's file is damaged or is no ledger",
    "Restore it from a snapshot, or move it away to begin anew",
    FailureClass.CONFIGURATION,
)

KINDS = (_FULL, _LOCKED, _UNREACHABLE, _REFUSED, _READ_ONLY, _DAMAGED)
"""Code, cause, fix and class of each failure that is known."""

_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    # A limit on file sizes and a dying disk both show as an I/O error.
    sqlite3.SQLITE_IOERR: _FULL,
}
_POSTGRES = {
    "53100": _FULL,
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "40001": _LOCKED,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "28000": _REFUSED,
    "28P01": _REFUSED,
    "3D000": _REFUSED,
}
_NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "no password")


def translate(error: sa.exc.StatementError | sqlite3.Error | OSError) -> PipelineError:
    """The same failure with a cause and a fix, and without any value of a row."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, PipelineError):
        return origin
    known = _look_up(origin)
    if known is not None:
        code, cause, fix, failure_class = known
        return LedgerError(cause, fix=fix, code=code, failure_class=failure_class)
    diagnosis = getattr(origin, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None)
    if isinstance(origin, sqlite3.IntegrityError):
        # SQLite names columns there, never values.
        constraint = str(origin).partition(": ")[2] or None
    names = [type(origin).__name__, getattr(origin, "pgcode", None), constraint]
    detail = ", ".join(str(name) for name in names if name)
    return LedgerError(
        f"The ledger refused a statement ({detail})",
        fix="Report this as a bug of the pipeline; nothing of that transaction was kept",
        code="ledger_integrity" if constraint else "ledger_statement",
    )


def _look_up(origin: BaseException) -> tuple[str, str, str, FailureClass] | None:
    if isinstance(origin, OSError):
        return _FULL if origin.errno in _NO_SPACE else _UNREACHABLE
    if isinstance(origin, sqlite3.Error):
        return _SQLITE.get((getattr(origin, "sqlite_errorcode", None) or 0) & 0xFF)
    code = getattr(origin, "pgcode", None)
    if code is not None:
        # 57P..: shutting down or starting up; 53300: too many connections; 08...: connection lost.
        if code.startswith(("57P", "08")) or code == "53300":
            return _UNREACHABLE
        return _POSTGRES.get(code)
    if type(origin).__name__ in {"OperationalError", "InterfaceError"}:
        # libpq gives no code for a refused connection, only words.
        text = str(origin)
        return _REFUSED if any(words in text for words in _REFUSALS) else _UNREACHABLE
    return None
