"""A server that answers whatever a test wants next, over a real socket."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

TOKEN = {"access_token": "t", "instance_url": "https://example.my.salesforce.com"}


@dataclass(frozen=True)
class Answer:
    """One answer; ``silent`` and ``reset`` are what comes in place of one."""

    status: int = 200
    body: bytes = b"{}"
    kind: str = "application/json"
    silent: float = 0
    reset: bool = False


def told(body: Any, status: int = 200) -> Answer:
    """JSON."""
    return Answer(status, orjson.dumps(body))


def page(status: int) -> Answer:
    """What a gateway or a log-in page says."""
    return Answer(status, b"<html><body>sorry</body></html>", "text/html")


class Server:
    """Answers what is queued; the token endpoint has a queue of its own."""

    def __init__(self) -> None:
        self.next: deque[Answer] = deque()
        self.tokens: deque[Answer] = deque()
        self.url = ""

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Server]:
        server = cls()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.endswith("/token"):
                    queue, usual = server.tokens, told(TOKEN)
                else:
                    queue, usual = server.next, told({})
                answer = queue.popleft() if queue else usual
                time.sleep(answer.silent)
                if answer.reset:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True
                    return
                with contextlib.suppress(OSError):
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.kind)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names of the library

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    super().handle()

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        listener.daemon_threads = True
        server.url = f"http://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            listener.server_close()
            thread.join(5)
