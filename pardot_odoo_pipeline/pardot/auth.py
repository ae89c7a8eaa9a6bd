"""Signing in: access tokens from Salesforce.

What lives here: fetching and renewing access tokens. What does not: deciding that one is stale
(``transport.py``) and where rotated refresh tokens are kept (``token_store.py``).

Salesforce's answers name no life time, so a token is used until the API refuses it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import BaseAdapter

from pardot_odoo_pipeline.clock import Clock
from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.answers import CallRecord
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.connection import PardotConnection
from pardot_odoo_pipeline.pardot.errors import (
    PardotAuthError,
    PardotConfigurationError,
    PardotError,
    PardotTemporarilyUnavailable,
)
from pardot_odoo_pipeline.pardot.token_store import TokenStore

__all__ = ["TOKEN_ERRORS", "TokenSource", "no_token", "token_refusal"]

_CAUSES = {
    "invalid_client": "Salesforce does not know this client id or its secret is wrong",
    "invalid_client_id": "Salesforce does not know this client id",
    "invalid_grant": "Salesforce refuses the refresh token, or the connected app's user",
    "inactive_user": "The user behind the credentials is inactive",
    "inactive_org": "The Salesforce organisation is inactive",
    "unsupported_grant_type": "The connected app does not allow this way of signing in",
}
_PASSING = ("rate_limit_exceeded", "server_error", "temporarily_unavailable")
TOKEN_ERRORS = (*_CAUSES, *_PASSING)
"""What the token endpoint is known to say."""

_FIX = (
    "Check PARDOT_CLIENT_ID, PARDOT_CLIENT_SECRET and PARDOT_REFRESH_TOKEN, and that "
    "PARDOT_TOKEN_URL is the token endpoint of the same Salesforce organisation"
)


class TokenSource:
    """Hands out the access token; renews it once however many threads ask.

    Attributes:
        calls: Token requests made; they do not count against the API's daily limit.
        instance_url: The Salesforce instance named by the last answer.
    """

    def __init__(
        self,
        connection: PardotConnection,
        *,
        store: TokenStore | None,
        clock: Clock,
        backoff: Backoff,
        timeouts: tuple[float, float],
        on_call: Callable[[CallRecord], None] | None = None,
        adapter: BaseAdapter | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connection = connection
        self._store = store
        self._clock = clock
        self._backoff = backoff
        self._timeouts = timeouts
        self._on_call = on_call
        self._adapter = adapter
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._access_token: str | None = None
        self._rotated: str | None = None
        self.calls = 0
        self.instance_url: str | None = None

    def current(self) -> str:
        """The access token in use; fetched at first need."""
        return self.renew(None)

    def renew(self, stale: str | None) -> str:
        """A token other than the stale one.

        Threads that found the same token stale wait for the first of them and share its result.

        Raises:
            PardotAuthError: Salesforce refuses the credentials.
            PardotTemporarilyUnavailable: Salesforce does not answer.
        """
        with self._lock:
            if self._access_token is None or self._access_token == stale:
                self._access_token = None
                self._access_token = self._sign_in()
            return self._access_token

    def _sign_in(self) -> str:
        if self._connection.refresh_token is None:
            return self._keep(self._ask(None), configured=None)
        configured = self._connection.refresh_token.get_secret_value()
        store = self._store
        with store.exclusive() if store is not None else contextlib.nullcontext():
            stored = store.load(configured) if store is not None else None
            known = filter(None, (stored, self._rotated, configured))
            *newer, last = dict.fromkeys(known)
            for token in newer:
                # Refused, it may be older than the next one: a store can come from a backup.
                with contextlib.suppress(PardotAuthError):
                    return self._keep(self._ask(token), configured)
            return self._keep(self._ask(last), configured)

    def _keep(self, answer: dict[str, Any], configured: str | None) -> str:
        access_token: str = answer["access_token"]
        rotated = answer.get("refresh_token")
        if configured is not None and isinstance(rotated, str) and rotated != configured:
            self._rotated = rotated
            if self._store is not None and rotated != self._store.load(configured):
                self._persist(self._store, configured, rotated)
        self.instance_url = answer.get("instance_url") or self.instance_url
        return access_token

    def _persist(self, store: TokenStore, configured: str, rotated: str) -> None:
        try:
            store.save(configured, rotated)
        except OSError as error:
            # Going on would lose the token with this process, and with it the way in.
            raise PardotConfigurationError(
                f"The renewed refresh token cannot be written to disk ({error.strerror})",
                fix="Make room on the disk and let this user write to PIPELINE_HOME",
            ) from None

    def _ask(self, refresh_token: str | None) -> dict[str, Any]:
        def passing(error: BaseException) -> bool:
            return isinstance(error, PardotTemporarilyUnavailable)

        return self._backoff.retrying(passing, self._clock.sleep)(self._ask_once, refresh_token)

    def _ask_once(self, refresh_token: str | None) -> dict[str, Any]:
        began = self._stopwatch()
        status: int | None = None
        code: int | str | None = None
        try:
            answer = self._request(refresh_token)
            status = 200
            return answer
        except PardotError as error:
            status, code = error.http_status, error.code
            raise
        finally:
            if self._on_call is not None:
                path = urlsplit(self._connection.token_url).path
                seconds = self._stopwatch() - began
                self._on_call(CallRecord("POST", path, status, code, seconds))

    def _request(self, refresh_token: str | None) -> dict[str, Any]:
        self.calls += 1
        url = self._connection.token_url
        statuses: list[int] = []

        def note_status(response: requests.Response) -> requests.Response:
            statuses.append(response.status_code)
            return response

        try:
            with OAuth2Session(
                self._connection.client_id,
                self._connection.client_secret.get_secret_value(),
                token_endpoint_auth_method="client_secret_post",
            ) as session:
                if self._adapter is not None:
                    session.trust_env = False  # no proxy stands before an adapter
                    session.mount("https://", self._adapter)
                    session.mount("http://", self._adapter)
                session.register_compliance_hook("access_token_response", note_status)
                session.register_compliance_hook("refresh_token_response", note_status)
                if refresh_token is None:
                    answer = session.fetch_token(
                        url, grant_type="client_credentials", timeout=self._timeouts
                    )
                else:
                    answer = session.refresh_token(url, refresh_token, timeout=self._timeouts)
        except OAuthError as error:
            raise token_refusal(str(error.error)) from None
        except requests.HTTPError as error:
            raise no_token(error.response.status_code) from None
        except requests.RequestException:
            raise PardotTemporarilyUnavailable(
                f"The token endpoint {url} cannot be reached",
                fix="Check PARDOT_TOKEN_URL and the network",
            ) from None
        except ValueError:
            raise no_token(statuses[-1]) from None
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise no_token(statuses[-1])
        return dict(answer)


def token_refusal(name: str) -> PardotError:
    """The error that fits an error which Salesforce's token endpoint names."""
    if name in _PASSING:
        return PardotTemporarilyUnavailable(
            "Salesforce gives out no tokens for now", fix="Nothing to do: it is tried again later"
        )
    known = name if name in _CAUSES else "refused"
    cause = _CAUSES.get(name, "Salesforce refuses the credentials")
    return PardotAuthError(f"{cause} ({known})", fix=_FIX, code=known, http_status=400)


def no_token(status: int) -> PardotError:
    """The error of an answer that holds neither a token nor an error of Salesforce's.

    A page with status 200 is what a proxy in between says when it stumbles: it passes like any
    other failure of the network, as it does where the API is called.
    """
    if status < 300:
        return PardotTemporarilyUnavailable(
            f"The token endpoint was answered with something else than a token (HTTP {status})",
            fix="Nothing to do: it is tried again later; if it stays so, check PARDOT_TOKEN_URL",
            http_status=status,
        )
    if status >= 500 or status in (408, 425, 429):
        return PardotTemporarilyUnavailable(
            f"The token endpoint fails (HTTP {status})",
            fix="Nothing to do: it is tried again later",
            http_status=status,
        )
    return PardotConfigurationError(
        f"The token endpoint's answer is no token (HTTP {status})",
        fix="Check PARDOT_TOKEN_URL: it ends in /services/oauth2/token",
        code="no_token",
        failure_class=FailureClass.CONFIGURATION,
        http_status=status,
    )
