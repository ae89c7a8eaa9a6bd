"""Who is told: a real mail server and a real webhook, which keep what came and can refuse it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pardot_odoo_pipeline.cli.processes import free_port


class Mailbox:
    """A mail server on loopback.

    Attributes:
        mails: What it took.
        refuses: Whether it answers every mail with a refusal.
    """

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.offered = 0
        self.refuses = False
        self.port = free_port()
        self._controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.offered += 1
        if self.refuses:
            return "451 4.3.0 come again later"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[Mailbox]:
        mailbox = cls()
        mailbox.start()
        try:
            yield mailbox
        finally:
            mailbox.stop()

    @property
    def url(self) -> str:
        return (
            f"mailto://127.0.0.1:{self.port}?from=sync@pipeline.example&to=ops@pipeline.example"
            "&mode=insecure"
        )

    @property
    def subjects(self) -> list[str]:
        return [subject_of(mail) for mail in self.mails]


def subject_of(mail: Message) -> str:
    from email.header import decode_header, make_header

    return str(make_header(decode_header(mail["Subject"]))).replace("\n", "")


def text_of(mail: Message) -> str:
    """Every readable part of a mail."""
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    decoded = [part.get_payload(decode=True) for part in parts]
    return "\n".join(text.decode() for text in decoded if isinstance(text, bytes))


class Hook:
    """A webhook on loopback that keeps what was posted."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self.posted: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._server.server_address[1]}/T0ken-of-the-hook"

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[Hook]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.posted.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        hook = cls(server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
