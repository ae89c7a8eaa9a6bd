"""Planted secrets and people's values, and everything that is left behind: they are nowhere.

One installation with every secret set goes through a first sync, edits on both sides, refusals that
repeat what they refuse, answers of a shape that nobody foresaw, pushed events, an outage with its
alert. Then every byte of it is searched: files, databases, what was printed, what was sent.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from pardot_odoo_pipeline.assembly import ledger_of, rules_of
from pardot_odoo_pipeline.ledger import desks, tables  # noqa: F401 - makes the tables known
from pardot_odoo_pipeline.ledger.types import PersonalText
from pardot_odoo_pipeline.operations.data_keys import new_key
from pardot_odoo_pipeline.operations.telling import look_and_tell
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.alerts.receivers import Hook
from pardot_odoo_pipeline_tests.people_world import PeopleWorld
from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver, signing_secret
from pardot_odoo_pipeline_tests.world import wait_for

APPLY = "/json/2/ir.actions.server/run"
PERSON = {
    "firstName": "Zyxcanaryfirst",
    "lastName": "Zyxcanarylast",
    "email": "zyx.canary@canary-mail.example",
    "phone": "+49 30 8675309199",
    "company": "Zyxcanary Holding",
    "jobTitle": "Zyxcanary Officer",
    "addressOne": "Zyxcanarystreet 99",
    "comments": "Zyxcanary said that he is ill",
}
EDITED = {"function": "Zyxcanaryedited", "city": "Zyxcanarytown"}
BAD = {"email": "zyxcanary bad@address", "lastName": "Zyxcanarybad"}
PUSHED = "zyxcanary.pushed@canary-mail.example"

# Where people's values are by design: private to their owner, of a short life or closed.
BY_DESIGN = ("frames", "spool", "sandbox", "cache")


@dataclass
class Left:
    """Everything that an installation left behind, by where it was found."""

    world: PeopleWorld
    canaries: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> cli.Finished:
        done = self.world.run(*arguments)
        self.texts[f"{len(self.texts)} {' '.join(arguments)}"] = done.stdout + done.stderr
        return done

    def found(self, content: bytes, where: str) -> list[str]:
        """The canaries that are in it, in any of the ways in which they may be written."""
        low = content.lower()
        return [
            f"{name} in {where}"
            for name, value in self.canaries.items()
            for form in {value, value.replace("@", "%40"), json.dumps(value)[1:-1]}
            if form.lower().encode() in low
        ]


class SecretWorld(PeopleWorld):
    """Its settings are those of somebody's own systems, with every secret there is."""

    extra: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self.configured, **self.extra}


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Left]:
    with (
        Hook.open() as hook,
        SecretWorld.with_rules(tmp_path_factory.mktemp("canaries"), 25) as world,
    ):
        assert isinstance(world, SecretWorld)
        address = hook.url.removeprefix("json://")
        world.extra = {
            "DATA_KEYS": new_key(),
            "ALERT_URLS": f"json://canary-user:canary-alert-password@{address}",
            "WEBHOOK_SECRET_SALESFORCE": signing_secret(),
            "LOG_FORMAT": "json",
        }
        own, odoo = world.pardot.credentials, world.odoo.credentials
        left = Left(
            world,
            {
                **{name: own[name] for name in ("client_secret", "refresh_token")},
                **{name: odoo[name] for name in ("api_key", "password")},
                "data key": world.extra["DATA_KEYS"],
                "webhook secret": world.extra["WEBHOOK_SECRET_SALESFORCE"],
                "alert password": "canary-alert-password",
                **{f"person's {name}": value for name, value in PERSON.items()},
                **{f"edited {name}": value for name, value in EDITED.items()},
                **{f"bad {name}": value for name, value in BAD.items()},
                "pushed address": PUSHED,
            },
        )
        with mock.patch.dict(os.environ, cli.environment(world.home, world.environment)):
            _live(left, hook)
        yield left


def _live(left: Left, hook: Hook) -> None:
    world = left.world
    assert left.run("provision").code == 0
    who = world.new_prospect(**PERSON)
    assert left.run("sync", "--initial", "--yes", "--json").code == 0
    [lead] = world.of_prospect("crm.lead", who, "id")
    world.client.write("crm.lead", [lead["id"]], EDITED)
    bad = world.people(3)[-1]
    world.edit(bad, **BAD)
    _next(left)
    # Odoo refuses and repeats what it refuses, as it does.
    words = " ".join(PERSON.values())
    refusal: dict[str, Any] = {
        "message": words,
        "arguments": [words],
        "debug": f"Traceback {words}",
    }
    world.edit(who, jobTitle=f"{PERSON['jobTitle']} again")
    refusal["name"] = "odoo.exceptions.ValidationError"
    world.odoo.fault({"status": 422, "body": refusal}, 2, path=APPLY)
    _next(left)
    world.forget()
    # Answers of a shape that nobody foresaw: the exceptions of the steps hold what they met.
    shapes: tuple[tuple[str, Any], ...] = (
        ("/json/2/crm.lead/search_read", [{"id": PERSON["email"], "write_date": words}]),
        (APPLY, {"rows": [words], "error": words}),
    )
    for path, body in shapes:
        world.edit(who, comments=f"{PERSON['comments']} {len(path)}")
        world.odoo.fault({"status": 200, "body": body}, 3, path=path)
        _next(left, debug=True)
        world.forget()
    world.pardot.fault({"status": 400, "body": {"code": 46, "message": words}}, 2, path="/api")
    _next(left, debug=True)
    world.forget()
    world.odoo.fault({"status": 503, "body": words}, 50, path="/json")
    _next(left)
    settings = Settings(_env_file=None)
    with ledger_of(settings) as ledger:
        look_and_tell(settings, rules_of(settings), ledger, serving=True)
    world.forget()
    left.texts["alerts"] = json.dumps(hook.posted)
    assert hook.posted, "an outage is told"
    _push(left)
    for command in (("status",), ("status", "--json"), ("alerts",), ("retries",), ("quarantine",)):
        left.run(*command)
    for kind in ("calls", "values", "transfers"):  # without --values
        left.run("logs", kind)
        left.run("logs", kind, "--summary", "--json")


def _next(left: Left, *, debug: bool = False) -> None:
    """The next interval, however it ends."""
    left.world.advance(4000)
    left.run(*(["--debug"] if debug else []), "sync", "--json")


def _push(left: Left) -> None:
    """Events that are taken, refused and broken, and the receiver's figures."""
    secret = left.world.extra["WEBHOOK_SECRET_SALESFORCE"]
    environment = {**left.world.environment, "WEBHOOK_PORT": "0"}
    receiver = Receiver(left.world.home, secret, cli.environment(left.world.home, environment))
    try:
        receiver.start()
        event = {"type": "form_submitted", "email": PUSHED, "payload": PERSON}
        at = Settings(_env_file=None).clock().now()
        assert receiver.post(event, at=at).status == 202
        assert receiver.post(event, at=at, secret="whsec_" + "A" * 44).status == 401
        receiver.post(json.dumps(PERSON)[:-5].encode(), at=at)
        left.texts["metrics"] = wait_for(lambda: receiver.get("/metrics").text)
    finally:
        receiver.end()
    left.texts["receiver's log"] = receiver.log
    assert "pardot_odoo_today_calls" in left.texts["metrics"]


def test_no_canary_was_printed_sent_or_served(left: Left) -> None:
    assert len(left.texts) > 12
    found = [one for where, text in left.texts.items() for one in left.found(text.encode(), where)]
    assert found == []


def test_no_canary_is_in_any_file_but_where_people_are_by_design(left: Left) -> None:
    home = left.world.home
    searched = found = 0
    leaks: list[str] = []
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if not path.is_file() or inside.parts[0] in BY_DESIGN or path.suffix == ".yaml":
            continue
        if inside.name.startswith("ledger.sqlite") or inside.parts[0] == "keys":
            continue
        searched += 1
        found += inside.parts[0] == "audit"
        leaks += left.found(path.read_bytes(), str(inside))
    assert leaks == []
    assert searched > 10
    assert found > 5, "the audit was written"
    assert any((home / "dagster").rglob("*.db"))


def test_the_ledger_keeps_values_in_columns_for_them_alone(left: Left) -> None:
    connection = sqlite3.connect(left.world.home / "ledger.sqlite")
    leaks: list[str] = []
    personal = 0
    for table in tables.metadata.sorted_tables:
        for column in table.columns:
            query = f'SELECT CAST("{column.name}" AS BLOB) FROM "{table.name}"'
            content = b"\n".join(row[0] for row in connection.execute(query) if row[0] is not None)
            there = left.found(content, f"{table.name}.{column.name}")
            if isinstance(column.type, PersonalText):
                personal += bool(there)
                there = [one for one in there if "secret" in one or "key" in one]
            leaks += there
    connection.close()
    assert leaks == []
    assert personal > 0, "the search finds what is there"


def test_the_search_finds_what_is_planted(left: Left, tmp_path: Path) -> None:
    for name, value in left.canaries.items():
        assert left.found(f"x{value}y".encode(), "here") == [f"{name} in here"] or any(
            one.startswith(name) for one in left.found(f"x{value}y".encode(), "here")
        )
    frames = list((left.world.home / "frames").rglob("*.parquet"))
    assert frames
    assert any(left.found(path.read_bytes(), "frames") for path in frames)
