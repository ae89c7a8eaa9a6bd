"""A clock behind a URL that a test turns, as the sandbox world's."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TurnedClock:
    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead
        self._fails = False
        clock = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"now": clock.now().isoformat()}).encode()
                self.send_response(500 if clock._fails else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/clock"

    @classmethod
    @contextmanager
    def running(cls, ahead: timedelta) -> Iterator[TurnedClock]:
        clock = cls(ahead)
        thread = threading.Thread(target=clock._server.serve_forever)
        thread.start()
        try:
            yield clock
        finally:
            clock._server.shutdown()
            clock._server.server_close()
            thread.join()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def turn(self, more: timedelta) -> None:
        self._ahead += more

    def fail(self) -> None:
        self._fails = True
