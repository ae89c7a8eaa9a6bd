"""What is told of real syncs, and what is not: the audit has every call and every value, sealed;
nothing else that is left behind has a secret or a person's value.

One installation with every secret set goes through a first sync, edits on both sides, an outage
with its alert, refusals that repeat what they refuse, answers of a shape that nobody foresaw, and
pushed events. The audit is held to what the servers saw. Then every byte is searched for what was
planted: files, databases, what was printed, logged, sent and served.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import dagster as dg
import pytest

from pardot_odoo_pipeline.assembly import ledger_of, rules_of
from pardot_odoo_pipeline.definitions import build_definitions
from pardot_odoo_pipeline.ledger import desks, tables  # noqa: F401 - makes the tables known
from pardot_odoo_pipeline.ledger.types import PersonalText
from pardot_odoo_pipeline.operations.telling import look_and_tell
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.canaries import (
    BAD,
    BY_DESIGN,
    EDITED,
    PERSON,
    PUSHED,
    WatchedWorld,
)
from pardot_odoo_pipeline_tests.people_world import in_pardot
from pardot_odoo_pipeline_tests.process_lines import logged
from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver
from pardot_odoo_pipeline_tests.world import api_calls, refused, wait_for

APPLY = "/json/2/ir.actions.server/run"
LEADS = "/json/2/crm.lead/search_read"
WORDS = " ".join(PERSON.values())


class AuditedWorld(WatchedWorld):
    """Its people by what happens to them.

    Attributes:
        planted: Whose every value is a canary.
        edited: Edited in Pardot.
        other: Edited in Odoo.
        before: Their job titles before that.
        refused: What the command of the outage said.
        broken: What the commands said that met answers of another form, by what those lacked.
    """

    planted: str
    edited: str
    other: str
    before: dict[str, str]
    refused: cli.Finished
    broken: dict[str, str]

    def logs(self, *arguments: str) -> list[dict[str, Any]]:
        return self.report("logs", *arguments, "--limit", "100000")["rows"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedWorld]:
    """After its first sync, in the morning of a day, so that what follows is of one day."""
    with AuditedWorld.watched(tmp_path_factory.mktemp("audited"), 25) as world:
        now = datetime.fromisoformat(world.pardot.control("GET", "/clock")["now"])
        morning = now.replace(hour=8, minute=0) + timedelta(days=1)
        world.advance((morning - now).total_seconds())
        assert world.run("provision").code == 0
        world.planted = world.new_prospect(**PERSON)
        world.forget()
        world.sync_in_dagster("--initial", "--yes")
        yield world


@pytest.fixture(scope="module")
def edited(world: AuditedWorld) -> AuditedWorld:
    """After an interval with edits on both sides, and somebody who cannot be synced."""
    world.edited, world.other, bad = world.people(3)
    assert world.planted not in (world.edited, world.other, bad)
    rows = {who: world.of_prospect("crm.lead", who, "id", "function")[0] for who in world.people(2)}
    world.before = {who: row["function"] for who, row in rows.items()}
    changed = {"jobTitle": EDITED["first"], "phone": "(0)30 / 123 45 67", "country": "Germany"}
    world.edit(world.edited, **changed)
    world.client.write("crm.lead", [rows[world.other]["id"]], {"function": EDITED["second"]})
    world.edit(bad, **BAD)
    world.advance(900)
    world.sync_in_dagster()
    return world


@pytest.fixture(scope="module")
def outage(edited: AuditedWorld) -> AuditedWorld:
    """After an interval that an outage ended, of which somebody was told."""
    world = edited
    world.edit(world.edited, jobTitle=EDITED["third"])
    world.edit(world.planted, jobTitle=f"{PERSON['jobTitle']} again")
    world.advance(900)
    world.odoo.fault({"status": 503, "body": WORDS}, times=1, path=APPLY)
    world.refused = world.run("sync")
    world.forget()
    with mock.patch.dict(os.environ, cli.environment(world.home, world.environment)):
        settings = Settings(_env_file=None)
        with ledger_of(settings) as ledger:
            look_and_tell(settings, rules_of(settings), ledger, serving=True)
    return world


@pytest.fixture(scope="module")
def recovered(outage: AuditedWorld) -> AuditedWorld:
    """After the sync that followed; Odoo refuses one person and repeats what it refuses."""
    refusal = {
        "name": "odoo.exceptions.ValidationError",
        "message": WORDS,
        "arguments": [WORDS],
        "debug": f"Traceback {WORDS}",
    }
    fault = {"match": {"path": APPLY, "contains": f"{PERSON['jobTitle']} again"}, "times": 9}
    action = {"status": 422, "body": refusal}
    outage.odoo.control("POST", "/faults", {**fault, "action": action})
    outage.advance(400)
    outage.sync_in_dagster()
    outage.forget()
    return outage


@pytest.fixture(scope="module")
def broken(recovered: AuditedWorld) -> AuditedWorld:
    """After answers of a shape that nobody foresaw: the exceptions of the steps hold what they met.

    The third is a number that is none: only whoever compares it finds out.
    """
    world = recovered
    world.broken = {}
    world.edit(world.edited, comments=PERSON["comments"])
    fields = sorted(world.client.fields_get("crm.lead", attributes=["type"]))
    lead = world.of_prospect("crm.lead", world.edited, *fields)[0]
    shapes: tuple[tuple[str, str, str, Any], ...] = (
        ("fields", LEADS, "write_uid", [{"id": lead["id"], "write_date": WORDS}]),
        ("protocol", APPLY, "", {"rows": [WORDS], "error": WORDS}),
        ("number", LEADS, "x_pardot_email_key", [{**lead, "x_pardot_score": WORDS}]),
    )
    for name, path, contains, body in shapes:
        fault = {"match": {"path": path, "contains": contains}, "times": 3}
        world.odoo.control("POST", "/faults", {**fault, "action": {"status": 200, "body": body}})
        world.broken[name] = _fails(world)
    world.pardot.fault({"status": 400, "body": {"code": 46, "message": WORDS}}, 2, path="/api")
    world.broken["right"] = _fails(world)
    return world


def _fails(world: AuditedWorld) -> str:
    world.advance(2000)
    done = world.run("--debug", "sync", "--json")
    world.forget()
    assert done.code != 0
    return done.stderr


@pytest.fixture(scope="module")
def left(broken: AuditedWorld) -> AuditedWorld:
    """After pushed events, and every command that shows something."""
    world = broken
    secret = world.secrets["WEBHOOK_SECRET_SALESFORCE"]
    environment = cli.environment(world.home, {**world.environment, "WEBHOOK_PORT": "0"})
    receiver = Receiver(world.home, secret, environment)
    now = datetime.fromisoformat(world.pardot.control("GET", "/clock")["now"])
    try:
        receiver.start()
        event = {"type": "form_submitted", "email": PUSHED, "payload": PERSON}
        assert receiver.post(event, at=now).status == 202
        assert receiver.post(event, at=now, secret="whsec_" + "A" * 44).status == 401
        receiver.post(json.dumps(PERSON)[:-5].encode(), at=now)
        world.texts["metrics"] = wait_for(lambda: receiver.get("/metrics").text)
    finally:
        receiver.end()
    world.texts["receiver's log"] = receiver.log
    for command in (("status",), ("status", "--json"), ("alerts",), ("retries",), ("quarantine",)):
        world.run(*command)
    for kind in ("calls", "values", "transfers"):
        world.run("logs", kind)
        world.run("logs", kind, "--summary", "--json")
    world.texts["alerts"] = json.dumps(world.hook.posted)
    return world


def test_every_call_that_the_servers_saw_is_told(world: AuditedWorld) -> None:
    seen = Counter(entry["method"] for entry in api_calls(world.pardot))
    assert seen
    told = world.logs("--system", "pardot", "--since", "1h")
    assert Counter(row["method"] for row in told) == seen
    assert all(row["status"] < 300 and row["outcome"] == "ok" for row in told)
    assert max(row["quota_used"] for row in told) == sum(seen.values()) + 1, "and who made one"
    initial = {row["batch"] for row in told} - {None}
    assert all(key.startswith("initial-") for key in initial)
    provisioned = world.logs("--system", "odoo", "--batch", "initial-")
    assert len(provisioned) < len(world.odoo.asked) <= len(world.logs("--system", "odoo"))
    assert len({row["request_id"] for row in told}) == len(told)
    assert not any(row["path"].rpartition("/")[2].isdecimal() for row in told)


def test_what_stands_in_odoo_is_what_was_told(world: AuditedWorld) -> None:
    who = world.people(1)[0]
    told = {
        (row["model"], row["field"]): row
        for row in world.logs("values", "--person", who, "--system", "odoo", "--values")
    }
    [lead] = world.of_prospect("crm.lead", who, "id", "email_from", "function", "city")
    for field in ("email_from", "function", "city"):
        row = told["crm.lead", field]
        assert (row["old"], row["new"]) == (None, lead[field] or None)
        assert row["record_id"] == lead["id"]
        assert row["rule"] in ("filled", "first_contact:authority:odoo")
    [carried] = [
        row
        for row in world.logs("transfers", "--person", who, "--system", "odoo")
        if row["model"] == "crm.lead" and row["system"] == "odoo"
    ]
    assert (carried["source"], carried["outcome"]) == ("pardot", "created")
    assert {"email_from", "function"} <= set(carried["fields"].split(","))


def test_an_edit_is_told_with_both_values_in_both_directions(edited: AuditedWorld) -> None:
    world = edited
    normalized = world.logs(
        *("values", "--person", world.edited, "--system", "pipeline", "--field", "phone"),
        "--values",
    )
    assert [(row["old"], row["new"], row["rule"]) for row in normalized][:1] == [
        ("(0)30 / 123 45 67", "+49301234567", "transform phone")
    ]
    assert in_pardot(world, world.other, "jobTitle")["jobTitle"] == EDITED["second"]
    told = world.logs("values", "--field", "jobTitle", "--values", "--since", "2h")
    changes = {
        (row["prospect_id"], row["system"], row["model"], row["rule"]): (row["old"], row["new"])
        for row in told
        if row["batch"].startswith("interval-")
    }
    first = (world.before[world.edited], EDITED["first"])
    second = (world.before[world.other], EDITED["second"])
    assert changes == {
        (world.edited, "odoo", "crm.lead", "changed_in_pardot"): first,
        (world.edited, "odoo", "res.partner", "changed_in_pardot"): first,
        (world.other, "odoo", "res.partner", "changed_in_odoo"): second,
        (world.other, "pardot", "prospect", "changed_in_odoo"): second,
    }
    address = in_pardot(world, world.other, "email")["email"]
    by_address = world.logs("transfers", "--person", address)
    assert {row["prospect_id"] for row in by_address} == {world.other}
    flows = {(row["source"], row["system"]) for row in by_address}
    assert flows == {
        *(("pardot", "pipeline"), ("odoo", "pipeline"), ("pardot", "odoo"), ("odoo", "pardot"))
    }


def test_a_refused_write_is_told_as_one_and_its_values_are_not(outage: AuditedWorld) -> None:
    assert outage.refused.code == 1
    [failed] = outage.logs("--failed", "--system", "odoo", "--since", "10m")
    assert (failed["status"], failed["code"], failed["outcome"]) == (503, "http_503", "failed")
    # The consent look-up comes first and is what met the fault; nothing was sent of anybody.
    assert outage.logs("values", "--field", "function", "--since", "10m") == []
    assert outage.hook.posted, "an outage is told"


def test_what_was_owed_is_told_once_it_is_written(recovered: AuditedWorld) -> None:
    told = recovered.logs("values", "--field", "function", "--since", "6m", "--values")
    assert {(row["prospect_id"], row["new"]) for row in told} == {
        (recovered.edited, EDITED["third"])
    }
    failed = recovered.logs("--failed", "--system", "odoo", "--since", "6m")
    assert {row["status"] for row in failed} == {422}
    assert recovered.planted in recovered.run("retries", "--json").stdout


def test_answers_of_another_form_are_named_and_what_they_hold_is_not(broken: AuditedWorld) -> None:
    assert "crm.lead.search_read: Odoo's answer has a row without" in broken.broken["fields"]
    assert "speaks protocol unknown" in broken.broken["protocol"]
    assert "Unexpected ValueError at " in broken.broken["number"]
    assert "lacks the permission" in broken.broken["right"]
    assert len(broken.met) == 1
    assert PERSON["comments"] in broken.met[0], "the boundary alone kept that out"


def test_nothing_readable_lies_in_the_files_and_the_key_is_needed(left: AuditedWorld) -> None:
    folder = left.home / "audit"
    assert folder.stat().st_mode & 0o077 == 0
    content = b"".join(path.read_bytes() for path in folder.rglob("*.parquet"))
    assert b"example.com" not in content
    assert left.found(content, "the audit") == []
    refused(left.run("logs", "values", env={"DATA_KEYS": ""}), "DATA_KEYS", code=2)
    assert left.run("logs", "calls", env={"DATA_KEYS": ""}).code == 0
    refused(left.run("logs", "--since", "yesterday"), "no point in time", code=2)


def test_lines_for_people_say_who_what_and_when(left: AuditedWorld) -> None:
    asked = ("logs", "values", "--person", left.edited, "--field", "jobTitle")
    assert f"'{EDITED['first']}' -> '{EDITED['third']}'" in left.run(*asked, "--values").stdout
    hidden = left.run(*asked).stdout
    assert "Gardener" not in hidden
    assert f"prospect {left.edited}  pardot/jobTitle -> odoo/crm.lead" in hidden
    for kind in ("calls", "values", "transfers"):
        summary = left.run("logs", kind, "--summary")
        assert summary.code == 0, summary.stderr
        assert len(summary.stdout.splitlines()) > 2


def test_the_asset_adds_up_the_day_before(
    left: AuditedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = len(left.logs("--system", "pardot"))
    failed = len(left.logs("--system", "odoo", "--failed"))
    left.advance(24 * 3600)
    for name, value in cli.environment(left.home, left.environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(left.home)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(Settings()).resolve_job_def("audit_job")
        result = job.execute_in_process(instance=instance)
        left.texts["the audit's run"] = "\n".join(
            str(entry.to_json()) for entry in instance.all_logs(result.run_id)
        )
    [done] = result.get_asset_materialization_events()
    metadata = {name: one.value for name, one in done.materialization.metadata.items()}
    assert metadata["pardot_calls"] == calls
    assert metadata["odoo_calls_failed"] == failed > 2
    assert metadata["records_sent_to_odoo"] > 20
    assert metadata["values_written"] > 100
    assert "| odoo/crm.lead email_from |" in metadata["values_by_field"]


def test_no_canary_was_printed_logged_sent_or_served(left: AuditedWorld) -> None:
    assert len(left.texts) > 12
    assert "pardot_odoo_today_calls" in left.texts["metrics"]
    found = [one for where, text in left.texts.items() for one in left.found(text.encode(), where)]
    assert found == []


def test_no_canary_is_in_any_file_but_where_people_are_by_design(left: AuditedWorld) -> None:
    searched = found = 0
    leaks: list[str] = []
    for path in sorted(left.home.rglob("*")):
        inside = path.relative_to(left.home)
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
    assert any((left.home / "dagster").rglob("*.db"))


def test_the_ledger_keeps_values_in_columns_for_them_alone(left: AuditedWorld) -> None:
    connection = sqlite3.connect(left.home / "ledger.sqlite")
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


def test_the_search_finds_what_is_planted(left: AuditedWorld) -> None:
    for name, value in left.canaries.items():
        assert f"{name} in here" in left.found(f"x{value}y".encode(), "here")
    with logged() as lines:
        logging.getLogger("pardot_odoo_pipeline.steps").info("%s", PERSON["comments"])
    assert left.found(lines.getvalue().encode(), "a log")
    frames = list((left.home / "frames").rglob("*.parquet"))
    assert frames
    assert any(left.found(path.read_bytes(), "frames") for path in frames)
