"""A small web server that keeps what is pushed to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Push:
    """One request that came in; header names are lower-case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return orjson.loads(self.body)


class PushReceiver:
    """Answers every POST, and remembers it.

    Attributes:
        url: Where it listens.
        statuses: The next answers, the first one first; 200 when there are none.
        delay_seconds: How long each answer takes.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.statuses: list[int] = []
        self.delay_seconds = 0.0
        self._pushes: list[Push] = []
        self._news = threading.Condition()

    def take(self, push: Push) -> int:
        """Keep a request; what it is answered with."""
        with self._news:
            self._pushes.append(push)
            self._news.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def at(self, path: str = "/") -> list[Push]:
        """What came to addresses that begin so."""
        with self._news:
            return [push for push in self._pushes if push.path.startswith(path)]

    def wait_for(self, count: int, path: str = "/", seconds: float = 10) -> list[Push]:
        """The first requests to come, as soon as there are so many."""
        deadline = time.monotonic() + seconds
        with self._news:
            while len(found := [p for p in self._pushes if p.path.startswith(path)]) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(found)} of {count} pushes came"
                self._news.wait(left)
        return found


@contextmanager
def push_receiver() -> Iterator[PushReceiver]:
    """A receiver on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(Push(self.path, headers, body))
            time.sleep(receiver.delay_seconds)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Somebody who hangs up does no harm."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver = PushReceiver(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
