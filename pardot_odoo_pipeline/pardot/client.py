"""The Account Engagement API v5, call by call.

What lives here: single calls on objects, and the small collections that are read whole. What does
not: how a call is carried (``transport.py``), long reads (``paging.py``, ``changes.py``) and files
(``exports.py``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import requests

from pardot_odoo_pipeline.clock import Clock, SystemClock
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.pardot.answers import ApiUsage, CallRecord
from pardot_odoo_pipeline.pardot.auth import TokenSource
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.errors import PardotTemporarilyUnavailable
from pardot_odoo_pipeline.pardot.gate import CallGate, OwnGate
from pardot_odoo_pipeline.pardot.paging import Page, Row, iter_pages
from pardot_odoo_pipeline.pardot.stretches import api_time
from pardot_odoo_pipeline.pardot.token_store import TokenStore
from pardot_odoo_pipeline.pardot.transport import Transport

__all__ = ["IN_FLIGHT", "PardotClient"]

IN_FLIGHT = 4
"""Of the five calls that an account takes at once; one is left to others."""

_Subject = TypeVar("_Subject")
_Outcome = TypeVar("_Outcome")

_FAMILIES_BESIDE_OBJECTS = {"imports", "exports", "bulk-actions", "external-activities"}
_CUSTOM_FIELD = ("id", "name", "fieldId", "type", "isRequired", "isRecordMultipleResponses")
_CAMPAIGN = ("id", "name", "isDeleted", "updatedAt")
_USER = ("id", "email", "firstName", "lastName", "isDeleted")
_ACCOUNT = ("id", "company", "maximumDailyApiCalls", "apiCallsUsed")


class PardotClient:
    """Speaks to one business unit; safe to share between threads.

    Args:
        connection: Where and with which credentials.
        clock: Time of the world and the way to wait.
        token_store: Keeps rotated refresh tokens; without one they are forgotten with the process.
        on_call: Told of every API call, from the calling thread.
        on_sign_in: Told of every request for a token; those do not count against the daily limit.
        request_ids: Names requests, for both sides' logs.
        max_in_flight: Calls at once; the account allows five for all its programs together.
        gate: Asked before every call; without one this client is alone with its account.
        session: Another requests session, such as one with a client certificate.
        backoff: Bounds for trying again within a call.
        timeouts: Seconds to connect, and to wait for the next bytes.
        outside: Network, chance and threads.

    Attributes:
        clock: The clock given.
    """

    def __init__(
        self,
        connection: PardotConnection,
        *,
        clock: Clock | None = None,
        token_store: TokenStore | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        on_sign_in: Callable[[CallRecord], None] | None = None,
        request_ids: Callable[[], str] | None = None,
        max_in_flight: int = 5,
        gate: CallGate | None = None,
        session: requests.Session | None = None,
        backoff: Backoff | None = None,
        timeouts: tuple[float, float] = (5.0, 120.0),
        outside: Outside | None = None,
    ) -> None:
        outside = outside or Outside()
        self._side_by_side = outside.side_by_side
        self.clock: Clock = clock or SystemClock()
        self._connection = connection
        shared: dict[str, Any] = {
            "clock": self.clock,
            "backoff": backoff or Backoff(chance=outside.chance),
            "timeouts": timeouts,
            "adapter": outside.adapter,
            "stopwatch": outside.stopwatch,
        }
        self._tokens = TokenSource(connection, store=token_store, on_call=on_sign_in, **shared)
        self.transport = Transport(
            connection,
            self._tokens,
            gate=gate or OwnGate(max_in_flight),
            connections=max_in_flight,
            on_call=on_call,
            session=session,
            request_ids=request_ids,
            **shared,
        )

    def __repr__(self) -> str:
        return f"PardotClient({self._connection!r})"

    def __enter__(self) -> PardotClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def through(self, gate: CallGate) -> PardotClient:
        """The same client, whose calls another gate pays for; it counts with this one."""
        view = copy.copy(self)
        view.transport = self.transport.through(gate)
        return view

    @property
    def calls(self) -> int:
        """API calls made, failed ones included; sign-ins are not among them."""
        return self.transport.calls

    @property
    def token_calls(self) -> int:
        """Requests to the token endpoint."""
        return self._tokens.calls

    @property
    def usage(self) -> ApiUsage | None:
        """The account's calls of the day as last reported, if they ever were."""
        return self.transport.usage

    @property
    def told_time(self) -> str | None:
        """The server's time as the last answer told it, in the words of HTTP."""
        return self.transport.told_time

    @property
    def instance_url(self) -> str | None:
        """The Salesforce instance behind the account, known after the first call."""
        return self._tokens.instance_url

    def side_by_side(
        self, do: Callable[[_Subject], _Outcome], subjects: Iterable[_Subject]
    ) -> list[_Outcome]:
        """What ``do`` returns for each, in their order, with a few calls in flight.

        Raises:
            Exception: The first that ``do`` raised; after it no more are begun.
        """
        return self._side_by_side(do, list(subjects), IN_FLIGHT)

    def path_of(self, reference: str) -> str:
        """Path and query of an address from an answer; its host is not trusted."""
        return self._connection.path_of(reference)

    def get(self, name: str, record_id: int | str | None, fields: Sequence[str]) -> Row:
        """Read one record; ``None`` as id for objects that have none, such as ``account``.

        Raises:
            PardotMissingRecord: It does not exist, or is in the recycle bin.
        """
        answer = self.transport.call("GET", _path(name, record_id), params=_fields(fields))
        return _record(answer.body)

    def query(
        self,
        name: str,
        fields: Sequence[str],
        *,
        filters: Mapping[str, Any] | None = None,
        order_by: str | None = None,
        limit: int | None = None,
        page_token: str | None = None,
        patient: bool = True,
    ) -> Page:
        """Ask for one page.

        Args:
            name: Collection, such as ``prospects``.
            fields: Fields to read.
            filters: Query parameters; aware datetimes and lists are written as the API wants them.
            order_by: Such as ``updatedAt,id``.
            limit: Rows at most, up to 1000.
            page_token: Leads to the next page; filters, order and limit are in it.
            patient: Repeat also what took the server too long.
        """
        params = _fields(fields)
        if page_token is not None:  # the API refuses anything beside it
            params["nextPageToken"] = page_token
        else:
            params |= {key: _written(key, value) for key, value in (filters or {}).items()}
            if order_by is not None:
                params["orderBy"] = order_by
            if limit is not None:
                params["limit"] = limit
        answer = self.transport.call("GET", _path(name), params=params, patient=patient)
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("values"), list):
            raise _shapeless("page")
        return Page(body["values"], _next_token(body), answer.warning)

    def create(
        self,
        name: str,
        values: Mapping[str, Any],
        fields: Sequence[str] = (),
        *,
        repeatable: bool = False,
    ) -> Row:
        """Create a record; returns the fields asked for, as far as they may be read back.

        Args:
            name: Collection.
            values: The record.
            fields: Fields to return.
            repeatable: Creating it twice is harmless, so a lost answer may be asked for again.
        """
        answer = self.transport.call(
            "POST", _path(name), params=_fields(fields), body=dict(values), repeatable=repeatable
        )
        return _record(answer.body, may_be_empty=True)

    def update(
        self,
        name: str,
        record_id: int | str,
        values: Mapping[str, Any],
        fields: Sequence[str] = (),
        *,
        repeatable: bool = False,
    ) -> Row:
        """Change the given values of a record, the others stay.

        ``repeatable``: a lost answer may be asked for again, unless the server took too long.
        """
        answer = self.transport.call(
            "PATCH",
            _path(name, record_id),
            params=_fields(fields),
            body=dict(values),
            repeatable=repeatable,
            patient=False,
        )
        return _record(answer.body, may_be_empty=True)

    def delete(self, name: str, record_id: int | str, *, repeatable: bool = False) -> None:
        """Delete a record; prospects go to the recycle bin."""
        self.transport.call("DELETE", _path(name, record_id), repeatable=repeatable)

    def action(
        self,
        name: str,
        action: str,
        body: Mapping[str, Any],
        *,
        record_id: int | str | None = None,
        fields: Sequence[str] = (),
    ) -> Row:
        """Run an action such as ``upsertLatestByEmail`` or, on a record, ``addTag``."""
        path = f"{_path(name, record_id)}/do/{quote(action, safe='')}"
        answer = self.transport.call("POST", path, params=_fields(fields), body=dict(body))
        return _record(answer.body, may_be_empty=True)

    def custom_fields(self) -> list[Row]:
        """The definitions of custom fields; on prospects a field is named ``<fieldId>__c``."""
        return self._whole("custom-fields", _CUSTOM_FIELD)

    def campaigns(self) -> list[Row]:
        """All campaigns."""
        return self._whole("campaigns", _CAMPAIGN)

    def users(self) -> list[Row]:
        """All users, deleted ones excepted."""
        return self._whole("users", _USER)

    def account(self) -> Row:
        """The account: its name and its limits."""
        return self.get("account", None, _ACCOUNT)

    def _whole(self, name: str, fields: Sequence[str]) -> list[Row]:
        return [row for rows in iter_pages(self, name, fields) for row in rows]


def _path(name: str, record_id: int | str | None = None) -> str:
    family = name if name in _FAMILIES_BESIDE_OBJECTS else f"objects/{name}"
    suffix = "" if record_id is None else f"/{quote(str(record_id), safe='')}"
    return f"/api/v5/{family}{suffix}"


def _fields(fields: Sequence[str]) -> dict[str, Any]:
    return {"fields": ",".join(fields)} if fields else {}


def _written(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return api_time(value, up="Before" in name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(str(item) for item in value)
    return value


def _next_token(body: Mapping[str, Any]) -> str | None:
    """The token itself: the address that comes with it names a host, which is not trusted."""
    token = body.get("nextPageToken")
    if not token and body.get("nextPageUrl"):
        token = parse_qs(urlsplit(body["nextPageUrl"]).query).get("nextPageToken", [None])[0]
    return token or None


def _record(body: Any, *, may_be_empty: bool = False) -> Row:
    if body is None and may_be_empty:
        return {}
    if not isinstance(body, dict):
        raise _shapeless("record")
    return body


def _shapeless(wanted: str) -> PardotTemporarilyUnavailable:
    return PardotTemporarilyUnavailable(
        f"The API's answer is not the {wanted} asked for",
        fix="It is tried again later; if it stays so, check PARDOT_API_URL",
    )
