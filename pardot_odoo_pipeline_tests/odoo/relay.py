"""A stretch of network between a client and an Odoo, on which answers get lost when a test says so.

Requests always arrive. So what a client does without an answer is tested without guessing how long
Odoo takes.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on, both ways.

    Attributes:
        url: Where the Odoo is reached through it.
        losing: Whether the line breaks as soon as an answer begins.
        silent: Whether answers vanish without a sign.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.losing = self.silent = False

    def run(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(source, sink, client)).start()

    def _pump(self, source: socket.socket, sink: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source is not client and self.losing:
                    break
                if source is not client and self.silent:
                    continue
                sink.sendall(data)
        for end in (source, sink):
            _hang_up(end)

    def close(self) -> None:
        """Hang up everywhere."""
        for end in self._open:
            _hang_up(end)
            end.close()


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_to(target: str) -> Iterator[Relay]:
    """A relay in front of that server."""
    relay = Relay(target)
    accepting = threading.Thread(target=relay.run)
    accepting.start()
    try:
        yield relay
    finally:
        relay.close()
        accepting.join()
