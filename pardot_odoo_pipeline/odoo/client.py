"""The client of one Odoo database: any public method of any model, by named arguments.

What lives here: the choice of protocol, login, and thin names for the calls that everybody makes.
What does not: batches, retries and external ids (``loader``), set-up of fields and views
(``provisioning``).

Two protocols carry the same named arguments. From 19 on an API key opens JSON-2, Odoo's lasting
one; with a password, and on 18, it is JSON-RPC, where a record method takes its ids and ``create``
its values by position. The packaged client libraries lack time-outs or JSON-2, or cost 45 ms a
call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import requests

from pardot_odoo_pipeline.odoo.connection import OdooConnection, OdooVersion
from pardot_odoo_pipeline.odoo.errors import OdooAccessDenied
from pardot_odoo_pipeline.odoo.refusals import refusal
from pardot_odoo_pipeline.odoo.server_version import ask_version
from pardot_odoo_pipeline.odoo.wire import CallRecord, Wire

__all__ = ["OdooClient"]

Domain = Sequence[Any]
Context = Mapping[str, Any]


class OdooClient:
    """Calls one Odoo database as one user. One instance per thread.

    Args:
        connection: Where and as whom.
        session: A requests session to send with; made when absent.
        on_call: Told of every request after it ended.
        request_ids: Names requests, for both sides' logs.
        stopwatch: Seconds since some moment, for how long calls take.
    """

    def __init__(
        self,
        connection: OdooConnection,
        *,
        session: requests.Session | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        request_ids: Callable[[], str] | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.connection = connection
        self._wire = Wire(connection, session, on_call, request_ids, stopwatch)

    def __repr__(self) -> str:
        return f"OdooClient({self.connection!r})"

    @property
    def calls(self) -> int:
        """How many requests were sent so far, failed ones included."""
        return self._wire.calls

    def close(self) -> None:
        """Let go of pooled connections."""
        self._wire.close()

    @property
    def told_time(self) -> str | None:
        """The server's time as the last answer told it, in the words of HTTP."""
        return self._wire.told_time

    def forget(self, model: str | None = None) -> None:
        """Ask anew what is asked next. This client remembers no answers; others do."""

    @cached_property
    def server_version(self) -> OdooVersion:
        """The server's version, asked without a login. Refuses one older than 18."""
        return self._ask_version()

    def _ask_version(self) -> OdooVersion:
        return ask_version(self._wire, self.connection.url)

    @cached_property
    def version(self) -> OdooVersion:
        """The version of a server that was found fit: new enough, login accepted, CRM installed.

        Raises:
            ConfigurationError: It is not.
            OdooAccessDenied: The login is refused.
        """
        version = self.server_version
        _ = self.uid
        self.fields_get("crm.lead", fields=["id"], attributes=["type"])
        return version

    @cached_property
    def uid(self) -> int:
        """The database id of the user. Refuses a key that is another user's."""
        return self._ask_uid()

    def _ask_uid(self) -> int:
        if not self.speaks_json2:
            return self._login()
        uid = self.call("res.users", "context_get").get("uid")
        rows = self.read("res.users", [uid], ["login"])
        # JSON-2 knows the user by the key alone, and would act as whoever it belongs to.
        if not rows or rows[0]["login"] != self.connection.username:
            raise OdooAccessDenied(
                "The Odoo API key belongs to another user than ODOO_USERNAME",
                fix="Set ODOO_USERNAME to the login of the user who made the key",
                code="other_user",
            )
        return int(uid)

    def greet(self) -> None:
        """Ask for the least that only a working Odoo with an accepted login answers."""
        if self.speaks_json2:
            self.call("res.users", "context_get")
        else:
            self._login()

    @property
    def speaks_json2(self) -> bool:
        """Whether calls go by JSON-2 rather than JSON-RPC."""
        return self.connection.has_api_key and self.server_version.speaks_json2

    def _login(self) -> int:
        connection = self.connection
        args = [connection.database, connection.username, connection.secret, {}]
        params = {"service": "common", "method": "authenticate", "args": args}
        uid = self._wire.jsonrpc("common", "authenticate", params=params)
        if not uid:
            raise refusal("odoo.exceptions.AccessDenied", "", model=None, method=None)
        return int(uid)

    def call(
        self,
        model: str,
        method: str,
        /,
        *,
        ids: Sequence[int] | None = None,
        context: Context | None = None,
        timeout: float | None = None,
        **named: Any,
    ) -> Any:
        """Call a public method. One call is one transaction: a failed one has written nothing.

        Args:
            model: As "crm.lead".
            method: As "action_set_won".
            ids: The records; None for a method of the model itself.
            context: Odoo's context.
            timeout: Seconds to wait for the answer instead of the connection's.
            **named: The method's arguments by the names that Odoo's own signature has.

        Raises:
            OdooError: Odoo refuses, or no answer comes; ``in_doubt`` where it may have been done.
        """
        arguments = dict(named)
        if context:
            arguments["context"] = dict(context)
        if self.speaks_json2:
            if ids is not None:
                arguments["ids"] = list(ids)
            return self._wire.json2(model, method, arguments, timeout)
        positional: list[Any] = [] if ids is None else [list(ids)]
        if method == "create":
            positional.append(arguments.pop("vals_list"))
        connection = self.connection
        login = [connection.database, self.uid, connection.secret]
        args = [*login, model, method, positional, arguments]
        params = {"service": "object", "method": "execute_kw", "args": args}
        return self._wire.jsonrpc(model, method, params=params, named=arguments, timeout=timeout)

    def search(
        self,
        model: str,
        domain: Domain,
        *,
        limit: int | None = None,
        offset: int = 0,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[int]:
        """Ids of the records in a domain. Archived ones only with ``active_test`` False."""
        return self.call(
            model,
            "search",
            context=context,
            **_paged(domain, limit, offset, order),
        )

    def search_count(self, model: str, domain: Domain, *, context: Context | None = None) -> int:
        """How many records are in a domain."""
        return self.call(model, "search_count", context=context, domain=list(domain))

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        limit: int | None = None,
        offset: int = 0,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[dict[str, Any]]:
        """Values of the records in a domain. A many2one reads as ``[id, name]``, empty as False."""
        return self.call(
            model,
            "search_read",
            context=context,
            fields=list(fields),
            **_paged(domain, limit, offset, order),
        )

    def read(
        self,
        model: str,
        ids: Sequence[int],
        fields: Sequence[str],
        *,
        context: Context | None = None,
    ) -> list[dict[str, Any]]:
        """Values of records, in the order of the ids. Those that are gone are silently left out."""
        return self.call(model, "read", ids=ids, context=context, fields=list(fields))

    def create(
        self,
        model: str,
        vals_list: Sequence[Mapping[str, Any]],
        *,
        context: Context | None = None,
    ) -> list[int]:
        """Make records, all or none; their ids in the same order. Not to be repeated blindly."""
        return self.call(model, "create", context=context, vals_list=[dict(v) for v in vals_list])

    def write(
        self,
        model: str,
        ids: Sequence[int],
        vals: Mapping[str, Any],
        *,
        context: Context | None = None,
    ) -> bool:
        """Give all these records the same values. Bumps ``write_date`` even if nothing changes."""
        return self.call(model, "write", ids=ids, context=context, vals=dict(vals))

    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> bool:
        """Delete records for good."""
        return self.call(model, "unlink", ids=ids, context=context)

    def fields_get(
        self,
        model: str,
        fields: Sequence[str] | None = None,
        attributes: Sequence[str] | None = None,
        *,
        context: Context | None = None,
    ) -> dict[str, dict[str, Any]]:
        """What fields a model has, as far as the user may see them. Unknown ones are left out."""
        return self.call(
            model,
            "fields_get",
            context=context,
            allfields=None if fields is None else list(fields),
            attributes=None if attributes is None else list(attributes),
        )

    def load(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        context: Context | None = None,
    ) -> dict[str, Any]:
        """Create or update by external id (``id``) or database id (``.id``), all or none.

        A refusal comes as a success with ``ids`` False and ``messages``: the caller must look.
        """
        return self.call(
            model, "load", context=context, fields=list(fields), data=[list(row) for row in rows]
        )

    def run_server_action(
        self, action_id: int, context: Context | None = None, *, timeout: float | None = None
    ) -> Any:
        """Run a server action; its data travel in the context, its answer is what it returns."""
        return self.call(
            "ir.actions.server", "run", ids=[action_id], context=context, timeout=timeout
        )


def _paged(domain: Domain, limit: int | None, offset: int, order: str | None) -> dict[str, Any]:
    return {"domain": list(domain), "limit": limit, "offset": offset, "order": order}
