"""Reading one request from an ASGI server, within bounds of size and time.

What lives here: headers and body as they come, and the bounds. What does not: what the bytes say
(`bodies`), and the bounds that only a server can keep (`connections`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from pardot_odoo_pipeline.webhooks.refusals import Refused

__all__ = ["Disconnected", "Message", "Receive", "Scope", "Send", "headers_of", "read_body"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 10.0
"""Within this the whole body must have come."""

MOST_HEADERS = 64
MOST_HEADER_BYTES = 16_384

# So much more than allowed is read and thrown away: who is cut off while sending sees a broken
# connection instead of the reason.
_DISCARDED = 1_048_576
# Those that would let a request be read in two ways.
_SINGLE = frozenset(
    {
        *(b"authorization", b"content-encoding", b"content-length", b"content-type"),
        *(b"webhook-id", b"webhook-signature", b"webhook-timestamp"),
    }
)


class Disconnected(Exception):
    """The sender is gone: there is nobody to answer."""


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name; of one that may come several times, all, with commas between.

    Raises:
        Refused: They are too many or too long, or one that must be single is not.
    """
    headers: dict[bytes, bytes] = {}
    number = size = 0
    for name, value in pairs:
        number += 1
        size += len(name) + len(value)
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise Refused(
                400,
                "repeated_header",
                "A header that must be single came several times",
                fix="Send each of the webhook and content headers once",
                close=True,
            )
        else:
            headers[name] += b"," + value
    if number > MOST_HEADERS or size > MOST_HEADER_BYTES:
        raise Refused(
            431,
            "headers",
            f"The headers are more than {MOST_HEADERS}, or than {MOST_HEADER_BYTES} bytes",
            fix="Send fewer or shorter headers",
            close=True,
        )
    return headers


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The body.

    Args:
        receive: Of the ASGI server.
        headers: Of the request.
        limit: Largest number of bytes; what the headers say of it is not relied upon.

    Raises:
        Refused: It is too large, or did not come in time.
        Disconnected: The sender is gone.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, headers, limit)
    except TimeoutError:
        raise Refused(
            408,
            "too_slow",
            f"The body did not come within {BODY_SECONDS:.0f} seconds",
            fix="Send the whole body at once, and a Content-Length that fits it",
            close=True,
        ) from None


async def _read(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    told = headers.get(b"content-length", b"0")
    if b"expect" in headers and told.isdigit() and int(told) > limit:
        # Who asks first is not told to go on.
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if message.get("more_body") and len(body) <= limit:
        pieces, size = [body], len(body)
        while message.get("more_body") and size <= limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
        body = b"".join(pieces)
    if len(body) > limit:
        thrown = 0
        while message.get("more_body") and thrown < _DISCARDED:
            message = await receive()
            thrown += len(message.get("body", b""))
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> Refused:
    return Refused(
        413,
        "too_large",
        f"The body is larger than {limit // 1024} KiB",
        fix="Send fewer events at once, or raise webhooks.max_body_kib",
        close=True,
    )
