"""Every failure that is known, as the clients read it: the rows of the error table.

What lives here: the enumeration. The class, the words and the advice of a row are those of the
error that the client itself makes of such an answer, so that table and behaviour are one. What does
not: the decision what a failure asks for (`playbook`), and the page (`playbook_page`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions

from pardot_odoo_pipeline.errors import FailureClass, PipelineError
from pardot_odoo_pipeline.ledger.errors import KINDS
from pardot_odoo_pipeline.odoo import refusals, silence
from pardot_odoo_pipeline.odoo.wire import told
from pardot_odoo_pipeline.operations.playbook import BOOK, Audience, Reaction, reaction_of
from pardot_odoo_pipeline.pardot import answers, auth
from pardot_odoo_pipeline.pardot.error_codes import CODES
from pardot_odoo_pipeline.pardot.errors import error_from_answer, unreadable_answer

__all__ = ["Group", "Row", "groups", "reaction_to"]

_HOST = "https://server.example"
_READ, _WRITE = "GET", "PATCH"
_STATUSES = (401, 403, 404, 405, 407, 408, 425, 429, 500, 502, 503, 504)
_PAGES = (200, 302, 403, 404, 429, 500, 502, 503, 504)
_ODOO_PAGES = (301, 401, 403, 404, 405, 407, 413, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Row:
    """One answer, or silence.

    Attributes:
        name: The number, the exception's name, or what happened.
        system: ``pardot``, ``odoo`` or ``ledger``.
        writing: What the client makes of it when a record is written.
        reading: What it makes of it when records are read.
    """

    name: str
    system: str
    writing: PipelineError
    reading: PipelineError

    @property
    def failure_class(self) -> FailureClass:
        """The class, when a record is written."""
        assert self.writing.failure_class is not None
        return self.writing.failure_class

    @property
    def reaction(self) -> Reaction:
        """What is done, when a record is written."""
        return reaction_to(self.writing)

    @property
    def reaction_reading(self) -> Reaction:
        """What is done when records are read."""
        return reaction_to(self.reading)

    @property
    def audience(self) -> Audience:
        """Who is told."""
        return BOOK[self.reaction].audience


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that stand together on the page."""

    title: str
    head: str
    rows: tuple[Row, ...]


def reaction_to(error: PipelineError) -> Reaction:
    """What an error asks for."""
    return reaction_of(error.failure_class, error.system, error.code)


def groups() -> list[Group]:
    """The whole table."""
    return [
        Group("Pardot's codes", "code", tuple(_codes())),
        Group("Signing in to Salesforce", "the token endpoint says", tuple(_tokens())),
        Group("Pardot without a code", "what happened", tuple(_pardot_silence())),
        Group("Odoo's exceptions", "exception", tuple(_exceptions())),
        Group("Odoo without an exception", "what happened", tuple(_odoo_silence())),
        Group("The ledger", "code", tuple(_ledger())),
    ]


def _codes() -> Iterator[Row]:
    for number in CODES:
        yield Row(
            str(number),
            "pardot",
            error_from_answer(_WRITE, "", status=400, code=number),
            error_from_answer(_READ, "", status=400, code=number),
        )


def _tokens() -> Iterator[Row]:
    for name in (*auth.TOKEN_ERRORS, "any other error"):
        yield _same(name, "pardot", auth.token_refusal(name))
    for status in (200, 404, 429, 500, 503):
        yield _same(f"no token, status {status}", "pardot", auth.no_token(status))


def _pardot_silence() -> Iterator[Row]:
    for status in _STATUSES:
        yield Row(
            f"status {status}, no code",
            "pardot",
            error_from_answer(_WRITE, "", status=status, code=None),
            error_from_answer(_READ, "", status=status, code=None),
        )
    for status in _PAGES:
        yield Row(
            f"HTML page, status {status}",
            "pardot",
            unreadable_answer(_WRITE, "", status, writing=True),
            unreadable_answer(_READ, "", status, writing=False),
        )
    for name, failure in _network_failures().items():
        yield Row(
            name,
            "pardot",
            answers.no_answer(_HOST, _WRITE, "", failure),
            answers.no_answer(_HOST, _READ, "", failure),
        )


def _exceptions() -> Iterator[Row]:
    for name in refusals.KNOWN:
        yield _same(name, "odoo", refusals.refusal(name, "", model=None, method=None))
    for name, (exception, text) in _TOLD_BY_WORDS.items():
        error = refusals.refusal(exception, text, model=None, method=None)
        yield _same(name, "odoo", error)


_TOLD_BY_WORDS = {
    "psycopg2.errors. any other": ("psycopg2.errors.DatatypeMismatch", ""),
    "psycopg2.OperationalError: no such database": (
        "psycopg2.OperationalError",
        'FATAL:  database "x" does not exist',
    ),
    "odoo.exceptions.UserError: no such model": (
        "odoo.exceptions.UserError",
        "Object x.y doesn't exist",
    ),
    "odoo.exceptions.UserError: no CRM": (
        "odoo.exceptions.UserError",
        "Object crm.lead doesn't exist",
    ),
    "any other exception": ("odoo.addons.some_module.Oops", ""),
}


def _odoo_silence() -> Iterator[Row]:
    for status in _ODOO_PAGES:
        page = requests.Response()
        page.status_code, page._content = status, b""
        yield _same(f"HTML page, status {status}", "odoo", silence.page_instead(_HOST, page))
    for name, failure in _network_failures().items():
        yield _same(name, "odoo", silence.no_answer(_HOST, failure))
    yield _same("broken JSON", "odoo", silence.broken_json(_HOST))
    yield _same("JSON of another program", "odoo", told(None, "res.users", "read"))


def _network_failures() -> dict[str, requests.RequestException]:
    """What the network does to a call, as the HTTP library tells it."""
    refused = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
    unknown = urllib3.exceptions.NameResolutionError("x", None, OSError())  # type: ignore[arg-type]
    return {
        "connection refused": requests.ConnectionError(_gave_up(refused)),
        "host unknown": requests.ConnectionError(_gave_up(unknown)),
        "no connection in time": requests.ConnectTimeout(),
        "no answer in time": requests.ReadTimeout(),
        "connection reset": requests.ConnectionError(
            urllib3.exceptions.ProtocolError("aborted", ConnectionResetError())
        ),
        "certificate not trusted": requests.exceptions.SSLError(),
    }


def _gave_up(reason: Exception) -> urllib3.exceptions.MaxRetryError:
    return urllib3.exceptions.MaxRetryError(None, "", reason)  # type: ignore[arg-type]


def _ledger() -> Iterator[Row]:
    for code, cause, fix, failure_class in KINDS:
        error = PipelineError(cause, fix=fix, code=code, failure_class=failure_class)
        yield _same(code, "ledger", error)


def _same(name: str, system: str, error: PipelineError) -> Row:
    return Row(name, system, error, error)
