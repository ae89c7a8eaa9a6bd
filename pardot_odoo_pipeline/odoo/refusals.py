"""Which error an exception of Odoo's is: decided by its name, told in words that are safe to log.

What lives here: the table of names, and the shapes of messages of which a part may be repeated:
names of models, fields and methods, never a value. What does not: anything about HTTP: its status
misleads (a wrong selection value is a 500 in JSON-2 and a 200 in JSON-RPC).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooAccessError,
    OdooBadValue,
    OdooConfigurationError,
    OdooConflict,
    OdooError,
    OdooMissingError,
    OdooProtocolError,
    OdooUnavailable,
    OdooUserError,
    OdooValidationError,
)

__all__ = ["CONFLICTS", "KNOWN", "is_conflict_text", "lost_right", "refusal"]


class _Kind(NamedTuple):
    error: type[OdooError]
    cause: str
    fix: str


_DENIED = _Kind(
    OdooAccessDenied,
    "Odoo does not accept the login",
    "Check ODOO_USERNAME and ODOO_API_KEY (or ODOO_PASSWORD); keys of ordinary users expire after "
    "at most 90 days, make a new one in Odoo under Preferences > Account Security",
)
_ACCESS = _Kind(
    OdooAccessError,
    "The Odoo user may not do this",
    "Give the user the right in Odoo (Sales: User: All Documents suffices for a sync; provisioning "
    "needs Settings)",
)
_MISSING = _Kind(
    OdooMissingError,
    "A record does not exist any more",
    "Nothing to do unless this repeats: somebody deleted it in Odoo",
)
_BAD = _Kind(
    OdooBadValue,
    "Odoo cannot take a value or an argument",
    "Check the mapping of that field against the fields of this Odoo",
)
_INVALID = _Kind(
    OdooValidationError,
    "A constraint of Odoo refuses the record",
    "Look at the record in Odoo, and at the constraints of its model",
)
_RULE = _Kind(
    OdooUserError,
    "A rule of Odoo refuses the operation",
    "Try the same step by hand in Odoo to see which rule it is",
)
_BUSY = _Kind(
    OdooConflict,
    "Others were changing the same records, and nothing was written",
    "Nothing to do: it is tried again",
)
_DOWN = _Kind(
    OdooUnavailable,
    "Odoo cannot reach its database",
    "Nothing to do unless this lasts: then look at Odoo's log and at PostgreSQL",
)
_NO_SUCH = _Kind(
    OdooConfigurationError,
    "Odoo does not know a model or a method",
    "Check Odoo's version and which apps are installed",
)
_TOO_LARGE = _Kind(
    OdooBadValue,
    "The request is larger than Odoo accepts",
    "Send fewer records in one call",
)
_UNKNOWN = _Kind(
    OdooProtocolError,
    "Odoo failed in a way that is not known here",
    "Look at Odoo's log at this moment for the whole story",
)

_BY_NAME = {
    "odoo.exceptions.AccessDenied": _DENIED,
    "odoo.http.SessionExpiredException": _DENIED,
    "werkzeug.exceptions.Unauthorized": _DENIED,
    "odoo.exceptions.AccessError": _ACCESS,
    "werkzeug.exceptions.Forbidden": _ACCESS,
    "odoo.exceptions.MissingError": _MISSING,
    "odoo.exceptions.ValidationError": _INVALID,
    "odoo.exceptions.UserError": _RULE,
    "odoo.exceptions.RedirectWarning": _RULE,
    "odoo.exceptions.LockError": _BUSY,
    "odoo.exceptions.ConcurrencyError": _BUSY,
    "psycopg2.errors.SerializationFailure": _BUSY,
    "psycopg2.errors.LockNotAvailable": _BUSY,
    "psycopg2.errors.DeadlockDetected": _BUSY,
    "psycopg2.extensions.TransactionRollbackError": _BUSY,
    "psycopg2.errors.QueryCanceled": _BUSY,
    "psycopg2.errors.AdminShutdown": _DOWN,
    "psycopg2.errors.TooManyConnections": _DOWN,
    "psycopg2.OperationalError": _DOWN,
    "psycopg2.InterfaceError": _DOWN,
    "psycopg2.pool.PoolError": _DOWN,
    "odoo.sql_db.PoolError": _DOWN,
    "builtins.ValueError": _BAD,
    "builtins.TypeError": _BAD,
    "builtins.KeyError": _BAD,
    "builtins.OverflowError": _BAD,
    "builtins.AttributeError": _NO_SUCH,
    "werkzeug.exceptions.NotFound": _NO_SUCH,
    "werkzeug.exceptions.BadRequest": _BAD,
    "werkzeug.exceptions.UnprocessableEntity": _BAD,
    "werkzeug.exceptions.RequestEntityTooLarge": _TOO_LARGE,
    "werkzeug.exceptions.ServiceUnavailable": _DOWN,
}

KNOWN = tuple(_BY_NAME)
"""The exceptions of Odoo's that this table decides by name."""

CONFLICTS = (
    *(name for name, kind in _BY_NAME.items() if kind.error is OdooConflict),
    "load_conflict",
)
"""Codes of calls that met others at the same records."""

# Every other psycopg2 error is one of the data: a wrong type, a number out of range.
_BY_PREFIX = (("psycopg2.errors.", _BAD), ("psycopg2.", _BAD))

_NAME = r"[A-Za-z_][\w.]*"
# A message that begins so may be repeated as the sentence beside it. What a group catches is a name
# of a model, a field or a method (or record ids), and cannot be a person's data.
_SAFE: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), text)
    for pattern, text in (
        (rf"Invalid field '({_NAME})' in '({_NAME})'", "{1} has no field {0}"),
        (rf"Invalid field ({_NAME}) in condition", "a domain names {0}, which is no field"),
        (rf"Invalid field '?({_NAME})'? on (?:model )?'?({_NAME})'?", "{1} has no field {0}"),
        (r"Invalid operator in condition", "a domain uses an operator that Odoo does not know"),
        (rf"Wrong value for ({_NAME}): ", "{0} does not allow the value"),
        (rf"Missing required value for the field '[^'\n]*' \(({_NAME})\)", "{0} is required"),
        (rf"(?:Object|the model) '?({_NAME})'? do(?:esn't|es not) exist", "there is no model {0}"),
        (rf"[Tt]he method '({_NAME})' does not exist", "there is no method {0}"),
        (rf"Private methods \(such as '({_NAME})'\)", "{0} is a private method"),
        (rf"(?:[\w.]+\(\) )?got an unexpected keyword argument '({_NAME})'", "no argument {0}"),
        (rf"(?:[\w.]+\(\) )?missing a required argument: '({_NAME})'", "argument {0} is missing"),
        (rf"cannot call ({_NAME}) with ids", "{0} takes no record ids"),
        (rf"Record does not exist or has been deleted\.\s*\(Record: ({_NAME}\([\d, ]*\))", "{0}"),
        (rf"You are not allowed to (access|modify|create|delete) .*?\(({_NAME})\)", "{0} {1}"),
        (r"time data .* does not match format", "a date or time is not YYYY-MM-DD [HH:MM:SS]"),
        (r"unconverted data remains", "a date or time is not YYYY-MM-DD [HH:MM:SS]"),
        (r"A string literal cannot contain NUL", "a text contains a NUL character"),
        (r"integer out of range", "a number is too large"),
        (r"invalid input syntax for type (\w+)", "a value is not of type {0}"),
        (r"Another model is using the record", "a record of the call does not exist or is in use"),
        (r"Tag name already exists", "the tag name already exists"),
        (r"Contacts require a name", "a contact needs a name"),
        (r"Field names must be unique per model", "the field already exists"),
        (r"Recursion Detected", "a record would be its own parent"),
        (r"could not serialize access", "concurrent update"),
        (r"Unable to send message, please configure the sender", "the user has no e-mail address"),
        (r"A lead in a Won stage cannot be lost", "a won lead cannot be lost"),
    )
]
_WHOLE_MODEL = re.compile(rf"^You are not allowed to (?:modify|create|access) .*?\({_NAME}\)")
_RECORD_RULE = re.compile(r"doesn't have '(\w+)' access to:[\s\S]*?\((" + _NAME + r")\)")
_NO_DATABASE = re.compile(r'database "[^"\n]*" does not exist|Database not found', re.IGNORECASE)
_NO_CRM = re.compile(r"(?:Object|the model) '?crm\.[\w.]+'? do(?:esn't|es not) exist")


def is_conflict_text(message: str) -> bool:
    """Whether a row message of ``load()`` tells of a conflict, so that the call is to be repeated.

    ``load()`` reports those with success and as if the rows were bad.
    """
    return bool(
        re.search(
            r"could not serialize access|could not obtain lock|deadlock detected"
            r"|canceling statement due to|current transaction is aborted",
            message,
        )
    )


def lost_right(
    name: str, message: str, *, model: str | None = None, method: str | None = None
) -> OdooError | None:
    """The error where a row was refused because the user may not do that to any record of a model.

    Then no row is at fault. What a record rule says is about one record, and no such case.
    """
    if not name.endswith("AccessError") or _WHOLE_MODEL.search(message) is None:
        return None
    return refusal("odoo.exceptions.AccessError", message, model=model, method=method)


def refusal(name: str, message: Any, *, model: str | None, method: str | None) -> OdooError:
    """The error that fits an exception which Odoo reports.

    Args:
        name: The exception's qualified name (``data.name`` in JSON-RPC, ``name`` in JSON-2).
        message: Odoo's own words. Read here, never kept.
        model: The model of the call.
        method: The method of the call.
    """
    text = message if isinstance(message, str) else ""
    kind = _kind(name, text)
    what = f"{model}.{method}: {kind.cause}" if model and method else kind.cause
    detail = _safe_detail(text)
    # An unknown exception class may be a module's own: its name is code, not data.
    code = name if re.fullmatch(r"[\w.]{1,120}", name) else "unreadable"
    if kind is _UNKNOWN:
        detail = detail or code
    return kind.error(
        f"{what} ({detail})" if detail else what,
        fix=kind.fix,
        code=code,
        model=model,
        method=method,
    )


def _kind(name: str, text: str) -> _Kind:
    """The table, after the few cases where the words decide."""
    if name == "psycopg2.OperationalError" and _NO_DATABASE.search(text):
        return _Kind(
            OdooConfigurationError,
            "This Odoo has no such database",
            "Check ODOO_DATABASE; odoo.com databases are named like the first part of the address",
        )
    if _NO_CRM.search(text):
        return _Kind(
            OdooConfigurationError,
            "The CRM app is not installed in this Odoo database",
            "Install CRM under Apps in Odoo, or check ODOO_DATABASE",
        )
    if name == "odoo.exceptions.UserError" and re.match(r"Object \S+ doesn't exist", text):
        return _NO_SUCH
    if name == "builtins.AttributeError" and not re.match(r"[Tt]he method '", text):
        return _BAD
    if name.startswith("psycopg2.") and is_conflict_text(text):
        return _BUSY
    if name in _BY_NAME:
        return _BY_NAME[name]
    for prefix, kind in _BY_PREFIX:
        if name.startswith(prefix):
            return kind
    return _UNKNOWN


def _safe_detail(text: str) -> str | None:
    """The part of Odoo's message that is known to hold no value, in our words."""
    head = text.removeprefix("The operation cannot be completed: ").lstrip()
    for pattern, sentence in _SAFE:
        found = pattern.match(head)
        if found:
            return sentence.format(*found.groups())
    rule = _RECORD_RULE.search(text)
    if rule:
        return f"a record rule forbids to {rule[1]} {rule[2]}"
    return None
