"""What comes in place of an answer of Odoo's: nothing, half of one, or somebody else's page.

What lives here: telling these apart, and what each means for a call that was sent. What does not:
sending (``transport``), and what Odoo itself says (``refusals``).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooBadValue,
    OdooConfigurationError,
    OdooError,
    OdooProtocolError,
    OdooTimeout,
    OdooUnavailable,
)

__all__ = ["broken_json", "no_answer", "page_instead"]

_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)


def no_answer(where: str, error: Exception) -> OdooError:
    """Which of refused, unsafe, slow or broken off it was, and whether the request was sent."""
    causes = list(_causes(error))
    if any(isinstance(c, requests.exceptions.SSLError) for c in causes):
        return OdooConfigurationError(
            f"The TLS certificate of {where} is not trusted, or it does not speak TLS",
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
            f"{where} did not answer in time",
            fix="Wait and look whether the call was carried out before it is repeated"
            if sent
            else "Check the address, the network and any firewall",
            code="read_timeout" if sent else "connect_timeout",
            in_doubt=sent,
        )
    if not sent:
        return OdooUnavailable(
            f"Nothing answers at {where}",
            fix="Check ODOO_URL and that Odoo is up and can be reached from here",
            code="unreachable",
        )
    if isinstance(error, requests.exceptions.InvalidURL) or not isinstance(
        error, requests.RequestException
    ):
        return OdooConfigurationError(
            f"The address {where} or a certificate file cannot be used",
            fix="Check ODOO_URL, verify_tls and the proxy settings of the environment",
            code="address",
        )
    return OdooUnavailable(
        f"{where} broke the connection off",
        fix="Wait and look whether the call was carried out before it is repeated",
        code="connection_lost",
        in_doubt=True,
    )


def page_instead(where: str, answer: requests.Response) -> OdooError:
    """What an answer without JSON means: a redirect, a proxy's page, no database."""
    status = answer.status_code
    if 300 <= status < 400:
        return _redirected(where, answer)
    if status == 404 and b"No database is selected" in answer.content[:4096]:
        return OdooConfigurationError(
            f"{where} has no such database",
            fix="Check ODOO_DATABASE, and the server's dbfilter",
            code="no_database",
        )
    if status in (404, 405):
        return OdooConfigurationError(
            f"{where} is a web server, but no Odoo answers at that address",
            fix="Set ODOO_URL to the root of Odoo, without /odoo or /web; if it is the root, "
            "see that the module rpc is installed",
            code="not_odoo",
        )
    if status in (401, 403, 407):
        return OdooAccessDenied(
            f"Something in front of {where} refuses the request (status {status})",
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
        f"{where} answers with a page instead of data (status {status})",
        fix="Nothing to do while Odoo restarts or is in maintenance; if it lasts, open the "
        "address in a browser to see what the page says",
        code=f"http_{status}",
        in_doubt=status in (500, 502, 504),
    )


def _redirected(where: str, answer: requests.Response) -> OdooError:
    """A redirect is never followed: it would turn the POST into a GET, or leak the key."""
    target = urlsplit(urljoin(where, answer.headers.get("Location", "")))
    ours = urlsplit(where)
    if (target.scheme, ours.scheme) == ("https", "http") and target.hostname == ours.hostname:
        root = f"https://{target.netloc}{ours.path}"
        fix = f"Set ODOO_URL to {root}"
    elif target.path.startswith("/web/login") or target.path.startswith("/odoo"):
        fix = "This address shows a login page: check ODOO_URL and that Odoo is 18 or newer"
    else:
        fix = "Set ODOO_URL to the address that Odoo really has"
    return OdooConfigurationError(
        f"{where} redirects to {target.scheme}://{target.netloc}{target.path}",
        fix=fix,
        code=f"http_{answer.status_code}",
    )


def broken_json(where: str) -> OdooProtocolError:
    """An answer that calls itself JSON and is not."""
    return OdooProtocolError(
        f"The answer of {where} is not the JSON that it says to be",
        fix="Look for a proxy in front of Odoo that cuts or rewrites answers",
        code="bad_json",
        in_doubt=True,
    )


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
