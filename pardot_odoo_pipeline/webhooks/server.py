"""The receiver as a process: its socket, its state file, its end.

What lives here: uvicorn with our bounds. What does not: the application (`asgi`), the command line
(``__main__.py``).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import uvicorn

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.asgi import WebhookApp
from pardot_odoo_pipeline.webhooks.connections import MOST_CONNECTIONS, BoundedConnection

__all__ = ["serve", "state_file"]

_BACKLOG = 2_048
_OTHER_FILES = 256
_KEEP_ALIVE_SECONDS = 30
_END_SECONDS = 15


def state_file(settings: Settings) -> Path:
    """Where a running receiver tells its process id and address."""
    return settings.home.path / "webhooks.json"


def serve(settings: Settings) -> None:
    """Receive events until SIGTERM or SIGINT.

    Raises:
        PipelineError: The port is taken, or a rule, a secret or the ledger is wrong.
    """
    _allow_connections()
    listener = _listen(settings.webhook_host, settings.webhook_port)
    app = WebhookApp()
    server = _Server(
        uvicorn.Config(
            app,
            loop="auto",
            http=BoundedConnection,
            ws="none",
            lifespan="on",
            log_config=None,
            # Paths may hold tokens.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_END_SECONDS,
        ),
        state_file(settings),
        _address(settings.webhook_host, listener),
    )
    # Its lines about failures may print what was sent.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        raise app.failure or PipelineError(
            "The receiver could not start", fix="Report this as a bug of the pipeline"
        ) from None
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """Tells where it listens, and returns at the end instead of dying of the signal."""

    def __init__(self, config: uvicorn.Config, state: Path, url: str) -> None:
        super().__init__(config)
        self._state = state
        self._url = url

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully at the first signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # on Windows
                loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Announce the address once requests are answered."""
        await super().startup(sockets)
        # What was loaded stays until the end. A full collection would go through it, and senders
        # would wait for that: 40 ms on a quiet machine.
        gc.collect()
        gc.freeze()
        _announce(self._state, {"pid": os.getpid(), "url": self._url})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take the announcement back, then answer what is open and end."""
        with contextlib.suppress(OSError, ValueError):
            if json.loads(self._state.read_text())["pid"] == os.getpid():
                self._state.unlink()
        await super().shutdown(sockets)


def _allow_connections() -> None:
    """Raise the limit of open files to what the connections need, as far as that is allowed."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Named as TCP, else small answers on kept connections wait 40 ms.
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as failure:
        raise ConfigurationError(
            f"The receiver cannot listen on {host}, port {port} ({failure.strerror})",
            fix="End the process that has the port, or set WEBHOOK_HOST and WEBHOOK_PORT",
            code="webhook_port",
        ) from None
    return listener


def _address(host: str, listener: socket.socket) -> str:
    """Where this machine reaches the receiver."""
    port = listener.getsockname()[1]
    if listener.family == socket.AF_INET6:
        return f"http://[{'::1' if host in ('', '::') else host}]:{port}"
    return f"http://{'127.0.0.1' if host in ('', '0.0.0.0') else host}:{port}"


def _announce(path: Path, facts: dict[str, object]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(facts, file)
    Path(name).replace(path)
