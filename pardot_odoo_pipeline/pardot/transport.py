"""One call to the API: leave of the gate, token, exchange, translation, trying again.

What lives here: everything that is the same for every call. What does not: the shape of objects and
queries (``client.py``, ``paging.py``) and of exports (``exports.py``).
"""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.pardot.answers import (
    Answer,
    ApiUsage,
    CallRecord,
    no_answer,
    read_answer,
    read_usage,
    refusal,
    size_of,
)
from pardot_odoo_pipeline.pardot.auth import TokenSource
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.errors import (
    PardotAuthError,
    PardotError,
    PardotQuotaExceeded,
    PardotTemporarilyUnavailable,
    unreadable_answer,
)
from pardot_odoo_pipeline.pardot.gate import CallGate, Ending, Passage

__all__ = ["Transport"]

_CONCURRENCY = 66


@dataclass
class _Meter:
    """What all views of one transport count together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    calls: int = 0
    usage: ApiUsage | None = None
    told_time: str | None = None


class _Bearer(AuthBase):
    # An auth object, not a plain header: requests would overwrite the header from a .netrc file.
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """Carries calls to one business unit; safe to share between threads."""

    def __init__(
        self,
        connection: PardotConnection,
        tokens: TokenSource,
        *,
        clock: Clock,
        backoff: Backoff,
        timeouts: tuple[float, float],
        gate: CallGate,
        connections: int,
        on_call: Callable[[CallRecord], None] | None,
        session: requests.Session | None,
        request_ids: Callable[[], str] | None = None,
        adapter: BaseAdapter | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._backoff = backoff
        self._timeouts = timeouts
        self._gate = gate
        self._on_call = on_call
        self._request_ids = request_ids
        self._stopwatch = stopwatch
        self._session = session or _new_session(connections, adapter)
        self._meter = _Meter()

    def through(self, gate: CallGate) -> Transport:
        """The same connections through another gate, which pays for its calls."""
        view = copy.copy(self)
        view._gate = gate
        return view

    @property
    def calls(self) -> int:
        """API calls made, failed ones included, through whichever gate."""
        return self._meter.calls

    @property
    def usage(self) -> ApiUsage | None:
        """The account's usage as last reported."""
        return self._meter.usage

    @property
    def told_time(self) -> str | None:
        """The server's time as the last answer told it, in the words of HTTP."""
        return self._meter.told_time

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        upload: bytes | None = None,
        repeatable: bool = False,
        patient: bool = True,
    ) -> Answer:
        """Make a call; try again where that is safe.

        Args:
            method: HTTP method.
            path: Path on the API host.
            params: Query parameters.
            body: JSON body.
            upload: CSV file, sent in its place.
            repeatable: Doing it twice is harmless. Reads always are.
            patient: Repeat also what the server took too long for; a caller that can ask for less
                says no.

        Raises:
            PardotError: The call failed for good, or the back-off ran out.
        """
        harmless = repeatable or method == "GET"
        doubts: list[bool] = []

        def again(error: BaseException) -> bool:
            if not isinstance(error, PardotTemporarilyUnavailable):
                return False
            doubts.append(error.in_doubt)
            if error.code == _CONCURRENCY or error.never_sent:
                return True
            return harmless and (patient or not error.took_too_long)

        def once() -> Answer:
            sent = {"params": params, "body": body, "upload": upload}
            with self._exchange(method, path, **sent) as (response, _):
                return read_answer(response)

        # Signing in has a back-off of its own; inside this one the two would multiply.
        self._tokens.current()
        try:
            return self._backoff.retrying(again, self._clock.sleep)(once)
        except PardotError as error:
            # Though the last attempt found nobody there, an earlier one may have been carried out.
            error.in_doubt |= any(doubts)
            raise

    @contextlib.contextmanager
    def stream(self, path: str) -> Iterator[tuple[requests.Response, Callable[[], None]]]:
        """Open a file to be read from the socket; its place is held until the block ends.

        Whoever reads it calls the second value now and then: it is still being read.
        """

        def open_file() -> tuple[contextlib.ExitStack, requests.Response, Passage]:
            with contextlib.ExitStack() as stack:
                response, passage = stack.enter_context(self._exchange("GET", path, stream=True))
                if "html" in response.headers.get("Content-Type", ""):
                    raise unreadable_answer("GET", path, response.status_code, writing=False)
                return stack.pop_all(), response, passage

        def again(error: BaseException) -> bool:
            return isinstance(error, PardotTemporarilyUnavailable)

        self._tokens.current()
        held, response, passage = self._backoff.retrying(again, self._clock.sleep)(open_file)
        with held:
            yield response, passage.keep

    @contextlib.contextmanager
    def _exchange(
        self, method: str, path: str, **options: Any
    ) -> Iterator[tuple[requests.Response, Passage]]:
        """One exchange, repeated once with a new token when the token is refused."""
        token = self._tokens.current()
        with contextlib.ExitStack() as stack:
            try:
                carried = stack.enter_context(self._send(token, method, path, **options))
            except PardotAuthError as error:
                if error.http_status != 401 and error.code != 184:
                    raise
                token = self._tokens.renew(token)
                carried = stack.enter_context(self._send(token, method, path, **options))
            yield carried

    @contextlib.contextmanager
    def _send(
        self,
        token: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        upload: bytes | None = None,
        stream: bool = False,
    ) -> Iterator[tuple[requests.Response, Passage]]:
        passage = self._gate.enter(method, path)
        # Whatever ends this call before its answer is there leaves the server at it.
        ending, usage = Ending.LOST, None
        content = None if body is None else orjson.dumps(body)
        request_id = self._request_ids() if self._request_ids is not None else None
        started = self._stopwatch()
        response, error = None, None
        try:
            try:
                response = self._session.request(
                    method,
                    self._connection.address(path),
                    params=params,
                    data=content,
                    files=None if upload is None else {"file": ("rows.csv", upload, "text/csv")},
                    headers=self._headers(body is not None, request_id),
                    auth=_Bearer(token),
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=stream,
                )
                error = refusal(method, path, response)
                usage = read_usage(response)
            except requests.RequestException as failure:
                error = no_answer(self._connection.api_url, method, path, failure)
            ending = _ending(response, error)
            seconds, sent = self._stopwatch() - started, len(content or upload or b"")
            self._count(method, path, response, error, usage, seconds, sent, request_id)
            if error is not None:
                raise error from None
            assert response is not None
            yield response, passage
        finally:
            if response is not None:
                response.close()
            until = passage.leave(ending, usage)
            if isinstance(error, PardotQuotaExceeded):
                error.until = until

    def _headers(self, has_body: bool, request_id: str | None) -> dict[str, str]:
        headers = {
            "Pardot-Business-Unit-Id": self._connection.business_unit_id,
            "X-Return-Api-Usage": "1",
            "Accept": "application/json, text/csv;q=0.9",
        }
        if has_body:
            headers["Content-Type"] = "application/json"
        if request_id is not None:
            headers["X-Request-Id"] = request_id
        return headers

    def _count(
        self,
        method: str,
        path: str,
        response: requests.Response | None,
        error: PardotError | None,
        usage: ApiUsage | None,
        seconds: float,
        sent: int,
        request_id: str | None,
    ) -> None:
        with self._meter.lock:
            self._meter.calls += 1
            self._meter.usage = usage or self._meter.usage
            if response is not None:
                self._meter.told_time = response.headers.get("Date", self._meter.told_time)
        if self._on_call is not None:
            status = None if response is None else response.status_code
            code = error.code if error is not None and isinstance(error.code, int) else None
            received = 0 if response is None else size_of(response)
            self._on_call(
                CallRecord(method, path, status, code, seconds, usage, sent, received, request_id)
            )


def _ending(response: requests.Response | None, error: PardotError | None) -> Ending:
    """What became of a call, as far as the other side's work on it goes."""
    if response is None:
        # What does not pass by itself is a certificate that is not accepted: nothing left then.
        lost = isinstance(error, PardotTemporarilyUnavailable) and not error.never_sent
        return Ending.LOST if lost else Ending.NEVER_SENT
    if isinstance(error, PardotQuotaExceeded) and error.has_quota_evidence:
        return Ending.SPENT
    if isinstance(error, PardotTemporarilyUnavailable) and error.took_too_long:
        return Ending.GIVEN_UP
    return Ending.ANSWERED


def _new_session(connections: int, adapter: BaseAdapter | None) -> requests.Session:
    session = requests.Session()
    session.trust_env = adapter is None
    adapter = adapter or HTTPAdapter(pool_connections=2, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # shared between threads
    return session
