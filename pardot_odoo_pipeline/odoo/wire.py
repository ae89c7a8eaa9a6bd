"""The two protocols of Odoo's external API, one request at a time.

What lives here: how JSON-2 and JSON-RPC wrap a call and an error, counting and reporting requests.
What does not: which protocol to take (``client``), the network (``transport``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from pardot_odoo_pipeline.odoo.answer_shape import fitting
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.odoo.errors import OdooError, OdooProtocolError
from pardot_odoo_pipeline.odoo.refusals import refusal
from pardot_odoo_pipeline.odoo.transport import Transport

__all__ = ["CallRecord", "Wire", "told"]


@dataclass(frozen=True)
class CallRecord:
    """One request, for counters and logs. Holds no value of any record.

    Attributes:
        model: Its model, or the service's name for a call without one.
        method: Its method.
        protocol: ``json2`` or ``jsonrpc``.
        seconds: From sending to the decoded answer.
        error: The code of the error that it ended in, or None.
        status: HTTP status; None when no answer came.
        sent: Bytes of the request's body.
        received: Bytes of the answer's body, unpacked.
        request_id: Under which a proxy on the way knows it, too (``X-Request-Id``).
    """

    model: str
    method: str
    protocol: str
    seconds: float
    error: str | int | None
    status: int | None = None
    sent: int = 0
    received: int = 0
    request_id: str | None = None


class Wire:
    """Wraps calls for one connection, counts them, and turns Odoo's error objects into ours.

    Args:
        connection: Where and as whom.
        session: A requests session to send with; made when absent.
        on_call: Told of every request after it ended.
        request_ids: Names requests, for both sides' logs.
    """

    def __init__(
        self,
        connection: OdooConnection,
        session: requests.Session | None,
        on_call: Callable[[CallRecord], None] | None,
        request_ids: Callable[[], str] | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connection = connection
        self._transport = Transport(connection, session)
        self._on_call = on_call
        self._request_ids = request_ids
        self._stopwatch = stopwatch
        self.calls = 0

    @property
    def told_time(self) -> str | None:
        """The server's time as the last answer told it, in the words of HTTP."""
        return self._transport.told_time

    def close(self) -> None:
        """Let go of pooled connections."""
        self._transport.close()

    def json2(
        self, model: str, method: str, named: Mapping[str, Any], timeout: float | None = None
    ) -> Any:
        """A method by named arguments, as the owner of the API key."""

        def post(headers: dict[str, str]) -> Any:
            status, answer = self._transport.post(
                f"/json/2/{model}/{method}",
                named,
                key=self._connection.secret,
                headers={"X-Odoo-Database": self._connection.database, **headers},
                timeout=timeout,
            )
            if status == 200:
                return fitting(answer, model, method, named)
            raise told(answer, model, method)

        return self._reported(model, method, "json2", post)

    def jsonrpc(
        self,
        model: str,
        method: str,
        *,
        path: str = "/jsonrpc",
        params: Mapping[str, Any],
        named: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """A JSON-RPC request.

        ``model``, ``method`` and ``named`` are what errors and reports call it, and what its answer
        is held to.
        """
        body = {"jsonrpc": "2.0", "method": "call", "id": self.calls + 1, "params": params}

        def post(headers: dict[str, str]) -> Any:
            _, answer = self._transport.post(path, body, headers=headers, timeout=timeout)
            if isinstance(answer, dict) and answer.get("jsonrpc") == "2.0":
                if "error" not in answer:
                    # Odoo leaves the key out where the result is None.
                    return fitting(answer.get("result"), model, method, named or {})
                error = answer["error"]
                raise told(error.get("data") if isinstance(error, dict) else None, model, method)
            raise told(None, model, method)

        return self._reported(model, method, "jsonrpc", post)

    def _reported(
        self, model: str, method: str, protocol: str, post: Callable[[dict[str, str]], Any]
    ) -> Any:
        self.calls += 1
        request_id = self._request_ids() if self._request_ids is not None else None
        began = self._stopwatch()
        code: str | int | None = None
        try:
            return post({} if request_id is None else {"X-Request-Id": request_id})
        except OdooError as error:
            error.model, error.method = model, method
            code = error.code
            raise
        finally:
            if self._on_call:
                seconds, last = self._stopwatch() - began, self._transport.last
                self._on_call(
                    CallRecord(
                        model,
                        method,
                        protocol,
                        seconds,
                        code,
                        last.status,
                        last.sent,
                        last.received,
                        request_id,
                    )
                )


def told(error: Any, model: str, method: str) -> OdooError:
    """The typed error of an error object, which both protocols shape alike."""
    if isinstance(error, dict) and isinstance(error.get("name"), str):
        return refusal(error["name"], error.get("message"), model=model, method=method)
    return OdooProtocolError(
        f"{model}.{method}: the answer is neither a result nor an error of Odoo's",
        fix="Check that ODOO_URL leads to Odoo itself",
        code="no_result",
        model=model,
        method=method,
        in_doubt=True,
    )
