"""A tiny web server that answers whatever a test tells it to, over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection

KEY = "k3y-canary"

Answer = Callable[[BaseHTTPRequestHandler], None]


def page(status: int, text: str = "<html>Sorry</html>", **headers: str) -> Answer:
    """An answer of HTML."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, status, text.encode(), "text/html; charset=utf-8", **headers)

    return answer


def data(value: Any, status: int = 200) -> Answer:
    """An answer of JSON."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, status, json.dumps(value).encode(), "application/json; charset=utf-8")

    return answer


def send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str
) -> None:
    """Write one whole answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@dataclass
class Stand:
    """What the server says, and what it was asked."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def is_odoo(self, version: str = "19.0") -> None:
        """Answer the question for the version as an Odoo would."""
        first = version.partition(".")[0]
        number = first if "~" in first else int(first)
        told = {"server_version": version, "server_version_info": [number, 0, 0, "final", 0, ""]}
        self.answers["/jsonrpc"] = data({"jsonrpc": "2.0", "id": 1, "result": told})

    def client(self, **changes: Any) -> OdooClient:
        """A client of this server with an API key."""
        settings: dict[str, Any] = {
            "url": self.url,
            "database": "db",
            "username": "user@example.com",
            "api_key": SecretStr(KEY),
            **changes,
        }
        return OdooClient(OdooConnection(**settings))


@pytest.fixture
def stand() -> Iterator[Stand]:
    """A server on a free port of the loopback interface."""
    shown: Stand

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            shown.asked.append((self.path, headers, json.loads(body)))
            shown.answers.get(self.path, page(404))(self)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shown = Stand(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield shown
    server.shutdown()
    server.server_close()
    thread.join()
