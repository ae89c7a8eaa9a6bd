"""One call to the API: slot, token, exchange, translation, trying again.

What lives here: everything that is the same for every call. What does not: the shape of objects and
queries (``client.py``, ``paging.py``) and of exports (``exports.py``).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter
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
)
from pardot_odoo_pipeline.pardot.auth import TokenSource
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.errors import (
    PardotAuthError,
    PardotError,
    PardotTemporarilyUnavailable,
    unreadable_answer,
)

__all__ = ["Transport"]

_CONCURRENCY = 66
_SLOT_PATIENCE = 900.0


class _Bearer(AuthBase):
    # An auth object, not a plain header: requests would overwrite the header from a .netrc file.
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """Carries calls to one business unit; safe to share between threads.

    Attributes:
        calls: API calls made, failed ones included.
        usage: The account's usage as last reported.
    """

    def __init__(
        self,
        connection: PardotConnection,
        tokens: TokenSource,
        *,
        clock: Clock,
        backoff: Backoff,
        timeouts: tuple[float, float],
        max_in_flight: int,
        on_call: Callable[[CallRecord], None] | None,
        session: requests.Session | None,
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._clock = clock
        self._backoff = backoff
        self._timeouts = timeouts
        self._slots = threading.BoundedSemaphore(max_in_flight)
        self._on_call = on_call
        self._session = session or _new_session(max_in_flight)
        self._counting = threading.Lock()
        self.calls = 0
        self.usage: ApiUsage | None = None

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
            with self._exchange(method, path, **sent) as response:
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
    def stream(self, path: str) -> Iterator[requests.Response]:
        """Open a file to be read from the socket; a slot is held until the block ends."""

        def open_file() -> tuple[contextlib.ExitStack, requests.Response]:
            with contextlib.ExitStack() as stack:
                response = stack.enter_context(self._exchange("GET", path, stream=True))
                if "html" in response.headers.get("Content-Type", ""):
                    raise unreadable_answer("GET", path, response.status_code, writing=False)
                return stack.pop_all(), response

        def again(error: BaseException) -> bool:
            return isinstance(error, PardotTemporarilyUnavailable)

        self._tokens.current()
        held, response = self._backoff.retrying(again, self._clock.sleep)(open_file)
        with held:
            yield response

    @contextlib.contextmanager
    def _exchange(self, method: str, path: str, **options: Any) -> Iterator[requests.Response]:
        """One exchange, repeated once with a new token when the token is refused."""
        token = self._tokens.current()
        with contextlib.ExitStack() as stack:
            try:
                response = stack.enter_context(self._send(token, method, path, **options))
            except PardotAuthError as error:
                if error.http_status != 401 and error.code != 184:
                    raise
                token = self._tokens.renew(token)
                response = stack.enter_context(self._send(token, method, path, **options))
            yield response

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
    ) -> Iterator[requests.Response]:
        with self._slot():
            started = time.perf_counter()
            response, error = None, None
            try:
                response = self._session.request(
                    method,
                    self._connection.address(path),
                    params=params,
                    data=None if body is None else orjson.dumps(body),
                    files=None if upload is None else {"file": ("rows.csv", upload, "text/csv")},
                    headers=self._headers(body is not None),
                    auth=_Bearer(token),
                    timeout=self._timeouts,
                    allow_redirects=False,
                    stream=stream,
                )
                error = refusal(method, path, response)
            except requests.RequestException as failure:
                error = no_answer(self._connection.api_url, method, path, failure)
            try:
                self._count(method, path, response, error, time.perf_counter() - started)
                if error is not None:
                    raise error from None
                assert response is not None
                yield response
            finally:
                if response is not None:
                    response.close()

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_SLOT_PATIENCE):
            raise PardotTemporarilyUnavailable(
                "All slots for calls to the API stayed taken",
                fix="Read open downloads to their end or close them",
                code="slots_taken",
            )
        try:
            yield
        finally:
            self._slots.release()

    def _headers(self, has_body: bool) -> dict[str, str]:
        headers = {
            "Pardot-Business-Unit-Id": self._connection.business_unit_id,
            "X-Return-Api-Usage": "1",
            "Accept": "application/json, text/csv;q=0.9",
        }
        if has_body:
            headers["Content-Type"] = "application/json"
        return headers

    def _count(
        self,
        method: str,
        path: str,
        response: requests.Response | None,
        error: PardotError | None,
        seconds: float,
    ) -> None:
        usage = None if response is None else read_usage(response)
        with self._counting:
            self.calls += 1
            self.usage = usage or self.usage
        if self._on_call is not None:
            status = None if response is None else response.status_code
            code = error.code if error is not None and isinstance(error.code, int) else None
            self._on_call(CallRecord(method, path, status, code, seconds, usage))


def _new_session(connections: int) -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # shared between threads
    return session
