"""Reading one HTTP answer of the API.

What lives here: the envelope, the warning and usage headers, and telling an API answer from a page
of some gateway. What does not: sending and trying again (``transport.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from pardot_odoo_pipeline.pardot.errors import (
    PardotConfigurationError,
    PardotError,
    PardotTemporarilyUnavailable,
    error_from_answer,
    unreadable_answer,
)

__all__ = [
    "Answer",
    "ApiUsage",
    "CallRecord",
    "no_answer",
    "read_answer",
    "read_usage",
    "refusal",
    "size_of",
]

_IN_BIN = 201


@dataclass(frozen=True)
class ApiUsage:
    """The account's calls of the day as the API reports them."""

    used: int
    maximum: int


@dataclass(frozen=True)
class CallRecord:
    """One request that left this process; whether or not it worked, it is told.

    Attributes:
        method: HTTP method.
        path: Path without query: filters may hold personal data.
        status: HTTP status; ``None`` when no answer came.
        code: The registry's code of a refusal, or the word that a refused sign-in ended in.
        seconds: How long it took.
        usage: The account's usage when the answer told it.
        sent: Bytes of the request's body.
        received: Bytes of the answer's body, unpacked; of a file the size that was announced.
        request_id: Under which the other side knows it, too (``X-Request-Id``).
    """

    method: str
    path: str
    status: int | None
    code: int | str | None
    seconds: float
    usage: ApiUsage | None = None
    sent: int = 0
    received: int = 0
    request_id: str | None = None


@dataclass(frozen=True)
class Answer:
    """A success.

    Attributes:
        status: HTTP status.
        body: Its JSON; ``None`` for 204.
        warning: Number of its ``Pardot-Warning``, if any.
        location: Address of a created record, if told.
    """

    status: int
    body: Any
    warning: int | None = None
    location: str | None = None


def no_answer(host: str, method: str, path: str, failure: requests.RequestException) -> PardotError:
    """The error of a call that no answer came to, or only a part of one."""
    if isinstance(failure, requests.exceptions.SSLError):
        return PardotConfigurationError(
            f"The certificate of {host} is not accepted",
            fix="Check PARDOT_API_URL; a private certificate authority goes into "
            "REQUESTS_CA_BUNDLE",
            code="tls",
        )
    never_sent = _never_connected(failure)
    error = PardotTemporarilyUnavailable(
        f"{host} cannot be reached" if never_sent else f"{method} {path}: the answer got lost",
        fix="Check PARDOT_API_URL and the network",
        in_doubt=method != "GET" and not never_sent,
    )
    error.never_sent = never_sent
    error.took_too_long = isinstance(failure, requests.ReadTimeout)
    return error


def _never_connected(failure: requests.RequestException) -> bool:
    """Whether no connection came about (refused, unknown host, proxy): nothing was sent then."""
    if isinstance(failure, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(failure.args[0] if failure.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")


def refusal(method: str, path: str, response: requests.Response) -> PardotError | None:
    """The error that an answer states; ``None`` for a success."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    try:
        envelope = orjson.loads(response.content)
        code = envelope.get("code")
    except (ValueError, AttributeError):
        if status == 401:
            return error_from_answer(method, path, status=status, code=None)
        return unreadable_answer(method, path, status, writing=method != "GET")
    return error_from_answer(
        method,
        path,
        status=status,
        code=code if isinstance(code, int) else None,
        in_bin=_warning(response) == _IN_BIN,
    )


def read_answer(response: requests.Response) -> Answer:
    """A successful answer's content.

    Raises:
        PardotError: It is no JSON: a gateway answered in the API's place.
    """
    location = response.headers.get("Location")
    if not response.content:
        return Answer(response.status_code, None, _warning(response), location)
    try:
        body = orjson.loads(response.content)
    except ValueError:
        request = response.request
        method, path = str(request.method), str(request.path_url).partition("?")[0]
        raise unreadable_answer(
            method, path, response.status_code, writing=method != "GET"
        ) from None
    return Answer(response.status_code, body, _warning(response), location)


def size_of(response: requests.Response) -> int:
    """Bytes of an answer's body; of one that is still to be read, what it says of itself."""
    content = getattr(response, "_content", False)
    if isinstance(content, bytes):
        return len(content)
    told = response.headers.get("Content-Length", "")
    return int(told) if told.isdecimal() else 0


def _warning(response: requests.Response) -> int | None:
    found = re.match(r"\s*(\d+)", response.headers.get("Pardot-Warning", ""))
    return int(found[1]) if found else None


def read_usage(response: requests.Response) -> ApiUsage | None:
    """The account's usage, where the answer tells it."""
    numbers = re.findall(r"\d+", response.headers.get("x-api-usage", ""))
    return ApiUsage(int(numbers[0]), int(numbers[1])) if len(numbers) == 2 else None
