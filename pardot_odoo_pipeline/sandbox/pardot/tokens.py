"""The Salesforce side: the token endpoint and the checking of bearers.

What lives here: grants, access tokens with their life, rotation of the refresh token. What does
not: the business-unit header and everything behind it (`app.py`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from urllib.parse import parse_qsl

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Request, Response, json_response
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.store import Store

__all__ = ["Tokens"]

_SCOPE = "pardot_api refresh_token offline_access"


class _Refused(Exception):
    """A grant refused with an OAuth error."""


class Tokens:
    """Issues and checks access tokens; they die with the process, credentials do not.

    Args:
        store: Where the credentials are.
        switches: How long tokens live, and whether they rotate.
        word: A text that nobody can guess, of about that many bytes.
    """

    def __init__(
        self,
        store: Store,
        switches: Switches,
        word: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._word = word
        self._store = store
        self._switches = switches
        self._lock = threading.Lock()
        self._expiries: dict[str, float] = {}
        self._credentials: dict[str, str] = store.fact("credentials")

    @property
    def credentials(self) -> dict[str, str]:
        """What a client needs, the present refresh token included."""
        return self._credentials

    def revoke_all(self) -> None:
        """Make every access token that was handed out worthless."""
        with self._lock:
            self._expiries.clear()

    def replace(self, changes: dict[str, str]) -> None:
        """Give the connected app other credentials: the old ones, and their tokens, are refused.

        Raises:
            ValueError: A name is none of them.
        """
        if unknown := sorted(set(changes) - set(self._credentials)):
            raise ValueError(f"unknown members: {', '.join(unknown)}")
        self._credentials = {**self._credentials, **changes}
        self._store.set_fact("credentials", self._credentials)
        self.revoke_all()

    def check(self, headers: dict[str, str], now: float) -> None:
        """Accept or refuse the `Authorization` header.

        Raises:
            ApiError: 49 without usable header, 199 for the retired keys, 184 for a bad token.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme == "Pardot" and "api_key=" in token:
            raise ApiError(199, status=self._switches["api_key_status"])
        if scheme.lower() != "bearer" or not token.strip():
            raise ApiError(49)
        with self._lock:
            expires = self._expiries.get(token.strip())
        if expires is None or expires <= now:
            raise ApiError(184)

    def endpoint(self, request: Request, now: float, base_url: str) -> Response:
        """Answer `/services/oauth2/token`."""
        try:
            if request.method != "POST":
                raise _Refused("invalid_request", "must use HTTP POST")
            given = dict(request.query)
            given.update(parse_qsl(request.body.decode("utf-8", "replace"), True))
            given.update(_basic(request.headers.get("authorization", "")))
            return self._grant(given, now, base_url)
        except _Refused as refused:
            error, description = refused.args
            return json_response(
                {"error": error, "error_description": description}, 400, code=error
            )

    def revoke(self, request: Request) -> Response:
        """Answer `/services/oauth2/revoke`."""
        given = {**dict(request.query), **dict(parse_qsl(request.body.decode("utf-8", "replace")))}
        with self._lock:
            known = self._expiries.pop(given.get("token", ""), None)
        if known is None:
            error = {"error": "unsupported_token_type", "error_description": "invalid token"}
            return json_response(error, 400, code=error["error"])
        return Response(200)

    def _grant(self, given: dict[str, str], now: float, base_url: str) -> Response:
        kept = self.credentials
        if given.get("client_id") != kept["client_id"]:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if not _same(given.get("client_secret", ""), kept["client_secret"]):
            raise _Refused("invalid_client", "invalid client credentials")
        extra: dict[str, str] = {}
        grant = given.get("grant_type", "")
        if grant == "refresh_token":
            if not _same(given.get("refresh_token", ""), kept["refresh_token"]):
                raise _Refused("invalid_grant", "expired access/refresh token")
            if self._switches["refresh_token_rotation"]:
                fresh = f"5Aep861{self._word(60)}"
                self._credentials = {**kept, "refresh_token": fresh}
                self._store.set_fact("credentials", self._credentials)
                extra["refresh_token"] = fresh
        elif grant == "password":
            known = _same(given.get("password", ""), kept["password"])
            if given.get("username") != kept["username"] or not known:
                raise _Refused("invalid_grant", "authentication failure")
        elif grant == "client_credentials":
            if not self._switches["client_credentials_allowed"]:
                raise _Refused("invalid_grant", "request not supported on this domain")
        else:
            raise _Refused("unsupported_grant_type", "grant type not supported")
        return json_response({**self._issue(now, base_url, kept["client_secret"]), **extra})

    def _issue(self, now: float, base_url: str, secret: str) -> dict[str, str]:
        token = f"00D5g000000SANDBOX!{self._word(64)}"
        identity = f"{base_url}/id/00D5g000000SANDBOX/0055g000000SANDBOX"
        issued = str(int(now * 1000))
        digest = hmac.new(secret.encode(), (identity + issued).encode(), hashlib.sha256).digest()
        with self._lock:
            self._expiries = {t: e for t, e in self._expiries.items() if e > now}
            self._expiries[token] = now + self._switches["access_token_lifetime_seconds"]
        # No expires_in: the real service sends none.
        return {
            "access_token": token,
            "scope": _SCOPE,
            "instance_url": base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
            "signature": base64.b64encode(digest).decode(),
        }


def _basic(header: str) -> dict[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return {}
    return {"client_id": name, "client_secret": secret}


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(), kept.encode())
