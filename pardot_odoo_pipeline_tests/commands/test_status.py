"""`status`: calls, credentials, sources, inbox, speed to lead, processes; with nobody up, too."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.ledger.engine import open_ledger
from pardot_odoo_pipeline.ledger.store import credentials, cursors, inbox, quota, workers
from pardot_odoo_pipeline.ledger.store.cursors import Position
from pardot_odoo_pipeline.ledger.store.quota import Allowance
from pardot_odoo_pipeline.pushed_events import Note, PushedEvent, System
from pardot_odoo_pipeline.steps.changes import LEADS_CURSOR
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.cli import Finished
from pardot_odoo_pipeline_tests.world import run_here

SECOND = timedelta(seconds=1)
SECRET = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
RULES = """
webhooks:
  sources:
    salesforce: {system: pardot, authentication: signature}
    website: {system: pardot, authentication: bearer}
    odoo: {system: odoo, authentication: token, active: false}
"""
NOBODY = {"PIPELINE_CLOCK_URL": "http://127.0.0.1:9/clock"}
"""Port 9 answers nobody: the state of things when the sandbox is down."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def status(home: Path, *options: str, **env: str) -> Finished:
    done = run_here(home, "status", *options, env={"PIPELINE_CONFIG": "rules.yaml", **env})
    assert done.code == 0, done.stderr
    return done


def report(home: Path, **env: str) -> dict[str, Any]:
    return status(home, "--json", **env).report


def page(home: Path, **env: str) -> list[str]:
    """The printed page, its columns one space apart; a process of its own knows its width."""
    settings = {"PIPELINE_CONFIG": str(home / "rules.yaml"), "COLUMNS": "160", **env}
    done = cli.run(home, "status", env=settings)
    assert done.code == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def pushed(number: int, now: datetime, **values: Any) -> PushedEvent:
    made: dict[str, Any] = {
        "source": "salesforce",
        "event_id": f"e{number}",
        "system": System.PARDOT,
        "type": "form_submitted",
        "received_at": now - number * SECOND,
        "payload": {"email": "canary@example.com"},
    }
    return PushedEvent(**{**made, **values})


def fill(home: Path) -> None:
    """Ten events seen after 1 to 10 seconds, one given up, one of an old source, two that wait."""
    now = datetime.now(UTC)
    with open_ledger(home / "ledger.sqlite") as ledger, ledger.write() as tx:
        inbox.store(tx, [pushed(n, now) for n in range(100, 112)])
        inbox.store(tx, [pushed(600, now, type="meeting_booked"), pushed(90, now, source="old")])
        taken = inbox.waiting(tx, now=now, limit=20)
        inbox.attach(tx, [event.id for event in taken[:11]], "webhook-20260302T090000Z-1", now=now)
        for seconds, event in enumerate(taken[:10], start=1):
            committed = event.received_at + seconds * SECOND
            inbox.close(tx, [event.id], now=now, committed_at=committed)
        inbox.close(tx, [taken[11].id], now=now, note=Note.NOT_SEEN)
        workers.register(tx, "host:1:r", workers.RECEIVER, host="host", pid=1, now=now)
        cursors.advance(tx, LEADS_CURSOR, expected=None, to=Position(now), now=now)


def test_nothing_was_ever_set_up(home: Path) -> None:
    found = report(home)
    assert found["inbox"] == {
        "waiting": 0,
        "batched": 0,
        "in_failed_batches": 0,
        "oldest_waiting_seconds": None,
        "closed_24h": {},
        "unknown_types_24h": {},
    }
    assert found["workers"] == {"receiver": False, "warm": False}
    assert {one["name"]: one["last_event"] for one in found["sources"]} == {
        "salesforce": None,
        "website": None,
        "odoo": None,
    }
    assert "odoo_leads" in found["cursors"]


def test_calls_and_credentials_before_anything_was_asked(home: Path) -> None:
    found = report(home)
    assert found["credentials"] == []
    quota = found["quota"]
    assert (quota["limit"], quota["limit_reported"], quota["used"]) == (25_000, False, 0)
    assert quota["in_flight"] == 0
    assert {lane: one["left"] for lane, one in quota["lanes"].items()} == {
        "consent": 20_000,
        "webhook": 19_000,
        "interval": 17_100,
        "bulk": 14_250,
        "initial": 11_400,
    }


def test_calls_and_credentials_of_a_busy_day(home: Path) -> None:
    now = datetime.now(UTC)
    day = now.date().isoformat()
    allowance = Allowance(25_000, None, 1_000_000, 1_000_000, now - 900 * SECOND)
    with open_ledger(home / "ledger.sqlite") as ledger, ledger.write() as tx:
        for _ in range(5):
            assert quota.spend(tx, "pardot", day, "bulk", allowance=allowance, now=now)
        quota.told(tx, "pardot", day, used=1_005, maximum=50_000, now=now)
        before = now - timedelta(days=85)
        credentials.see(tx, {"pardot_client_secret": ["f1"]}, now=before)
        credentials.see(tx, {"pardot_client_secret": ["f1"]}, now=now)
    found = report(home)
    assert (found["quota"]["limit"], found["quota"]["used_by_others"]) == (50_000, 1_000)
    assert found["quota"]["lanes"]["bulk"]["used"] == 5
    [secret] = found["credentials"]
    assert (secret["name"], secret["age_days"]) == ("pardot_client_secret", 85)
    assert secret["replace"]
    page = status(home).stdout
    assert "5 of 50,000 today, 1,000 by others" in page
    assert "! pardot_client_secret 85 days" in page


def test_a_source_is_open_or_tells_why_it_is_not(home: Path) -> None:
    env = {
        "WEBHOOK_SECRET_SALESFORCE": SECRET,
        "WEBHOOK_SECRET_WEBSITE": "canary",
        "WEBHOOK_SECRET_ODOO": "x" * 43,
    }
    found = {one["name"]: one for one in report(home, **env)["sources"]}
    assert (found["salesforce"]["open"], found["salesforce"]["closed_because"]) == (True, None)
    assert found["website"]["open"] is False
    assert found["website"]["closed_because"].startswith("Secret 1 in WEBHOOK_SECRET_WEBSITE ")
    assert found["odoo"]["closed_because"] == "inactive"
    assert {one["name"]: one["closed_because"] for one in report(home)["sources"]} == {
        "salesforce": "no secret",
        "website": "no secret",
        "odoo": "inactive",
    }
    both = status(home, **env).stdout + status(home, "--json", **env).stdout
    assert [secret for secret in env.values() if secret in both] == []


def test_sources_and_inbox_of_a_busy_day(home: Path) -> None:
    fill(home)
    found = report(home)
    sources = {one["name"]: one for one in found["sources"]}
    assert sources["salesforce"]["events_24h"] == 13
    assert sources["salesforce"]["seconds"]["event_to_lead"] == {
        "events": 10,
        "p50": 5.0,
        "p95": 10.0,
        "p99": 10.0,
    }
    assert sources["old"]["closed_because"] == "not in the rules file"
    assert sources["website"] == {
        "name": "website",
        "system": "pardot",
        "authentication": "bearer",
        "open": False,
        "closed_because": "no secret",
        "last_event": None,
        "events_24h": 0,
        "seconds": {},
    }
    told = found["inbox"]
    assert (told["waiting"], told["batched"]) == (2, 1)
    assert told["closed_24h"] == {"seen": 10, "not_seen": 1}
    assert told["unknown_types_24h"] == {"meeting_booked": 1}
    assert 600 <= told["oldest_waiting_seconds"] < 660
    assert found["workers"] == {"receiver": True, "warm": False}
    assert datetime.fromisoformat(found["cursors"]["odoo_leads"])


def test_the_page_says_the_same_to_people(home: Path) -> None:
    fill(home)
    lines = page(home, WEBHOOK_SECRET_SALESFORCE=SECRET)
    assert "inbox 2 waiting, 1 in batches, the oldest for 10 min" in lines
    assert "closed 10 seen, 1 not_seen in 24 hours" in lines
    assert "unknown 1 meeting_booked in 24 hours" in lines
    assert "processes receiver runs, warm worker off" in lines
    page_text = "\n".join(lines)
    # The page is made some seconds after the events, on a busy machine.
    figures = r"1\d\d s ago 13 5\.0 s 10\.0 s 10\.0 s"
    assert re.search(rf"^salesforce pardot signature open {figures}$", page_text, re.M)
    assert "website pardot bearer no secret never 0" in lines
    assert re.search(r"^old pardot not in the rules file (9\d|1\d\d) s ago 1$", page_text, re.M)
    assert "canary" not in "".join(lines)


def test_it_goes_on_while_both_systems_and_their_clock_are_down(home: Path) -> None:
    fill(home)
    found = report(home, **NOBODY)
    assert found["inbox"]["waiting"] == 2
    assert found["workers"]["receiver"] is True
    assert "processes receiver runs, warm worker off" in page(home, **NOBODY)
