"""The server without sockets and threads, as a simulation drives it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Request, Response
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.multipart import Part, parts_of
from pardot_odoo_pipeline.sandbox.pardot.planting import open_state
from pardot_odoo_pipeline.sandbox.pardot.switches import SWITCHES
from pardot_odoo_pipeline.sandbox.world import WorldClock


class World:
    """An app and the clock it lives by; real time plays no part."""

    def __init__(self, home: Any) -> None:
        self.clock = WorldClock(home / "clock.json")
        self.clock.freeze()
        self.clock.set_now(datetime(2026, 6, 2, tzinfo=UTC))
        self.store = open_state(home / "pardot", self.clock, seed=7, size=30, fresh=False)
        self.store.real_now = lambda: 0.0  # type: ignore[method-assign]
        switches = Switches(SWITCHES)
        self.app = PardotApp(
            self.store, self.clock, switches, home / "pardot" / "exports", background=False
        )
        kept = self.app.tokens.credentials
        form = "&".join(
            ["grant_type=refresh_token"]
            + [f"{n}={kept[n]}" for n in ("client_id", "client_secret", "refresh_token")]
        )
        headers = {"content-type": "application/x-www-form-urlencoded", "host": "api"}
        answer = self.app.handle(
            Request("POST", "/services/oauth2/token", [], headers, form.encode())
        )
        token = orjson.loads(answer.body)["access_token"]
        self.headers = {
            "authorization": f"Bearer {token}",
            "pardot-business-unit-id": kept["business_unit_id"],
            "host": "api",
        }

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "", **query: str
    ) -> Response:
        headers = {**self.headers, "content-type": kind or "application/json"}
        answer = self.app.handle(
            Request(method, f"/api/v5/{path}", list(query.items()), headers, body)
        )
        answer.sent()
        return answer

    def get(self, path: str, **query: str) -> Any:
        return orjson.loads(self.ask("GET", path, **query).body)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


def test_an_import_takes_effect_by_the_clock_alone(world):
    one = world.get("objects/prospects", fields="id,city", limit="1")["values"][0]
    order = orjson.dumps({"operation": "Upsert", "object": "Prospect"})
    job = orjson.loads(world.ask("POST", "imports", order, fields="id").body)["id"]
    rows = f"matchId,city\n{one['id']},Elsewhere\n".encode()
    assert world.ask("POST", f"imports/{job}/batches", rows, "text/csv").status == 204
    world.ask("PATCH", f"imports/{job}", b'{"status": "Ready"}')

    def city():
        return world.get(f"objects/prospects/{one['id']}", fields="city")["city"]

    for _ in range(3):
        assert world.get(f"imports/{job}", fields="status") == {"status": "Waiting"}
        assert city() == one["city"]
    world.clock.advance(0.3)
    assert city() == "Elsewhere"
    assert world.get(f"imports/{job}", fields="status") == {"status": "Processing"}
    world.clock.advance(1)
    expected = {"status": "Complete", "updatedCount": 1}
    assert world.get(f"imports/{job}", fields="status,updatedCount") == expected


BODY = (
    b"a preamble\r\n--b--x\r\n"
    b'Content-Disposition: form-data; name="input"\r\n\r\n{"a": 1}\r\n'
    b"--b--x\r\n"
    b'Content-Disposition: form-data; name="file"; filename="a \\"b\\".csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n"
    b'id,city\r\n1,"two\r\n\r\nlines --b--"\r\n\r\n--b--x--\r\nan epilogue'
)


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_parts_of_an_upload(quote):
    headers = {"content-type": f"multipart/form-data; boundary={quote}b--x{quote}; charset=utf-8"}
    assert parts_of(headers, BODY) == [
        Part("input", None, b'{"a": 1}'),
        Part("file", 'a "b".csv', b'id,city\r\n1,"two\r\n\r\nlines --b--"\r\n'),
    ]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("multipart/form-data", BODY),
        ("multipart/form-data; boundary=b--x", BODY[:-30]),
        ("multipart/form-data; boundary=b--x", b"--b--x\r\nno end of headers\r\n--b--x--"),
        ("multipart/form-data; boundary=b--x", b"--b--x\r\nA: b\r\n\r\nx\r\n--b--x--"),
        ("multipart/form-data; boundary=b--x", b""),
    ],
)
def test_what_is_no_upload(header, body):
    with pytest.raises(ValueError, match=r"\w"):
        parts_of({"content-type": header}, body)
