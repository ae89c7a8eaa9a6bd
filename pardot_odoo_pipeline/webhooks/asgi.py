"""The receiver as an ASGI application: ``pardot_odoo_pipeline.webhooks.asgi:app``.

What lives here: routes, start and end. What does not: the way of a request (`receiver`), and the
process with its own limits (``python -m pardot_odoo_pipeline.webhooks``).

Any ASGI server can run it. Behind another one, that server keeps what only a server can: how long a
request's head may take, how many connections there may be, and no access log, since the path of a
source with a token is a secret. It must not rewrite client addresses either
(``--no-proxy-headers``): which proxies are believed is said by the rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_address

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.metrics import CONTENT_TYPE, ReceiverMetrics
from pardot_odoo_pipeline.webhooks.moments import Moments
from pardot_odoo_pipeline.webhooks.readiness import Readiness
from pardot_odoo_pipeline.webhooks.receiver import PREFIX, Receiver
from pardot_odoo_pipeline.webhooks.refusal_log import RefusalLog
from pardot_odoo_pipeline.webhooks.requests import Receive, Scope, Send
from pardot_odoo_pipeline.webhooks.signs_of_life import SignsOfLife
from pardot_odoo_pipeline.webhooks.sources import SourceBook
from pardot_odoo_pipeline.webhooks.writer import GroupWriter

__all__ = ["WebhookApp", "app"]

_LOCK_SECONDS = 5.0
_REFRESH_SECONDS = 2.0
_LOG_SECONDS = 60.0
_SIGN_SECONDS = 5.0
_NOT_OPEN = {
    "error": "unavailable",
    "cause": "The receiver is not open",
    "fix": "Send it again in a few seconds, with the same id",
}


@dataclass
class _Parts:
    """What an open receiver is made of."""

    book: SourceBook
    writer: GroupWriter
    moments: Moments
    metrics: ReceiverMetrics
    log: RefusalLog
    receiver: Receiver
    readiness: Readiness


class WebhookApp:
    """The application; nothing is opened before it starts.

    Attributes:
        failure: Why it could not start, if it could not.
    """

    def __init__(self) -> None:
        self.failure: PipelineError | None = None
        self._parts: _Parts | None = None
        self._pages = Starlette(
            routes=[
                Route("/healthz", self._healthz),
                Route("/readyz", self._readyz),
                Route("/metrics", self._metrics),
            ],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # Past the router: events are many, and their path may hold a secret.
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            if self._parts:
                await self._parts.receiver(scope, receive, send)
            else:
                # Not 404, after which a sender would not come again.
                await JSONResponse(_NOT_OPEN, 503, {"retry-after": "5"})(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        settings = Settings()
        try:
            ledger, book = await asyncio.to_thread(_open, settings)
        except PipelineError as failure:
            self.failure = failure
            raise
        log = RefusalLog()
        clock = settings.clock()
        metrics = ReceiverMetrics(ledger, clock.now)
        moments = Moments(clock)
        writer = GroupWriter(ledger, observe=metrics.group, report=log.ledger)

        def observe(source: str, outcome: str, seconds: float) -> None:
            metrics.request(source, outcome, seconds)
            if outcome != "accepted":
                log.count(source, outcome)

        receiver = Receiver(book, writer, moments, observe=observe, taken=metrics.events)
        self._parts = _Parts(book, writer, moments, metrics, log, receiver, Readiness(ledger))
        signs = SignsOfLife(ledger, clock.now)
        upkeep = asyncio.create_task(_look_after(book, log, signs))
        try:
            yield
        finally:
            upkeep.cancel()
            await writer.close()
            moments.close()
            self._parts = None
            log.write()
            await asyncio.to_thread(signs.end)
            ledger.close()

    async def _healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _readyz(self, _request: Request) -> Response:
        assert self._parts is not None
        if await self._parts.readiness.is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "the ledger cannot be written"}, status_code=503)

    async def _metrics(self, request: Request) -> Response:
        if not _is_near(request):
            return JSONResponse({"error": "not_found"}, status_code=404)
        assert self._parts is not None
        page = await asyncio.to_thread(self._parts.metrics.page)
        return Response(page, media_type=CONTENT_TYPE)


def _open(settings: Settings) -> tuple[Ledger, SourceBook]:
    home = settings.home.create()
    book = SourceBook(settings, load_lookup_key(home.keys))
    ledger = open_ledger(settings.ledger_location, wait_seconds=_LOCK_SECONDS, durable=True)
    return ledger, book


async def _look_after(book: SourceBook, log: RefusalLog, signs: SignsOfLife) -> None:
    written = time.monotonic()
    shown = float("-inf")
    while True:
        try:
            if time.monotonic() - shown >= _SIGN_SECONDS:
                await asyncio.to_thread(signs.show)
                shown = time.monotonic()
            await asyncio.sleep(_REFRESH_SECONDS)
            await asyncio.to_thread(book.refresh, log.rules)
        except Exception as failure:
            # Else a key could no longer be rotated, and nobody would know why.
            log.upkeep(failure)
        if time.monotonic() - written >= _LOG_SECONDS:
            log.write()
            written = time.monotonic()


def _is_near(request: Request) -> bool:
    """Whether a request comes from our own network, and not through a proxy from outside.

    The page names sources, which strangers shall not learn.
    """
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")):
        return False
    try:
        return request.client is not None and not ip_address(request.client.host).is_global
    except ValueError:
        return False


app = WebhookApp()
