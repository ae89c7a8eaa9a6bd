"""The way of one request: read, judge, understand, store, answer.

What lives here: the order of the steps, and the answer. What does not: the steps themselves, and
the other pages (`asgi`).

The order is what an attacker meets. Size, headers and method are the same for every address, so
they are judged first; then whose the request is; only then whether its source sends too much, so
that strangers use up nobody's rate, and what it says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.pushed_events import PushedEvent
from pardot_odoo_pipeline.webhooks.bodies import read_items
from pardot_odoo_pipeline.webhooks.guards import Guard, Proof, client_address
from pardot_odoo_pipeline.webhooks.moments import Moments
from pardot_odoo_pipeline.webhooks.payloads import Receipt, read_events
from pardot_odoo_pipeline.webhooks.refusals import Refused, unauthorised
from pardot_odoo_pipeline.webhooks.requests import (
    Disconnected,
    Receive,
    Scope,
    Send,
    headers_of,
    read_body,
)
from pardot_odoo_pipeline.webhooks.sources import SourceBook
from pardot_odoo_pipeline.webhooks.writer import GroupWriter, InboxFull

__all__ = ["PREFIX", "Receiver", "answer"]

PREFIX = "/webhooks/"

_log = logging.getLogger(__name__)

_STORE_SECONDS = 10.0
_RETRY_SECONDS = 5
_JSON = (b"content-type", b"application/json")

Observe = Callable[[str, str, float], None]


class Receiver:
    """The ASGI application below ``/webhooks/``.

    Args:
        book: The open sources.
        writer: Stores events.
        moments: The present moment.
        observe: Told of each request: its source, its outcome, and the seconds it took.
        taken: Told of the events of each request that was taken, and how many were new.
    """

    def __init__(
        self,
        book: SourceBook,
        writer: GroupWriter,
        moments: Moments,
        *,
        observe: Observe,
        taken: Callable[[str, list[PushedEvent], int], None],
    ) -> None:
        self._book = book
        self._writer = writer
        self._moments = moments
        self._observe = observe
        self._taken = taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        system, _, rest = scope["path"][len(PREFIX) :].partition("/")
        name, _, token = rest.partition("/")
        guard = self._book.current.guards.get(name)
        source = "" if guard is None else guard.name
        status, headers = 202, [_JSON]
        try:
            proof = await self._proof(scope, receive, system, token or None)
            document = await self._take(guard, proof)
            outcome = "accepted"
        except Disconnected:
            self._observe(source, "disconnected", loop.time() - begun)
            return
        except Refused as refused:
            status, document, outcome = refused.status, refused.document(), refused.outcome
            headers += _headers_of(refused)
        except Exception as failure:
            # Whatever it is may print what was sent: only its name is told.
            _log.error("A request failed: %s", type(failure).__name__)
            status, outcome = 500, "failure"
            document = {"error": outcome, "cause": "The receiver failed", "fix": "Send it again"}
        await answer(send, status, orjson.dumps(document), headers)
        self._observe(source, outcome, loop.time() - begun)

    async def _proof(self, scope: Scope, receive: Receive, system: str, token: str | None) -> Proof:
        """The request, read as far as any sender's is."""
        if scope["method"] != "POST":
            raise Refused(405, "method", "Events are posted", fix="Send a POST request", close=True)
        headers = headers_of(scope["headers"])
        if b"upgrade" in headers:
            # Servers take what follows for the other protocol, and never show it as a body.
            raise Refused(
                400,
                "upgrade",
                "The request asks for another protocol",
                fix="Send it as HTTP/1.1, without the header Upgrade",
                close=True,
            )
        rules = self._book.current.rules
        return Proof(
            system=system,
            token=token,
            headers=headers,
            body=await read_body(receive, headers, rules.max_body_kib * 1024),
            address=client_address(
                scope["client"][0] if scope.get("client") else None,
                headers.get(b"x-forwarded-for", b""),
                rules.trusted_proxies,
            ),
        )

    async def _take(self, guard: Guard | None, proof: Proof) -> dict[str, Any]:
        """Judge, understand, store."""
        try:
            now = await self._moments.now()
        except PipelineError:
            raise _unavailable("clock") from None
        objection = (guard or self._book.decoy).objection(proof, now)
        if guard is None:
            raise unauthorised("unknown_source")
        if objection is not None:
            raise unauthorised(objection)
        if not self._book.bucket(guard).take(asyncio.get_running_loop().time()):
            raise Refused(
                429,
                "rate",
                f"The source sends more than {guard.rule.rate} requests a second",
                fix="Send several events in one request, or raise the rate of the source",
                retry_after=1,
            )
        events = self._events(guard, proof, now)
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                new = await self._writer.store(events)
        except TimeoutError:
            raise _unavailable("ledger_slow") from None
        except InboxFull:
            raise _unavailable("busy") from None
        except PipelineError:
            raise _unavailable("ledger") from None
        self._taken(guard.name, events, new)
        return {"accepted": new, "duplicates": len(events) - new}

    def _events(self, guard: Guard, proof: Proof, now: datetime) -> list[PushedEvent]:
        if proof.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused(415, "encoding", "The body is compressed", fix="Send it as it is")
        current = self._book.current
        kind = proof.headers.get(b"content-type", b"").decode("latin-1")
        items, is_array = read_items(proof.body, kind, current.rules.max_events)
        message_id = proof.headers.get(b"webhook-id", b"").decode("latin-1")
        receipt = Receipt(guard.name, guard.system, now, message_id or None)
        return read_events(items, is_array, receipt, current.reading)


async def answer(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    """Send a whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _headers_of(refused: Refused) -> list[tuple[bytes, bytes]]:
    headers = []
    if refused.retry_after is not None:
        headers.append((b"retry-after", str(refused.retry_after).encode()))
    if refused.status == 405:
        headers.append((b"allow", b"POST"))
    if refused.close:
        headers.append((b"connection", b"close"))
    return headers


def _unavailable(outcome: str) -> Refused:
    return Refused(
        503,
        "unavailable",
        "The event cannot be stored just now",
        fix="Send it again in a few seconds, with the same id",
        outcome=outcome,
        retry_after=_RETRY_SECONDS,
    )
