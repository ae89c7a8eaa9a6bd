"""The HTTP shell around a sandbox application.

What lives here: the request and response values, the `App` port, and `serve`, which puts two apps
(the pretended product and its control port) behind real sockets. What does not: any knowledge of
Pardot or Odoo, faults (`faults.py`), the control port's routes (`control.py`).

An app is synchronous and free of asyncio, so a simulation can call `handle()` in its own process;
the shell runs it on threads. Delays and broken connections are asked for on the `Response` and
carried out here, because only the shell owns the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["App", "Request", "Response", "announce", "json_response", "serve"]

_THREADS = 32


@dataclass(frozen=True)
class Request:
    """One HTTP request as an app sees it. Header names are lower-case."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return orjson.loads(self.body)


@dataclass
class Response:
    """What an app answers, and how the shell should deliver it.

    Attributes:
        status: HTTP status.
        headers: Response headers; the shell adds the length of a bytes body.
        body: Everything at once, or pieces that are produced while they are sent.
        code: The product's own error code, for the request log.
        rows: How many records the answer carries, for the request log.
        delay_seconds: Wait this long before the first byte leaves.
        reset: Break the connection instead of answering.
        on_sent: Called once when the answer has left or the connection is gone.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    code: int | str | None = None
    rows: int | None = None
    delay_seconds: float = 0.0
    reset: bool = False
    on_sent: Callable[[], None] | None = None

    def sent(self) -> None:
        """Tell the app that delivery has ended; safe to call more than once."""
        done, self.on_sent = self.on_sent, None
        if done is not None:
            done()


class App(Protocol):
    """Anything that answers requests synchronously; `handle` must be thread-safe."""

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        ...


def json_response(
    value: Any, status: int = 200, headers: dict[str, str] | None = None, **notes: Any
) -> Response:
    """A JSON answer; `notes` are further `Response` attributes."""
    return Response(
        status=status,
        headers={"content-type": "application/json; charset=utf-8", **(headers or {})},
        body=orjson.dumps(value),
        **notes,
    )


def announce(path: Path, facts: dict[str, Any]) -> None:
    """Write a ready file atomically, readable by its owner alone: it holds credentials."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(facts, stream, indent=1)
    Path(name).replace(path)


class _Connection(HttpToolsProtocol):
    """Uvicorn's connection, with its transport shown to the shell."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox": {"transport": self.transport}}


class _Server(uvicorn.Server):
    """A server among several in one process: the process handles signals, not the server."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _shell(app: App, pool: ThreadPoolExecutor) -> Callable[..., Any]:
    """The ASGI application that runs `app` on the pool."""

    async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        request = Request(
            method=scope["method"],
            path=unquote(scope["path"]),
            query=parse_qsl(
                scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="utf-8"
            ),
            headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
            body=body,
        )
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(pool, app.handle, request)
        transport = scope["extensions"]["sandbox"]["transport"]
        try:
            if response.delay_seconds:
                await asyncio.sleep(response.delay_seconds)
            if response.reset:
                _reset(transport)
                return
            await _send(response, send, transport, pool)
        finally:
            response.sent()

    return asgi


async def _read_body(receive: Any) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(pieces)


async def _send(
    response: Response, send: Any, transport: asyncio.Transport, pool: ThreadPoolExecutor
) -> None:
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in response.headers.items()]
    body = response.body
    if isinstance(body, bytes):
        if response.status not in (204, 304):
            headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    loop = asyncio.get_running_loop()
    try:
        while not transport.is_closing():
            piece = await loop.run_in_executor(pool, next, body, None)
            if piece is None:
                await send({"type": "http.response.body", "body": b""})
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()


def _reset(transport: asyncio.Transport) -> None:
    """Close with RST, as a crashed server or a cut cable shows itself."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _listen(host: str, port: int) -> socket.socket:
    # Named as TCP, else asyncio leaves Nagle on and every keep-alive answer waits 40 ms.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


def serve(
    app: App,
    control_app: App,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    on_ready: Callable[[str, str], None],
) -> None:
    """Serve both apps until SIGTERM or SIGINT.

    Args:
        app: The pretended product.
        control_app: Its control port.
        host: Address to bind.
        port: Port of the product; 0 picks a free one.
        control_port: Port of the control app; 0 picks a free one.
        on_ready: Called with both base URLs as soon as both answer.

    Raises:
        OSError: A port is taken.
    """
    sockets = [_listen(host, port), _listen(host, control_port)]
    urls = [f"http://{host}:{sock.getsockname()[1]}" for sock in sockets]
    asyncio.run(_serve([app, control_app], sockets, lambda: on_ready(urls[0], urls[1])))


async def _serve(
    apps: list[App], sockets: list[socket.socket], on_ready: Callable[[], None]
) -> None:
    # Separate pools: a product whose threads are all busy must not silence its control port.
    pools = [ThreadPoolExecutor(_THREADS if number == 0 else 4) for number in range(len(apps))]
    servers = [
        _Server(
            uvicorn.Config(
                _shell(app, pool),
                http=_Connection,
                lifespan="off",
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,  # the world's time, not this machine's
                timeout_graceful_shutdown=2,
                timeout_keep_alive=75,
            )
        )
        for app, pool in zip(apps, pools, strict=True)
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
    running = [
        asyncio.create_task(server.serve(sockets=[sock]))
        for server, sock in zip(servers, sockets, strict=True)
    ]
    for server in servers:
        await server.ready.wait()
    on_ready()
    await asyncio.gather(*running)
    for pool in pools:
        pool.shutdown(wait=False, cancel_futures=True)
