"""Uvicorn's connection with the bounds that it lacks.

What lives here: how long and how large the head of a request may be, how many connections there
may be, and an answer to senders that stop in the middle. What does not: bodies (`requests`), whose
bounds hold under any server.

Uvicorn waits for the head of a request for ever: a sender of one byte a minute keeps a connection,
and a thousand of them keep everybody else out.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pardot_odoo_pipeline.webhooks.refusals import Refused
from pardot_odoo_pipeline.webhooks.requests import MOST_HEADER_BYTES

__all__ = ["MOST_CONNECTIONS", "BoundedConnection"]

HEAD_SECONDS = 10.0
MOST_CONNECTIONS = 1_000

# The request line beside the headers.
_MOST_HEAD_BYTES = MOST_HEADER_BYTES + 8_192


class BoundedConnection(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(
                503, "busy", "Too many connections are open", "Send it again in a few seconds"
            )
            return
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and mind how long and how large a head becomes."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            return
        # Only a head that is not complete leaves the connection without a request to answer.
        self._head_bytes += len(data)
        if self.transport.is_closing():
            return
        if self._head_bytes > _MOST_HEAD_BYTES:
            self._refuse(
                431, "headers", "The head of the request is too large", "Send fewer headers"
            )
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def on_headers_complete(self) -> None:
        """The head is there: the rest is the application's to wait for."""
        self._in_time()
        self._head_bytes = 0
        super().on_headers_complete()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer who sends no more but still listens."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        if self.cycle.more_body:
            self._refuse(
                400,
                "truncated",
                "The body ends before the length that the request tells",
                "Send a Content-Length that fits the body",
            )
        self.cycle.keep_alive = False
        return True

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self._refuse(
            408,
            "too_slow",
            f"The head of the request did not come within {HEAD_SECONDS:.0f} seconds",
            "Send the whole request at once",
        )

    def _refuse(self, status: int, code: str, cause: str, fix: str) -> None:
        if self.transport.is_closing():
            return
        body = orjson.dumps(Refused(status, code, cause, fix=fix).document())
        again = b"retry-after: 5\r\n" if status == 503 else b""
        self.transport.write(
            STATUS_LINE[status]
            + again
            + b"content-type: application/json\r\nconnection: close\r\ncontent-length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )
        self.transport.close()
