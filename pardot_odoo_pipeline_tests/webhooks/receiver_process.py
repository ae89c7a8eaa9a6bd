"""A receiver as a process of its own, and a sender that can do everything wrong.

`Receiver.running` starts one with its own home; `Wire` is a socket on which a test writes what it
likes.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline.ledger.desks import inbox_events
from pardot_odoo_pipeline.ledger.engine import ledger_url
from pardot_odoo_pipeline_tests.world import wait_for

PATH = "/webhooks/pardot/salesforce"
TOKEN = "a-Path-Token_of.forty~characters-0123456789"
BEARER = "a-Bearer-Secret_of.forty~characters-012345"
RULES = """
webhooks:
  sources:
    salesforce: {system: pardot, authentication: signature}
    flow: {system: pardot, authentication: bearer}
    odoo: {system: odoo, authentication: token}
"""


def signing_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection, written to byte by byte if need be."""

    def __init__(self, url: str, timeout: float = 20) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self._left = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self) -> Answer | None:
        """The next answer; None when the connection ends without one."""
        while b"\r\n\r\n" not in self._left:
            if not self._more():
                return None
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }
        length = int(headers.get("content-length", 0))
        while len(self._left) < length and self._more():
            pass
        body, self._left = self._left[:length], self._left[length:]
        return Answer(int(lines[0].split()[1]), headers, body)

    def is_closed(self) -> bool:
        return not self._more()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except ConnectionError:
            return False
        self._left += data
        return bool(data)


@dataclass
class Receiver:
    home: Path
    secret: str
    env: dict[str, str]
    command: tuple[str, ...] = ("-m", "pardot_odoo_pipeline.webhooks")
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    given_url: str | None = None

    @classmethod
    @contextmanager
    def running(
        cls, home: Path, *, rules: str = RULES, env: Mapping[str, str] | None = None
    ) -> Iterator[Receiver]:
        receiver = cls.prepared(home, rules=rules, env=env)
        try:
            receiver.start()
            yield receiver
        finally:
            receiver.kill()

    @classmethod
    def prepared(
        cls, home: Path, *, rules: str = RULES, env: Mapping[str, str] | None = None
    ) -> Receiver:
        """Not started yet."""
        home.mkdir(exist_ok=True)
        (home / "rules.yaml").write_text(rules)
        secret = signing_secret()
        folder = home / "keys" / "webhooks"
        folder.mkdir(parents=True)
        for name, value in (("salesforce", secret), ("flow", BEARER), ("odoo", TOKEN)):
            (folder / name).write_text(value)
        mine = {
            **{k: v for k, v in os.environ.items() if not k.startswith("WEBHOOK_")},
            "PIPELINE_HOME": str(home),
            "PIPELINE_CONFIG": str(home / "rules.yaml"),
            "WEBHOOK_PORT": "0",
            **(env or {}),
        }
        return cls(home, secret, mine)

    def start(self) -> None:
        self.launch()
        assert self.process is not None
        wait_for(lambda: self._state() or self._ended())

    def launch(self) -> None:
        """Start without waiting."""
        with (self.home / "receiver.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.env,
                stdout=log,
                stderr=log,
                cwd=self.home,
            )

    @property
    def url(self) -> str:
        return self.given_url or str(json.loads((self.home / "webhooks.json").read_text())["url"])

    @property
    def log(self) -> str:
        return (self.home / "receiver.log").read_text()

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def end(self) -> int:
        """Ask it to end; its exit code."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        return self.process.wait(20)

    def signed(
        self,
        body: bytes,
        *,
        message_id: str | None = None,
        at: datetime | None = None,
        secret: str | None = None,
        content_type: str = "application/json",
    ) -> dict[str, str]:
        """The headers of a request as Standard Webhooks' own library makes them."""
        message_id = message_id or f"msg_{secrets.token_hex(8)}"
        at = at or datetime.now(UTC)
        signer = Webhook(secret or self.secret)
        return {
            "content-type": content_type,
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signer.sign(message_id, at, body.decode()),
        }

    def post(self, event: Any, *, path: str = PATH, **signing: Any) -> Answer:
        """A signed request with an event or a list of them."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.post_as(body, self.signed(body, **signing), path=path)

    def post_as(self, body: bytes, headers: Mapping[str, str], *, path: str = PATH) -> Answer:
        """A request with headers of the test's own."""
        found = requests.post(self.url + path, data=body, headers=dict(headers), timeout=20)
        return Answer(
            found.status_code, {k.lower(): v for k, v in found.headers.items()}, found.content
        )

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=20)

    def head(self, headers: Mapping[str, str], *, path: str = PATH) -> bytes:
        """The head of a request as it goes over the wire."""
        lines = [f"POST {path} HTTP/1.1", "host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def events(self) -> list[dict[str, Any]]:
        """What is in the inbox, in the order of receipt, read behind the receiver's back."""
        url = self.env.get("LEDGER_URL") or self.home / "ledger.sqlite"
        engine = sa.create_engine(ledger_url(url))
        try:
            with engine.connect() as connection:
                rows = connection.execute(sa.select(inbox_events).order_by(inbox_events.c.id))
                return [dict(row._mapping) for row in rows]
        finally:
            engine.dispose()

    def event_ids(self) -> set[str]:
        return {event["event_id"] for event in self.events()}

    def _state(self) -> bool:
        try:
            return bool(json.loads((self.home / "webhooks.json").read_text())["pid"] == self._pid())
        except (OSError, ValueError):
            return False

    def _pid(self) -> int | None:
        return self.process.pid if self.process else None

    def _ended(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the receiver ended:\n{self.log[-2000:]}")
        return False
