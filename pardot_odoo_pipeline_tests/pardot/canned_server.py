"""A socket that answers with given bytes: for broken answers that a sound server cannot send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pydantic import SecretStr

from pardot_odoo_pipeline.clock import SystemClock
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.connection import PardotConnection

TOKEN = b'{"access_token": "t", "instance_url": "https://example.my.salesforce.com"}'


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """One HTTP answer; ``length`` lies about the body's."""
    size = len(body) if length is None else length
    head = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def chunked(*pieces: bytes, ended: bool = True) -> bytes:
    """One HTTP answer in chunks, with or without its end."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + (b"0\r\n\r\n" if ended else b"")


class QuickClock(SystemClock):
    """Real time, but nobody waits."""

    def sleep(self, seconds: float) -> None:
        """Do not."""


@contextmanager
def canned(answers: Sequence[bytes], **options) -> Iterator[PardotClient]:
    """A client whose API answers with these bytes, one after the other; the last one stays."""
    left = list(answers)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(65536)
                if b"/token" in request.split(b"\r\n")[0]:
                    connection.sendall(answer(TOKEN, "Content-Type: application/json"))
                    continue
                data = left.pop(0) if len(left) > 1 else left[0]
                if not data:
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                    )  # closes with a reset
                    continue
                with suppress(ConnectionError):  # a client may leave early
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(65536)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    connection = PardotConnection(
        api_url=url,
        token_url=f"{url}/token",
        client_id="client",
        client_secret=SecretStr("secret"),
        refresh_token=None,
        business_unit_id="0Uv000000000001AAA",
    )
    options = {"clock": QuickClock(), "backoff": Backoff(attempts=3, first=0.01), **options}
    try:
        with PardotClient(connection, **options) as client:
            yield client
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
