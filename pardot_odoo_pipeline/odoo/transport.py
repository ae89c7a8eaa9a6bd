"""One HTTP request to an Odoo and what the network can do to it.

What lives here: sending JSON, reading JSON, telling apart every way in which no JSON comes back.
What does not: the two protocols (``wire``) and Odoo's own errors (``refusals``).

Nothing is sent twice here, whatever happens: Odoo finishes and commits a call whose client has
gone, so a second try is a decision for somebody who has looked. What may have been carried out is
``in_doubt``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests
import urllib3.exceptions

from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooBadValue,
    OdooConfigurationError,
    OdooError,
    OdooProtocolError,
    OdooTimeout,
    OdooUnavailable,
)

__all__ = ["Transport"]

_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)


class _Bearer(requests.auth.AuthBase):
    """Sets our own header, or none. Being there keeps requests from using a ``.netrc`` entry."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            request.headers["Authorization"] = f"bearer {self._key}"
        return request


class Transport:
    """Posts JSON to one Odoo.

    Args:
        connection: Where, and with which certificates and time-outs.
        session: A requests session to use (its pool, proxies and adapters).
    """

    def __init__(self, connection: OdooConnection, session: requests.Session | None = None) -> None:
        self._connection = connection
        self._session = session or requests.Session()

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> tuple[int, Any]:
        """Send once, answer status and decoded JSON whatever the status is.

        Args:
            path: Below the server's root, with a leading slash.
            body: The JSON object to send.
            key: The API key for the ``Authorization`` header.
            headers: More headers.
            timeout: Seconds to wait for the answer instead of the connection's ``read_timeout``.

        Raises:
            OdooError: No JSON came back; its type says why.
        """
        connection = self._connection
        try:
            answer = self._session.post(
                connection.url + path,
                data=_encoded(body),
                headers={"Content-Type": "application/json", **(headers or {})},
                auth=_Bearer(key),
                timeout=(connection.connect_timeout, timeout or connection.read_timeout),
                verify=connection.verify_tls,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            raise self._network_error(error) from None
        if answer.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json":
            try:
                return answer.status_code, orjson.loads(answer.content)
            except orjson.JSONDecodeError:
                raise OdooProtocolError(
                    f"The answer of {self._where} is not the JSON that it says to be",
                    fix="Look for a proxy in front of Odoo that cuts or rewrites answers",
                    code="bad_json",
                    in_doubt=True,
                ) from None
        raise self._not_json(answer)

    def close(self) -> None:
        """Let go of pooled connections."""
        self._session.close()

    @property
    def _where(self) -> str:
        return self._connection.url

    def _network_error(self, error: Exception) -> OdooError:
        """Which of refused, unsafe, slow or broken off it was, and whether the request was sent."""
        causes = list(_causes(error))
        if any(isinstance(c, requests.exceptions.SSLError) for c in causes):
            return OdooConfigurationError(
                f"The TLS certificate of {self._where} is not trusted, or it does not speak TLS",
                fix="Use the name in the certificate; for a private authority give its file as "
                "verify_tls; for a server without TLS use http://",
                code="tls",
            )
        sent = not any(isinstance(c, _NOT_SENT) for c in causes) and not isinstance(
            error, requests.ConnectTimeout
        )
        slow = any(
            isinstance(c, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError))
            and not isinstance(c, urllib3.exceptions.NewConnectionError)
            for c in causes
        )
        if slow:
            return OdooTimeout(
                f"{self._where} did not answer in time",
                fix="Wait and look whether the call was carried out before it is repeated"
                if sent
                else "Check the address, the network and any firewall",
                code="read_timeout" if sent else "connect_timeout",
                in_doubt=sent,
            )
        if not sent:
            return OdooUnavailable(
                f"Nothing answers at {self._where}",
                fix="Check ODOO_URL and that Odoo is up and can be reached from here",
                code="unreachable",
            )
        if isinstance(error, requests.exceptions.InvalidURL) or not isinstance(
            error, requests.RequestException
        ):
            return OdooConfigurationError(
                f"The address {self._where} or a certificate file cannot be used",
                fix="Check ODOO_URL, verify_tls and the proxy settings of the environment",
                code="address",
            )
        return OdooUnavailable(
            f"{self._where} broke the connection off",
            fix="Wait and look whether the call was carried out before it is repeated",
            code="connection_lost",
            in_doubt=True,
        )

    def _not_json(self, answer: requests.Response) -> OdooError:
        """What an answer without JSON means: a redirect, a proxy's page, no database."""
        status = answer.status_code
        if 300 <= status < 400:
            return self._redirected(answer)
        if status == 404 and b"No database is selected" in answer.content[:4096]:
            return OdooConfigurationError(
                f"{self._where} has no such database",
                fix="Check ODOO_DATABASE, and the server's dbfilter",
                code="no_database",
            )
        if status in (404, 405):
            return OdooConfigurationError(
                f"{self._where} is a web server, but no Odoo answers at that address",
                fix="Set ODOO_URL to the root of Odoo, without /odoo or /web; if it is the root, "
                "see that the module rpc is installed",
                code="not_odoo",
            )
        if status in (401, 403, 407):
            return OdooAccessDenied(
                f"Something in front of {self._where} refuses the request (status {status})",
                fix="Let this machine through the proxy, firewall or sign-on page in front of Odoo",
                code=f"http_{status}",
            )
        if status == 413:
            return OdooBadValue(
                "The request is larger than the web server in front of Odoo accepts",
                fix="Raise its limit (128 MB fits Odoo's own), or send fewer records in one call",
                code="http_413",
            )
        # A gateway that gave up may well have passed the request on; 503 is said before that.
        return OdooUnavailable(
            f"{self._where} answers with a page instead of data (status {status})",
            fix="Nothing to do while Odoo restarts or is in maintenance; if it lasts, open the "
            "address in a browser to see what the page says",
            code=f"http_{status}",
            in_doubt=status in (500, 502, 504),
        )

    def _redirected(self, answer: requests.Response) -> OdooError:
        """A redirect is never followed: it would turn the POST into a GET, or leak the key."""
        target = urlsplit(urljoin(self._where, answer.headers.get("Location", "")))
        ours = urlsplit(self._where)
        if (target.scheme, ours.scheme) == ("https", "http") and target.hostname == ours.hostname:
            root = f"https://{target.netloc}{ours.path}"
            fix = f"Set ODOO_URL to {root}"
        elif target.path.startswith("/web/login") or target.path.startswith("/odoo"):
            fix = "This address shows a login page: check ODOO_URL and that Odoo is 18 or newer"
        else:
            fix = "Set ODOO_URL to the address that Odoo really has"
        return OdooConfigurationError(
            f"{self._where} redirects to {target.scheme}://{target.netloc}{target.path}",
            fix=fix,
            code=f"http_{answer.status_code}",
        )


def _encoded(body: Mapping[str, Any]) -> bytes:
    """JSON as Odoo reads it. Dates, NaN, half characters are our own mistakes: told, not sent."""
    try:
        return json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        raise OdooBadValue(
            "A value of the call cannot be written as JSON",
            fix="Turn dates into 'YYYY-MM-DD HH:MM:SS' and empty values into False first",
            code="not_json",
        ) from None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps: requests hides urllib3's in ``args`` and ``reason``."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [*current.args, getattr(current, "reason", None), current.__cause__]
        inner.append(current.__context__)
        waiting.extend(e for e in inner if isinstance(e, BaseException))
